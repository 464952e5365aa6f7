"""The sandbox's goods, directories, prices and pictures."""

from __future__ import annotations

import base64

import pytest

from tests.support.sandbox import command
from tests.unit.sandbox_portal.catalog_rig import GOODS, OFFERS, a_good, a_shop, listed

PICTURE = base64.b64encode(b"a picture").decode()


def test_a_good_has_its_id_as_external_code_until_it_gets_one() -> None:
    # GIVEN
    rest = a_shop()

    # WHEN
    plain, named = a_good(rest), a_good(rest, xmlId="lamp-1")

    # THEN
    assert plain["xmlId"] == str(plain["id"])
    assert named["xmlId"] == "lamp-1"


def test_a_list_of_goods_demands_its_catalogue_and_two_selected_fields() -> None:
    # GIVEN
    rest = a_shop()

    # WHEN
    no_catalogue = rest("catalog.product.list", {"select": ["id", "iblockId"]})
    no_fields = rest("catalog.product.list", {"filter": {"iblockId": GOODS}})

    # THEN
    assert no_catalogue == (
        400,
        {"error": 0, "error_description": "Required filter fields: iblockId"},
    )
    assert no_fields == (
        400,
        {"error": 0, "error_description": "Required select fields: id, iblockId"},
    )


@pytest.mark.parametrize("name", ["ID", "XML_ID", "nonsense", "detailPicture"])
def test_a_field_that_may_not_be_filtered_by_is_refused(name: str) -> None:
    # GIVEN
    rest = a_shop()

    # WHEN
    status, answer = rest(
        "catalog.product.list",
        {"select": ["id", "iblockId"], "filter": {"iblockId": GOODS, name: "1"}},
    )

    # THEN
    assert (status, answer["error"]) == (400, "INVALID_ARG_VALUE")


def test_in_the_other_reading_a_field_that_may_not_be_filtered_by_matches_everything() -> None:
    # GIVEN
    rest = a_shop(ignores_unknown_filters=True)
    a_good(rest, xmlId="one")
    a_good(rest, xmlId="two")

    # WHEN
    found = listed(rest, filter={"XML_ID": "one"})

    # THEN
    assert len(found) == 2


def test_a_list_as_value_means_one_of_in_goods_and_the_sign_at_in_the_others() -> None:
    # GIVEN
    rest = a_shop()
    one, _, three = (a_good(rest)["id"] for _ in range(3))

    # WHEN
    goods = listed(rest, filter={"id": [one, three]})
    stores = rest.result("catalog.store.list", {"filter": {"@id": [1, 3]}})["stores"]
    refused, _ = rest("catalog.store.list", {"filter": {"id": [1, 3]}})

    # THEN
    assert [row["id"] for row in goods] == [one, three]
    assert [row["title"] for row in stores] == ["Main", "South"]
    assert refused == 400


def test_the_kinds_of_goods_are_listed_apart() -> None:
    # GIVEN
    rest = a_shop()
    simple = a_good(rest)["id"]
    parent = rest.result(
        "catalog.product.sku.add", {"fields": {"iblockId": GOODS, "name": "Shirt"}}
    )["sku"]
    service = rest.result(
        "catalog.product.service.add", {"fields": {"iblockId": GOODS, "name": "Repair"}}
    )["service"]

    # WHEN
    offer = rest.result(
        "catalog.product.offer.add",
        {"fields": {"iblockId": OFFERS, "name": "Shirt, red", "parentId": parent["id"]}},
    )["offer"]

    # THEN
    assert [row["id"] for row in listed(rest)] == [simple]
    assert [row["id"] for row in listed(rest, "offer")] == [offer["id"]]
    assert [row["id"] for row in listed(rest, "service")] == [service["id"]]
    assert listed(rest, "sku", select=["type"])[0]["type"] == 3
    assert parent["type"] == 6
    assert offer["parentId"]["value"] == str(parent["id"])


def test_a_property_keeps_its_value_id_only_when_it_is_named() -> None:
    # GIVEN
    rest = a_shop()
    prop = rest.result(
        "catalog.productProperty.add",
        {"fields": {"iblockId": GOODS, "name": "Colour", "propertyType": "S", "multiple": "Y"}},
    )["productProperty"]
    name = f"property{prop['id']}"
    good = a_good(rest, **{name: ["red", "green"]})
    kept = good[name][0]

    # WHEN
    changed = rest.result(
        "catalog.product.update",
        {
            "id": good["id"],
            "fields": {name: [{"value": "dark red", "valueId": kept["valueId"]}, "blue"]},
        },
    )["element"][name]

    # THEN
    assert [one["value"] for one in changed] == ["dark red", "blue"]
    assert changed[0]["valueId"] == kept["valueId"]


