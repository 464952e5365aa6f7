"""How a failed job starts anew: a person replays it, or its record is asked for again."""

from __future__ import annotations

from dataclasses import replace

from mostik.jobs.row import JobRow, JobState

RESEND_SECONDS = 60
"""A row whose message was just sent comes due again after this, should the message be lost."""
LANDED_SECONDS = 600.0
"""So long after a job failed because its worker had died, whatever that worker wrote has landed: no
integration's longest request takes longer, margin included."""


def replayed(row: JobRow, *, now: float, resend_after: float = RESEND_SECONDS) -> JobRow | None:
    """A person's decision to try a failed job again, with a fresh schedule.

    Args:
        row: the job.
        now: unix seconds.
        resend_after: seconds until it comes due again, should its message be lost.

    Returns:
        The row to write, or ``None`` when it is not failed any more. Its message is sent then,
        unless it is ``UNKNOWN``: what a worker that died may have written is looked up when due.
    """
    if row.state is not JobState.FAILED:
        return None
    if not died_writing(row):
        return _queued(row, now, resend_after)
    if now < _landed_at(row, now):
        return looked_up_later(row, now=now)
    return replace(_queued(row, now, resend_after), lookups=0)


def died_writing(row: JobRow) -> bool:
    """Whether the last worker of a failed job died in a write that must not be doubled."""
    return row.state is JobState.FAILED and row.writes_unsafely


def may_still_land(row: JobRow, *, now: float) -> bool:
    """Whether what that worker wrote may still arrive, so that a look-up would come too early."""
    return died_writing(row) and now < _landed_at(row, now)


def looked_up_later(row: JobRow, *, now: float) -> JobRow:
    """Returns a row that starts anew with a look-up, when one means something."""
    return row.next(
        state=JobState.UNKNOWN,
        attempts=0,
        crashes=0,
        first_attempt_at=None,
        lookups=0,
        due_at=_landed_at(row, now),
        sent_at=None,
    )


def _queued(row: JobRow, now: float, resend_after: float) -> JobRow:
    return row.next(
        state=JobState.QUEUED,
        attempts=0,
        crashes=0,
        first_attempt_at=None,
        due_at=now + resend_after,
        sent_at=now,
    )


def _landed_at(row: JobRow, now: float) -> float:
    return (row.failure.at if row.failure is not None else now) + LANDED_SECONDS
