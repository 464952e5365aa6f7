"""Tables and records for the tests of mappings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mostik.commerce.money import Money
from mostik.commerce.order import Line, Order, OrderStatus
from mostik.commerce.parties import Customer
from mostik.mapping.dictionary import Dictionary, Entry
from mostik.mapping.mapper import Mapper
from mostik.mapping.path import path
from mostik.mapping.shape import Shape
from mostik.mapping.side import Side, Way
from mostik.mapping.table import Apply, AsIs, By, Rest, Rule, Table, Translate

ORDERS = Shape("orders of portal", Order)
CUSTOMERS = Shape("customers of portal", Customer)
JSON = Shape("orders of shop")


def rule(
    left: str = "", right: str = "", by: By | None = None, way: Way = Way.BOTH, **more: Any
) -> Rule:
    """A rule; several paths are apart by blanks."""
    return Rule(
        tuple(map(path, left.split())),
        tuple(map(path, right.split())),
        by or AsIs(),
        way,
        **more,
    )


STATUSES = Dictionary(
    (
        Entry("new", "NEW"),
        Entry("paid", "PAID"),
        Entry("packed", "IN_PACKING"),
        Entry("packed", "READY", way=Way.TO_LEFT),
        Entry("shipped", "SENT", sets={Side.LEFT: {"flags.shipped": True}}),
        Entry("cancelled", "VOID", notifies=frozenset({Side.RIGHT})),
    ),
    noun="status",
)
KOPECKS = Apply("money", right={"as": "minor", "currency": "RUB"})
MOSCOW = Apply("date", right={"format": "%d.%m.%Y %H:%M", "zone": "Europe/Moscow"})

SHOP = Table(
    (
        rule("key", "id"),
        rule("number", "no"),
        rule("status", "state", Translate("statuses")),
        rule("total.amount total.currency", "total", KOPECKS),
        rule("date", "placed", MOSCOW),
        rule("comment", "note.text"),
        rule("customer.key", "buyer.id"),
        rule("customer.phone", "buyer.phone", Apply("phone")),
        rule("lines[].key", "rows[].id"),
        rule("lines[].name", "rows[].title"),
        rule("lines[].quantity", "rows[].count", Apply("number", right={"as": "text"})),
        rule("lines[].price", "rows[].price", KOPECKS),
    ),
    {"statuses": STATUSES},
    Rest.LEAVE,
)


def shop() -> Mapper:
    """Orders beside the JSON of a shop that counts kopecks."""
    return Mapper(SHOP, ORDERS, JSON)


def order(**changes: Any) -> Order:
    """An order."""
    fields: Mapping[str, Any] = {
        "key": "7",
        "number": "A-7",
        "status": OrderStatus.PACKED,
        "total": Money(amount=Decimal("12.00"), currency="RUB"),
        "date": datetime(2026, 11, 24, 7, 30, tzinfo=UTC),
        "comment": "ring twice",
        "customer": Customer(key="c1", phone="+79031234567"),
        "lines": (
            Line(key="l1", name="Tea", quantity=Decimal("2.5"), price=Decimal("4.00")),
            Line(key="l2", name="Cup", quantity=Decimal(1), price=Decimal("2.00")),
        ),
    }
    return Order(**{**fields, **changes})


SHOP_JSON: Mapping[str, Any] = {
    "id": "7",
    "no": "A-7",
    "state": "IN_PACKING",
    "total": 1200,
    "placed": "24.11.2026 10:30",
    "note": {"text": "ring twice"},
    "buyer": {"id": "c1", "phone": "+79031234567"},
    "rows": [
        {"id": "l1", "title": "Tea", "count": "2.5", "price": 400},
        {"id": "l2", "title": "Cup", "count": "1", "price": 200},
    ],
}
