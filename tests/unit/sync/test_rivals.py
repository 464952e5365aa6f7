"""Two records here that would be one record there: the second waits for a person."""

from __future__ import annotations

import pytest

from mostik.commerce.record import Canonical
from mostik.errors import WhoActs
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import Thing
from tests.unit.sync.stories import run_of


def one_place(rig: Rig, *keys: str) -> None:
    """Both things here say that they are ``place`` there."""
    for key in keys:
        thing = Thing(key=key, text=f"text {key}", external_ids={THERE: "place"})
        rig.here.things[key] = thing


@pytest.fixture(params=[False, True], ids=["one by one", "bulk"])
def rig(request: pytest.FixtureRequest) -> Rig:
    made = Rig()
    made.there.bulk = bool(request.param)
    made.there.put("place", "empty")
    return made


def test_the_first_is_carried_over_and_the_second_lies_in_quarantine_naming_both(rig: Rig) -> None:
    # GIVEN
    one_place(rig, "main", "north")
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN
    assert run.state is RunState.PARTIAL
    assert run.totals is not None
    assert run.totals.counts == {Verdict.UPDATED: 1, Verdict.QUARANTINED: 1}
    assert rig.there.texts() == {"place": "text main"}
    (lying,) = rig.parked.page("link").records
    assert lying.key == "north"
    for said in ("'main'", "'north'", "'place'", "map them to different records"):
        assert said in lying.failure.text
    assert lying.failure.who is WhoActs.ADMIN


def test_a_second_one_that_comes_later_does_not_overwrite_the_first(rig: Rig) -> None:
    # GIVEN the first is paired
    one_place(rig, "main")
    run_of(rig, RunKind.FULL)
    # WHEN another one is mapped to the same record, and is touched
    one_place(rig, "north")
    rig.touch("north")
    rig.settle_down()
    # THEN
    assert rig.there.texts() == {"place": "text main"}
    (failed,) = rig.jobs()
    assert failed.failure is not None
    assert "'north'" in failed.failure.text


def test_a_record_takes_the_place_of_one_that_is_gone(rig: Rig) -> None:
    # GIVEN the first was deleted here
    one_place(rig, "main")
    run_of(rig, RunKind.FULL)
    del rig.here.things["main"]
    # WHEN
    one_place(rig, "north")
    rig.touch("north")
    rig.settle_down()
    # THEN
    assert rig.there.texts() == {"place": "text north"}
    assert rig.jobs() == []


def test_a_side_may_say_that_its_records_are_shared(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN several accounts of one buyer are one record there
    from tests.support import shelf  # noqa: PLC0415 - its class is told something for this test

    monkeypatch.setattr(shelf.ShelfThings, "shares", True, raising=False)
    one_place(rig, "main", "north")
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN
    assert run.state is RunState.DONE
    assert HERE in rig.there.things["place"].external_ids
    assert isinstance(rig.there.things["place"], Canonical)
