"""Pure functions between the portal's items and canonical records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.bitrix24.models import Item, Settings
from mostik.commerce.order import Customer, Money, Order, OrderStatus
from mostik.errors import GiveUp, WhoActs

NO_CURRENCY = "RUB"
"""A deal without an amount has no currency either."""


def order_from(item: Item, settings: Settings) -> Order:
    """Reads a deal as an order.

    Raises:
        GiveUp: its stage stands for no status; names the stage and where to add it.
    """
    return Order(
        key=str(item.id),
        external_ids=_external_ids(item),
        number=(item.title or str(item.id)).removeprefix(settings.title_prefix),
        status=_status_of(item, settings),
        total=Money(amount=item.opportunity or 0, currency=item.currency_id or NO_CURRENCY),
        comment=item.comments or "",
    )


def deal_fields(order: Order, settings: Settings) -> dict[str, Any]:
    """Returns what an order says about a deal, in the portal's words.

    Amounts travel as text: a JSON number would pass through a float.
    """
    return {
        "stageId": settings.stages[order.status],
        "opportunity": str(order.total.amount),
        "currencyId": order.total.currency,
        "isManualOpportunity": "Y",
        "comments": order.comment,
    }


def new_deal_fields(order: Order, settings: Settings, system: str) -> dict[str, Any]:
    """Returns the fields of a deal that does not exist yet, with its external key."""
    return {
        **deal_fields(order, settings),
        "title": f"{settings.title_prefix}{order.number}",
        "originatorId": system,
        "originId": order.key,
    }


def customer_from(item: Item) -> Customer:
    """Reads a contact as a customer: the first phone and e-mail."""
    name = " ".join(part for part in (item.name, item.last_name) if part)
    return Customer(
        key=str(item.id),
        external_ids=_external_ids(item),
        name=name,
        phone=_first(item, "PHONE"),
        email=_first(item, "EMAIL"),
    )


def contact_fields(customer: Customer) -> dict[str, Any]:
    """Returns what a customer says about a contact. Phones and e-mails are added, never
    replaced."""
    first, _, rest = customer.name.partition(" ")
    return {"name": first, "lastName": rest}


def new_contact_fields(customer: Customer, system: str) -> dict[str, Any]:
    """Returns the fields of a contact that does not exist yet, with its external key."""
    ways = [("PHONE", customer.phone), ("EMAIL", customer.email)]
    return {
        **contact_fields(customer),
        "fm": [
            {"typeId": kind, "valueType": "WORK", "value": value} for kind, value in ways if value
        ],
        "originatorId": system,
        "originId": customer.key,
    }


def _status_of(item: Item, settings: Settings) -> OrderStatus:
    for status, stage in settings.stages.items():
        if stage == item.stage_id:
            return status
    raise GiveUp(
        f"The stage {item.stage_id!r} stands for no order status: add it to the stages of the"
        " connection.",
        who=WhoActs.ADMIN,
    )


def _external_ids(item: Item) -> Mapping[str, str]:
    if item.originator_id and item.origin_id:
        return {item.originator_id: item.origin_id}
    return {}


def _first(item: Item, kind: str) -> str:
    values = [str(way.get("value", "")) for way in item.fm if way.get("typeId") == kind]
    return values[0] if values else ""
