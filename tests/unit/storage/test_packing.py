"""How bodies lie in the rows of the request log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mostik.ids import ulid
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from mostik.requestlog.recorder import Recorder
from mostik.requestlog.store import RequestLog, day_of, partition_of, shard_of
from tests.support.memory import MemoryBlobs, log_table

NOW = 1_760_011_200.0

headers = st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=5)
exchanges = st.builds(Exchange, headers, st.binary(max_size=2_000), st.integers(0, 10**9))


def an_entry(
    request: Exchange | None = None, response: Exchange | None = None, at: float = NOW
) -> LogEntry:
    return LogEntry(
        id=ulid(at),
        at=at,
        connection="shop",
        direction=Direction.OUT,
        method="GET",
        endpoint="/",
        url="https://api.example/",
        status=200,
        duration_ms=1,
        request=request or Exchange(),
        response=response or Exchange(),
    )


@given(exchanges, exchanges)
def test_headers_and_bodies_of_both_sides_come_back(request: Exchange, response: Exchange) -> None:
    # GIVEN
    log = RequestLog(log_table(), MemoryBlobs())
    written = an_entry(request, response)
    # WHEN
    log.write([written])
    # THEN
    assert log.get("shop", written.id) == written


@given(st.floats(0, 4e9))
def test_an_entry_of_any_moment_is_found_by_its_id(at: float) -> None:
    # GIVEN
    log = RequestLog(log_table(), MemoryBlobs())
    written = an_entry(at=at)
    # WHEN
    log.write([written])
    # THEN
    assert log.get("shop", written.id) == written


def test_an_exchange_without_headers_and_body_takes_no_room() -> None:
    # GIVEN
    table = log_table()
    # WHEN
    RequestLog(table, MemoryBlobs()).write([an_entry()])
    # THEN
    (row,) = table.rows()
    assert not {"request", "response", "request_key", "response_key"} & row.keys()
    assert None not in row.values()


def test_a_body_of_1_kilobyte_fits_into_two_write_units_with_its_row() -> None:
    # GIVEN
    table = log_table()
    body = b'{"id":17,"name":"value","price":"100.50"},' * 25
    # WHEN
    RequestLog(table, MemoryBlobs()).write([an_entry(Exchange({}, body, len(body)))])
    # THEN
    assert table.query(partition_of("shop", "2025-10-09", 0)).read_units == 0.5
    (row,) = table.rows()
    assert len(row["request"]) < 200


def test_partitions_are_named_for_connection_day_and_shard() -> None:
    assert day_of(NOW) == "2025-10-09"
    assert day_of(NOW - 43_200.001) == "2025-10-08"
    assert partition_of("shop", day_of(NOW), shard_of(ulid(NOW))) == "shop#2025-10-09#0"


def test_a_recorder_gives_each_entry_away_once() -> None:
    # GIVEN
    recorder = Recorder()
    entry = an_entry()
    recorder.add(entry)
    # THEN
    assert recorder.take() == [entry]
    assert recorder.take() == []
