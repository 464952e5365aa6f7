"""Turns dead letters into failed rows. SQS fills that queue only when a message crashed its
readers."""

from __future__ import annotations

import hashlib

from mostik.errors import Family, WhoActs
from mostik.jobs.message import Message, UnreadableMessage, load
from mostik.jobs.row import Failure, JobRow, JobState
from mostik.jobs.rows import JobRows
from mostik.ports import Busy, DeadLetter, DeadLetters

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
    if standing is not None and carries_itself(standing, now):
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


def carries_itself(row: JobRow, now: float) -> bool:
    """Whether a job needs no message: its row is due some time, held or terminal, or its owner is
    still at it. A row that waits a few seconds has only its delayed message, perhaps this one."""
    match row.state:
        case JobState.RUNNING:
            return row.lease_until > now
        case JobState.HELD | JobState.FAILED | JobState.DONE:
            return True
        case _:
            return row.due_at is not None


def bury(letters: DeadLetters, rows: JobRows, *, now: float) -> int:
    """Turns what is in the dead-letter queue into failed rows: the row first, then the deletion.

    A letter that cannot be settled now stays there for the next tick and does not stop the others.

    Returns:
        How many rows were written.
    """
    written = 0
    for _ in range(_MOST_BATCHES):
        batch = letters.receive(10)
        if not batch:
            break
        for letter in batch:
            try:
                settled = _bury_one(letter, rows, now)
                if settled is not None:
                    letters.delete(letter.handle)
                    written += settled
            except Busy:
                continue  # the letter becomes visible again
    return written


def _bury_one(letter: DeadLetter, rows: JobRows, now: float) -> int | None:
    """Returns how many rows were written, or ``None`` when the letter must be looked at again."""
    try:
        job_id = identity(letter, load(letter.body))
    except UnreadableMessage:
        job_id = identity(letter)
    standing = rows.get(job_id)
    row = failed_row(letter, standing, now=now)
    if row is None:
        # An owner at work may yet die, and this letter would then be all that is left of the job.
        return None if standing is not None and standing.state is JobState.RUNNING else 0
    wrote = rows.write(row, standing.version if standing else None)
    return 1 if wrote.done else None


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
