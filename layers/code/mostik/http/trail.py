"""What a call belongs to: the job, the event behind it, the time left, and where its log entry
goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from mostik.http.gate import Lane
from mostik.ports import RemainingTime
from mostik.requestlog.entry import LogEntry


def _unlimited() -> float:
    return float("inf")


def _forget(what: LogEntry | str) -> None:
    del what


def _ignore(endpoint: str, fields: Iterable[str]) -> None:
    del endpoint, fields


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
        crowded: takes the name of a gate at which a call had to wait long.
        lane: how urgent its calls are where the other side limits them.
        ask: what the work was asked by: the same in all its attempts, another when it is asked for
            anew. Keys of keyed calls are made of it.
        quick: whether a call that fails may be repeated at once.
        drift: takes the names of fields that an endpoint's answer had too many.
    """

    remaining: RemainingTime = _unlimited
    record_entry: Callable[[LogEntry], None] = _forget
    job: str | None = None
    event: str | None = None
    record: str | None = None
    trace: str | None = None
    crowded: Callable[[str], None] = _forget
    lane: Lane = Lane.EVENT
    ask: str | None = None
    quick: bool = True
    drift: Callable[[str, Iterable[str]], None] = _ignore

    def with_trace(self, trace: str | None) -> Trail:
        """Returns the trail of a job that a traced request asked for."""
        return replace(self, trace=trace)
