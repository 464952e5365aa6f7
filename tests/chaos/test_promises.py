"""The promises that have a name, each as one story."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest

from mostik.errors import RetryLater, Unknown, WhoActs
from mostik.http.limiter import Limit
from mostik.jobs.message import Touch
from mostik.jobs.row import JobState
from mostik.worker.worker import received
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Killed, Shelf, Thing
from tests.unit.gates.crowd import Crowd


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_reads_and_pauses_while_b_arrives_and_the_newest_state_stands(rig: Rig) -> None:
    # GIVEN worker A, which has read a record and pauses before it writes
    rig.here.put("1", "old")
    rig.touch("1")
    seen: list[str] = []

    def b_arrives(operation: str) -> None:
        if operation == "read" and not seen:
            seen.append("A")
            # WHEN the record changes meanwhile and worker B takes the message that says so
            rig.here.put("1", "newest")
            rig.send(Touch(HERE, RESOURCE, "1", "later", rig.clock()))
            event = rig.queue.event(1)
            answer = rig.worker().handle(received(event), owner="B", remaining=lambda: 80.0)
            rig.queue.settle(event, answer)
            assert answer == {"batchItemFailures": []}

    rig.here.after = b_arrives
    # AND A resumes
    rig.work()
    assert rig.there.texts() == {"made-1": "old"}
    # THEN the newest state stands in the end, in one record
    rig.settle_down()
    assert rig.there.texts() == {"made-1": "newest"}
    assert rig.there.created == ["1"]


def test_one_poison_and_nineteen_good_ones_end_as_one_failed_and_nineteen_done(rig: Rig) -> None:
    # GIVEN twenty records of which one kills whoever reads it, in one batch
    keys = [str(number) for number in range(20)]
    for key in keys:
        rig.here.put(key, f"text {key}")
        rig.touch(key)
    rig.here.deadly = {"7"}
    # WHEN the worker is killed each time
    kills = 0
    for _ in range(100):
        rig.tick()
        while rig.queue.depth.visible:
            try:
                rig.work()
            except Killed:
                kills += 1
        rig.clock.advance(60)
    # THEN nineteen are carried over, each once
    assert sorted(rig.there.created) == sorted(set(keys) - {"7"})
    # AND one has failed and says why; nothing else is left
    (failed,) = rig.jobs()
    assert (failed.id, failed.state) == (f"{HERE}/{RESOURCE}/7", JobState.FAILED)
    assert failed.failure is not None
    assert "stopped the worker" in failed.failure.text
    assert kills == 3
    assert len(rig.queue) == len(rig.queue.dead) == 0


def test_ten_thousand_jobs_behind_two_calls_a_second_take_at_most_three_claims_each() -> None:
    # GIVEN a side that takes two calls a second
    crowd = Crowd(Limit("slow", 2.0, 50), ("create",), TidyShelf())
    # WHEN ten thousand jobs come at once
    crowd.finish(10_000)
    # THEN each is claimed three times at most, on average
    assert crowd.counting.claims / 10_000 <= 3.0
    # AND nothing is created twice
    assert len(crowd.there.created) == 10_000


class TidyShelf(Shelf):
    """Finds by external key at once, however much it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, str] = {}
        self.seen = 0

    def carrying(self, system: str, key: str) -> list[Thing]:
        assert system == HERE
        while self.seen < len(self.created):
            self.made[self.created[self.seen]] = f"made-{self.seen + 1}"
            self.seen += 1
        return [self.things[self.made[key]]] if key in self.made else []


class SlowShelf(Shelf):
    """Its answers to creations are cut after 5 s, and the work ends after 40 s."""

    CUT_SECONDS = 5.0
    WORK_SECONDS = 40.0

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.rig = rig
        self.landings: list[Landing] = []

    def land(self) -> None:
        """Lets the work end whose time has come."""
        due = [landing for landing in self.landings if landing.at <= self.rig.clock()]
        self.landings = [landing for landing in self.landings if landing not in due]
        for landing in due:
            self.created.append(landing.thing.key)
            external = {HERE: landing.thing.key}
            key = f"made-{len(self.created)}"
            self.things[key] = Thing(key=key, text=landing.thing.text, external_ids=external)


@dataclass(frozen=True)
class Landing:
    """A creation that is under way on the other side."""

    at: float
    thing: Thing


def test_a_hundred_creations_whose_answers_are_cut_make_exactly_a_hundred() -> None:
    # GIVEN a side that cuts its answers at 5 s while its work ends at 40 s
    rig = Rig()
    slow = SlowShelf(rig)
    rig.there = slow
    dice = Random(4)  # noqa: S311 - a seeded story

    def create(operation: str, effect: object) -> object:
        slow.land()
        if operation != "create":
            return Shelf.call(slow, operation, effect)  # type: ignore[arg-type]  # as it came
        started = rig.clock()
        rig.clock.advance(slow.CUT_SECONDS * dice.random())
        record = _argument(effect)
        slow.landings.append(Landing(started + slow.WORK_SECONDS, record))
        raise Unknown("The answer was cut.", who=WhoActs.SYSTEM, gate=THERE)

    slow.call = create  # type: ignore[method-assign]  # the story's own way of answering
    # WHEN a hundred records are to be created there
    for number in range(100):
        rig.here.put(str(number), f"text {number}")
        rig.touch(str(number))
    rig.settle_down(120)
    slow.land()
    # THEN exactly a hundred stand there, each once
    assert sorted(slow.created) == sorted(str(number) for number in range(100))


def _argument(effect: object) -> Thing:
    """The record that a call of the shelf is about to make."""
    cells = effect.__closure__ or ()  # type: ignore[attr-defined]  # it is a lambda of the shelf
    return next(cell.cell_contents for cell in cells if isinstance(cell.cell_contents, Thing))


@pytest.mark.parametrize("lost", [None, "update"], ids=["all answers come", "an answer is lost"])
def test_a_then_b_then_a_ends_as_a(rig: Rig, lost: str | None) -> None:
    # GIVEN a record that says A on both sides
    rig.here.put("1", "A")
    rig.touch("1")
    rig.work()
    # WHEN it becomes B, which is written over there, perhaps with its answer lost
    rig.here.put("1", "B")
    rig.touch("1")
    if lost is not None:
        rig.there.lost[lost] = [RetryLater("No answer.", who=WhoActs.SYSTEM)]
    rig.work()
    assert rig.there.texts() == {"made-1": "B"}
    # AND A again, before anything else is done
    rig.here.put("1", "A")
    rig.touch("1")
    rig.settle_down()
    # THEN both sides say A
    assert rig.there.texts() == {"made-1": "A"}
    assert rig.there.created == ["1"]
