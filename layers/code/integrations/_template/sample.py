"""A sample event and the answers of a faked API, for the standard suite."""

from __future__ import annotations

from mostik.integration import Hint, Sample

_ORDER = {
    "id": "1001",
    "number": "A-1001",
    "status": "new",
    "total": "12345.50",
    "currency": "RUB",
}

sample = Sample(
    body=b'{"event":"order.created","id":"1001"}',
    content_type="application/json",
    settings={"base_url": "https://api.example/v1/", "api_key": "sample-api-key-0000"},
    door_secret="sample-signing-key-0000",  # noqa: S106 - made up
    about=[Hint("orders", "1001")],
    resource="orders",
    key="1001",
    answers={
        "GET orders/1001": _ORDER,
        "POST orders": _ORDER,
        "PATCH orders/1001": _ORDER,
    },
)
