"""Pure functions between declared JSON objects and canonical records."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.http_api.models import ApiObject, CustomerFields, OrderFields
from mostik.commerce.money import Money
from mostik.commerce.order import Order, OrderStatus
from mostik.commerce.parties import Customer
from mostik.errors import GiveUp, WhoActs


def order_from(content: ApiObject, fields: OrderFields, customer: Customer | None) -> Order:
    """Reads an order.

    Raises:
        GiveUp: a declared field is missing or holds something else; names the field, not its value.
    """
    return Order(
        key=_text(content, fields.id),
        number=_text(content, fields.number),
        status=_status(content, fields),
        total=Money(amount=_amount(content, fields), currency=_text(content, fields.currency)),
        comment=str(content.at(fields.comment) or ""),
        customer=customer,
    )


def customer_from(key: str, content: ApiObject, fields: CustomerFields) -> Customer:
    """Reads a customer."""
    return Customer(
        key=key,
        name=str(content.at(fields.name) or ""),
        phone=str(content.at(fields.phone) or ""),
        email=str(content.at(fields.email) or ""),
    )


def changes(order: Order, fields: OrderFields) -> dict[str, Any]:
    """Returns what a canonical order says, by the API's dotted paths. The number never changes;
    what the order does not know is left out."""
    content: dict[str, Any] = {}
    if order.comment is not None:
        content[fields.comment] = order.comment
    if order.status is not None:
        content[fields.status] = next(
            theirs for theirs, ours in fields.statuses.items() if ours is order.status
        )
    if order.total is not None:
        amount = order.total.amount
        total = int((amount * 100).to_integral_value()) if fields.minor_units else str(amount)
        content |= {fields.total: total, fields.currency: order.total.currency}
    return content


def laid_over(content: dict[str, Any], by_path: dict[str, Any]) -> dict[str, Any]:
    """Returns ``content`` with values set at dotted paths; everything else stays as it was."""
    result = deepcopy(content)
    for path, value in by_path.items():
        target = result
        *parents, last = path.split(".")
        for name in parents:
            target = target.setdefault(name, {})
        target[last] = value
    return result


def _text(content: ApiObject, path: str) -> str:
    value = content.at(path)
    if not isinstance(value, str | int) or value == "":
        raise _unusable(path)
    return str(value)


def _status(content: ApiObject, fields: OrderFields) -> OrderStatus:
    theirs = _text(content, fields.status)
    if theirs not in fields.statuses:
        raise GiveUp(
            f"The status {theirs!r} of the API stands for none of ours: add it to the statuses"
            " of the connection.",
            who=WhoActs.ADMIN,
        )
    return fields.statuses[theirs]


def _amount(content: ApiObject, fields: OrderFields) -> Decimal:
    value = content.at(fields.total)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _unusable(fields.total)
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise _unusable(fields.total) from None
    return amount / 100 if fields.minor_units else amount


def _unusable(path: str) -> GiveUp:
    return GiveUp(
        f"The API's answer has no usable field {path!r}: check the fields of the connection.",
        who=WhoActs.ADMIN,
    )
