"""Reads the request log: any combination of filters, newest first, with a cursor."""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from mostik.ids import time_of
from mostik.ports import Blobs, Clock, Table
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.filter import LogFilter
from mostik.requestlog.keys import (
    ALL,
    error_partition,
    event_partition,
    first_id,
    job_partition,
    last_digest_for,
    last_id,
    log_partition,
)
from mostik.requestlog.packing import unpack_summaries
from mostik.requestlog.store import EXPIRES_AT, PACKED, whole_entry

__all__ = ["LogFilter", "LogPage", "LogReader"]

MOST_READ_UNITS = 512.0
"""4 MB, eventually consistent: what one request may read before it says how far it got."""
_MOST_ROWS = 100
_FIRST_ROWS = 4
"""Read at first where many partitions are merged, or where a row holds many entries."""
_MOST_MERGED = 32
"""Connections whose entries are read side by side for their text; of more, one after the other."""
_BY_ID = attrgetter("id")


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
        connections: ids of the connections whose bodies a search without that filter covers.
        blobs: where big bodies lie; without them ``get`` shows what is in the row.
        clock: unix seconds; with it, what has expired and is not deleted yet stays unseen.
    """

    def __init__(
        self,
        table: Table,
        connections: Sequence[str],
        blobs: Blobs | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._table = table
        self._connections = connections
        self._blobs = blobs
        self._clock = clock

    def search(self, wanted: LogFilter, *, limit: int = 50, cursor: str | None = None) -> LogPage:
        """Returns up to ``limit`` entries and where to go on."""
        found: list[LogEntry] = []
        reading = _Reading(self._clock() if self._clock is not None else float("-inf"))
        try:
            for entry, is_wanted in self._judged(wanted, limit, cursor, reading):
                reading.last = entry
                if is_wanted:
                    found.append(entry.without_bodies())
                    if len(found) == limit:
                        return LogPage(found, entry.id, entry.at)
        except _EnoughRead as enough:
            # Whatever was judged is complete: a stream reads on only when it has nothing to show.
            return LogPage(found, enough.last.id, enough.last.at)
        return LogPage(found, None, wanted.since)

    def get(self, entry_id: str, connection: str | None = None) -> LogEntry | None:
        """Returns one entry with its bodies; without its connection that is looked up first.

        Raises:
            ValueError: ``entry_id`` is not a ULID.
        """
        time_of(entry_id)
        if connection is None:
            span = _Range(entry_id, entry_id, last_digest_for(entry_id))
            near = self._digested(ALL, span, _Reading(float("-inf")))
            connection = next((one.connection for one in near), None)
        places = [connection] if connection is not None else self._connections
        for place in places:
            item = self._table.get(log_partition(place), entry_id)
            if item is not None and not self._is_expired(item):
                return whole_entry(item, self._blobs)
        return None

    def _judged(
        self, wanted: LogFilter, limit: int, cursor: str | None, reading: _Reading
    ) -> Iterator[tuple[LogEntry, bool]]:
        """Every candidate, and whether it is wanted."""
        partitions = self._digests_for(wanted)
        for entry in self._candidates(partitions, wanted, limit, cursor, reading):
            yield (
                entry,
                wanted.admits(entry)
                and (
                    wanted.admits_text(entry)
                    or (bool(partitions) and self._is_text_in_row(entry, wanted, reading))
                ),
            )

    def _digests_for(self, wanted: LogFilter) -> list[str]:
        """The digests that hold everything wanted; none where the entries themselves are better."""
        if wanted.job is not None:
            # The job of a receipt, or of a full-state event, has the id of its event.
            return [job_partition(wanted.job), event_partition(wanted.job)]
        if event := wanted.event if wanted.event is not None else wanted.run:
            return [event_partition(event)]
        if labels := wanted.error_labels():
            return [error_partition(wanted.connection, label) for label in labels]
        if wanted.connection is None and (
            wanted.text is None or len(self._connections) > _MOST_MERGED
        ):
            return [ALL]
        return []

    def _candidates(
        self,
        partitions: Sequence[str],
        wanted: LogFilter,
        limit: int,
        cursor: str | None,
        reading: _Reading,
    ) -> Iterator[LogEntry]:
        """Entries of the wanted time, newest first, from wherever the fewest need to be read."""
        first = first_id(wanted.since)
        if wanted.newer_than is not None:
            first = max(first, wanted.newer_than)
        last = last_id(wanted.until)
        if cursor is not None:
            last = min(last, cursor)
        span = _Range(first, last, last_digest_for(last))
        if partitions:
            streams = [self._digested(partition, span, reading) for partition in partitions]
        elif wanted.connection is not None:
            rows = limit + (cursor is not None)  # the cursor's own row is read once more
            streams = [self._logged(wanted.connection, span, rows, reading)]
        else:
            streams = [
                self._logged(connection, span, _FIRST_ROWS, reading)
                for connection in self._connections
            ]
        for entry in heapq.merge(*streams, key=_BY_ID, reverse=True):
            if entry.id not in (cursor, wanted.newer_than):
                yield entry

    def _logged(
        self, connection: str, span: _Range, rows: int, reading: _Reading
    ) -> Iterator[LogEntry]:
        """A connection's own entries."""
        for item in self._rows(log_partition(connection), span.first, span.last, rows, reading):
            yield whole_entry(item, None)

    def _digested(self, partition: str, span: _Range, reading: _Reading) -> Iterator[LogEntry]:
        """Entries out of digests. A digest is known by its newest entry, so that an entry may be
        shown as soon as the next digest begins before it."""
        waiting: list[LogEntry] = []
        rows = self._rows(partition, span.first, span.last_digest, _FIRST_ROWS, reading)
        for item in rows:
            while waiting and waiting[-1].id > item["sk"]:
                yield waiting.pop()
            for entry in unpack_summaries(item[PACKED]):
                if span.first <= entry.id <= span.last:
                    insort(waiting, entry, key=_BY_ID)
        yield from reversed(waiting)

    def _rows(
        self, partition: str, first: str, last: str, rows: int, reading: _Reading
    ) -> Iterator[Mapping[str, Any]]:
        after: str | None = None
        limit = min(rows, _MOST_ROWS)
        while True:
            reading.check()
            page = self._table.query(
                partition, first=first, last=last, after=after, newest_first=True, limit=limit
            )
            reading.took(page.read_units)
            yield from (item for item in page.items if not self._is_expired(item, reading.now))
            after = page.after
            if after is None:
                return
            limit = min(2 * limit, _MOST_ROWS)

    def _is_text_in_row(self, entry: LogEntry, wanted: LogFilter, reading: _Reading) -> bool:
        """Whether an entry out of a digest, which has no bodies, holds the text in its row."""
        reading.check()
        item = self._table.get(log_partition(entry.connection), entry.id)
        reading.units += 1.0
        return item is not None and wanted.admits_text(whole_entry(item, None))

    def _is_expired(self, item: Mapping[str, Any], now: float | None = None) -> bool:
        if now is None:
            now = self._clock() if self._clock is not None else float("-inf")
        return bool(item[EXPIRES_AT] <= now)


@dataclass(frozen=True, slots=True)
class _Range:
    """Ids, both ends inclusive, and the greatest key of a digest that may hold one of them."""

    first: str
    last: str
    last_digest: str


@dataclass(slots=True)
class _Reading:
    """What a search has read so far, and when it began."""

    now: float
    units: float = 0.0
    largest: float = 0.0
    last: LogEntry | None = None

    def took(self, units: float) -> None:
        """A page has been read."""
        self.units += units
        self.largest = max(self.largest, units)

    def check(self) -> None:
        """Raises ``_EnoughRead`` when one more page as large as the largest would be too much; not
        before there is an entry to go on from."""
        if self.last is not None and self.units + self.largest >= MOST_READ_UNITS:
            raise _EnoughRead(self.last)


class _EnoughRead(Exception):
    """The search may read no more; ``last`` is the last entry that it judged."""

    def __init__(self, last: LogEntry) -> None:
        super().__init__()
        self.last = last
