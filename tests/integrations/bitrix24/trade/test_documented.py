"""Every method that this area calls, against its documented request and response.

Three ways: the sandbox portal answers the documented request with what is documented; our readers
take the documented answer; and what we send names nothing that the portal would pass over.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.bitrix24.crm import client as crm_client
from integrations.bitrix24.crm import payments as crm_payments
from integrations.bitrix24.crm import requisites as crm_requisites
from integrations.bitrix24.crm import userfields as crm_userfields
from integrations.bitrix24.crm.client import ROWS_LIST, items_in, rows_in
from integrations.bitrix24.crm.mapping import order_from as deal_order
from integrations.bitrix24.crm.models import ItemResult, understood
from integrations.bitrix24.crm.payments import payments_in
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale import client as sale_client
from integrations.bitrix24.sale.client import ORDER_GET
from integrations.bitrix24.sale.mapping import order_from as sale_order
from integrations.bitrix24.sale.mapping import percent as percent_of
from integrations.bitrix24.sale.models import OrderResult, Property
from local.sandbox.portal import PortalConfig, PortalSandbox, UserField
from local.sandbox.portal.crm.fields import Access
from local.sandbox.portal.crm.rows import WRITABLE
from local.sandbox.portal.phpform import as_list, decode
from local.sandbox.portal.sale.fields import BASKET, ORDER, PAYMENT, SHIPMENT, SHIPMENT_ITEM
from mostik.commerce.money import Vat
from mostik.commerce.order import Flags, Shipment, ShipmentLine
from mostik.http.endpoint import Endpoint
from tests.integrations.bitrix24.trade.documented import PAGES, Page
from tests.integrations.bitrix24.trade.orders import (
    BOTH,
    SALE,
    a_job,
    a_line,
    an_order,
    carry,
    paid,
)
from tests.support.sandbox import PortalInProcess

EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=[page.method for page in PAGES])
BY_METHOD = {page.method.lower(): page for page in PAGES}
SETTINGS = Settings.model_validate(
    {"webhook_url": "https://example.bitrix24.ru/rest/1/secret000000/", "order_as": "order"}
)
PHONE = {"typeId": "PHONE", "valueType": "WORK", "value": "+79990000001"}


def a_portal() -> PortalInProcess:
    """A portal that has what the documented requests name: two deals, one with a row, an order with
    all its parts, a company with requisites."""
    field = UserField(2, "ufCrm_1724077760", "enumeration", label="Radio", enum=(("r", "Radio"),))
    rest = PortalInProcess(PortalSandbox(PortalConfig(rate_limit=None, user_fields=(field,))))
    for fields in ({"title": "Deal"}, {"title": "Other"}):
        rest.add(2, **fields)
    rest.add(3, name="Anna", fm=[PHONE])
    rest.add(4, title="Company")
    row = {"productId": 9621, "price": 90000, "quantity": 3, "discountRate": 10, "taxRate": 10}
    call = rest.result
    call("crm.item.productrow.set", {"ownerType": "D", "ownerId": 1, "productRows": [row]})
    order = {"lid": "s1", "personTypeId": 3, "currency": "RUB"}
    call("sale.order.add", {"fields": order})
    for name in ("Setup", "Delivery"):
        item = {"orderId": 1, "productId": 0, "name": name, "quantity": 2, "currency": "RUB"}
        call("sale.basketitem.add", {"fields": {**item, "price": 900}})
    shipment = {"orderId": 1, "allowDelivery": "N", "deducted": "N", "deliveryId": 2}
    call("sale.shipment.add", {"fields": shipment})
    inside = {"orderDeliveryId": 1, "basketId": 1, "quantity": 2}
    call("sale.shipmentitem.add", {"fields": inside})
    call("sale.payment.add", {"fields": {"orderId": 1, "paySystemId": 48, "sum": 10}})
    values = {"order": {"id": 1, "propertyValues": [{"orderPropsId": 20, "value": "John"}]}}
    call("sale.propertyvalue.modify", {"fields": values})
    call("crm.orderentity.add", {"fields": {"orderId": 1, "ownerTypeId": 2, "ownerId": 1}})
    owner = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1, "NAME": "Organization"}
    call("crm.requisite.add", {"fields": owner})
    address = {"TYPE_ID": 1, "ENTITY_TYPE_ID": 8, "ENTITY_ID": 1, "ADDRESS_1": "Street"}
    call("crm.address.add", {"fields": address})
    return rest


def shape(value: Any) -> Any:
    """The names in a value, and the kind of what stands under them; of a list its first."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return {bool: "flag", int: "number", float: "number", str: "text"}.get(type(value))


