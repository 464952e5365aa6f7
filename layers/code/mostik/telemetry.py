"""Metrics as CloudWatch embedded metric format: one JSON line, no agent, no client.

Own code because the line is needed on the webhook's cold path, where Powertools Metrics would
cost a tenth of the whole start. Few dimensions: each combination is billed.
Source of the format: the CloudWatch Embedded Metric Format specification.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

NAMESPACE = "Mostik"

Emit = Callable[[str], None]
"""Writes one line to the function's log."""


def emit(line: str) -> None:
    """Writes one line to the function's log: Lambda takes it from stdout, metrics included."""
    print(line, flush=True)  # noqa: T201 - stdout is the log


def metric_line(
    service: str,
    values: Mapping[str, float],
    *,
    now: float,
    reason: str | None = None,
    connection: str | None = None,
    fields: Mapping[str, object] | None = None,
) -> str:
    """Returns one line of metrics.

    Args:
        service: the function; the dimension of every metric.
        values: metric name -> value.
        now: unix seconds.
        reason: a second dimension, for refusals.
        connection: a second dimension, for what each connection has.
        fields: searchable fields that are no metrics.
    """
    dimensions = {"service": service}
    if reason is not None:
        dimensions["reason"] = reason
    if connection is not None:
        dimensions["connection"] = connection
    metrics = [
        {"Name": name, "Unit": "Seconds" if name.endswith("Seconds") else "Count"}
        for name in values
    ]
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": metrics,
    }
    return json.dumps(
        {
            "_aws": {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]},
            **dimensions,
            **values,
            **(fields or {}),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def log_line(level: str, message: str, fields: Mapping[str, object]) -> str:
    """Returns one structured log line; control characters are escaped by JSON."""
    return json.dumps(
        {"level": level, "message": message, **fields},
        ensure_ascii=False,
        separators=(",", ":"),
        default=str,
    )


def start_line(service: str, cpu_seconds: float) -> str:
    """Returns the line of a new environment: a cold start, and what it has cost until now.

    Lambda's own report says it too, in a line for every invocation: those are off (SystemLogLevel).

    Args:
        service: the function.
        cpu_seconds: processor time of the process (``time.process_time``); not the time since it
            began, because Lambda may start an environment long before its first event.
    """
    fields = {"service": service, "cpu_seconds": round(cpu_seconds, 3)}
    return log_line("INFO", "environment started", fields)
