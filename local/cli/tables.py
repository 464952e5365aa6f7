"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from mostik.jobs.row import JobRow, JobState
from mostik.requestlog.entry import Direction, LogEntry

_CHIPS = {
    JobState.QUEUED: "○ queued",
    JobState.RUNNING: "◌ running",
    JobState.WAITING: "◐ waiting",
    JobState.HELD: "‖ held",
    JobState.UNKNOWN: "? unknown",
    JobState.FAILED: "✕ failed",
    JobState.DONE: "● done",
}


def log_table(entries: Iterable[LogEntry]) -> Table:
    """Returns log entries as a table, in the order given."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("time UTC", "left"), ("connection", "left"), ("", "left"), ("endpoint", "left"),
        ("status", "right"), ("ms", "right"), ("try", "right"), ("id", "left"), ("job", "left"),
        ("error", "left"),
    ):  # fmt: skip
        table.add_column(name, justify=justify, no_wrap=name != "error")  # type: ignore[arg-type]  # literals
    for entry in entries:
        arrow = "→" if entry.direction is Direction.OUT else "←"
        status = str(entry.status) if entry.status is not None else "none"
        table.add_row(
            _clock(entry.at),
            entry.connection,
            f"{arrow} {entry.method}",
            entry.endpoint,
            Text(status, style="red" if entry.family else ""),
            str(entry.duration_ms),
            str(entry.attempt),
            entry.id,
            entry.job or "",
            entry.error or "",
        )
    return table


def jobs_table(rows: Iterable[JobRow]) -> Table:
    """Returns jobs as a table, in the order given."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("state", "job", "attempts", "next attempt UTC", "reason", "who must act"):
        table.add_column(name, no_wrap=name in ("state", "job"))
    for row in rows:
        table.add_row(
            _CHIPS[row.state],
            row.id,
            str(row.attempts),
            _clock(row.due_at) if row.due_at else "",
            row.failure.text if row.failure else "",
            row.failure.who.value if row.failure else "",
        )
    return table


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%m-%d %H:%M:%S.%f")[:-3]