def test_a_list_property_takes_its_own_values_only() -> None:
    # GIVEN
    rest = a_shop()
    prop = rest.result(
        "catalog.productProperty.add",
        {"fields": {"iblockId": GOODS, "name": "Size", "propertyType": "L"}},
    )["productProperty"]["id"]
    value = {"propertyId": prop, "value": "Medium", "xmlId": "M"}
    medium = rest.result("catalog.productPropertyEnum.add", {"fields": value})

    # WHEN
    twice = rest("catalog.productPropertyEnum.add", {"fields": value})
    good = a_good(rest, **{f"property{prop}": medium["productPropertyEnum"]["id"]})
    foreign = rest(
        "catalog.product.add",
        {"fields": {"iblockId": GOODS, "name": "Lamp", f"property{prop}": 999}},
    )

    # THEN
    assert twice[1]["error"] == "BX_INVALID_VALUE"
    assert good[f"property{prop}"]["value"] == str(medium["productPropertyEnum"]["id"])
    assert foreign[0] == 400


def test_modify_deletes_the_prices_that_it_does_not_list() -> None:
    # GIVEN
    rest = a_shop()
    good = a_good(rest)["id"]
    for group in (1, 2, 3):
        rest.result(
            "catalog.price.add",
            {
                "fields": {
                    "productId": good,
                    "catalogGroupId": group,
                    "price": 100 * group,
                    "currency": "RUB",
                }
            },
        )
    first = rest.result("catalog.price.list", {"filter": {"productId": good}})["prices"][0]["id"]

    # WHEN
    listed_ = [
        {"id": first, "catalogGroupId": 1, "price": 110, "currency": "RUB"},
        {"catalogGroupId": 2, "price": 220, "currency": "RUB"},
    ]
    rest.result("catalog.price.modify", {"fields": {"product": {"id": good, "prices": listed_}}})

    # THEN
    left = rest.result("catalog.price.list", {"filter": {"productId": good}})["prices"]
    assert [(row["id"] == first, row["catalogGroupId"], row["price"]) for row in left] == [
        (True, 1, 110),
        (False, 2, 220),
    ]


def test_a_price_of_a_type_or_currency_that_there_is_none_of_is_refused() -> None:
    # GIVEN
    rest = a_shop()
    good = a_good(rest)["id"]
    fields = {"productId": good, "catalogGroupId": 1, "price": 5, "currency": "RUB"}

    # WHEN
    answers = [
        rest("catalog.price.add", {"fields": {**fields, **wrong}})[1]["error"]
        for wrong in ({"catalogGroupId": 9}, {"currency": "XXX"})
    ]

    # THEN
    assert answers == [0, 0]


def test_stock_has_neither_a_time_nor_a_way_to_write_it() -> None:
    # GIVEN
    rest = a_shop()

    # WHEN
    fields = rest.result("catalog.storeproduct.getFields")["storeProduct"]
    status, answer = rest("catalog.storeproduct.update", {"id": 1, "fields": {"amount": 5}})

    # THEN
    assert sorted(fields) == ["amount", "id", "productId", "quantityReserved", "storeId"]
    assert (status, answer["error"]) == (404, "ERROR_METHOD_NOT_FOUND")


def test_a_picture_travels_alone_and_never_in_a_batch() -> None:
    # GIVEN
    rest = a_shop()
    good = a_good(rest)["id"]
    fields = {"productId": good, "type": "DETAIL_PICTURE"}

    # WHEN
    alone = rest.result(
        "catalog.productImage.add", {"fields": fields, "fileContent": ["lamp.jpg", PICTURE]}
    )["productImage"]
    packed = rest.batch(
        {
            "c0": command(
                "catalog.productImage.add",
                ("fields[productId]", str(good)),
                ("fileContent[0]", "lamp.jpg"),
                ("fileContent[1]", PICTURE),
            )
        }
    )

    # THEN
    assert (alone["name"], alone["type"]) == ("lamp.jpg", "DETAIL_PICTURE")
    assert packed["result_error"]["c0"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"
    assert len(rest.result("catalog.productImage.list", {"productId": good})["productImages"]) == 1


def test_what_the_catalogue_holds_survives_a_restart() -> None:
    # GIVEN
    rest = a_shop()
    good = a_good(rest, xmlId="lamp")
    saved = rest.portal.snapshot()
    again = a_shop()

    # WHEN
    again.portal.restore(saved)

    # THEN
    assert listed(again, select=["xmlId"]) == [
        {"id": good["id"], "iblockId": GOODS, "xmlId": "lamp"}
    ]
    assert a_good(again)["id"] == good["id"] + 1


def test_a_flag_that_is_not_the_letter_y_is_no() -> None:
    # GIVEN
    rest = a_shop()

    # WHEN
    flags = [a_good(rest, canBuyZero=value)["canBuyZero"] for value in ("Y", True, "1", "true")]

    # THEN
    assert flags == ["Y", "N", "N", "N"]
