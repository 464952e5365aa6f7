from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import Family, WhoActs
from mostik.jobs.life import (
    CRASHES_BEFORE_FAILED,
    LEASE_MARGIN_SECONDS,
    Asked,
    BackTo,
    ClaimDecision,
    Claimed,
    Duplicate,
    Parked,
    decide_claim,
    due_again,
)
from mostik.jobs.message import Work, dump
from mostik.jobs.row import JobRow, JobState
from tests.unit.jobs.rows import EVENT, LEASE_SECONDS, LOOK_UP_AFTER, NOW, TOUCH, row

DEAD: dict[str, Any] = {"owner": "dead", "lease_until": NOW - 1, "taken": 1}


def decide(work: Work, standing: JobRow | None, *, unsafe: bool = False) -> ClaimDecision:
    return decide_claim(
        work,
        standing,
        now=NOW,
        owner="me",
        lease_seconds=LEASE_SECONDS,
        look_up_after=LOOK_UP_AFTER,
        unsafe=unsafe,
    )


def claimed(work: Work, standing: JobRow | None, *, unsafe: bool = False) -> JobRow:
    decision = decide(work, standing, unsafe=unsafe)
    assert isinstance(decision, Claimed)
    return decision.row


@pytest.mark.parametrize(
    ("state", "work", "decision"),
    [
        (JobState.QUEUED, TOUCH, Claimed),
        (JobState.QUEUED, EVENT, Claimed),
        (JobState.RUNNING, TOUCH, Asked),
        (JobState.RUNNING, EVENT, BackTo),
        (JobState.WAITING, TOUCH, Claimed),
        (JobState.WAITING, EVENT, Claimed),
        (JobState.HELD, TOUCH, Asked),
        (JobState.HELD, EVENT, Duplicate),
        (JobState.UNKNOWN, TOUCH, Asked),
        (JobState.UNKNOWN, EVENT, Duplicate),
        (JobState.FAILED, TOUCH, Claimed),
        (JobState.FAILED, EVENT, Claimed),
        (JobState.DONE, TOUCH, Claimed),
        (JobState.DONE, EVENT, Duplicate),
    ],
)
def test_every_state_has_one_answer_for_a_touch_and_one_for_a_state_event(
    state: JobState, work: Work, decision: type[ClaimDecision]
) -> None:
    # GIVEN a job in a state
    # WHEN a worker holds a message of it
    # THEN what it may do is this
    assert isinstance(decide(work, row(state, work)), decision)


@pytest.mark.parametrize("work", [TOUCH, EVENT])
@pytest.mark.parametrize("unsafe", [True, False])
def test_a_job_without_a_row_is_claimed_by_inserting_one(work: Work, unsafe: bool) -> None:
    # WHEN nobody has the job
    decision = decide(work, None, unsafe=unsafe)
    # THEN the row that is written before the first call says who, until when and how
    assert isinstance(decision, Claimed)
    assert decision.over is None
    assert decision.row == JobRow(
        id=work.id,
        connection="shop",
        state=JobState.RUNNING,
        payload=dump(work),
        version=int(NOW * 1000),
        asked_at=work.asked_at,
        asked=1,
        taken=1,
        attempts=1,
        first_attempt_at=NOW,
        last_attempt_at=NOW,
        owner="me",
        lease_until=NOW + LEASE_SECONDS,
        writes_unsafely=unsafe,
    )


@pytest.mark.parametrize(
    "state", [s for s in JobState if s not in (JobState.DONE, JobState.HELD, JobState.UNKNOWN)]
)
def test_a_claim_takes_the_lease_and_the_carrier_over(state: JobState) -> None:
    # GIVEN a job whose message arrives
    standing = row(state, lease_until=0.0, owner=None)
    # WHEN it is claimed
    mine = claimed(TOUCH, standing, unsafe=True)
    # THEN the message is the carrier now: the row is not due, not behind a gate, and newer
    assert (mine.state, mine.owner, mine.lease_until) == (
        JobState.RUNNING,
        "me",
        NOW + LEASE_SECONDS,
    )
    assert (mine.due_at, mine.gate, mine.writes_unsafely) == (None, None, True)
    assert mine.version == standing.version + 1
    assert mine.taken == mine.asked > mine.done
    assert mine.last_attempt_at == NOW


def test_a_touch_of_a_record_in_other_hands_only_asks() -> None:
    # GIVEN a record that a live worker holds
    standing = row(JobState.RUNNING)
    # WHEN a touch of it arrives
    decision = decide(TOUCH, standing)
    # THEN nothing changes but the number of askers, over the version that was seen
    assert isinstance(decision, Asked)
    assert decision.over == standing.version
    # AND the row carries the job, should its owner die: the tick finds it after the lease
    rescued = standing.lease_until + LEASE_MARGIN_SECONDS
    assert decision.row == standing.next(asked=standing.asked + 1, due_at=rescued)


def test_a_record_that_was_asked_for_in_dead_hands_is_sent_as_it_stands() -> None:
    # GIVEN a claim whose owner died after others had asked
    dead = row(JobState.RUNNING, **DEAD, asked=2, due_at=NOW - 1)
    # WHEN the tick finds it
    sent = due_again(dead, now=NOW, resend_after=900.0)
    # THEN its message goes, and whoever takes it sees that the owner died
    assert sent == dead.next(due_at=NOW + 900.0, sent_at=NOW)
    # AND a claim that is alive is left alone, whatever the index says
    assert due_again(replace(dead, lease_until=NOW + 1), now=NOW, resend_after=900.0) is None


