"""What the admin shows, as plain JSON values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mostik.jobs.row import JobRow
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.query import LogPage


def log_page(page: LogPage) -> dict[str, Any]:
    """Returns a page of the log."""
    return {
        "entries": [log_entry(entry) for entry in page.entries],
        "cursor": page.cursor,
        "searched_back_to": iso(page.searched_back_to),
    }


def log_entry(entry: LogEntry) -> dict[str, Any]:
    """Returns one entry without its bodies."""
    return {
        "id": entry.id,
        "at": iso(entry.at),
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
        "request_bytes": entry.request.size,
        "response_bytes": entry.response.size,
    }


def job(row: JobRow) -> dict[str, Any]:
    """Returns one job, without its payload (it may hold personal data)."""
    return {
        "id": row.id,
        "connection": row.connection,
        "state": row.state.value,
        "attempts": row.attempts,
        "reason": row.failure.text if row.failure else None,
        "family": row.failure.family.value if row.failure else None,
        "who_must_act": row.failure.who.value if row.failure else None,
        "first_attempt_at": iso(row.first_attempt_at),
        "last_attempt_at": iso(row.last_attempt_at),
        "next_attempt_at": iso(row.due_at),
        "gate": row.gate,
    }


def iso(seconds: float | None) -> str | None:
    """Returns a time as ISO 8601 in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
