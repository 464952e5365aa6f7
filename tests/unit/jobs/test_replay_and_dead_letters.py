"""Replay and dead letters over ports in memory."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.errors import Busy, Family, Skip, WhoActs
from mostik.jobs.message import Receipt, Touch, dump
from mostik.jobs.row import Failure, JobRow, JobState
from tests.support.rig import HERE, Rig
from tests.support.shelf import RESOURCE
from tests.unit.jobs.rows import row

WHY = Failure(Family.RATE_LIMITED, "Too many calls.", WhoActs.SYSTEM, 1.0)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def stands(rig: Rig, key: str, state: JobState, **fields: Any) -> JobRow:
    """A job of the record ``key`` stands in the table."""
    work = Touch(HERE, RESOURCE, key, "event", rig.clock())
    standing = row(state, work, **fields)
    assert rig.rows.write(standing, None).done
    return standing


def queued(rig: Rig) -> list[str]:
    """Ids of the jobs in the queue, sorted."""
    return sorted(message.id for message in rig.queue.messages)


# ── replay ──────────────────────────────────────────────────────────────────────────────────────


def test_a_person_replays_a_failed_job(rig: Rig) -> None:
    # GIVEN a failed job
    stands(rig, "1", JobState.FAILED, attempts=24)
    # WHEN a person replays it
    rig.replay("here/things/1")
    # THEN its whole message is in the queue, once
    assert queued(rig) == ["here/things/1"]
    assert rig.job("here/things/1").attempts == 0
    # AND a second click says that there is nothing to replay
    with pytest.raises(Skip):
        rig.replay("here/things/1")
    assert queued(rig) == ["here/things/1"]


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.FAILED])
def test_what_has_not_failed_is_not_replayed(rig: Rig, state: JobState) -> None:
    # GIVEN a job in another state
    standing = stands(rig, "1", state)
    # THEN replaying it is refused and changes nothing
    with pytest.raises(Skip):
        rig.replay("here/things/1")
    assert rig.job("here/things/1") == standing


def test_an_unknown_job_cannot_be_replayed(rig: Rig) -> None:
    # THEN a wrong id is an answer, not a crash
    with pytest.raises(Skip, match="nothing to replay"):
        rig.replay("here/things/none")


def test_a_replay_that_the_queue_refuses_is_sent_by_the_tick(rig: Rig) -> None:
    # GIVEN a failed job and a busy queue
    stands(rig, "1", JobState.FAILED)
    rig.queue.fail_next("send")
    # WHEN a person replays it
    with pytest.raises(Busy):
        rig.replay("here/things/1")
    # THEN the tick sends it within two minutes
    rig.clock.advance(61)
    assert rig.tick().sent == 1
    assert queued(rig) == ["here/things/1"]


def test_a_replayed_receipt_knows_that_it_has_a_row(rig: Rig) -> None:
    # GIVEN a receipt that failed as a whole
    receipt = rig.receipt({"keys": ["1"]})
    assert rig.rows.write(
        JobRow(receipt.id, HERE, JobState.FAILED, dump(receipt), 1, rig.clock()), None
    ).done
    # WHEN it is replayed
    rig.replay(receipt.id)
    # THEN its message says so, and its row is settled with it
    (message,) = rig.queue.messages
    assert isinstance(message, Receipt)
    assert message.repeats == 1


# ── dead letters ────────────────────────────────────────────────────────────────────────────────


def test_a_dead_letter_becomes_a_failed_job_with_its_whole_message(rig: Rig) -> None:
    # GIVEN a message that was received too often
    touch = Touch(HERE, RESOURCE, "1", "event", rig.clock() - 100)
    rig.queue.dead.bury(dump(touch), receives=10, sent_at=rig.clock() - 100)
    # WHEN the tick comes
    assert rig.tick().buried == 1
    # THEN the queue of the dead is empty, and a person sees what it was and can replay it
    assert len(rig.queue.dead) == 0
    job = rig.job(touch.id)
    assert (job.state, job.payload, job.connection) == (JobState.FAILED, dump(touch), HERE)
    assert job.failure is not None
    assert "never came to an outcome" in job.failure.text
    rig.here.put("1", "a")
    rig.replay(touch.id)
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["a"]


@pytest.mark.parametrize("body", ["junk", '{"v":99}', "[]", "ж" * 100])
def test_an_unreadable_dead_letter_becomes_a_failed_job_too(rig: Rig, body: str) -> None:
    # GIVEN something in the queue that no release of ours wrote
    rig.queue.dead.bury(body)
    rig.queue.dead.bury(body)
    # WHEN the tick comes
    rig.tick()
    # THEN one row keeps it, whole, and says what is wrong
    (job,) = rig.jobs(JobState.FAILED)
    assert job.payload == body
    assert job.failure is not None
    assert "cannot be read" in job.failure.text
    assert len(rig.queue.dead) == 0


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        (JobState.QUEUED, {}),
        (JobState.WAITING, {}),
        (JobState.HELD, {}),
        (JobState.UNKNOWN, {}),
        (JobState.FAILED, {}),
        (JobState.DONE, {}),
    ],
)
def test_a_dead_letter_of_a_job_that_its_row_carries_is_just_deleted(
    rig: Rig, state: JobState, fields: dict[str, Any]
) -> None:
    # GIVEN a job whose row is due, held or terminal, and a left-over message of it
    standing = stands(rig, "1", state, **fields)
    rig.queue.dead.bury(dump(Touch(HERE, RESOURCE, "1", "event", rig.clock())))
    # WHEN the tick comes
    assert rig.tick().buried == 0
    # THEN the row stands as it was
    assert rig.job("here/things/1") == standing
    assert len(rig.queue.dead) == 0


def test_a_dead_letter_that_was_the_only_carrier_of_a_waiting_job_fails_it(rig: Rig) -> None:
    # GIVEN a job that waits for its delayed message, and that message among the dead
    stands(rig, "1", JobState.WAITING, due_at=None, sent_at=rig.clock())
    rig.queue.dead.bury(dump(Touch(HERE, RESOURCE, "1", "event", rig.clock())))
    # WHEN the tick comes
    rig.tick()
    # THEN the job is not lost: a person sees it
    assert rig.job("here/things/1").state is JobState.FAILED


def test_a_dead_letter_of_a_job_whose_owner_died_fails_it(rig: Rig) -> None:
    # GIVEN a job whose lease has ended
    stands(rig, "1", JobState.RUNNING, lease_until=rig.clock() - 1)
    rig.queue.dead.bury(dump(Touch(HERE, RESOURCE, "1", "event", rig.clock())))
    # WHEN the tick comes
    rig.tick()
    # THEN it has failed, in nobody's hands
    job = rig.job("here/things/1")
    assert (job.state, job.owner, job.lease_until) == (JobState.FAILED, None, 0.0)


def test_a_dead_letter_of_a_job_that_runs_waits_for_what_becomes_of_it(rig: Rig) -> None:
    # GIVEN a job under a live lease
    standing = stands(rig, "1", JobState.RUNNING, lease_until=rig.clock() + 100)
    rig.queue.dead.bury(dump(Touch(HERE, RESOURCE, "1", "event", rig.clock())))
    # WHEN the tick comes
    rig.tick()
    # THEN neither the job nor the letter is touched
    assert rig.job("here/things/1") == standing
    assert len(rig.queue.dead) == 1
    # AND when its owner has died, the letter is what is left of it
    rig.clock.advance(120)
    rig.tick()
    assert rig.job("here/things/1").state is JobState.FAILED
    assert len(rig.queue.dead) == 0


def test_one_letter_that_cannot_be_stored_does_not_stop_the_others(rig: Rig) -> None:
    # GIVEN letters of which the table refuses the first
    for key in "123":
        rig.queue.dead.bury(dump(Touch(HERE, RESOURCE, key, "event", rig.clock())))
    rig.table.fail_next("insert", after=1)  # the first insert is the tick's lease
    # WHEN the tick comes
    assert rig.tick().buried == 2
    # THEN the refused one is tried again by the next
    assert len(rig.queue.dead) == 1
    rig.clock.advance(60)
    assert rig.tick().buried == 1


def test_many_dead_letters_are_buried_in_one_tick(rig: Rig) -> None:
    # GIVEN more letters than one receive takes
    for number in range(35):
        rig.queue.dead.bury(dump(Touch(HERE, RESOURCE, str(number), "event", rig.clock())))
    # THEN one tick buries them all
    assert rig.tick().buried == 35
