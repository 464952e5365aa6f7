"""Reads the filters of the log from a query string, and says what is wrong in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from mostik.errors import ConfigurationError, Family
from mostik.requestlog.entry import Direction
from mostik.requestlog.query import LogFilter

_AGO = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_STATUS = re.compile(rf"[1-5](\d\d|xx)|none|ok|error|{'|'.join(Family)}", re.IGNORECASE)
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
MOST_ENTRIES = 200
_DEFAULT_DAYS = 2
_OLDEST_DAYS = 366
"""RequestLogDays is 365 at the most."""
_COUNT = re.compile(r"[0-9]{1,3}")
NAMES = (
    "since", "until", "status", "family", "endpoint", "method", "connection", "direction", "event",
    "run", "job", "record", "text", "newer_than", "limit", "cursor",
)  # fmt: skip


def moment(text: str, now: float) -> float:
    """Reads ``2h`` (ago), ``2026-11-24`` or ``2026-11-24T14:05+03:00``; without a zone it is UTC.

    Raises:
        ConfigurationError: it is none of these.
    """
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        parsed = datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ConfigurationError(
            "A time is written as 30m, 2h, 7d (ago), 2026-11-24 or 2026-11-24T14:05+03:00."
        ) from None


def entry_id(text: str) -> str:
    """Returns an entry's id.

    Raises:
        ConfigurationError: it cannot be one.
    """
    if not _ULID.fullmatch(text):
        raise ConfigurationError("An entry's id has 26 characters: the log shows it.")
    return text


def read_filter(query: Mapping[str, str], now: float) -> tuple[LogFilter, int, str | None]:
    """Returns the filter, the limit and the cursor.

    Raises:
        ConfigurationError: a parameter is unknown or wrong; lists what is possible.
    """
    unknown = sorted(set(query) - set(NAMES))
    if unknown:
        raise ConfigurationError(f"There is no filter {unknown[0]!r}. Filters: {', '.join(NAMES)}.")
    status = query.get("status")
    if status is not None and not _STATUS.fullmatch(status):
        raise ConfigurationError(
            "status is a code (503), a class (5xx), none, ok, error or a family:"
            f" {', '.join(Family)}."
        )
    family = query.get("family")
    if family is not None and family not in set(Family):
        raise ConfigurationError(f"family is one of {', '.join(Family)}.")
    direction = query.get("direction")
    if direction is not None and direction not in set(Direction):
        raise ConfigurationError("direction is in or out.")
    limit = query.get("limit", "50")
    if not _COUNT.fullmatch(limit) or not 1 <= int(limit) <= MOST_ENTRIES:
        raise ConfigurationError(f"limit is a number from 1 to {MOST_ENTRIES}.")
    cursor = query.get("cursor")
    if cursor is not None and not _ULID.fullmatch(cursor):
        raise ConfigurationError("cursor is the value that the page before gave.")
    newer_than = query.get("newer_than")
    if newer_than is not None and not _ULID.fullmatch(newer_than):
        raise ConfigurationError("newer_than is the id of an entry.")
    since = moment(query.get("since", f"{_DEFAULT_DAYS}d"), now)
    until = moment(query["until"], now) if "until" in query else now
    wanted = LogFilter(
        # A search goes from day to day: a slip of the pen must not have it walk through centuries.
        since=max(since, now - _OLDEST_DAYS * _UNITS["d"]),
        until=min(until, now + _UNITS["d"]),
        connection=query.get("connection"),
        status=status,
        family=Family(family) if family else None,
        endpoint=query.get("endpoint"),
        method=query.get("method"),
        direction=Direction(direction) if direction else None,
        event=query.get("event"),
        run=query.get("run"),
        job=query.get("job"),
        record=query.get("record"),
        text=query.get("text") or None,
        newer_than=newer_than,
    )
    return wanted, int(limit), cursor
