"""Product rows, duplicates, requisites, links and payments of deals behave as documented."""

from __future__ import annotations

from typing import Any

import pytest

from local.sandbox.portal import PortalConfig, PortalSandbox, UserField
from tests.support.sandbox import PortalInProcess

DEAL, CONTACT, COMPANY = 2, 3, 4
PHONE = {"typeId": "PHONE", "valueType": "WORK", "value": "+7 999 000-00-01"}


def _set(rest: PortalInProcess, deal: int, *rows: dict[str, Any]) -> Any:
    params = {"ownerType": "D", "ownerId": deal, "productRows": list(rows)}
    return rest.result("crm.item.productrow.set", params)["productRows"]


def _rows(rest: PortalInProcess, **conditions: Any) -> Any:
    return rest.result("crm.item.productrow.list", {"filter": conditions})["productRows"]


def _error(rest: PortalInProcess, method: str, params: dict[str, Any]) -> Any:
    status, body = rest(method, params)
    assert status >= 400, body
    return body["error"]


def test_the_prices_around_a_rows_price_are_those_of_the_documentation(
    rest: PortalInProcess,
) -> None:
    rest.add(DEAL)
    goods = {"ownerId": 1, "ownerType": "D", "productId": 9621, "price": 80000, "quantity": 2}
    fields = {**goods, "discountTypeId": 2, "discountRate": 20, "taxRate": 20, "taxIncluded": "Y"}
    row = rest.result("crm.item.productrow.add", {"fields": fields})["productRow"]
    assert (row["priceExclusive"], row["priceNetto"], row["priceBrutto"]) == (
        66666.66666667,
        83333.33333333,
        100000,
    )
    assert row["discountSum"] == 16666.66666667


def test_set_replaces_all_and_a_row_with_its_id_stays(rest: PortalInProcess) -> None:
    rest.add(DEAL)
    first, _ = _set(rest, 1, {"productName": "a", "price": 1}, {"productName": "b", "price": 2})
    kept, new = _set(rest, 1, {"id": first["id"], "productName": "a", "price": 5}, {"id": 99,
                     "productName": "c", "price": 3})  # fmt: skip
    assert kept["id"] == first["id"]
    assert new["id"] not in (first["id"], 99)
    assert _set(rest, 1) == []


def test_an_external_id_of_a_row_is_passed_over(rest: PortalInProcess) -> None:
    rest.add(DEAL)
    (row,) = _set(rest, 1, {"productName": "a", "price": 1, "xmlId": "ours", "priceNetto": 9})
    assert (row["xmlId"], row["priceNetto"]) == ("", 1)


def test_a_set_that_fails_changes_nothing(rest: PortalInProcess) -> None:
    rest.add(DEAL)
    _set(rest, 1, {"productName": "a", "price": 1})
    rest.portal.trade.sells(lambda _id: None)
    params = {"ownerType": "D", "ownerId": 1, "productRows": [{"productId": 5, "price": 1}]}
    assert _error(rest, "crm.item.productrow.set", params) == "INVALID_ARG_VALUE"
    assert [row["productName"] for row in _rows(rest, **{"=ownerType": "D", "=ownerId": 1})] == [
        "a"
    ]


def test_an_amount_follows_the_rows_only_in_automatic_mode(rest: PortalInProcess) -> None:
    rest.add(DEAL)
    rest.add(DEAL, isManualOpportunity="Y", opportunity=7)
    for deal in (1, 2):
        _set(rest, deal, {"productName": "a", "price": 120, "quantity": 2, "taxRate": 20})
    first, second = rest.portal.deals
    assert (first["opportunity"], first["taxValue"], second["opportunity"]) == (240, 40, 7)


def test_rows_need_their_owner_and_know_two_conditions(rest: PortalInProcess) -> None:
    rest.add(DEAL)
    _set(rest, 1, {"productName": "a", "price": 1}, {"productName": "b", "price": 2})
    owner = {"=ownerType": "D", "=ownerId": 1}
    assert _error(rest, "crm.item.productrow.list", {"filter": {"=ownerType": "D"}}) == (
        "REQUIRED_ARG_MISSING"
    )
    assert _error(rest, "crm.item.productrow.list", {"filter": {**owner, "=ownerId": 9}}) == (
        "ACCESS_DENIED"
    )
    assert len(_rows(rest, **owner, **{"=price": 2})) == 2  # no condition
    assert len(_rows(rest, **owner, **{">id": 1})) == 1
    params = {"ownerType": "D", "ownerId": 9, "productRows": []}
    assert _error(rest, "crm.item.productrow.set", params) == "OWNER_NOT_FOUND"
    assert _error(rest, "crm.item.productrow.update", {"id": 1, "fields": {"xmlId": "x"}}) == (
        "INVALID_ARG_VALUE"
    )


def test_twenty_matches_hide_the_kinds_behind_them(rest: PortalInProcess) -> None:
    # GIVEN
    rest.portal.seed(CONTACT, [{"name": "N", "fm": [PHONE]}] * 25)
    rest.portal.seed(COMPANY, [{"title": "T", "fm": [PHONE]}])

    def found(**params: Any) -> Any:
        params = {"type": "PHONE", "values": ["8 (999) 0000001"], **params}
        return rest.result("crm.duplicate.findbycomm", params)

    # THEN
    assert {kind: len(ids) for kind, ids in found().items()} == {"CONTACT": 20}
    assert found(entity_type="COMPANY") == {"COMPANY": [1]}
    assert found(values=["+70000000000"]) == []
    assert _error(rest, "crm.duplicate.findbycomm", {"values": ["1"]}) == (
        "Communication type is not defined"
    )


