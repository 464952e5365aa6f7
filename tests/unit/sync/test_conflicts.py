"""Conflicts are listed, shown with both values, decided by a person and then forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import Skip
from mostik.integration import Resource
from mostik.matching.approval import approve
from mostik.ports import RemainingTime
from mostik.sync.conflicts import STALE_SECONDS, Chosen, ConflictDesk, ConflictItem, ConflictKind
from mostik.sync.decision import gone_on
from mostik.sync.link import Link, Links, Side
from mostik.sync.pairing import settle
from mostik.sync.run import RunKind, RunState
from mostik.sync.shown import masked
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pairs
from tests.support.rig import HERE, Rig
from tests.support.shelf import Killed, ShelfThings, Thing
from tests.unit.sync.stories import finished, lose_messages
from tests.unit.sync.test_documents import applied, book, counts, edit, exchange, run, twins
from tests.unit.sync.test_matching_gate import found

PERSON = "owner: person\n"


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    return rig


def desk(rig: Rig) -> ConflictDesk:
    """The conflict desk of a rig."""

    @contextmanager
    def open_ends(_link: Link, _remaining: RemainingTime) -> Iterator[Mapping[Side, Resource[Any]]]:
        yield {Side.LEFT: ShelfThings(rig.here), Side.RIGHT: ShelfThings(rig.there)}

    return ConflictDesk(
        Links(rig.table, rig.clock), Pairs(rig.table), rig.queue, rig.clock, open_ends
    )


def items(rig: Rig) -> list[ConflictItem]:
    """What is open."""
    return list(desk(rig).page("things").items)


def disputed(rig: Rig, more: str = PERSON) -> str:
    """A thing whose text both sides have changed. Returns its key there."""
    there = twins(rig, more)
    edit(rig.here, "1", text="ours")
    edit(rig.there, there, text="theirs")
    exchange(rig)
    return there


def choose(rig: Rig, keep: Side) -> ConflictItem:
    """A person looks at the one item, and keeps one side's value everywhere."""
    seen = desk(rig).look("things", Side.LEFT, "1", float)
    choices = {one.path: Chosen(keep, one.mark) for one in seen.disputes}
    return desk(rig).decide("things", Side.LEFT, "1", choices, by="vera")


def test_a_conflict_is_listed_and_shown_with_what_both_sides_say_now(rig: Rig) -> None:
    # GIVEN a text that both sides have changed
    there = disputed(rig)
    # WHEN a person lists what is open, and looks at it from either side
    [item] = items(rig)
    views = [
        desk(rig).look("things", Side.LEFT, "1", float),
        desk(rig).look("things", Side.RIGHT, there, float),
    ]
    # THEN it is named by its left key, and both values stand side by side
    assert (item.side, item.key, item.kind) == (Side.LEFT, "1", ConflictKind.FIELDS)
    assert item.keys == {Side.LEFT: "1", Side.RIGHT: there}
    assert item.paths == ("text",)
    assert views[0] == views[1]
    [dispute] = views[0].disputes
    assert (dispute.path, dispute.left, dispute.right) == ("text", "ours", "theirs")
    assert desk(rig).count("things") == 1


@pytest.mark.parametrize(("keep", "text"), [(Side.LEFT, "ours"), (Side.RIGHT, "theirs")])
def test_a_decision_is_carried_out_by_the_next_touch_and_then_forgotten(
    rig: Rig, keep: Side, text: str
) -> None:
    there = disputed(rig)
    # WHEN a person decides
    item = choose(rig, keep)
    assert (item.decided_by, item.decided) == ("vera", {"text": keep})
    rig.settle_down()
    # THEN both sides say it, by one write, nothing is open, and the next runs are green and quiet
    assert (rig.here.texts(), rig.there.texts()) == ({"1": text}, {there: text})
    assert items(rig) == []
    pair = Pairs(rig.table).find("things", Side.LEFT, "1")
    assert pair is not None
    assert (pair.open, pair.decision) == ((), None)
    writes = rig.here.updates + rig.there.updates
    runs = [run(rig), run(rig, side=Side.RIGHT)]
    assert [one.state for one in runs] == [RunState.DONE] * 2
    assert rig.here.updates + rig.there.updates == writes


def test_a_decision_whose_touch_is_lost_is_carried_out_by_the_next_run(rig: Rig) -> None:
    there = disputed(rig)
    choose(rig, Side.LEFT)
    lose_messages(rig)
    made = run(rig)
    assert counts(made) == {Verdict.UPDATED: 1}
    assert rig.there.texts() == {there: "ours"}


