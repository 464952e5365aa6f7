"""Pure functions between orders of the online store and canonical orders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.bitrix24.crm.mapping import status_map
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale.models import (
    BasketItem,
    OrderPayment,
    OrderShipment,
    OrderWords,
    Property,
)
from mostik.commerce.money import Money, Vat
from mostik.commerce.order import (
    Delivery,
    Flags,
    Line,
    Order,
    OrderProperty,
    OrderStatus,
    Payment,
    Shipment,
    ShipmentLine,
    StatusMap,
)
from mostik.commerce.parties import Customer
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, WhoActs

_CODE = re.compile(r"([a-z0-9][a-z0-9-]{0,38}):(.+)", re.DOTALL)
_PORTION = re.compile(r"(.*)~([0-9]+)", re.DOTALL)
HUNDRED = Decimal(100)


def code_of(system: str, key: str) -> str:
    """Returns the external id of an order that is ``key`` in ``system``."""
    return f"{system}:{key}"


def statuses(settings: Settings) -> StatusMap:
    """Returns what the online store's statuses stand for."""
    return status_map(settings.order_statuses, settings.more_statuses, back=settings.status_back)


def order_from(words: OrderWords, settings: Settings, properties: Sequence[Property]) -> Order:
    """Reads an order of the online store.

    Raises:
        GiveUp: its status stands for none; names it and where to add it.
    """
    external = external_ids(words)
    number = words.id_1c if external and words.id_1c else words.account_number
    lines, places = _lines(words.basket)
    return Order(
        key=str(words.id),
        external_ids=external,
        changed_at=words.date_update,
        number=number or str(words.id),
        status=_status_of(words, settings),
        stage=words.status_id,
        total=Money(amount=words.price, currency=words.currency),
        comment=words.user_description or "",
        manager_comment=words.comments or "",
        customer=_customer(words, properties),
        date=words.date_insert,
        flags=Flags(
            paid=words.payed == "Y",
            cancelled=words.canceled == "Y",
            shipped=words.deducted == "Y",
            cancel_reason=words.reason_canceled or None,
        ),
        payer_type=Ref(key=str(words.person_type_id)) if words.person_type_id else None,
        responsible=Ref(key=str(words.responsible_id)) if words.responsible_id else None,
        lines=lines,
        delivery=tuple(_delivery(one) for one in _visible(words.shipments)),
        payments=tuple(_payment(one) for one in words.payments),
        shipments=tuple(_shipment(one, places) for one in _visible(words.shipments)),
        properties=tuple(
            OrderProperty(
                code=one.code or None,
                name=one.name,
                value=None if isinstance(one.value, list | dict) else str(one.value or ""),
            )
            for one in words.values
        ),
        extra=words.model_extra or {},
    )


def order_fields(order: Order, settings: Settings, present: OrderWords | None) -> dict[str, Any]:
    """Returns what an order says about its own fields on the portal.

    Args:
        order: what it shall say.
        settings: of the connection.
        present: as it is; ``None``: it does not exist yet.
    """
    fields: dict[str, Any] = {}
    if order.comment is not None:
        fields["userDescription"] = order.comment
    if order.manager_comment is not None:
        fields["comments"] = order.manager_comment
    known = statuses(settings)
    stage = present.status_id if present is not None else None
    if order.status is not None:
        wanted = known.stage_for(order.status, stage)
        if wanted is not None and known.allows(stage, wanted):
            fields["statusId"] = wanted
    cancelled = order.status is OrderStatus.CANCELLED or bool(
        order.flags is not None and order.flags.cancelled
    )
    was = present is not None and present.canceled == "Y"
    if cancelled != was and (cancelled or settings.status_back):
        fields["canceled"] = "Y" if cancelled else "N"
        if order.flags is not None and order.flags.cancel_reason:
            fields["reasonCanceled"] = order.flags.cancel_reason
    return fields


def new_order_fields(order: Order, settings: Settings, system: str) -> dict[str, Any]:
    """Returns the fields of an order that does not exist yet, with its external id; the number that
    people know it by goes to ``id1c``: the portal's own is given by the portal.

    Raises:
        GiveUp: the order has no currency.
    """
    if order.total is None:
        raise GiveUp("An order without a currency cannot be made.", who=WhoActs.ADMIN)
    payer = settings.payer_type
    if (order.company is not None or order.requisite is not None) and settings.payer_type_company:
        payer = settings.payer_type_company
    fields = {
        **order_fields(order, settings, None),
        "lid": settings.site_id,
        "personTypeId": payer,
        "currency": order.total.currency,
        "xmlId": code_of(system, order.key),
        "id1c": order.number,
        "externalOrder": "Y",
    }
    return {**fields, "dateInsert": order.date} if order.date is not None else fields


def external_ids(words: OrderWords) -> Mapping[str, str]:
    """Returns the key that an order carries of another system; the portal's own ids are none."""
    found = _CODE.fullmatch(words.xml_id or "")
    return {found[1]: found[2]} if found else {}


