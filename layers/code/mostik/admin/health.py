"""Is it us or them, since when, how much waits: the figures of one screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mostik.jobs.gates import Gates
from mostik.jobs.row import DUE_SHARDS
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, QueueGauge

_MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Health:
    """Reads the state of the stack.

    Attributes:
        gauge: queue depths.
        rows: job rows.
        gates: gates.
        clock: unix seconds.
    """

    gauge: QueueGauge
    rows: JobRows
    gates: Gates
    clock: Clock

    def read(self) -> dict[str, Any]:
        """Returns figures as JSON: ``status`` is ``ok`` or ``attention`` with the reasons in
        words."""
        now = self.clock()
        jobs = self.gauge.jobs()
        dead = self.gauge.dead_letters()
        failed = self.rows.failed(limit=_MOST_COUNTED)
        due = [at for shard in range(DUE_SHARDS) if (at := self.rows.next_due(shard)) is not None]
        overdue = max(0.0, now - min(due)) if due else 0.0
        closed = [
            {
                "connection": gate.name,
                "since": gate.closed_at,
                "reason": gate.why.text,
                "who": gate.why.who.value,
                "held": held,
            }
            for gate in self.gates.all()
            if gate.passed_at is None
            and ((held := self._held(gate.name)) or gate.is_closed(now) or gate.probes)
        ]
        reasons = []
        if failed.rows:
            reasons.append("Jobs have failed and wait for a person.")
        if dead.visible:
            reasons.append("Messages lie in the dead-letter queue.")
        if overdue > 300:
            reasons.append("Due jobs are more than five minutes late.")
        reasons += [f"{gate['connection']}: {gate['reason']}" for gate in closed]
        more = "+" if failed.after is not None else ""
        return {
            "status": "attention" if reasons else "ok",
            "reasons": reasons,
            "queue": {
                "pending": jobs.visible,
                "running": jobs.in_flight,
                "delayed": jobs.delayed,
                "dead_letters": dead.visible,
            },
            "failed": f"{len(failed.rows)}{more}",
            "overdue_seconds": round(overdue),
            "closed_gates": closed,
        }

    def _held(self, gate: str) -> int:
        return len(self.rows.held(gate, limit=_MOST_COUNTED).rows)
