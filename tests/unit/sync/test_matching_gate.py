"""Matching two filled bases before a link writes: pairs, guards, and nobody guessed."""

from __future__ import annotations

import pytest

from mostik.errors import GiveUp
from mostik.matching.approval import Approval, Decision, Verdict, approve
from mostik.matching.found import Found, State
from mostik.sync import verdict
from mostik.sync.link import Link, Links, Side
from mostik.sync.pairing import found_in, settle
from mostik.sync.run import RunKind
from mostik.sync.xref import Pairs
from tests.support.rig import HERE, Rig
from tests.support.shelf import ShelfThings, Thing
from tests.unit.sync.test_documents import applied, book, counts, run

ZONE = "Europe/Moscow"


@pytest.fixture
def rig() -> Rig:
    """Two bases: one thing is the same by its key, one may be either of two, one is alone."""
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    applied(rig, settled=False)
    for key in ("same", "twin", "alone"):
        rig.here.put(key, key)
    carried = {"A": "same", "B": "twin", "C": "twin"}
    for key, ours in carried.items():
        rig.there.things[key] = Thing(key=key, text=f"{ours} there", external_ids={HERE: ours})
    return rig


def link_of(rig: Rig) -> Link:
    """The link of the story."""
    [link] = Links(rig.table, rig.clock).all()
    return link


def found(rig: Rig) -> Found:
    """The table of the two bases."""
    ends = {Side.LEFT: ShelfThings(rig.here), Side.RIGHT: ShelfThings(rig.there)}
    return found_in(link_of(rig), ends, ZONE)


def settled(rig: Rig, approval: Approval) -> None:
    """Approves a matching."""
    settle(link_of(rig), approval, Pairs(rig.table), rig.clock)
    book(rig).settle("things")
    rig.restart()


def test_matching_pairs_what_is_sure_lists_what_is_not_and_guesses_nothing(rig: Rig) -> None:
    table = found(rig)
    assert [(row.left, row.right) for row in table.of(State.MATCHED)] == [("same", "A")]
    [row] = [row for row in table.of(State.AMBIGUOUS) if row.left is not None]
    assert (row.left, row.candidates) == ("twin", ("B", "C"))
    assert [row.left for row in table.of(State.ONLY_LEFT)] == ["alone"]


def test_after_an_approval_of_a_matching_nothing_is_doubled_and_the_undecided_is_not_touched(
    rig: Rig,
) -> None:
    # GIVEN an approval in which nobody has decided about the twin
    settled(rig, approve(found(rig), {}))
    # WHEN runs are made both ways, and the twin is touched
    there = run(rig, RunKind.FULL)
    back = run(rig, RunKind.FULL, side=Side.RIGHT)
    rig.here.put("twin", "changed")
    rig.touch("twin")
    rig.settle_down()
    # THEN the pair was compared and our side has won, the one that is alone was created, and the
    # twin is a conflict until a person decides
    assert counts(there) == {
        verdict.Verdict.UPDATED: 1,
        verdict.Verdict.CREATED: 1,
        verdict.Verdict.CONFLICT: 1,
    }
    assert counts(back)[verdict.Verdict.CONFLICT] == 2
    assert rig.there.things["A"].text == "same"
    assert rig.there.created == ["alone"]
    assert rig.there.texts()["B"] == rig.there.texts()["C"] == "twin there"
    assert rig.here.created == []


def test_a_later_decision_about_a_matching_lifts_the_guard(rig: Rig) -> None:
    # GIVEN an approval with an open twin
    settled(rig, approve(found(rig), {}))
    # WHEN a person chooses, and leaves the other candidate alone
    table = found(rig)
    place = {(row.left, row.right): number for number, row in enumerate(table.rows)}
    decisions = {
        place["twin", None]: Decision(Verdict.PAIR, "B"),
        place[None, "C"]: Decision(Verdict.LEAVE),
    }
    settled(rig, approve(table, decisions))
    run(rig)
    back = run(rig, side=Side.RIGHT)
    # THEN the chosen one says what ours says, and the other is skipped
    assert rig.there.texts()["B"] == "twin"
    assert rig.there.texts()["C"] == "twin there"
    assert counts(back)[verdict.Verdict.SKIPPED] == 1
    assert sorted(rig.there.created) == ["alone"]


def test_an_approval_of_a_matching_twice_is_the_same_as_once(rig: Rig) -> None:
    approval = approve(found(rig), {})
    settled(rig, approval)
    run(rig)
    before = Pairs(rig.table).find("things", Side.LEFT, "same")
    settled(rig, approval)
    after = Pairs(rig.table).find("things", Side.LEFT, "same")
    assert before is not None
    assert before == after
    assert after.agreement == before.agreement is not None


def test_a_base_of_which_a_row_cannot_be_read_is_not_matched(rig: Rig) -> None:
    rig.here.misfits.add("alone")
    with pytest.raises(GiveUp, match="alone"):
        found(rig)
