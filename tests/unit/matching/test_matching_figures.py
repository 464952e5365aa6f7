"""The figure: two bases of 5,000 goods and of 5,000 contacts, 80 % overlap, no common key."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest

from mostik.commerce.catalog import Product
from mostik.commerce.parties import Customer
from mostik.commerce.record import Canonical
from mostik.mapping.side import Side
from mostik.matching.approval import approve
from mostik.matching.card import Context
from mostik.matching.found import Found, State
from mostik.matching.match import match
from mostik.matching.rules import kind_of
from mostik.matching.sheet import read
from tests.unit.matching.bases import SECTION_NAMES, SIZE, Bases, filled_in, goods, people

CONTEXT = Context("onec", "portal", sections=SECTION_NAMES)
SECONDS = 20.0
"""It takes two or three; a busy machine may take longer."""


def matched(bases: Bases, model: type[Canonical]) -> Found:
    kind = kind_of(model)
    cards = {side: kind.cards(iter(bases.records[side]), CONTEXT, side) for side in Side}
    return match(cards[Side.LEFT], cards[Side.RIGHT], kind.rules)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("make", "model"), [(goods, Product), (people, Customer)])
def test_matching_of_two_dirty_bases_makes_no_doubles_and_guesses_nothing(
    make: Callable[[int], Bases], model: type[Canonical], seed: int
) -> None:
    # GIVEN two bases of 5,000, 80 % of them the same things, 2 % of which nobody can tell apart
    bases = make(seed)
    assert {side: len(bases.records[side]) for side in Side} == dict.fromkeys(Side, SIZE)
    common = set(bases.truth[Side.LEFT].values()) & set(bases.truth[Side.RIGHT].values())
    assert len(common) == SIZE * 0.8
    assert {side: len(bases.hard[side]) for side in Side} == dict.fromkeys(Side, SIZE * 0.02)
    # WHEN they are matched
    begun = time.perf_counter()
    found = matched(bases, model)
    took = time.perf_counter() - begun
    # THEN every record is in the table once, in seconds
    assert took < SECONDS
    for side in Side:
        keys = [row.left if side is Side.LEFT else row.right for row in found.rows]
        assert Counter(key for key in keys if key) == dict.fromkeys(bases.truth[side], 1)
    # THEN every pair is right: none was guessed
    truth = bases.truth
    wrong = [
        row
        for row in found.of(State.MATCHED)
        if truth[Side.LEFT][row.left or ""] != truth[Side.RIGHT][row.right or ""]
    ]
    assert wrong == []
    # THEN every ambiguous one is listed with its candidates, and few others
    asked = found.of(State.AMBIGUOUS)
    listed = {side: {row.key for row in asked if row.side is side} for side in Side}
    for side in Side:
        assert bases.hard[side] <= listed[side]
        assert len(listed[side]) <= SIZE * 0.03
    assert all(row.candidates for row in asked)
    # WHEN somebody who knows them fills in the sheet, and it is approved
    sheet = read(filled_in(found, bases.words(found)), found)
    assert sheet.faults == []
    approval = approve(found, sheet.decisions)
    # THEN nothing is open, and all that is common is paired with itself
    assert approval.faults == ()
    assert approval.is_complete
    pairs = approval.pairs
    assert {truth[Side.LEFT][left] for left in pairs} == common
    assert all(truth[Side.LEFT][left] == truth[Side.RIGHT][right] for left, right in pairs.items())
    # WHEN the link then creates what is only on one side
    bases_after = {
        side: Counter(truth[side].values())
        + Counter(truth[side.other][key] for key in approval.to_create[side.other])
        for side in Side
    }
    # THEN each side holds each thing exactly once: no doubles
    everything = set(truth[Side.LEFT].values()) | set(truth[Side.RIGHT].values())
    assert bases_after == {side: dict.fromkeys(everything, 1) for side in Side}


def test_matching_without_decisions_leaves_every_ambiguous_one_alone() -> None:
    # GIVEN a matching that nobody has looked at
    bases = goods(3, 500)
    found = matched(bases, Product)
    # WHEN it is approved as it is
    approval = approve(found, {})
    # THEN what was in doubt is neither paired nor created
    asked = {
        side: {row.key for row in found.of(State.AMBIGUOUS) if row.side is side} for side in Side
    }
    assert approval.undecided == asked
    assert not approval.is_complete
    for side in Side:
        assert not approval.to_create[side] & asked[side]
