"""The admin over a stack to which 1C comes: what it has brought is there to be looked at."""

from __future__ import annotations

from dataclasses import replace

from integrations.onec import integration as onec
from mostik.admin.exchangedesk import ExchangeDesk
from mostik.admin.jsonapi import build_json_api
from mostik.bootstrap.orders import zone_of
from mostik.commerce.order import Order
from mostik.commerceml.outbox import Handed
from mostik.commerceml.outgoing import Outgoing
from mostik.connections.book import ConnectionBook
from mostik.ids import ulid
from tests.support.adminrig import AdminRig
from tests.support.onec_world import ONEC, Stack


def admin_over(stack: Stack) -> AdminRig:
    """Returns an admin whose page of the exchange shows a stack."""
    rig = AdminRig()
    book = ConnectionBook(stack.table, stack.clock)
    exchange = ExchangeDesk(
        stack.table, stack.blobs, stack.queue, book, {"onec": onec}, zone_of, stack.clock
    )
    rig.desk = replace(rig.desk, exchange=exchange)
    rig.api = build_json_api(rig.desk)
    rig.rig.book.save(book.get(ONEC))
    return rig


def an_order_for_1c(stack: Stack, key: str, number: str) -> None:
    """An order of the shop changes: it waits for 1C."""
    Outgoing(stack.table, stack.clock).put(ONEC, Order(key=key, number=number))


def one_query(stack: Stack, *, success: bool) -> str:
    """1C asks for orders. Returns the session's name."""
    outgoing = Outgoing(stack.table, stack.clock)
    offers = list(outgoing.orders_for(ONEC))
    session = ulid(stack.clock())
    handed = Handed(
        ONEC, session, stack.clock(), offers[-1].mark,
        tuple((offer.order.key, offer.mark) for offer in offers),
        (("17", "Заказ 17: нет валюты."),),
    )  # fmt: skip
    stack.site.handovers.hand(handed)
    if success:
        stack.site.handovers.commit(handed)
        outgoing.taken(handed)
    return session
