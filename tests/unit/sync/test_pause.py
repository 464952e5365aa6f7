"""Pausing a run, and a link: nothing is lost, and each waits visibly."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from mostik.connections.gateboard import GateBoard
from mostik.errors import Skip
from mostik.integration import Integration
from mostik.jobs.row import JobState
from mostik.ports import Busy
from mostik.sync.link import End, Links, Side
from mostik.sync.run import Run, RunKind, Runs, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Killed, Shelf, integration
from tests.unit.sync.stories import finished, linked, lose_messages, run_of, stocked
from tests.unit.sync.test_kills import Deaths


@pytest.fixture
def rig() -> Rig:
    return stocked(Rig(), 120)


def of(rig: Rig, run: Run) -> Run:
    """A run as it stands."""
    found = Runs(rig.table).get(run.id)
    assert found is not None
    return found


def minutes(rig: Rig, number: int) -> None:
    """Lets minutes pass."""
    for _ in range(number):
        rig.minute()


@pytest.mark.parametrize("batches", [0, 1, 2, 3])
def test_a_paused_run_begins_nothing_more_and_ends_as_if_it_had_not_been(
    rig: Rig, batches: int
) -> None:
    # GIVEN a run that is paused after some of its work
    rig.remaining = 30.0
    run = rig.desk.start("link", RunKind.FULL)
    for _ in range(batches):
        rig.work(1)
    rig.desk.pause(run.id, by="vera")
    made = len(rig.there.created)
    # WHEN two hours pass
    minutes(rig, 120)
    # THEN it stands where it stood, and it is seen why
    assert of(rig, run).state is RunState.PAUSED
    assert of(rig, run).paused_by == "vera"
    assert len(rig.there.created) == made
    held = rig.jobs(JobState.HELD)
    assert {job.failure.text for job in held if job.failure} <= {
        f"vera has paused the run {run.id}."
    }
    # AND when it is resumed, it goes on to its end, and each record went over once
    rig.desk.resume(run.id)
    done = finished(rig, run)
    assert done.state is RunState.DONE
    assert done.totals is not None
    assert done.totals.counts == {Verdict.CREATED: 120}
    assert len(rig.there.created) == 120
    assert rig.jobs() == []


def test_a_paused_run_that_lost_its_messages_goes_on_as_well(rig: Rig) -> None:
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    rig.desk.pause(run.id, by="vera")
    lose_messages(rig)
    rig.desk.resume(run.id)
    assert finished(rig, run).state is RunState.DONE
    assert len(rig.there.created) == 120


def test_a_worker_that_learned_of_it_too_late_does_not_keep_a_resumed_run_back(rig: Rig) -> None:
    # GIVEN a run that is resumed, and a worker that shuts its gate once more
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    paused = rig.desk.pause(run.id, by="vera")
    rig.work()
    rig.desk.resume(run.id)
    gate = rig.gates.get(f"run/{run.id}")
    assert gate is not None
    rig.gates.close(gate.name, until=rig.clock() + 3_600, why=gate.why)
    # THEN the tick opens it
    assert paused.state is RunState.PAUSED
    assert finished(rig, run, minutes=10).state is RunState.DONE


def test_a_paused_run_is_cancelled_and_leaves_nothing_behind(rig: Rig) -> None:
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    rig.desk.pause(run.id, by="vera")
    minutes(rig, 3)
    rig.desk.cancel(run.id)
    rig.settle_down()
    assert of(rig, run).state is RunState.CANCELLED
    assert rig.there.created == []
    assert run_of(rig, RunKind.FULL).state is RunState.DONE


def test_only_what_runs_is_paused_and_only_what_is_paused_resumed(rig: Rig) -> None:
    run = rig.desk.start("link", RunKind.FULL)
    with pytest.raises(Skip, match="nothing to resume"):
        rig.desk.resume(run.id)
    rig.desk.pause(run.id, by="vera")
    with pytest.raises(Skip, match="cannot be paused"):
        rig.desk.pause(run.id, by="vera")
    with pytest.raises(Skip, match="not paused"):
        rig.desk.resume_link("link")
    # AND of one side only one run is open, a paused one counts
    with pytest.raises(Skip, match=run.id):
        rig.desk.start("link", RunKind.INCREMENTAL)


def test_a_release_that_knows_no_pauses_takes_such_a_run_for_a_held_one(rig: Rig) -> None:
    run = rig.desk.start("link", RunKind.FULL)
    rig.desk.pause(run.id, by="vera")
    [row] = [one for one in rig.table.rows(f"run#{run.id}") if one["sk"] == "run"]
    assert row["state"] == RunState.HELD.value


# ── a link ─────────────────────────────────────────────────────────────────────────────────────


def test_over_a_paused_link_nothing_is_written_and_all_of_it_follows(rig: Rig) -> None:
    # GIVEN two sides that agree, and a link that is paused
    run_of(rig, RunKind.FULL)
    rig.desk.pause_link("link", by="vera")
    rig.there.updates = 0
    # WHEN things change on both sides, and hours pass
    there = linked(rig, "0002").key
    rig.here.put("0001", "changed")
    rig.here.put("new", "fresh")
    for key in ("0001", "new"):
        rig.touch(key)
    minutes(rig, 180)
    # THEN nothing was written, each record waits, and it is said for what
    assert rig.there.updates == 0
    assert "fresh" not in rig.there.texts().values()
    waiting = {one.key: one for one in rig.parked.page("link").records}
    assert set(waiting) == {"0001", "new"}
    assert {one.verdict for one in waiting.values()} == {Verdict.PENDING}
    assert waiting["new"].failure.text == "vera has paused the link link."
    [line] = GateBoard(rig.table, rig.book, rig.clock).lines()
    assert (line.name, line.what, line.until) == ("link/link", "paused", None)
    # AND once it is resumed, they go over within minutes, by themselves
    rig.desk.resume_link("link")
    minutes(rig, 3)
    assert linked(rig, "0001").text == "changed"
    assert linked(rig, "new").text == "fresh"
    assert rig.there.texts()[there] == "text 2"
    assert rig.parked.page("link").records == []
    assert rig.jobs() == []


def test_a_paused_link_takes_no_run_but_a_dry_one(rig: Rig) -> None:
    rig.desk.pause_link("link", by="vera")
    with pytest.raises(Skip, match="vera has paused the link"):
        rig.desk.start("link", RunKind.FULL)
    dry = run_of(rig, RunKind.DRY)
    assert dry.totals is not None
    assert dry.totals.counts == {Verdict.CREATED: 120}
    assert rig.there.created == []


def test_a_run_under_way_waits_with_its_link(rig: Rig) -> None:
    # GIVEN a run whose chunks lie in the queue when its link is paused
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    rig.desk.pause_link("link", by="vera")
    minutes(rig, 90)
    assert of(rig, run).is_open
    assert rig.there.created == []
    # WHEN it is resumed
    rig.desk.resume_link("link")
    # THEN the run ends as it should
    assert finished(rig, run).state is RunState.DONE
    assert len(rig.there.created) == 120


class Three(Rig):
    """A stack with a third shelf, and a second link that leads to it."""

    third: Shelf

    def __post_init__(self) -> None:
        super().__post_init__()
        self.third = Shelf()
        self.connect("third")
        end = End("third", RESOURCE)
        links = Links(self.table, self.clock)
        [link] = links.all()
        links.save(replace(link, id="second", right=end, creates=frozenset({Side.RIGHT})))

    def offers(self) -> Integration[Any, Any]:
        """See ``Rig.offers``."""
        shelves = {HERE: self.here, THERE: self.there, "third": self.third}
        return integration(shelves.__getitem__)


def test_a_paused_link_keeps_the_others_of_its_resource_from_nothing() -> None:
    # GIVEN two links from one shelf, one of them paused
    rig = Three()
    third = rig.third
    rig.desk.pause_link("link", by="vera")
    # WHEN a thing is touched twice
    for text in ("a", "b"):
        rig.here.put("1", text)
        rig.touch("1")
        minutes(rig, 2)
    # THEN it is where the other link leads
    assert list(third.texts().values()) == ["b"]
    assert rig.there.texts() == {}
    # AND after the resumption on both
    rig.desk.resume_link("link")
    minutes(rig, 3)
    assert list(rig.there.texts().values()) == ["b"]
    assert len(third.created) == 1


# ── deaths ─────────────────────────────────────────────────────────────────────────────────────


def a_minute(rig: Rig, deaths: Deaths) -> None:
    """A tick and what it sends; either may be somebody's last."""
    deaths.inside = True
    try:
        rig.tick()
    except Killed:
        deaths.deaths += 1
    deaths.inside = False
    for _ in range(10):
        if not rig.queue.depth.visible:
            break
        deaths.work(rig)
    rig.clock.advance(60)


