"""Matching two dirty bases, approving it, and the runs after: each thing once on each side."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mostik.matching.approval import approve
from mostik.matching.found import State
from mostik.sync.link import Side
from mostik.sync.run import RunState
from mostik.sync.verdict import Verdict
from tests.unit.matching.bases import Bases, goods, people
from tests.unit.sync.matching_stories import Matched

SIZE = 300
Make = Callable[[int, int], Bases]


@pytest.mark.parametrize("make", [goods, people])
def test_after_an_approved_matching_runs_make_no_doubles_and_join_nothing_wrong(make: Make) -> None:
    # GIVEN two filled bases, 80 % of them the same things, of which some cannot be told apart
    matched = Matched(make(11, SIZE))
    # WHEN they are matched
    found = matched.found()
    # THEN every one that is in doubt is asked about, few others are, and nothing was guessed
    assert (matched.unlisted(found), matched.guessed(found)) == (0, 0)
    assert len(found.of(State.AMBIGUOUS)) <= 2 * SIZE * 0.03
    # WHEN somebody who knows them fills the sheet in, and full runs are made both ways
    matched.settle(matched.decided(found))
    runs = [matched.run(), matched.run(Side.RIGHT)]
    # THEN each thing is on each side once, and every pair joins what is one
    assert [run.state for run in runs] == [RunState.DONE, RunState.DONE]
    assert (matched.doubles, matched.wrong_pairs) == (0, 0)
    # AND another run each way has nothing left to do
    before = matched.writes
    matched.run()
    matched.run(Side.RIGHT)
    assert matched.writes == before


def test_a_matching_approved_without_decisions_writes_nothing_about_those_in_doubt() -> None:
    # GIVEN two bases whose table nobody has looked at
    matched = Matched(goods(12, SIZE))
    found = matched.found()
    asked = found.of(State.AMBIGUOUS)
    assert asked
    # WHEN it is approved as it is, and full runs are made both ways
    matched.settle(approve(found, {}))
    runs = {side: matched.run(side) for side in Side}
    # THEN those in doubt are conflicts, nothing was created for them, and none was changed
    for side, run in runs.items():
        of_side = {row.key for row in asked if row.side is side}
        there = matched.rig.right if side is Side.LEFT else matched.rig.left
        here = matched.rig.left if side is Side.LEFT else matched.rig.right
        assert run.totals is not None
        assert run.totals.count(Verdict.CONFLICT) == len(of_side)
        assert not of_side & set(there.created)
        assert not of_side & set(here.updated)
    assert matched.wrong_pairs == 0


def test_a_matching_knows_sections_by_name_and_asks_where_it_does_not() -> None:
    # GIVEN goods of which a quarter has nothing but a name, in sections that one side keys
    matched = Matched(goods(13, SIZE))
    named = matched.found()
    # WHEN nobody says what those sections are called
    unnamed = matched.found(sections=False)
    # THEN nothing is guessed: those that were matched by name and section are asked about
    by_name = [row for row in named.of(State.MATCHED) if row.rule == "name and section"]
    assert len(by_name) > SIZE * 0.1
    asked = {row.key for row in unnamed.of(State.AMBIGUOUS) if row.side is Side.LEFT}
    assert {row.left for row in by_name} <= asked
    assert matched.guessed(unnamed) == 0
