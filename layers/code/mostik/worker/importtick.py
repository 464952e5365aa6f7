"""The tick's part in imports: one that nobody has in hand is asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from mostik.commerceml.imports import ImportRow, Imports, State
from mostik.jobs.message import dump
from mostik.jobs.row import Failure, JobState
from mostik.jobs.rows import JobRows
from mostik.jobs.runwork import Import
from mostik.ports import Clock, JobQueue, RemainingTime
from mostik.worker.importplan import ImportPlan, Plans
from mostik.worker.importwait import woken

_STUCK_SECONDS = 45.0
"""Longer than the longest pause between two looks at an import."""
_TIME_RESERVE = 8.0
_DEFECT = "Внутренняя ошибка обработки, она записана в журнале сервиса. {}"


@dataclass(frozen=True, slots=True)
class ImportTick:
    """Looks after open imports.

    Attributes:
        plans: plans.
        imports: what 1C is told.
        rows: job rows.
        queue: the queue of jobs.
        clock: unix seconds.
    """

    plans: Plans
    imports: Imports
    rows: JobRows
    queue: JobQueue
    clock: Clock

    def __call__(self, remaining: RemainingTime) -> int:
        """Does what is due. Returns how many imports were asked for again.

        Raises:
            Busy: AWS refused something; the next tick does the rest.
        """
        asked = 0
        plans = self.plans.open()
        said = self._said(plans)
        for plan in plans:
            if remaining() < _TIME_RESERVE:
                break
            if plan.sleeper is not None and self._wake(plan, said[plan.connection]):
                asked += 1
            elif not plan.is_asleep:
                asked += self._look_at(plan)
        return asked

    def _said(self, plans: Sequence[ImportPlan]) -> dict[str, Sequence[ImportRow]]:
        """What each connection has said since the oldest of its plans that is asleep."""
        oldest: dict[str, str] = {}
        for plan in plans:
            if plan.sleeper is not None:
                known = oldest.get(plan.connection, plan.session)
                oldest[plan.connection] = min(known, plan.session)
        return {name: self._since(name, first) for name, first in oldest.items()}

    def _since(self, connection: str, session: str) -> Sequence[ImportRow]:
        rows = self.imports.of(connection)
        return list(takewhile(lambda row: row.session >= session, rows))

    def _wake(self, plan: ImportPlan, rows: Sequence[ImportRow]) -> bool:
        now = self.clock()
        changed = woken(plan, rows, now)
        if changed is None or self.plans.save(changed, now) is None:
            return False
        work = Import(plan.connection, plan.session, plan.import_id, now)
        self.queue.send(dump(work), group=plan.connection)
        return True

    def _look_at(self, plan: ImportPlan) -> bool:
        now = self.clock()
        work = Import(plan.connection, plan.session, plan.import_id, now)
        job = self.rows.get(work.id)
        if job is not None and job.state is JobState.FAILED:
            self._failed(plan, job.failure)
            return False
        if job is not None or now - plan.moved_at < _STUCK_SECONDS:
            return False
        if self.plans.save(plan, now) is None:
            return False
        self.queue.send(dump(work), group=plan.connection)
        return True

    def _failed(self, plan: ImportPlan, failure: Failure | None) -> None:
        """A person reads of it among the failed jobs; 1C must not ask for ever."""
        row = self.imports.get(plan.connection, plan.session, plan.import_id)
        if row is not None and not row.state.is_final:
            text = _DEFECT.format(failure.text if failure is not None else "").strip()
            self.imports.change(row, state=State.FAILED, errors=(text,))
        self.plans.save(replace(plan, is_open=False), self.clock())
