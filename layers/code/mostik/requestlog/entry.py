"""One entry of the request log: one HTTP exchange with an external system, in or out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mostik.errors import Family


class Direction(StrEnum):
    """Who called whom."""

    IN = "in"
    """They called us: a webhook, 1C."""
    OUT = "out"
    """We called them."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One side of an exchange as it was on the wire, already redacted."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    size: int = 0
    """Bytes on the wire; ``body`` may hold less."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What is kept of one attempt. Everything in it was redacted before it got here.

    Attributes:
        id: ULID of ``at``; entries sort by it.
        at: unix seconds when the call began or the request was received.
        endpoint: the template (``/orders/{id}``, ``crm.item.add``), so that calls group.
        url: as called, with secrets replaced.
        status: HTTP status, ``None`` when no answer came.
        duration_ms: milliseconds until the answer, or until it failed.
        family: what happened next, ``None`` for a success.
        error: one sentence for the administrator.
        attempt: 1 for the first call of this job's attempt, 2 for its first quick repeat.
        job: job id.
        event: id of the receipt, run or person that caused it.
        record: ``resource/key`` when the call was about one record.
        trace: the trace id of the inbound request.
    """

    id: str
    at: float
    connection: str
    direction: Direction
    method: str
    endpoint: str
    url: str
    status: int | None
    duration_ms: int
    request: Exchange
    response: Exchange
    family: Family | None = None
    error: str | None = None
    attempt: int = 1
    job: str | None = None
    event: str | None = None
    record: str | None = None
    trace: str | None = None

    def with_sides(self, request: Exchange, response: Exchange) -> LogEntry:
        """Returns the entry with other headers and bodies."""
        return replace(self, request=request, response=response)

    def without_bodies(self) -> LogEntry:
        """Returns the entry as a list shows it: of both sides only their sizes."""
        sizes = (Exchange(size=side.size) for side in (self.request, self.response))
        return self.with_sides(*sizes)
