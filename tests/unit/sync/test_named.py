"""Runs over records that a person has named."""

from __future__ import annotations

import pytest

from mostik.errors import GiveUp, RetryLater, Skip, WhoActs
from mostik.sync.link import Side
from mostik.sync.run import Run, RunKind, Runs, RunState
from mostik.sync.rundesk import MOST_IDS
from mostik.sync.verdict import Verdict
from tests.support.rig import Rig
from tests.unit.sync.stories import finished, linked, run_of, stocked


@pytest.fixture
def rig() -> Rig:
    return stocked(Rig(), 120)


def named(rig: Rig, *ids: str, kind: RunKind = RunKind.MANUAL, side: Side = Side.LEFT) -> Run:
    """Makes a run over some records and waits for its end."""
    return finished(rig, rig.desk.start("link", kind, side=side, by="vera", ids=ids))


@pytest.mark.parametrize("bulk", [False, True])
def test_only_the_named_records_are_carried_over(rig: Rig, bulk: bool) -> None:
    rig.here.bulk = rig.there.bulk = bulk
    # WHEN two are named, one of them twice, and one that there is not
    made = named(rig, "0003", "0004", "0003", "nobody")
    # THEN these two went over, without a list, and the third is accounted for
    assert made.state is RunState.DONE
    assert made.totals is not None
    assert made.totals.listed == 3
    assert made.totals.counts == {Verdict.CREATED: 2, Verdict.SKIPPED: 1}
    assert rig.here.calls["page"] == 0
    assert sorted(rig.there.created) == ["0003", "0004"]


def test_a_side_that_has_drifted_is_put_right_though_nothing_changed_here(rig: Rig) -> None:
    # GIVEN a thing that was changed there, unnoticed
    run_of(rig, RunKind.FULL)
    there = linked(rig, "0003").key
    rig.there.put(there, "drifted")
    assert run_of(rig, RunKind.FULL).state is RunState.DONE
    assert rig.there.things[there].text == "drifted"
    # WHEN a person names it
    made = named(rig, "0003")
    # THEN both sides were looked at, and agree
    assert made.totals is not None
    assert made.totals.counts == {Verdict.UPDATED: 1}
    assert rig.there.things[there].text == "text 3"


def test_more_records_than_fit_a_page_are_read_page_by_page_and_resumed(rig: Rig) -> None:
    # GIVEN so little time that each page needs an invocation of its own
    rig.remaining = 30.0
    made = named(rig, *sorted(rig.here.things))
    assert made.pages == 3
    assert made.totals is not None
    assert made.totals.counts == {Verdict.CREATED: 120}
    assert len(rig.there.created) == 120


def test_a_record_that_runs_leave_alone_is_tried_when_it_is_named(rig: Rig) -> None:
    # GIVEN a thing that was refused by so many runs that they leave it alone
    rig.here.put("0003", "refused")
    rig.there.errors["refused"] = GiveUp("No.", who=WhoActs.EXTERNAL_ADMIN)
    for _ in range(5):
        run_of(rig, RunKind.FULL)
    rig.there.errors.clear()
    assert run_of(rig, RunKind.FULL).state is RunState.PARTIAL
    # WHEN
    made = named(rig, "0003")
    # THEN
    assert made.totals is not None
    assert made.totals.counts == {Verdict.CREATED: 1}


def test_one_that_cannot_be_read_lies_in_quarantine_and_a_side_that_is_away_is_asked_again(
    rig: Rig,
) -> None:
    # GIVEN a side that is away once, and then cannot show one of two things
    rig.here.refusals["read"] = [
        RetryLater("It is away.", who=WhoActs.SYSTEM),
        RetryLater("It is away.", who=WhoActs.SYSTEM),
        GiveUp("This thing is broken.", who=WhoActs.EXTERNAL_ADMIN),
    ]
    made = named(rig, "0003", "0004")
    assert made.totals is not None
    assert made.totals.counts == {Verdict.QUARANTINED: 1, Verdict.CREATED: 1}
    assert [one.key for one in rig.parked.page("link").records] == ["0003"]


def test_a_dry_run_of_named_records_deletes_nothing_and_moves_no_watermark(rig: Rig) -> None:
    run_of(rig, RunKind.FULL)
    before = Runs(rig.table).mark("link", Side.LEFT)
    rig.here.put("0003", "changed")
    made = named(rig, "0003", kind=RunKind.DRY)
    assert made.totals is not None
    assert (made.totals.listed, made.totals.gone) == (1, 0)
    assert made.totals.counts == {Verdict.UPDATED: 1}
    assert Runs(rig.table).mark("link", Side.LEFT) == before


def test_which_runs_take_names_and_how_many(rig: Rig) -> None:
    with pytest.raises(Skip, match="full run"):
        rig.desk.start("link", RunKind.FULL, ids=("1",))
    with pytest.raises(Skip, match=str(MOST_IDS)):
        rig.desk.start("link", RunKind.MANUAL, ids=[str(one) for one in range(MOST_IDS + 1)])
    assert Runs(rig.table).open() == []
