"""Where entries lie in the log's table: each in its connection's partition, and in digests.

========================== ================ =====================================================
partition                  sort key         row
========================== ================ =====================================================
``log#<connection>``       id               one entry with its bodies
``all``                    newest id in it  a digest of whatever one batch did
``event#<event or run>``   newest id in it  a digest of what it did for this event, run or person
``job#<job>``              newest id in it  a digest of the job's calls
``error#<label>``,         newest id in it  a digest of what went wrong, by class (``5xx``,
``error#<connection>#...``                  ``none``) and by code (``503``)
========================== ================ =====================================================

A digest is one row for many entries, without their bodies. It is what an index would hold, and it
costs a fraction of one: an index takes a write unit for each entry and for each key, a digest takes
one for a whole group of them (docs/decisions/2026-11-24-request-log.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from mostik.ids import time_of, ulid, ulid_at
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.packing import clipped

ALL = "all"
CLASSES = ("none", "1xx", "2xx", "3xx", "4xx", "5xx")
"""Labels that hold every error between them; 2xx, because some APIs fail with status 200."""
DIGEST_SECONDS = 10.0
"""Between the oldest and the newest entry of a digest: a search begins so much later, no more."""
DIGEST_ENTRIES = 40
"""At the most in one digest: about 4 KB, half a read unit."""
DIGEST_CHARACTERS = 20_000
"""Of addresses and errors at the most in one digest, unless a single entry has more."""
_MOST_KEY_TEXT = 200
"""Characters of an id in a key; a partition key takes 2,048 bytes."""


def log_partition(connection: str) -> str:
    """The partition of a connection's entries."""
    return f"log#{connection}"


def event_partition(event: str) -> str:
    """The digests of an event, a run or a person's action."""
    return f"event#{_short(event)}"


def job_partition(job: str) -> str:
    """The digests of a job, unless its event has the same id."""
    return f"job#{_short(job)}"


def error_partition(connection: str | None, label: str) -> str:
    """The digests of errors of one class or code; of all connections when none is given."""
    return f"error#{connection}#{label}" if connection is not None else f"error#{label}"


def digests_of(entry: LogEntry) -> Iterator[str]:
    """The partitions whose digests hold an entry."""
    yield ALL
    if entry.event:
        yield event_partition(entry.event)
    if entry.job and entry.job != entry.event:
        yield job_partition(entry.job)
    if entry.family is not None or entry.status is None or not 200 <= entry.status < 300:
        for label in dict.fromkeys((class_of(entry.status), code_of(entry.status))):
            yield error_partition(None, label)
            yield error_partition(entry.connection, label)


def class_of(status: int | None) -> str:
    """``5xx``, or ``none`` when no answer came."""
    return "none" if status is None else f"{status // 100}xx"


def code_of(status: int | None) -> str:
    """``503``, or ``none`` when no answer came."""
    return "none" if status is None else str(status)


def first_id(seconds: float) -> str:
    """The smallest id of a moment."""
    return ulid_at(max(0.0, seconds))


def last_id(seconds: float) -> str:
    """The greatest id of a millisecond. Not the smallest of the next: adding 0.001 to a float may
    not reach it."""
    return ulid(max(0.0, seconds), lambda size: b"\xff" * size)


def last_digest_for(entry_id: str) -> str:
    """The greatest sort key of a digest that holds an entry of this id, or one before it."""
    return last_id(time_of(entry_id) + DIGEST_SECONDS)


def _short(identifier: str) -> str:
    """An id as a key holds it; a long one keeps its beginning and is told apart by its hash."""
    identifier = clipped(identifier)
    if len(identifier) <= _MOST_KEY_TEXT:
        return identifier
    digest = sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{identifier[: _MOST_KEY_TEXT - 33]}~{digest}"
