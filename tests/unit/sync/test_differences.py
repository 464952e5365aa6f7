"""What a write would change, field by field."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mostik.commerce.order import Line, Order
from mostik.commerce.parties import Customer
from mostik.commerce.record import Ref
from mostik.mapping.side import Side
from mostik.sync.differences import FieldChange, between

RIGHT = Side.RIGHT


def line(key: str, price: str, **more: object) -> Line:
    return Line.model_validate(
        {"key": key, "variant": Ref(key="tea"), "quantity": 1, "price": Decimal(price), **more}
    )


def paths(found: object) -> dict[str, tuple[object, object]]:
    assert isinstance(found, list)
    return {one.path: (one.before, one.after) for one in found}


def test_a_field_that_changes_stands_there_with_both_values() -> None:
    before = Order(key="r1", number="17", site="1", comment="a")
    after = Order(key="l1", number="17", site="2", comment="a")
    assert between(RIGHT, "there", before, after) == [FieldChange("site", RIGHT, "1", "2")]


def test_what_is_not_known_is_not_told() -> None:
    before = Order(key="r1", number="17", comment="a", site="1")
    after = Order(key="l1", number="17", comment=None, site="1")
    assert between(RIGHT, "there", before, after) == []


def test_of_a_record_that_is_created_all_that_it_says_is_new() -> None:
    after = Order(key="l1", number="17", rate=Decimal("10.50"))
    assert paths(between(RIGHT, "there", None, after)) == {
        "number": (None, "17"),
        "rate": (None, "10.5"),
        "comment": (None, ""),
    }


def test_a_line_is_known_by_the_key_that_it_carries_and_only_its_price_is_shown() -> None:
    # GIVEN two lines there, and one of them with another price, under its key here
    before = Order(key="r1", number="17", lines=(line("a", "10"), line("b", "20")))
    told = line("l-2", "25", external_ids={"there": "b"})
    after = Order(
        key="l1", number="17", lines=(line("l-1", "10", external_ids={"there": "a"}), told)
    )
    # THEN
    assert paths(between(RIGHT, "there", before, after)) == {"lines[b].price": ("20", "25")}


def test_lines_without_known_keys_are_paired_by_what_they_say() -> None:
    before = Order(key="r1", number="17", lines=(line("a", "10"), line("b", "20")))
    after = Order(key="l1", number="17", lines=(line("x", "20"), line("y", "30")))
    found = paths(between(RIGHT, "there", before, after))
    # THEN the one that says the same is the same; the others go and come
    assert set(found) == {"lines[a]", "lines[+y]"}
    assert found["lines[a]"][1] is None
    assert found["lines[+y]"][0] is None


def test_only_what_a_side_can_hold_is_shown() -> None:
    before = Order(key="r1", number="17", comment="a", lines=(line("a", "10"),))
    after = Order(key="l1", number="17", comment="b", lines=(line("a", "11", name="Tea"),))
    held = frozenset({"lines.price"})
    assert paths(between(RIGHT, "there", before, after, held)) == {"lines[a].price": ("10", "11")}


@pytest.mark.parametrize(("known", "different"), [("c-9", False), ("c-8", True)])
def test_a_reference_is_said_in_the_key_of_the_side_that_is_told(
    known: str, different: bool
) -> None:
    before = Order(key="r1", number="17", customer_ref=Ref(key="c-9"))
    after = Order(key="l1", number="17", customer_ref=Ref(key="7", external_ids={"there": known}))
    assert bool(between(RIGHT, "there", before, after)) is different


def test_plain_lists_are_compared_as_a_whole() -> None:
    before = Customer(key="r1", phones=("+7900",))
    after = Customer(key="l1", phones=("+7900", "+7901"))
    assert paths(between(RIGHT, "there", before, after)) == {
        "phones": (["+7900"], ["+7900", "+7901"])
    }
