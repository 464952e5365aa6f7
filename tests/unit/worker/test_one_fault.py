"""One fault at every place in turn: every call of every port is refused, loses its answer, or is
the last one that the process makes. Nothing is lost, and nothing is created twice.

The story: two hints and a delivery with two states are carried over, one of them after a limit and
one after an outage; one record changes meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from mostik.errors import Busy, RateLimited, RetryLater, WhoActs
from mostik.jobs.message import Touch, dump
from mostik.jobs.row import JobState
from mostik.jobs.waiting import waiting_row
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Killed

EXPECTED = ["newest", "one", "state a", "state b", "two", "waited"]
CREATED = ["1", "2", "3", "4", "a", "b"]
STATE = ("get", "insert", "replace", "put", "remove", "query")
OPERATIONS = [
    *(("state", operation) for operation in STATE),
    ("queue", "send"),
    ("queue", "return_at"),
    ("blobs", "get"),
    ("secrets", "read"),
    ("log", "put_many"),
]
SHELF = [(shelf, name) for shelf in ("here", "there") for name in ("read", "find", "create")]


def story() -> Rig:
    """Everything is in the queue; two calls meet trouble of the ordinary kind."""
    rig = Rig()
    for key, text in (("1", "one"), ("2", "two"), ("3", "old"), ("4", "waited")):
        rig.here.put(key, text)
    rig.there.refusals["find"] = [
        RateLimited("Too many.", who=WhoActs.SYSTEM, retry_after=5.0, gate=THERE),
        RetryLater("Down.", who=WhoActs.SYSTEM),
    ]
    receipt = rig.receipt({"keys": ["1", "2"]})
    rig.blobs.objects["bodies/1"] = receipt.body or b""
    rig.send(receipt.in_blob("bodies/1"))
    states = [{"key": "a", "text": "state a"}, {"key": "b", "text": "state b"}]
    rig.send(rig.receipt({"states": states}, delivery="d1"))
    rig.touch("3")
    waits = Touch(HERE, RESOURCE, "4", "event", rig.clock())
    refused = rig.receipt({"keys": [waits.key]}, delivery="d2")
    assert rig.rows.write(waiting_row(refused, dump(refused), now=rig.clock()), None).done

    def changes(operation: str) -> None:
        if operation == "read" and rig.here.calls["read"] == 2:
            rig.here.put("3", "newest")
            rig.send(Touch(HERE, RESOURCE, "3", "later", rig.clock()))

    rig.here.after = changes
    return rig


def minute(rig: Rig) -> None:
    """A tick and two batches, whatever dies or is busy on the way."""
    for step in (rig.tick, rig.work, rig.work):
        with suppress(Busy, Killed):
            step()
    rig.clock.advance(60)


def play(rig: Rig) -> None:
    """Lets the story end."""
    for _ in range(24 * 60):
        if not rig.carried():
            return
        minute(rig)
    pytest.fail(f"it does not end: {rig.queue.bodies} {rig.jobs()}")


def assert_nothing_is_lost_or_doubled(rig: Rig) -> None:
    assert sorted(rig.there.texts().values()) == EXPECTED
    assert sorted(rig.there.created) == CREATED
    assert {row.state for row in rig.jobs()} <= {JobState.DONE}
    assert rig.job(f"{HERE}:d2").state is JobState.DONE


def calls_of(port: str, operation: str) -> int:
    """How often the undisturbed story calls an operation."""
    rig = story()
    play(rig)
    return {**rig.ports, "here": rig.here, "there": rig.there}[port].calls[operation]


def ends_well(disturb: Callable[[Rig], None]) -> None:
    # GIVEN the story and one disturbance
    rig = story()
    disturb(rig)
    # WHEN it is played to its end
    play(rig)
    # THEN every accepted event is done, with one effect each
    assert_nothing_is_lost_or_doubled(rig)


def kill_at(rig: Rig, port: str, operation: str, number: int, *, after: bool = False) -> None:
    """The process ends at the ``number``-th call, before or after its effect."""
    fake = {**rig.ports, "here": rig.here, "there": rig.there}[port]
    seen = 0
    told = getattr(fake, "after" if after else "before", None)

    def kill(name: str) -> None:
        nonlocal seen
        if told is not None:
            told(name)
        if name == operation:
            seen += 1
            if seen == number:
                raise Killed

    setattr(fake, "after" if after else "before", kill)


def test_the_story_ends_well_when_nothing_goes_wrong() -> None:
    ends_well(lambda _rig: None)


@pytest.mark.parametrize(("port", "operation"), OPERATIONS)
@pytest.mark.parametrize("effect", [False, True], ids=["refused", "answer lost"])
def test_a_busy_call_loses_nothing(port: str, operation: str, effect: bool) -> None:
    # GIVEN each call of an operation in turn, refused or with its answer lost
    for number in range(calls_of(port, operation)):

        def busy(rig: Rig, number: int = number) -> None:
            rig.ports[port].fail_next(operation, after=number, effect=effect)

        # THEN after redelivery and ticks everything is done
        ends_well(busy)


@pytest.mark.parametrize(("port", "operation"), OPERATIONS)
def test_a_worker_that_dies_at_a_call_loses_nothing(port: str, operation: str) -> None:
    # GIVEN each call of an operation in turn at which the process ends
    for number in range(1, calls_of(port, operation) + 1):

        def dies(rig: Rig, number: int = number) -> None:
            kill_at(rig, port, operation, number)

        # THEN nothing is lost, and no create is repeated blindly
        ends_well(dies)


@pytest.mark.parametrize(("shelf", "operation"), SHELF)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_dies_around_an_external_call_creates_nothing_twice(
    shelf: str, operation: str, after: bool
) -> None:
    # GIVEN each external call in turn, with the process ending before or after its effect
    for number in range(1, calls_of(shelf, operation) + 1):

        def dies(rig: Rig, number: int = number) -> None:
            kill_at(rig, shelf, operation, number, after=after)

        # THEN what may have been created is looked up first
        ends_well(dies)


@pytest.mark.parametrize("operation", [name for port, name in OPERATIONS if port == "state"])
def test_a_table_that_is_away_for_two_hours_loses_nothing(operation: str) -> None:
    # GIVEN a table that refuses an operation for longer than a message is shown
    rig = story()
    rig.table.fail_next(operation, times=100_000)
    for _ in range(120):
        minute(rig)
    # WHEN it is back
    rig.table.recover()
    for _ in range(30):
        minute(rig)
    # THEN what had to be given up is in sight, with its whole payload: a replay does the rest
    for row in rig.jobs(JobState.FAILED):
        rig.replay(row.id)
    play(rig)
    assert_nothing_is_lost_or_doubled(rig)
