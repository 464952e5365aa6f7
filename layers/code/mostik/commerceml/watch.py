"""Says when 1C is late: orders that it does not take, exchanges that do not come.

The tick calls it. How many connections are late is a metric with an alarm; the log says once which,
since when, and once that it is over. Rows: ``exchange#<connection>`` / ``#late/<what>``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from mostik.commerceml.ordersettings import order_settings_of
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.sessions import noted
from mostik.jobs.tick import Lateness
from mostik.ports import Clock, RemainingTime, Table
from mostik.telemetry import Emit, log_line

_HOUR = 3_600.0
_TIME_RESERVE = 5.0


class What(StrEnum):
    """What is late."""

    ORDERS = "orders"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Late:
    """Something that is late.

    Attributes:
        what: what.
        since: unix seconds.
        hours: after how many it counts as late.
    """

    what: What
    since: float
    hours: float


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at every connection that 1C comes to.

    Attributes:
        table: the state table.
        outgoing: orders for 1C.
        connections: ids and settings of the live ones.
        clock: unix seconds.
        emit: takes log lines.
    """

    table: Table
    outgoing: Outgoing
    connections: Callable[[], Iterable[tuple[str, Mapping[str, Any]]]]
    clock: Clock
    emit: Emit

    def run(self, remaining: RemainingTime = lambda: float("inf")) -> Lateness:
        """Looks at all of them, as far as the time allows.

        Raises:
            Busy: the table cannot be read now.
        """
        found = dict.fromkeys(What, 0)
        for connection, settings in self.connections():
            if remaining() < _TIME_RESERVE:
                break
            late = {one.what: one for one in self._late(connection, settings)}
            self._tell(connection, late)
            for what in late:
                found[what] += 1
        return Lateness(orders=found[What.ORDERS], exchanges=found[What.EXCHANGE])

    def _late(self, connection: str, settings: Mapping[str, Any]) -> Iterator[Late]:
        seen = [float(row["at"]) for row in noted(self.table, connection).values()]
        if not seen:
            return  # 1C was never here: it is not set up yet
        wanted, now = order_settings_of(settings), self.clock()
        if wanted.silent_hours and now - max(seen) > wanted.silent_hours * _HOUR:
            yield Late(What.EXCHANGE, max(seen), wanted.silent_hours)
        since = self.outgoing.waits_since(connection) if wanted.not_taken_hours else None
        if since is not None and now - since > wanted.not_taken_hours * _HOUR:
            yield Late(What.ORDERS, since, wanted.not_taken_hours)

    def _tell(self, connection: str, late: Mapping[What, Late]) -> None:
        page = self.table.query(_partition(connection), first="#late/", last="#late/~")
        told = {str(item["sk"]) for item in page.items}
        for what in What:
            key = f"#late/{what.value}"
            one = late.get(what)
            fields = {"connection": connection, "late": what.value}
            if one is not None and key not in told:
                self.table.put({"pk": _partition(connection), "sk": key, "since": one.since})
                self.emit(log_line("WARNING", _sentence(one), {**fields, "since": one.since}))
            elif one is None and key in told:
                self.table.remove(_partition(connection), key)
                self.emit(log_line("INFO", _OVER[what], fields))


def told_late(table: Table, connection: str) -> Mapping[What, float]:
    """Returns what the last look has found late, and since when (unix seconds)."""
    page = table.query(_partition(connection), first="#late/", last="#late/~")
    return {
        What(str(item["sk"]).removeprefix("#late/")): float(item["since"]) for item in page.items
    }


_OVER = {
    What.ORDERS: "1C has taken the orders that had waited for it.",
    What.EXCHANGE: "1C has come again.",
}


def _sentence(late: Late) -> str:
    since = datetime.fromtimestamp(late.since, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if late.what is What.ORDERS:
        return (
            f"1C has not taken an order for more than {late.hours:g} hours: the oldest waits since"
            f" {since}. Look at 1C's log of the exchange, and at the orders that wait."
        )
    return (
        f"1C has not come for more than {late.hours:g} hours, last at {since}. Look at the schedule"
        " of its exchange, its login and its password."
    )


def _partition(connection: str) -> str:
    return f"exchange#{connection}"
