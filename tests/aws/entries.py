"""Entries of the request log for tests, each known by its number."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from mostik.errors import Family
from mostik.ids import ulid
from mostik.requestlog.entry import Direction, Exchange, LogEntry

DAY = 86_400
NOON = 1_760_011_200.0
"""2025-10-09 12:00 UTC."""
MIDNIGHT = NOON - DAY / 2


def entry(number: int = 0, *, at: float | None = None, **changes: Any) -> LogEntry:
    """An entry whose id is known by its number; one a second before noon."""
    moment = NOON - number if at is None else at
    plain = LogEntry(
        id=ulid(moment, lambda size: hashlib.sha256(f"{number}".encode()).digest()[:size]),
        at=moment,
        connection="shop",
        direction=Direction.OUT,
        method="GET",
        endpoint="/orders/{id}",
        url=f"https://api.example/orders/{number}",
        status=200,
        duration_ms=12,
        request=Exchange(),
        response=Exchange(),
    )
    return replace(plain, **changes)


def random_bytes(size: int) -> bytes:
    """Bytes that do not compress, the same each time."""
    return hashlib.shake_256(b"seed").digest(size)


FULL = entry(
    1,
    status=503,
    request=Exchange({"x-request": "1", "имя": "да"}, "тело 🙂".encode(), 11),
    response=Exchange({"content-type": "application/json"}, b'{"a":"\x00"}', 4_000),
    family=Family.RETRY_LATER,
    error="Сервер не отвечает.",
    attempt=2,
    job="shop/orders/1",
    event="shop/01K",
    record="orders/1",
    trace="trace-1",
)
