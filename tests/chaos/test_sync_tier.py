"""Tier "sync": two sides are edited while everything goes wrong, and every write is judged."""

from __future__ import annotations

import pytest

from local.chaos import work
from local.chaos.odds import QUIET, STORM
from local.chaos.sync_cards import FIELDS, SPELLINGS, STATUSES, Card, Sheet
from local.chaos.sync_judge import Judge
from local.chaos.sync_mutants import SYNC_MUTANTS
from local.chaos.sync_tier import Convergence, SyncPlan
from local.chaos.sync_world import SyncWorld
from mostik.jobs.tick import Tick
from mostik.mapping.side import Side
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker


class Bench:
    """A judge, a clock, and what was violated."""

    def __init__(self) -> None:
        self.time = 0.0
        self.found: list[str] = []
        self.judge = Judge(lambda: self.time, lambda text, _code: self.found.append(text))
        values = {"title": "t0", "note": "n0", "remark": "r0", "price": 1}
        self.judge.entered("c", Side.LEFT, values)
        self.judge.created("c", Side.RIGHT, values)
        self.judge.agreed("c")
        self.judge.paired("c")

    def edits(self, side: Side, name: str, value: object) -> None:
        """A person edits a field, a second after whatever was before."""
        self.time += 1.0
        self.judge.edited("c", side, name, value)

    def writes(self, side: Side, name: str, value: object, *, read_at: float = 99.0) -> None:
        """A job writes a field, and nothing else."""
        values = {**self.judge.twins["c"][side].values, name: value}
        self.judge.wrote("c", side, values, read_at)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_worker_under_test_is_the_worker_itself() -> None:
    # GIVEN a container as the harness composes it
    world = SyncWorld(1)
    # THEN worker, tick and execution are the core's own classes, no twins
    assert type(world.worker()) is Worker
    assert type(world.worker().execution) is Execution
    assert type(world.tick()) is Tick


def test_convergence_of_two_sides_in_a_storm() -> None:
    # WHEN a few hundred edits on both sides meet everything that can happen
    run = Convergence(SyncPlan(5, 300, STORM, records=60))
    tally = run.play()
    # THEN much has happened, people have contradicted each other, and no promise is broken
    assert tally.events == 300
    assert min(tally.kills, tally.throttles, tally.faults, tally.duplicates) > 0
    assert run.figures["writes"] > 0
    assert tally.violations == []


def test_convergence_on_a_quiet_day_writes_nothing_in_vain() -> None:
    # WHEN nothing goes wrong
    run = Convergence(SyncPlan(3, 150, QUIET, records=40))
    tally = run.play()
    # THEN
    assert (tally.kills, tally.throttles, tally.faults, tally.violations) == (0, 0, 0, [])


def test_one_seed_is_one_run() -> None:
    # GIVEN a plan
    plan = SyncPlan(11, 80, STORM, records=20)
    # WHEN it is played twice
    first, second = Convergence(plan), Convergence(plan)
    # THEN it is the same to the last call
    assert first.play() == second.play()
    assert first.sync.sim.now == second.sync.sim.now
    assert first.sync.table.calls == second.sync.table.calls


@pytest.mark.parametrize("name", ["nothing was ever agreed", SYNC_MUTANTS[-1].name])
def test_a_planted_bug_is_found(name: str) -> None:
    # All of them are planted by `make chaos`, which fails when one survives.
    assert work.caught_by(name) is not None


def test_a_mutant_is_taken_out_again() -> None:
    # GIVEN every mutant
    assert len(SYNC_MUTANTS) >= 3
    for mutant in SYNC_MUTANTS:
        before = [getattr(module, name) for module, name, _ in mutant.exchanges()]
        with mutant.planted():
            pass
        # THEN nothing of it stays
        assert [getattr(module, name) for module, name, _ in mutant.exchanges()] == before


def test_both_sides_are_compared_in_the_same_terms() -> None:
    # GIVEN one card as both sides spell it
    said = {"title": "t", "note": "n", "remark": "r"}
    card = Card(
        key="l", price=SPELLINGS[Side.LEFT].spelled("price", 1234), status="shipped", **said
    )
    sheet = Sheet(key="r", caption="t", note="n", remark="r", kopecks=1234, stage="SENT")
    # THEN it is the same
    left, right = SPELLINGS[Side.LEFT].said(card), SPELLINGS[Side.RIGHT].said(sheet)
    assert left == right
    assert set(left) == set(FIELDS)
    assert set(STATUSES.values()) == {"new", "packed", "shipped", "closed"}


