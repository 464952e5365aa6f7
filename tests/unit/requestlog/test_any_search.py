"""Whatever lies in the log and whatever is asked: a search equals looking through all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.errors import Family
from mostik.requestlog.entry import Direction, Exchange, LogEntry
from mostik.requestlog.query import LogFilter, LogReader
from mostik.requestlog.store import RequestLog
from tests.aws.entries import NOON, entry
from tests.support.memory import MemoryBlobs, log_table

CONNECTIONS = ["crm", "shop"]
EVENTS = ["e1", "e2", "run:1", "e" * 3_000, "e" * 3_000 + "x"]
JOBS = ["shop/orders/1", "shop/orders/2", "e1", "run:1", "j" * 3_000]
STATUSES = [None, 200, 201, 302, 404, 500, 503]
AGES = [0.0, 0.001, 5.0, 9.9, 10.0, 10.1, 40.0, 5_000.0, 200_000.0]
WORDS = ["красный", "blue", "+7"]

numbers = st.integers(0, 10**9)


@st.composite
def entries(draw: st.DrawFn) -> LogEntry:
    status = draw(st.sampled_from(STATUSES))
    families = [None, *Family] if status not in (201, 302) else [None]
    return entry(
        draw(numbers),
        # Batches overlap, and a receipt may be hours older than the calls beside it.
        at=NOON - draw(st.sampled_from(AGES)) - draw(st.integers(0, 20)),
        connection=draw(st.sampled_from(CONNECTIONS)),
        status=status,
        family=draw(st.sampled_from(families)),
        method=draw(st.sampled_from(["GET", "POST"])),
        direction=draw(st.sampled_from(list(Direction))),
        endpoint=draw(st.sampled_from(["/orders/{id}", "crm.item.add"])),
        event=draw(st.sampled_from([None, *EVENTS])),
        job=draw(st.sampled_from([None, *JOBS])),
        record=draw(st.sampled_from([None, "orders/1"])),
        response=Exchange({}, draw(st.sampled_from(WORDS)).encode(), 9),
    )


def maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), st.sampled_from(values))


filters = st.builds(
    LogFilter,
    since=st.sampled_from([NOON - 300_000, NOON - 50, NOON - 12]),
    until=st.sampled_from([NOON, NOON - 10, NOON - 5_000]),
    connection=maybe(CONNECTIONS),
    status=maybe(["503", "404", "200", "5xx", "4xx", "2xx", "none", "ok", "error", "give_up"]),
    family=maybe(list(Family)),
    method=maybe(["post"]),
    direction=maybe(list(Direction)),
    endpoint=maybe(["crm.*"]),
    event=maybe(EVENTS),
    run=maybe(["run:1"]),
    job=maybe(JOBS),
    record=maybe(["orders/1"]),
    text=maybe(["КРАСНЫЙ", "api.example"]),
)


def expected(written: Sequence[LogEntry], wanted: LogFilter) -> list[str]:
    found = [
        one.id
        for one in written
        if wanted.since <= one.at <= wanted.until and wanted.admits(one) and wanted.admits_text(one)
    ]
    return sorted(found, reverse=True)


@settings(max_examples=150)
@given(st.lists(st.lists(entries(), max_size=12), max_size=4), filters, st.integers(1, 7))
def test_a_search_finds_what_looking_through_everything_finds(
    batches: list[list[LogEntry]], wanted: LogFilter, limit: int
) -> None:
    # GIVEN
    table = log_table()
    log = RequestLog(table, MemoryBlobs())
    written = {one.id: one for batch in batches for one in batch}
    for batch in batches:
        assert log.write([one for one in batch if written[one.id] is one]) == 0
    reader = LogReader(table, CONNECTIONS)
    # WHEN
    found: list[str] = []
    cursor: str | None = None
    for _ in range(60):
        page = reader.search(wanted, limit=limit, cursor=cursor)
        found += [one.id for one in page.entries]
        cursor = page.cursor
        if cursor is None:
            break
    # THEN
    assert found == expected(list(written.values()), wanted)


@given(st.lists(entries(), min_size=1, max_size=30, unique_by=lambda one: one.id))
def test_every_entry_is_got_by_its_id_alone(written: list[LogEntry]) -> None:
    # GIVEN
    table, blobs = log_table(), MemoryBlobs()
    RequestLog(table, blobs).write(written)
    reader = LogReader(table, CONNECTIONS, blobs)
    # THEN
    for one in written:
        assert reader.get(one.id) == one


def test_an_entry_whose_digest_was_lost_is_still_got() -> None:
    # GIVEN
    table = log_table()
    RequestLog(table, MemoryBlobs()).write([entry(1)])
    table.remove("all", entry(1).id)
    # THEN
    assert LogReader(table, CONNECTIONS).get(entry(1).id) == entry(1)


def test_what_has_expired_is_not_shown_any_more() -> None:
    # GIVEN
    table = log_table()
    RequestLog(table, MemoryBlobs(), retention_days=1).write([entry(1, event="e1")])
    for wanted in (LogFilter(0, NOON), LogFilter(0, NOON, event="e1"), LogFilter(0, NOON, "shop")):
        now = [NOON]
        reader = LogReader(table, CONNECTIONS, clock=lambda now=now: now[0])  # type: ignore[misc]  # a bound cell
        assert len(reader.search(wanted).entries) == 1
        # WHEN
        now[0] = NOON + 86_400
        # THEN
        assert reader.search(wanted).entries == []
        assert reader.get(entry(1).id) is None
