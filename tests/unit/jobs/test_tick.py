"""The tick over ports in memory."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.errors import Busy, Family, WhoActs
from mostik.jobs.gates import FORGET_SECONDS
from mostik.jobs.message import Touch
from mostik.jobs.release import RELEASED_AT_ONCE, RESEND_AFTER_SECONDS
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


# ── due rows ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.UNKNOWN, JobState.QUEUED])
def test_a_row_is_sent_when_it_is_due_and_not_before(rig: Rig, state: JobState) -> None:
    # GIVEN a row that is due in a minute
    stands(rig, "1", state, due_at=rig.clock() + 60)
    # WHEN the tick comes too early
    assert rig.tick().sent == 0
    # THEN nothing happens
    assert queued(rig) == []
    # WHEN it is due
    rig.clock.advance(60)
    assert rig.tick().sent == 1
    # THEN its message is in the queue
    assert queued(rig) == ["here/things/1"]
    assert rig.job("here/things/1").state is JobState.QUEUED


def test_a_row_that_was_sent_is_not_sent_again_for_a_while(rig: Rig) -> None:
    # GIVEN a due row that a tick has sent
    stands(rig, "1", JobState.WAITING, due_at=rig.clock())
    rig.tick()
    # WHEN ticks come while its message is on the way
    for _ in range(int(RESEND_AFTER_SECONDS) // 60 - 1):
        rig.clock.advance(60)
        assert rig.tick().sent == 0
    # THEN there is one message; only when it must be lost a second one goes
    assert queued(rig) == ["here/things/1"]
    rig.clock.advance(60)
    assert rig.tick().sent == 1


def test_every_shard_is_read_to_its_end(rig: Rig) -> None:
    # GIVEN more due rows than one page of every shard holds
    keys = [str(number) for number in range(2_000)]
    for key in keys:
        stands(rig, key, JobState.WAITING, due_at=rig.clock() - 1)
    # WHEN one tick runs
    report = rig.tick()
    # THEN all are sent, each once
    assert report.sent == len(keys)
    assert queued(rig) == sorted(f"here/things/{key}" for key in keys)


def test_the_oldest_due_row_is_told(rig: Rig) -> None:
    # GIVEN rows that are late by different times
    for key, late in (("1", 5.0), ("2", 700.0), ("3", -100.0)):
        stands(rig, key, JobState.WAITING, due_at=rig.clock() - late)
    # THEN the tick says how late the oldest one was
    assert rig.tick().oldest_due_seconds == pytest.approx(700.0)
    assert rig.tick().oldest_due_seconds == 0.0


def test_two_ticks_at_once_are_one(rig: Rig) -> None:
    # GIVEN a tick that is at work
    stands(rig, "1", JobState.WAITING, due_at=rig.clock())
    inner: list[bool] = []

    def overlaps(_operation: str) -> None:
        rig.queue.before = None
        inner.append(rig.tick().ran)

    rig.queue.before = overlaps
    # WHEN another one begins
    report = rig.tick()
    # THEN it does nothing, and the first one is not disturbed
    assert inner == [False]
    assert (report.ran, report.sent) == (True, 1)


def test_a_doubled_tick_does_no_harm(rig: Rig) -> None:
    # WHEN the scheduler calls twice for one minute
    stands(rig, "1", JobState.WAITING, due_at=rig.clock())
    reports = [rig.tick(), rig.tick()]
    # THEN the job is sent once
    assert [report.sent for report in reports] == [1, 0]
    assert queued(rig) == ["here/things/1"]


def test_a_tick_that_died_does_not_keep_the_next_one_out(rig: Rig) -> None:
    # GIVEN a tick that ended in an error
    stands(rig, "1", JobState.WAITING, due_at=rig.clock())
    rig.table.fail_next("query")
    with pytest.raises(Busy):
        rig.tick()
    # WHEN the next minute comes
    rig.clock.advance(60)
    # THEN everything is done
    assert rig.tick().sent == 1


def test_a_busy_queue_loses_nothing(rig: Rig) -> None:
    # GIVEN due rows and a queue that refuses every message
    for key in "123":
        stands(rig, key, JobState.WAITING, due_at=rig.clock())
    rig.queue.fail_next("send", times=1_000)
    # WHEN ticks come
    rig.tick()
    rig.clock.advance(60)
    rig.tick()
    # THEN nothing is sent, and every row is due again later
    assert queued(rig) == []
    rig.queue.recover()
    rig.clock.advance(RESEND_AFTER_SECONDS)
    assert rig.tick().sent == 3


def test_a_row_that_a_worker_has_moved_meanwhile_is_left_alone(rig: Rig) -> None:
    # GIVEN a due row that a worker claims between the tick's read and its write
    standing = stands(rig, "1", JobState.WAITING, due_at=rig.clock())
    running = standing.next(state=JobState.RUNNING, due_at=None, lease_until=rig.clock() + 120)

    def claims(operation: str) -> None:
        if operation == "replace":
            rig.table.before = None
            assert rig.rows.write(running, standing.version).done

    rig.table.before = claims
    # WHEN the tick runs
    assert rig.tick().sent == 0
    # THEN the claim stands and no message was sent
    assert rig.job("here/things/1") == running
    assert queued(rig) == []


def test_a_tick_with_no_time_left_leaves_the_rest_to_the_next_one(rig: Rig) -> None:
    # GIVEN a due row, and an invocation that is at its end
    stands(rig, "1", JobState.WAITING, due_at=rig.clock())
    # WHEN the tick runs with no time left
    report = rig.tick(remaining=1.0)
    # THEN it sends nothing and ends
    assert (report.ran, report.sent) == (True, 0)


# ── gates ───────────────────────────────────────────────────────────────────────────────────────


def holds(rig: Rig, count: int, family: Family, reopens_in: float) -> None:
    """So many jobs stand behind a closed gate, the first the oldest."""
    rig.gates.close(
        HERE,
        until=rig.clock() + reopens_in,
        why=Failure(family, "Closed.", WhoActs.ADMIN, rig.clock()),
    )
    for number in range(count):
        stands(
            rig, f"{number:04}", JobState.HELD, gate=HERE, asked_at=rig.clock() - 10_000 + number
        )


def test_behind_a_closed_gate_nothing_moves(rig: Rig) -> None:
    # GIVEN held jobs and a gate that is closed for ten minutes
    holds(rig, 3, Family.RATE_LIMITED, 600)
    # WHEN ticks come
    rig.tick()
    rig.clock.advance(599)
    assert rig.tick().released == 0
    # THEN no job has moved
    assert {job.state for job in rig.jobs()} == {JobState.HELD}


def test_an_open_gate_lets_a_share_through_the_oldest_first(rig: Rig) -> None:
    # GIVEN more held jobs than one pass releases
    holds(rig, RELEASED_AT_ONCE + 30, Family.RATE_LIMITED, 1)
    rig.clock.advance(2)
    # WHEN the tick finds the gate open
    assert rig.tick().released == RELEASED_AT_ONCE
    # THEN those that were asked first go, and the next tick sends the rest
    assert queued(rig) == [f"here/things/{number:04}" for number in range(RELEASED_AT_ONCE)]
    rig.clock.advance(60)
    assert rig.tick().released == 30


def test_a_gate_that_a_person_must_open_is_probed_with_one_job(rig: Rig) -> None:
    # GIVEN held jobs behind a wrong setting
    holds(rig, 5, Family.CONFIGURATION, 600)
    rig.clock.advance(601)
    # WHEN the tick comes
    assert rig.tick().released == 1
    # THEN the oldest one tries, and the others wait for what it finds
    assert queued(rig) == ["here/things/0000"]


def test_every_held_job_is_released_however_many_there_are(rig: Rig) -> None:
    # GIVEN many jobs behind a gate through which a worker has just passed
    holds(rig, 3 * RELEASED_AT_ONCE, Family.CONFIGURATION, 600)
    gate = rig.gates.get(HERE)
    assert gate is not None
    rig.gates.open(gate, rig.clock())
    # WHEN ticks come
    released = 0
    for _ in range(5):
        released += rig.tick().released
        rig.clock.advance(60)
    # THEN none stays behind
    assert released == 3 * RELEASED_AT_ONCE
    assert rig.jobs(JobState.HELD) == []


def test_a_job_that_is_held_behind_a_gate_that_opened_meanwhile_is_found(rig: Rig) -> None:
    # GIVEN a gate that has opened, behind which nothing is held
    holds(rig, 0, Family.RATE_LIMITED, 1)
    rig.clock.advance(60)
    rig.tick()
    # WHEN a worker that had seen it closed holds its job only now
    stands(rig, "late", JobState.HELD, gate=HERE)
    # THEN the next tick releases it
    rig.clock.advance(60)
    assert rig.tick().released == 1


def test_a_gate_is_forgotten_when_nothing_can_be_held_behind_it(rig: Rig) -> None:
    # GIVEN an open gate with nothing behind it
    holds(rig, 0, Family.RATE_LIMITED, 1)
    rig.clock.advance(FORGET_SECONDS)
    rig.tick()
    assert rig.gates.get(HERE) is not None
    # WHEN it is old enough
    rig.clock.advance(60)
    rig.tick()
    # THEN it is gone
    assert rig.gates.get(HERE) is None


def test_a_gate_is_kept_while_the_queue_does_not_take_what_is_held_behind_it(rig: Rig) -> None:
    # GIVEN a held job behind an old gate, and a queue that refuses it
    holds(rig, 2, Family.RATE_LIMITED, 1)
    rig.clock.advance(FORGET_SECONDS * 2)
    rig.queue.fail_next("send")
    # WHEN the tick tries
    rig.tick()
    # THEN the gate stays, and the job that was not tried is released by the next tick
    assert rig.gates.get(HERE) is not None
    rig.clock.advance(60)
    assert rig.tick().released == 1
