"""Every method that is used, against its documented request and answer: the sandbox takes the one
and gives the other, we send the one and understand the other."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from integrations.bitrix24 import integration
from integrations.bitrix24.catalog import endpoints, models
from integrations.bitrix24.catalog.lookup import fresh_row
from integrations.bitrix24.errors import ERRORS as VERDICTS
from integrations.bitrix24.errors import code_of
from integrations.bitrix24.stock import endpoints as stock_endpoints
from integrations.bitrix24.stock.levels import LevelRow
from local.sandbox.portal.catalog.config import Inventory
from mostik.commerce.catalog import (
    EnumValue,
    File,
    Picture,
    Product,
    ProductType,
    PropertyDef,
    PropertyType,
    PropertyValue,
    Section,
    Unit,
    Variant,
)
from mostik.commerce.money import Vat
from mostik.commerce.prices import Price, PriceType
from mostik.commerce.stock import Stock, Warehouse
from mostik.http.endpoint import Endpoint
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.documented import ERRORS, METHODS
from tests.integrations.bitrix24.catalog.world import SHOP, Job, a_job, just_create
from tests.support.sandbox import PortalInProcess

MODELS: dict[str, type[models.Row]] = {
    "catalogs": models.CatalogRow,
    "section": models.SectionRow,
    "productProperty": models.PropertyRow,
    "productPropertyEnum": models.EnumRow,
    "measure": models.MeasureRow,
    "vats": models.VatRow,
    "priceType": models.PriceTypeRow,
    "price": models.PriceRow,
    "prices": models.PriceRow,
    "store": models.StoreRow,
    "storeProducts": LevelRow,
    "element": models.GoodRow,
    "products": models.GoodRow,
    "sku": models.GoodRow,
    "units": models.GoodRow,
    "offer": models.GoodRow,
    "offers": models.GoodRow,
    "service": models.GoodRow,
    "services": models.GoodRow,
    "productImage": models.ImageRow,
    "productImages": models.ImageRow,
}
EVERY_METHOD = pytest.mark.parametrize("method", sorted(METHODS))


def the_portal_of_the_examples() -> Job:
    """A portal that holds what the documented requests speak of."""
    job = a_job(Inventory.ON)
    held, now = job.there.catalog, job.there.stamp.now()
    stocked = {"amount": 1, "quantityReserved": 0}
    new = dict.fromkeys(held.goods.schema.fields)
    for table, id_, row in (
        (held.sections, 31, {**dict.fromkeys(held.sections.schema.fields), "iblockId": 23,
                             "name": "Toys", "sort": 50, "xmlId": "x"}),
        (held.properties, 258, _a_property(held, "S", "N")),
        (held.properties, 259, _a_property(held, "S", "Y")),
        (held.properties, 431, _a_property(held, "L", "N")),
        (held.properties, 659, _a_property(held, "S", "N")),
        (held.enums, 1739, {"propertyId": 431, "value": "L", "xmlId": "L", "def": "N", "sort": 1}),
        (held.goods, 1267, {**new, **_PROPERTIES, "iblockId": 23, "type": 1, "name": "Product",
                            "vatId": 1}),
        (held.goods, 1275, {**new, "iblockId": 23, "type": 3, "name": "Parent", "vatId": 1}),
        (held.goods, 1286, {**new, "iblockId": 24, "type": 4, "name": "Variation",
                            "parentId": {"value": "1275", "valueId": "9867"}}),
        (held.goods, 1300, {**new, "iblockId": 23, "type": 7, "name": "Service", "vatId": 1}),
        (held.stock, 11, {"productId": 1267, "storeId": 1, **stocked}),
        (held.documents, 64, {"docType": "S", "status": "N", "title": "Draft", "dateCreate": now}),
        (held.documents, 142, {"docType": "S", "status": "N", "title": "To conduct",
                               "dateCreate": now}),
        (held.elements, 148, {"docId": 142, "elementId": 1267, "amount": 1, "storeTo": 1}),
        (held.images, 1, {"productId": 1267, "type": "MORE_PHOTO", "name": "test.jpeg",
                          "createTime": now, "detailUrl": "/x", "downloadUrl": "/y"}),
    ):  # fmt: skip
        table.last_id = id_ - 1
        table.add(row)
    price = {**dict.fromkeys(held.prices.schema.fields), "currency": "USD", "price": 1}
    held.prices.last_id = 121
    held.prices.add({**price, "productId": 1267, "catalogGroupId": 2})
    for catalog in held.catalogs:
        catalog["vatId"] = 1
    for store in held.stores:
        store["modifiedBy"] = store["userId"] = 1
    return job


_PROPERTIES = {
    "property258": {"value": "test", "valueId": "9816"},
    "property259": [{"value": "test1", "valueId": "9817"}],
}


def _a_property(held: Any, kind: str, multiple: str) -> dict[str, Any]:
    first = held.properties.rows[held.properties.ids[0]]
    return {
        **first, "iblockId": 23, "code": None, "propertyType": kind, "multiple": multiple,
        "name": "P",
    }  # fmt: skip


def one_of(result: Any) -> Any:
    """The object in an answer, or the first of several."""
    if not isinstance(result, Mapping):
        return result
    (inner,) = result.values()
    return inner[0] if isinstance(inner, list) else inner


@EVERY_METHOD
def test_the_sandbox_takes_the_documented_request_and_gives_the_documented_answer(
    method: str,
) -> None:
    # GIVEN
    documented = METHODS[method]
    portal = PortalInProcess(the_portal_of_the_examples().there)
    # WHEN
    result = portal.result(method, documented.request)
    # THEN the answer has the same shape
    if not isinstance(documented.result, Mapping):
        assert type(result) is type(documented.result)
        return
    assert list(result) == list(documented.result)
    wanted, got = one_of(documented.result), one_of(result)
    unasked = set(documented.request.get("select") or wanted)
    assert set(wanted) & unasked <= set(got)


@EVERY_METHOD
def test_the_documented_answer_is_understood(method: str) -> None:
    # GIVEN
    result = METHODS[method].result
    if not isinstance(result, Mapping) or "document" in next(iter(result)):
        return  # true, a letter, or documents, of which the id and the status are read as they are
    (key,) = result
    model = MODELS.get(key) or MODELS[key.removesuffix("s").replace("ie", "y")]
    raw = result[key][0] if isinstance(result[key], list) else fresh_row(result)
    # WHEN
    row = models.read(model, raw)
    # THEN
    assert row.id == raw["id"]


def test_values_of_the_documented_good_are_read_as_they_are() -> None:
    row = models.read(models.GoodRow, METHODS["catalog.product.add"].result["element"])
    assert (row.quantity, row.weight) == (Decimal(10), Decimal(100))
    assert row.vat_id == 1
    assert row.values_of(258) == ("test",)
    assert row.values_of(259) == ("test1", "test2")
    offer = models.read(models.GoodRow, METHODS["catalog.product.offer.list"].result["offers"][0])
    assert offer.parent is None
    offer = models.read(models.GoodRow, METHODS["catalog.product.offer.add"].result["offer"])
    assert offer.parent == "1275"


@pytest.mark.parametrize("method", sorted(ERRORS))
def test_a_documented_refusal_says_what_to_do(method: str) -> None:
    # GIVEN
    code, words = code_of(ERRORS[method])
    # THEN it is known, and the portal's own words are kept
    assert code is not None
    assert VERDICTS[code.casefold()].text
    assert words == ERRORS[method]["error_description"]


def test_we_send_what_is_documented_and_nothing_else() -> None:
    # GIVEN everything that we can do, done once on a portal that notes it
    sent: list[tuple[str, dict[str, Any]]] = []
    for inventory in (Inventory.ON, Inventory.OFF):
        _do_everything(inventory, sent)
    # THEN each call is of a documented method, with documented parameters and fields
    documented = {method.lower(): one for method, one in METHODS.items()}
    strange = []
    for method, params in sent:
        one = documented.get(method)
        if one is None:
            strange.append(method)
            continue
        allowed = {"select", "filter", "order", "start"} if method.endswith(".list") else set()
        allowed |= set(one.request)
        fields = set(one.request.get("fields", ())) | set(one.fields)
        given = {name for name in params.get("fields", ()) if not name.startswith("property")}
        strange += [f"{method}: {name}" for name in (set(params) - allowed) | (given - fields)]
    assert strange == []
    # AND every method that we have is among them
    assert {one.path.lower() for one in _our_endpoints()} <= set(documented)
    assert set(documented) <= {method for method, _ in sent}


def _our_endpoints() -> set[Endpoint]:
    found: set[Endpoint] = set()
    for module in (endpoints, stock_endpoints):
        for value in vars(module).values():
            if isinstance(value, Endpoint):
                found.add(value)
            elif isinstance(value, endpoints.Table):
                found.add(value.listing.endpoint)
            if isinstance(value, endpoints.Methods):
                found |= {value.add, value.update}
    return found


def _do_everything(inventory: Inventory, sent: list[tuple[str, dict[str, Any]]]) -> None:
    job = a_job(inventory, settings={"summed_warehouses": ["north"]})
    for name, method in list(job.there._methods.items()):
        job.there._methods[name] = _noted(name, method, sent)
    colour = PropertyDef(
        key="colour", name="Цвет", type=PropertyType.ENUM, values=(EnumValue(key="r", name="R"),)
    )
    own = PropertyDef(
        key="own", name="Own", code="OWN", type=PropertyType.DATE, required=False, sort=5,
        active=True,
    )  # fmt: skip
    lamp = Product(
        key="lamp", name="Лампа", slug="lamp", active=True, article="A", barcodes=("1",),
        section="lamps", sections=("lamps",), unit="796", vat=Vat(rate=Decimal(20), included=True),
        description="D", preview="P", sort=1,
        properties=(PropertyValue(property="colour", enums=("r",)),),
    )  # fmt: skip
    shirt = Product(key="shirt", name="Рубашка", type=ProductType.WITH_VARIANTS)
    records: list[tuple[str, Any]] = [
        ("sections", Section(key="lamps", name="L", top=True, description="d", sort=1,
                             active=True, code="l")),
        ("units", Unit(key="715", code="715", name="Пара", symbol="пар")),
        ("properties", colour),
        ("properties", own),
        ("price_types", PriceType(key="vip", name="VIP", sort=1)),
        ("warehouses", Warehouse(key="north", name="N", phone="1", shop=True, sort=1, active=True,
                                 code="n", address={"full": "Street 1"})),
        ("products", lamp),
        ("products", shirt),
        ("products", Product(key="repair", name="Ремонт", type=ProductType.SERVICE)),
        ("variants", Variant(key="shirt#red", name="Красная", parent="shirt")),
        ("prices", Price(key="p", owner="lamp", type="vip", amount=Decimal(10))),
        ("stock", Stock(key="s", owner="lamp", warehouse="north", on_hand=Decimal(5))),
        ("pictures", Picture(key="p", owner="lamp", file=File(
            hash="0" * 64, name="a.jpg", order=1,
            extra={"base64": base64.b64encode(b"x").decode()}))),
    ]  # fmt: skip
    for name, record in records:
        resource = job.resource(name)
        made = resource.create(record, SHOP, just_create)
        assert resource.read(made.key) is not None
        resource.update(made.key, record, SHOP, just_create)
        resource.find_many(SHOP, [record.key])
        if hasattr(resource, "page"):
            resource.page(None, None)
    _change_more(job, lamp)


def _change_more(job: Job, lamp: Product) -> None:
    """What is called only when something differs from how it was."""
    properties = job.resource("properties")
    renamed = PropertyDef(
        key="colour", name="Цвет", type=PropertyType.ENUM, values=(EnumValue(key="r", name="Red"),)
    )
    properties.update(properties.find(SHOP, "colour").key, renamed, SHOP, just_create)
    prices = [
        Price(key=type_, owner="lamp", type=type_, amount=Decimal(11)) for type_ in ("vip", "vip2")
    ]
    job.resource("price_types").create(PriceType(key="vip2", name="VIP 2"), SHOP, just_create)
    made = job.resource("prices").write_many([Write(one) for one in prices], SHOP, just_create)
    job.resource("prices").update(
        "", prices[0].model_copy(update={"amount": Decimal(12)}), SHOP, just_create
    )
    job.resource("prices").delete(made[0].key)
    less = Stock(key="s", owner="lamp", warehouse="north", on_hand=Decimal(1))
    job.resource("stock").create(less, SHOP, just_create)
    refused = Stock(key="s", owner="lamp", warehouse="north", on_hand=Decimal(-1))
    job.resource("stock").write_many([Write(refused)], SHOP, just_create)
    pictures = job.resource("pictures")
    shown = job.table("images")[0]
    pictures.delete(f"{shown['productId']}/{shown['id']}")
    products = job.resource("products")
    products.delete(products.find(SHOP, lamp.key).key)
    assert integration.resources


def _noted(name: str, method: Any, sent: list[tuple[str, dict[str, Any]]]) -> Any:
    def noting(params: dict[str, Any], caller: Any) -> Any:
        sent.append((name, params))
        return method(params, caller)

    return noting