def test_requisites_belong_to_somebody_and_have_a_template(rest: PortalInProcess) -> None:
    rest.add(COMPANY, title="Ромашка")
    fields = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1, "NAME": "R", "RQ_INN": "77"}
    id_ = rest.result("crm.requisite.add", {"fields": fields})
    status, body = rest("crm.requisite.add", {"fields": {**fields, "ENTITY_ID": 9}})
    assert (status, body["error_description"]) == (400, "Entity not found.")
    status, body = rest("crm.requisite.add", {"fields": {**fields, "PRESET_ID": 99}})
    assert body["error_description"] == "PRESET_ID is not defined or invalid."
    (row,) = rest.result("crm.requisite.list", {"filter": {"RQ_INN": "77"}})
    assert (row["ID"], row["ENTITY_ID"]) == (str(id_), "1")
    assert _error(rest, "crm.requisite.list", {"select": ["BAD_FIELD"]}) == 100


def test_there_is_one_address_of_a_type(rest: PortalInProcess) -> None:
    rest.add(COMPANY, title="Ромашка")
    fields = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 1, "PRESET_ID": 1, "NAME": "R"}
    owner = rest.result("crm.requisite.add", {"fields": fields})
    address = {"TYPE_ID": 6, "ENTITY_TYPE_ID": 8, "ENTITY_ID": owner, "CITY": "Москва"}
    assert rest.result("crm.address.add", {"fields": address}) is True
    status, body = rest("crm.address.add", {"fields": address})
    assert (status, body["error_description"]) == (400, "TypeAddress exists.")
    rest.result("crm.address.update", {"fields": {**address, "CITY": "Тверь"}})
    (row,) = rest.result("crm.address.list", {"filter": {"ENTITY_ID": owner}})
    assert (row["CITY"], row["ANCHOR_TYPE_ID"], row["ANCHOR_ID"]) == ("Тверь", "4", "1")


def test_an_order_is_bound_to_a_deal_once(rest: PortalInProcess) -> None:
    rest.add(DEAL)
    order = {"lid": "s1", "personTypeId": 3, "currency": "RUB"}
    rest.result("sale.order.add", {"fields": order})
    link = {"orderId": 1, "ownerTypeId": 2, "ownerId": 1}
    assert rest.result("crm.orderentity.add", {"fields": link}) == {"dealOrder": link}
    assert _error(rest, "crm.orderentity.add", {"fields": link}) == "201650000001"
    found = rest.result("crm.orderentity.list", {"filter": {"=ownerTypeId": 2, "@ownerId": [1]}})
    assert found["orderEntity"] == [link]
    rest.result("sale.order.delete", {"id": 1})
    assert rest.result("crm.orderentity.list", {})["orderEntity"] == []


def test_the_first_payment_of_a_deal_makes_its_order(rest: PortalInProcess) -> None:
    # GIVEN
    rest.add(DEAL)
    (row,) = _set(rest, 1, {"productName": "a", "price": 100, "quantity": 2})
    # WHEN
    payment = rest.result("crm.item.payment.add", {"entityId": 1, "entityTypeId": 2})
    product = {"paymentId": payment, "rowId": row["id"], "quantity": 2}
    rest.result("crm.item.payment.product.add", product)
    rest.result("crm.item.payment.pay", {"id": payment})
    # THEN
    (seen,) = rest.result("crm.item.payment.list", {"entityId": 1, "entityTypeId": 2})
    assert (seen["sum"], seen["paid"], seen["paySystemName"]) == (200, "Y", "Cash")
    assert _rows(rest, **{"=ownerType": "D", "=ownerId": 1})[0]["xmlId"] == "sale_basket_1"
    assert rest.result("sale.order.get", {"id": 1})["order"]["payed"] == "Y"
    status, body = rest("crm.item.payment.add", {"entityId": 9, "entityTypeId": 2})
    assert (status, body["error"]) == (400, 0)
    assert _error(rest, "crm.item.payment.product.add", product) == 0


def test_directories_name_funnels_stages_currencies_and_users() -> None:
    portal = PortalSandbox(
        PortalConfig(rate_limit=None, funnels={0: ("NEW", "WON", "LOSE"), 2: ("NEW", "WON")})
    )
    rest = PortalInProcess(portal)
    categories = rest.result("crm.category.list", {"entityTypeId": 2})["categories"]
    assert [one["id"] for one in categories] == [0, 2]
    stages = rest.result("crm.status.list", {"filter": {"ENTITY_ID": "DEAL_STAGE_2"}})
    assert [one["STATUS_ID"] for one in stages] == ["C2:NEW", "C2:WON"]
    assert [one["BASE"] for one in rest.result("crm.currency.list")] == ["Y", "N", "N"]
    assert [one["ID"] for one in rest.result("user.get")] == ["1", "7"]


@pytest.mark.parametrize("method", ["crm.deal.userfield.list", "userfieldconfig.list"])
def test_user_fields_are_named_in_both_ways(method: str) -> None:
    field = UserField(
        DEAL, "ufCrmColor", "enumeration", label="Цвет", enum=(("red", "Красный"), ("b", "Синий"))
    )
    rest = PortalInProcess(PortalSandbox(PortalConfig(rate_limit=None, user_fields=(field,))))
    if method == "crm.deal.userfield.list":
        (row,) = rest.result(method)
        assert (row["FIELD_NAME"], row["USER_TYPE_ID"]) == ("UF_CRM_COLOR", "enumeration")
        assert [one["XML_ID"] for one in row["LIST"]] == ["red", "b"]
    else:
        (listed,) = rest.result(method, {"moduleId": "crm"})["fields"]
        assert "enum" not in listed
        one = rest.result("userfieldconfig.get", {"moduleId": "crm", "id": listed["id"]})["field"]
        assert [value["xmlId"] for value in one["enum"]] == ["red", "b"]
