"""The online store behaves as the documentation of ``sale.*`` says."""

from __future__ import annotations

from typing import Any

import pytest

from local.sandbox.portal import PortalConfig, PortalSandbox
from tests.support.sandbox import FakeClock, PortalInProcess

ORDER = {"lid": "s1", "personTypeId": 3, "currency": "RUB"}


def _order(rest: PortalInProcess, **more: Any) -> int:
    return int(rest.result("sale.order.add", {"fields": {**ORDER, **more}})["order"]["id"])


def _item(rest: PortalInProcess, order: int, **more: Any) -> Any:
    fields = {"orderId": order, "productId": 5, "quantity": 1, "currency": "RUB", **more}
    return rest.result("sale.basketitem.add", {"fields": fields})["basketItem"]


def _get(rest: PortalInProcess, order: int) -> Any:
    return rest.result("sale.order.get", {"id": order})["order"]


def _error(rest: PortalInProcess, method: str, params: dict[str, Any]) -> Any:
    status, body = rest(method, params)
    assert status >= 400, body
    return body["error"]


def test_a_new_order_has_what_nobody_has_said(rest: PortalInProcess, clock: FakeClock) -> None:
    clock.now = 1_795_490_000.0
    order = _get(rest, _order(rest, price=100))
    assert (order["accountNumber"], order["statusId"], order["price"]) == ("1", "N", 100)
    assert order["dateInsert"] == "2026-11-24T06:13:20+03:00"
    assert order["xmlId"].startswith("bx_")
    assert (order["canceled"], order["payed"], order["clients"]) == ("N", "N", [])


@pytest.mark.parametrize("missing", ["lid", "personTypeId", "currency"])
def test_an_order_needs_its_site_payer_and_currency(rest: PortalInProcess, missing: str) -> None:
    fields = {name: value for name, value in ORDER.items() if name != missing}
    status, body = rest("sale.order.add", {"fields": fields})
    assert (status, body["error"]) == (400, 0)
    assert missing in body["error_description"]


def test_what_cannot_be_written_is_passed_over(rest: PortalInProcess) -> None:
    order = _order(rest, accountNumber="77", payed="Y", no_such_field=1)
    rest.result("sale.order.update", {"id": order, "fields": {"currency": "USD", "id1c": "Z-1"}})
    there = _get(rest, order)
    assert (there["accountNumber"], there["payed"], there["currency"]) == ("1", "N", "RUB")
    assert there["id1c"] == "Z-1"
    assert "no_such_field" not in there


def test_an_order_is_worth_its_basket_its_tax_on_top_and_its_delivery(
    rest: PortalInProcess,
) -> None:
    # GIVEN the example of the documentation: 4 × 1100 and 2 × 900 with 10 % in the price
    order = _order(rest)
    _item(rest, order, quantity=4, price=1100, basePrice=1030, discountPrice=-70, customPrice="Y")
    _item(rest, order, productId=0, quantity=2, price=900, vatRate=0.1, vatIncluded="Y")
    # THEN
    there = _get(rest, order)
    assert there["price"] == 6200
    assert there["taxValue"] == pytest.approx(163.63636364)
    # WHEN a shipment has a price, and a tax comes on top
    _item(rest, order, quantity=1, price=100, vatRate=0.2, vatIncluded="N")
    fields = {"orderId": order, "allowDelivery": "N", "deducted": "N", "deliveryId": 2}
    rest.result("sale.shipment.add", {"fields": {**fields, "basePriceDelivery": 300}})
    assert _get(rest, order)["price"] == 6200 + 120 + 300


def test_a_price_of_the_catalogue_is_taken_unless_one_is_given(rest: PortalInProcess) -> None:
    order = _order(rest)
    rest.portal.trade.sells(
        lambda _id: {"name": "Чашка", "price": 77, "measure": 796, "xmlId": "c"}
    )
    taken, given = _item(rest, order), _item(rest, order, price=50)
    assert (taken["price"], taken["customPrice"], taken["name"]) == (77, "N", "Чашка")
    assert (given["price"], given["customPrice"]) == (50, "Y")
    # WHEN the catalogue changes and the items are saved
    rest.portal.trade.sells(
        lambda _id: {"name": "Чашка", "price": 99, "measure": 796, "xmlId": "c"}
    )
    for item in (taken, given):
        rest.result("sale.basketitem.update", {"id": item["id"], "fields": {"sort": 1}})
    # THEN only the one without a price of its own is recomputed
    assert [item["price"] for item in _get(rest, order)["basketItems"]] == [99, 50]


def test_no_vat_is_empty_text_and_the_same_item_may_stand_twice(rest: PortalInProcess) -> None:
    order = _order(rest)
    assert _item(rest, order, vatRate="")["vatRate"] is None
    _item(rest, order)
    assert len(_get(rest, order)["basketItems"]) == 2


def test_an_item_is_refused_as_documented(rest: PortalInProcess) -> None:
    order = _order(rest)
    fields = {"orderId": order, "productId": 5, "quantity": 1, "currency": "USD"}
    assert _error(rest, "sale.basketitem.add", {"fields": fields}) == 200140400011
    unknown = {**fields, "orderId": 99, "currency": "RUB"}
    assert _error(rest, "sale.basketitem.add", {"fields": unknown}) == 200140400009
    assert _error(rest, "sale.basketitem.update", {"id": 9, "fields": {"sort": 1}}) == 200140400001
    assert _error(rest, "sale.basketitem.add", {}) == 100
    rest.portal.trade.sells(lambda _id: None)
    assert _error(rest, "sale.basketitem.add", {"fields": {**fields, "currency": "RUB"}}) == (
        200140400007
    )


