"""The worker: one batch of messages in, the ids of those to be shown again out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass, field
from typing import Any

from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.http.drift import Drift
from mostik.http.trail import Trail
from mostik.inbound.keys import Read
from mostik.jobs.deadletters import failed_row
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Receipt, UnreadableMessage, Work, load
from mostik.jobs.release import RELEASED_AT_ONCE, release_held
from mostik.jobs.rows import JobRows
from mostik.ports import Blobs, Busy, Clock, DeadLetter, JobQueue, Random, RemainingTime
from mostik.requestlog.lines import attempt_lines
from mostik.requestlog.recorder import Recorder
from mostik.requestlog.store import RequestLog
from mostik.telemetry import Emit, log_line, metric_line
from mostik.worker.execute import Execution
from mostik.worker.plan import Task, failures, merged, plan
from mostik.worker.receipts import Receipts
from mostik.worker.report import Report
from mostik.worker.run import Runner

THREADS = 20
START_RESERVE_SECONDS = 20.0
"""No work is started with less time left; its message is shown again."""


@dataclass(frozen=True, slots=True)
class Received:
    """One SQS message of a batch."""

    id: str
    body: str
    receipt_handle: str
    receives: int = 1
    sent_at: float = 0.0


@dataclass(slots=True)
class _Opened:
    """What became of the messages of a batch before any work was run."""

    settled: dict[str, bool] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    receipts: dict[str, tuple[Receipt, Sequence[Work]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Worker:
    """Handles batches.

    Attributes:
        connections: open connections.
        execution: does one piece of work.
        pool: its threads; a batch returns only after all that it started have ended.
        timeout: the function's timeout, seconds.
        emit: writes one line to the function's log.
        read: reads one public https URL, to confirm a subscription.
    """

    connections: OpenConnections
    execution: Execution
    rows: JobRows
    gates: Gates
    leases: Leases
    queue: JobQueue
    blobs: Blobs
    log: RequestLog
    last_used: LastUsed
    pool: Executor
    clock: Clock
    random: Random
    timeout: float
    emit: Emit
    read: Read

    def handle(
        self, batch: Sequence[Received], *, owner: str, remaining: RemainingTime
    ) -> Mapping[str, Any]:
        """Handles one batch.

        Args:
            batch: the messages.
            owner: a name for this invocation (its request id).
            remaining: seconds left.

        Returns:
            SQS' partial batch response: the messages to be shown again.
        """
        report = Report(lambda text, fields: self.emit(log_line("ERROR", text, fields)))
        recorder, drift = Recorder(), Drift()
        try:
            runner = self._runner(report, owner)
        except Busy:
            return {"batchItemFailures": failures(dict.fromkeys((m.id for m in batch), False))}
        opened = self._open(batch, self._receipts(report, recorder), report)
        trail = Trail(
            remaining=remaining,
            record_entry=recorder.add,
            crowded=report.held,
            drift=drift.note,
        )
        ended = self._run(merged(opened.tasks), runner, trail, report)
        settled = self._close(opened, ended, self._receipts(report, recorder))
        self._release(report)
        self._write_log(recorder, report)
        if found := drift.take():
            self.emit(log_line("WARNING", "answers hold fields that are not known", found))
        self.emit(
            metric_line(
                "worker",
                {
                    "Messages": len(batch),
                    "FailedJobs": report.counts.get("failed", 0),
                    "LogEntriesLost": report.counts.get("log_entries_lost", 0),
                },
                now=self.clock(),
                fields={"outcomes": report.counts, "owner": owner},
            )
        )
        return {"batchItemFailures": failures(settled)}

    def _open(self, batch: Sequence[Received], receipts: Receipts, report: Report) -> _Opened:
        opened = _Opened()
        for message in batch:
            opened.settled[message.id] = False
            try:
                self._open_one(message, opened, receipts)
            except Busy:
                report.count("busy")
            except Exception as error:  # noqa: BLE001 - one message must not take its batch down
                report.defect(error, message.id)
        return opened

    def _open_one(self, message: Received, opened: _Opened, receipts: Receipts) -> None:
        try:
            content = load(message.body)
        except UnreadableMessage:
            opened.settled[message.id] = self._bury(message)
            return
        trace: str | None = None
        works: Sequence[Work]
        if isinstance(content, Receipt):
            answer = receipts.open(content, message.receives)
            if isinstance(answer, bool):
                opened.settled[message.id] = answer
                return
            works, trace = answer, content.trace_id
            opened.receipts[message.id] = (content, works)
        else:
            works = (content,)
        opened.tasks += [
            Task(work, frozenset({message.id}), message.receipt_handle, trace, message.receives)
            for work in works
        ]
        if not works:
            opened.settled[message.id] = True

    def _bury(self, message: Received) -> bool:
        """Turns an unreadable message into a failed row at once."""
        letter = DeadLetter(message.receipt_handle, message.body, message.receives, message.sent_at)
        row = failed_row(letter, None, now=self.clock())
        if row is not None:
            self.rows.write(row, None)
        return True

    def _run(
        self, tasks: Sequence[Task], runner: Runner, trail: Trail, report: Report
    ) -> Mapping[str, bool]:
        """Runs tasks in lanes. Returns for each message whether all its work has a home."""
        results: dict[str, list[bool]] = {}

        def run_lane(lane: Sequence[Task]) -> list[tuple[Task, bool]]:
            ended = []
            for task in lane:
                with runner.together.running(task.work):
                    ended.append((task, self._run_one(task, runner, trail, report)))
            return ended

        planned = plan(tasks, threads=THREADS)
        futures = [self.pool.submit(run_lane, lane) for lane in planned.lanes]
        wait(futures)
        ended = [outcome for future in futures for outcome in future.result()]
        ended += run_lane(planned.alone)
        for task, settled in ended:
            for message in task.messages:
                results.setdefault(message, []).append(settled)
        return {message: all(settled) for message, settled in results.items()}

    def _run_one(self, task: Task, runner: Runner, trail: Trail, report: Report) -> bool:
        if trail.remaining() < START_RESERVE_SECONDS:
            report.count("no_time")
            return False
        try:
            return runner.run(task, trail.with_trace(task.trace))
        except Busy:
            report.count("busy")
            return False
        except Exception as error:  # noqa: BLE001 - a lane must end, whatever one task does
            report.defect(error, task.work.id)
            return False

    def _close(
        self, opened: _Opened, ended: Mapping[str, bool], receipts: Receipts
    ) -> Mapping[str, bool]:
        settled = {**opened.settled, **ended}
        for message, (receipt, work) in opened.receipts.items():
            if not settled[message]:
                continue
            try:
                receipts.close(receipt, work)
            except Busy:
                settled[message] = False
        return settled

    def _release(self, report: Report) -> None:
        """Lets held jobs through the gates that this batch has opened."""
        for gate, passed in report.opened_gates:
            # Through a gate with a pace goes one for each that came through: were it more, most
            # would find no slot. One that is held or waits long ends this, until a later batch has
            # room again.
            most = passed if gate.pace else RELEASED_AT_ONCE
            try:
                release_held(gate.name, self.rows, self.queue, now=self.clock(), most=most)
            except Busy:
                report.count("busy")  # the tick does it

    def _write_log(self, recorder: Recorder, report: Report) -> None:
        """The jobs are settled by now: whatever a log write does, their messages go."""
        entries = recorder.take()
        for line in attempt_lines(entries):
            self.emit(line)
        try:
            report.count("log_entries_lost", self.log.write(entries))
        except Exception as error:  # noqa: BLE001 - the log must not fail a job
            report.count("log_entries_lost", len(entries))
            report.defect(error, "log")

    def _runner(self, report: Report, owner: str) -> Runner:
        return Runner(
            execution=self.execution,
            rows=self.rows,
            gates=self.gates,
            leases=self.leases,
            queue=self.queue,
            report=report,
            clock=self.clock,
            random=self.random,
            owner=owner,
            worker_timeout=self.timeout,
            known_gates={gate.name: gate for gate in self.gates.all()},
        )

    def _receipts(self, report: Report, recorder: Recorder) -> Receipts:
        return Receipts(
            connections=self.connections,
            rows=self.rows,
            gates=self.gates,
            queue=self.queue,
            blobs=self.blobs,
            recorder=recorder,
            report=report,
            clock=self.clock,
            random=self.random,
            last_used=self.last_used,
            read=self.read,
        )


def received(event: Mapping[str, Any]) -> Sequence[Received]:
    """Reads the messages of an SQS event."""
    return [
        Received(
            id=record["messageId"],
            body=record["body"],
            receipt_handle=record["receiptHandle"],
            receives=int(record["attributes"]["ApproximateReceiveCount"]),
            sent_at=int(record["attributes"]["SentTimestamp"]) / 1000,
        )
        for record in event["Records"]
    ]