def test_an_edit_that_goes_over_is_no_loss(bench: Bench) -> None:
    bench.edits(Side.LEFT, "title", "t1")
    bench.writes(Side.RIGHT, "title", "t1")
    assert bench.found == []


@pytest.mark.parametrize("side", list(Side))
def test_an_older_value_over_a_newer_one_is_a_loss(bench: Bench, side: Side) -> None:
    # GIVEN an edit that nobody has contradicted
    bench.edits(side, "title", "t1")
    # WHEN what was there before is written over it
    bench.writes(side, "title", "t0")
    # THEN
    assert len(bench.found) == 1
    assert "an older value" in bench.found[0]


def test_of_two_that_contradict_each_other_the_owner_stays(bench: Bench) -> None:
    # GIVEN two people who have edited a note, which belongs to the right side
    bench.edits(Side.LEFT, "note", "n1")
    bench.edits(Side.RIGHT, "note", "n2")
    # WHEN the right one's goes over
    bench.writes(Side.LEFT, "note", "n2")
    # THEN it was a contradiction and no loss
    assert (bench.found, bench.judge.seen["contradictions won by the right"]) == ([], 1)


def test_the_others_value_over_that_of_the_owner_is_a_loss(bench: Bench) -> None:
    bench.edits(Side.LEFT, "note", "n1")
    bench.edits(Side.RIGHT, "note", "n2")
    bench.writes(Side.RIGHT, "note", "n1")
    assert len(bench.found) == 1


def test_what_a_person_must_decide_may_not_be_written(bench: Bench) -> None:
    bench.edits(Side.LEFT, "remark", "r1")
    bench.edits(Side.RIGHT, "remark", "r2")
    bench.writes(Side.LEFT, "remark", "r2")
    assert len(bench.found) == 1


def test_what_only_one_side_may_change_is_taken_back_on_the_other_one(bench: Bench) -> None:
    # GIVEN a price that was edited where it may not be
    bench.edits(Side.RIGHT, "price", 2)
    # WHEN it is taken back, that is right
    bench.writes(Side.RIGHT, "price", 1)
    assert bench.found == []
    # AND carried over it is wrong
    bench.edits(Side.RIGHT, "price", 3)
    bench.writes(Side.LEFT, "price", 3)
    assert len(bench.found) == 1


def test_an_edit_between_our_read_and_our_write_is_counted_apart(bench: Bench) -> None:
    # GIVEN a job that has read the record, and an edit after that
    bench.edits(Side.RIGHT, "title", "t1")
    # WHEN it writes what it has
    bench.writes(Side.RIGHT, "title", "t0", read_at=0.5)
    # THEN that is told, and is no violation: no API here takes a condition
    assert (bench.found, bench.judge.seen["overrun"]) == ([], 1)


def test_what_nobody_has_said_is_found_out(bench: Bench) -> None:
    bench.writes(Side.RIGHT, "title", "made up")
    assert len(bench.found) == 1


def test_a_record_made_twice_and_one_deleted_without_a_reason_are_found_out(bench: Bench) -> None:
    bench.judge.created("c", Side.RIGHT, bench.judge.twins["c"][Side.LEFT].values)
    bench.judge.took_away("c", Side.RIGHT, 99.0)
    assert len(bench.found) == 2


def test_a_deleted_record_comes_back_only_with_an_edit(bench: Bench) -> None:
    # GIVEN a record that a person has deleted on the right
    values = dict(bench.judge.twins["c"][Side.LEFT].values)
    bench.time = 10_000.0
    bench.judge.deleted("c", Side.RIGHT)
    # WHEN it comes back as it was
    bench.judge.created("c", Side.RIGHT, values)
    # THEN that is a violation
    assert len(bench.found) == 1
    # AND with an edit it is none
    bench.judge.agreed("c")
    bench.judge.paired("c")
    bench.judge.deleted("c", Side.RIGHT)
    bench.edits(Side.LEFT, "title", "t1")
    bench.judge.created("c", Side.RIGHT, {**values, "title": "t1"})
    assert len(bench.found) == 1


def test_what_differs_in_the_end_is_listed(bench: Bench) -> None:
    # GIVEN an edit that nobody has carried over, and a record that is gone on one side
    bench.edits(Side.LEFT, "note", "n1")
    assert list(bench.judge.differences()) == [("c", "note")]
    bench.judge.deleted("c", Side.RIGHT)
    # THEN both are told, and whether the second may stay alone
    assert list(bench.judge.differences()) == [("c", "")]
    assert bench.judge.may_be_alone("c")