def test_whoever_dies_while_a_run_is_paused_and_resumed_loses_and_doubles_nothing() -> None:
    # GIVEN the calls of workers and ticks around a pause, each of them somebody's last in turn
    died = 0
    for call in range(1, 60):
        rig = stocked(Rig(), 20)
        deaths = Deaths(rig, [call])
        run = rig.desk.start("link", RunKind.FULL)
        deaths.work(rig)
        with suppress(Skip):  # a worker that died may have left it where it was
            rig.desk.pause(run.id, by="vera")
        for _ in range(5):
            a_minute(rig, deaths)
        assert rig.there.created == []
        rig.desk.resume(run.id)
        for _ in range(30):
            if not of(rig, run).is_open:
                break
            a_minute(rig, deaths)
        # THEN the run ends as if nothing had been
        done = of(rig, run)
        assert (done.state, len(rig.there.created)) == (RunState.DONE, 20), call
        died += deaths.deaths
    assert died > 30


def test_whoever_dies_around_a_paused_link_loses_no_event() -> None:
    died = 0
    for call in range(1, 60):
        rig = Rig()
        deaths = Deaths(rig, [call])
        rig.desk.pause_link("link", by="vera")
        rig.here.put("1", "a")
        rig.touch("1")
        for _ in range(8):
            a_minute(rig, deaths)
        assert rig.there.created == []
        rig.desk.resume_link("link")
        for _ in range(40):
            if rig.there.created:
                break
            a_minute(rig, deaths)
        assert rig.there.created == ["1"], call
        died += deaths.deaths
    assert died > 30


@pytest.mark.parametrize("call", ["put", "get"])
def test_a_desk_that_dies_between_its_two_writes_is_asked_again(rig: Rig, call: str) -> None:
    # GIVEN a pause of which only the run's row was written
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    rig.table.fail_next(call, after=0 if call == "put" else 1)
    with pytest.raises(Busy):
        rig.desk.pause(run.id, by="vera")
    rig.table.recover()
    minutes(rig, 5)
    # THEN it is paused all the same, and goes on when it is resumed
    assert of(rig, run).state is RunState.PAUSED
    assert rig.there.created == []
    rig.desk.resume(run.id)
    assert finished(rig, run).state is RunState.DONE
