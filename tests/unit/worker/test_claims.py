"""Who may run a job: claims of records and of state events, end to end."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.errors import (
    RetryLater,
    WhoActs,
)
from mostik.jobs.message import StateEvent
from mostik.jobs.row import JobRow, JobState
from mostik.worker.worker import received
from tests.support.queue import VISIBILITY_SECONDS
from tests.support.rig import HERE, TIMEOUT_SECONDS, Rig
from tests.support.shelf import RESOURCE, Killed

WHO = WhoActs.SYSTEM
ONE = f"{HERE}/{RESOURCE}/1"


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.here.put("1", "a")
    return rig


def running(rig: Rig, *, lease: float) -> JobRow:
    """The record 1 is in the hands of another worker."""
    row = JobRow(
        id=ONE,
        connection=HERE,
        state=JobState.RUNNING,
        payload="{}",
        version=7,
        asked_at=rig.clock(),
        taken=1,
        attempts=1,
        owner="other",
        lease_until=rig.clock() + lease,
    )
    assert rig.rows.write(row, None).done
    return row


def test_a_touch_is_carried_over_and_leaves_nothing(rig: Rig) -> None:
    # GIVEN a touch
    rig.touch("1")
    # WHEN the worker has it
    assert rig.work() == []
    # THEN the record is on the other side, and neither a row nor a message is left
    assert list(rig.there.texts().values()) == ["a"]
    assert rig.jobs() == []
    assert len(rig.queue) == 0


def test_two_touches_of_one_record_in_a_batch_are_one_look(rig: Rig) -> None:
    # GIVEN two touches of one record
    rig.touch("1")
    rig.touch("1")
    # WHEN a batch holds both
    assert rig.work() == []
    # THEN the record is read once, and both messages are gone
    assert rig.here.calls["read"] == 1
    assert len(rig.queue) == 0


def test_the_attempt_row_stands_before_the_first_call(rig: Rig) -> None:
    # GIVEN a touch
    rig.touch("1")
    seen: list[JobRow] = []
    rig.here.before = lambda _operation: seen.append(rig.job(ONE))
    # WHEN the record is read
    rig.work()
    # THEN the claim says so already: who, until when, and that something may be created
    assert [(row.state, row.owner, row.attempts) for row in seen] == [
        (JobState.RUNNING, "run-1", 1)
    ]
    assert seen[0].lease_until == rig.clock() + TIMEOUT_SECONDS + 30
    assert seen[0].writes_unsafely


def test_a_touch_of_a_record_in_other_hands_is_deleted_and_remembered(rig: Rig) -> None:
    # GIVEN a record that another worker holds
    running(rig, lease=60)
    rig.touch("1")
    # WHEN a batch touches it
    assert rig.work() == []
    # THEN nothing is read, the message is gone, and the owner will know
    assert rig.here.calls["read"] == 0
    assert len(rig.queue) == 0
    assert rig.job(ONE).asked == 2


def test_the_newest_state_stands_when_a_record_changes_while_it_is_read(rig: Rig) -> None:
    # GIVEN a worker A that has read the record and pauses before it writes
    rig.touch("1")

    def meanwhile(operation: str) -> None:
        if operation == "find":
            rig.there.before = None
            # the record changes, and worker B gets the touch of it
            rig.here.put("1", "b")
            rig.touch("1")
            assert rig.work() == []

    rig.there.before = meanwhile
    # WHEN A goes on with what it has read
    rig.work()
    # THEN B left the record to A, and A asked for one more look
    assert list(rig.there.texts().values()) == ["a"]
    (message,) = rig.queue.messages
    assert message.id == ONE
    # AND after it the newest state stands
    rig.work()
    assert list(rig.there.texts().values()) == ["b"]
    assert rig.jobs() == []
    assert rig.there.created == ["1"]


def test_a_worker_that_lost_its_lease_changes_nothing_of_the_next_ones_row(rig: Rig) -> None:
    # GIVEN a worker that is slower than its lease
    rig.touch("1")

    def overtaken(operation: str) -> None:
        if operation == "read":
            rig.here.before = None
            rig.clock.advance(TIMEOUT_SECONDS + 31)
            mine = rig.job(ONE)
            stolen = mine.next(owner="next", lease_until=rig.clock() + 120)
            assert rig.rows.write(stolen, mine.version).done

    rig.here.before = overtaken
    # WHEN it ends
    assert rig.work() == []
    # THEN the row is the next owner's
    row = rig.job(ONE)
    assert (row.owner, row.state) == ("next", JobState.RUNNING)
    assert rig.said('"fenced":1')


def test_a_state_event_in_other_hands_is_shown_when_its_lease_ends(rig: Rig) -> None:
    # GIVEN a full-state event that another worker runs
    event = StateEvent("here:d1", HERE, RESOURCE, "1", {"key": "1", "text": "x"}, "e", rig.clock())
    rig.send(event)
    row = JobRow(
        "here:d1", HERE, JobState.RUNNING, "{}", 7, rig.clock(), lease_until=rig.clock() + 45
    )
    assert rig.rows.write(row, None).done
    # WHEN its message is delivered once more
    assert len(rig.work()) == 1
    # THEN it is not deleted, and comes back right after the lease, not after the whole timeout
    (held,) = rig.queue.held
    assert rig.clock() + 45 < held.visible_at <= rig.clock() + 47


def test_a_refused_change_of_visibility_is_no_harm(rig: Rig) -> None:
    # GIVEN the same, and a queue that refuses to change the visibility
    test = StateEvent("here:d1", HERE, RESOURCE, "1", {"key": "1", "text": "x"}, "e", rig.clock())
    rig.send(test)
    row = JobRow(
        "here:d1", HERE, JobState.RUNNING, "{}", 7, rig.clock(), lease_until=rig.clock() + 45
    )
    assert rig.rows.write(row, None).done
    rig.queue.fail_next("return_at")
    # WHEN it is delivered
    assert len(rig.work()) == 1
    # THEN it comes back after its timeout
    (held,) = rig.queue.held
    assert held.visible_at == rig.clock() + VISIBILITY_SECONDS


@pytest.mark.parametrize("operation", ["insert", "remove", "replace"])
def test_a_write_whose_first_answer_was_lost_is_known_as_our_own(rig: Rig, operation: str) -> None:
    # GIVEN botocore, which repeats a conditional write whose answer was lost: the second try then
    # meets the row that the first one wrote
    table = rig.table
    real = getattr(table, operation)
    done: list[str] = []

    def twice(*arguments: Any) -> Any:
        first = real(*arguments)
        if done:
            return first
        done.append(operation)
        return real(*arguments)

    setattr(table, operation, twice)
    rig.there.refusals["find"] = [RetryLater("Down.", who=WHO)]
    rig.touch("1")
    # WHEN a job is claimed, waits and is done
    rig.settle_down()
    # THEN nothing is taken for somebody else's, and nothing is lost
    assert done == [operation]
    assert list(rig.there.texts().values()) == ["a"]
    assert rig.there.created == ["1"]


def test_a_message_that_sqs_shows_twice_is_not_lost_with_its_owner(rig: Rig) -> None:
    # GIVEN one message that two workers hold at the same time, as SQS may have it
    rig.here.put("1", "text")
    rig.touch("1")
    [first] = rig.queue.event()["Records"]

    def shown_again(operation: str) -> None:
        # WHEN the second finds the record in the first one's hands and deletes the message,
        rig.here.before = None
        event = {"Records": [first]}
        answer = rig.worker().handle(received(event), owner="second", remaining=lambda: 80.0)
        rig.queue.settle(event, answer)
        assert len(rig.queue) == 0
        # and the first one dies
        raise Killed(operation)

    rig.here.before = shown_again
    with pytest.raises(Killed):
        rig.worker().handle(received({"Records": [first]}), owner="first", remaining=lambda: 80.0)
    rig.restart()
    # THEN the job is not lost
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["text"]
    assert rig.there.created == ["1"]
