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
    about=[Hint("deals", "351")],
    resource="deals",
    key="351",
    answers={
        "POST crm.item.get": {"result": {"item": _DEAL}},
        "POST crm.item.list": {"result": {"items": []}},
        "POST crm.item.add": {"result": {"item": _DEAL}},
        "POST crm.item.update": {"result": {"item": _DEAL}},
        "POST scope": {"result": ["crm"]},
    },
)
