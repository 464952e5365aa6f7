"""The row of a job: its state, its claim, and how it is written in the state table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self
from zlib import crc32

from mostik.errors import Family, WhoActs

DUE_INDEX = "due"
DUE_SHARDS = 16
"""The due index is spread over so many partitions (a partition takes 1,000 writes a second)."""

_SORT_KEY = "job"


class JobState(StrEnum):
    """Where a job stands, and with that, what carries it."""

    QUEUED = "queued"
    """Its message."""
    RUNNING = "running"
    """Its message, under a lease."""
    WAITING = "waiting"
    """Its row in the due index, or a message with a short delay."""
    HELD = "held"
    """Its row, behind a closed gate, without a timer of its own."""
    UNKNOWN = "unknown"
    """Its row in the due index: a write may have happened and is looked up when due."""
    FAILED = "failed"
    """Its row: a person decides."""
    DONE = "done"
    """Nothing: terminal, kept as a dedupe mark until it expires."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The last thing that went wrong, in words for the administrator."""

    family: Family
    text: str
    who: WhoActs
    at: float
    code: str | None = None

    def as_item(self) -> dict[str, Any]:
        """Returns it as the table holds it."""
        return {
            "family": self.family.value,
            "text": self.text,
            "who": self.who.value,
            "at": self.at,
            "code": self.code,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back."""
        return cls(
            family=Family(item["family"]),
            text=item["text"],
            who=WhoActs(item["who"]),
            at=float(item["at"]),
            code=item.get("code"),
        )


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job.

    Attributes:
        id: the record (``connection/resource/key``) of a touch, else the id of the event or
            receipt.
        state: see ``JobState``.
        payload: the whole message as JSON, so that a replay needs nothing else.
        version: grows with every write and starts at the clock's milliseconds, so a row that was
            removed and made again never repeats one; the fencing token of every conditional write.
        asked_at: when the oldest unfinished touch was asked for; held jobs leave in this order.
        asked: how many touches have asked for the record.
        taken: the value of ``asked`` that the present or last attempt has seen.
        done: the value of ``asked`` up to which the work is finished.
        attempts: attempts that counted (a closed gate does not).
        crashes: attempts in a row that ended without any outcome: the worker died.
        owner: the invocation that holds the claim.
        lease_until: unix seconds until which the claim stands.
        due_at: unix seconds when the tick sends it; ``None`` when its carrier is a message.
        sent_at: when the tick or a worker last sent a message for it.
        gate: the gate that it is held behind.
        held_at: since when it is held, if it was tried before.
        held_seconds: how long it was held since its first attempt: its deadline is so much later.
        lookups: look-ups that found nothing since a write's outcome became unknown; ``None``:
            not unknown.
        writes_unsafely: the running attempt may do a write that must not be repeated blindly.
    """

    id: str
    connection: str
    state: JobState
    payload: str
    version: int
    asked_at: float
    asked: int = 1
    taken: int = 0
    done: int = 0
    attempts: int = 0
    crashes: int = 0
    owner: str | None = None
    lease_until: float = 0.0
    first_attempt_at: float | None = None
    last_attempt_at: float | None = None
    due_at: float | None = None
    sent_at: float | None = None
    gate: str | None = None
    held_at: float | None = None
    held_seconds: float = 0.0
    lookups: int | None = None
    writes_unsafely: bool = False
    failure: Failure | None = None
    expires_at: int | None = None

    @property
    def ask(self) -> str:
        """Names what its attempts are about: stays until the work is finished, whatever happens in
        between, and is another one when it is asked for again."""
        return f"{self.id}#{self.asked_at:.3f}#{self.done}"

    @property
    def tried_before(self) -> bool:
        """Whether an attempt before the present one may have called the other side."""
        return self.attempts > 1 or self.crashes > 0 or self.failure is not None

    def next(self, **changes: Any) -> JobRow:
        """Returns the row's next version with ``changes``."""
        return replace(self, version=self.version + 1, **changes)


def partition_of(job_id: str) -> str:
    """The table partition of a job's row."""
    return f"job#{job_id}"


def shard_of(job_id: str) -> int:
    """The due-index shard of a job: stable, evenly spread."""
    return crc32(job_id.encode()) % DUE_SHARDS


def due_partition(shard: int) -> str:
    """The due-index partition that the tick reads."""
    return f"due#{shard}"


def held_partition(gate: str) -> str:
    """The index partition of jobs held behind a gate, oldest first."""
    return f"held#{gate}"


FAILED_PARTITION = "failed"
"""The index partition of failed jobs; a person reads it, so one partition is enough."""


def time_key(seconds: float) -> str:
    """A sort key that orders by time as text."""
    return f"{seconds:017.3f}"


def failed_key(row: JobRow) -> str:
    """The sort key of a failed job among the failed ones."""
    return f"{time_key(row.failure.at if row.failure else 0.0)}#{row.id}"


def _index_keys(row: JobRow) -> dict[str, Any]:
    """Only rows that carry their job, or wait for a person, are in the index."""
    match row.state:
        case JobState.HELD if row.gate is not None:
            return {
                "due_pk": held_partition(row.gate),
                "due_sk": f"{time_key(row.asked_at)}#{row.id}",
            }
        case JobState.FAILED:
            return {"due_pk": FAILED_PARTITION, "due_sk": failed_key(row)}
        case _ if row.due_at is not None:
            return {
                "due_pk": due_partition(shard_of(row.id)),
                "due_sk": f"{time_key(row.due_at)}#{row.id}",
            }
        case _:
            return {}


def to_item(row: JobRow) -> dict[str, Any]:
    """Returns the row as the table holds it, without empty fields (a write unit is 1 KB)."""
    fields = {
        "id": row.id,
        "connection": row.connection,
        "state": row.state.value,
        "payload": row.payload,
        "version": row.version,
        "asked_at": row.asked_at,
        "asked": row.asked,
        "taken": row.taken,
        "done": row.done,
        "attempts": row.attempts,
        "crashes": row.crashes or None,
        "owner": row.owner,
        "lease_until": row.lease_until or None,
        "first_attempt_at": row.first_attempt_at,
        "last_attempt_at": row.last_attempt_at,
        "due_at": row.due_at,
        "sent_at": row.sent_at,
        "gate": row.gate,
        "held_at": row.held_at,
        "held_seconds": row.held_seconds or None,
        "lookups": row.lookups,
        "writes_unsafely": row.writes_unsafely or None,
        "failure": row.failure.as_item() if row.failure else None,
        "expires_at": row.expires_at,
    }
    return {
        "pk": partition_of(row.id),
        "sk": _SORT_KEY,
        **{name: value for name, value in fields.items() if value is not None},
        **_index_keys(row),
    }


def from_item(item: Mapping[str, Any]) -> JobRow:
    """Reads a row back; fields of a later release are ignored."""

    def seconds(name: str) -> float | None:
        return float(item[name]) if item.get(name) is not None else None

    return JobRow(
        id=item["id"],
        connection=item["connection"],
        state=JobState(item["state"]),
        payload=item["payload"],
        version=int(item["version"]),
        asked_at=float(item["asked_at"]),
        asked=int(item.get("asked", 1)),
        taken=int(item.get("taken", 0)),
        done=int(item.get("done", 0)),
        attempts=int(item.get("attempts", 0)),
        crashes=int(item.get("crashes", 0)),
        owner=item.get("owner"),
        lease_until=seconds("lease_until") or 0.0,
        first_attempt_at=seconds("first_attempt_at"),
        last_attempt_at=seconds("last_attempt_at"),
        due_at=seconds("due_at"),
        sent_at=seconds("sent_at"),
        gate=item.get("gate"),
        held_at=seconds("held_at"),
        held_seconds=seconds("held_seconds") or 0.0,
        lookups=int(item["lookups"]) if item.get("lookups") is not None else None,
        writes_unsafely=bool(item.get("writes_unsafely", False)),
        failure=Failure.from_item(item["failure"]) if item.get("failure") else None,
        expires_at=int(item["expires_at"]) if item.get("expires_at") else None,
    )
