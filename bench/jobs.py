"""The suite ``jobs``: what a delivered event costs in units and dollars, and what a limit costs in
claims.

An event is a hint: a receipt, one read and one write with bodies of 1 KB, at 20 a second, on a
connection without limits or links; what those cost are rows of their own. Receives and deletes of
the queue follow from the batches that the real worker was given (``bench.delivery``).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from bench.cost import cost_at
from bench.delivery import deliver
from bench.rows import Row, absolute
from mostik.http.limiter import Limit
from tests.unit.gates.crowd import Crowd

SUITE = "jobs"
RATE = 20.0


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    events = 500 if short else 2_000
    cost = cost_at(RATE, events)
    counted = cost.delivered
    limited = deliver(RATE, events // 2, limit=Limit("portal", 100.0, 1_000))
    at = f"{RATE:g} events/s"
    return [
        absolute(
            SUITE, f"write units of a delivered event's job, {at}", "units",
            ours=round(counted.job_units / events, 3), target=2.0, n=events,
        ),
        absolute(
            SUITE, f"write units of a log entry, {at}", "units",
            ours=round(counted.log_units / counted.log_entries, 3), target=2.1, n=events,
        ),
        absolute(
            SUITE, f"SQS requests of an event, {at}, {counted.batch:.1f} messages a batch",
            "requests", ours=round(counted.queue_requests, 3), target=1.3, n=events,
        ),
        absolute(
            SUITE, f"a million delivered events, {at}", "$", ours=round(cost.total, 2),
            target=8.0, n=events,
        ),
        _beside_the_textbook(round(cost.total, 2), round(cost.textbook_total, 2), at, events),
        absolute(
            SUITE, "write units of a link's cross-references, an event", "units",
            ours=round(counted.xref_units / events, 3), target=None, n=events,
        ),
        absolute(
            SUITE, "write units of a limited connection's gate, an event of two calls", "units",
            ours=round(limited.gate_units / limited.events, 3), target=None, n=limited.events,
        ),
        _claims(2_000 if short else 10_000),
    ]  # fmt: skip


def _beside_the_textbook(ours: float, textbook: float, at: str, events: int) -> Row:
    value = round(ours / textbook, 4)
    return Row(
        SUITE, f"a million delivered events beside the textbook variant, {at}", "$", "lower", ours,
        textbook, "textbook", value, 0.4, value <= 0.4, events,
    )  # fmt: skip


def _claims(jobs: int) -> Row:
    """On the virtual clock, once: a job needs two calls, and the far side takes two a second."""
    began = time.monotonic()
    crowd = Crowd(Limit("portal", 2.0, 50), ("find", "create"))
    crowd.finish(jobs)
    print(f"  {jobs} jobs behind a limit: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return absolute(
        SUITE, f"claims of a job, {jobs:,} jobs behind 2 calls/s", "claims",
        ours=round(crowd.counting.claims / jobs, 3), target=3.0,
    )  # fmt: skip
