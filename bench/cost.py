"""``python -m bench.cost``: what a million delivered events cost, beside the textbook variant.

Units are counted (``bench.delivery``), prices are constants, times of Lambda are reckoned from the
processor time measured here. An event is a hint: a receipt, one read and one write with bodies of
1 KB, on a connection without limits or links. Prints a table on stderr and one JSON line on stdout.

The textbook variant does the same event as tutorials do it: resolver, tracer and metrics in both
functions, batches of one, one call after the other, every exchange logged as an item of plain
attributes with two secondary indexes (projection ALL), a status kept in such an item, secrets
cached for 5 s, whole events in the function's log, X-Ray on 5 %. Beside it stands the ratio to one
that logs a single exchange for each event, which is less than ours does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, exp
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT / "layers" / "code"), str(_ROOT / "functions")]

from bench.delivery import BATCH, Delivered, deliver  # noqa: E402 - the path comes first

RATES = (0.4, 20.0, 200.0)
"""Events a second; 0.4 is a million a month."""
MILLION = 1_000_000

# Dollars, us-east-1, with the page and the time they were seen there.
HTTP_API = 1.00 / MILLION  # a request, first 300 M: awsforengineers.com, May 2025
LAMBDA_REQUEST = 0.20 / MILLION  # cloudchipr, 2024
LAMBDA_GB_SECOND = 0.0000133334  # arm64: cloudchipr, 2024
WRITE_UNIT = 0.625 / MILLION  # on demand, since 2024-11-01: airbyte, July 2025
READ_UNIT = 0.125 / MILLION  # the same: jusdb, August 2025
LOGGED_GB = 0.50  # CloudWatch Logs, standard class: c3x.dev, June 2026
# From memory, not confirmed in a page.
STORED_GB_MONTH = 0.25  # DynamoDB
METRIC_MONTH = 0.30  # an EMF metric with its dimensions
QUEUE_REQUEST = 0.40 / MILLION  # SQS, standard queue
SECRET_CALL = 0.05 / 10_000
TRACE = 5.00 / MILLION  # X-Ray

VCPU_MB = 1_769.0
"""Memory at which Lambda gives a whole processor (docs.aws.amazon.com/lambda, memory)."""
WORKER_MB, WEBHOOK_MB = 512.0, 256.0
CALL_SECONDS = 0.050
"""An external call, as in the client's bench."""
WEBHOOK_SECONDS = 0.013
"""A warm webhook at 256 MB, measured beside botocore."""
INVOCATION_SECONDS = 0.015
"""What an invocation waits for besides: the log's batch write, the first row of the batch."""
STATE_CALL_CPU = 0.0014
"""Processor time of one conditional write with botocore, measured on a core like the bench's."""
LOG_BATCH_CPU = 0.0020
"""Processor time of one BatchWriteItem of up to 25 rows, measured there too."""
TEXTBOOK_WORKER_SECONDS, TEXTBOOK_WEBHOOK_SECONDS = 0.091, 0.016
"""Of the textbook variant at 512 MB with one external call, cold starts included."""
ACCESS_LINE_BYTES = 230
"""A line of the API's access log in the template's format."""
POLLERS, POLL_SECONDS = 5, 20.0
"""Lambda's pollers of an idle queue."""
SECRET_CACHE_SECONDS = 900.0
MONTH_SECONDS = 30 * 86_400.0

Bill = Mapping[str, float]
"""Dollars of a million events by item."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a million events cost at one rate.

    Attributes:
        rate: events a second.
        ours: by item.
        textbook: by item.
        delivered: what was counted.
        scattered: ours in all, if each of Lambda's pollers gathers a batch of its own: what is
            observed lies between the two.
    """

    rate: float
    ours: Bill
    textbook: Bill
    delivered: Delivered
    scattered: float

    @property
    def total(self) -> float:
        """Ours, in all."""
        return sum(self.ours.values())

    @property
    def terse_textbook_total(self) -> float:
        """One's that logs a single exchange for each event: 16 write units, 3 KB."""
        stored = 3_000 / 1e9 * STORED_GB_MONTH
        rest = sum(dollars for item, dollars in self.textbook.items() if "DynamoDB" not in item)
        return rest + (16 * WRITE_UNIT + stored) * MILLION

    @property
    def textbook_total(self) -> float:
        """The textbook's, in all."""
        return sum(self.textbook.values())


def cost_at(rate: float, events: int) -> Cost:
    """Delivers some events at a rate and reckons what a million cost."""
    delivered = deliver(rate, events)
    scattered = sum(_ours(rate, deliver(rate / POLLERS, events)).values())
    return Cost(rate, _ours(rate, delivered), _textbook(rate, delivered), delivered, scattered)


