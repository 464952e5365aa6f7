"""Writes log entries, many in one call, and reads one back with its bodies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mostik.ids import time_of
from mostik.ports import Blobs, Busy, Table
from mostik.requestlog.entry import Exchange, LogEntry
from mostik.requestlog.keys import (
    DIGEST_CHARACTERS,
    DIGEST_ENTRIES,
    DIGEST_SECONDS,
    digests_of,
    log_partition,
)
from mostik.requestlog.packing import (
    pack_entry,
    pack_side,
    pack_summaries,
    unpack_entry,
    unpack_side,
)

INLINE_BYTES = 8_192
"""A packed entry up to this size lies in its row; of a bigger one the bodies lie in the blobs."""
PACKED = "e"
"""The attribute of a row that holds what it says."""
EXPIRES_AT = "expires_at"
_DAY = 86_400

Retention = Callable[[str], int | None]
"""Days for which a connection's entries are kept; ``None`` for those of the log."""


class RequestLog:
    """The request log over a table and a blob store.

    Args:
        table: the log table.
        blobs: where big bodies go.
        retention_days: after so many days an entry expires.
        retention_of: a connection's own days.
    """

    def __init__(
        self,
        table: Table,
        blobs: Blobs,
        retention_days: int = 30,
        retention_of: Retention | None = None,
    ) -> None:
        self._table = table
        self._blobs = blobs
        self._retention_days = retention_days
        self._retention_of = retention_of

    def write(self, entries: Iterable[LogEntry]) -> int:
        """Writes entries. Never raises for the service's sake: a log must not fail a job.

        Returns:
            How many entries were lost, or lost to some searches; the caller counts them in a
            metric.
        """
        kept = list(entries)
        days: dict[str, int] = {}
        for connection in {entry.connection for entry in kept}:
            days[connection] = self._days_of(connection)
        rows = [self._row(entry, days[entry.connection]) for entry in kept]
        members = {(row["pk"], row["sk"]): [row["sk"]] for row in rows}
        for row, digested in digests(kept, days):
            rows.append(row)
            members[row["pk"], row["sk"]] = [entry.id for entry in digested]
        try:
            left = self._table.put_many(rows)
        except Busy:
            return len(kept)
        return len({entry_id for row in left for entry_id in members[row["pk"], row["sk"]]})

    def get(self, connection: str, entry_id: str) -> LogEntry | None:
        """Returns one entry with its bodies.

        Raises:
            ValueError: ``entry_id`` is not a ULID.
        """
        time_of(entry_id)
        item = self._table.get(log_partition(connection), entry_id)
        return whole_entry(item, self._blobs) if item is not None else None

    def _days_of(self, connection: str) -> int:
        if self._retention_of is None:
            return self._retention_days
        try:
            return self._retention_of(connection) or self._retention_days
        except Busy:
            return self._retention_days  # the settings cannot be read now: better than no entry

    def _row(self, entry: LogEntry, days: int) -> dict[str, Any]:
        return {
            "pk": log_partition(entry.connection),
            "sk": entry.id,
            EXPIRES_AT: int(entry.at + days * _DAY),
            PACKED: self._packed(entry),
        }

    def _packed(self, entry: LogEntry) -> bytes:
        """The entry with its bodies, or with its smaller body, or with none: what fits the row."""
        sides: dict[str, Exchange | None] = {"request": entry.request, "response": entry.response}
        packed = pack_entry(entry, entry.request, entry.response)
        for name in sorted(sides, key=lambda side: -_weight(sides[side])):
            if len(packed) <= INLINE_BYTES:
                break
            side = sides[name]
            if side is None or _weight(side) == 0:
                continue
            sides[name] = None if self._put_away(entry.id, name, side) else _preview(side)
            packed = pack_entry(entry, sides["request"], sides["response"])
        return packed

    def _put_away(self, entry_id: str, name: str, side: Exchange) -> bool:
        try:
            self._blobs.put(blob_key(entry_id, name), pack_side(side))
        except Busy:
            return False
        return True


def digests(
    entries: Sequence[LogEntry], days: Mapping[str, int]
) -> Iterator[tuple[dict[str, Any], Sequence[LogEntry]]]:
    """Groups entries by what they are found by.

    Args:
        entries: of one batch.
        days: each connection's retention. Entries of different ones never share a digest: it would
            keep some for longer than it may.

    Yields:
        A row and the entries in it, oldest first.
    """
    groups: defaultdict[tuple[str, int], list[LogEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda one: one.id):
        for partition in digests_of(entry):
            groups[partition, days[entry.connection]].append(entry)
    for (partition, kept_days), group in groups.items():
        for part in _parts(group):
            newest = part[-1]
            yield (
                {
                    "pk": partition,
                    "sk": newest.id,
                    EXPIRES_AT: int(newest.at + kept_days * _DAY),
                    PACKED: pack_summaries(part),
                },
                part,
            )


def whole_entry(item: Mapping[str, Any], blobs: Blobs | None) -> LogEntry:
    """Reads an entry from its row, with bodies: also those in the blobs, when they are given."""
    entry, request_away, response_away = unpack_entry(item["sk"], item[PACKED])
    if blobs is None:
        return entry
    sides = {"request": entry.request, "response": entry.response}
    for name, away in (("request", request_away), ("response", response_away)):
        packed = blobs.get(blob_key(entry.id, name)) if away else None
        if packed is not None:
            sides[name] = unpack_side(packed, sides[name].size)
    return entry.with_sides(sides["request"], sides["response"])


def blob_key(entry_id: str, side: str) -> str:
    """Where a side of an entry lies in the blobs."""
    return f"bodies/log/{entry_id}.{side}"


def _parts(group: Sequence[LogEntry]) -> Iterator[list[LogEntry]]:
    part: list[LogEntry] = []
    characters = 0
    for entry in group:
        size = len(entry.url) + len(entry.error or "")
        if part and (
            len(part) == DIGEST_ENTRIES
            or characters + size > DIGEST_CHARACTERS
            or time_of(entry.id) - time_of(part[0].id) > DIGEST_SECONDS
        ):
            yield part
            part, characters = [], 0
        part.append(entry)
        characters += size
    if part:
        yield part


def _weight(side: Exchange | None) -> int:
    if side is None:
        return 0
    return len(side.body) + sum(len(name) + len(value) for name, value in side.headers.items())


def _preview(side: Exchange) -> Exchange:
    """What can be kept of a side that the blobs did not take; the other one may lie beside it."""
    for headers, most in ((side.headers, INLINE_BYTES // 4), ({}, INLINE_BYTES // 4), ({}, 0)):
        preview = Exchange(headers, side.body[:most], side.size)
        if len(pack_side(preview)) <= INLINE_BYTES // 2:
            return preview
    return Exchange(size=side.size)
