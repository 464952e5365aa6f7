from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.errors import Family, WhoActs
from mostik.jobs.again import RESEND_SECONDS, replayed
from mostik.jobs.life import (
    DEDUPE_SECONDS,
    LOOKUP_PAUSE_SECONDS,
    SHORT_DELAY_SECONDS,
    Settlement,
    due_again,
    settle,
)
from mostik.jobs.message import Work
from mostik.jobs.outcome import (
    Changed,
    Held,
    Outcome,
    Refused,
    Transient,
    Uncertain,
    Unchanged,
)
from mostik.jobs.row import Failure, JobRow, JobState, from_item, to_item
from mostik.jobs.schedule import (
    DEADLINE_SECONDS,
    LAST_DELAY_SECONDS,
    SCHEDULE_SECONDS,
    delay_after,
    seconds_left,
    went_on,
)
from tests.unit.jobs.rows import EVENT, LOOK_UP_AFTER, NOW, TOUCH, row

FAILURE = Failure(Family.RETRY_LATER, "It is down.", WhoActs.SYSTEM, NOW)
OUTCOMES: dict[str, Outcome] = {
    "changed": Changed(),
    "unchanged": Unchanged("equal"),
    "transient": Transient(FAILURE),
    "held": Held("shop", FAILURE, NOW + 10),
    "uncertain": Uncertain(FAILURE),
    "absent": Uncertain(FAILURE, looked_up=True),
    "refused": Refused(FAILURE),
}


def mine(work: Work = TOUCH, **fields: Any) -> JobRow:
    """A row in our claim."""
    return row(
        JobState.RUNNING,
        work,
        **{"owner": "me", "writes_unsafely": True, "crashes": 2, "first_attempt_at": NOW, **fields},
    )


def ends(standing: JobRow, outcome: Outcome, work: Work = TOUCH, jitter: float = 0.0) -> Settlement:
    return settle(
        work, standing, outcome, now=NOW, random=lambda: jitter, look_up_after=LOOK_UP_AFTER
    )


def row_after(standing: JobRow, outcome: Outcome, work: Work = TOUCH) -> JobRow:
    settlement = ends(standing, outcome, work)
    assert settlement.row is not None
    return settlement.row


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("transient", JobState.WAITING),
        ("held", JobState.HELD),
        ("uncertain", JobState.UNKNOWN),
        ("absent", JobState.UNKNOWN),
        ("refused", JobState.FAILED),
    ],
)
@pytest.mark.parametrize("work", [TOUCH, EVENT])
def test_an_attempt_without_success_leaves_a_row_that_is_free(
    outcome: str, state: JobState, work: Work
) -> None:
    # GIVEN a claimed job
    standing = mine(work)
    # WHEN its attempt ends without success
    settlement = ends(standing, OUTCOMES[outcome], work)
    # THEN the row says how, keeps the whole payload, and is in nobody's hands
    after = settlement.row
    assert after is not None
    assert (after.state, after.payload) == (state, standing.payload)
    assert (after.owner, after.lease_until) == (None, 0.0)
    assert (after.writes_unsafely, after.crashes) == (False, 0)
    assert after.failure == FAILURE
    assert settlement.over == standing.version == after.version - 1


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("work", [TOUCH, EVENT])
@pytest.mark.parametrize("asked", [1, 2])
def test_a_job_that_is_not_terminal_has_exactly_one_carrier(
    outcome: str, work: Work, asked: int
) -> None:
    # WHEN an attempt ends in any way, with or without another touch meanwhile
    settlement = ends(mine(work, asked=asked), OUTCOMES[outcome], work)
    after = settlement.row
    # THEN the job has ended, or its message is sent, or its row is due or behind a gate: never
    # none, and never a delayed message beside a due row
    if after is None or after.state is JobState.DONE:
        assert not settlement.send
    elif after.state is JobState.QUEUED:
        assert settlement.send
        assert after.due_at == NOW + RESEND_SECONDS  # should the message be lost
    elif after.state in (JobState.HELD, JobState.FAILED):
        assert not settlement.send
        assert after.due_at is None
    else:
        assert settlement.send != (after.due_at is not None)


@pytest.mark.parametrize("outcome", ["changed", "unchanged"])
def test_a_touch_that_nobody_repeated_leaves_nothing(outcome: str) -> None:
    # WHEN a touch has ended well
    settlement = ends(mine(), OUTCOMES[outcome])
    # THEN its row is removed in the version that we hold
    assert settlement == Settlement(None, over=7)