def _ours(rate: float, counted: Delivered) -> Bill:
    events, batch = counted.events, counted.batch
    rows = counted.log_units / events * batch  # nearly all rows of the log are a unit or two
    cpu = batch * (counted.cpu_seconds / events + 2 * STATE_CALL_CPU)
    cpu += ceil(rows / 25) * LOG_BATCH_CPU
    waits = INVOCATION_SECONDS + 2 * CALL_SECONDS * ceil(batch / BATCH)
    worker = waits + cpu / (WORKER_MB / VCPU_MB)
    each = {
        "DynamoDB writes": (counted.job_units + counted.log_units) / events * WRITE_UNIT,
        "DynamoDB reads": counted.read_units / events * READ_UNIT,
        "DynamoDB storage, 1 month": counted.log_bytes / events / 1e9 * STORED_GB_MONTH,
        "API Gateway HTTP API": HTTP_API,
        "SQS": (counted.queue_requests + _empty_polls(rate)) * QUEUE_REQUEST,
        "Lambda requests": (1 + 1 / batch) * LAMBDA_REQUEST,
        "Lambda webhook": WEBHOOK_SECONDS * WEBHOOK_MB / 1_024 * LAMBDA_GB_SECOND,
        "Lambda worker": worker * WORKER_MB / 1_024 / batch * LAMBDA_GB_SECOND,
        "CloudWatch Logs": (ACCESS_LINE_BYTES + counted.line_bytes / events) / 1e9 * LOGGED_GB,
        "Secrets Manager": min(1.0, 1 / (SECRET_CACHE_SECONDS * rate)) * 3 * SECRET_CALL,
        "X-Ray": 0.0,
    }
    return {item: dollars * MILLION for item, dollars in each.items()}


def _empty_polls(rate: float) -> float:
    """Polls that find nothing, for each event: of five pollers each sees a fifth of the events."""
    nothing = exp(-rate / POLLERS * POLL_SECONDS)
    return nothing / (1 - nothing)


def _textbook(rate: float, counted: Delivered) -> Bill:
    copies = 3  # the table and two indexes
    item = ceil(counted.plain_bytes / counted.log_entries / 1_024)
    writes = 3 * copies * item  # an item for each exchange
    writes += copies * item  # and the status of the event's own
    seconds = TEXTBOOK_WORKER_SECONDS + CALL_SECONDS  # its second call
    each = {
        "DynamoDB writes": writes * WRITE_UNIT,
        "DynamoDB reads": 0.0,
        "DynamoDB storage, 1 month": 3 * copies * item * 1_024 / 1e9 * STORED_GB_MONTH,
        "API Gateway HTTP API": HTTP_API,
        "SQS": (3.0 + _empty_polls(rate)) * QUEUE_REQUEST,
        "Lambda requests": 2 * LAMBDA_REQUEST,
        "Lambda webhook": TEXTBOOK_WEBHOOK_SECONDS * 512 / 1_024 * LAMBDA_GB_SECOND,
        "Lambda worker": seconds * 512 / 1_024 * LAMBDA_GB_SECOND,
        "CloudWatch Logs": 5_000 / 1e9 * LOGGED_GB,
        "Secrets Manager": min(1.0, 1 / (5.0 * rate)) * SECRET_CALL,
        "X-Ray": 0.05 * 2 * TRACE,
    }
    return {item: dollars * MILLION for item, dollars in each.items()}


def table(costs: list[Cost]) -> str:
    """Returns the bills side by side, for a person."""
    head = "".join(f"{f'{cost.rate:g}/s':>10}{'textbook':>10}" for cost in costs)
    lines = [f"{'$ a million events':28}{head}"]
    lines += [
        f"{item:28}"
        + "".join(f"{cost.ours[item]:10.2f}{cost.textbook[item]:10.2f}" for cost in costs)
        for item in costs[0].ours
    ]
    sums = "".join(f"{cost.total:10.2f}{cost.textbook_total:10.2f}" for cost in costs)
    ratios = "".join(f"{cost.total / cost.textbook_total:10.2f}{'':10}" for cost in costs)
    terse = "".join(f"{cost.total / cost.terse_textbook_total:10.2f}{'':10}" for cost in costs)
    scattered = "".join(f"{cost.scattered:10.2f}{'':10}" for cost in costs)
    batches = "".join(f"{cost.delivered.batch:10.1f}{1:10}" for cost in costs)
    return "\n".join(
        [*lines, f"{'in all':28}{sums}", f"{'of the textbook':28}{ratios}",
         f"{'of one with 1 log entry':28}{terse}",
         f"{'messages a batch':28}{batches}", f"{'in all, a batch a poller':28}{scattered}",
         "Not in these: an EMF metric with its dimensions $"
         f"{METRIC_MONTH:.2f} a month, a secret $0.40, an alarm $0.10; backups."]
    )  # fmt: skip


def main() -> int:
    """Prints what a million events cost at each rate."""
    events = 500 if os.environ.get("SHORT", "") not in ("", "0") else 2_000
    costs = []
    for rate in RATES:
        print(f"cost at {rate:g} events a second", file=sys.stderr)
        costs.append(cost_at(rate, events))
    print(table(costs), file=sys.stderr)
    found = [
        {
            "rate": cost.rate,
            "dollars": round(cost.total, 2),
            "textbook": round(cost.textbook_total, 2),
            "ratio": round(cost.total / cost.textbook_total, 3),
            "ratio_to_one_log_entry": round(cost.total / cost.terse_textbook_total, 3),
            "batch": round(cost.delivered.batch, 1),
            "dollars_if_each_poller_gathers": round(cost.scattered, 2),
        }
        for cost in costs
    ]
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
