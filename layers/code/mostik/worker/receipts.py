"""Opens receipts: remembers deliveries, fetches big bodies, asks the integration what they are
about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.errors import Family, MostikError
from mostik.http.redact import Redactor
from mostik.inbound.keys import Read
from mostik.jobs.deadletters import carries_itself
from mostik.jobs.gates import Gates
from mostik.jobs.life import DEDUPE_SECONDS, settle
from mostik.jobs.message import Receipt, Touch, Work, dump
from mostik.jobs.outcome import Held, outcome_of
from mostik.jobs.release import send_row
from mostik.jobs.row import JobRow, JobState
from mostik.jobs.rows import JobRows
from mostik.jobs.schedule import went_on
from mostik.ports import Blobs, Busy, Clock, JobQueue, Random
from mostik.requestlog.recorder import Recorder
from mostik.worker.confirm import confirmed
from mostik.worker.interpret import entry_for, load_body, work_in
from mostik.worker.masking import mask_error
from mostik.worker.report import Report

_LOOK_UP_AFTER = 90.0


@dataclass(frozen=True, slots=True)
class Receipts:
    """Opens and closes receipts.

    Attributes:
        recorder: takes the receipt's log entry.
        last_used: remembers which secret has proved an event.
        read: reads one public https URL, to confirm a subscription.
    """

    connections: OpenConnections
    rows: JobRows
    gates: Gates
    queue: JobQueue
    blobs: Blobs
    recorder: Recorder
    report: Report
    clock: Clock
    random: Random
    last_used: LastUsed
    read: Read

    def open(self, receipt: Receipt, receives: int = 1) -> Sequence[Work] | bool:
        """Returns the work that a receipt asks for, or whether its message may be deleted.

        An error becomes the receipt's own row (failed, held, waiting), with the whole payload.

        Args:
            receipt: as it came.
            receives: how often its message was received. An earlier receive may have claimed a
                record and died, while a repeat of the delivery was handled: only the first is
                taken for a duplicate, and later ones look again.

        Raises:
            Busy: something cannot be read now; the message is shown again.
        """
        standing = self.rows.get(receipt.id) if _has_row(receipt) else None
        if standing is not None and standing.state is JobState.DONE and receives == 1:
            self.report.count("duplicates")
            return True
        redactor = Redactor()
        family: Family | None = None
        problem: MostikError | None = None
        work: Sequence[Work] = ()
        full = receipt
        try:
            opened = self.connections.get(receipt.connection)
            redactor = opened.redactor
            full = load_body(receipt, self.blobs)
            if not confirmed(full, self.read):
                work = work_in(full, opened)
        except MostikError as error:
            mask_error(error, [redactor])
            problem, family = error, getattr(error, "family", Family.GIVE_UP)
        text = str(problem) if problem is not None else None
        self.recorder.add(entry_for(full, redactor, family=family, error=text))
        self._note_use(receipt)
        if problem is None:
            return work
        return self._park(receipt, standing, problem)

    def close(self, receipt: Receipt, work: Sequence[Work]) -> None:
        """Remembers a delivery id, or forgets the row of a receipt that was sent again.

        Called when every piece of its work has ended or has a carrier of its own.
        """
        if not _has_row(receipt) or any(piece.id == receipt.id for piece in work):
            return  # a full-state event's own row remembers the delivery
        standing = self.rows.get(receipt.id)
        if receipt.delivery_id is None:
            if standing is not None:
                self.rows.remove(receipt.id, standing.version)
            return
        now = self.clock()
        mark = replace(
            _as_claimed(receipt, standing, now),
            state=JobState.DONE,
            payload="",
            due_at=None,
            failure=None,
            gate=None,
            expires_at=int(now + DEDUPE_SECONDS),
        )
        self.rows.write(mark, standing.version if standing else None)

    def _note_use(self, receipt: Receipt) -> None:
        """Remembers which secret has proved the event; not worth a repeat of its work."""
        try:
            self.last_used.note(
                receipt.connection, receipt.key_id, receipt.scheme, receipt.received_at
            )
        except Busy:
            self.report.count("uses_not_noted")

    def _park(self, receipt: Receipt, standing: JobRow | None, problem: MostikError) -> bool:
        now = self.clock()
        outcome = outcome_of(problem, gate=receipt.connection, now=now)
        if isinstance(outcome, Held) and outcome.reopens_at is not None:
            self.gates.close(
                outcome.gate,
                until=outcome.reopens_at,
                why=outcome.failure,
                pace=outcome.pace,
            )
        claimed = _as_claimed(receipt, standing, now)
        settlement = settle(
            _as_work(receipt),
            claimed,
            outcome,
            now=now,
            random=self.random,
            look_up_after=_LOOK_UP_AFTER,
        )
        self.report.outcome(outcome)
        if settlement.row is None:
            return True
        wrote = self.rows.write(settlement.row, standing.version if standing else None)
        if not wrote.done:
            # A repeat of the same delivery was quicker. What it left carries the event, unless a
            # message still has to; then this one is looked at again.
            return wrote.standing is not None and carries_itself(wrote.standing, now)
        if settlement.row.state is JobState.FAILED:
            self.report.failed(settlement.row)
        if settlement.send:
            try:
                send_row(settlement.row, self.queue, settlement.delay)
            except Busy:
                return False
        return True


def _has_row(receipt: Receipt) -> bool:
    """Whether a row may stand for the receipt; one look is spared for plain hints."""
    return receipt.delivery_id is not None or receipt.repeats > 0


def _as_claimed(receipt: Receipt, standing: JobRow | None, now: float) -> JobRow:
    if standing is not None:
        return standing.next(
            attempts=standing.attempts + 1, last_attempt_at=now, **went_on(standing, now=now)
        )
    return JobRow(
        id=receipt.id,
        connection=receipt.connection,
        state=JobState.RUNNING,
        payload=dump(receipt),
        version=int(now * 1000),
        asked_at=receipt.received_at,
        taken=1,
        attempts=1,
        first_attempt_at=now,
        last_attempt_at=now,
    )


def _as_work(receipt: Receipt) -> Touch:
    """``settle`` decides for a receipt as it does for a touch that nobody else can ask for."""
    return Touch(receipt.connection, "receipt", receipt.id, receipt.id, receipt.received_at)
