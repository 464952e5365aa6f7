"""Wires what tells people that they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from mostik.alerts.book import Alerts
from mostik.alerts.sns import SnsTeller
from mostik.alerts.trouble import Kind, Trouble
from mostik.alerts.watch import AlertWatch
from mostik.bootstrap.aws import client
from mostik.commerceml.watch import What, told_late
from mostik.connections.book import ConnectionBook
from mostik.errors import WhoActs
from mostik.jobs.gates import Gates
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, Table
from mostik.sync.run import Runs

_LATE: Mapping[What, str] = {
    What.ORDERS: "1C does not take the orders that wait for it: look at 1C's log of the exchange.",
    What.EXCHANGE: "1C has not come: look at the schedule of its exchange, its login and password.",
}


def alert_watch(table: Table, rows: JobRows, clock: Clock, topic: str) -> AlertWatch:
    """Returns the tick's part in alerts.

    Args:
        table: the state table.
        rows: job rows.
        clock: unix seconds.
        topic: ARN of the topic that people are subscribed to.
    """
    book = ConnectionBook(table, clock)
    return AlertWatch(
        Alerts(table),
        rows,
        Gates(table),
        Runs(table),
        [SnsTeller(client("sns"), topic)],
        clock,
        partial(silent, table, lambda: [one.id for one in book.all()]),
    )


def silent(table: Table, connections: Callable[[], Iterable[str]]) -> Iterator[Trouble]:
    """Yields where 1C ought to have come."""
    for connection in connections():
        for what, since in told_late(table, connection).items():
            yield Trouble(
                Kind.SILENT, connection, _LATE[what], WhoActs.EXTERNAL_ADMIN, since, what=what.value
            )
