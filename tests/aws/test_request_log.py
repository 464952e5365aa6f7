"""``RequestLog`` over a table and a blob store: one entry, written and read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import Family
from mostik.ports import Table
from mostik.requestlog.entry import Exchange, LogEntry
from mostik.requestlog.query import LogFilter, LogReader
from mostik.requestlog.store import INLINE_BYTES, RequestLog
from tests.aws.entries import DAY, FULL, NOON, entry, random_bytes
from tests.support.memory import MemoryBlobs, log_table


@pytest.mark.parametrize("written", [FULL, entry(2, status=None)], ids=["all fields", "few"])
def test_an_entry_comes_back_as_it_was_written(log: RequestLog, written: LogEntry) -> None:
    # WHEN
    assert log.write([written]) == 0
    # THEN
    assert log.get("shop", written.id) == written


def test_an_entry_of_another_connection_or_id_reads_as_none(log: RequestLog) -> None:
    # GIVEN
    log.write([FULL])
    # THEN
    assert log.get("crm", FULL.id) is None
    assert log.get("shop", entry(3).id) is None


def test_an_id_that_is_no_ulid_is_refused(log: RequestLog) -> None:
    with pytest.raises(ValueError, match=r"substring not found|ULID"):
        log.get("shop", "../../etc/passwd")


@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES - 200, INLINE_BYTES + 200, 300_000])
def test_a_body_of_any_size_comes_back(log: RequestLog, size: int) -> None:
    # GIVEN
    body = random_bytes(size)
    written = entry(1, request=Exchange({"a": "b"}, body, size), response=Exchange({}, body, size))
    # WHEN
    assert log.write([written]) == 0
    # THEN
    assert log.get("shop", written.id) == written


def test_a_body_that_compresses_to_little_lies_in_the_row() -> None:
    # GIVEN
    blobs = MemoryBlobs()
    log = RequestLog(log_table(), blobs)
    # WHEN
    written = entry(1, response=Exchange({}, b"x" * 1_000_000, 1_000_000))
    log.write([written])
    # THEN
    assert blobs.objects == {}
    assert log.get("shop", written.id) == written


def test_a_body_whose_blob_is_gone_reads_as_its_size() -> None:
    # GIVEN
    blobs = MemoryBlobs()
    log = RequestLog(log_table(), blobs)
    log.write([entry(1, response=Exchange({}, random_bytes(20_000), 20_000))])
    # WHEN
    blobs.objects.clear()
    # THEN
    assert log.get("shop", entry(1).id) == entry(1, response=Exchange(size=20_000))


@pytest.mark.parametrize(
    "body", [random_bytes(20_000), b"begin" + b"x" * 3_000_000 + random_bytes(20_000)]
)
def test_a_big_body_that_cannot_be_stored_loses_its_end_and_not_the_entry(body: bytes) -> None:
    # GIVEN
    blobs = MemoryBlobs()
    log = RequestLog(log_table(), blobs)
    blobs.fail_next("put")
    # WHEN
    written = entry(1, error="kept", response=Exchange({"a": "b"}, body, len(body)))
    assert log.write([written]) == 0
    # THEN
    read = log.get("shop", written.id)
    assert read is not None
    assert read.error == "kept"
    assert read.response.size == len(body)
    assert read.response.headers in ({"a": "b"}, {})
    assert body.startswith(read.response.body)
    assert len(read.response.body) <= INLINE_BYTES


def test_big_headers_come_back_too(log: RequestLog) -> None:
    # GIVEN
    headers = {f"x-{number}": random_bytes(500).hex() for number in range(40)}
    written = entry(1, request=Exchange(headers, b"body", 4))
    # WHEN
    log.write([written])
    # THEN
    assert log.get("shop", written.id) == written


def test_entries_that_are_lost_are_counted_and_nothing_is_raised() -> None:
    # GIVEN
    table = log_table()
    log = RequestLog(table, MemoryBlobs())
    table.fail_next("put_many")
    # THEN
    assert log.write([entry(number) for number in range(30)]) == 30
    assert log.write([entry(number) for number in range(30)]) == 0
    assert log.write([]) == 0


def test_an_entry_of_any_length_takes_no_others_with_it(log: RequestLog) -> None:
    # GIVEN texts that are in no body and so in no blob
    huge = entry(
        1,
        url="https://api.example/?" + "x" * 1_000_000,
        error="ы" * 1_000_000,
        family=Family.GIVE_UP,
        job="shop/orders/" + "№" * 2_000,
        event="e" * 5_000,
    )
    no_event = entry(3, event="")
    # WHEN
    lost = log.write([entry(0), huge, entry(2), no_event])
    # THEN
    assert lost == 0
    assert log.get("shop", entry(0).id) == entry(0)
    assert log.get("shop", entry(2).id) == entry(2)
    assert log.get("shop", no_event.id) == no_event
    read = log.get("shop", huge.id)
    assert read is not None
    assert read.url.startswith("https://api.example/?xxx")
    assert read.url.endswith("x…")


def test_an_entry_expires_after_the_retention() -> None:
    # GIVEN
    table = log_table()
    # WHEN
    RequestLog(table, MemoryBlobs(), retention_days=2).write([entry(1)])
    # THEN
    assert {row["expires_at"] for row in table.rows()} == {int(NOON - 1 + 2 * DAY)}


def test_an_entry_is_found_by_its_event_its_job_and_its_error(
    log: RequestLog, log_rows: Table
) -> None:
    # GIVEN
    receipt = entry(2, event="shop/01K", job="shop/01K")
    log.write([FULL, receipt, entry(3)])
    reader = LogReader(log_rows, ["shop"])

    def found(**wanted: Any) -> list[str]:
        page = reader.search(replace(LogFilter(NOON - DAY, NOON), **wanted))
        return [one.id for one in page.entries]

    # THEN
    assert found(event="shop/01K") == found(run="shop/01K") == [FULL.id, receipt.id]
    assert found(job="shop/orders/1") == [FULL.id]
    assert found(job="shop/01K") == [receipt.id]
    assert found(status="503") == found(status="5xx") == found(status="error") == [FULL.id]
