"""A sample for the standard suite: an event as an external shop sends it."""

from __future__ import annotations

from mostik.integration import Hint, Sample

_ORDER = {
    "id": "1001",
    "number": "A-1001",
    "status": "new",
    "total_kopecks": 1_234_550,
    "currency": "RUB",
    "customer_id": "C-17",
    "comment": "",
}

sample = Sample(
    body=b'{"type":"order.created","timestamp":"2026-11-24T08:00:00Z","data":{"id":"1001"}}',
    content_type="application/json",
    settings={
        "base_url": "https://shop.example/api/v1/",
        "auth": "bearer",
        "credential": "sample-credential-0000",
        "orders": {
            "get": "orders/{id}",
            "update": "orders/{id}",
            "update_method": "PATCH",
            "total": "total_kopecks",
            "minor_units": True,
            "statuses": {
                "new": "new",
                "paid": "paid",
                "packed": "packed",
                "shipped": "shipped",
                "cancelled": "cancelled",
            },
            "customer": {
                "get": "customers/{id}",
                "id_of_order": "customer_id",
                "name": "full_name",
            },
        },
        "events": {"scheme": "standard_webhooks"},
    },
    door_secret="whsec_c2FtcGxlLXNpZ25pbmcta2V5LTAwMDAwMDAw",  # noqa: S106 - made up
    about=[Hint("orders", "1001")],
    resource="orders",
    key="1001",
    answers={
        "GET orders/1001": _ORDER,
        "PATCH orders/1001": _ORDER,
        "GET customers/C-17": {"id": "C-17", "full_name": "Иван Петров", "phone": "+79990000017"},
    },
)
