"""What a tick says in metrics: the names are those that the alarms of template.yaml watch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from mostik.jobs.tick import TickReport
from mostik.telemetry import metric_line

_SERVICE = "scheduler"


def figures(report: TickReport, *, now: float) -> Iterator[str]:
    """Yields the lines of a tick: its own, then one for each connection with a gate that has been
    closed lately, also when nothing is held behind it any more."""
    values: dict[str, float] = {
        "OldestDueSeconds": report.oldest_due_seconds,
        "Rescued": report.rescued,
    }
    counted = report.counted
    if counted is not None:
        values |= {
            "UnknownJobs": counted.unknown,
            "FailedJobsNow": counted.failed,
            "GatesForAPerson": counted.gates_for_a_person,
            "OldestHoldSeconds": counted.oldest_hold_seconds,
        }
    if report.late is not None:
        values |= {
            "OrdersNotTaken": report.late.orders,
            "ExchangesSilent": report.late.exchanges,
        }
    yield metric_line(_SERVICE, values, now=now, fields=asdict(report))
    for connection, jobs in (counted.held if counted is not None else {}).items():
        yield metric_line(_SERVICE, {"HeldJobs": jobs}, now=now, connection=connection)
