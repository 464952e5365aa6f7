"""The row of an event that the queue refused at the door: the tick sends it."""

from __future__ import annotations

from mostik.jobs.message import Receipt
from mostik.jobs.row import JobRow, JobState


def waiting_row(receipt: Receipt, payload: str, *, now: float) -> JobRow:
    """Returns a row that is due at once and carries the whole event."""
    return JobRow(
        id=receipt.id,
        connection=receipt.connection,
        state=JobState.WAITING,
        payload=payload,
        version=int(now * 1000),
        asked_at=receipt.received_at,
        due_at=now,
    )
