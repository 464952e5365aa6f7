"""A sample for the standard suite: the hook as the site sends it, REST as it answers."""

from __future__ import annotations

from mostik.integration import Hint, Sample

_REST = "POST rest/1/sampleSecret0000/"
_BASKET = {
    "id": 31,
    "orderId": 17,
    "productId": 501,
    "name": "Кофемашина",
    "price": 11845.5,
    "basePrice": 11845.5,
    "discountPrice": 0,
    "customPrice": "Y",
    "quantity": 1,
    "currency": "RUB",
    "vatRate": 0.2,
    "vatIncluded": "Y",
    "measureCode": "796",
    "measureName": "шт",
    "sort": 100,
    "xmlId": "l1",
}
_ORDER = {
    "id": 17,
    "accountNumber": "17",
    "statusId": "N",
    "canceled": "N",
    "payed": "N",
    "deducted": "N",
    "price": 11845.5,
    "currency": "RUB",
    "personTypeId": 3,
    "userDescription": "",
    "comments": "",
    "lid": "s1",
    "xmlId": "other:1001",
    "id1c": "A-1001",
    "dateInsert": "2026-11-24T11:00:00+03:00",
    "dateUpdate": "2026-11-24T11:00:00+03:00",
    "basketItems": [_BASKET],
    "payments": [],
    "shipments": [],
    "propertyValues": [],
}
_NOTHING: list[str] = []
"""An empty map, as PHP says it."""

sample = Sample(
    body=b'{"event":"order.saved","id":17}',
    content_type="application/json",
    settings={
        "address": "https://shop.example/",
        "transport": "rest",
        "webhook_url": "https://shop.example/rest/1/sampleSecret0000/",
    },
    door_secret="sample-hook-secret-0000000000000000",  # noqa: S106 - made up
    about=[Hint("orders", "17")],
    resource="orders",
    key="17",
    answers={
        f"{_REST}sale.order.get": {"result": {"order": _ORDER}},
        f"{_REST}sale.order.list": {"result": {"orders": []}},
        f"{_REST}sale.order.add": {"result": {"order": _ORDER}},
        f"{_REST}sale.order.update": {"result": {"order": _ORDER}},
        f"{_REST}sale.basketitem.add": {"result": {"basketItem": _BASKET}},
        f"{_REST}sale.basketitem.update": {"result": {"basketItem": _BASKET}},
        f"{_REST}sale.property.list": {"result": {"properties": []}},
        f"{_REST}batch": {
            "result": {
                "result": {"c0": {"orders": []}},
                "result_error": _NOTHING,
                "result_total": _NOTHING,
                "result_next": _NOTHING,
                "result_time": _NOTHING,
            }
        },
        f"{_REST}catalog.catalog.list": {
            "result": {
                "catalogs": [
                    {"id": 23, "iblockId": 23, "name": "Goods", "productIblockId": None},
                    {"id": 24, "iblockId": 24, "name": "Offers", "productIblockId": 23},
                ]
            }
        },
        f"{_REST}catalog.product.list": {"result": {"products": []}},
        f"{_REST}catalog.product.sku.list": {"result": {"units": []}},
        f"{_REST}catalog.product.offer.list": {"result": {"offers": []}},
        f"{_REST}catalog.product.service.list": {"result": {"services": []}},
        f"{_REST}catalog.section.list": {"result": {"sections": []}},
        f"{_REST}catalog.priceType.list": {"result": {"priceTypes": []}},
        f"{_REST}catalog.store.list": {"result": {"stores": []}},
        f"{_REST}catalog.document.mode.status": {"result": "Y"},
        f"{_REST}scope": {"result": ["catalog", "sale", "user"]},
        f"{_REST}user.admin": {"result": True},
    },
)
