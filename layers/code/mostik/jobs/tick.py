"""The tick, once a minute: level-triggered, so a lost or a doubled one does no harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mostik.jobs.census import Census, Counted
from mostik.jobs.deadletters import bury
from mostik.jobs.gates import Gate, Gates
from mostik.jobs.leases import Leases, LeaseTaken
from mostik.jobs.release import RELEASED_AT_ONCE, release_held, release_paced, send_due
from mostik.jobs.replay import Replays
from mostik.jobs.row import DUE_SHARDS, JobRow, JobState
from mostik.jobs.rows import JobRows
from mostik.jobs.wakes import Wakes
from mostik.ports import Busy, Clock, DeadLetters, JobQueue, RemainingTime

_LEASE_SECONDS = 55.0
_PAGE = 100
_TIME_RESERVE = 5.0


@dataclass(frozen=True, slots=True)
class Lateness:
    """How many connections wait for the other side to come.

    Attributes:
        orders: those whose orders are not taken.
        exchanges: those that nobody has called for too long.
    """

    orders: int = 0
    exchanges: int = 0


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one tick did.

    Attributes:
        sent: due rows whose message was sent.
        rescued: those of them that had no message though they should: the queue had refused it, or
            it was lost or comes very late.
        released: held jobs let through an open gate.
        buried: dead letters that became failed rows.
        replayed: failed jobs put back to work for a person.
        woken: errands whose time had come.
        closed: runs that were closed.
        imported: uploads of 1C that had fallen silent and are imported now.
        revived: imports that nobody had in hand.
        told: notices about what needs a person.
        late: connections that wait for the other side to come, where that was looked at.
        oldest_due_seconds: how late the oldest due row is; 0 when none is due.
        counted: what waits, where it could be counted.
        ran: ``False`` when another tick held the lease.
    """

    sent: int = 0
    rescued: int = 0
    released: int = 0
    buried: int = 0
    replayed: int = 0
    woken: int = 0
    closed: int = 0
    imported: int = 0
    revived: int = 0
    told: int = 0
    late: Lateness | None = None
    oldest_due_seconds: float = 0.0
    counted: Counted | None = None
    ran: bool = True


class Tick:
    """Sends due rows, opens gates from stored state, empties the dead-letter queue, goes on with
    replays and counts what waits."""

    def __init__(
        self,
        *,
        rows: JobRows,
        gates: Gates,
        leases: Leases,
        queue: JobQueue,
        letters: DeadLetters,
        clock: Clock,
        replays: Replays | None = None,
        wakes: Wakes | None = None,
        runs: Callable[[RemainingTime], int] | None = None,
        uploads: Callable[[RemainingTime], int] | None = None,
        imports: Callable[[RemainingTime], int] | None = None,
        lateness: Callable[[RemainingTime], Lateness] | None = None,
        alerts: Callable[[RemainingTime], int] | None = None,
    ) -> None:
        self._alerts = alerts
        self._lateness = lateness
        self._wakes = wakes
        self._runs = runs
        self._uploads = uploads
        self._imports = imports
        self._rows = rows
        self._gates = gates
        self._leases = leases
        self._queue = queue
        self._letters = letters
        self._clock = clock
        self._replays = replays
        self._census = Census(rows, gates, clock)

    def __call__(self, owner: str, remaining: RemainingTime) -> TickReport:
        """Runs one tick under the lease that keeps overlaps out.

        Args:
            owner: this invocation.
            remaining: seconds left; it stops in time, the next tick goes on.
        """
        try:
            with self._leases.hold("tick", owner, _LEASE_SECONDS):
                return self._run(remaining)
        except LeaseTaken:
            return TickReport(ran=False)

    def _run(self, remaining: RemainingTime) -> TickReport:
        now = self._clock()
        oldest = now
        sent = rescued = 0
        for shard in range(DUE_SHARDS):
            while remaining() > _TIME_RESERVE:
                page = self._rows.due(shard, until=now, limit=_PAGE)
                oldest = min([oldest, *(row.due_at for row in page.rows if row.due_at)])
                stranded = [row for row in page.rows if _is_stranded(row)]
                others = [row for row in page.rows if not _is_stranded(row)]
                saved = send_due(stranded, self._rows, self._queue, now=now)
                done = saved + send_due(others, self._rows, self._queue, now=now)
                sent += done
                rescued += saved
                if page.after is None or not done:
                    break
        released = self._open_gates(now)
        buried = bury(self._letters, self._rows, now=now)
        return TickReport(
            sent=sent,
            rescued=rescued,
            released=released,
            buried=buried,
            replayed=self._go_on_replaying(remaining),
            woken=self._wake(remaining),
            closed=self._look_after_runs(remaining),
            imported=self._look_after_uploads(remaining),
            revived=self._look_after_imports(remaining),
            late=self._look_who_is_late(remaining),
            told=self._tell(remaining),
            oldest_due_seconds=max(0.0, now - oldest),
            counted=self._count(remaining),
        )

    def _go_on_replaying(self, remaining: RemainingTime) -> int:
        try:
            return self._replays.advance(remaining) if self._replays is not None else 0
        except Busy:
            return 0  # the next tick goes on; what was put back is counted then

    def _look_after_runs(self, remaining: RemainingTime) -> int:
        try:
            return self._runs(remaining) if self._runs is not None else 0
        except Busy:
            return 0  # the next tick does it

    def _look_after_uploads(self, remaining: RemainingTime) -> int:
        try:
            return self._uploads(remaining) if self._uploads is not None else 0
        except Busy:
            return 0  # the next tick does it

    def _look_after_imports(self, remaining: RemainingTime) -> int:
        try:
            return self._imports(remaining) if self._imports is not None else 0
        except Busy:
            return 0  # the next tick does it

    def _look_who_is_late(self, remaining: RemainingTime) -> Lateness | None:
        try:
            return self._lateness(remaining) if self._lateness is not None else None
        except Busy:
            return None

    def _tell(self, remaining: RemainingTime) -> int:
        try:
            return self._alerts(remaining) if self._alerts is not None else 0
        except Busy:
            return 0  # it is told by a later tick

    def _wake(self, remaining: RemainingTime) -> int:
        try:
            return self._wakes.send_due(self._queue, remaining) if self._wakes is not None else 0
        except Busy:
            return 0  # the next tick does it

    def _count(self, remaining: RemainingTime) -> Counted | None:
        if remaining() < _TIME_RESERVE:
            return None
        try:
            return self._census.take()
        except Busy:
            return None

    def _open_gates(self, now: float) -> int:
        released = 0
        for gate in self._gates.all():
            if gate.is_closed(now):
                continue
            released += self._release(gate, now)
            if gate.may_be_forgotten(now) and not self._rows.held(gate.name, limit=1).rows:
                self._gates.forget(gate)
        return released

    def _release(self, gate: Gate, now: float) -> int:
        if gate.pace and not gate.probes:
            return release_paced(gate.name, self._rows, self._queue, now=now, pace=gate.pace)
        most = 1 if gate.probes else RELEASED_AT_ONCE
        return release_held(gate.name, self._rows, self._queue, now=now, most=most)


def _is_stranded(row: JobRow) -> bool:
    """Whether a due row ought to have a message: it was sent long ago, or never though its work has
    not begun (the door wrote it when the queue refused)."""
    never_sent = row.state is JobState.WAITING and row.attempts == 0
    return row.state is JobState.QUEUED or never_sent
