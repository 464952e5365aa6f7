"""Orders for 1C: what waits, which call took which, whether success came; given once more."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import Field

from mostik.admin.desk import AdminDesk
from mostik.admin.parameters import moment
from mostik.admin.problems import Refused, Words
from mostik.admin.roles import Role
from mostik.admin.routes.exchange import known
from mostik.admin.routes.shapes import ConnectionId, Done, Key, Limit, Reason, Shown, Wanted
from mostik.admin.routing import AdminApi
from mostik.admin.views import iso
from mostik.commerceml.orderdesk import OrderLine
from mostik.errors import ConfigurationError


class OrderCallShown(Shown):
    """An answer that held an order; ``confirmed``: 1C said ``success``."""

    session: str
    at: str | None
    confirmed: bool


class OrderShown(Shown):
    """An order on its way to 1C."""

    key: str
    number: str
    shown: str
    standing: str
    since: str | None
    trouble: str
    number_1c: str
    calls: list[OrderCallShown]


class OrdersShown(Shown):
    """Orders on their way to 1C."""

    orders: list[OrderShown]


class HandedShown(Shown):
    """One answer with orders: how many, and which could not be written."""

    session: str
    at: str | None
    orders: int
    taken: bool
    left_out: dict[str, str] = Field(description="Number of an order → why.")


class HandedListShown(Shown):
    """Answers with orders, newest first."""

    calls: list[HandedShown]


class AgainWanted(Wanted):
    """Which orders are given once more: by number, or all that were given since a time."""

    numbers: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list, max_length=500
    )
    since: str | None = Field(default=None, max_length=40, description="2h, or ISO 8601.")
    reason: Reason = ""


def declare(api: AdminApi, desk: AdminDesk) -> None:
    """Declares the routes."""

    @api.get(
        "/exchange/<connection>/orders",
        Role.VIEWER,
        summary="Orders that wait for 1C, or one by its number: which call took it",
    )
    def orders(
        connection: ConnectionId,
        number: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    ) -> OrdersShown:
        known(desk, connection)
        if number is None:
            found = desk.exchange.orders.waiting(connection)
        else:
            try:
                found = desk.exchange.orders.numbered(connection, [number])
            except ConfigurationError:
                found = []
        return OrdersShown(orders=[_order(one) for one in found])

    @api.get(
        "/exchange/<connection>/calls",
        Role.VIEWER,
        summary="Answers that held orders, and whether 1C has confirmed them",
    )
    def calls(connection: ConnectionId, limit: Limit = 20) -> HandedListShown:
        known(desk, connection)
        return HandedListShown(
            calls=[
                HandedShown(
                    session=handed.session,
                    at=iso(handed.at),
                    orders=len(handed.given),
                    taken=handed.taken,
                    left_out=dict(handed.left_out),
                )
                for handed in desk.exchange.orders.handed(connection, most=limit)
            ]
        )

    @api.post(
        "/exchange/<connection>/orders/again",
        Role.OPERATOR,
        summary="Give orders to 1C once more, as they stand now",
    )
    def give_again(
        connection: ConnectionId, wanted: Annotated[AgainWanted, Body()], once: Key = None
    ) -> Done:
        known(desk, connection)
        if not wanted.numbers and wanted.since is None:
            raise Refused(422, Words("Say which: numbers, or since when.",
                                     "Укажите номера или с какого времени."))  # fmt: skip
        since = moment(wanted.since, desk.clock()) if wanted.since else None

        def act() -> dict[str, Any]:
            with desk.audit.action(
                api.caller,
                "exchange.give_again",
                f"connection/{connection}",
                connection=connection,
                reason=wanted.reason,
            ) as note:
                cards = desk.exchange.orders.give_again(connection, wanted.numbers, since)
                note.result = ", ".join(card.number for card in cards)[:1_000]
            return {"done": [f"Order {card.number} waits for 1C." for card in cards]}

        asked = {"give again": [connection, wanted.model_dump()]}
        return Done.model_validate(desk.once(api.caller, once, asked, act))


def _order(line: OrderLine) -> OrderShown:
    def call(session: str, at: float, confirmed: bool) -> OrderCallShown:
        return OrderCallShown(session=session, at=iso(at), confirmed=confirmed)

    return OrderShown(
        key=line.key,
        number=line.number,
        shown=line.shown,
        standing=line.standing.value,
        since=iso(line.since),
        trouble=line.trouble,
        number_1c=line.number_1c,
        calls=[call(one.session, one.at, one.confirmed) for one in line.calls],
    )
