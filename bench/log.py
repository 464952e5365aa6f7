"""The suite ``log``: what a search of the request log reads beside the entries that it returns, and
what an entry costs to write.

Units are arithmetic on weights that tests/aws proves against the emulator, which counts every query
alike. The reference of a search is one query that reads just the entries it returned.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.logbook import DAYS, NOW, SHOPS, Logbook, WeighedTable, units_of, write_units_of
from bench.rows import Row, absolute
from local.stack import emulator as emulators
from local.stack.description import emulator_client
from local.stack.processes import REGION
from mostik.dynamodb import DynamoTable
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.keys import log_partition
from mostik.requestlog.query import LogFilter, LogReader
from mostik.requestlog.store import RequestLog
from tests.project.cloudformation import template
from tests.support.memory import MemoryBlobs, MemoryTable, log_table
from tests.support.weight import weight_of

SUITE = "log"
_ALLOWANCE = 10.0
_TARGET = 2.0
_PROBES = 9
_PAGE = 50
_EVERYTHING = LogFilter(since=NOW - (DAYS + 1) * 86_400, until=NOW)

Store = WeighedTable | MemoryTable


def measure(short: bool) -> Sequence[Row]:
    """Returns the rows of the suite."""
    rows = [_writing("a batch of 20 events", 20), _writing("a batch of one event", 1)]
    with _emulated_tables() as make:
        for count in (1_000, 10_000 if short else 50_000):
            rows += _searches(WeighedTable(make()), count, f"{count // 1_000}k on the emulator")
    count = 100_000 if short else 1_000_000
    name = "100k in memory" if short else "1M in memory"
    return [*rows, *_searches(log_table(), count, name)]


def _writing(name: str, events: int) -> Row:
    """Write units of one entry of a hint: a receipt, a read, a write, each with 1 KB bodies."""
    costs = []
    for seed in range(20):
        table = log_table()
        book = Logbook(10**6)
        book.dice.seed(seed)
        entries = [
            replace(entry, family=None, error=None, status=200)
            for entry in book.hints(SHOPS[0], NOW, events)
        ]
        RequestLog(table, MemoryBlobs()).write(entries)
        costs.append(write_units_of(table.rows()) / len(entries))
    return absolute(
        SUITE, f"write units of an entry with 1 KB bodies, {name}", "units",
        ours=round(max(costs), 3), target=2.1, n=len(costs),
    )  # fmt: skip


def _searches(table: Store, count: int, name: str) -> list[Row]:
    book = Logbook(count)
    began = time.monotonic()
    log = RequestLog(table, MemoryBlobs())
    for batch in book.batches():
        if log.write(batch):
            raise RuntimeError("entries were lost")
    print(f"  {name}: written in {time.monotonic() - began:.0f} s", file=sys.stderr)
    reader = LogReader(table, [*SHOPS, "portal"])
    return [
        _search(table, reader, f"{case}, {name}", probes) for case, probes in _probes(book).items()
    ]


def _probes(book: Logbook) -> Mapping[str, Sequence[LogFilter]]:
    dice = book.dice
    days = [NOW - dice.uniform(0.2, DAYS - 0.2) * 86_400 for _ in range(_PROBES)]

    def each(field: str, values: Sequence[str]) -> Sequence[LogFilter]:
        wanted: Any = [{field: value} for value in values]
        return [replace(_EVERYTHING, **one) for one in wanted]

    def some(values: Sequence[str]) -> Sequence[str]:
        return [dice.choice(values) for _ in range(_PROBES)]

    return {
        "date": [replace(_EVERYTHING, since=day - 3_600, until=day) for day in days],
        "connection": each("connection", [*SHOPS[:6], SHOPS[-1], SHOPS[-2], "portal"]),
        "status class": each("status", ["5xx", "4xx", "none"]),
        "error code": each("status", ["503", "500", "422", "404"]),
        "event": each("event", some(book.events)),
        "run": each("run", some(book.runs or book.events)),
        "job": each("job", some(book.jobs)),
    }


def _search(table: Store, reader: LogReader, case: str, probes: Sequence[LogFilter]) -> Row:
    """The worst of some searches, each of two pages."""
    worst: tuple[float, float, float] | None = None
    for wanted in probes:
        cursor: str | None = None
        for _ in range(2):
            before = table.read_units
            page = reader.search(wanted, limit=_PAGE, cursor=cursor)
            ours = table.read_units - before
            reference = units_of(_weight(table, page.entries))
            excess = ours - _TARGET * reference
            if worst is None or excess > worst[0]:
                worst = (excess, ours, reference)
            cursor = page.cursor
            if cursor is None:
                break
    assert worst is not None
    excess, ours, reference = worst
    return Row(
        SUITE, f"read units, {case}", "units", "lower", round(ours, 2), round(reference, 2),
        "the entries themselves (+10 units)", round(ours / reference, 4), _TARGET,
        excess <= _ALLOWANCE, len(probes),
    )  # fmt: skip


def _weight(table: Store, entries: Sequence[LogEntry]) -> int:
    found = (table.get(log_partition(entry.connection), entry.id) for entry in entries)
    return sum(weight_of(item) for item in found if item is not None)


@contextmanager
def _emulated_tables() -> Iterator[Callable[[], DynamoTable]]:
    properties = template().properties("RequestLogTable")
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema")
    made: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            running = emulators.start(Path(folder))
            client = emulator_client("dynamodb", running.endpoint_url, REGION)

            def make() -> DynamoTable:
                made.append(f"log-{len(made)}")
                client.create_table(TableName=made[-1], **{key: properties[key] for key in wanted})
                return DynamoTable(client, made[-1])

            yield make
        finally:
            emulators.stop(Path(folder))
