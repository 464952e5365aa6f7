"""The answers to ``query``, ``success`` and ``info``: orders to 1C."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mostik.commerceml.outbox import Handed, Handovers, Outbox, Paper
from mostik.commerceml.protocol import Answer, failure, success, xml
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.rules import SCHEMAS, Rules
from mostik.commerceml.sessions import Session
from mostik.ports import Clock

if TYPE_CHECKING:
    from mostik.commerce.order import Order

USUAL_SCHEMA = "2.08"
"""For 1C that names none: what a Bitrix site sends it then."""
_MOST_LEFT_OUT = 200
_MOST_ORDER_BYTES = 4_000_000
"""One alone may not be longer: Lambda's answers have 6 MB, base64 included."""


@dataclass(frozen=True, slots=True)
class OrdersOut:
    """Gives orders.

    Attributes:
        outbox: which.
        paper_of: writes them as a connection's 1C wants them.
        handovers: remembers what was given.
        clock: unix seconds.
    """

    outbox: Outbox
    paper_of: Callable[[str], Paper]
    handovers: Handovers
    clock: Clock

    def query(self, session: Session, asked: str | None, rules: Rules) -> Answer:
        """Returns the orders that 1C has not taken yet, as many as fit into one answer.

        They are remembered before the answer leaves: ``success`` commits just these.
        """
        schema, paper = _schema(session, asked), self.paper_of(session.connection)
        now = self.clock()
        pieces = [paper.begin(schema, now)]
        size = len(pieces[0])
        handed = Handed(session.connection, session.upload, now, None)
        for offer in self.outbox.orders_for(session.connection):
            if len(handed.given) >= rules.most_orders or len(handed.left_out) >= _MOST_LEFT_OUT:
                break
            try:
                piece = _written(offer.order, schema, paper)
            except Refused as refused:
                left = (*handed.left_out, (offer.order.number, refused.text))
                handed = replace(handed, mark=offer.mark, left_out=left)
                continue
            if handed.given and size + len(piece) > rules.most_order_bytes:
                break
            pieces.append(piece)
            size += len(piece)
            given = (*handed.given, (offer.order.key, offer.mark))
            handed = replace(handed, mark=offer.mark, given=given)
        if handed.left_out:
            self.outbox.left_out(handed)
        self.handovers.hand(handed)
        return xml(b"".join([*pieces, paper.end()]), paper.encoding)

    def success(self, session: Session) -> Answer:
        """Commits what the same session was given; saying so again does no harm."""
        handed = self.handovers.handed(session.connection, session.upload)
        if handed is None:
            return failure("Подтверждать нечего: в этом сеансе заказы не запрашивались.")
        if not handed.taken:
            self.outbox.taken(handed)
            self.handovers.commit(handed)
        return success()

    def info(self, session: Session) -> Answer:
        """Returns the lists of statuses, pay systems and delivery services."""
        paper = self.paper_of(session.connection)
        return xml(paper.info(self.outbox.info(session.connection)), paper.encoding)


def _written(order: Order, schema: str, paper: Paper) -> bytes:
    piece = paper.order(order, schema)
    if len(piece) > _MOST_ORDER_BYTES:
        raise Refused(Why.TOO_LARGE, f"Заказ {order.number} слишком велик для обмена.")
    return piece


def _schema(session: Session, asked: str | None) -> str:
    if session.schema is not None:
        return session.schema
    return asked if asked in SCHEMAS else USUAL_SCHEMA
