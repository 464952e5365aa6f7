"""Which calls make an order's shipments say what they should. Pure; none is ever taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from integrations.bitrix24.crm.goods import id_here
from integrations.bitrix24.crm.money import cents
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale.basket import Wanted
from integrations.bitrix24.sale.client import (
    SHIPMENT_ADD,
    SHIPMENT_ITEM_ADD,
    SHIPMENT_ITEM_UPDATE,
    SHIPMENT_UPDATE,
)
from integrations.bitrix24.sale.models import OrderShipment, OrderWords
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.php import Ref
from mostik.commerce.order import Order, Shipment, ShipmentLine
from mostik.errors import GiveUp, WhoActs

WHOLE = "delivery"
"""External id of the shipment that an order without shipments of its own gets for its delivery."""


def shipments(
    order: Order,
    words: OrderWords,
    settings: Settings,
    items: Sequence[Wanted],
    ids: Mapping[str, int],
    connection: str,
    tag: str,
) -> Sequence[Command]:
    """Returns what makes the order's shipments say what is wanted; further ones stay.

    The price of the delivery is in exactly one of them: with the shipment that names it, else with
    the first. A price of 0 is said too: the portal would work one out.

    Args:
        order: what is wanted.
        words: the order as it is.
        settings: of the connection.
        items: its basket items.
        ids: their ids by external id.
        connection: id of this connection.
        tag: makes the names of commands unique among orders.

    Raises:
        GiveUp: a shipment has no delivery service and none is set.
    """
    free = [one for one in words.shipments if one.system != "Y"]
    commands: list[Command] = []
    for place, (shipment, price) in enumerate(_wanted_shipments(order)):
        key = shipment.key or str(place + 1)
        present = _shipment_of(shipment, key, free, connection)
        fields = _shipment_fields(shipment, price, order, settings, present, connection)
        id_: int | Ref
        if present is None:
            name = f"{tag}shipment{place}"
            new = {"allowDelivery": "N", "deducted": "N", **fields, "orderId": words.id}
            commands.append(Command(SHIPMENT_ADD, {"fields": {**new, "xmlId": key}}, name))
            id_ = Ref(name, "shipment", "id")
        else:
            free.remove(present)
            id_ = present.id
            if fields:
                commands.append(Command(SHIPMENT_UPDATE, {"id": id_, "fields": fields}))
        commands += _shipment_items(shipment, present, id_, items, ids)
    return commands


def _wanted_shipments(order: Order) -> Sequence[tuple[Shipment, Decimal | None]]:
    """Shipments with their prices. An order without any gets one for its delivery, with all lines;
    the delivery's cost is said once, and other shipments then cost 0."""
    cost = None
    if order.delivery is not None:
        costs = [one.cost for one in order.delivery if one.cost is not None]
        cost = sum(costs, Decimal(0)) if costs else None
    if order.shipments:
        if any(one.price is not None for one in order.shipments):
            return [(one, one.price) for one in order.shipments]
        rest = None if cost is None else Decimal(0)
        return [(one, cost if place == 0 else rest) for place, one in enumerate(order.shipments)]
    if not order.delivery:
        return []
    lines = tuple(
        ShipmentLine(line=line.key or str(place + 1), quantity=line.quantity)
        for place, line in enumerate(order.lines or ())
    )
    first = order.delivery[0]
    shipment = Shipment(
        key=WHOLE,
        delivery=first.service,
        lines=lines,
        allowed=first.allowed,
        tracking=first.tracking,
    )
    return [(shipment, cost)]


def _shipment_of(
    shipment: Shipment, key: str, free: Sequence[OrderShipment], connection: str
) -> OrderShipment | None:
    known = shipment.external_ids.get(connection)
    for one in free:
        if one.xml_id == key or (known is not None and known in (str(one.id), one.xml_id)):
            return one
    ours_is_all = key == WHOLE and len(free) == 1
    return free[0] if ours_is_all else None


def _shipment_fields(
    shipment: Shipment,
    price: Decimal | None,
    order: Order,
    settings: Settings,
    present: OrderShipment | None,
    connection: str,
) -> dict[str, Any]:
    services = [shipment.delivery, *(one.service for one in order.delivery or ())]
    named = next((id_ for one in services if (id_ := id_here(one, connection))), None)
    service = named or settings.delivery_service
    if present is None and service is None:
        raise GiveUp(
            f"Shipment {shipment.key} names no delivery service of the portal: enter one in the"
            " settings of the connection.",
            who=WhoActs.ADMIN,
        )
    fields: dict[str, Any] = {}
    if present is None or (named is not None and present.delivery_id != named):
        fields["deliveryId"] = service
    if price is not None and (present is None or present.price_delivery != cents(price)):
        fields["basePriceDelivery"] = cents(price)
    for name, flag, there in (
        ("allowDelivery", shipment.allowed, present.allow_delivery if present else None),
        ("deducted", shipment.shipped, present.deducted if present else None),
    ):
        if flag is not None and (there == "Y") != flag:
            fields[name] = "Y" if flag else "N"
    if shipment.tracking and (present is None or present.tracking_number != shipment.tracking):
        fields["trackingNumber"] = shipment.tracking
    if shipment.number and present is None:
        fields["deliveryDocNum"] = shipment.number
    return fields


def _shipment_items(
    shipment: Shipment,
    present: OrderShipment | None,
    id_: int | Ref,
    items: Sequence[Wanted],
    ids: Mapping[str, int],
) -> Sequence[Command]:
    there = {one.basket_id: one for one in (present.items if present is not None else ())}
    commands: list[Command] = []
    for line in shipment.lines or ():
        rest = line.quantity
        for item in items:
            if item.line != line.line or item.xml_id not in ids or not rest:
                continue
            quantity = min(rest, item.quantity)
            rest -= quantity
            basket_id = ids[item.xml_id]
            inside = there.get(basket_id)
            if inside is None:
                fields = {"orderDeliveryId": id_, "basketId": basket_id, "quantity": quantity}
                commands.append(Command(SHIPMENT_ITEM_ADD, {"fields": fields}))
            elif inside.quantity != quantity:
                changed = {"id": inside.id, "fields": {"quantity": quantity}}
                commands.append(Command(SHIPMENT_ITEM_UPDATE, changed))
    return commands
