"""Which calls make an order's payments and properties say what they should.

Pure. A payment that is there is matched by our external key, by its key here, by its sum; none is
ever taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.crm.goods import id_here
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale.client import PAYMENT_ADD, PAYMENT_UPDATE, VALUES_MODIFY
from integrations.bitrix24.sale.models import OrderPayment, OrderWords, Property
from integrations.bitrix24.transport.batch import Command
from mostik.commerce.order import Order, Payment
from mostik.errors import GiveUp, WhoActs


def payments(
    order: Order, words: OrderWords, settings: Settings, connection: str
) -> Sequence[Command]:
    """Returns what makes the order's payments say what is wanted; further ones stay.

    Raises:
        GiveUp: a payment has no payment system and none is set.
    """
    free = list(words.payments)
    commands: list[Command] = []
    for place, payment in enumerate(order.payments or ()):
        if payment.sum is None:
            continue
        present = _payment_of(payment, free, connection)
        fields = _payment_fields(payment, place, settings, present, connection)
        if present is None:
            new = {**fields, "orderId": words.id, "sum": payment.sum}
            new["xmlId"] = payment.key or str(place + 1)
            commands.append(Command(PAYMENT_ADD, {"fields": new}))
            continue
        free.remove(present)
        if present.sum != payment.sum:
            fields["sum"] = payment.sum
        if fields:
            commands.append(Command(PAYMENT_UPDATE, {"id": present.id, "fields": fields}))
    return commands


def values(order: Order, words: OrderWords, properties: Sequence[Property]) -> Sequence[Command]:
    """Returns what gives the order its property values. The method takes all of them and removes
    what is left out, so those that are there travel with the new ones."""
    present = {one.property_id: _kept(one.value) for one in words.values}
    wanted = dict(present)
    person = words.person_type_id
    for one in properties:
        if one.person_type_id != person:
            continue
        value = _value_for(one, order)
        if value is not None:
            wanted[one.id] = value
    if wanted == present:
        return ()
    rows = [{"orderPropsId": id_, "value": value} for id_, value in wanted.items()]
    order_part = {"id": words.id, "propertyValues": rows}
    return [Command(VALUES_MODIFY, {"fields": {"order": order_part}})]


def _payment_of(
    payment: Payment, free: Sequence[OrderPayment], connection: str
) -> OrderPayment | None:
    known = payment.external_ids.get(connection)
    rules = (
        lambda one: payment.key is not None and one.xml_id == payment.key,
        lambda one: known is not None and known in (str(one.id), one.xml_id),
        lambda one: one.sum == payment.sum and (one.paid == "Y") == bool(payment.paid),
        lambda one: one.sum == payment.sum and one.paid != "Y",
    )
    for rule in rules:
        found = next((one for one in free if rule(one)), None)
        if found is not None:
            return found
    return None


def _payment_fields(
    payment: Payment,
    place: int,
    settings: Settings,
    present: OrderPayment | None,
    connection: str,
) -> dict[str, Any]:
    system = id_here(payment.system, connection) or settings.pay_system
    if present is None and system is None:
        raise GiveUp(
            f"Payment {payment.key or place + 1} names no payment system of the portal: enter one"
            " in the settings of the connection.",
            who=WhoActs.ADMIN,
        )
    fields: dict[str, Any] = {}
    named = id_here(payment.system, connection)
    if present is None or (named is not None and present.pay_system_id != named):
        fields["paySystemId"] = system
    if payment.paid is not None and (present is None or (present.paid == "Y") != payment.paid):
        fields["paid"] = "Y" if payment.paid else "N"
        if payment.paid and payment.paid_at is not None:
            fields["datePaid"] = payment.paid_at
    if payment.returned and (present is None or present.is_return != "Y"):
        fields["isReturn"] = "Y"
    if payment.transaction and (present is None or present.pay_voucher_num != payment.transaction):
        fields["payVoucherNum"] = payment.transaction
    return fields


def _value_for(one: Property, order: Order) -> Any:
    customer = order.customer
    for prop in order.properties or ():
        if prop.code and prop.code == one.code:
            return list(prop.values) if prop.values is not None else prop.value
    if customer is not None:
        for flag, text in (
            (one.is_payer, customer.name),
            (one.is_phone, customer.phone),
            (one.is_email, customer.email),
        ):
            if flag == "Y" and text:
                return text
    if one.is_address == "Y":
        for delivery in order.delivery or ():
            if delivery.address is not None and delivery.address.full:
                return delivery.address.full
    return None


def _kept(value: Any) -> Any:
    """A value as it is written back: of a file its id."""
    return value.get("id") if isinstance(value, Mapping) else value
