"""The exchange with 1C as a person sees it: sessions, their files, the orders that were taken.

It belongs to every connection that is called by 1C: one whose integration takes what is brought,
or one that somebody has called as 1C calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import groupby
from typing import Any

from mostik.commerceml.again import Again
from mostik.commerceml.imports import ImportRow, Imports, State, answer_of
from mostik.commerceml.orderdesk import OrderDesk
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.sessionreport import seconds_left
from mostik.commerceml.sessions import noted
from mostik.commerceml.uploads import StoredFile, Uploads
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.ids import time_of
from mostik.integration import Integration
from mostik.ports import Blobs, Clock, JobQueue, Table
from mostik.worker.importplan import ImportPlan, Plans
from mostik.worker.sessions import session_report

_WORST = (
    State.FAILED,
    State.READING,
    State.RUNNING,
    State.RECEIVED,
    State.PARTIAL,
    State.DONE,
)
"""What a session is called that holds imports of several states."""


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """A connection that 1C calls.

    Attributes:
        connection: its id.
        seen: unix seconds at which 1C last did something, by what it was.
        orders_wait_since: of the oldest change that 1C has not taken.
    """

    connection: str
    seen: Mapping[str, float]
    orders_wait_since: float | None

    @property
    def seen_at(self) -> float | None:
        """When 1C was last here."""
        return max(self.seen.values(), default=None)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session in one line.

    Attributes:
        session: its name.
        began_at: unix seconds.
        state: the one that a person should know of.
        rows: its imports, in the order in which 1C asked for them.
    """

    session: str
    began_at: float
    state: State
    rows: Sequence[ImportRow]

    @property
    def done(self) -> int:
        """Records applied."""
        return sum(row.done for row in self.rows)

    @property
    def total(self) -> int:
        """Records in all."""
        return sum(row.total for row in self.rows)

    @property
    def trouble(self) -> str:
        """The first thing that was wrong."""
        return next((row.errors[0] for row in self.rows if row.errors), "")


@dataclass(frozen=True, slots=True)
class ImportView:
    """One import with everything around it.

    Attributes:
        row: what 1C was told of.
        plan: what became of its records; ``None``: it is not read yet.
        answer: what 1C was told last.
        seconds_left: about how long it still takes.
    """

    row: ImportRow
    plan: ImportPlan | None
    answer: str
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session.

    Attributes:
        line: in one line.
        imports: its imports.
        files: what was sent, as far as it is kept.
        report: in words for the 1C programmer.
    """

    line: SessionLine
    imports: Sequence[ImportView]
    files: Sequence[StoredFile]
    report: str


@dataclass(frozen=True, slots=True)
class ExchangeDesk:
    """Looks at the exchange, and has things done again.

    Attributes:
        table: the state table.
        blobs: hold the files.
        queue: takes the work.
        book: connections.
        integrations: by name.
        zone_of: the time zone of a connection's 1C, by its settings.
        clock: unix seconds.
        orders: orders for 1C.
    """

    table: Table
    blobs: Blobs
    queue: JobQueue
    book: ConnectionBook
    integrations: Mapping[str, Integration[Any, Any]]
    zone_of: Callable[[Mapping[str, Any]], tzinfo]
    clock: Clock
    orders: OrderDesk = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "orders", OrderDesk(self.table, self.clock))

    def exchanges(self) -> Sequence[ExchangeLine]:
        """Returns the connections that 1C calls."""
        outgoing = Outgoing(self.table, self.clock)
        found = []
        for one in self.book.all():
            seen = {what: float(row["at"]) for what, row in noted(self.table, one.id).items()}
            if seen or self._takes(one):
                found.append(ExchangeLine(one.id, seen, outgoing.waits_since(one.id)))
        return found

    def sessions(
        self, connection: str, *, before: str | None = None, most: int = 50
    ) -> Sequence[SessionLine]:
        """Returns sessions in which something was to be imported, the newest first.

        Args:
            connection: whose.
            before: only older ones than this.
            most: how many at the most.
        """
        rows = Imports(self.table, self.clock).of(connection, before=before)
        found: list[SessionLine] = []
        for session, some in groupby(rows, key=lambda row: row.session):
            if len(found) == most:
                break
            found.append(_line(session, some))
        return found

    def session(self, connection: str, session: str) -> SessionView | None:
        """Returns one session; ``None``: there is none of this name."""
        imports, plans = Imports(self.table, self.clock), Plans(self.table)
        files = list(Uploads(self.table, self.blobs, self.clock).files(connection, session))
        rows = list(imports.of(connection, session))
        if not rows and not files:
            return None
        now = self.clock()
        line = _line(session, rows)
        zone = self.zone_of(self.book.get(connection).settings)
        return SessionView(
            line,
            [
                ImportView(
                    row,
                    plans.get(connection, session, row.id),
                    "\n".join((answer_of(row).word.value, *answer_of(row).lines)),
                    seconds_left(row, now),
                )
                for row in line.rows
            ],
            sorted(files, key=lambda file: file.first_at),
            session_report(imports, plans, connection, session, now, zone),
        )

    def import_again(self, connection: str, session: str) -> Sequence[str]:
        """Imports a session again from its files. Returns their names.

        Raises:
            Skip: there is no such session, or its files are no longer kept.
            Busy: the queue refused one; the tick sends it.
        """
        again = Again(
            Imports(self.table, self.clock),
            Uploads(self.table, self.blobs, self.clock),
            self.queue,
            self.clock,
        )
        return [row.file for row in again.session(connection, session)]

    def _takes(self, connection: Connection) -> bool:
        offered = self.integrations.get(connection.integration)
        return offered is not None and offered.bringer is not None


def _line(session: str, rows: Iterable[ImportRow]) -> SessionLine:
    ordered = sorted(rows, key=lambda row: row.created_at)
    states = {row.state for row in ordered} or {State.RECEIVED}
    state = next(one for one in _WORST if one in states)
    began_at = min([time_of(session), *(row.created_at for row in ordered)])
    return SessionLine(session, began_at, state, ordered)