def lacks(documented: Any, answered: Any, path: str = "") -> list[str]:
    """Where an answer lacks what is documented, or has something of another kind there."""
    if documented is None or answered is None:  # either may be absent for a record at hand
        return []
    if isinstance(documented, dict):
        if not isinstance(answered, dict):
            return [path]
        return [
            gap
            for name, inner in documented.items()
            for gap in (
                lacks(inner, answered[name], f"{path}.{name}")
                if name in answered
                else [f"{path}.{name}"]
            )
        ]
    if isinstance(documented, list):
        if not isinstance(answered, list):
            return [path]
        return lacks(documented[0], answered[0], f"{path}[]") if documented and answered else []
    return [] if documented == answered else [f"{path}: {documented} is {answered}"]


@EVERY_PAGE
def test_the_sandbox_answers_the_documented_request_as_documented(page: Page) -> None:
    # GIVEN
    rest = a_portal()
    if page.result is None:  # the page's success needs what only another page makes
        return
    # WHEN
    answered = rest.result(page.method, page.request)
    # THEN
    assert lacks(shape(page.result), shape(answered)) == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.error], ids=lambda page: page.method
)
def test_the_sandbox_refuses_as_documented(page: Page) -> None:
    assert page.error is not None
    params, code = page.error
    status, body = a_portal()(page.method, params)
    assert status in (400, 403), body
    assert body["error"] == code


def test_every_method_that_is_called_is_documented_here() -> None:
    called = set()
    for module in (crm_client, crm_payments, crm_requisites, sale_client):
        called |= {one.path for one in vars(module).values() if isinstance(one, Endpoint)}
    called |= {one.path for one in crm_userfields._LISTS.values() if ".deal." in one.path}
    # user fields of contacts and companies have pages of the same words
    assert {one for one in called if one.lower() not in BY_METHOD} == set()


def decimals(*texts: str) -> list[Decimal]:
    """Amounts."""
    return [Decimal(text) for text in texts]


def _answer(method: str) -> Any:
    return BY_METHOD[method].result


def test_documented_deals_are_read() -> None:
    item = understood(ItemResult, _answer("crm.item.get"), crm_client.ITEM_GET).item
    rows = rows_in(_answer("crm.item.productrow.list"))
    order = deal_order(item, SETTINGS, rows)
    assert order.total is not None
    assert order.total.amount == Decimal("999.9")
    assert order.lines is not None
    (line,) = order.lines
    assert [line.price, line.base_price, line.quantity] == decimals("90000", "100000", "3")
    assert line.vat is not None
    assert line.vat == Vat(rate=Decimal(10), included=True)
    (short,) = items_in(_answer("crm.item.list"))
    assert short.title == "Deal"
    assert ROWS_LIST.path in {page.method for page in PAGES}


def test_documented_payments_of_deals_are_read() -> None:
    (payment,) = payments_in(_answer("crm.item.payment.list"))
    assert (payment.id, payment.paid, payment.sum) == (2, "N", Decimal(0))


