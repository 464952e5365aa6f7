"""Pure functions to and from canonical records."""

from __future__ import annotations

from typing import Any

from integrations._template.models import ApiOrder
from mostik.commerce.money import Money
from mostik.commerce.order import Order, OrderStatus
from mostik.errors import GiveUp, WhoActs

STATUSES = {
    "new": OrderStatus.NEW,
    "paid": OrderStatus.PAID,
    "packed": OrderStatus.PACKED,
    "shipped": OrderStatus.SHIPPED,
    "cancelled": OrderStatus.CANCELLED,
}
"""Their status -> ours; every one of ours must be there, for the way back."""


def order_from(order: ApiOrder) -> Order:
    """Reads an order.

    Raises:
        GiveUp: its status stands for none of ours.
    """
    if order.status not in STATUSES:
        raise GiveUp(f"The status {order.status!r} is not mapped.", who=WhoActs.DEVELOPER)
    return Order(
        key=order.id,
        number=order.number,
        status=STATUSES[order.status],
        total=Money(amount=order.total, currency=order.currency),
        comment=order.comment,
    )


def content_of(order: Order) -> dict[str, Any]:
    """Returns what an order says, in the API's words; what it does not know is left out."""
    content: dict[str, Any] = {"number": order.number}
    if order.comment is not None:
        content["comment"] = order.comment
    if order.status is not None:
        status = next(theirs for theirs, ours in STATUSES.items() if ours is order.status)
        content["status"] = status
    if order.total is not None:
        content |= {"total": str(order.total.amount), "currency": order.total.currency}
    return content
