"""What becomes of an attempt, end to end."""

from __future__ import annotations

import pytest

from mostik.errors import (
    GiveUp,
    RetryLater,
    Skip,
    Unknown,
    WhoActs,
)
from mostik.jobs.row import JobState
from mostik.jobs.schedule import DEADLINE_SECONDS
from tests.support.rig import HERE, Rig
from tests.support.shelf import RESOURCE

WHO = WhoActs.SYSTEM
ONE = f"{HERE}/{RESOURCE}/1"


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.here.put("1", "a")
    return rig


def test_a_transient_error_waits_for_a_moment_in_the_queue_and_longer_in_a_row(rig: Rig) -> None:
    # GIVEN a system that is down for some minutes
    rig.there.refusals["find"] = [RetryLater("It is down.", who=WHO) for _ in range(4)]
    rig.touch("1")
    # WHEN the first attempt fails
    assert rig.work() == []
    # THEN a delayed message carries the job
    assert (rig.job(ONE).state, rig.job(ONE).due_at) == (JobState.WAITING, None)
    assert rig.queue.depth.delayed == 1
    # WHEN further ones fail
    rig.clock.advance(10)
    rig.work()
    rig.clock.advance(40)
    rig.work()
    # THEN the row does, alone
    assert rig.job(ONE).due_at is not None
    assert len(rig.queue) == 0
    # AND after it is up again the record arrives
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["a"]


def test_a_job_is_given_up_only_after_seven_days(rig: Rig) -> None:
    # GIVEN a system that never comes back
    rig.there.refusals["find"] = [RetryLater("It is down.", who=WHO) for _ in range(500)]
    rig.touch("1")
    began = rig.clock()
    # WHEN days pass
    while rig.clock() - began < DEADLINE_SECONDS + 86_400:
        rig.tick()
        rig.work()
        rig.clock.advance(1_800)
        if rig.jobs(JobState.FAILED):
            break
    # THEN it failed, after seven days and about twenty-five attempts
    row = rig.job(ONE)
    assert row.state is JobState.FAILED
    assert DEADLINE_SECONDS <= rig.clock() - began < DEADLINE_SECONDS + 43_200
    assert row.attempts < 30
    assert row.failure is not None
    assert "It is down." in row.failure.text


def test_a_delayed_message_that_the_queue_refuses_becomes_a_due_row(rig: Rig) -> None:
    # GIVEN an attempt that fails, and a queue that takes no message
    rig.there.refusals["find"] = [RetryLater("It is down.", who=WHO)]
    rig.touch("1")
    rig.queue.fail_next("send")
    # WHEN it is settled
    assert rig.work() == []
    # THEN the row comes due by itself
    assert len(rig.queue) == 0
    assert rig.job(ONE).due_at is not None
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["a"]


def test_what_the_other_side_refuses_for_good_waits_for_a_person(rig: Rig) -> None:
    # GIVEN a record that the other side refuses
    rig.there.refusals["create"] = [GiveUp("No such status.", who=WhoActs.ADMIN, code="E1")]
    rig.touch("1")
    # WHEN the worker tries
    assert rig.work() == []
    # THEN a failed row says why and who must act, and so does the function's log
    row = rig.job(ONE)
    assert row.state is JobState.FAILED
    assert row.failure is not None
    assert (row.failure.text, row.failure.who, row.failure.code) == (
        "No such status.",
        WhoActs.ADMIN,
        "E1",
    )
    (line,) = rig.said("job failed")
    assert (line["job"], line["reason"]) == (ONE, "No such status.")
    # WHEN the cause is gone and a person replays it
    rig.replay(ONE)
    rig.work()
    # THEN it is done
    assert list(rig.there.texts().values()) == ["a"]
    assert rig.jobs() == []


def test_a_defect_fails_the_job_and_never_shows_its_text(rig: Rig) -> None:
    # GIVEN code that breaks on a record, with data in its words
    rig.there.refusals["find"] = [RuntimeError("+7 900 000-00-00")]
    rig.touch("1")
    # WHEN the worker runs it
    assert rig.work() == []
    # THEN the job has failed, and the log says where, not what
    assert rig.job(ONE).state is JobState.FAILED
    (line,) = rig.said("unexpected exception")
    assert (line["type"], line["job"]) == ("RuntimeError", ONE)
    assert line["place"].startswith("shelf.py:")
    assert "900" not in "".join(rig.lines) + repr(rig.job(ONE))