def test_a_state_event_in_other_hands_comes_back_when_the_lease_ends() -> None:
    # GIVEN a full-state event that a live worker runs
    standing = row(JobState.RUNNING, EVENT)
    # WHEN its message is delivered once more
    # THEN it is shown again at the end of the lease, not deleted: it may be the only carrier
    assert decide(EVENT, standing) == BackTo(standing.lease_until)


@pytest.mark.parametrize(("seconds", "lives"), [(1.0, True), (0.0, False), (-1.0, False)])
def test_a_lease_lives_until_its_last_second(seconds: float, lives: bool) -> None:
    # GIVEN a lease that ends in so many seconds
    standing = row(JobState.RUNNING, lease_until=NOW + seconds)
    # THEN it stands exactly until then
    assert isinstance(decide(TOUCH, standing), Asked if lives else Claimed)


@pytest.mark.parametrize("state", [JobState.HELD, JobState.UNKNOWN])
def test_a_fresh_touch_leaves_a_held_or_unknown_job_to_the_tick(state: JobState) -> None:
    # GIVEN a job that must not simply run
    standing = row(state)
    # WHEN its record is touched
    decision = decide(TOUCH, standing)
    # THEN it stays as it is and remembers the question
    assert isinstance(decision, Asked)
    assert decision.row == standing.next(asked=standing.asked + 1)


def test_a_claim_serves_everybody_who_asked_before_it() -> None:
    # GIVEN a waiting job for which three have asked
    mine = claimed(TOUCH, row(JobState.WAITING, asked=3, done=0))
    # THEN one look serves all, in the place in the order of the first of them
    assert (mine.asked, mine.taken) == (3, 3)
    assert mine.asked_at == NOW - 20


def test_a_touch_of_a_finished_record_asks_anew() -> None:
    # GIVEN a row whose askers were all served
    mine = claimed(TOUCH, row(JobState.QUEUED, asked=2, taken=2, done=2))
    # THEN this touch is a new question, asked now
    assert (mine.asked, mine.taken, mine.done) == (3, 3, 2)
    assert mine.asked_at == TOUCH.asked_at


def test_an_attempt_counts_on_and_the_first_one_keeps_its_time() -> None:
    # GIVEN a job that has failed twice
    mine = claimed(TOUCH, row(JobState.WAITING, attempts=2))
    # THEN this is the third attempt since the first
    assert (mine.attempts, mine.first_attempt_at) == (3, NOW - 10)


def test_a_failed_job_that_is_asked_for_anew_starts_anew() -> None:
    # GIVEN a job that failed at its deadline weeks ago
    old = row(JobState.FAILED, attempts=24, first_attempt_at=NOW - 30 * 86_400)
    # WHEN a new event touches its record
    mine = claimed(TOUCH, old)
    # THEN the new event has all its attempts and its own seven days
    assert (mine.attempts, mine.first_attempt_at) == (1, NOW)


def test_a_job_whose_worker_died_before_an_unsafe_write_is_claimed_again() -> None:
    # GIVEN a job that only reads and writes safely, whose worker died
    mine = claimed(TOUCH, row(JobState.RUNNING, **DEAD))
    # THEN it simply runs again, and the crash is counted
    assert (mine.crashes, mine.attempts, mine.owner) == (1, 2, "me")


@pytest.mark.parametrize("lookups", [None, 0, 1])
@pytest.mark.parametrize("work", [TOUCH, EVENT])
def test_a_job_whose_worker_died_in_an_unsafe_write_is_looked_up_first(
    lookups: int | None, work: Work
) -> None:
    # GIVEN a worker that died while it may have created something, perhaps after look-ups
    dead = row(JobState.RUNNING, work, **DEAD, writes_unsafely=True, lookups=lookups)
    # WHEN its message comes again
    decision = decide(work, dead, unsafe=True)
    # THEN nothing is repeated: from when the lost write has surely landed, it is looked up anew
    assert isinstance(decision, Parked)
    parked = decision.row
    assert (parked.state, parked.lookups) == (JobState.UNKNOWN, 0)
    assert parked.due_at == NOW + LOOK_UP_AFTER
    assert (parked.owner, parked.crashes) == (None, 1)
    assert parked.failure is not None
    assert (parked.failure.family, parked.failure.who) == (Family.UNKNOWN, WhoActs.SYSTEM)


@pytest.mark.parametrize("unsafe", [True, False])
def test_a_job_that_stops_the_worker_three_times_fails(unsafe: bool) -> None:
    # GIVEN a job whose worker dies every time
    standing: JobRow | None = None
    crashed = 0
    for _ in range(20):
        decision = decide(TOUCH, standing, unsafe=unsafe)
        if isinstance(decision, Parked) and decision.row.state is JobState.FAILED:
            break
        if isinstance(decision, Claimed):
            crashed += 1
            standing = decision.row.next(lease_until=NOW - 1)
        else:  # it is unknown: the tick sends it when it is due
            assert isinstance(decision, Parked)
            standing = decision.row.next(state=JobState.QUEUED)
    else:
        pytest.fail("it is tried for ever")
    # THEN after the third crash a person decides, and the text says why
    assert crashed == CRASHES_BEFORE_FAILED
    assert decision.row.failure is not None
    assert decision.row.failure.who is WhoActs.DEVELOPER
    assert "3 times" in decision.row.failure.text
    assert decision.row.due_at is None