@pytest.mark.parametrize("outcome", ["changed", "unchanged"])
def test_an_owner_that_sees_further_askers_sends_one_touch(outcome: str) -> None:
    # GIVEN a record that was touched five times while we were at it
    standing = mine(asked=6, taken=1, attempts=3)
    # WHEN our attempt ends well
    settlement = ends(standing, OUTCOMES[outcome])
    # THEN one new message serves all five, with a schedule of its own
    after = settlement.row
    assert after is not None
    assert settlement.send
    assert settlement.delay == 0
    assert (after.state, after.done, after.asked) == (JobState.QUEUED, 1, 6)
    assert (after.attempts, after.first_attempt_at, after.failure) == (0, None, None)


@pytest.mark.parametrize("outcome", ["changed", "unchanged"])
@pytest.mark.parametrize("asked", [1, 4])
def test_a_state_event_is_remembered_and_never_sent_again(outcome: str, asked: int) -> None:
    # WHEN a full-state event has ended well, however often it was delivered meanwhile
    settlement = ends(mine(EVENT, asked=asked, lookups=1), OUTCOMES[outcome], EVENT)
    # THEN its row remembers the delivery for 35 days, without its content
    after = settlement.row
    assert after is not None
    assert not settlement.send
    assert (after.state, after.payload, after.lookups) == (JobState.DONE, "", None)
    assert after.expires_at == int(NOW + DEDUPE_SECONDS)
    assert (after.due_at, after.failure) == (None, None)


@pytest.mark.parametrize("attempts", range(1, 12))
@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_a_transient_error_waits_as_the_schedule_says(attempts: int, jitter: float) -> None:
    # GIVEN a job at one of its attempts
    steps = [*SCHEDULE_SECONDS, *([LAST_DELAY_SECONDS] * 10)]
    base = steps[attempts - 1]
    standing = mine(attempts=attempts, first_attempt_at=NOW - sum(steps[: attempts - 1]))
    # WHEN it fails for a while
    settlement = ends(standing, OUTCOMES["transient"], jitter=jitter)
    # THEN it waits the step of the schedule and up to a quarter more: short by a delayed message,
    # long by a due row, never both
    after = settlement.row
    assert after is not None
    if base * (1 + jitter * 0.25) <= SHORT_DELAY_SECONDS:
        assert after.due_at is None
        assert settlement.send
        assert base <= settlement.delay <= base * 1.25 + 1
    else:
        assert after.due_at is not None
        assert not settlement.send
        assert base <= after.due_at - NOW <= base * 1.25
    assert after.attempts == attempts


def test_a_record_that_is_touched_often_while_it_waits_does_not_wait_longer_for_it() -> None:
    # GIVEN a record in trouble for 20 s, tried ten times, because each of ten touches tried it
    standing = mine(attempts=10, first_attempt_at=NOW - 20)
    # WHEN it fails once more
    settlement = ends(standing, OUTCOMES["transient"])
    # THEN it waits as one does 20 s after its first attempt, not as after hours
    assert settlement.send
    assert settlement.delay <= SCHEDULE_SECONDS[1] + 1


@given(
    attempts=st.integers(-1, 100),
    jitter=st.floats(0, 1, exclude_max=True),
    asked=st.none() | st.floats(0, 86_400),
)
def test_a_delay_is_never_shorter_than_the_schedule_nor_than_what_was_asked(
    attempts: int, jitter: float, asked: float | None
) -> None:
    # WHEN a delay is chosen
    delay = delay_after(attempts, random=lambda: jitter, at_least=asked)
    # THEN it lies within the bounds
    assert SCHEDULE_SECONDS[0] <= delay
    assert (asked or 0.0) <= delay <= max(LAST_DELAY_SECONDS * 1.25, asked or 0.0)


@pytest.mark.parametrize(
    ("retry_after", "short", "seconds"),
    [(None, True, 5), (1.0, True, 5), (59.5, True, 60), (60.0, True, 61), (61.0, False, 61)],
)
def test_what_the_other_side_asked_for_is_honoured(
    retry_after: float | None, short: bool, seconds: int
) -> None:
    # GIVEN a refusal that names a time
    settlement = ends(mine(), Transient(FAILURE, retry_after))
    # THEN the job does not come back earlier
    after = settlement.row
    assert after is not None
    if short:
        assert settlement.send
        assert seconds <= settlement.delay <= seconds + 1
    else:
        assert after.due_at == NOW + seconds


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (0, JobState.WAITING),
        (DEADLINE_SECONDS - 1, JobState.WAITING),
        (DEADLINE_SECONDS, JobState.FAILED),
        (DEADLINE_SECONDS * 3, JobState.FAILED),
    ],
)
def test_only_the_deadline_fails_what_may_yet_succeed(age: float, state: JobState) -> None:
    # GIVEN a job that has failed for so long, however often
    standing = mine(attempts=500, first_attempt_at=NOW - age)
    # WHEN it fails once more
    after = row_after(standing, OUTCOMES["transient"])
    # THEN seven days are the limit, and the text says both that and the last error
    assert after.state is state
    if state is JobState.FAILED:
        assert after.failure is not None
        assert "7 days" in after.failure.text
        assert FAILURE.text in after.failure.text
        assert after.due_at is None


