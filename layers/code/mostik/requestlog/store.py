"""Writes log entries, many in one call, and reads one back with its bodies."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from mostik.errors import Family
from mostik.ids import time_of
from mostik.ports import Blobs, Busy, Table
from mostik.requestlog.entry import Direction, Exchange, LogEntry

TRAIL_INDEX = "trail"
ERRORS_INDEX = "errors"
INDEXES: Mapping[str, tuple[str, str]] = {
    TRAIL_INDEX: ("trail", "trail_sk"),
    ERRORS_INDEX: ("error_pk", "sk"),
}
SHARDS = 1
"""Partitions per connection and day. One takes 1,000 writes a second; every more costs reads."""
INLINE_BYTES = 8_192
"""A compressed body up to this size lies in the row; a bigger one in the blobs."""
_MOST_TEXT = 4_096
"""Characters of a URL, an error, ...: one row over 400 KB would cost its whole batch of 25."""
_MOST_KEY_TEXT = 200
"""Characters of a job or event in a sort key, which takes 1,024 bytes."""


class RequestLog:
    """The request log over a table and a blob store.

    Args:
        table: the log table.
        blobs: where big bodies go.
        retention_days: after so many days an entry expires.
    """

    def __init__(self, table: Table, blobs: Blobs, retention_days: int = 30) -> None:
        self._table = table
        self._blobs = blobs
        self._retention_seconds = retention_days * 86_400

    def write(self, entries: Iterable[LogEntry]) -> int:
        """Writes entries. Never raises for the service's sake: a log must not fail a job.

        Returns:
            How many entries were lost; the caller counts them in a metric.
        """
        items = [self._to_item(entry) for entry in entries]
        try:
            return len(self._table.put_many(items))
        except Busy:
            return len(items)

    def get(self, connection: str, entry_id: str) -> LogEntry | None:
        """Returns one entry with its bodies.

        Raises:
            ValueError: ``entry_id`` is not a ULID.
        """
        day = day_of(time_of(entry_id))
        item = self._table.get(partition_of(connection, day, shard_of(entry_id)), entry_id)
        return self._from_item(item) if item is not None else None

    def _to_item(self, entry: LogEntry) -> dict[str, Any]:
        item: dict[str, Any] = {
            # By the id's day, not `at`'s: that is where `get` looks.
            "pk": partition_of(entry.connection, day_of(time_of(entry.id)), shard_of(entry.id)),
            "sk": entry.id,
            "expires_at": int(entry.at + self._retention_seconds),
            "at": entry.at,
            "connection": entry.connection,
            "direction": entry.direction.value,
            "method": entry.method,
            "endpoint": entry.endpoint,
            "url": entry.url,
            "status": entry.status,
            "duration_ms": entry.duration_ms,
            "family": entry.family.value if entry.family else None,
            "error": entry.error,
            "attempt": entry.attempt,
            "job": entry.job,
            "event": entry.event,
            "record": entry.record,
            "trace": entry.trace,
            "request_size": entry.request.size,
            "response_size": entry.response.size,
        }
        if entry.event:  # not empty either: a key must not be
            item["trail"] = entry.event[:_MOST_KEY_TEXT]
            item["trail_sk"] = f"{(entry.job or '')[:_MOST_KEY_TEXT]}#{entry.id}"
        if entry.family is not None:
            item["error_pk"] = f"{entry.connection}#{day_of(entry.at)}"
        item |= self._packed("request", entry.id, entry.request)
        item |= self._packed("response", entry.id, entry.response)
        return {name: _clipped(value) for name, value in item.items() if value is not None}

    def _packed(self, side: str, entry_id: str, exchange: Exchange) -> dict[str, Any]:
        """Headers and body of one side: compressed in the row, or a blob when that is too big."""
        if not exchange.headers and not exchange.body:
            return {}
        head = json.dumps(dict(exchange.headers), ensure_ascii=False).encode()
        packed = zlib.compress(head + b"\0" + exchange.body, 6)
        if len(packed) <= INLINE_BYTES:
            return {side: packed}
        key = f"bodies/log/{entry_id}.{side}"
        try:
            self._blobs.put(key, packed)
        except Busy:
            preview = zlib.compress(head + b"\0" + exchange.body[:INLINE_BYTES], 6)
            return {side: preview[:INLINE_BYTES] if len(preview) <= INLINE_BYTES else None}
        return {f"{side}_key": key}

    def _from_item(self, item: Mapping[str, Any]) -> LogEntry:
        return entry_of(
            item,
            request=self._unpacked("request", item),
            response=self._unpacked("response", item),
        )

    def _unpacked(self, side: str, item: Mapping[str, Any]) -> Exchange:
        packed = item.get(side)
        if packed is None and (key := item.get(f"{side}_key")):
            packed = self._blobs.get(key)
        size = int(item.get(f"{side}_size", 0))
        if packed is None:
            return Exchange(size=size)
        head, _, body = zlib.decompress(packed).partition(b"\0")
        return Exchange(headers=json.loads(head), body=body, size=size)


def entry_of(
    item: Mapping[str, Any], *, request: Exchange | None = None, response: Exchange | None = None
) -> LogEntry:
    """Reads an entry from its row; without bodies unless they are given."""
    return LogEntry(
        id=item["sk"],
        at=float(item["at"]),
        connection=item["connection"],
        direction=Direction(item["direction"]),
        method=item["method"],
        endpoint=item["endpoint"],
        url=item["url"],
        status=item.get("status"),
        duration_ms=int(item["duration_ms"]),
        request=request or Exchange(size=int(item.get("request_size", 0))),
        response=response or Exchange(size=int(item.get("response_size", 0))),
        family=Family(item["family"]) if item.get("family") else None,
        error=item.get("error"),
        attempt=int(item.get("attempt", 1)),
        job=item.get("job"),
        event=item.get("event"),
        record=item.get("record"),
        trace=item.get("trace"),
    )


def _clipped(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _MOST_TEXT:
        return value[: _MOST_TEXT - 1] + "…"
    return value


def day_of(seconds: float) -> str:
    """The UTC day of a time, as partitions name it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def shard_of(entry_id: str) -> int:
    """The partition shard of an entry."""
    return ord(entry_id[-1]) % SHARDS


def partition_of(connection: str, day: str, shard: int) -> str:
    """The table partition of a connection's entries of one day."""
    return f"{connection}#{day}#{shard}"
