"""Looks what is wrong and tells people; the tick calls it every minute, it looks every five.

A notice is sent before its row is written: a crash in between tells twice and never forgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mostik.alerts.alert import steps
from mostik.alerts.book import Alerts
from mostik.alerts.trouble import Trouble, of_failed, of_gates, of_runs
from mostik.alerts.words import Notice, notice_of
from mostik.errors import Busy
from mostik.jobs.gates import Gates
from mostik.jobs.row import JobRow
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, RemainingTime
from mostik.sync.run import Runs

EVERY_SECONDS = 300.0
MOST_FAILED = 1_000
"""Failed jobs that are looked at."""
_PAGE = 100
_TIME_RESERVE = 8.0


class Teller(Protocol):
    """A way to reach people."""

    def tell(self, notice: Notice) -> None:
        """Sends a notice.

        Raises:
            Busy: it was not sent; it is sent later.
        """
        ...


@dataclass(frozen=True, slots=True)
class AlertWatch:
    """Looks and tells.

    Attributes:
        alerts: alerts.
        rows: job rows.
        gates: gates.
        runs: runs.
        tellers: ways to reach people; each is told everything.
        clock: unix seconds.
        others: troubles that others know of.
    """

    alerts: Alerts
    rows: JobRows
    gates: Gates
    runs: Runs
    tellers: Sequence[Teller]
    clock: Clock
    others: Callable[[], Iterable[Trouble]] = tuple

    def run(self, remaining: RemainingTime = lambda: float("inf")) -> int:
        """Looks, unless that was done just now. Returns how many notices were sent.

        Raises:
            Busy: what is wrong cannot be read, or nobody can be told, now.
        """
        now = self.clock()
        if remaining() < _TIME_RESERVE or now - self.alerts.looked_at() < EVERY_SECONDS:
            return 0
        failed, whole = self._failed()
        troubles = [
            *of_failed(failed, whole=whole),
            *of_gates(self.gates.all()),
            *of_runs(self.runs.open()),
            *self.others(),
        ]
        told = 0
        for step in steps(self.alerts.open(), troubles, now, whole=whole):
            if step.occasion is not None:
                self._tell(notice_of(step.alert, step.occasion))
                told += 1
            self.alerts.keep(step.alert)
        self.alerts.look(now)
        return told

    def _tell(self, notice: Notice) -> None:
        """Every way is tried; if all of them fail, it is told again later."""
        failures = 0
        for teller in self.tellers:
            try:
                teller.tell(notice)
            except Busy:
                failures += 1
        if failures and failures == len(self.tellers):
            raise Busy("nobody could be told")

    def _failed(self) -> tuple[Sequence[JobRow], bool]:
        found: list[JobRow] = []
        after: str | None = None
        while len(found) < MOST_FAILED:
            page = self.rows.failed(limit=_PAGE, after=after)
            found += page.rows
            after = page.after
            if after is None:
                return found, True
        return found, False
