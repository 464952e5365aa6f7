"""Turns dead letters into failed rows. SQS fills that queue only when a message crashed its
readers."""

from __future__ import annotations

import hashlib

from mostik.errors import Family, WhoActs
from mostik.jobs.message import Message, UnreadableMessage, load
from mostik.jobs.row import Failure, JobRow, JobState
from mostik.jobs.rows import JobRows
from mostik.ports import DeadLetter, DeadLetters

_MOST_BATCHES = 20
UNKNOWN_CONNECTION = "unknown"


def failed_row(letter: DeadLetter, standing: JobRow | None, *, now: float) -> JobRow | None:
    """Returns the row that a dead letter becomes, or ``None`` when the job has another carrier.

    Args:
        letter: the dead letter.
        standing: the job's row, if there is one.
        now: unix seconds.
    """
    try:
        message = load(letter.body)
    except UnreadableMessage as error:
        return _row(
            identity(letter),
            UNKNOWN_CONNECTION,
            letter,
            Failure(
                Family.GIVE_UP, f"The message cannot be read: {error}.", WhoActs.DEVELOPER, now
            ),
            now,
        )
    if standing is not None:
        died = standing.state is JobState.RUNNING and standing.lease_until <= now
        if not died:
            return None
    failure = Failure(
        Family.GIVE_UP,
        f"It was received {letter.receives} times and never came to an outcome.",
        WhoActs.DEVELOPER,
        now,
    )
    if standing is not None:
        return standing.next(
            state=JobState.FAILED, failure=failure, owner=None, lease_until=0.0, due_at=None
        )
    return _row(identity(letter, message), message.connection, letter, failure, now)


def identity(letter: DeadLetter, message: Message | None = None) -> str:
    """Returns the job id of a dead letter; an unreadable one is known by its content."""
    if message is None:
        return f"unreadable/{hashlib.sha256(letter.body.encode()).hexdigest()[:16]}"
    return message.id


def bury(letters: DeadLetters, rows: JobRows, *, now: float) -> int:
    """Turns what is in the dead-letter queue into failed rows: the row first, then the deletion.

    Returns:
        How many rows were written.
    """
    written = 0
    for _ in range(_MOST_BATCHES):
        batch = letters.receive(10)
        if not batch:
            break
        for letter in batch:
            written += _bury_one(letter, rows, now)
            letters.delete(letter.handle)
    return written


def _bury_one(letter: DeadLetter, rows: JobRows, now: float) -> int:
    try:
        job_id = identity(letter, load(letter.body))
    except UnreadableMessage:
        job_id = identity(letter)
    standing = rows.get(job_id)
    row = failed_row(letter, standing, now=now)
    if row is None:
        return 0
    return int(rows.write(row, standing.version if standing else None).done)


def _row(job_id: str, connection: str, letter: DeadLetter, failure: Failure, now: float) -> JobRow:
    return JobRow(
        id=job_id,
        connection=connection,
        state=JobState.FAILED,
        payload=letter.body,
        version=int(now * 1000),
        asked_at=letter.first_sent_at,
        first_attempt_at=letter.first_sent_at,
        last_attempt_at=now,
        failure=failure,
    )