def test_a_closed_gate_is_no_attempt() -> None:
    # WHEN a job meets a closed gate at its first try, and another one at its third
    first, third = (row_after(mine(attempts=n), OUTCOMES["held"]) for n in (1, 3))
    # THEN neither counts; without a counted attempt the seven days have not begun
    assert (first.attempts, first.first_attempt_at) == (0, None)
    assert (third.attempts, third.first_attempt_at) == (2, NOW)
    assert first.gate == third.gate == "shop"


@pytest.mark.parametrize(
    ("lookups", "looked_up", "then", "wait"),
    [
        (None, False, 0, LOOK_UP_AFTER),
        (0, True, 1, LOOKUP_PAUSE_SECONDS),
        (1, True, 2, LOOKUP_PAUSE_SECONDS),
        (1, False, 0, LOOK_UP_AFTER),  # the repeat was lost as well: it is looked up from the start
    ],
)
def test_an_unknown_write_is_looked_up_after_it_has_landed(
    lookups: int | None, looked_up: bool, then: int, wait: float
) -> None:
    # WHEN a write was lost, or a look-up found nothing
    after = row_after(mine(lookups=lookups), Uncertain(FAILURE, looked_up=looked_up))
    # THEN the next look-up comes when it can tell something
    assert (after.state, after.lookups, after.due_at) == (JobState.UNKNOWN, then, NOW + wait)


@pytest.mark.parametrize("outcome", ["transient", "held", "refused"])
def test_a_job_in_doubt_stays_in_doubt(outcome: str) -> None:
    # GIVEN a job whose write may have happened
    after = row_after(mine(lookups=1), OUTCOMES[outcome])
    # THEN another failure on the way to its look-up does not make it forget that
    assert after.lookups == 1


@pytest.mark.parametrize("state", list(JobState))
def test_the_tick_sends_what_waits_and_nothing_else(state: JobState) -> None:
    # WHEN the tick finds a row in its index
    standing = row(state)
    again = due_again(standing, now=NOW, resend_after=900)
    # THEN what waits is marked as sent before it is, so that a lost message is sent once more
    if state in (JobState.WAITING, JobState.UNKNOWN, JobState.QUEUED, JobState.HELD):
        assert again == replace(
            standing,
            state=JobState.QUEUED,
            version=8,
            due_at=NOW + 900,
            sent_at=NOW,
            gate=None,
            owner=None,
        )
    else:
        assert again is None


@pytest.mark.parametrize("state", list(JobState))
def test_a_person_replays_failed_jobs_only(state: JobState) -> None:
    # WHEN a person replays a job
    again = replayed(row(state, attempts=9, crashes=3, lookups=1), now=NOW)
    # THEN a failed one starts with a fresh schedule, in doubt as before, and comes due if the
    # message is lost
    if state is not JobState.FAILED:
        assert again is None
        return
    assert again is not None
    assert (again.state, again.attempts, again.crashes) == (JobState.QUEUED, 0, 0)
    assert (again.first_attempt_at, again.lookups) == (None, 1)
    assert again.due_at == NOW + RESEND_SECONDS


def test_the_last_try_is_at_the_deadline_and_not_after_it() -> None:
    # GIVEN a job whose next try would come ten hours later, an hour before its deadline
    standing = mine(attempts=500, first_attempt_at=NOW - DEADLINE_SECONDS + 3_600)
    # THEN it comes at the deadline
    assert row_after(standing, OUTCOMES["transient"]).due_at == NOW + 3_600


def test_the_deadline_stops_while_a_job_is_held() -> None:
    # GIVEN a job that was tried and is then held for sixty days
    held = row_after(mine(attempts=2, first_attempt_at=NOW - 3_600), OUTCOMES["held"])
    later = NOW + 60 * 86_400
    # WHEN it is claimed and fails once more
    resumed = replace(held, state=JobState.RUNNING, attempts=2, **went_on(held, now=later))
    # THEN only the hour counts, and its first attempt is shown as it was
    assert seconds_left(resumed, now=later) == DEADLINE_SECONDS - 3_600
    assert resumed.first_attempt_at == NOW - 3_600
    assert from_item(to_item(resumed)) == resumed


@pytest.mark.parametrize("outcome", ["uncertain", "absent"])
def test_a_write_in_doubt_is_given_up_at_the_deadline_and_stays_in_doubt(outcome: str) -> None:
    # GIVEN a job whose answers have been lost for seven days
    standing = mine(attempts=50, lookups=1, first_attempt_at=NOW - DEADLINE_SECONDS)
    # WHEN that happens once more
    after = row_after(standing, OUTCOMES[outcome])
    # THEN a person decides, and a replay looks it up first
    assert (after.state, after.lookups) == (JobState.FAILED, 1)
