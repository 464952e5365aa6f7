"""A failed job starts anew without doubling what its last worker may have done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mostik.jobs.again import LANDED_SECONDS, replayed
from mostik.jobs.life import ClaimDecision, Claimed, Parked, decide_claim
from mostik.jobs.message import Work
from mostik.jobs.row import JobRow, JobState
from tests.unit.jobs.rows import EVENT, FAILURE, LEASE_SECONDS, LOOK_UP_AFTER, NOW, TOUCH, row


def died(ago: float, work: Work = TOUCH, *, writing: bool = True) -> JobRow:
    failure = replace(FAILURE, at=NOW - ago)
    return row(JobState.FAILED, work, writes_unsafely=writing, failure=failure, crashes=3)


def decide(standing: JobRow, work: Work = TOUCH) -> ClaimDecision:
    return decide_claim(
        work,
        standing,
        now=NOW,
        owner="me",
        lease_seconds=LEASE_SECONDS,
        look_up_after=LOOK_UP_AFTER,
        unsafe=True,
    )


@pytest.mark.parametrize("work", [TOUCH, EVENT])
def test_a_job_whose_worker_has_just_died_writing_waits_for_what_may_still_land(
    work: Work,
) -> None:
    # GIVEN a job that failed a second ago because its workers died in an unsafe write
    standing = died(1, work)
    # WHEN it is asked for anew
    decision = decide(standing, work)
    # THEN it is looked up when that write has landed, and the ask is remembered
    assert isinstance(decision, Parked)
    assert decision.over == standing.version
    assert (decision.row.state, decision.row.lookups) == (JobState.UNKNOWN, 0)
    assert decision.row.due_at == NOW - 1 + LANDED_SECONDS
    assert decision.row.asked == standing.asked + 1
    assert decision.row.crashes == 0


def test_later_it_is_claimed_in_doubt() -> None:
    decision = decide(died(LANDED_SECONDS))
    assert isinstance(decision, Claimed)
    assert (decision.row.state, decision.row.lookups) == (JobState.RUNNING, 0)


def test_a_job_that_failed_otherwise_is_claimed_at_once() -> None:
    decision = decide(died(1, writing=False))
    assert isinstance(decision, Claimed)
    assert decision.row.lookups is None


@pytest.mark.parametrize(
    ("standing", "state", "lookups"),
    [
        (died(1), JobState.UNKNOWN, 0),
        (died(LANDED_SECONDS), JobState.QUEUED, 0),
        (died(1, writing=False), JobState.QUEUED, None),
    ],
)
def test_a_replay_decides_the_same(standing: JobRow, state: JobState, lookups: int | None) -> None:
    again = replayed(standing, now=NOW)
    assert again is not None
    assert (again.state, again.lookups, again.attempts, again.crashes) == (state, lookups, 0, 0)
    assert again.due_at is not None
    assert again.due_at > NOW


def test_a_message_that_may_come_late_is_not_sent_again_so_soon() -> None:
    again = replayed(died(1, writing=False), now=NOW, resend_after=900.0)
    assert again is not None
    assert again.due_at == NOW + 900
