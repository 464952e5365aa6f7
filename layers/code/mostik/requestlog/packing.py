"""How entries lie in rows: as deflated JSON, with their bodies behind it.

A row holds its keys, its expiry and one value of bytes: a version, then raw deflate that begins
with a vocabulary. Nothing is filtered by the service, so nothing needs an attribute of its own.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from mostik.errors import Family
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from mostik.requestlog.vocabulary import VOCABULARY_1

_VERSION = b"\x01"
_VOCABULARIES: Mapping[bytes, bytes] = {_VERSION: VOCABULARY_1}
_MOST_TEXT = 4_096
"""Characters of a URL, an error, ...: one row over 400 KB would cost its whole batch of 25."""

ELSEWHERE = 1
"""Stands for a side that lies in the blobs."""


def deflated(data: bytes) -> bytes:
    """Returns data as a row keeps it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, VOCABULARY_1)
    return _VERSION + packer.compress(data) + packer.flush()


def inflated(packed: bytes) -> bytes:
    """Returns what was deflated, by this or an earlier release."""
    unpacker = zlib.decompressobj(-15, _VOCABULARIES[packed[:1]])
    return unpacker.decompress(packed[1:]) + unpacker.flush()


def pack_side(side: Exchange) -> bytes:
    """Returns headers and body of one side, for the blobs."""
    return deflated(_line(dict(side.headers)) + side.body)


def unpack_side(packed: bytes, size: int) -> Exchange:
    """Reads a side back; ``size`` is what it had on the wire."""
    head, _, body = inflated(packed).partition(b"\n")
    return Exchange(json.loads(head), body, size)


def pack_entry(entry: LogEntry, request: Exchange | None, response: Exchange | None) -> bytes:
    """Returns an entry with those of its sides that are given; the others are in the blobs."""
    sides = [
        ELSEWHERE if side is None else [dict(side.headers), len(side.body)]
        for side in (request, response)
    ]
    bodies = b"".join(side.body for side in (request, response) if side is not None)
    return deflated(_line([*_summary(entry)[1:], *sides]) + bodies)


def unpack_entry(entry_id: str, packed: bytes) -> tuple[LogEntry, bool, bool]:
    """Reads an entry back.

    Returns:
        The entry, with the sides that lay in the row, and for request and response whether it lies
        in the blobs.
    """
    head, _, bodies = inflated(packed).partition(b"\n")
    *summary, request, response = json.loads(head)
    entry = _entry([entry_id, *summary])
    first = request[1] if request != ELSEWHERE else 0
    sides = []
    for side, body, bare in (
        (request, bodies[:first], entry.request),
        (response, bodies[first:], entry.response),
    ):
        sides.append(bare if side == ELSEWHERE else Exchange(side[0], body, bare.size))
    return (
        entry.with_sides(sides[0], sides[1]),
        request == ELSEWHERE,
        response == ELSEWHERE,
    )


def pack_summaries(entries: Sequence[LogEntry]) -> bytes:
    """Returns entries without their bodies."""
    return deflated(_line([_summary(entry) for entry in entries]))


def unpack_summaries(packed: bytes) -> list[LogEntry]:
    """Reads entries without bodies back."""
    return [_entry(summary) for summary in json.loads(inflated(packed))]


def clipped(text: str) -> str:
    """Returns a text as a row keeps it: not longer than is useful."""
    return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"


def _line(content: Any) -> bytes:
    """One line of JSON: it holds no line break, so the next one ends it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _summary(entry: LogEntry) -> list[Any]:
    """The fields in a fixed order; a new one goes to the end."""
    return [
        entry.id,
        entry.connection,
        entry.direction.value,
        entry.method,
        *map(_clipped, (entry.endpoint, entry.url)),
        entry.status,
        entry.family.value if entry.family else None,
        _clipped(entry.error),
        entry.attempt,
        *map(_clipped, (entry.record, entry.job, entry.event, entry.trace)),
        entry.at,
        entry.duration_ms,
        entry.request.size,
        entry.response.size,
    ]


def _entry(fields: Sequence[Any]) -> LogEntry:
    (
        entry_id, connection, direction, method, endpoint, url, status, family, error, attempt,
        record, job, event, trace, at, duration_ms, request_size, response_size,
    ) = fields  # fmt: skip
    return LogEntry(
        id=entry_id,
        at=float(at),
        connection=connection,
        direction=Direction(direction),
        method=method,
        endpoint=endpoint,
        url=url,
        status=status,
        duration_ms=duration_ms,
        request=Exchange(size=request_size),
        response=Exchange(size=response_size),
        family=Family(family) if family else None,
        error=error,
        attempt=attempt,
        job=job,
        event=event,
        record=record,
        trace=trace,
    )


def _clipped(text: str | None) -> str | None:
    return clipped(text) if text is not None else None
