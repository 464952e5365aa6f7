"""What a call belongs to: the job, the event behind it, the time left, and where its log entry
goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mostik.ports import RemainingTime
from mostik.requestlog.entry import LogEntry


def _unlimited() -> float:
    return float("inf")


def _forget(entry: LogEntry) -> None:
    del entry


@dataclass(frozen=True, slots=True)
class Trail:
    """The context of one job's calls.

    Attributes:
        remaining: seconds that the invocation may still use.
        record_entry: takes each log entry.
        job: job id.
        event: id of the receipt, run or person behind it.
        record: ``resource/key``.
        trace: trace id of the inbound request.
    """

    remaining: RemainingTime = _unlimited
    record_entry: Callable[[LogEntry], None] = _forget
    job: str | None = None
    event: str | None = None
    record: str | None = None
    trace: str | None = None

    def with_trace(self, trace: str | None) -> Trail:
        """Returns the trail of a job that a traced request asked for."""
        return replace(self, trace=trace)