def base_of(xml_id: str | None) -> str | None:
    """Returns the line that a basket item belongs to: one line may be two items (``~2``)."""
    found = _PORTION.fullmatch(xml_id or "")
    return found[1] if found else xml_id or None


def percent(rate: Decimal | None) -> Decimal | None:
    """Returns a basket's rate in percent: 0.2 is 20 %. A rate above 1 was written as a percentage
    by a program that followed the older documentation."""
    if rate is None:
        return None
    scaled = rate if rate > 1 else rate * HUNDRED
    return scaled.normalize() + Decimal(0)


def _status_of(words: OrderWords, settings: Settings) -> OrderStatus:
    if words.canceled == "Y":
        return OrderStatus.CANCELLED
    status = statuses(settings).status_of(words.status_id or "")
    if status is None:
        raise GiveUp(
            f"The status {words.status_id!r} of the online store stands for no order status: add it"
            " to the statuses of the connection.",
            who=WhoActs.ADMIN,
        )
    return status


def _lines(basket: Sequence[BasketItem]) -> tuple[tuple[Line, ...], Mapping[int, str]]:
    """Lines, and to which of them each basket item belongs."""
    groups: dict[str, list[BasketItem]] = {}
    places: dict[int, str] = {}
    for item in sorted(basket, key=lambda one: (one.sort or 0, one.id)):
        key = base_of(item.xml_id) or str(item.id)
        groups.setdefault(key, []).append(item)
        places[item.id] = key
    return tuple(_line(key, items) for key, items in groups.items()), places


def _line(key: str, items: Sequence[BasketItem]) -> Line:
    first = items[0]
    quantity = sum((one.quantity for one in items), Decimal(0))
    worth = sum((one.quantity * one.price for one in items), Decimal(0))
    price = first.price if len(items) == 1 or not quantity else worth / quantity
    base = first.base_price if first.base_price is not None else first.price
    rate = percent(first.vat_rate)
    return Line(
        key=key,
        variant=Ref(key=str(first.product_id)) if first.product_id else None,
        name=first.name or "",
        unit=Ref(key=first.measure_code) if first.measure_code else None,
        unit_name=first.measure_name,
        quantity=quantity,
        price=price,
        base_price=base,
        discount=base - price,
        sum=worth,
        vat=Vat(rate=rate, included=first.vat_included == "Y" if rate is not None else None),
        sort=first.sort,
        extra={"basket": [str(one.id) for one in items]},
    )


def _delivery(shipment: OrderShipment) -> Delivery:
    return Delivery(
        key=shipment.xml_id or str(shipment.id),
        service=Ref(key=str(shipment.delivery_id)) if shipment.delivery_id else None,
        name=shipment.delivery_name,
        cost=shipment.price_delivery,
        tracking=shipment.tracking_number or None,
        allowed=shipment.allow_delivery == "Y",
    )


def _payment(payment: OrderPayment) -> Payment:
    return Payment(
        key=payment.xml_id or str(payment.id),
        system=Ref(key=str(payment.pay_system_id)) if payment.pay_system_id else None,
        name=payment.pay_system_name,
        sum=payment.sum,
        currency=payment.currency,
        paid=payment.paid == "Y",
        paid_at=payment.date_paid,
        number=payment.account_number,
        transaction=payment.pay_voucher_num or None,
        returned=payment.is_return == "Y",
    )


def _shipment(shipment: OrderShipment, places: Mapping[int, str]) -> Shipment:
    quantities: dict[str, Decimal] = {}
    for item in shipment.items:
        key = places.get(item.basket_id)
        if key is not None:
            quantities[key] = quantities.get(key, Decimal(0)) + item.quantity
    return Shipment(
        key=shipment.xml_id or str(shipment.id),
        delivery=Ref(key=str(shipment.delivery_id)) if shipment.delivery_id else None,
        lines=tuple(
            ShipmentLine(line=key, quantity=quantity) for key, quantity in quantities.items()
        ),
        price=shipment.price_delivery,
        shipped=shipment.deducted == "Y",
        allowed=shipment.allow_delivery == "Y",
        number=shipment.delivery_doc_num or shipment.account_number,
        tracking=shipment.tracking_number or None,
        shipped_at=shipment.date_deducted,
    )


def _visible(shipments: Sequence[OrderShipment]) -> Sequence[OrderShipment]:
    return [one for one in shipments if one.system != "Y"]


def _customer(words: OrderWords, properties: Sequence[Property]) -> Customer | None:
    """The buyer, as the order's own properties tell: a portal does not show by REST which contact
    an order has (sale_order, ``clients``)."""
    texts = {one.property_id: str(one.value or "") for one in words.values}
    name = _first(properties, texts, "is_payer")
    phone = _first(properties, texts, "is_phone")
    email = _first(properties, texts, "is_email")
    if not (name or phone or email):
        return None
    return Customer(key=f"order:{words.id}", name=name, phone=phone, email=email)


def _first(properties: Sequence[Property], texts: Mapping[int, str], flag: str) -> str:
    for one in properties:
        if getattr(one, flag) == "Y" and texts.get(one.id):
            return texts[one.id]
    return ""