def test_a_decision_that_the_record_has_outrun_is_not_carried_out_and_says_so(rig: Rig) -> None:
    # GIVEN a person who has decided for ours
    there = disputed(rig)
    choose(rig, Side.LEFT)
    # WHEN theirs is changed once more before that is carried out
    edit(rig.there, there, text="theirs, better")
    rig.settle_down()
    # THEN nothing is written over it; it is open, and says whose decision was not carried out
    assert rig.there.texts() == {there: "theirs, better"}
    [item] = items(rig)
    assert (item.decided_by, item.outrun, item.decided) == ("vera", ("text",), {})
    [dispute] = desk(rig).look("things", Side.LEFT, "1", float).disputes
    assert (dispute.choice, dispute.outrun) == (None, True)
    # AND a new decision about what is there now is carried out
    choose(rig, Side.LEFT)
    rig.settle_down()
    assert rig.there.texts() == {there: "ours"}
    assert items(rig) == []


def test_what_was_seen_a_while_ago_is_what_is_decided(rig: Rig) -> None:
    # GIVEN a page that a person has opened before theirs was changed again
    there = disputed(rig)
    seen = desk(rig).look("things", Side.LEFT, "1", float)
    edit(rig.there, there, text="theirs, better")
    exchange(rig)
    # WHEN they decide by that page
    choices = {one.path: Chosen(Side.LEFT, one.mark) for one in seen.disputes}
    desk(rig).decide("things", Side.LEFT, "1", choices, by="vera")
    rig.settle_down()
    # THEN what they have never seen stays
    assert rig.there.texts() == {there: "theirs, better"}
    assert items(rig)[0].outrun == ("text",)


def test_a_decision_about_something_else_than_what_is_open_is_refused(rig: Rig) -> None:
    disputed(rig)
    with pytest.raises(Skip, match="In dispute are: text"):
        desk(rig).decide("things", Side.LEFT, "1", {"active": Chosen(Side.LEFT, "x")}, by="vera")
    with pytest.raises(Skip, match="Nothing is open"):
        desk(rig).decide("things", Side.LEFT, "2", {}, by="vera")
    with pytest.raises(Skip, match="There are: things"):
        desk(rig).page("nowhere")


@pytest.mark.parametrize("writes", range(1, 8))
def test_a_worker_that_dies_anywhere_loses_no_conflict_and_no_decision(
    rig: Rig, writes: int
) -> None:
    # GIVEN a worker that dies before its first, second, … write to the state table
    there = twins(rig, PERSON)
    edit(rig.here, "1", text="ours")
    edit(rig.there, there, text="theirs")
    rig.touch("1")
    dying(rig, writes)
    # WHEN the message comes again
    rig.settle_down()
    # THEN the conflict is listed
    assert [item.key for item in items(rig)] == ["1"]
    # AND the same holds while the decision is carried out
    choose(rig, Side.LEFT)
    dying(rig, writes)
    rig.settle_down()
    assert rig.there.texts() == {there: "ours"}
    assert items(rig) == []


def dying(rig: Rig, calls: int) -> None:
    """The worker dies before its so many-th write to the state table."""
    left = calls

    def count(operation: str) -> None:
        nonlocal left
        left -= operation not in ("get", "get_many", "query")
        if left == 0:
            left = -1
            raise Killed

    rig.table.before = count
    with suppress(Killed):
        rig.work()
    rig.table.before = None


def test_the_row_of_a_pair_that_is_open_no_more_is_cleared_away_and_a_new_one_is_not(
    rig: Rig,
) -> None:
    # GIVEN a conflict that was decided
    disputed(rig)
    choose(rig, Side.LEFT)
    rig.settle_down()
    assert items(rig) == []
    assert len(list(rig.table.rows("open#"))) == 1
    # WHEN it is listed much later
    rig.clock.advance(STALE_SECONDS + 1)
    # THEN its row goes
    assert items(rig) == []
    assert list(rig.table.rows("open#")) == []


GONE = "deletes: {right: delete}\n"


def gone(rig: Rig) -> str:
    """A thing that is gone here and was changed there. Returns its key there."""
    there = twins(rig, GONE)
    del rig.here.things["1"]
    edit(rig.there, there, text="theirs")
    made = run(rig)
    assert counts(made)[Verdict.CONFLICT] == 1
    return there


