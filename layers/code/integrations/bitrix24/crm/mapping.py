"""Pure functions between deals and canonical orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.crm.models import DealPayment, Item, ProductRow
from integrations.bitrix24.crm.rows import goods_from
from integrations.bitrix24.crm.userfields import UserField
from integrations.bitrix24.models import Settings
from mostik.commerce.money import Money
from mostik.commerce.order import (
    Direction,
    Order,
    OrderStatus,
    Payment,
    StatusMap,
    StatusRule,
)
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, WhoActs

NO_CURRENCY = "RUB"
"""A deal without an amount has no currency either."""


def stage_map(settings: Settings) -> StatusMap:
    """Returns what the stages of a connection's funnel stand for, in the order of the statuses."""
    return status_map(settings.stages, settings.more_stages, back=settings.status_back)


def status_map(
    written: Mapping[OrderStatus, str], read: Mapping[str, OrderStatus], *, back: bool
) -> StatusMap:
    """Returns a status map in the order of the statuses.

    Args:
        written: what each status is called.
        read: what is only read, and stands for a status beside those.
        back: a status may go back.
    """
    rules: list[StatusRule] = []
    for status in OrderStatus:
        rules.append(StatusRule(stage=written[status], status=status))
        rules += [
            StatusRule(stage=stage, status=status, direction=Direction.IN)
            for stage, meant in read.items()
            if meant is status
        ]
    return StatusMap(rules=tuple(rules), back=back)


def order_from(
    item: Item,
    settings: Settings,
    rows: Sequence[ProductRow] | None = None,
    payments: Sequence[DealPayment] | None = None,
    fields: Sequence[UserField] | None = None,
) -> Order:
    """Reads a deal as an order.

    Args:
        item: the deal.
        settings: of the connection.
        rows: its product rows; ``None``: they were not asked for.
        payments: its payments; ``None``: they were not asked for.
        fields: user fields that are properties of the order; ``None``: none are.

    Raises:
        GiveUp: its stage stands for no status; names the stage and where to add it.
    """
    goods = goods_from(rows, settings) if rows is not None else None
    return Order(
        key=str(item.id),
        external_ids=external_ids(item),
        changed_at=item.updated_time,
        number=(item.title or str(item.id)).removeprefix(settings.title_prefix),
        status=_status_of(item, settings),
        stage=item.stage_id,
        total=Money(amount=item.opportunity or 0, currency=item.currency_id or NO_CURRENCY),
        comment=item.comments or "",
        date=item.created_time,
        customer_ref=Ref(key=str(item.contact_id)) if item.contact_id else None,
        company=Ref(key=str(item.company_id)) if item.company_id else None,
        responsible=Ref(key=str(item.assigned_by_id)) if item.assigned_by_id else None,
        lines=goods.lines if goods is not None else None,
        delivery=goods.delivery if goods is not None else None,
        payments=_payments(payments) if payments is not None else None,
        properties=(
            tuple(one.read((item.model_extra or {}).get(one.name)) for one in fields)
            if fields
            else None
        ),
        extra=item.model_extra or {},
    )


def user_values(order: Order, fields: Sequence[UserField]) -> dict[str, Any]:
    """Returns what an order's properties say about the user fields of its deal.

    Raises:
        GiveUp: a list has no such value.
    """
    by_code = {one.code: one for one in fields}
    return {
        by_code[one.code].name: by_code[one.code].written(one)
        for one in order.properties or ()
        if one.code in by_code
    }


def deal_fields(order: Order, settings: Settings, stage: str | None = None) -> dict[str, Any]:
    """Returns what an order says about a deal, in the portal's words; what it does not know is left
    out.

    Amounts travel as text: a JSON number would pass through a float. The amount is the order's own
    and not the sum of the rows, so that both sides agree to the cent.

    Args:
        order: what the deal shall say.
        settings: of the connection.
        stage: where the deal is now; ``None``: it does not exist yet.
    """
    fields: dict[str, Any] = {}
    if order.comment is not None:
        fields["comments"] = order.comment
    if order.status is not None:
        stages = stage_map(settings)
        wanted = stages.stage_for(order.status, stage)
        if wanted is not None and stages.allows(stage, wanted):
            fields["stageId"] = wanted
    if order.total is not None:
        fields |= {
            "opportunity": str(order.total.amount),
            "currencyId": order.total.currency,
            "isManualOpportunity": "Y",
        }
    return fields


def new_deal_fields(order: Order, settings: Settings, system: str) -> dict[str, Any]:
    """Returns the fields of a deal that does not exist yet, with its external key."""
    fields = {
        **deal_fields(order, settings),
        "title": f"{settings.title_prefix}{order.number}",
        "originatorId": system,
        "originId": order.key,
    }
    return {**fields, "categoryId": settings.funnel} if settings.funnel else fields


def external_ids(item: Item) -> Mapping[str, str]:
    """Returns the key that an item carries of another system."""
    if item.originator_id and item.origin_id:
        return {item.originator_id: item.origin_id}
    return {}


def _status_of(item: Item, settings: Settings) -> OrderStatus:
    status = stage_map(settings).status_of(item.stage_id or "")
    if status is None:
        raise GiveUp(
            f"The stage {item.stage_id!r} stands for no order status: add it to the stages of the"
            " connection.",
            who=WhoActs.ADMIN,
        )
    return status


def _payments(payments: Sequence[DealPayment]) -> tuple[Payment, ...]:
    return tuple(
        Payment(
            key=str(one.id),
            system=Ref(key=str(one.pay_system_id)) if one.pay_system_id else None,
            name=one.pay_system_name,
            sum=one.sum,
            currency=one.currency,
            paid=one.paid == "Y",
            paid_at=one.date_paid,
            number=one.account_number,
        )
        for one in payments
    )
