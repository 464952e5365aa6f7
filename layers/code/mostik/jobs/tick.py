"""The tick, once a minute: level-triggered, so a lost or a doubled one does no harm."""

from __future__ import annotations

from dataclasses import dataclass

from mostik.jobs.deadletters import bury
from mostik.jobs.gates import Gate, Gates
from mostik.jobs.leases import Leases, LeaseTaken
from mostik.jobs.release import RELEASED_AT_ONCE, release_held, release_paced, send_due
from mostik.jobs.row import DUE_SHARDS
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, DeadLetters, JobQueue, RemainingTime

_LEASE_SECONDS = 55.0
_PAGE = 100
_TIME_RESERVE = 5.0


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one tick did.

    Attributes:
        sent: due rows whose message was sent.
        released: held jobs let through an open gate.
        buried: dead letters that became failed rows.
        oldest_due_seconds: how late the oldest due row is; 0 when none is due.
        ran: ``False`` when another tick held the lease.
    """

    sent: int = 0
    released: int = 0
    buried: int = 0
    oldest_due_seconds: float = 0.0
    ran: bool = True


class Tick:
    """Sends due rows, opens gates from stored state, and empties the dead-letter queue."""

    def __init__(
        self,
        *,
        rows: JobRows,
        gates: Gates,
        leases: Leases,
        queue: JobQueue,
        letters: DeadLetters,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._gates = gates
        self._leases = leases
        self._queue = queue
        self._letters = letters
        self._clock = clock

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
        sent = 0
        for shard in range(DUE_SHARDS):
            while remaining() > _TIME_RESERVE:
                page = self._rows.due(shard, until=now, limit=_PAGE)
                oldest = min([oldest, *(row.due_at for row in page.rows if row.due_at)])
                done = send_due(page.rows, self._rows, self._queue, now=now)
                sent += done
                if page.after is None or not done:
                    break
        released = self._open_gates(now)
        buried = bury(self._letters, self._rows, now=now)
        return TickReport(sent, released, buried, max(0.0, now - oldest))

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
