"""``JobRows`` over a table: claims, the due index, held and failed jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import Family, WhoActs
from mostik.jobs.failed import FailedFilter
from mostik.jobs.message import Touch, dump
from mostik.jobs.replay import Replays, ReplayState
from mostik.jobs.row import DUE_SHARDS, Failure, JobRow, JobState, failed_key, shard_of
from mostik.jobs.rows import JobRows, Rows, Wrote, end_key
from mostik.ports import Table
from tests.support.queue import MemoryQueue

NOW = 1_760_000_000.123
FAILURE = Failure(Family.GIVE_UP, "Товар не найден.", WhoActs.ADMIN, NOW, "404")


@pytest.fixture
def rows(table: Table) -> JobRows:
    return JobRows(table)


def a_job(number: int = 1, **changes: Any) -> JobRow:
    row = JobRow(
        id=f"shop/products/{number}",
        connection="shop",
        state=JobState.RUNNING,
        payload='{"v":1}',
        version=1,
        asked_at=NOW,
    )
    return replace(row, **changes)


def every(page_of: Callable[[str | None], Rows]) -> list[JobRow]:
    """All rows of all pages."""
    found: list[JobRow] = []
    after: str | None = None
    while True:
        page = page_of(after)
        found += page.rows
        after = page.after
        if after is None:
            return found


FULL = JobRow(
    id="shop/заказы/№ 1",
    connection="shop",
    state=JobState.UNKNOWN,
    payload='{"текст":"🙂"}',
    version=1_760_000_000_123,
    asked_at=NOW,
    asked=3,
    taken=2,
    done=1,
    attempts=4,
    crashes=2,
    owner="request-1",
    lease_until=NOW + 120.25,
    first_attempt_at=NOW - 1,
    last_attempt_at=NOW,
    due_at=NOW + 30,
    sent_at=NOW - 2,
    gate="shop",
    lookups=0,
    writes_unsafely=True,
    failure=FAILURE,
    expires_at=1_760_000_001,
)


@pytest.mark.parametrize("row", [FULL, a_job()], ids=["every field", "few fields"])
def test_a_row_comes_back_as_it_was_written(rows: JobRows, row: JobRow) -> None:
    # WHEN
    assert rows.write(row, None) == Wrote(True)
    # THEN
    assert rows.get(row.id) == row


def test_a_job_without_a_row_reads_as_none(rows: JobRows) -> None:
    assert rows.get("shop/products/1") is None


def test_a_row_is_claimed_once(rows: JobRows) -> None:
    # GIVEN
    rows.write(a_job(owner="first"), None)
    # WHEN
    answer = rows.write(a_job(owner="second"), None)
    # THEN
    assert answer == Wrote(False, a_job(owner="first"))


def test_a_row_is_written_over_the_version_that_was_seen_and_no_other(rows: JobRows) -> None:
    # GIVEN
    first = a_job()
    rows.write(first, None)
    # WHEN
    second = first.next(owner="second")
    # THEN
    assert rows.write(second, first.version) == Wrote(True)
    assert rows.write(first.next(owner="late"), first.version) == Wrote(False, second)
    assert rows.get(first.id) == second


def test_a_row_that_is_gone_is_not_written_over(rows: JobRows) -> None:
    assert rows.write(a_job(), 1) == Wrote(False, None)


def test_a_row_is_removed_at_the_version_that_was_seen_and_no_other(rows: JobRows) -> None:
    # GIVEN
    row = a_job(version=5)
    rows.write(row, None)
    # THEN
    assert rows.remove(row.id, 4) == Wrote(False, row)
    assert rows.remove(row.id, 5) == Wrote(True)
    assert rows.remove(row.id, 5) == Wrote(False, None)


def waiting_in(shard: int, count: int) -> Sequence[JobRow]:
    """Waiting rows of one shard, due one second after another, written in another order."""
    numbers = [n for n in range(1_000) if shard_of(f"shop/products/{n}") == shard][:count]
    return [
        a_job(number, state=JobState.WAITING, due_at=NOW + position)
        for position, number in enumerate(numbers)
    ]


def test_due_rows_come_the_earliest_first(rows: JobRows) -> None:
    # GIVEN
    waiting = waiting_in(3, 6)
    for row in reversed(waiting):
        rows.write(row, None)
    # THEN
    assert rows.due(3, until=NOW + 2, limit=100) == Rows(waiting[:3], None)
    assert rows.due(3, until=NOW - 0.001, limit=100) == Rows([], None)
    assert rows.due(3, until=NOW + 100, limit=2).rows == waiting[:2]
    assert rows.due(4, until=NOW + 100, limit=100).rows == []
    assert rows.next_due(3) == NOW
    assert rows.next_due(4) is None


def test_every_waiting_row_is_in_one_shard(rows: JobRows) -> None:
    # GIVEN
    waiting = [a_job(n, state=JobState.WAITING, due_at=NOW + n) for n in range(40)]
    for row in waiting:
        rows.write(row, None)
    # WHEN
    found = [
        row for shard in range(DUE_SHARDS) for row in rows.due(shard, until=1e10, limit=100).rows
    ]
    # THEN
    assert sorted(row.id for row in found) == sorted(row.id for row in waiting)


def test_a_row_that_is_carried_by_its_message_is_not_due(rows: JobRows) -> None:
    # GIVEN
    row = a_job(state=JobState.WAITING, due_at=NOW)
    rows.write(row, None)
    # WHEN
    rows.write(row.next(state=JobState.RUNNING, due_at=None), row.version)
    # THEN
    assert rows.next_due(shard_of(row.id)) is None


def test_held_rows_come_the_oldest_touch_first(rows: JobRows) -> None:
    # GIVEN
    held = [
        a_job(number, state=JobState.HELD, gate="shop", asked_at=NOW - number)
        for number in range(12)
    ]
    for row in held:
        rows.write(row, None)
    rows.write(a_job(99, state=JobState.HELD, gate="crm", asked_at=NOW - 1_000), None)
    # THEN
    found = every(lambda after: rows.held("shop", limit=5, after=after))
    assert found == held[::-1]
    assert [row.id for row in rows.held("crm", limit=5).rows] == ["shop/products/99"]
    assert rows.held("nobody", limit=5) == Rows([], None)


def test_a_held_row_is_not_due_by_itself(rows: JobRows) -> None:
    # GIVEN
    row = a_job(state=JobState.HELD, gate="shop", due_at=NOW)
    rows.write(row, None)
    # THEN
    assert rows.next_due(shard_of(row.id)) is None


def test_failed_rows_come_the_newest_failure_first(rows: JobRows) -> None:
    # GIVEN
    failed = [
        a_job(
            number,
            state=JobState.FAILED,
            failure=replace(FAILURE, at=NOW + number),
            payload="x" * 1_000,
        )
        for number in range(12)
    ]
    for row in failed:
        rows.write(row, None)
    # THEN
    found = every(lambda after: rows.failed(limit=5, after=after))
    assert found == failed[::-1]


def test_a_replayed_row_leaves_the_failed(rows: JobRows) -> None:
    # GIVEN
    row = a_job(state=JobState.FAILED, failure=FAILURE)
    rows.write(row, None)
    # WHEN
    rows.write(row.next(state=JobState.QUEUED, failure=None), row.version)
    # THEN
    assert rows.failed(limit=5).rows == []


def test_failed_rows_of_a_time_come_the_oldest_first(rows: JobRows) -> None:
    # GIVEN
    failed = [
        a_job(number, state=JobState.FAILED, failure=replace(FAILURE, at=NOW + number))
        for number in range(12)
    ]
    for row in failed:
        rows.write(row, None)
    # THEN both ends are inside
    first, last = failed_key(failed[3]), end_key(NOW + 9)
    found = every(
        lambda after: rows.failed(limit=4, after=after, first=first, last=last, newest_first=False)
    )
    assert found == failed[3:10]


def test_a_replay_of_many_is_found_until_it_has_ended(table: Table, rows: JobRows) -> None:
    # GIVEN failed jobs, of which a person replays some
    def now() -> float:
        return NOW + 100

    for number in range(5):
        touch = Touch("shop", "products", str(number), "event", NOW)
        failure = replace(FAILURE, at=NOW + number)
        rows.write(a_job(number, state=JobState.FAILED, failure=failure, payload=dump(touch)), None)
    queue = MemoryQueue(now)
    replays = Replays(table, rows, queue, now)
    wanted = FailedFilter(since=NOW + 1, who=WhoActs.ADMIN, reason="товар")
    run = replays.start(wanted, matching=4, by="a person")
    assert replays.get(run.id) == run
    # WHEN the tick goes on with it
    assert replays.advance(lambda: 60.0) == 4
    # THEN it has ended, and is remembered
    ended = replays.get(run.id)
    assert (ended.state, ended.replayed, ended.left) == (ReplayState.DONE, 4, 0)
    assert replays.advance(lambda: 60.0) == 0
    assert list(replays.recent()) == [ended]
    assert [row.id for row in rows.failed(limit=5).rows] == ["shop/products/0"]
    assert len(queue) == 4
