"""For how long entries are kept, and what a lost write costs."""

from __future__ import annotations

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.ports import Busy
from mostik.requestlog.store import RequestLog
from tests.aws.entries import DAY, NOON, entry
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, log_table, state_table


def test_a_connection_may_keep_its_entries_for_fewer_days() -> None:
    # GIVEN
    book = ConnectionBook(state_table(), FakeClock(NOON))
    book.save(Connection("shop", "http_api", retention_days=7))
    book.save(Connection("crm", "bitrix24"))
    table = log_table()
    log = RequestLog(table, MemoryBlobs(), 30, book.retention_days)
    # WHEN both take part in one event
    log.write(
        [
            entry(0, event="e1"),
            entry(0, event="e1", connection="crm", at=NOON - 1),
            entry(2, connection="gone", event="e1"),
        ]
    )
    # THEN no digest keeps an entry for longer than its own connection does
    assert [row["expires_at"] for row in table.rows("log#shop")] == [NOON + 7 * DAY]
    assert [row["expires_at"] for row in table.rows("log#crm")] == [NOON - 1 + 30 * DAY]
    assert [row["expires_at"] for row in table.rows("event#")] == [
        NOON - 1 + 30 * DAY,
        NOON + 7 * DAY,
    ]


def test_settings_that_cannot_be_read_do_not_cost_an_entry() -> None:
    # GIVEN
    def busy(_connection: str) -> int | None:
        raise Busy("away")

    table = log_table()
    # WHEN
    assert RequestLog(table, MemoryBlobs(), 30, busy).write([entry(0)]) == 0
    # THEN
    assert {row["expires_at"] for row in table.rows()} == {NOON + 30 * DAY}


def test_an_entry_that_some_searches_cannot_find_counts_as_lost() -> None:
    # GIVEN a service that does not take the digests of a job
    class Picky(type(log_table())):  # type: ignore[misc]  # the fake, with a taste
        def put_many(self, items: object) -> object:
            rows = list(items)  # type: ignore[call-overload]  # rows
            super().put_many([row for row in rows if not row["pk"].startswith("job#")])
            return [row for row in rows if row["pk"].startswith("job#")]

    log = RequestLog(Picky(), MemoryBlobs())
    # THEN
    assert log.write([entry(0, job="j"), entry(1, job="j"), entry(2)]) == 2