def test_payments_add_up_to_a_paid_order(rest: PortalInProcess) -> None:
    # GIVEN
    order = _order(rest)
    _item(rest, order, price=100)
    pay = {"orderId": order, "paySystemId": 48}
    # WHEN
    first = rest.result("sale.payment.add", {"fields": {**pay, "sum": 60, "paid": "Y"}})["payment"]
    assert (first["paySystemName"], first["currency"]) == ("Card payment", "RUB")
    assert first["datePaid"] is not None
    assert _get(rest, order)["payed"] == "N"
    rest.result("sale.payment.add", {"fields": {**pay, "sum": 40, "paid": "Y"}})
    # THEN it is paid and cannot be deleted
    assert _get(rest, order)["payed"] == "Y"
    assert _error(rest, "sale.order.delete", {"id": order}) == (
        "SALE_ORDER_CANCEL_PAYMENT_EXIST_ACTIVE"
    )


def test_a_shipment_is_refused_as_documented(rest: PortalInProcess) -> None:
    order = _order(rest)
    fields = {"orderId": order, "allowDelivery": "N", "deducted": "Y", "deliveryId": 2}
    assert _error(rest, "sale.shipment.add", {"fields": {**fields, "deliveryId": 99}}) == (
        "SALE_SHIPMENT_WRONG_DELIVERY_SERVICE"
    )
    assert _error(rest, "sale.shipment.add", {"fields": {**fields, "orderId": 99}}) == 0
    shipment = rest.result("sale.shipment.add", {"fields": fields})["shipment"]
    assert shipment["priceDelivery"] == 500  # the service's own
    assert _error(rest, "sale.shipment.delete", {"id": shipment["id"]}) == (
        "SALE_SHIPMENT_EXIST_SHIPPED"
    )
    basket = _item(rest, order)["id"]
    inside = {"orderDeliveryId": shipment["id"], "basketId": basket, "quantity": 1}
    rest.result("sale.shipmentitem.add", {"fields": inside})
    assert _error(rest, "sale.shipmentitem.add", {"fields": inside}) == 201250000001
    assert _error(rest, "sale.shipmentitem.add", {"fields": {**inside, "basketId": 99}}) == (
        201240400003
    )


def test_property_values_that_are_left_out_are_removed(rest: PortalInProcess) -> None:
    order = _order(rest)

    def modify(*values: tuple[int, str]) -> Any:
        rows = [{"orderPropsId": id_, "value": value} for id_, value in values]
        fields = {"order": {"id": order, "propertyValues": rows}}
        return rest.result("sale.propertyvalue.modify", {"fields": fields})["propertyValues"]

    modify((20, "Анна"), (22, "+79990000001"))
    assert [one["code"] for one in modify((20, "Пётр"), (30, "of companies"))] == ["FIO"]
    assert [one["value"] for one in _get(rest, order)["propertyValues"]] == ["Пётр"]


def test_a_deleted_order_takes_its_parts_along(rest: PortalInProcess) -> None:
    order = _order(rest)
    _item(rest, order)
    rest.result("sale.order.delete", {"id": order})
    assert _error(rest, "sale.order.get", {"id": order}) == 200540400001
    assert rest.result("sale.basketitem.list", {})["basketItems"] == []


def test_lists_filter_by_what_they_know_and_pass_over_the_rest(rest: PortalInProcess) -> None:
    # GIVEN
    for number in range(60):
        _order(rest, xmlId=f"shop:{number}")

    def listed(**params: Any) -> list[int]:
        rows = rest.result("sale.order.list", {"select": ["id"], **params})["orders"]
        return [row["id"] for row in rows]

    # THEN
    assert listed(filter={"=xmlId": "shop:7"}) == [8]
    assert listed(filter={"@id": [3, 5, 99]}) == [3, 5]
    assert listed(filter={">id": 58}) == [59, 60]
    assert listed(filter={"<id": 3}, order={"id": "desc"}) == [2, 1]
    # a field in the wrong case is no condition: everything comes
    assert len(listed(filter={"XML_ID": "shop:7"})) == 50
    status, body = rest("sale.order.list", {"filter": {}})
    assert (status, body["total"], body["next"]) == (200, 60, 50)
    status, body = rest("sale.order.list", {"filter": {"<id": 10}, "start": -1})
    assert "total" not in body


def test_events_tell_of_orders_and_their_parts() -> None:
    # GIVEN
    told: list[tuple[str, object]] = []
    portal = PortalSandbox(PortalConfig(rate_limit=None))
    portal.trade.store.fire = lambda event, fields: told.append((event, fields["ID"]))
    rest = PortalInProcess(portal)
    # WHEN
    order = _order(rest)
    payment = {"orderId": order, "paySystemId": 6, "sum": 1}
    rest.result("sale.payment.add", {"fields": payment})
    # THEN
    assert told == [
        ("ONSALEORDERSAVED", 1),
        ("ONORDERENTITYSAVED", 1),
        ("ONPAYMENTENTITYSAVED", 1),
        ("ONSALEORDERSAVED", 1),
        ("ONORDERENTITYSAVED", 1),
    ]


def test_everything_survives_a_restart() -> None:
    # GIVEN
    first = PortalSandbox(PortalConfig(rate_limit=None))
    rest = PortalInProcess(first)
    order = _order(rest)
    _item(rest, order, price=10)
    # WHEN
    second = PortalSandbox(PortalConfig(rate_limit=None))
    second.restore(first.snapshot())
    # THEN
    again = PortalInProcess(second)
    assert _get(again, order)["price"] == 10
    assert _order(again) == order + 1
