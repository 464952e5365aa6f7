"""The sandbox's inventory documents: what they move, and when they are refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from local.sandbox.portal.catalog.config import Inventory
from tests.support.sandbox import PortalInProcess
from tests.unit.sandbox_portal.catalog_rig import a_good, a_shop, listed


def _draft(rest: PortalInProcess, kind: str, *elements: dict[str, Any]) -> int:
    fields = {"docType": kind, "currency": "RUB", "responsibleId": 1, "docNumber": "N-1"}
    document: int = rest.result("catalog.document.add", {"fields": fields})["document"]["id"]
    for one in elements:
        rest.result("catalog.document.element.add", {"fields": {"docId": document, **one}})
    return document


def _amounts(rest: PortalInProcess) -> dict[tuple[int, int], float]:
    rows = rest.result("catalog.storeproduct.list")["storeProducts"]
    return {(row["productId"], row["storeId"]): row["amount"] for row in rows}


def test_documents_add_and_take_and_the_goods_quantity_follows() -> None:
    # GIVEN
    rest = a_shop(Inventory.ON)
    good = a_good(rest)["id"]
    come = _draft(rest, "S", {"elementId": good, "storeTo": 2, "amount": 2.5})
    go = _draft(rest, "D", {"elementId": good, "storeFrom": 2, "amount": 1})

    # WHEN
    answers = [rest.result("catalog.document.conduct", {"id": one}) for one in (come, go)]

    # THEN
    assert answers == [True, True]
    assert _amounts(rest) == {(good, 2): 1.5}
    assert listed(rest, select=["quantity"])[0]["quantity"] == 1.5


def test_cancelling_takes_a_document_back() -> None:
    # GIVEN
    rest = a_shop(Inventory.ON)
    good = a_good(rest)["id"]
    document = _draft(rest, "S", {"elementId": good, "storeTo": 1, "amount": 4})
    rest.result("catalog.document.conduct", {"id": document})

    # WHEN
    rest.result("catalog.document.cancel", {"id": document})

    # THEN
    assert _amounts(rest) == {(good, 1): 0}
    assert rest.result("catalog.document.list")["documents"][0]["status"] == "C"


def test_what_is_reserved_cannot_be_taken() -> None:
    # GIVEN
    rest = a_shop(Inventory.ON)
    good = a_good(rest, canBuyZero="Y")["id"]
    rest.portal.catalog.move(good, 1, 5)
    rest.portal.catalog.reserve(good, 2)
    document = _draft(rest, "D", {"elementId": good, "storeFrom": 1, "amount": 4})

    # WHEN
    status, answer = rest("catalog.document.conduct", {"id": document})

    # THEN
    assert (status, answer["error"]) == (400, "0")
    assert _amounts(rest) == {(good, 1): 5}


@pytest.mark.parametrize(("flag", "status"), [("Y", 200), ("N", 400)])
def test_stock_may_be_negative_where_a_good_may_be_bought_at_zero(flag: str, status: int) -> None:
    # GIVEN
    rest = a_shop(Inventory.ON)
    good = a_good(rest, canBuyZero=flag)["id"]
    document = _draft(rest, "D", {"elementId": good, "storeFrom": 1, "amount": 3})

    # WHEN
    answered, _ = rest("catalog.document.conduct", {"id": document})

    # THEN
    assert answered == status


def test_a_receipt_demands_a_supplier_and_an_unknown_kind_is_none() -> None:
    # GIVEN
    rest = a_shop(Inventory.ON)
    good = a_good(rest)["id"]
    receipt = _draft(rest, "A", {"elementId": good, "storeTo": 1, "amount": 1})

    # WHEN
    conducted = rest("catalog.document.conduct", {"id": receipt})[1]
    made = rest(
        "catalog.document.add", {"fields": {"docType": "X", "currency": "RUB", "responsibleId": 1}}
    )[1]

    # THEN
    assert conducted["error_description"] == "Document conducting error: Supplier not specified"
    assert made == {"error": "0", "error_description": "DOC_TYPE isn't available"}


def test_without_inventory_nothing_is_conducted_and_the_quantity_can_be_written() -> None:
    # GIVEN
    rest = a_shop(Inventory.OFF)
    good = a_good(rest, quantity=7)["id"]
    document = _draft(rest, "S", {"elementId": good, "storeTo": 1, "amount": 1})

    # WHEN
    mode = rest.result("catalog.document.mode.status")
    conducted = rest("catalog.document.conduct", {"id": document})[1]

    # THEN
    assert mode == "N"
    assert "must be enabled" in conducted["error_description"]
    assert listed(rest, select=["quantity"])[0]["quantity"] == 7


def test_with_inventory_a_written_quantity_is_left_out_in_silence() -> None:
    # GIVEN
    rest = a_shop(Inventory.ON)
    good = a_good(rest)["id"]

    # WHEN
    rest.result("catalog.product.update", {"id": good, "fields": {"quantity": 7, "name": "Lamp 2"}})

    # THEN
    assert listed(rest, select=["quantity", "name"])[0] == {
        "id": good,
        "iblockId": 23,
        "quantity": 0,
        "name": "Lamp 2",
    }


def test_a_plan_without_inventory_says_so() -> None:
    # GIVEN
    rest = a_shop(Inventory.NOT_IN_PLAN)

    # WHEN
    status, answer = rest(
        "catalog.document.add", {"fields": {"docType": "S", "currency": "RUB", "responsibleId": 1}}
    )

    # THEN
    assert (status, answer["error"]) == (400, "0")
    assert "not available on your plan" in answer["error_description"]


def test_a_conducted_document_is_neither_deleted_nor_changed() -> None:
    # GIVEN
    rest = a_shop(Inventory.ON)
    good = a_good(rest)["id"]
    element = {"elementId": good, "storeTo": 1, "amount": 1}
    document = _draft(rest, "S", element)
    rest.result("catalog.document.conduct", {"id": document})

    # WHEN
    deleted = rest.result("catalog.document.delete", {"id": document})
    changed = rest("catalog.document.element.add", {"fields": {"docId": document, **element}})[1]

    # THEN
    assert deleted is None
    assert changed["error"] == "ERROR_DOCUMENT_STATUS"


@pytest.mark.loopback
def test_people_sell_reserve_and_switch_inventory_from_outside() -> None:
    # GIVEN a portal that listens, with seven lamps
    rest = a_shop(Inventory.ON)
    good = a_good(rest)["id"]
    rest.portal.catalog.move(good, 1, 7)
    with rest.portal as portal:

        def act(name: str, **data: Any) -> int:
            return requests.post(f"{portal.url}/_sandbox/{name}", json=data, timeout=5).status_code

        # WHEN
        answers = [
            act("sell", product=good, quantity=2),
            act("reserve", product=good, quantity=1, store=1),
            act("inventory", to="off"),
            act("sell", product=good, quantity=1),
            act("sell", product=999, quantity=1),
        ]
    # THEN
    assert answers == [200, 200, 200, 200, 400]
    assert _amounts(rest) == {(good, 1): 5}
    assert listed(rest, select=["quantity", "quantityReserved"])[0]["quantity"] == 3
