"""Prices: what is not named is never deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.bitrix24.catalog.endpoints import PRICE_MODIFY
from integrations.bitrix24.catalog.models import PriceRow
from integrations.bitrix24.catalog.priceplan import Wanted, plan
from mostik.commerce.prices import Price
from mostik.errors import GiveUp, Pending
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.world import (
    SHOP,
    Job,
    a_good,
    a_job,
    just_create,
    name_price_type,
)


def a_price(good: str, type_: str, amount: str, **more: Any) -> Price:
    return Price(key=f"{good}/{type_}", owner=good, type=type_, amount=Decimal(amount), **more)


def a_shop() -> Job:
    job = a_job()
    for number, code in ((1, "base"), (2, "wholesale"), (3, "staff")):
        name_price_type(job, number, code)
    return job


def written(job: Job, *records: Price) -> list[Any]:
    writes = [Write(record) for record in records]
    return list(job.resource("prices").write_many(writes, SHOP, just_create))


def standing(job: Job) -> dict[tuple[int, int], Any]:
    return {(row["productId"], row["catalogGroupId"]): row["price"] for row in job.table("prices")}


def test_prices_are_added_and_changed_and_others_stay() -> None:
    # GIVEN a good with a price that only people know of
    job = a_shop()
    good = a_good(job, "lamp")
    job.there.catalog.prices.add(
        {"productId": good, "catalogGroupId": 3, "price": 5, "currency": "RUB"}
    )
    # WHEN two others come
    made = written(job, a_price("lamp", "base", "100.10"), a_price("lamp", "wholesale", "0"))
    # THEN nothing was deleted, and 0 is a price
    assert standing(job) == {(good, 1): 100.1, (good, 2): 0, (good, 3): 5}
    assert [record.amount for record in made] == [Decimal("100.1"), 0]
    assert job.there.calls["catalog.price.modify"] == 0


def test_all_prices_of_a_good_take_one_call_where_nothing_else_stands() -> None:
    # GIVEN
    job = a_shop()
    good = a_good(job, "lamp")
    records = [a_price("lamp", type_, "10") for type_ in ("base", "wholesale", "staff")]
    written(job, *records)
    ids = sorted(row["id"] for row in job.table("prices"))
    # WHEN they change
    changed = written(
        job, *(record.model_copy(update={"amount": Decimal(11)}) for record in records)
    )
    # THEN they are the same prices
    assert job.there.calls["catalog.price.modify"] == 2
    assert sorted(int(record.key) for record in changed) == ids
    assert set(standing(job).values()) == {11}
    assert {product for product, _ in standing(job)} == {good}


def test_a_price_that_stands_already_is_no_call() -> None:
    # GIVEN
    job = a_shop()
    a_good(job, "lamp")
    (made,) = written(job, a_price("lamp", "base", "100"))
    before = job.writes()
    # WHEN
    (again,) = written(job, a_price("lamp", "base", "100.004"))
    # THEN
    assert job.writes() == before
    assert again == made


def test_a_price_of_a_pack_becomes_that_of_the_goods_own_unit() -> None:
    # GIVEN
    job = a_shop()
    good = a_good(job, "lamp")
    # WHEN a pack of twelve costs 100
    written(job, a_price("lamp", "base", "100", coefficient=Decimal(12)))
    # THEN
    assert standing(job) == {(good, 1): 8.33}


def test_what_a_price_points_at_is_waited_for() -> None:
    # GIVEN
    job = a_shop()
    a_good(job, "lamp")
    # WHEN
    answers = written(
        job,
        a_price("lamp", "vip", "1"),
        a_price("nothing", "base", "1"),
        a_price("lamp", "base", "1"),
    )
    # THEN
    assert [type(one) for one in answers] == [Pending, Pending, Price]
    assert [(one.resource, one.key) for one in answers[:2]] == [
        ("price_types", "vip"),
        ("variants", "nothing"),
    ]


def test_a_price_by_quantity_and_a_second_one_of_a_type_are_refused_in_words() -> None:
    # GIVEN
    job = a_shop()
    a_good(job, "lamp")
    # WHEN
    answers = written(
        job,
        a_price("lamp", "base", "1", min_quantity=Decimal(10)),
        a_price("lamp", "base", "2"),
        a_price("lamp", "base", "3"),
    )
    # THEN
    assert [type(one) for one in answers] == [GiveUp, Price, GiveUp]
    assert list(standing(job).values()) == [2]


def test_the_portal_refuses_one_currency_and_takes_the_others() -> None:
    # GIVEN
    job = a_shop()
    a_good(job, "lamp")
    a_good(job, "cable")
    # WHEN
    answers = written(
        job,
        a_price("lamp", "base", "1", currency="XAU"),
        a_price("cable", "base", "2", currency="USD"),
    )
    # THEN
    assert [type(one) for one in answers] == [GiveUp, Price]
    assert answers[1].currency == "USD"


def test_a_price_is_deleted_only_when_it_is_asked_for() -> None:
    # GIVEN
    job = a_shop()
    a_good(job, "lamp")
    made = written(job, a_price("lamp", "base", "1"), a_price("lamp", "staff", "2"))
    # WHEN
    job.resource("prices").delete(made[0].key)
    job.resource("prices").delete("999")
    # THEN
    assert [row["price"] for row in job.table("prices")] == [2]


_ROWS = st.lists(
    st.tuples(
        st.integers(1, 4), st.integers(1, 3), st.sampled_from([None, None, 10]), st.integers(0, 3)
    ),
    max_size=6,
    unique_by=lambda row: (row[0], row[2]),
)
_WANTED = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 3)), max_size=4, unique_by=lambda one: one[0]
)


@given(rows=_ROWS, wanted=_WANTED)
def test_no_plan_ever_leaves_out_a_price_that_stands(
    rows: list[tuple[int, int, int | None, int]], wanted: list[tuple[int, int]]
) -> None:
    # GIVEN any prices, by quantity too, and any that are wanted
    stands = [
        PriceRow.model_validate(
            {
                "id": number + 1,
                "productId": 8,
                "catalogGroupId": group,
                "price": amount,
                "currency": "RUB",
                "quantityFrom": from_,
            }
        )
        for number, (group, _, from_, amount) in enumerate(rows)
    ]
    want = [Wanted(type_, Decimal(amount), "RUB") for type_, amount in wanted]
    # WHEN
    made = plan(8, stands, want)
    # THEN whoever sets all prices at once lists every one that stands
    for command in made.commands:
        if command.endpoint is PRICE_MODIFY:
            listed = {one.get("id") for one in command.params["fields"]["product"]["prices"]}
            assert {row.id for row in stands} <= listed
    # AND each wanted price is said once, or stands already
    assert len(made.of) == len(want)


@pytest.mark.parametrize("amount", ["0.005", "100.10", "7"])
def test_an_amount_travels_as_text_and_never_as_a_float(amount: str) -> None:
    made = plan(8, [], [Wanted(1, Decimal(amount), "RUB")])
    assert made.commands[0].params["fields"]["price"] == amount
