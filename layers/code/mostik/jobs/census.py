"""Counts what waits, for metrics: held, unknown and failed jobs, and gates that need a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mostik.errors import Family
from mostik.jobs.again import LANDED_SECONDS
from mostik.jobs.gates import Gate, Gates
from mostik.jobs.row import DUE_SHARDS, JobRow
from mostik.jobs.rows import JobRows, Rows
from mostik.ports import Clock

_PAGE = 100
READ_UNITS = 500.0
"""A census reads no more than this (4 MB): once a minute, all month, that is under 3 dollars."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What waits.

    Attributes:
        held: held jobs by connection; 0 for one whose gates have been closed lately.
        oldest_hold_seconds: since when the oldest held job has been asked for.
        unknown: jobs whose write may have happened and is being looked up.
        failed: failed jobs; 100 stands for 100 or more.
        gates_for_a_person: gates that a person must open (wrong credentials, wrong settings).
        whole: ``False``: there is more; each figure is the least that it can be.
    """

    held: Mapping[str, int] = field(default_factory=dict)
    oldest_hold_seconds: float = 0.0
    unknown: int = 0
    failed: int = 0
    gates_for_a_person: int = 0
    whole: bool = True


class Census:
    """Counts rows, as many as a budget of read units allows.

    Args:
        rows: job rows.
        gates: gates.
        clock: unix seconds.
    """

    def __init__(self, rows: JobRows, gates: Gates, clock: Clock) -> None:
        self._rows = rows
        self._gates = gates
        self._clock = clock

    def take(self) -> Counted:
        """Counts.

        Raises:
            Busy: the table cannot be read now.
        """
        now = self._clock()
        gates = self._gates.all()
        budget = _Budget(READ_UNITS)
        failed = budget.spend(self._rows.failed(limit=_PAGE))
        unknown = sum(self._unknown(shard, now, budget) for shard in range(DUE_SHARDS))
        held: Counter[str] = Counter()
        oldest = now
        for gate in gates:
            count, since = self._held(gate, budget)
            held[gate.name.partition(":")[0]] += count
            oldest = min(oldest, since if since is not None else now)
        return Counted(
            held=dict(held),
            oldest_hold_seconds=now - oldest,
            unknown=unknown,
            failed=len(failed.rows),
            gates_for_a_person=sum(
                gate.why.family is Family.CONFIGURATION and gate.passed_at is None for gate in gates
            ),
            whole=budget.lasted,
        )

    def _unknown(self, shard: int, now: float, budget: _Budget) -> int:
        """A write of unknown outcome is looked up soon: nearly all are due in the next minutes."""
        until = now + LANDED_SECONDS
        return sum(
            row.lookups is not None
            for row in budget.all(
                lambda after: self._rows.due(shard, until=until, limit=_PAGE, after=after)
            )
        )

    def _held(self, gate: Gate, budget: _Budget) -> tuple[int, float | None]:
        rows = budget.all(lambda after: self._rows.held(gate.name, limit=_PAGE, after=after))
        return len(rows), rows[0].asked_at if rows else None


class _Budget:
    """Read units that may be spent.

    Attributes:
        lasted: whether everything could be read.
    """

    def __init__(self, units: float) -> None:
        self._units = units
        self.lasted = True

    def spend(self, page: Rows) -> Rows:
        """Takes what a page has cost."""
        self._units -= page.read_units
        return page

    def all(self, read: Callable[[str | None], Rows]) -> list[JobRow]:
        """Reads pages to their end, the first one in any case."""
        found: list[JobRow] = []
        after: str | None = None
        while True:
            page = self.spend(read(after))
            found += page.rows
            after = page.after
            if after is None:
                return found
            if self._units <= 0:
                self.lasted = False
                return found
