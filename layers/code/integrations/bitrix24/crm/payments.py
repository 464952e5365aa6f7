"""Payments of deals: read by crm.item.payment.list, made where the deal has none that fits.

A payment of a deal takes no external key, so what is there is looked at before any is added: one
with the same sum is the same, and one without a sum is what a lost answer has left behind. Its sum
is set by ``sale.payment.update`` (right ``sale``): crm.item.payment.* has no field for it. Absent
is not deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from integrations.bitrix24.crm.models import (
    DealPayment,
    EntityType,
    PaymentsResult,
    understood,
)
from integrations.bitrix24.transport.batch import Command, Refused
from integrations.bitrix24.transport.php import Ref, as_list
from integrations.bitrix24.transport.portal import Portal
from mostik.commerce.order import Payment
from mostik.http.endpoint import Endpoint, Replay

PAYMENT_LIST = Endpoint("POST", "crm.item.payment.list", Replay.SAFE)
PAYMENT_ADD = Endpoint("POST", "crm.item.payment.add", Replay.UNSAFE)
PAYMENT_PAY = Endpoint("POST", "crm.item.payment.pay", Replay.SAFE)
PAYMENT_UNPAY = Endpoint("POST", "crm.item.payment.unpay", Replay.SAFE)
SUM_UPDATE = Endpoint("POST", "sale.payment.update", Replay.SAFE)


def list_payments(deal: str | int | Ref, name: str | None = None) -> Command:
    """crm.item.payment.list as a command."""
    return Command(PAYMENT_LIST, {"entityId": deal, "entityTypeId": EntityType.DEAL}, name)


def payments_in(result: Any) -> Sequence[DealPayment]:
    """Reads the payments of crm.item.payment.list."""
    return understood(PaymentsResult, {"payments": as_list(result)}, PAYMENT_LIST).payments


def settle(
    portal: Portal, deal: str, wanted: Sequence[Payment], connection: str
) -> Sequence[DealPayment]:
    """Makes the payments of a deal say what is wanted; further ones stay. Returns all of them.

    Raises:
        MostikError: what a call raised.
    """
    present = payments_in(portal.call(PAYMENT_LIST, list_payments(deal).params))
    matched = match(wanted, present, connection)
    commands: list[Command] = []
    for at, payment in enumerate(wanted):
        if payment.returned or payment.sum is None:
            continue  # a deal knows no refunds, and a payment without a sum says nothing
        commands += _settled(deal, at, payment, matched.get(at))
    if not commands:
        return present
    for outcome in portal.batch(commands):
        if isinstance(outcome, Refused):
            raise outcome.error
    return payments_in(portal.call(PAYMENT_LIST, list_payments(deal).params))


def match(
    wanted: Sequence[Payment], present: Sequence[DealPayment], connection: str
) -> dict[int, DealPayment]:
    """Returns which payment of the deal is which wanted one: by its key here, by sum and whether it
    is paid, by sum, and then those without a sum."""
    free = list(present)
    matched: dict[int, DealPayment] = {}
    rules: tuple[Callable[[Payment, DealPayment], bool], ...] = (
        lambda want, have: want.external_ids.get(connection) == str(have.id),
        lambda want, have: want.sum == have.sum and bool(want.paid) == (have.paid == "Y"),
        lambda want, have: want.sum == have.sum,
        lambda _want, have: not have.sum and have.paid != "Y",
    )
    for rule in rules:
        for at, want in enumerate(wanted):
            if at in matched or want.returned or want.sum is None:
                continue
            found = next((have for have in free if rule(want, have)), None)
            if found is not None:
                matched[at] = found
                free.remove(found)
    return matched


def _settled(deal: str, at: int, want: Payment, have: DealPayment | None) -> list[Command]:
    commands: list[Command] = []
    id_: int | Ref = have.id if have is not None else Ref(f"payment{at}")
    if have is None:
        owner = {"entityId": deal, "entityTypeId": EntityType.DEAL}
        commands.append(Command(PAYMENT_ADD, owner, f"payment{at}"))
    if have is None or (have.sum or Decimal(0)) != want.sum:
        commands.append(Command(SUM_UPDATE, {"id": id_, "fields": {"sum": want.sum}}))
    if want.paid is not None and want.paid != (have is not None and have.paid == "Y"):
        commands.append(Command(PAYMENT_PAY if want.paid else PAYMENT_UNPAY, {"id": id_}))
    return commands
