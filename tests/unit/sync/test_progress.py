"""How far a run is, when it will be done, and that each step may be another invocation's."""

from __future__ import annotations

import pytest

from mostik.errors import Skip
from mostik.sync.brakes import Brakes
from mostik.sync.link import Side
from mostik.sync.progress import Progress, RunBoard
from mostik.sync.results import Results
from mostik.sync.run import Run, RunKind, Runs, RunState, Stage
from mostik.sync.verdict import Verdict
from tests.support.rig import Rig
from tests.unit.sync.stories import finished, relinked, run_of, stocked


@pytest.fixture
def rig() -> Rig:
    return stocked(Rig(), 200)


def board(rig: Rig) -> RunBoard:
    """The runs of a rig."""
    return RunBoard(Runs(rig.table), Results(rig.table), rig.clock)


def look(rig: Rig) -> tuple[Run, Progress]:
    """The one open run."""
    [found] = board(rig).open()
    return found


def test_while_it_lists_nobody_knows_how_much_there_is(rig: Rig) -> None:
    # GIVEN a run of which one page of two is listed
    rig.remaining = 30.0
    rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    run, progress = look(rig)
    assert run.stage is Stage.LIST
    assert progress.totals.listed == 100
    assert (progress.share, progress.ends_at) == (None, None)


def test_while_it_works_it_says_how_far_it_is_and_when_it_ends_at_this_pace(rig: Rig) -> None:
    # GIVEN a run whose four chunks are sent
    rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    run, progress = look(rig)
    assert run.stage is Stage.WORK
    assert (progress.planned, progress.done, progress.chunks) == (200, 0, 4)
    assert (progress.share, progress.ends_at) == (0.0, None)
    # WHEN one of them took a minute
    rig.clock.advance(60)
    rig.work(1)
    # THEN the other three will take three
    _, progress = look(rig)
    assert (progress.done, progress.chunks_done, progress.share) == (50, 1, 0.25)
    assert progress.ends_at == rig.clock() + 180


def test_time_in_which_it_was_paused_does_not_count_for_its_pace(rig: Rig) -> None:
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    rig.clock.advance(60)
    rig.work(1)
    rig.desk.pause(run.id, by="vera")
    assert look(rig)[1].ends_at is None
    rig.clock.advance(6_000)
    rig.desk.resume(run.id)
    assert look(rig)[1].ends_at == rig.clock() + 180


def test_a_held_run_waits_for_a_person_and_has_no_end(rig: Rig) -> None:
    relinked(rig, brakes=Brakes(creates_percent=1, creates_from=1))
    finished(rig, rig.desk.start("link", RunKind.FULL))
    run, progress = look(rig)
    assert run.state is RunState.HELD
    assert progress.ends_at is None


def test_a_closed_run_is_done_and_has_its_figures(rig: Rig) -> None:
    run_of(rig, RunKind.FULL)
    [(run, progress)] = board(rig).closed()
    assert run.state is RunState.DONE
    assert (progress.share, progress.ends_at) == (1.0, None)
    assert progress.totals.counts == {Verdict.CREATED: 200}


def test_a_run_is_handed_over_at_the_time_limit_after_every_page_and_loses_nothing(
    rig: Rig,
) -> None:
    # GIVEN pages of ten, and invocations that have time for one step each
    rig.here.page_size = 10
    rig.remaining = 30.0
    run = rig.desk.start("link", RunKind.FULL)
    seen: list[int] = []
    while (found := Runs(rig.table).get(run.id)) and found.stage is not Stage.WORK:
        seen.append(found.version)
        rig.restart()  # another container each time
        rig.work(1)
    # THEN each step was an invocation of its own, and all of it went over once
    assert set(seen) == set(range(1, found.version if found is not None else 0))
    assert len(set(seen)) > 20
    assert finished(rig, run).state is RunState.DONE
    assert len(rig.there.created) == 200


def test_of_each_side_of_a_link_one_run_is_open_and_both_may_be(rig: Rig) -> None:
    # GIVEN a run of each side
    for side in Side:
        rig.desk.start("link", RunKind.FULL, side=side)
    # WHEN other ones are started
    for side in Side:
        with pytest.raises(Skip, match="still open"):
            rig.desk.start("link", RunKind.INCREMENTAL, side=side)
    # THEN just these two are open
    assert sorted(run.side for run in Runs(rig.table).open()) == sorted(Side)
