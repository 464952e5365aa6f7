"""The harness itself: it runs the worker's own code, repeats itself, and finds planted bugs."""

from __future__ import annotations

import pytest

from local.chaos import outages, work
from local.chaos.mutants import DOUBTFUL, MUTANTS, Mutant
from local.chaos.odds import QUIET, STORM
from local.chaos.outages import Outage
from local.chaos.tally import Tally
from local.chaos.tier1 import Plan, Run, play
from local.chaos.world import World
from mostik.connections.open import OpenConnections
from mostik.jobs.tick import Tick
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker


def test_the_worker_under_test_is_the_worker_itself() -> None:
    # GIVEN a container as the harness composes it
    world = World(1)
    # THEN worker, tick and execution are the core's own classes, no twins
    assert type(world.worker()) is Worker
    assert type(world.worker().execution) is Execution
    assert type(world.tick()) is Tick
    assert isinstance(world.worker().connections, OpenConnections)


def test_a_storm_breaks_no_promise() -> None:
    # WHEN a few hundred events meet everything that can happen
    tally = play(Plan(seed=7, events=400))
    # THEN much has happened, at least one kill for a hundred events
    assert tally.events == 400
    assert tally.kills >= 4
    assert min(tally.throttles, tally.faults, tally.duplicates) > 0
    # AND nothing was lost or doubled
    assert tally.violations == []


def test_the_odds_that_rare_bugs_need_break_no_promise_by_themselves() -> None:
    # WHEN most creations land after their caller has gone, and no bug is planted
    tally = play(Plan(3, 1_500, DOUBTFUL))
    # THEN
    assert tally.violations == []


def test_a_quiet_day_has_no_faults() -> None:
    assert play(Plan(3, 100, QUIET)) == Tally(events=100)


def test_one_seed_is_one_run() -> None:
    # GIVEN a plan
    plan = Plan(seed=11, events=150)
    # WHEN it is played twice
    first, second = Run(plan), Run(plan)
    # THEN it is the same to the last call
    assert first.play() == second.play()
    assert first.world.sim.now == second.world.sim.now
    assert first.world.table.calls == second.world.table.calls


def test_there_are_at_least_twelve_mutants() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 12


@pytest.mark.parametrize(
    "name",
    [
        "a closed gate counts as an attempt",
        "no attempt row before the calls",
        "the log leaves failed calls out",
        "what was asked meanwhile is forgotten",
    ],
)
def test_a_planted_bug_is_found(name: str) -> None:
    # All of them are planted by `make chaos`, which fails when one survives.
    assert work.caught_by(name) is not None


def test_a_mutant_is_taken_out_again() -> None:
    # GIVEN every mutant
    for mutant in MUTANTS:
        before = [getattr(module, name) for module, name, _ in mutant.exchanges()]
        with mutant.planted():
            pass
        # THEN nothing of it stays
        assert [getattr(module, name) for module, name, _ in mutant.exchanges()] == before


def test_what_is_no_bug_is_not_found() -> None:
    # GIVEN a mutant that changes nothing
    harmless = Mutant("harmless", lambda: [])
    # WHEN it is planted
    with harmless.planted():
        tally = play(Plan(seed=2, events=150, to_the_first=True))
    # THEN the harness has nothing to say
    assert tally.violations == []


def test_a_violation_comes_with_the_shortest_trace_that_was_found() -> None:
    # GIVEN a planted bug
    mutant = next(
        one
        for one in MUTANTS
        if one.name == "a touch of a running record is deleted without a note"
    )
    with mutant.planted():
        plan = next(
            plan
            for seed in range(1, 20)
            if play(plan := Plan(seed, 200, STORM, to_the_first=True)).violations
        )
        # WHEN it is shrunk
        smallest, lines = work.shortest(plan)
    # THEN fewer events or fewer faults remain, and the story of the record is told
    assert smallest.events <= plan.events
    assert any("VIOLATION" in line for line in lines)
    assert any("row state=running" in line for line in lines)


def test_a_day_without_the_other_side_and_with_cold_environments_ends_well() -> None:
    # WHEN a side is down for a day and hears of one event in half an hour
    tally, figures = outages.play(Outage("a day", 24.0, 1_800.0, cold=True))
    # THEN nothing failed, few calls were made for nothing, and all was done within the hour
    assert tally.violations == []
    assert figures["drained_seconds"] <= outages.DRAINED_WITHIN
