"""How bodies lie in the rows of the request log."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mostik.ids import ulid
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from mostik.requestlog.recorder import Recorder
from mostik.requestlog.store import RequestLog
from tests.support.memory import MemoryBlobs, log_table
from tests.support.weight import weight_of

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


def test_an_exchange_without_headers_and_body_takes_little_room() -> None:
    # GIVEN
    table = log_table()
    # WHEN
    RequestLog(table, MemoryBlobs()).write([an_entry()])
    # THEN
    (row,) = table.rows("log#")
    assert weight_of(row) < 160


def test_an_entry_with_bodies_of_1_kilobyte_fits_into_one_write_unit() -> None:
    # GIVEN
    table = log_table()
    body = json.dumps({f"field_{n}": f"{n * 7919 % 997}" for n in range(56)}).encode()
    assert 1_000 < len(body) < 1_100
    side = Exchange({"Content-Type": "application/json", "X-Request-Id": "6f1c"}, body, len(body))
    # WHEN
    RequestLog(table, MemoryBlobs()).write([an_entry(side, side)])
    # THEN
    (row,) = table.rows("log#")
    assert weight_of(row) <= 1_024


def test_a_recorder_gives_each_entry_away_once() -> None:
    # GIVEN
    recorder = Recorder()
    entry = an_entry()
    recorder.add(entry)
    # THEN
    assert recorder.take() == [entry]
    assert recorder.take() == []
