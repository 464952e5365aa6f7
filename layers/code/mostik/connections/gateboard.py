"""What a person sees of the gates and does with them: open, pause, resume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Mode
from mostik.errors import WhoActs
from mostik.http.breaker import Circuits
from mostik.http.parking import Parking
from mostik.jobs.gates import Gates
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, Table

_MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class GateLine:
    """One thing that keeps calls or jobs back.

    Attributes:
        name: the connection, ``<connection>:<path>``, or a link or run that a person has paused
            (``link/<id>``, ``run/<id>``).
        what: ``paused``, ``breaker``, ``parked`` or ``jobs held``.
        since: unix seconds, where it is known.
        until: unix seconds when it may end by itself, where it does.
        reason: one sentence.
        held: jobs that wait behind it, at most 100.
        who: who must act.
    """

    name: str
    what: str
    since: float | None
    until: float | None
    reason: str
    held: int = 0
    who: WhoActs = WhoActs.SYSTEM


class GateBoard:
    """All gates of a stack.

    Args:
        table: the state table.
        book: connections.
        clock: unix seconds.
    """

    def __init__(self, table: Table, book: ConnectionBook, clock: Clock) -> None:
        self._table = table
        self._book = book
        self._clock = clock
        self._gates = Gates(table)
        self._circuits = Circuits(table, clock)
        self._rows = JobRows(table)

    def lines(self) -> Sequence[GateLine]:
        """Returns everything that keeps calls or jobs back now."""
        now = self._clock()
        connections = self._book.all()
        lines = [
            GateLine(
                connection.id, "paused", None, None, "A person has paused it.", who=WhoActs.ADMIN
            )
            for connection in connections
            if connection.mode is Mode.PAUSED
        ]
        lines += [
            GateLine(
                circuit.connection,
                "breaker",
                circuit.opened_at,
                None,
                "The other side is down and is tried again by itself.",
            )
            for circuit in self._circuits.broken()
        ]
        for connection in connections:
            parked = Parking(self._table, connection.id, self._clock).parked()
            lines += [
                GateLine(
                    f"{connection.id}:{path}",
                    "parked",
                    None,
                    until,
                    "The method has used up its working time on the other side.",
                )
                for path, until in sorted(parked.items())
            ]
        for gate in self._gates.all():
            held = len(self._rows.held(gate.name, limit=_MOST_COUNTED).rows)
            if held or gate.is_closed(now):
                ends = gate.is_closed(now) and not gate.is_pause
                until = gate.reopens_at if ends else None
                what = "paused" if gate.is_pause else "jobs held"
                why = gate.why
                lines.append(
                    GateLine(gate.name, what, gate.closed_at, until, why.text, held, why.who)
                )
        return lines

    def open(self, connection_id: str) -> Sequence[str]:
        """Opens what keeps a connection back, its pause excepted. Returns what that was.

        A gate whose reason still stands closes again at the next call.

        Raises:
            ConfigurationError: there is no such connection.
        """
        self._book.get(connection_id)
        done = []
        if self._circuits.reset(connection_id):
            done.append("breaker")
        if Parking(self._table, connection_id, self._clock).release():
            done.append("parked methods")
        if self._open_gates(connection_id):
            done.append("held jobs")
        return done

    def pause(self, connection_id: str, *, by: str = "") -> None:
        """Stops the calls of a connection, in every worker within a minute; its jobs are held.

        Raises:
            ConfigurationError: there is no such connection.
        """
        self._set_mode(connection_id, Mode.PAUSED, by)

    def resume(self, connection_id: str, *, by: str = "") -> None:
        """Lets a paused connection call again, in every worker within a minute.

        The next tick lets its held jobs go; those that a worker holds again, because it does not
        know yet, follow a minute later.

        Raises:
            ConfigurationError: there is no such connection.
        """
        self._set_mode(connection_id, Mode.LIVE, by)
        self._open_gates(connection_id)

    def rehearse(self, connection_id: str, *, by: str = "") -> None:
        """Lets a connection read and write nothing, in every worker within a minute.

        Raises:
            ConfigurationError: there is no such connection.
        """
        self._set_mode(connection_id, Mode.DRY, by)
        self._open_gates(connection_id)

    def _set_mode(self, connection_id: str, mode: Mode, by: str) -> None:
        if self._book.set_mode(connection_id, mode, by=by) is None:
            self._book.get(connection_id)  # says which there are

    def _open_gates(self, connection_id: str) -> int:
        standing = [gate for gate in self._gates.all() if gate.is_about(connection_id)]
        shut = [gate for gate in standing if gate.passed_at is None]
        for gate in shut:
            self._gates.open(gate, self._clock())
        return len(shut)
