"""Brakes hold a run that would do too much; what is gone is deleted only when that is certain."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.errors import Skip
from mostik.sync.brakes import Brakes, Plan, held_for
from mostik.sync.link import Side
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import Rig
from tests.unit.sync.stories import finished, linked, relinked, run_of, stocked

DELETES = frozenset({Side.RIGHT})


@pytest.fixture
def rig() -> Rig:
    """Two shelves that agree on 40 things; what is gone here is deleted there."""
    rig = stocked(Rig(), 40)
    relinked(rig, deletes=DELETES, brakes=Brakes(deletes_percent=10, deletes_from=5))
    run_of(rig, RunKind.FULL)
    return rig


def take_away(rig: Rig, number: int) -> None:
    for key in sorted(rig.here.things)[:number]:
        del rig.here.things[key]


def test_what_a_complete_scan_no_longer_lists_is_deleted_there(rig: Rig) -> None:
    # GIVEN two things that were taken away
    take_away(rig, 2)
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN they are gone on the other side too, and the figures add up
    assert run.state is RunState.DONE
    assert run.totals is not None
    assert (run.totals.listed, run.totals.gone) == (38, 2)
    assert run.totals.counts == {Verdict.UNCHANGED: 38, Verdict.DELETED: 2}
    assert len(rig.there.things) == 38
    # AND the next run finds nothing to do
    assert run_of(rig, RunKind.FULL).totals is not None
    assert len(rig.there.deleted) == 2


@pytest.mark.parametrize("kind", [RunKind.INCREMENTAL, RunKind.MANUAL, RunKind.BACKFILL])
def test_a_run_that_does_not_list_everything_deletes_nothing(rig: Rig, kind: RunKind) -> None:
    take_away(rig, 2)
    run_of(rig, kind)
    assert rig.there.deleted == []


def test_a_link_that_does_not_delete_leaves_what_is_gone(rig: Rig) -> None:
    relinked(rig, deletes=frozenset())
    take_away(rig, 2)
    run = run_of(rig, RunKind.FULL)
    assert run.totals is not None
    assert run.totals.gone == 0
    assert rig.there.deleted == []


def test_a_scan_whose_page_failed_deletes_nothing(rig: Rig) -> None:
    # GIVEN a list that breaks off on its second page
    rig.here.page_size = 20
    take_away(rig, 2)
    pages: list[str] = []

    def break_off(operation: str) -> None:
        if operation == "page":
            pages.append(operation)
            if len(pages) > 1:
                raise Skip("Away.")

    rig.here.before = break_off
    # WHEN a full run meets it
    run = rig.desk.start("link", RunKind.FULL)
    rig.work()
    rig.desk.cancel(run.id)
    rig.settle_down()
    # THEN
    assert rig.there.deleted == []


def test_too_many_deletes_hold_the_run_until_a_person_approves(rig: Rig) -> None:
    # GIVEN more things gone than the brake lets through
    take_away(rig, 8)
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN the run is held, says why, and has written nothing
    assert run.state is RunState.HELD
    assert run.held_for == ("It would delete 8 of 40 records.",)
    assert rig.there.deleted == []
    # WHEN a person approves it
    rig.desk.approve(run.id, by="anna")
    # THEN it goes on
    ended = finished(rig, run)
    assert (ended.state, ended.approved_by) == (RunState.DONE, "anna")
    assert len(rig.there.deleted) == 8


def test_a_held_run_can_be_cancelled_and_then_writes_nothing(rig: Rig) -> None:
    take_away(rig, 8)
    run = run_of(rig, RunKind.FULL)
    rig.desk.cancel(run.id)
    rig.settle_down()
    assert rig.there.deleted == []
    with pytest.raises(Skip, match="cancelled"):
        rig.desk.approve(run.id)


def test_what_was_changed_there_is_not_deleted_but_a_conflict(rig: Rig) -> None:
    # GIVEN a thing that is gone here, and was changed there
    other = linked(rig, "0000").key
    take_away(rig, 1)
    rig.there.put(other, "changed there")
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN
    assert run.state is RunState.PARTIAL
    assert run.totals is not None
    assert run.totals.count(Verdict.CONFLICT) == 1
    assert rig.there.deleted == []


def test_too_many_creates_hold_the_run(rig: Rig) -> None:
    relinked(rig, brakes=Brakes(creates_percent=20, creates_from=3))
    for number in range(30):
        rig.here.put(f"new-{number}", "new")
    run = run_of(rig, RunKind.FULL)
    assert run.state is RunState.HELD
    assert run.held_for == ("It would create up to 30 of 70 records.",)


def test_a_dry_run_says_what_would_hold_it_and_ends(rig: Rig) -> None:
    take_away(rig, 8)
    run = run_of(rig, RunKind.DRY)
    assert run.state is RunState.DONE
    assert run.held_for == ("It would delete 8 of 40 records.",)
    assert rig.there.deleted == []
    assert run.totals is not None
    assert run.totals.count(Verdict.DELETED) == 8


AMOUNTS = st.decimals("0", "100000", places=2)


@given(AMOUNTS, AMOUNTS, st.integers(1, 99))
def test_a_price_is_strange_when_it_becomes_zero_or_jumps(
    before: Decimal, now: Decimal, percent: int
) -> None:
    strange = Brakes(price_percent=percent).is_strange(before, now)
    if before == now:
        assert not strange
    elif now == 0:
        assert strange
    elif before != 0:
        assert strange == (abs(now / before - 1) * 100 > percent)


def test_strange_prices_and_vanished_groups_hold_a_run() -> None:
    plan = Plan(listed=100, linked=None, creates=0, deletes=0, strange=11, vanished=["retail"])
    reasons = held_for(plan, Brakes())
    assert len(reasons) == 2
    assert "11 of 100 prices" in reasons[0]
    assert "retail has vanished" in reasons[1]


def test_brakes_are_read_back_and_the_usual_ones_take_no_room() -> None:
    assert Brakes().as_item() == {}
    brakes = Brakes(deletes_percent=3, prices_from=0)
    assert Brakes.from_item({**brakes.as_item(), "of a later release": 1}) == brakes
