"""What the function's log says of the attempts of a batch: one line for each event and job.

The request log holds them whole, for the admin. These lines are for CloudWatch Logs Insights
(``AWS::Logs::QueryDefinition`` in template.yaml): which endpoint is slow, who refuses, what became
of one event. A line's ``trace`` is API Gateway's request id, its ``event`` the receipt's, run's or
person's id, which stays the same through retries. Several attempts share a line because CloudWatch
is paid by the byte: a line for each would cost a million events 30 cents more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mostik.requestlog.entry import Direction, LogEntry
from mostik.telemetry import log_line

MOST_ATTEMPTS = 500
"""Of a line: about 60 KB, where CloudWatch takes a megabyte."""


def attempt_lines(entries: Sequence[LogEntry]) -> Iterator[str]:
    """Yields the lines; they hold names and numbers, never an address, a header or a body."""
    for together in _by_job(entries):
        first = together[0]
        known = {
            "event": first.event,
            "job": together[-1].job,
            "trace": next((entry.trace for entry in together if entry.trace), None),
        }
        fields = {name: value for name, value in known.items() if value is not None}
        for begin in range(0, len(together), MOST_ATTEMPTS):
            some = together[begin : begin + MOST_ATTEMPTS]
            attempts = [_attempt(entry) for entry in some if not _only_received(entry)]
            yield log_line("INFO", "attempts", {**fields, "attempts": attempts})


def _by_job(entries: Sequence[LogEntry]) -> Sequence[Sequence[LogEntry]]:
    """Groups entries by event and job; a receipt stands with the first job that it asked for."""
    groups: dict[tuple[str | None, str | None], list[LogEntry]] = {}
    for entry in entries:
        groups.setdefault((entry.event, entry.job), []).append(entry)
    for event, job in list(groups):
        receipt = groups.get((event, event))
        if receipt is not None and job != event:
            groups[event, job] = [*receipt, *groups[event, job]]
            del groups[event, event]
    return list(groups.values())


def _only_received(entry: LogEntry) -> bool:
    """A receipt that could be read: its line says so by being there, the API's own has the rest."""
    return entry.direction is Direction.IN and entry.family is None


def _attempt(entry: LogEntry) -> dict[str, object]:
    said: dict[str, object] = {
        "connection": entry.connection,
        "method": entry.method,
        "endpoint": entry.endpoint,
        "status": entry.status,
        "ms": entry.duration_ms,
        "family": entry.family.value if entry.family is not None else None,
        "attempt": entry.attempt if entry.attempt > 1 else None,
    }
    return {name: value for name, value in said.items() if value is not None}
