"""The log as JSON lines: one entry a line, newest first, everything that a search finds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mostik.requestlog.entry import LogEntry
from mostik.requestlog.query import LogFilter, LogReader

_PAGE = 200


def exported(
    reader: LogReader,
    wanted: LogFilter,
    view: Callable[[LogEntry], Mapping[str, Any]],
    *,
    bodies: bool = False,
    most: int | None = None,
) -> Iterator[str]:
    """Yields lines.

    Args:
        reader: searches the log.
        wanted: filters.
        view: makes JSON of an entry.
        bodies: read each entry again, with headers and bodies: a unit an entry.
        most: stop after so many.
    """
    cursor: str | None = None
    left = most
    while left is None or left > 0:
        limit = _PAGE if left is None else min(_PAGE, left)
        page = reader.search(wanted, limit=limit, cursor=cursor)
        for entry in page.entries:
            whole = reader.get(entry.id, entry.connection) if bodies else entry
            yield json.dumps(view(whole or entry), ensure_ascii=False, separators=(",", ":"))
        if left is not None:
            left -= len(page.entries)
        cursor = page.cursor
        if cursor is None:
            return
