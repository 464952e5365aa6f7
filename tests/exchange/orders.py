"""Orders for the tests through the HTTP endpoint, as a shop has them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mostik.commerce.money import Money
from mostik.commerce.order import Line, Order
from mostik.commerce.parties import Customer
from mostik.commerce.record import Ref

GOOD = "cbcf498f-55bc-11d9-848a-00112f43529a"
CHARACTERISTIC = "d3a1c5e2-55bc-11d9-848a-00112f43529a"


def an_order(number: str, *lines: Line, **more: Any) -> Order:
    """An order; without lines it has one of a simple good."""
    own = lines or (a_line(GOOD),)
    total = sum((one.sum if one.sum is not None else one.computed for one in own), Decimal(0))
    given: dict[str, Any] = {
        "key": number,
        "number": number,
        "total": Money(amount=total, currency="RUB"),
        "date": datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        "customer": Customer(key="7", name="Пётр Петров", phone="+79001112233"),
        "lines": own,
    }
    return Order(**{**given, **more})


def a_line(
    key_of_1c: str, price: str = "100.00", quantity: str = "1", *, key: str = "1", **more: Any
) -> Line:
    """A line of a good that came from 1C: the shop calls it by a number of its own."""
    return Line(
        key=key,
        variant=Ref(key=f"9{key}", external_ids={"onec": key_of_1c}),
        name="Комбайн",
        price=Decimal(price),
        quantity=Decimal(quantity),
        **more,
    )
