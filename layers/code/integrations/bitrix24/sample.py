"""A sample for the standard suite: an event as the portal sends it, and answers as it gives
them."""

from __future__ import annotations

from urllib.parse import urlencode

from mostik.integration import Hint, Sample

_DEAL = {
    "id": 351,
    "title": "Заказ A-1001",
    "stageId": "NEW",
    "opportunity": 12345.5,
    "currencyId": "RUB",
    "comments": "",
    "contactId": 7,
    "originatorId": "other",
    "originId": "1001",
}

_ROW = {
    "id": 17649,
    "ownerId": 351,
    "ownerType": "D",
    "productId": 9621,
    "productName": "Кофемашина",
    "price": 11845.5,
    "priceBrutto": 11845.5,
    "quantity": 1,
    "discountSum": 0,
    "taxRate": 20,
    "taxIncluded": "Y",
    "measureCode": 796,
    "measureName": "шт",
    "sort": 10,
    "xmlId": "",
}
_ROWS = {"productRows": [_ROW]}
_NOTHING: list[str] = []
"""An empty map, as PHP says it."""

sample = Sample(
    body=urlencode(
        {
            "event": "ONCRMDEALUPDATE",
            "event_handler_id": "17",
            "data[FIELDS][ID]": "351",
            "ts": "1790000000",
            "auth[domain]": "example.bitrix24.ru",
            "auth[client_endpoint]": "https://example.bitrix24.ru/rest/",
            "auth[server_endpoint]": "https://oauth.bitrix.info/rest/",
            "auth[member_id]": "0123456789abcdef0123456789abcdef",
            "auth[application_token]": "sample-application-token-000000000",
        }
    ).encode(),
    content_type="application/x-www-form-urlencoded",
    settings={
        "webhook_url": "https://example.bitrix24.ru/rest/1/sampleSecret0000/",
        "domain": "example.bitrix24.ru",
        "stages": {
            "new": "NEW",
            "paid": "PREPAYMENT_INVOICE",
            "packed": "EXECUTING",
            "shipped": "WON",
            "cancelled": "LOSE",
        },
    },
    door_secret="sample-application-token-000000000",  # noqa: S106 - made up
    about=[Hint("orders", "351")],
    resource="orders",
    key="351",
    answers={
        "POST crm.item.get": {"result": {"item": _DEAL}},
        "POST crm.item.list": {"result": {"items": []}},
        "POST crm.item.add": {"result": {"item": _DEAL}},
        "POST crm.item.update": {"result": {"item": _DEAL}},
        "POST crm.item.productrow.list": {"result": _ROWS},
        "POST crm.item.productrow.set": {"result": _ROWS},
        "POST batch": {
            "result": {
                "result": {
                    "deal": {"item": _DEAL},
                    "rows": _ROWS,
                    "probe_deals": {"items": []},
                    "probe_contacts": {"items": []},
                    "probe_companies": {"items": []},
                },
                "result_error": _NOTHING,
                "result_total": _NOTHING,
                "result_next": _NOTHING,
                "result_time": _NOTHING,
            }
        },
        "POST catalog.catalog.list": {
            "result": {
                "catalogs": [
                    {"id": 23, "iblockId": 23, "name": "Goods", "productIblockId": None},
                    {"id": 24, "iblockId": 24, "name": "Variations", "productIblockId": 23},
                ]
            }
        },
        "POST catalog.product.list": {"result": {"products": []}},
        "POST catalog.product.sku.list": {"result": {"units": []}},
        "POST catalog.product.offer.list": {"result": {"offers": []}},
        "POST catalog.product.service.list": {"result": {"services": []}},
        "POST catalog.section.list": {"result": {"sections": []}},
        "POST catalog.priceType.list": {"result": {"priceTypes": []}},
        "POST catalog.store.list": {"result": {"stores": []}},
        "POST catalog.document.mode.status": {"result": "Y"},
        "POST scope": {"result": ["catalog", "crm", "sale", "user", "userfieldconfig"]},
        "POST user.admin": {"result": True},
    },
)
