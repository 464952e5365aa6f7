"""Convergence of a link with a document: random edits on both sides, hints that repeat, come in any
order or not at all, and workers that die."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mostik.jobs.message import Touch
from mostik.sync.link import Links, Side
from mostik.sync.run import RunKind
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Killed
from tests.unit.sync.test_documents import applied, edit, run

RECORDS, ROUNDS = 12, 40


@pytest.mark.parametrize("seed", [0, 1, 3, 11])  # 1, 3 and 11 have lost an edit once
@pytest.mark.parametrize("apart", [True, False])
def test_convergence_of_two_sides_that_are_edited_at_once(seed: int, apart: bool) -> None:
    # GIVEN two sides that agree, text owned by the left side and the switch by the right one
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    rig = agreeing()
    wanted = {key: {"text": "begin", "active": True} for key in rig.here.things}
    # WHEN both are edited at random, of one field each or of any, one hint in five is lost and one
    # in five doubled, and one worker in four dies
    for _ in range(ROUNDS):
        for side in Side:
            key = _edited(rig, side, chance, wanted, apart=apart)
            connection = HERE if side is Side.LEFT else THERE
            for _ in range(chance.choice([0, 1, 1, 1, 2])):
                touch = Touch(connection, RESOURCE, key, "hint", rig.clock())
                rig.send(touch, delay=chance.randrange(3))
        _work(rig, chance)
        rig.clock.advance(2)
    # AND all hints are worked off and a full run is made each way
    rig.settle_down(600)
    run(rig)
    run(rig, RunKind.FULL, Side.RIGHT)
    # THEN both sides say the same, nothing was made twice, and nothing is left to be done
    assert _said(rig, Side.LEFT) == _said(rig, Side.RIGHT)
    assert len(rig.here.things) == len(rig.there.things) == RECORDS
    writes = (rig.here.updates, rig.there.updates)
    run(rig)
    run(rig, RunKind.FULL, Side.RIGHT)
    assert (rig.here.updates, rig.there.updates) == writes
    # AND where nobody was in another's way, no edit was lost
    if apart:
        made = {
            key: {"text": one.text, "active": one.active} for key, one in rig.here.things.items()
        }
        assert made == wanted


def agreeing() -> Rig:
    """Two sides with the same things."""
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    applied(rig, "owners: {active: right}\n")
    for number in range(RECORDS):
        rig.here.put(f"k{number}", "begin")
        edit(rig.here, f"k{number}", active=True)
    run(rig)
    for key in rig.there.things:
        edit(rig.there, key, active=True)
    run(rig, RunKind.FULL, Side.RIGHT)
    return rig


def _edited(
    rig: Rig, side: Side, chance: random.Random, wanted: dict[str, dict[str, Any]], *, apart: bool
) -> str:
    """A person changes a thing. Returns its key there."""
    shelf = rig.here if side is Side.LEFT else rig.there
    key = chance.choice(sorted(shelf.things))
    of_text = side is Side.LEFT if apart else chance.random() < 0.5
    change: dict[str, Any] = (
        {"text": f"{chance.random()}"} if of_text else {"active": chance.random() < 0.5}
    )
    edit(shelf, key, **change)
    wanted[key if side is Side.LEFT else shelf.things[key].external_ids[HERE]].update(change)
    return key


def _work(rig: Rig, chance: random.Random) -> None:
    """One invocation; every fourth dies after a write."""
    dies = chance.random() < 0.25

    def after(operation: str) -> None:
        if dies and operation == "update":
            rig.here.after = rig.there.after = None
            raise Killed

    rig.here.after = rig.there.after = after
    try:
        rig.work()
    except Killed:
        rig.restart()
    rig.here.after = rig.there.after = None


def _said(rig: Rig, side: Side) -> list[tuple[str, bool | None]]:
    shelf = rig.here if side is Side.LEFT else rig.there
    return sorted((thing.text, thing.active) for thing in shelf.things.values())