def test_a_skip_is_a_good_end(rig: Rig) -> None:
    # GIVEN a record that is none of our business
    rig.there.refusals["find"] = [Skip("Not for us.")]
    rig.touch("1")
    # WHEN the worker looks at it
    assert rig.work() == []
    # THEN nothing is left
    assert rig.jobs() == []
    assert rig.there.texts() == {}


def test_a_record_that_is_gone_is_a_good_end(rig: Rig) -> None:
    # GIVEN a touch of a record that was deleted meanwhile
    rig.touch("nothing")
    # THEN there is nothing to do
    assert rig.work() == []
    assert rig.jobs() == []


@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_create_is_looked_up_before_it_is_repeated(rig: Rig, arrives: bool) -> None:
    # GIVEN a create whose answer was lost, after or before it had its effect
    lost = rig.there.lost if arrives else rig.there.refusals
    lost["create"] = [Unknown("No answer.", who=WHO)]
    rig.touch("1")
    assert rig.work() == []
    # THEN it is looked up only when it must have landed
    row = rig.job(ONE)
    assert (row.state, row.lookups) == (JobState.UNKNOWN, 0)
    assert row.due_at == rig.clock() + 60 + 30
    assert len(rig.queue) == 0
    finds = rig.there.calls["find"]
    # WHEN that time has come
    rig.settle_down()
    # THEN there is one thing there, whatever had happened; only after two vain look-ups, half a
    # minute apart, it was created again
    assert rig.there.created == ["1"]
    assert list(rig.there.texts().values()) == ["a"]
    assert rig.there.calls["find"] - finds == (1 if arrives else 2)
    assert rig.jobs() == []


def test_a_late_create_that_lands_between_two_look_ups_is_not_doubled(rig: Rig) -> None:
    # GIVEN a create that the other side carries out only after the first look-up
    rig.there.refusals["create"] = [Unknown("No answer.", who=WHO)]
    rig.touch("1")
    rig.work()
    rig.clock.advance(91)
    rig.tick()
    rig.work()
    assert rig.job(ONE).lookups == 1
    # WHEN it lands
    rig.there.put("late", "a")
    rig.there.things["late"] = rig.there.things["late"].model_copy(
        update={"external_ids": {HERE: "1"}}
    )
    rig.settle_down()
    # THEN it is found, and none is created
    assert rig.there.created == []
    assert list(rig.there.texts()) == ["late"]


def test_two_matches_are_for_a_person(rig: Rig) -> None:
    # GIVEN two things that carry the key
    for key in ("x", "y"):
        rig.there.put(key, "old")
        rig.there.things[key] = rig.there.things[key].model_copy(
            update={"external_ids": {HERE: "1"}}
        )
    rig.touch("1")
    # WHEN the worker looks it up
    rig.work()
    # THEN it chooses none
    assert rig.job(ONE).state is JobState.FAILED
    assert rig.there.texts() == {"x": "old", "y": "old"}


def test_a_service_that_is_busy_in_the_middle_is_no_crash_of_the_worker(rig: Rig) -> None:
    # GIVEN a table that refuses a read in the middle of the work, three times in a row
    rig.touch("1")
    for _ in range(3):
        rig.table.fail_next("get", after=1)
        rig.work()
        rig.clock.advance(3_600)
        rig.tick()
    # THEN the job has not failed, and the rest is done
    assert not rig.jobs(JobState.FAILED)
    rig.table.recover()
    rig.settle_down(120)
    assert list(rig.there.texts().values()) == ["a"]


def test_a_look_up_in_vain_is_no_defect(rig: Rig) -> None:
    # GIVEN a create whose answer and effect were lost
    rig.there.refusals["create"] = [Unknown("Lost.", who=WHO)]
    rig.touch("1")
    # WHEN it is looked up and is not there yet
    rig.settle_down(120)
    # THEN nobody is told of an unexpected exception
    assert rig.said("unexpected exception") == []
    assert list(rig.there.texts().values()) == ["a"]
