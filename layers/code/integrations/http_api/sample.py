"""A sample for the standard suite: an event as an external shop sends it."""

from __future__ import annotations

from mostik.integration import Hint, Sample

_ORDERS = {
    "list": {
        "path": "orders",
        "rows": "data",
        "paging": {"kind": "cursor", "parameter": "cursor", "next": "next_cursor"},
        "since": {"parameter": "updated_since"},
    },
    "get": {"path": "orders/{id}"},
    "create": {"path": "orders"},
    "update": {"path": "orders/{id}", "method": "PATCH"},
    "delete": {"path": "orders/{id}"},
    "external_key": {
        "field": "external_id",
        "path": "orders",
        "parameter": "external_id",
        "rows": "data",
    },
    "changed": {"field": "updated_at"},
    "fields": [
        {"ours": "number", "theirs": "number", "way": "read"},
        {
            "ours": "status",
            "theirs": "status",
            "values": {
                "new": "new",
                "paid": "paid",
                "packed": "packed",
                "shipped": "shipped",
                "cancelled": "cancelled",
            },
        },
        {
            "ours": ["total.amount", "total.currency"],
            "theirs": ["total_kopecks", "currency"],
            "by": "money",
            "options": {"as": "minor"},
        },
        {"ours": "comment", "theirs": "comment"},
        {"ours": "customer.key", "theirs": "customer_id", "way": "read"},
    ],
}

_ORDER = {
    "id": "1001",
    "number": "A-1001",
    "status": "new",
    "total_kopecks": 1_234_550,
    "currency": "RUB",
    "customer_id": "C-17",
    "comment": "",
    "updated_at": "2026-11-24T08:00:00Z",
}

sample = Sample(
    body=b'{"type":"order.created","timestamp":"2026-11-24T08:00:00Z","data":{"id":"1001"}}',
    content_type="application/json",
    settings={
        "base_url": "https://shop.example/api/v1/",
        "auth": "bearer",
        "credential": "sample-credential-0000",
        "resources": {"orders": _ORDERS},
        "events": {"scheme": "standard_webhooks"},
    },
    door_secret="whsec_c2FtcGxlLXNpZ25pbmcta2V5LTAwMDAwMDAw",  # noqa: S106 - made up
    about=[Hint("orders", "1001")],
    resource="orders",
    key="1001",
    answers={
        "GET orders": {"data": [_ORDER], "next_cursor": None},
        "GET orders/1001": _ORDER,
        "POST orders": _ORDER,
        "PATCH orders/1001": _ORDER,
    },
)
