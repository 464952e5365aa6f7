"""Runs one task: claim, execute, settle. Everything it decides is in jobs/life.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mostik.errors import Family, MostikError, WhoActs
from mostik.http.trail import Trail
from mostik.jobs.gates import Gate, Gates
from mostik.jobs.leases import Leases
from mostik.jobs.life import (
    LEASE_MARGIN_SECONDS,
    Asked,
    BackTo,
    Claimed,
    Duplicate,
    Parked,
    Settlement,
    decide_claim,
    settle,
)
from mostik.jobs.message import Work
from mostik.jobs.outcome import (
    Changed,
    Held,
    Outcome,
    Refused,
    StillAbsent,
    Transient,
    Uncertain,
    Unchanged,
    outcome_of,
)
from mostik.jobs.release import send_row
from mostik.jobs.row import Failure, JobRow, JobState
from mostik.jobs.rows import JobRows
from mostik.ports import Busy, Clock, JobQueue, Random
from mostik.sync.decide import Attempt
from mostik.sync.once import Once
from mostik.worker.execute import Execution, Prospect
from mostik.worker.plan import Task
from mostik.worker.report import Report
from mostik.worker.together import Together

_WRITE_TRIES = 6
"""A row may change under us that often before we leave the message to its visibility timeout."""
_AFTER_THE_PROBE_SECONDS = 150.0
"""The tick has let one job try by then, and it has had its answer."""
_NOTHING_KNOWN = Prospect(gates=(), unsafe=False, look_up_after=90.0)


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs tasks against the stored state.

    Attributes:
        execution: does the work.
        owner: a name for this invocation.
        worker_timeout: seconds; with a margin, the lease of a claim.
        known_gates: gates with something to say, as read at the start of the batch.
        together: joins the reads of jobs that run side by side.
    """

    execution: Execution
    rows: JobRows
    gates: Gates
    leases: Leases
    queue: JobQueue
    report: Report
    clock: Clock
    random: Random
    owner: str
    worker_timeout: float
    known_gates: Mapping[str, Gate]
    together: Together = field(default_factory=Together)

    def run(self, task: Task, trail: Trail) -> bool:
        """Runs a task to an outcome.

        Returns:
            Whether its messages may be deleted: the job has ended or has another carrier.
        """
        prospect, problem = self._prospect(task.work)
        claimed = self._claim(task, prospect)
        if not isinstance(claimed, JobRow):
            return claimed
        outcome = self._execute(task.work, claimed, prospect, trail, problem)
        return self._settle(task.work, claimed, outcome, prospect)

    def _prospect(self, work: Work) -> tuple[Prospect, MostikError | None]:
        try:
            return self.execution.prospect(work), None
        except MostikError as error:
            return _NOTHING_KNOWN, error

    def _claim(self, task: Task, prospect: Prospect) -> JobRow | bool:
        """Returns the claimed row, or whether the messages may be deleted without running."""
        standing: JobRow | None = None
        for _ in range(_WRITE_TRIES):
            decision = decide_claim(
                task.work,
                standing,
                now=self.clock(),
                owner=self.owner,
                lease_seconds=self.worker_timeout + LEASE_MARGIN_SECONDS,
                look_up_after=prospect.look_up_after,
                unsafe=prospect.unsafe,
            )
            match decision:
                case Duplicate():
                    self.report.count("duplicates")
                    return True
                case BackTo():
                    self._show_again(task, decision.at)
                    return False
                case Claimed():
                    answer = self.rows.write(decision.row, decision.over)
                    if answer.done or answer.standing == decision.row:
                        return decision.row  # the second: written, but its first answer was lost
                case Asked() | Parked():
                    answer = self.rows.write(decision.row, decision.over)
                    if answer.done:
                        if decision.row.state is JobState.FAILED:
                            self.report.failed(decision.row)
                        return True
            standing = answer.standing
        return False

    def _execute(
        self,
        work: Work,
        row: JobRow,
        prospect: Prospect,
        trail: Trail,
        problem: MostikError | None,
    ) -> Outcome:
        closed = self._closed_gate(prospect)
        if closed is not None:
            return Held(closed.name, closed.why, closed.reopens_at, closes=False)
        once = Once(
            self.leases, self.owner, self.worker_timeout + prospect.look_up_after, self.clock
        )
        own_trail = replace(
            trail,
            job=work.id,
            event=work.event,
            record=f"{work.resource}/{work.key}",
            ask=row.ask,
            quick=not self._is_a_probe(prospect),
        )
        try:
            if problem is not None:
                raise problem
            attempt = Attempt(
                job=work.id,
                ask=row.ask,
                now=self.clock(),
                until=self.clock() + once.seconds,
                lookups=row.lookups,
                again=row.tried_before,
                tries=row.attempts,
                closed=self._closed(),
            )
            return self.execution.run(work, own_trail, once, attempt, self.together)
        except Busy:
            return self._interrupted(prospect)
        except Exception as error:  # noqa: BLE001 - the end of a stage: every error becomes an outcome
            if not isinstance(error, MostikError | StillAbsent):
                self.report.defect(error, work.id)
            return outcome_of(error, gate=work.connection, now=self.clock())

    def _interrupted(self, prospect: Prospect) -> Outcome:
        """AWS refused something in the middle of the work. Left without an outcome, three of these
        would look like a job that takes its worker down."""
        text = "A service of AWS was busy in the middle of the work, which is taken up again."
        family = Family.UNKNOWN if prospect.unsafe else Family.RETRY_LATER
        failure = Failure(family, text, WhoActs.SYSTEM, self.clock())
        return Uncertain(failure) if prospect.unsafe else Transient(failure)

    def _is_a_probe(self, prospect: Prospect) -> bool:
        """Whether the job tries a side that is down: once is enough."""
        gates = (self.known_gates.get(name) for name in prospect.gates)
        return any(gate is not None and gate.is_down for gate in gates)

    def _closed(self) -> Mapping[str, str]:
        now = self.clock()
        gates = self.known_gates.values()
        return {gate.name: gate.why.text for gate in gates if gate.is_closed(now)}

    def _closed_gate(self, prospect: Prospect) -> Gate | None:
        if prospect.cures:
            return None
        now = self.clock()
        for name in prospect.gates:
            gate = self.known_gates.get(name)
            if gate is not None and gate.is_closed(now):
                return gate
        return None

    def _settle(self, work: Work, row: JobRow, outcome: Outcome, prospect: Prospect) -> bool:
        if isinstance(outcome, Held) and outcome.closes and outcome.reopens_at is not None:
            self.gates.close(
                outcome.gate,
                until=outcome.reopens_at,
                why=outcome.failure,
                pace=outcome.pace,
            )
            if prospect.cures and outcome.failure.family is Family.CONFIGURATION:
                outcome = Refused(outcome.failure)  # held, it could not open its own gate
        if isinstance(outcome, Transient) and outcome.down is not None:
            until = self.gates.note_outage(outcome.down, outcome.failure)
            if until is not None:
                # Another job tries it first; this one comes when that has opened the gate.
                rest = until - self.clock() + _AFTER_THE_PROBE_SECONDS
                outcome = replace(outcome, within=rest)
        for _ in range(_WRITE_TRIES):
            settlement = settle(
                work,
                row,
                outcome,
                now=self.clock(),
                random=self.random,
                look_up_after=prospect.look_up_after,
            )
            standing = self._write(row.id, settlement)
            if standing is None:
                self._after(settlement, outcome, prospect)
                return True
            if standing.owner != self.owner or standing.state is not JobState.RUNNING:
                self.report.count("fenced")  # the lease ran out: the job is in other hands now
                return True
            row = replace(standing, taken=row.taken)
        return False

    def _write(self, job_id: str, settlement: Settlement) -> JobRow | None:
        """Writes a settlement. Returns the row that stands in the way, if one does."""
        if settlement.row is None:
            answer = self.rows.remove(job_id, settlement.over)
        else:
            answer = self.rows.write(settlement.row, settlement.over)
        if answer.done or answer.standing is None or answer.standing == settlement.row:
            return None  # the last: written, but its first answer was lost
        return answer.standing

    def _after(self, settlement: Settlement, outcome: Outcome, prospect: Prospect) -> None:
        row = settlement.row
        self.report.outcome(outcome)
        if row is not None and row.state is JobState.FAILED:
            self.report.failed(row)
        if row is not None and settlement.send:
            self._send(row, settlement.delay)
        if isinstance(outcome, Changed | Unchanged):
            for gate in self._gates_passed(prospect):
                self.gates.open(gate, self.clock())
                self.report.passed(gate)
        if isinstance(outcome, Held):
            self.report.held(outcome.gate)

    def _gates_passed(self, prospect: Prospect) -> Iterator[Gate]:
        """Gates of this job's connections that have been closed and are not now. Of an endpoint's
        gate it is not known whether the job used it; its time is over in any case."""
        now = self.clock()
        for gate in self.known_gates.values():
            passed = prospect.cures or not gate.is_closed(now)
            if passed and any(map(gate.is_about, prospect.gates)):
                yield gate

    def _send(self, row: JobRow, delay: int) -> None:
        """Sends a row's message; when the queue refuses, the row itself comes due."""
        try:
            send_row(row, self.queue, delay)
        except Busy:
            due = row.next(due_at=self.clock() + delay, sent_at=None)
            self.rows.write(due, row.version)

    def _show_again(self, task: Task, at: float) -> None:
        seconds = min(max(int(at - self.clock()) + 1, 1), 43_200)
        try:
            self.queue.return_at(task.receipt_handle, seconds)
        except Busy:
            self.report.count("kept_visibility")