def test_a_thing_that_is_gone_here_and_changed_there_waits_for_a_person_in_both_directions(
    rig: Rig,
) -> None:
    there = gone(rig)
    # WHEN runs are made both ways
    runs = [run(rig), run(rig, side=Side.RIGHT)]
    # THEN nothing is deleted and nothing made anew, and it is listed with the whole record
    assert [counts(one)[Verdict.CONFLICT] for one in runs] == [1, 1]
    assert (rig.here.things, rig.there.texts()) == ({}, {there: "theirs"})
    [item] = items(rig)
    assert item.kind is ConflictKind.GONE
    [dispute] = desk(rig).look("things", Side.LEFT, "1", float).disputes
    assert dispute.path == gone_on(Side.LEFT)
    assert dispute.left is None
    assert dispute.right["text"] == "theirs"


def test_a_person_lets_a_thing_be_deleted_there_too(rig: Rig) -> None:
    gone(rig)
    choose(rig, Side.LEFT)
    rig.settle_down()
    assert rig.there.things == {}
    assert items(rig) == []
    assert Pairs(rig.table).find("things", Side.LEFT, "1") is None


def test_a_person_has_a_thing_that_is_gone_made_anew(rig: Rig) -> None:
    there = gone(rig)
    choose(rig, Side.RIGHT)
    rig.settle_down()
    assert list(rig.here.texts().values()) == ["theirs"]
    assert rig.there.texts() == {there: "theirs"}
    assert items(rig) == []
    assert run(rig).state is RunState.DONE


def test_a_decision_to_delete_is_outrun_by_another_change(rig: Rig) -> None:
    there = gone(rig)
    choose(rig, Side.LEFT)
    edit(rig.there, there, text="once more")
    rig.settle_down()
    assert rig.there.texts() == {there: "once more"}
    assert items(rig)[0].outrun == (gone_on(Side.LEFT),)


def test_matches_that_nobody_has_decided_are_listed_beside_and_decided_one_by_one(
    rig: Rig,
) -> None:
    # GIVEN an approval in which a twin is open
    applied(rig, settled=False)
    rig.here.put("twin", "twin")
    for key in ("B", "C"):
        rig.there.things[key] = Thing(key=key, text="there", external_ids={HERE: "twin"})
    [link] = Links(rig.table, rig.clock).all()
    settle(link, approve(found(rig), {}), Pairs(rig.table), rig.clock)
    book(rig).settle("things")
    rig.restart()
    listed = {(item.side, item.key) for item in items(rig)}
    assert listed == {(Side.LEFT, "twin"), (Side.RIGHT, "B"), (Side.RIGHT, "C")}
    assert {item.kind for item in items(rig)} == {ConflictKind.MATCH}
    assert desk(rig).look("things", Side.LEFT, "twin", float).candidates == ("B", "C")
    # WHEN a person says that it is B, and that C is to be left alone
    desk(rig).pair("things", Side.LEFT, "twin", "B", by="vera")
    desk(rig).leave("things", Side.RIGHT, "C")
    rig.settle_down()
    # THEN B says what ours says, C is left alone, and nothing is open
    assert rig.there.texts() == {"B": "twin", "C": "there"}
    assert items(rig) == []
    with pytest.raises(Skip, match="Nothing is open"):
        desk(rig).pair("things", Side.LEFT, "twin", "C", by="vera")


def test_personal_data_is_masked_unless_it_is_asked_for(rig: Rig) -> None:
    there = disputed(rig)
    edit(rig.here, "1", text="call +7 912 345-67-89")
    [dispute] = desk(rig).look("things", Side.LEFT, "1", float).disputes
    [plain] = desk(rig).look("things", Side.RIGHT, there, float, reveal=True).disputes
    assert "345" not in dispute.left
    assert plain.left == "call +7 912 345-67-89"
    assert replace(dispute, left=plain.left) == plain


def test_a_dry_run_says_that_a_decision_would_be_carried_out(rig: Rig) -> None:
    disputed(rig)
    choose(rig, Side.LEFT)
    lose_messages(rig)
    made = finished(rig, rig.desk.start("things", RunKind.DRY))
    assert counts(made) == {Verdict.UPDATED: 1}


@pytest.mark.parametrize(
    ("path", "kind", "value", "shown"),
    [
        ("name", "customer", "Иван", "[name]"),
        ("name", "product", "Чашка", "Чашка"),
        ("customer.name", "order", "Иван", "[name]"),
        ("lines[l1].name", "order", "Чашка", "Чашка"),
        ("phones", "customer", ["+79001112233"], ["[phone]"]),
        ("customer", "all", {"name": "Иван", "active": True}, {"name": "[name]", "active": True}),
        ("total", "order", None, None),
    ],
)
def test_what_a_value_is_called_and_what_it_is_in_say_whether_it_is_personal(
    path: str, kind: str, value: object, shown: object
) -> None:
    assert masked(path, value, kind) == shown
