"""Dry mode: everything is read and compared, nothing is written, and the job says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mostik.connections.connection import Mode
from mostik.connections.rehearsal import read_only
from mostik.errors import Skip
from mostik.integration import Bulk, Deletable, Listed, RecordT, Write
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import BulkThings, Shelf, ShelfThings, Thing

ONE = Thing(key="1", text="one")


def rehearsed(rig: Rig, name: str) -> None:
    """Sets one connection dry."""
    rig.book.save(replace(rig.book.get(name), mode=Mode.DRY))
    rig.restart()


def rehearsal_ends(rig: Rig) -> None:
    """Sets both live."""
    for name in (HERE, THERE):
        rig.book.save(replace(rig.book.get(name), mode=Mode.LIVE))
    rig.restart()


@pytest.mark.parametrize("dry", [HERE, THERE])
def test_a_touch_writes_nothing_to_a_dry_side_and_ends(dry: str) -> None:
    # GIVEN a thing that would be created there
    rig = Rig()
    rig.here.put("1", "one")
    rehearsed(rig, dry)
    # WHEN
    rig.touch("1")
    rig.settle_down()
    # THEN only a dry side is spared, and no intent is left behind
    assert rig.there.texts() == ({} if dry == THERE else {"made-1": "one"})
    # AND once it is live, the next touch does it
    rehearsal_ends(rig)
    rig.touch("1")
    rig.settle_down()
    assert rig.there.texts() == {"made-1": "one"}


def test_a_change_is_not_written_to_a_dry_side() -> None:
    # GIVEN a pair
    rig = Rig()
    rig.here.put("1", "one")
    rig.touch("1")
    rig.settle_down()
    rehearsed(rig, THERE)
    # WHEN
    rig.here.put("1", "changed")
    rig.touch("1")
    rig.settle_down()
    # THEN
    assert rig.there.texts() == {"made-1": "one"}
    assert rig.there.updates == 0
    rehearsal_ends(rig)
    rig.touch("1")
    rig.settle_down()
    assert rig.there.texts() == {"made-1": "changed"}


def test_a_dry_run_of_a_dry_connection_says_what_would_be_done() -> None:
    # GIVEN
    rig = Rig()
    for number in range(3):
        rig.here.put(str(number), "thing")
    rehearsed(rig, THERE)
    # WHEN
    run = rig.desk.start("link", RunKind.DRY)
    rig.settle_down()
    rig.minute()
    # THEN
    ended = rig.desk.runs.get(run.id)
    assert ended is not None
    assert ended.state is RunState.DONE
    assert ended.totals is not None
    assert ended.totals.count(Verdict.CREATED) == 3
    assert rig.there.texts() == {}


@pytest.mark.parametrize("kind", [ShelfThings, BulkThings])
def test_a_resource_keeps_its_capabilities(kind: type[ShelfThings]) -> None:
    # GIVEN
    shelf = Shelf()
    shelf.put("1", "one")
    resource = kind(shelf)
    # WHEN
    dry = read_only(resource, "shop")
    # THEN
    for capability in (Listed, Bulk, Deletable):
        assert isinstance(dry, capability) == isinstance(resource, capability)
    assert dry.read("1") == ONE
    assert dry.find("other", "1") is None
    assert dry.from_state({"key": "1", "text": "one"}) == ONE
    with pytest.raises(Skip, match="shop is in dry mode: 1 would be created"):
        dry.create(ONE, "other", _once)
    with pytest.raises(Skip, match="1 would be changed"):
        dry.update("1", ONE, "other", _once)
    assert isinstance(dry, Deletable)
    with pytest.raises(Skip, match="1 would be deleted"):
        dry.delete("1")
    assert shelf.texts() == {"1": "one"}


def test_many_writes_get_one_sentence_each() -> None:
    dry = read_only(BulkThings(Shelf()), "shop")
    assert isinstance(dry, Bulk)
    answers = dry.write_many([Write(ONE), Write(ONE, "9")], "other", _once)
    assert [str(one) for one in answers] == [
        "shop is in dry mode: 1 would be created, and nothing was written.",
        "shop is in dry mode: 9 would be changed, and nothing was written.",
    ]


def _once(name: str, find: Callable[[], RecordT | None], create: Callable[[], RecordT]) -> RecordT:
    del find, create
    raise AssertionError(f"{name} is not created")
