"""Stock where somebody switches inventory management, where there is none, and how it is read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.bitrix24.catalog.checks import catalog_checks
from integrations.bitrix24.transport.portal import Portal
from local.sandbox.portal.catalog.config import Inventory
from mostik.errors import ConfigurationError, GiveUp, RetryLater, WhoActs
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.world import (
    SHOP,
    a_good,
    a_job,
    just_create,
    name_store,
)
from tests.integrations.bitrix24.stock.figures import (
    a_record,
    a_sale_before,
    drafts,
)


def test_inventory_that_is_switched_off_between_is_said_and_the_next_attempt_writes_quantities(
) -> None:  # fmt: skip
    # GIVEN
    job = a_job(Inventory.ON, settings={"summed_warehouses": ["main"]})
    name_store(job, 1, "main")
    good = a_good(job, "lamp")
    writes = [Write(a_record("lamp", "main", "5"))]

    def switch_off() -> None:
        job.there.catalog.switch_inventory(Inventory.OFF)

    # WHEN a person switches it off while we are at it
    with (
        a_sale_before(job, "catalog.document.conduct", switch_off),
        pytest.raises(RetryLater, match="switched off"),
    ):
        job.resource("stock").write_many(writes, SHOP, just_create)
    # THEN the next attempt succeeds
    (answer,) = job.resource("stock").write_many(writes, SHOP, just_create)
    assert answer.on_hand == 5
    assert job.there.catalog.goods.rows[good]["quantity"] == 5
    assert drafts(job) == []


def test_inventory_that_is_switched_on_between_is_said() -> None:
    # GIVEN
    job = a_job(Inventory.OFF)
    a_good(job, "lamp")

    def switch_on() -> None:
        job.there.catalog.switch_inventory(Inventory.ON)

    # WHEN a person switches it on while we are at it: the portal ignores quantities in silence
    with (
        a_sale_before(job, "catalog.product.update", switch_on),
        pytest.raises(RetryLater, match="switched on"),
    ):
        job.resource("stock").write_many([Write(a_record("lamp", None, "5"))], SHOP, just_create)


def test_half_a_sum_is_never_written() -> None:
    # GIVEN a portal without warehouses
    job = a_job(Inventory.OFF, settings={"summed_warehouses": ["main", "north"]})
    good = a_good(job, "lamp", quantity=9)
    # WHEN one of two warehouses comes alone
    (answer,) = job.resource("stock").write_many(
        [Write(a_record("lamp", "main", "5"))], SHOP, just_create
    )
    # THEN
    assert isinstance(answer, GiveUp)
    assert job.there.catalog.goods.rows[good]["quantity"] == 9


@pytest.mark.parametrize("inventory", list(Inventory)[:2])
def test_two_figures_for_one_place_are_told_and_the_second_is_not_written(
    inventory: Inventory,
) -> None:
    # GIVEN two warehouses of the other side that are one here, or none
    job = a_job(inventory)
    name_store(job, 1, "main")
    good = a_good(job, "lamp", **({} if inventory is Inventory.ON else {"quantity": 9}))
    store = "main" if inventory is Inventory.ON else None
    # WHEN
    figures = [Write(a_record("lamp", store, "5")), Write(a_record("lamp", store, "7"))]
    answers = job.resource("stock").write_many(figures, SHOP, just_create)
    # THEN a sum that nobody asked for is not made, and the last one does not win
    assert isinstance(answers[-1], GiveUp)
    assert "Two figures came for one place" in answers[-1].text
    assert answers[-1].who is WhoActs.ADMIN
    if inventory is Inventory.ON:
        assert answers[0].on_hand == 5
    else:
        assert job.there.catalog.goods.rows[good]["quantity"] == 9


@pytest.mark.parametrize(
    ("inventory", "summed", "ok", "says"),
    [
        (Inventory.OFF, [], True, "figures by warehouse are refused (enter summed_warehouses)"),
        (Inventory.OFF, ["main", "north"], True, "the sum of main, north, which must come"),
        (Inventory.ON, ["main"], False, "clear the setting"),
        (Inventory.ON, [], True, "by documents, by warehouse"),
    ],
)
def test_the_check_says_what_becomes_of_figures_by_warehouse(
    inventory: Inventory, summed: list[str], ok: bool, says: str
) -> None:
    # GIVEN
    job = a_job(inventory, settings={"summed_warehouses": summed})
    # WHEN
    lines = list(catalog_checks(job.client.catalog))
    # THEN
    assert all(one.ok for one in lines) is ok
    assert any(says in one.name or says in one.advice for one in lines)


def test_stock_never_touches_whether_a_good_is_sold() -> None:
    # GIVEN
    job = a_job(Inventory.OFF)
    good = a_good(job, "lamp", active="N")
    # WHEN
    job.resource("stock").write_many([Write(a_record("lamp", None, "5"))], SHOP, just_create)
    # THEN
    assert job.there.catalog.goods.rows[good]["active"] == "N"


def test_a_plan_without_inventory_is_like_inventory_that_is_off() -> None:
    # GIVEN
    job = a_job(Inventory.NOT_IN_PLAN)
    good = a_good(job, "lamp")
    # WHEN
    (answer,) = job.resource("stock").write_many(
        [Write(a_record("lamp", None, "5"))], SHOP, just_create
    )
    # THEN
    assert answer.on_hand == 5
    assert job.there.catalog.goods.rows[good]["quantity"] == 5


def test_stock_is_read_by_place_and_by_page_in_both_modes() -> None:
    # GIVEN
    job = a_job(Inventory.ON)
    good = a_good(job, "lamp")
    job.there.catalog.move(good, 2, 2.5)
    job.there.catalog.reserve(good, 1, 2)
    stock = job.resource("stock")
    # WHEN
    page = stock.page(None, None)
    empty = stock.read(f"{good}@3")
    job.there.catalog.switch_inventory(Inventory.OFF)
    whole = stock.page(None, None)
    # THEN
    (record,) = page.items
    assert (record.key, record.on_hand, record.available) == (
        f"{good}@2",
        Decimal("2.5"),
        Decimal("1.5"),
    )
    assert empty is not None
    assert empty.on_hand == 0
    assert [one.key for one in whole.items] == [str(good)]
    assert stock.read(f"{good}@2") is None
    assert stock.read("999") is None


def test_a_scan_does_not_go_on_in_another_mode() -> None:
    job = a_job(Inventory.OFF)
    with pytest.raises(GiveUp, match="switched while the stock was read"):
        job.resource("stock").page("d.17", None)


def test_an_application_must_be_told_in_whose_name_documents_are_made() -> None:
    # GIVEN
    job = a_job(Inventory.ON)
    name_store(job, 1, "main")
    a_good(job, "lamp")
    job.client.user = None
    # WHEN
    with pytest.raises(ConfigurationError, match="in whose name"):
        job.resource("stock").write_many([Write(a_record("lamp", "main", "5"))], SHOP, just_create)
    # THEN
    assert isinstance(job.client.portal, Portal)
    assert job.table("documents") == []
