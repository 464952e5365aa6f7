"""Reads the request log: any combination of filters, newest first, with a cursor."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mostik.ids import time_of, ulid, ulid_at
from mostik.ports import Table
from mostik.requestlog.entry import Direction, LogEntry
from mostik.requestlog.store import SHARDS, day_of, entry_of, partition_of

_DAY = 86_400
_PAGE = 50
MOST_READ_UNITS = 512.0
"""4 MB, eventually consistent: what one request may read before it says how far it got."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries are wanted. ``None`` does not filter.

    Attributes:
        since: unix seconds, inclusive.
        until: unix seconds, inclusive.
        status: ``503``, a class ``5xx``, ``none`` (no answer), ``ok`` or ``error``.
        endpoint: a template with ``*`` for anything: ``/orders/*``.
    """

    since: float
    until: float
    connection: str | None = None
    status: str | None = None
    endpoint: str | None = None
    method: str | None = None
    direction: Direction | None = None
    event: str | None = None
    job: str | None = None

    def admits(self, item: Mapping[str, Any]) -> bool:
        """Whether a row passes every filter but time and connection."""
        return (
            (self.status is None or _has_status(item, self.status))
            and (self.endpoint is None or fnmatchcase(item["endpoint"], self.endpoint))
            and (self.method is None or item["method"] == self.method.upper())
            and (self.direction is None or item["direction"] == self.direction.value)
            and (self.event is None or item.get("event") == self.event)
            and (self.job is None or item.get("job") == self.job)
        )


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries, newest first, without their bodies.

    Attributes:
        cursor: pass it to go on; ``None`` when everything in the time range was searched.
        searched_back_to: unix seconds down to which the search got.
    """

    entries: Sequence[LogEntry]
    cursor: str | None
    searched_back_to: float


class LogReader:
    """Searches the log table.

    Args:
        table: the log table.
        connections: ids of the connections whose entries a search without that filter covers.
    """

    def __init__(self, table: Table, connections: Sequence[str]) -> None:
        self._table = table
        self._connections = connections

    def search(self, wanted: LogFilter, *, limit: int = 50, cursor: str | None = None) -> LogPage:
        """Returns up to ``limit`` entries and where to go on."""
        until = min(wanted.until, time_of(cursor)) if cursor else wanted.until
        found: list[LogEntry] = []
        reading = _Reading()
        day_start = (until // _DAY) * _DAY
        while day_start + _DAY > wanted.since:
            for item in self._day(day_start, wanted, until, cursor, reading):
                if wanted.admits(item):
                    found.append(entry_of(item))
                    if len(found) == limit:
                        return LogPage(found, found[-1].id, found[-1].at)
                if reading.units >= MOST_READ_UNITS:
                    return LogPage(found, item["sk"], float(item["at"]))
            # Days without entries cost too: half a unit for each connection.
            if reading.units >= MOST_READ_UNITS and day_start > wanted.since:
                return LogPage(found, _last_ulid_of(day_start - 0.001), day_start)
            day_start -= _DAY
        return LogPage(found, None, wanted.since)

    def _day(
        self,
        day_start: float,
        wanted: LogFilter,
        until: float,
        cursor: str | None,
        reading: _Reading,
    ) -> Iterator[Mapping[str, Any]]:
        connections = [wanted.connection] if wanted.connection else self._connections
        partitions = [
            partition_of(connection, day_of(day_start), shard)
            for connection in connections
            for shard in range(SHARDS)
        ]
        first = ulid_at(max(wanted.since, day_start))
        last = cursor or _last_ulid_of(until)
        streams = [self._partition(pk, first, last, reading) for pk in partitions]
        for item in heapq.merge(*streams, key=lambda row: row["sk"], reverse=True):
            if item["sk"] != cursor:
                yield item

    def _partition(
        self, pk: str, first: str, last: str, reading: _Reading
    ) -> Iterator[Mapping[str, Any]]:
        after: str | None = None
        while True:
            page = self._table.query(
                pk, first=first, last=last, after=after, newest_first=True, limit=_PAGE
            )
            reading.units += page.read_units
            yield from page.items
            after = page.after
            if after is None:
                return


@dataclass(slots=True)
class _Reading:
    """What a search has read so far."""

    units: float = 0.0


def _last_ulid_of(seconds: float) -> str:
    """The greatest ULID of a millisecond. Not the smallest of the next: adding 0.001 to a float may
    not reach it."""
    return ulid(seconds, lambda size: b"\xff" * size)


def _has_status(item: Mapping[str, Any], wanted: str) -> bool:
    status = item.get("status")
    match wanted.lower():
        case "none":
            return status is None
        case "ok":
            return item.get("family") is None
        case "error":
            return item.get("family") is not None
        case text if text.endswith("xx"):
            return status is not None and str(status)[:1] == text[:1]
        case text:
            return str(status) == text
