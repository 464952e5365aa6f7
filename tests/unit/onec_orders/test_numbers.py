"""Numbers for 1C: short, one order each, the same for ever."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerce.order import Order
from mostik.commerceml.numbers import Numbers, candidates
from tests.support.memory import state_table

NOW = 1_795_000_000.0
IN_2026 = datetime(2026, 11, 24, tzinfo=UTC)


def an_order(key: str, number: str, date: datetime | None = IN_2026) -> Order:
    return Order(key=key, number=number, date=date)


@pytest.mark.parametrize(
    ("key", "number", "expected"),
    [
        ("15", "15", "15"),
        ("15", "ИМ-00000015", "ИМ-00000015"),
        ("15", "2026-11-000015", "ID15"),
        ("15", "", "ID15"),
        ("15", "1\u0007", "ID15"),
        ("15", " 15", "ID15"),
        ("15", "№ 15 😀", "ID15"),
        ("1234567890", "2026-11-000015", "HMPNHCQ35"),
    ],
)
def test_a_number_that_1c_would_change_is_replaced(key: str, number: str, expected: str) -> None:
    # WHEN an order asks for its number
    claimed = Numbers(state_table()).claim("onec", an_order(key, number), NOW)
    # THEN it is its own where 1C keeps that whole, else one made of its key
    if expected.startswith("H"):
        assert (claimed[0], len(claimed)) == ("H", 11)
    else:
        assert claimed == expected


@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_every_candidate_fits_into_1cs_string(number: str, key: str) -> None:
    for one in candidates(an_order(key, number)):
        assert 0 < len(one) <= 11
        assert one.isprintable()
        assert one == one.strip()


def test_two_orders_of_two_sites_with_one_number_stay_two() -> None:
    # GIVEN a number that an order has
    numbers = Numbers(state_table())
    assert numbers.claim("onec", an_order("a1", "15"), NOW) == "15"
    # WHEN another order of that year has it too
    other = numbers.claim("onec", an_order("b1", "15"), NOW)
    # THEN 1C gets another one, and both are found by what people know
    assert other == "IDb1"
    assert numbers.keys("onec", "15") == ["a1"]
    assert numbers.keys("onec", "IDb1") == ["b1"]
    # AND asking again changes nothing
    assert numbers.claim("onec", an_order("b1", "15"), NOW) == "IDb1"


def test_a_shop_that_begins_anew_each_year_keeps_its_numbers() -> None:
    numbers = Numbers(state_table())
    last_year = datetime(2025, 3, 1, tzinfo=UTC)
    assert numbers.claim("onec", an_order("1", "15", last_year), NOW) == "15"
    assert numbers.claim("onec", an_order("900", "15"), NOW) == "15"
    # THEN both are found, the newest first
    assert numbers.keys("onec", "15") == ["900", "1"]


def test_an_order_is_found_by_the_number_that_the_shop_shows() -> None:
    numbers = Numbers(state_table())
    numbers.claim("onec", an_order("15", "2026-11-000015"), NOW)
    assert numbers.keys("onec", "2026-11-000015") == ["15"]
    assert numbers.keys("onec", "ID15") == ["15"]
    assert numbers.keys("onec", "2026-11") == []


def test_a_number_with_a_slash_is_no_part_of_another() -> None:
    numbers = Numbers(state_table())
    numbers.claim("onec", an_order("1", "15/2"), NOW)
    assert numbers.keys("onec", "15") == []
    assert numbers.keys("onec", "15/2") == ["1"]


def test_connections_do_not_share_numbers() -> None:
    numbers = Numbers(state_table())
    assert numbers.claim("onec", an_order("1", "15"), NOW) == "15"
    assert numbers.claim("other", an_order("2", "15"), NOW) == "15"
