"""Which failed jobs a person means, and how many of what kind there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import Family, WhoActs
from mostik.jobs.failed import FailedCount, FailedFilter, FailedGroup, FailedJobs
from mostik.jobs.message import Message, Touch, dump
from mostik.jobs.row import Failure, JobRow, JobState
from mostik.jobs.rows import JobRows
from tests.support.clock import STARTS_AT
from tests.support.memory import state_table
from tests.support.rig import Rig
from tests.unit.jobs.rows import EVENT, TOUCH, row

GONE = Failure(Family.GIVE_UP, "The order is gone.", WhoActs.ADMIN, STARTS_AT, "NOT_FOUND")
LATE = Failure(Family.RETRY_LATER, "Gave up after 7 days.", WhoActs.EXTERNAL_ADMIN, STARTS_AT)


@pytest.fixture
def rows() -> JobRows:
    return JobRows(state_table())


def fails(rows: JobRows, key: str, failure: Failure, *, at: float = 0.0, **more: Any) -> JobRow:
    """A job of ``shop/orders/<key>`` has failed ``at`` seconds after the start."""
    touch = replace(TOUCH, key=key, **more)
    failed = row(JobState.FAILED, touch, failure=replace(failure, at=STARTS_AT + at))
    assert rows.write(failed, None).done
    return failed


def found(rows: JobRows, **wanted: Any) -> list[str]:
    page = FailedJobs(rows).page(FailedFilter(**wanted), limit=100)
    assert page.after is None
    return [job.id for job in page.rows]


# ── which ───────────────────────────────────────────────────────────────────────────────────────


def test_without_a_filter_all_failed_jobs_are_meant_the_newest_first(rows: JobRows) -> None:
    # GIVEN failed jobs, and one that waits
    fails(rows, "1", GONE, at=10)
    fails(rows, "2", LATE, at=30)
    fails(rows, "3", GONE, at=20)
    assert rows.write(row(JobState.WAITING, replace(TOUCH, key="4")), None).done
    # THEN
    assert found(rows) == ["shop/orders/2", "shop/orders/3", "shop/orders/1"]


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({"connection": "shop"}, "21"),
        ({"connection": "none"}, ""),
        ({"family": Family.RETRY_LATER}, "2"),
        ({"who": WhoActs.ADMIN}, "31"),
        ({"reason": "order IS gone"}, "31"),
        ({"reason": "NOT_FOUND"}, "31"),
        ({"reason": "NOT_FOU"}, ""),
        ({"resource": "orders"}, "21"),
        ({"resource": "order"}, ""),
        ({"since": STARTS_AT + 20}, "32"),
        ({"until": STARTS_AT + 20}, "21"),
        ({"since": STARTS_AT + 20, "until": STARTS_AT + 20}, "2"),
        ({"since": STARTS_AT + 99}, ""),
        ({"since": -5.0, "until": -1.0}, ""),
        ({"text": "days"}, "2"),
        ({"text": "MSG_3"}, "3"),
        ({"who": WhoActs.ADMIN, "resource": "orders"}, "1"),
    ],
)
def test_a_filter_means_what_fits_everything_given(
    rows: JobRows, wanted: dict[str, Any], keys: str
) -> None:
    # GIVEN
    fails(rows, "1", GONE, at=10)
    fails(rows, "2", LATE, at=20)
    fails(rows, "3", GONE, at=30, connection="portal", resource="customers", event="portal:msg_3")
    # THEN
    assert [job.rpartition("/")[2] for job in found(rows, **wanted)] == list(keys)


def test_a_full_state_event_is_found_by_its_resource_and_its_content(rows: JobRows) -> None:
    event = replace(EVENT, content={"customer": "Иванов"})
    assert rows.write(row(JobState.FAILED, event, failure=GONE), None).done
    assert found(rows, resource="orders", text="иванов") == [event.id]


def test_a_receipt_that_failed_as_a_whole_is_in_no_resource(rows: JobRows) -> None:
    # GIVEN what could not be interpreted, and what is no message at all
    receipt: Message = Rig().receipt(b"junk")
    for job_id, payload in ((receipt.id, dump(receipt)), ("unreadable/1", "[]")):
        failed = row(JobState.FAILED, failure=GONE)
        assert rows.write(replace(failed, id=job_id, payload=payload), None).done
    # THEN
    assert found(rows, resource="orders") == []
    assert found(rows, text="junk") == [receipt.id]
    assert len(found(rows)) == 2


def test_a_filter_comes_back_from_the_table_as_it_was() -> None:
    whole = FailedFilter(
        1.5, 2.0, "shop", Family.GIVE_UP, WhoActs.EXTERNAL_ADMIN, "gone", "orders", "7"
    )
    for wanted in (whole, FailedFilter(), FailedFilter(since=1.0)):
        assert FailedFilter.from_item(wanted.as_item()) == wanted


@pytest.mark.parametrize("limit", [1, 7, 100, 130])
def test_pages_hold_each_job_once_however_few_fit(rows: JobRows, limit: int) -> None:
    # GIVEN many failed jobs, every third of which is meant
    for number in range(300):
        fails(rows, str(number), GONE if number % 3 == 0 else LATE, at=number)
    jobs, wanted = FailedJobs(rows), FailedFilter(family=Family.GIVE_UP)
    # WHEN a person turns the pages
    seen: list[str] = []
    after: str | None = None
    while True:
        page = jobs.page(wanted, limit=limit, after=after)
        assert len(page.rows) <= limit
        seen += [job.id for job in page.rows]
        after = page.after
        if after is None:
            break
    # THEN
    assert seen == [f"shop/orders/{number}" for number in range(297, -1, -3)]


# ── how many ────────────────────────────────────────────────────────────────────────────────────


def test_a_count_says_how_many_of_what_kind_and_since_when(rows: JobRows) -> None:
    # GIVEN
    for number in range(250):
        fails(rows, str(number), GONE, at=number)
    fails(rows, "late", LATE, at=1_000)
    # THEN
    assert FailedJobs(rows).count(FailedFilter()) == FailedCount(
        jobs=251,
        oldest=STARTS_AT,
        newest=STARTS_AT + 1_000,
        groups=[
            FailedGroup("shop", "The order is gone.", 250),
            FailedGroup("shop", "Gave up after 7 days.", 1),
        ],
    )
    assert FailedJobs(rows).count(FailedFilter(connection="none")).jobs == 0


def test_a_count_stops_somewhere_and_says_so(rows: JobRows) -> None:
    for number in range(250):
        fails(rows, str(number), GONE, at=number)
    counted = FailedJobs(rows).count(FailedFilter(), most=200)
    assert (counted.jobs, counted.whole) == (200, False)
    assert FailedJobs(rows).count(FailedFilter(), most=300).whole


def test_a_touch_keeps_its_first_and_last_attempt_when_it_fails(rows: JobRows) -> None:
    # GIVEN a row that has failed after a while
    fails(rows, "1", LATE)
    # THEN both are told, with the whole payload
    (failed,) = FailedJobs(rows).page(FailedFilter(), limit=1).rows
    assert failed.first_attempt_at is not None
    assert failed.last_attempt_at is not None
    assert failed.payload == dump(Touch("shop", "orders", "1", TOUCH.event, TOUCH.asked_at))
