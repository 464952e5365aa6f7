"""Following the log."""

from __future__ import annotations

from mostik.requestlog.query import LogFilter, LogReader
from mostik.requestlog.store import RequestLog
from mostik.requestlog.tail import Tail
from tests.aws.entries import NOON, entry
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, log_table


def test_each_entry_is_shown_once_also_one_that_was_written_late() -> None:
    # GIVEN
    table, clock = log_table(), FakeClock(NOON)
    log = RequestLog(table, MemoryBlobs())
    tail = Tail(LogReader(table, ["shop"]), LogFilter(NOON - 60, NOON), clock)
    log.write([entry(100, at=NOON - 100), entry(2), entry(1)])
    # WHEN
    first = tail.poll()
    # THEN the oldest comes first, and nothing from before
    assert [one.id for one in first] == [entry(2).id, entry(1).id]
    assert tail.poll() == []
    # WHEN a batch ends whose calls began before those that were shown
    clock.advance(30)
    log.write([entry(50, at=NOON - 50), entry(7, at=NOON + 20)])
    # THEN
    assert [one.id for one in tail.poll()] == [
        entry(50, at=NOON - 50).id,
        entry(7, at=NOON + 20).id,
    ]
    assert tail.poll() == []


def test_a_tail_has_filters_too() -> None:
    # GIVEN
    table, clock = log_table(), FakeClock(NOON)
    tail = Tail(LogReader(table, ["shop"]), LogFilter(NOON - 60, NOON, status="5xx"), clock)
    # WHEN
    RequestLog(table, MemoryBlobs()).write([entry(1), entry(2, status=503), entry(3, status=404)])
    # THEN
    assert [one.status for one in tail.poll()] == [503]


def test_more_new_entries_than_a_page_are_all_shown() -> None:
    # GIVEN
    table, clock = log_table(), FakeClock(NOON)
    tail = Tail(LogReader(table, ["shop"]), LogFilter(NOON - 60, NOON), clock)
    entries = [entry(n, at=NOON - n / 10) for n in range(450)]
    # WHEN
    RequestLog(table, MemoryBlobs()).write(entries)
    # THEN
    assert [one.id for one in tail.poll()] == sorted(one.id for one in entries)


def test_newer_than_an_id_excludes_it() -> None:
    # GIVEN
    table = log_table()
    RequestLog(table, MemoryBlobs()).write([entry(n) for n in range(5)])
    # WHEN
    page = LogReader(table, []).search(LogFilter(0, NOON, newer_than=entry(2).id))
    # THEN
    assert [one.id for one in page.entries] == [entry(0).id, entry(1).id]
