"""Sends the messages of rows whose time has come: due ones, released ones, replayed ones."""

from __future__ import annotations

from collections.abc import Iterable

from mostik.jobs.life import due_again
from mostik.jobs.message import UnreadableMessage, sent_again
from mostik.jobs.row import JobRow
from mostik.jobs.rows import JobRows
from mostik.ports import Busy, JobQueue

RELEASED_AT_ONCE = 100
"""Held jobs that one pass lets through an open gate; those it refuses are held again."""
RESEND_AFTER_SECONDS = 900.0
"""A sent row is not sent again for so long."""


def send_row(row: JobRow, queue: JobQueue, delay: int = 0) -> None:
    """Sends a row's message.

    Raises:
        Busy: the queue did not take it; the row stays the carrier and comes due again.
    """
    try:
        body = sent_again(row.payload)
    except UnreadableMessage:
        body = row.payload  # it goes the way of every unreadable message: to the dead letters
    queue.send(body, group=row.connection, delay=delay)


def send_due(candidates: Iterable[JobRow], rows: JobRows, queue: JobQueue, *, now: float) -> int:
    """Marks rows as sent and sends their messages; the row first, so a crash repeats and never
    loses.

    Returns:
        How many were sent. It stops early, without an error, when the queue is busy.
    """
    sent = 0
    for row in candidates:
        marked = due_again(row, now=now, resend_after=RESEND_AFTER_SECONDS)
        if marked is None or not rows.write(marked, row.version).done:
            continue  # somebody else moved it meanwhile
        try:
            send_row(marked, queue)
        except Busy:
            return sent
        sent += 1
    return sent


def release_held(gate: str, rows: JobRows, queue: JobQueue, *, now: float, most: int) -> int:
    """Lets up to ``most`` held jobs try an open gate, the oldest touch first. Returns how many."""
    return send_due(rows.held(gate, limit=most).rows, rows, queue, now=now)
