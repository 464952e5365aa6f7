"""Both sides compared completely: counts, hashes, what differs and why, and its repair."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.errors import GiveUp, RetryLater, Skip, WhoActs
from mostik.jobs.rows import JobRows
from mostik.linkdoc.yamlfile import load
from mostik.ports import RemainingTime
from mostik.sync.comparison import Comparison, Comparisons, Difference, Lack, Part
from mostik.sync.judge import Judge
from mostik.sync.link import Links, Side
from mostik.sync.reconcile import ReconcileDesk
from mostik.sync.run import RunKind
from mostik.sync.xref import Pairs
from tests.support.rig import HERE, Rig
from tests.support.shelf import Thing
from tests.unit.sync.stories import linked
from tests.unit.sync.test_conflicts import desk as conflicts
from tests.unit.sync.test_documents import STATUSES, TEXT, applied, book, edit, run

PLENTY: RemainingTime = lambda: 600.0  # noqa: E731 - a value
NONE: RemainingTime = lambda: 0.0  # noqa: E731 - a value


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    return rig


def desk(rig: Rig, bucket: int = 50_000) -> ReconcileDesk:
    """The desk of a rig."""
    pairs = Pairs(rig.table)
    return ReconcileDesk(
        Comparisons(rig.table, rig.blobs),
        Links(rig.table, rig.clock),
        pairs,
        Judge(pairs, rig.parked, JobRows(rig.table), rig.clock),
        rig.queue,
        rig.clock,
        conflicts(rig).open_ends,
        bucket=bucket,
    )


def compared(rig: Rig, **settings: Any) -> tuple[Comparison, list[Difference]]:
    """Compares both sides to the end."""
    own = desk(rig, **settings)
    done = own.go_on(own.start("things", by="vera").id, PLENTY)
    assert done.is_done
    return done, found(own, done)


def found(own: ReconcileDesk, done: Comparison) -> list[Difference]:
    """Everything that differs."""
    differences: list[Difference] = []
    after: int | None = 0
    while after is not None:
        page, after = own.differences(done.id, after=after)
        differences += page
    return differences


def carried(rig: Rig, things: int, more: str = "") -> None:
    """So many things that both sides agree about."""
    applied(rig, more)
    for number in range(things):
        rig.here.put(f"{number:04}", f"text {number}" if not more else "new")
    run(rig)


def test_two_sides_that_agree_have_one_hash_and_it_costs_no_read(rig: Rig) -> None:
    # GIVEN things that the other side spells in its own way
    carried(rig, 120, STATUSES)
    rig.here.calls.clear()
    rig.there.calls.clear()
    # WHEN
    done, differences = compared(rig)
    # THEN
    assert done.is_equal
    assert differences == []
    assert (done.left.listed, done.left.paired, done.left.unpaired) == (120, 120, 0)
    assert (done.right.listed, done.right.paired, done.right.unpaired) == (120, 120, 0)
    assert done.agreed == 120
    assert done.left.hash == done.right.hash
    assert set(rig.here.calls) == set(rig.there.calls) == {"page"}


def test_each_difference_is_listed_with_its_reason_and_a_repair_mends_just_those(rig: Rig) -> None:
    # GIVEN one thing that was lost on the way, one that differs, one that is only there, one that
    # cannot be carried over and one whose row is broken
    carried(rig, 10)
    edit(rig.here, "0001", text="changed here")
    edit(rig.there, linked(rig, "0002").key, text="changed there")
    rig.here.put("new", "only here")
    rig.there.things["X"] = Thing(key="X", text="only there")
    rig.there.errors["bad"] = GiveUp("It takes no bad thing.", who=WhoActs.ADMIN)
    rig.here.put("bad", "bad")
    rig.touch("bad")
    rig.settle_down()
    rig.here.misfits.add("0009")
    before = (rig.here.texts(), rig.there.texts())
    # WHEN
    done, differences = compared(rig)
    # THEN nothing was written, and each is named with what is wrong
    assert (rig.here.texts(), rig.there.texts()) == before
    by_key = {one.key: one for one in differences}
    assert {key: one.lack for key, one in by_key.items()} == {
        "0001": Lack.DIFFERS,
        linked(rig, "0002").key: Lack.DIFFERS,
        "new": Lack.MISSING_RIGHT,
        "X": Lack.MISSING_LEFT,
        "bad": Lack.MISSING_RIGHT,
        "0009": Lack.BROKEN,
    }
    assert by_key["0001"].fields == ("text",)
    assert "no bad thing" in by_key["bad"].why
    assert done.left.hash != done.right.hash
    # WHEN it is repaired
    rig.here.misfits.clear()
    calls = rig.there.updates + rig.here.updates
    sent = desk(rig).repair(done.id, by="vera")
    rig.settle_down()
    # THEN what can be mended is, by one write each, and the next comparison finds the rest
    assert sent == sum(one.mends for one in differences)
    assert rig.there.texts()[linked(rig, "0001").key] == "changed here"
    assert rig.here.texts()["0002"] == "changed there"
    assert linked(rig, "new").text == "only here"
    assert "only there" in rig.here.texts().values()
    assert rig.there.updates + rig.here.updates == calls + 2
    again, left = compared(rig)
    assert [one.key for one in left] == ["bad"]
    assert again.lacks == {Lack.MISSING_RIGHT: 1}


def test_a_comparison_stops_when_its_time_is_over_and_goes_on_where_it_was(rig: Rig) -> None:
    # GIVEN small pages, and no time for a second step
    carried(rig, 30)
    edit(rig.here, "0003", text="changed")
    rig.here.page_size = rig.there.page_size = 10
    whole, _ = compared(rig)
    own = desk(rig)
    begun = own.start("things", by="vera")
    # WHEN it is called again and again
    parts: list[Part] = []
    for _ in range(100):
        standing = own.go_on(begun.id, NONE)
        parts.append(standing.part)
        if standing.is_done:
            break
    # THEN each call does one step, and what comes of it is the same
    assert len(parts) == 3 + 3 + 1 + 1
    assert parts[-1] is Part.DONE
    assert (standing.left, standing.right) == (whole.left, whole.right)
    assert [one.key for one in found(own, standing)] == ["0003"]


def test_buckets_keep_the_memory_small_and_change_nothing_of_the_result(rig: Rig) -> None:
    carried(rig, 60)
    for number in range(0, 60, 7):
        edit(rig.here, f"{number:04}", text="changed")
    one, differences = compared(rig)
    many, same = compared(rig, bucket=7)
    assert (many.left, many.right, many.agreed) == (one.left, one.right, one.agreed)
    assert sorted(x.key for x in same) == sorted(x.key for x in differences)
    assert len(same) == 9


def test_a_side_that_does_not_answer_stops_it_and_calling_again_goes_on(rig: Rig) -> None:
    # GIVEN a side that is away when its list is asked for
    carried(rig, 5)
    own = desk(rig)
    begun = own.start("things", by="vera")
    rig.there.refusals["page"] = [RetryLater("Away.", who=WhoActs.SYSTEM)]
    # WHEN
    with pytest.raises(RetryLater):
        own.go_on(begun.id, PLENTY)
    assert own.get(begun.id).part is Part.RIGHT
    # THEN
    assert own.go_on(begun.id, PLENTY).is_equal


def test_conflicts_are_named_with_their_fields_and_a_repair_leaves_them_alone(rig: Rig) -> None:
    applied(rig, "owner: person\n")
    rig.here.put("1", "a")
    run(rig)
    there = linked(rig, "1").key
    edit(rig.here, "1", text="ours")
    edit(rig.there, there, text="theirs")
    done, [one] = compared(rig)
    assert (one.lack, one.fields, one.mends) == (Lack.CONFLICT, ("text",), False)
    assert desk(rig).repair(done.id, by="vera") == 0
    assert rig.queue.bodies == []


def test_two_that_say_the_same_and_are_no_pair_yet_are_paired_by_a_repair(rig: Rig) -> None:
    # GIVEN a thing that carries our key over there, of which no pair is known
    applied(rig)
    rig.here.put("1", "a")
    rig.there.things["A"] = Thing(key="A", text="a", external_ids={HERE: "1"})
    done, differences = compared(rig)
    assert {one.lack for one in differences} <= {Lack.UNPAIRED, Lack.MISSING_LEFT}
    assert "1" in [one.key for one in differences if one.lack is Lack.UNPAIRED]
    # WHEN
    desk(rig).repair(done.id, by="vera")
    rig.settle_down()
    # THEN
    pair = Pairs(rig.table).find("things", Side.LEFT, "1")
    assert pair is not None
    assert pair.keys == {Side.LEFT: "1", Side.RIGHT: "A"}
    assert compared(rig)[0].is_equal
    assert (rig.here.created, rig.there.created) == ([], [])


def test_what_a_link_does_not_take_is_no_difference(rig: Rig) -> None:
    # GIVEN a link one way that creates nothing here
    [loaded] = load(TEXT.replace("creates: [left, right]", "direction: to_right"))
    assert loaded.document is not None
    book(rig).apply(loaded.document, by="vera")
    book(rig).settle("things")
    rig.restart()
    rig.here.put("1", "a")
    run(rig)
    rig.there.things["X"] = Thing(key="X", text="their own")
    edit(rig.there, linked(rig, "1").key, text="changed there")
    # WHEN
    done, [one] = compared(rig)
    # THEN what is their own is counted, and what they have changed is told, and is not repaired
    assert (done.skipped, done.right.unpaired) == (1, 1)
    assert (one.lack, one.mends) == (Lack.DIFFERS, False)
    assert "nothing goes to here" in one.why


def test_a_repair_before_the_end_and_an_unknown_comparison_are_refused(rig: Rig) -> None:
    carried(rig, 3)
    begun = desk(rig).start("things", by="vera")
    with pytest.raises(Skip, match="not done"):
        desk(rig).repair(begun.id, by="vera")
    with pytest.raises(Skip, match="no comparison"):
        desk(rig).go_on("nothing", PLENTY)
    assert desk(rig).latest("things") == begun
    assert rig.desk.start("things", RunKind.DRY).is_dry
