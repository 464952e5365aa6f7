"""A record that several links carry: what goes wrong with one of them stops none of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mostik.errors import (
    ConfigurationError,
    GiveUp,
    MostikError,
    RateLimited,
    RetryLater,
    Unknown,
    WhoActs,
    weightiest,
)
from mostik.integration import Integration
from mostik.jobs.row import JobState
from mostik.sync.link import End, Link, Links, Side
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Shelf, integration

BESIDE = "beside"
SYSTEM = WhoActs.SYSTEM


@dataclass
class Forked(Rig):
    """A stack whose records go to two sides; the refusing one comes first, by its link's name."""

    beside: Shelf = field(default_factory=Shelf)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.connect(BESIDE)
        Links(self.table, self.clock).save(
            Link(
                "a-link",
                End(HERE, RESOURCE),
                End(BESIDE, RESOURCE),
                creates=frozenset({Side.RIGHT}),
            )
        )

    def offers(self) -> Integration[Any, Any]:
        shelves = {HERE: self.here, THERE: self.there, BESIDE: self.beside}
        return integration(shelves.__getitem__)


def test_a_side_that_refuses_a_record_for_good_keeps_it_from_no_other() -> None:
    # GIVEN a record that one of its two sides refuses
    rig = Forked()
    rig.here.put("1", "one")
    rig.beside.refusals["create"] = [GiveUp("It has no lines.", who=WhoActs.ADMIN)]
    rig.touch("1")
    # WHEN
    rig.work()
    # THEN the other side has it, and the job says what the first one minds
    assert list(rig.there.texts().values()) == ["one"]
    job = rig.job(f"{HERE}/{RESOURCE}/1")
    assert job.state is JobState.FAILED
    assert job.failure is not None
    assert job.failure.text == "It has no lines."


def test_a_side_that_is_down_is_tried_again_and_the_other_is_written_once() -> None:
    # GIVEN a side that is down at first
    rig = Forked()
    rig.here.put("1", "one")
    rig.beside.refusals["create"] = [RetryLater("Down.", who=SYSTEM)]
    rig.touch("1")
    rig.work()
    assert list(rig.there.texts().values()) == ["one"]
    # WHEN its time has come
    for _ in range(5):
        rig.clock.advance(60)
        rig.tick()
        rig.work()
    # THEN both have it, once
    assert list(rig.beside.texts().values()) == ["one"]
    assert rig.there.created == ["1"]
    assert not rig.carried()


GIVEN_UP = GiveUp("No.", who=SYSTEM)
LATER = RetryLater("Later.", who=SYSTEM)
LIMITED = RateLimited("Slower.", who=SYSTEM, retry_after=1.0)
WRONG = ConfigurationError("Wrong key.", who=WhoActs.ADMIN)
IN_DOUBT = Unknown("Who knows.", who=SYSTEM)


@pytest.mark.parametrize(
    ("errors", "first"),
    [
        ([GIVEN_UP, LATER], LATER),
        ([LATER, GIVEN_UP, LIMITED], LIMITED),
        ([LIMITED, WRONG], WRONG),
        ([WRONG, GIVEN_UP, IN_DOUBT], IN_DOUBT),
        ([GIVEN_UP], GIVEN_UP),
    ],
)
def test_of_several_errors_the_one_that_something_can_still_come_of_decides(
    errors: list[MostikError], first: MostikError
) -> None:
    assert weightiest(errors) is first
    assert weightiest(errors[::-1]) is first
