"""What the door acknowledged is not lost: throttling and kills at every call, many events."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from mostik.errors import Busy
from mostik.jobs.row import JobState
from tests.support.door_rig import DoorRig

EVENTS = 10_000
THINGS = 400
REFUSED = 0.03
KILLED = 0.004
REPEATED = 0.05
SEED = 20_261_124


class Killed(BaseException):
    """The process is gone in the middle of a call."""


@pytest.fixture
def rig() -> DoorRig:
    return DoorRig()


def test_ten_thousand_events_under_throttling_and_kills_lose_nothing(rig: DoorRig) -> None:
    # GIVEN a stack whose every AWS call may be refused, and whose worker may die before any of them
    dice = random.Random(SEED)  # noqa: S311 - a seeded run, no secret
    kills, refusals, working = 0, 0, False

    def before(operation: str) -> None:
        nonlocal kills
        if working and dice.random() < KILLED:
            kills += 1
            raise Killed(operation)

    for port in rig.ports.values():
        port.before = before

    # WHEN ten thousand events come in while things change, and batches and ticks go on
    last: dict[str, str] = {}
    unavailable = 0
    for number in range(EVENTS):
        key, text = f"thing-{dice.randrange(THINGS)}", f"text-{number}"
        rig.here.put(key, text)
        if number % 7 == 0:
            refusals += _refuse_some(rig, dice)
        delivery = f"delivery-{number}" if number % 3 else None
        if rig.arrive(key, delivery=delivery).status == 200:
            last[key] = text
            if delivery is not None and dice.random() < REPEATED:
                rig.arrive(key, delivery=delivery)  # the sender repeats itself
        else:
            unavailable += 1
            last.pop(key, None)  # nobody has promised this text
        if number % 10 == 0:
            working = True
            survived(rig.work)
            if number % 50 == 0:
                survived(rig.tick)
            working = False
            rig.clock.advance(dice.choice((0.0, 1.0, 30.0)))
    for port in rig.ports.values():
        port.before = None
        port.recover()
    rig.settle_down(minutes=2_000)

    # THEN what could not be handled is visible as failed, and a person's replay handles it
    for row in rig.jobs(JobState.FAILED):
        rig.replay(row.id)
    rig.settle_down()
    assert rig.jobs(JobState.FAILED) == []
    # AND everything acknowledged has reached the other side in its last state
    there = {thing.external_ids.get("here"): thing.text for thing in rig.there.things.values()}
    assert {key: there.get(key) for key in last} == last
    # AND a thing was created once, however often its event came and its worker was killed
    assert len(rig.there.created) == len(set(rig.there.created))
    # AND the faults did happen
    assert kills >= EVENTS // 100
    assert refusals > EVENTS // 10
    assert unavailable > 0


def test_the_last_state_of_every_thing_stands_although_each_changed_many_times(
    rig: DoorRig,
) -> None:
    # GIVEN things that change faster than events are handled
    for number in range(2_000):
        key = f"thing-{number % 20}"
        rig.here.put(key, f"text-{number}")
        rig.arrive(key)
        if number % 25 == 0:
            rig.work()
    # WHEN everything was handled, without any sweep
    rig.settle_down()
    # THEN the other side says what this side says
    assert sorted(rig.there.texts().values()) == sorted(rig.here.texts().values())


def test_the_send_fails_and_the_same_delivery_comes_again_it_is_handled_once(rig: DoorRig) -> None:
    # GIVEN a queue and a state table that refuse an event
    rig.here.put("1", "first")
    rig.queue.fail_next("send")
    rig.table.fail_next("insert")
    assert rig.arrive("1", delivery="d-1").status == 503
    # WHEN the sender repeats the delivery, twice
    assert rig.arrive("1", delivery="d-1").status == 200
    assert rig.arrive("1", delivery="d-1").status == 200
    rig.settle_down()
    # THEN it was handled once
    assert rig.there.created == ["1"]
    assert rig.there.updates == 0


def test_the_same_hint_three_times_with_changes_between_applies_three_states(rig: DoorRig) -> None:
    # GIVEN a hint without a delivery id, sent after each of three changes
    seen: list[str] = []
    for text in ("first", "second", "third"):
        rig.here.put("1", text)
        rig.arrive("1")
        # WHEN each is handled
        rig.settle_down()
        seen += rig.there.texts().values()
    # THEN each state was applied, although the three bodies are equal
    assert seen == ["first", "second", "third"]


def test_two_changes_in_one_second_end_with_the_last_value(rig: DoorRig) -> None:
    # GIVEN two changes of one thing within a second, each with its event, before any is handled
    for text in ("first", "second"):
        rig.here.put("1", text)
        rig.arrive("1")
    # WHEN they are handled in one batch
    rig.settle_down()
    # THEN the last value stands
    assert list(rig.there.texts().values()) == ["second"]


def _refuse_some(rig: DoorRig, dice: random.Random) -> int:
    """Orders some of the next calls to be refused. Returns how many orders."""
    ordered = 0
    for port in rig.ports.values():
        for operation in port.OPERATIONS:
            if dice.random() < REFUSED:
                ordered += 1
                port.fail_next(operation, dice.choice((1, 1, 2, 6)))
    return ordered


def survived(step: Callable[[], object]) -> None:
    """Runs a step that may be killed; what it held comes back by itself."""
    try:
        step()
    except (Killed, Busy):
        return
