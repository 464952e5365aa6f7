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
TICK_SECONDS = 60.0
CALLS_PER_JOB = 2
"""A read and a write, as a job through a limited gate mostly needs. Where one call is enough, the
worker lets further jobs through as these end."""
MOST_RELEASED = 1_000
LONGEST_DELAY_SECONDS = 900
"""SQS delays a message no longer."""
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


def send_due(
    candidates: Iterable[JobRow],
    rows: JobRows,
    queue: JobQueue,
    *,
    now: float,
    apart: float = 0.0,
) -> int:
    """Marks rows as sent and sends their messages; the row first, so a crash repeats and never
    loses.

    Args:
        candidates: rows in the order in which they go.
        rows: job rows.
        queue: the queue of jobs.
        now: unix seconds.
        apart: seconds between the first sight of one message and of the next.

    Returns:
        How many were sent. It stops early, without an error, when the queue is busy.
    """
    sent = 0
    for row in candidates:
        marked = due_again(row, now=now, resend_after=RESEND_AFTER_SECONDS)
        if marked is None or not rows.write(marked, row.version).done:
            continue  # somebody else moved it meanwhile
        try:
            send_row(marked, queue, min(int(sent * apart), LONGEST_DELAY_SECONDS))
        except Busy:
            return sent
        sent += 1
    return sent


def release_held(
    gate: str, rows: JobRows, queue: JobQueue, *, now: float, most: int, apart: float = 0.0
) -> int:
    """Lets up to ``most`` held jobs try an open gate, the oldest touch first. Returns how many."""
    return send_due(rows.held(gate, limit=most).rows, rows, queue, now=now, apart=apart)


def release_paced(gate: str, rows: JobRows, queue: JobQueue, *, now: float, pace: float) -> int:
    """Lets as many held jobs try an open gate as it admits until the next tick, spread over that
    time: all at once, most would find no slot and be held again."""
    apart = CALLS_PER_JOB / pace
    most = min(max(int(TICK_SECONDS / apart), 1), MOST_RELEASED)
    return release_held(gate, rows, queue, now=now, most=most, apart=apart)
