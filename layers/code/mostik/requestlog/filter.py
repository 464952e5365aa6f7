"""Which entries of the log are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from mostik.errors import Family
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from mostik.requestlog.keys import CLASSES, class_of, code_of
from mostik.requestlog.packing import clipped


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries are wanted. ``None`` does not filter.

    Attributes:
        since: unix seconds, inclusive.
        until: unix seconds, inclusive.
        status: ``503``, a class ``5xx``, ``none`` (no answer), ``ok``, ``error`` or a family.
        family: what happened next.
        endpoint: a template with ``*`` for anything: ``/orders/*``.
        event: id of a receipt, of a run or of a person's action.
        run: id of a run; the same as ``event``, for whoever knows it is a run.
        record: ``resource/key``.
        text: in the address, the error, or a body that lies in the row; case does not matter.
        newer_than: an entry's id: only entries behind it.
    """

    since: float
    until: float
    connection: str | None = None
    status: str | None = None
    family: Family | None = None
    endpoint: str | None = None
    method: str | None = None
    direction: Direction | None = None
    event: str | None = None
    run: str | None = None
    job: str | None = None
    record: str | None = None
    text: str | None = None
    newer_than: str | None = None

    def admits(self, entry: LogEntry) -> bool:
        """Whether an entry passes every filter but time and text."""
        return (
            (self.connection is None or entry.connection == self.connection)
            and (self.status is None or _has_status(entry, self.status.lower()))
            and (self.family is None or entry.family is self.family)
            and (self.endpoint is None or fnmatchcase(entry.endpoint, self.endpoint))
            and (self.method is None or entry.method == self.method.upper())
            and (self.direction is None or entry.direction is self.direction)
            and _is(entry.event, self.event)
            and _is(entry.event, self.run)
            and _is(entry.job, self.job)
            and _is(entry.record, self.record)
        )

    def admits_text(self, entry: LogEntry) -> bool:
        """Whether a whole entry holds the wanted text."""
        if self.text is None:
            return True
        wanted = self.text.casefold()
        return any(wanted in text.casefold() for text in (entry.url, entry.error or "")) or any(
            wanted in _words(side) for side in (entry.request, entry.response)
        )

    def error_labels(self) -> tuple[str, ...]:
        """The digests of errors that hold everything wanted; none when it may be a success."""
        status = (self.status or "").lower()
        if status.isdecimal() and not 200 <= int(status) < 300:
            return (status,)
        if status in CLASSES and status != "2xx":
            return (status,)
        if self.family is not None or status == "error" or status in set(Family):
            return CLASSES
        return ()


def _is(value: str | None, wanted: str | None) -> bool:
    return wanted is None or value == clipped(wanted)


def _words(side: Exchange) -> str:
    return side.body.decode("utf-8", "ignore").casefold()


def _has_status(entry: LogEntry, wanted: str) -> bool:
    match wanted:
        case "ok":
            return entry.family is None
        case "error":
            return entry.family is not None
        case _ if wanted in CLASSES:
            return class_of(entry.status) == wanted
        case _ if wanted in set(Family):
            return entry.family is Family(wanted)
        case _:
            return code_of(entry.status) == wanted
