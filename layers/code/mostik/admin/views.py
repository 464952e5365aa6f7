"""What the admin shows, as plain JSON values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mostik.http.redact import Redactor
from mostik.jobs.row import JobRow
from mostik.requestlog.curl import as_curl
from mostik.requestlog.entry import Exchange, LogEntry
from mostik.requestlog.query import LogPage


def log_page(page: LogPage) -> dict[str, Any]:
    """Returns a page of the log."""
    return {
        "entries": [log_entry(entry) for entry in page.entries],
        "cursor": page.cursor,
        "searched_back_to": iso(page.searched_back_to),
    }


def masked_page(page: LogPage) -> dict[str, Any]:
    """Returns a page of the log without personal data, whatever its connections keep."""
    return log_page(replace(page, entries=[masked(entry) for entry in page.entries]))


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
        "trace": entry.trace,
        "request_bytes": entry.request.size,
        "response_bytes": entry.response.size,
    }


def log_detail(entry: LogEntry, *, reveal: bool = False) -> dict[str, Any]:
    """Returns one entry with headers, bodies and a command line.

    Args:
        entry: with its sides.
        reveal: show personal data that the connection was told to keep. The caller audits it.
    """
    shown = entry if reveal else masked(entry)
    return {
        **log_entry(shown),
        "request": _side(shown.request),
        "response": _side(shown.response),
        "curl": as_curl(shown),
    }


def masked(entry: LogEntry) -> LogEntry:
    """Returns an entry without personal data, whatever its connection keeps."""
    redactor = Redactor()

    def side(exchange: Exchange) -> Exchange:
        kind = next((v for k, v in exchange.headers.items() if k.lower() == "content-type"), "")
        return Exchange(
            redactor.headers(exchange.headers),
            redactor.body(exchange.body, kind.lower()),
            exchange.size,
        )

    return replace(
        entry,
        url=redactor.url(entry.url),
        error=redactor.text(entry.error) if entry.error is not None else None,
        request=side(entry.request),
        response=side(entry.response),
    )


def _side(side: Exchange) -> dict[str, Any]:
    return {
        "headers": dict(side.headers),
        "body": side.body.decode("utf-8", "replace"),
        "bytes": side.size,
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
