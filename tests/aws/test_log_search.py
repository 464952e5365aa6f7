"""``LogReader``: any filters, newest first, with a cursor, and a limit to what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mostik.errors import Family
from mostik.ports import Busy, Table
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from mostik.requestlog.query import MOST_READ_UNITS, LogFilter, LogReader
from mostik.requestlog.store import RequestLog
from tests.aws.entries import DAY, FULL, MIDNIGHT, NOON, entry, random_bytes
from tests.support.memory import MemoryBlobs, MemoryTable, log_table

BEGINNING = NOON - 3 * DAY
EVERYTHING = LogFilter(since=BEGINNING, until=NOON + 60)

ENTRIES: Sequence[LogEntry] = [
    entry(0),
    entry(1, status=404, family=Family.GIVE_UP),
    entry(2, status=503, family=Family.RETRY_LATER, method="POST"),
    entry(3, status=500, family=Family.UNKNOWN, endpoint="/products"),
    entry(4, status=None, family=Family.RETRY_LATER),
    entry(5, direction=Direction.IN, method="POST", endpoint="/webhooks/shop", event="e1"),
    entry(6, job="shop/orders/1", event="e1"),
    entry(7, job="shop/orders/2", event="e2", status=201),
    entry(8, connection="crm", endpoint="crm.item.add"),
    entry(9, connection="crm", endpoint="crm.item.update", status=503, family=Family.RETRY_LATER),
    entry(10, at=MIDNIGHT),
    entry(11, at=MIDNIGHT - 0.001),
    entry(12, at=NOON - DAY, connection="crm"),
    entry(13, at=NOON - 2 * DAY, endpoint="/orders/{id}/items"),
]


@pytest.fixture
def reader(log: RequestLog, log_rows: Table) -> LogReader:
    assert log.write(ENTRIES) == 0
    return LogReader(log_rows, ["crm", "shop"])


def numbers(entries: Sequence[LogEntry]) -> list[int]:
    ids = [one.id for one in ENTRIES]
    return [ids.index(one.id) for one in entries]


FILTERS: dict[str, tuple[dict[str, Any], list[int]]] = {
    "nothing": ({}, list(range(14))),
    "a code": ({"status": "503"}, [2, 9]),
    "a class": ({"status": "5xx"}, [2, 3, 9]),
    "a class in capitals": ({"status": "5XX"}, [2, 3, 9]),
    "2xx": ({"status": "2xx"}, [0, 5, 6, 7, 8, 10, 11, 12, 13]),
    "no answer": ({"status": "none"}, [4]),
    "ok": ({"status": "ok"}, [0, 5, 6, 7, 8, 10, 11, 12, 13]),
    "error": ({"status": "error"}, [1, 2, 3, 4, 9]),
    "a code that is not there": ({"status": "418"}, []),
    "an endpoint": ({"endpoint": "/products"}, [3]),
    "an endpoint with braces": ({"endpoint": "/orders/{id}/items"}, [13]),
    "endpoints": ({"endpoint": "crm.item.*"}, [8, 9]),
    "endpoints in the middle": ({"endpoint": "*/orders*"}, [0, 1, 2, 4, 6, 7, 10, 11, 12, 13]),
    "a method": ({"method": "POST"}, [2, 5]),
    "a method in small letters": ({"method": "post"}, [2, 5]),
    "in": ({"direction": Direction.IN}, [5]),
    "an event": ({"event": "e1"}, [5, 6]),
    "a job": ({"job": "shop/orders/2"}, [7]),
    "a connection": ({"connection": "crm"}, [8, 9, 12]),
    "an unknown connection": ({"connection": "nobody"}, []),
    "since": ({"since": NOON - 3}, [0, 1, 2, 3]),
    "until": ({"until": NOON - 3}, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
    "from midnight": ({"since": MIDNIGHT, "until": NOON - 9}, [9, 10]),
    "until midnight": ({"until": MIDNIGHT}, [10, 11, 12, 13]),
    "the day before": ({"since": MIDNIGHT - DAY, "until": MIDNIGHT - 0.001}, [11, 12]),
    "a moment": ({"since": NOON - 5, "until": NOON - 5}, [5]),
    "an empty range": ({"since": NOON, "until": NOON - 10}, []),
    "a future": ({"since": NOON + 10, "until": NOON + 60}, []),
    "all at once": (
        {
            "connection": "shop",
            "status": "2xx",
            "endpoint": "/orders/*",
            "method": "GET",
            "direction": Direction.OUT,
            "event": "e1",
            "job": "shop/orders/1",
        },
        [6],
    ),
}


@pytest.mark.parametrize(("wanted", "found"), FILTERS.values(), ids=FILTERS.keys())
def test_a_search_finds_what_passes_all_its_filters_newest_first(
    reader: LogReader, wanted: dict[str, Any], found: list[int]
) -> None:
    # WHEN
    page = reader.search(replace(EVERYTHING, **wanted), limit=100)
    # THEN
    assert numbers(page.entries) == found
    assert page.cursor is None
    assert page.searched_back_to == wanted.get("since", BEGINNING)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 13, 14, 15])
@pytest.mark.parametrize("wanted", [{}, {"status": "error"}, {"connection": "shop"}])
def test_the_cursor_covers_everything_exactly_once(
    reader: LogReader, limit: int, wanted: dict[str, Any]
) -> None:
    # GIVEN
    search = replace(EVERYTHING, **wanted)
    # WHEN
    found: list[LogEntry] = []
    cursor: str | None = None
    for _ in range(20):
        page = reader.search(search, limit=limit, cursor=cursor)
        assert len(page.entries) <= limit
        found += page.entries
        cursor = page.cursor
        if cursor is None:
            break
    # THEN
    assert cursor is None
    assert numbers(found) == numbers(reader.search(search, limit=100).entries)


def test_more_entries_than_one_read_brings_are_merged_in_order(
    log: RequestLog, log_rows: Table
) -> None:
    # GIVEN two connections that take turns, 65 entries each, many in one millisecond
    entries = [
        entry(n, at=NOON - n // 5 / 1000, connection=("shop", "crm")[n % 2]) for n in range(130)
    ]
    log.write(entries)
    reader = LogReader(log_rows, ["crm", "shop"])
    # WHEN
    found: list[LogEntry] = []
    cursor: str | None = None
    while True:
        page = reader.search(EVERYTHING, limit=27, cursor=cursor)
        found += page.entries
        cursor = page.cursor
        if cursor is None:
            break
    # THEN
    assert [one.id for one in found] == sorted((one.id for one in entries), reverse=True)


def test_found_entries_come_without_bodies_but_with_their_sizes(
    log: RequestLog, log_rows: Table
) -> None:
    # GIVEN
    log.write([FULL])
    # WHEN
    (found,) = LogReader(log_rows, ["shop"]).search(EVERYTHING).entries
    # THEN
    assert found == replace(FULL, request=Exchange(size=11), response=Exchange(size=4_000))


def test_entries_that_come_in_while_one_pages_shift_nothing(
    log: RequestLog, log_rows: Table
) -> None:
    # GIVEN
    log.write(ENTRIES)
    reader = LogReader(log_rows, ["crm", "shop"])
    first = reader.search(EVERYTHING, limit=5)
    # WHEN
    log.write([entry(100, at=NOON + 1)])
    following = reader.search(EVERYTHING, limit=100, cursor=first.cursor)
    # THEN
    assert numbers([*first.entries, *following.entries]) == list(range(14))


def filled(count: int, padding: int, table: MemoryTable) -> Sequence[LogEntry]:
    side = Exchange({}, random_bytes(padding), padding)
    entries = [entry(n, response=side) for n in range(count)]
    RequestLog(table, MemoryBlobs()).write(entries)
    return entries


def test_a_search_that_has_read_4_megabytes_stops_and_says_how_far_it_got() -> None:
    # GIVEN 6 MB without the text
    table = log_table()
    entries = filled(800, 7_500, table)
    reader = LogReader(table, ["shop"])
    # WHEN
    page = reader.search(replace(EVERYTHING, text="no such text"))
    # THEN
    assert page.entries == []
    assert page.cursor is not None
    assert MOST_READ_UNITS - 100 <= table.read_units <= MOST_READ_UNITS
    assert entries[-1].at < page.searched_back_to < entries[0].at


def test_a_search_that_stopped_goes_on_from_there_and_misses_nothing() -> None:
    # GIVEN
    table = log_table()
    entries = filled(800, 7_500, table)
    reader = LogReader(table, ["shop"])
    # WHEN
    found: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages < 10:
        wanted = replace(EVERYTHING, endpoint="/orders/*", text="api.example")
        page = reader.search(wanted, limit=1_000, cursor=cursor)
        found += [one.id for one in page.entries]
        pages += 1
        cursor = page.cursor
        if cursor is None:
            break
    # THEN
    assert found == [one.id for one in entries]
    assert pages == 2


def test_days_without_entries_cost_nothing() -> None:
    # GIVEN ten years with one entry at their beginning
    table = log_table()
    first = entry(1, at=NOON - 3_649 * DAY)
    RequestLog(table, MemoryBlobs()).write([first])
    reader = LogReader(table, ["shop"])
    searches: list[dict[str, Any]] = [{}, {"connection": "shop"}, {"status": "5xx"}]
    for wanted in searches:
        table.read_units = 0.0
        # WHEN
        page = reader.search(replace(EVERYTHING, since=NOON - 3_650 * DAY, **wanted))
        # THEN
        assert [one.id for one in page.entries] == ([] if "status" in wanted else [first.id])
        assert page.cursor is None
        assert table.read_units <= 1.0


@pytest.mark.parametrize("text", [None, "api.example"])
def test_a_search_of_very_many_connections_gets_on_and_finds_everything(text: str | None) -> None:
    # GIVEN
    table = log_table()
    entries = [entry(0), entry(1, at=NOON - 2 * DAY, connection="c7")]
    RequestLog(table, MemoryBlobs()).write(entries)
    reader = LogReader(table, ["shop", *(f"c{number}" for number in range(1_200))])
    # WHEN
    page = reader.search(replace(EVERYTHING, text=text))
    # THEN
    assert [one.id for one in page.entries] == [one.id for one in entries]
    assert page.cursor is None
    assert table.read_units <= 5.0


@given(milliseconds=st.integers(1_700_000_000_000, 1_900_000_000_000))
@example(milliseconds=1_760_011_199_003)
def test_a_range_of_one_millisecond_holds_the_entry_of_that_millisecond(milliseconds: int) -> None:
    # GIVEN
    table = log_table()
    written = entry(1, at=milliseconds / 1_000)
    RequestLog(table, MemoryBlobs()).write([written])
    # WHEN
    page = LogReader(table, ["shop"]).search(LogFilter(since=written.at, until=written.at))
    # THEN
    assert [one.id for one in page.entries] == [written.id]


def test_a_log_that_cannot_be_read_is_busy() -> None:
    # GIVEN
    table = log_table()
    table.fail_next("query")
    # THEN
    with pytest.raises(Busy):
        LogReader(table, ["shop"]).search(EVERYTHING)