def test_a_documented_order_is_read_with_all_its_parts() -> None:
    words = understood(OrderResult, _answer("sale.order.get"), ORDER_GET).order
    properties = [Property.model_validate({"id": 20, "personTypeId": 3, "isPayer": "Y"})]
    order = sale_order(words, SETTINGS, properties)
    assert (order.number, order.external_ids) == ("1", {})
    assert order.customer is not None
    assert order.customer.name == "John Smith"
    assert order.lines is not None
    assert order.payments is not None
    assert order.shipments is not None
    (line,) = order.lines
    assert line.vat is not None
    assert (line.key, line.price, line.vat.rate) == ("setup-1", Decimal(900), Decimal(10))
    assert [(one.sum, one.paid) for one in order.payments] == [(Decimal(1480), False)]
    (shipment,) = order.shipments
    assert shipment.lines is not None
    assert [(one.line, one.quantity) for one in shipment.lines] == [("setup-1", Decimal(2))]
    assert shipment.price == 500


@pytest.mark.parametrize(
    ("rate", "percent"), [("0.2", 20), ("0", 0), ("20", 20), ("0.1", 10), ("1", 100)]
)
def test_a_rate_is_a_fraction_and_an_old_percentage_is_understood(rate: str, percent: int) -> None:
    assert percent_of(Decimal(rate)) == percent
    assert percent_of(None) is None


@pytest.mark.parametrize("settings", [{"deal_payments": True}, SALE, BOTH], ids=str)
def test_what_is_sent_names_nothing_that_the_portal_would_pass_over(
    settings: dict[str, Any],
) -> None:
    # GIVEN everything that an order may say, written and then changed
    job = a_job(settings=settings)
    order = an_order(
        payments=(paid("400", transaction="T-1"), paid("249.90", "p2")),
        shipments=(
            Shipment(
                key="s1",
                lines=(ShipmentLine(line="l1", quantity=Decimal(1)),),
                shipped=True,
                allowed=True,
                number="N-1",
                tracking="RB1",
            ),
        ),
        manager_comment="m",
        flags=Flags(cancelled=True, cancel_reason="r"),
        date=datetime(2026, 11, 1, tzinfo=UTC),
    )
    carry(job, "orders", order)
    carry(job, "orders", an_order(comment="!", lines=(a_line("l1", "Чашка", "2", "90"),)))
    # THEN
    passed_over = [
        f"{method}: {name}"
        for method, params in sent(job)
        for name in names_in(method, params)
        if name not in writable(job, method)
    ]
    assert passed_over == []


def sent(job: Any) -> list[tuple[str, Any]]:
    """Every call that was made, those inside of batches too."""
    calls: list[tuple[str, Any]] = []
    for entry in job.entries:
        body = json.loads(entry.request.body or "{}")
        if entry.endpoint.rpartition("/")[2] != "batch":
            calls.append((entry.endpoint, body))
            continue
        for command in body["cmd"].values():
            method, _, query = command.partition("?")
            calls.append((method, decode(query)))
    return calls


def names_in(method: str, params: Any) -> set[str]:
    """The fields that a call writes."""
    if method == "crm.item.productrow.set":
        return {name for row in as_list(params["productRows"]) for name in row}
    fields = params.get("fields")
    return set(fields) if isinstance(fields, dict) else set()


def writable(job: Any, method: str) -> set[str]:
    """The fields that a method takes."""
    schemas = {"order": ORDER, "basketitem": BASKET, "payment": PAYMENT, "shipment": SHIPMENT,
               "shipmentitem": SHIPMENT_ITEM}  # fmt: skip
    area, _, what = method.rpartition(".")
    if area.startswith("sale.") and area[5:] in schemas:
        schema = schemas[area[5:]]
        return set(schema.writable - schema.fixed if what == "update" else schema.writable)
    if method == "crm.item.productrow.set":
        return {"id", *WRITABLE}
    if area == "crm.item":
        kinds = job.there.items.stores.values()
        fields = [one for store in kinds for one in store.entity.fields.values()]
        return {one.name for one in fields if one.access is Access.WRITE}
    return {"order", "orderId", "ownerId", "ownerTypeId"}
