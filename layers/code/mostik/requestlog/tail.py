"""Follows the log: what is new since one last looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mostik.ids import time_of
from mostik.ports import Clock
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.keys import first_id
from mostik.requestlog.query import LogFilter, LogReader

LATE_SECONDS = 120.0
"""An entry is written when its batch ends, so up to a worker's timeout after its call began. What
comes later still (a receipt that waited longer in the queue) is in the log, but not in its tail."""
_MOST_AT_ONCE = 200


class Tail:
    """Shows each new entry once, the oldest first.

    Args:
        reader: searches the log.
        wanted: filters; of the time only ``since`` counts.
        clock: unix seconds.
    """

    def __init__(self, reader: LogReader, wanted: LogFilter, clock: Clock) -> None:
        self._reader = reader
        self._wanted = wanted
        self._clock = clock
        self._newest = first_id(wanted.since)
        self._seen: set[str] = set()

    def poll(self) -> Sequence[LogEntry]:
        """Returns what has come in since the last call."""
        since = max(self._wanted.since, time_of(self._newest) - LATE_SECONDS)
        wanted = replace(self._wanted, since=since, until=self._clock() + LATE_SECONDS)
        found: list[LogEntry] = []
        cursor: str | None = None
        while True:
            page = self._reader.search(wanted, limit=_MOST_AT_ONCE, cursor=cursor)
            found += page.entries
            cursor = page.cursor
            if cursor is None:
                break
        new = [entry for entry in reversed(found) if entry.id not in self._seen]
        self._newest = max([self._newest, *(entry.id for entry in new)])
        self._seen = {entry.id for entry in found}
        return new
