"""Many failed jobs are tried again: page by page, resumable, stoppable, each once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import Busy, Family, Skip, WhoActs
from mostik.jobs.again import LANDED_SECONDS
from mostik.jobs.failed import FailedFilter, FailedJobs
from mostik.jobs.life import CRASHES_BEFORE_FAILED
from mostik.jobs.message import Touch
from mostik.jobs.replay import REPLAYED_A_TICK, ReplayRun, ReplayState
from mostik.jobs.row import Failure, JobState
from mostik.sync.link import End, Links
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Killed
from tests.unit.jobs.rows import row

GONE = Failure(Family.GIVE_UP, "The order is gone.", WhoActs.ADMIN, 0.0)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def fail(rig: Rig, count: int, failure: Failure = GONE, *, prefix: str = "") -> None:
    """So many jobs have failed, one a second until now."""
    for number in range(count):
        key = f"{prefix}{number:05}"
        rig.here.put(key, "new")
        at = rig.clock() - count + number
        work = Touch(HERE, RESOURCE, key, "event", at)
        failed = row(JobState.FAILED, work, failure=replace(failure, at=at), attempts=9)
        assert rig.rows.write(failed, None).done


def start(rig: Rig, **wanted: Any) -> str:
    chosen = FailedFilter(**wanted)
    matching = FailedJobs(rig.rows).count(chosen).jobs
    return rig.replays.start(chosen, matching=matching, by="a person").id


def figures(run: ReplayRun) -> tuple[ReplayState, int, int, int]:
    return run.state, run.matching, run.replayed, run.left


# ── what it does ────────────────────────────────────────────────────────────────────────────────


def test_the_tick_puts_all_that_fits_back_to_work_and_nothing_else(rig: Rig) -> None:
    # GIVEN failed jobs of two kinds
    fail(rig, 250)
    fail(rig, 30, replace(GONE, text="Another reason."), prefix="other-")
    # WHEN a person replays one kind, and the minute comes
    run = start(rig, reason="the order is gone")
    assert figures(rig.replays.get(run)) == (ReplayState.RUNNING, 250, 0, 0)
    assert rig.tick().replayed == 250
    # THEN it has ended, and the others are failed as before
    assert figures(rig.replays.get(run)) == (ReplayState.DONE, 250, 250, 0)
    assert len(rig.queue) == 250
    assert {job.id.rpartition("/")[2][:6] for job in rig.jobs(JobState.FAILED)} == {"other-"}
    # AND the work is done, each once
    rig.settle_down()
    assert len(rig.there.created) == 250
    # AND a later tick does nothing more
    assert rig.tick().replayed == 0


def test_all_since_a_time_are_replayed_the_oldest_first(rig: Rig) -> None:
    # GIVEN
    fail(rig, 10)
    # WHEN
    start(rig, since=rig.clock() - 4)
    rig.tick()
    # THEN
    assert [message.id for message in rig.queue.messages] == [
        f"here/things/{number:05}" for number in (6, 7, 8, 9)
    ]


def test_a_replay_runs_under_the_mapping_of_now(rig: Rig) -> None:
    # GIVEN jobs that failed while the link went nowhere
    links = Links(rig.table, rig.clock)
    (good,) = links.all()
    links.save(replace(good, right=End(THERE, "nowhere")))
    rig.here.put("1", "old")
    rig.touch("1")
    rig.work()
    (failed,) = rig.jobs(JobState.FAILED)
    assert failed.failure is not None
    assert "no resource 'nowhere'" in failed.failure.text
    # WHEN the link is mended, the record has changed too, and the jobs are replayed
    links.save(good)
    rig.restart()
    rig.here.put("1", "new")
    rig.clock.advance(60)
    start(rig, connection=HERE)
    rig.minute()
    # THEN what stands now was carried over
    assert list(rig.there.texts().values()) == ["new"]


def test_what_fails_again_is_not_replayed_again(rig: Rig) -> None:
    # GIVEN jobs that fail whatever happens
    fail(rig, 5)
    rig.here.refusals["read"] = [ArithmeticError("broken") for _ in range(5)]
    # WHEN they are replayed and ticks come
    run = start(rig)
    for _ in range(5):
        rig.minute()
    # THEN each was tried once more and is failed again
    assert figures(rig.replays.get(run)) == (ReplayState.DONE, 5, 5, 0)
    assert len(rig.jobs(JobState.FAILED)) == 5
    assert rig.here.calls["read"] == 5


def test_what_a_person_has_replayed_one_by_one_is_left(rig: Rig) -> None:
    # GIVEN a replay whose page is in hand
    fail(rig, 3)
    run = start(rig)

    def quicker(_operation: str) -> None:
        rig.queue.before = None
        rig.replay("here/things/00001")

    rig.queue.before = quicker
    # WHEN the tick comes to a job that was replayed meanwhile
    assert rig.tick().replayed == 2
    # THEN it has one message, and the figures say so
    assert figures(rig.replays.get(run)) == (ReplayState.DONE, 3, 2, 1)
    assert len(rig.queue) == 3


def test_what_this_release_cannot_read_stays_failed(rig: Rig) -> None:
    # GIVEN a message of a later release among the failed
    fail(rig, 2)
    rig.queue.dead.bury('{"v":99}')
    rig.tick()
    # WHEN all are replayed
    run = start(rig)
    rig.clock.advance(60)
    rig.tick()
    # THEN it is left where a person sees it
    assert figures(rig.replays.get(run)) == (ReplayState.DONE, 3, 2, 1)
    assert [job.payload for job in rig.jobs(JobState.FAILED)] == ['{"v":99}']


def test_there_must_be_something_to_replay(rig: Rig) -> None:
    with pytest.raises(Skip, match="nothing to replay"):
        start(rig, connection="none")
    with pytest.raises(Skip, match="no replay"):
        rig.replays.get("none")
    assert rig.replays.recent() == []


# ── many ────────────────────────────────────────────────────────────────────────────────────────


def test_a_big_replay_takes_some_minutes_and_leaves_room_for_others(rig: Rig) -> None:
    # GIVEN more failed jobs than one tick replays
    fail(rig, REPLAYED_A_TICK + 500)
    run = start(rig)
    # WHEN ticks come
    assert rig.tick().replayed == REPLAYED_A_TICK
    assert figures(rig.replays.get(run))[0] is ReplayState.RUNNING
    rig.clock.advance(60)
    # THEN a small one that was started later need not wait for the whole of it
    fail(rig, 5, replace(GONE, text="Another."), prefix="other-")
    small = start(rig, text="Another.")
    rig.tick()
    assert figures(rig.replays.get(small)) == (ReplayState.DONE, 5, 5, 0)
    assert figures(rig.replays.get(run))[0] is ReplayState.DONE
    assert [one.id for one in rig.replays.recent()] == [small, run]


def test_a_tick_with_little_time_leaves_the_replay_to_the_next_one(rig: Rig) -> None:
    fail(rig, 5)
    run = start(rig)
    assert rig.tick(remaining=8.0).replayed == 0
    rig.clock.advance(60)
    assert rig.tick().replayed == 5
    assert rig.replays.get(run).state is ReplayState.DONE


def test_a_person_stops_a_replay(rig: Rig) -> None:
    # GIVEN a replay that is half done
    fail(rig, REPLAYED_A_TICK + 500)
    run = start(rig)
    rig.tick()
    # WHEN a person stops it
    stopped = rig.replays.cancel(run)
    # THEN what is queued stays so, and the rest stays failed
    assert figures(stopped) == (ReplayState.CANCELLED, 1_500, REPLAYED_A_TICK, 0)
    rig.clock.advance(60)
    assert rig.tick().replayed == 0
    assert len(rig.jobs(JobState.FAILED)) == 500
    with pytest.raises(Skip, match="ended already"):
        rig.replays.cancel(run)


def test_a_replay_that_is_stopped_in_the_middle_of_a_page_keeps_its_figures(rig: Rig) -> None:
    # GIVEN a tick in the middle of a page
    fail(rig, 150)
    run = start(rig)

    def stops(_operation: str) -> None:
        if rig.queue.calls["send"] == 40:
            rig.queue.before = None
            rig.replays.cancel(run)

    rig.queue.before = stops
    # WHEN a person stops it
    rig.tick()
    # THEN that page is finished and counted, and no other is begun
    assert figures(rig.replays.get(run)) == (ReplayState.CANCELLED, 150, 100, 0)
    assert len(rig.jobs(JobState.FAILED)) == 50


# ── under faults ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("crash_at", range(1, 60, 3))
@pytest.mark.parametrize("operation", ["replace", "send"])
def test_a_replay_survives_a_crash_anywhere_and_its_figures_stay_true(
    rig: Rig, operation: str, crash_at: int
) -> None:
    # GIVEN a replay, and a tick that dies at some call
    fail(rig, 40)
    run = start(rig)
    port = rig.table if operation == "replace" else rig.queue
    begun = port.calls[operation]

    def dies(name: str) -> None:
        if name == operation and port.calls[name] - begun == crash_at:
            port.before = None
            raise Killed

    port.before = dies
    try:
        rig.tick()
    except Killed:
        rig.clock.advance(60)
    port.before = None
    # WHEN the next ones come
    for _ in range(3):
        rig.minute()
    # THEN every job was replayed, done once, and counted once
    assert figures(rig.replays.get(run)) == (ReplayState.DONE, 40, 40, 0)
    rig.settle_down()
    assert sorted(rig.there.created) == [f"{number:05}" for number in range(40)]


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("after", range(0, 90, 4))
def test_a_table_that_throttles_delays_a_replay_and_loses_nothing(
    rig: Rig, after: int, effect: bool
) -> None:
    # GIVEN a table that refuses some writes, or loses their answers
    fail(rig, 40)
    run = start(rig)
    rig.table.fail_next("replace", times=3, after=after, effect=effect)
    # WHEN ticks come
    for _ in range(6):
        try:
            rig.tick()
        except Busy:
            rig.queue.recover()
        rig.clock.advance(60)
    rig.table.recover()
    rig.settle_down()
    # THEN
    state, matching, back, left = figures(rig.replays.get(run))
    assert (state, matching, back + left) == (ReplayState.DONE, 40, 40)
    assert sorted(rig.there.created) == [f"{number:05}" for number in range(40)]


def test_a_busy_queue_stops_a_replay_for_this_minute(rig: Rig) -> None:
    # GIVEN a queue that refuses messages for a while
    fail(rig, 40)
    run = start(rig)
    rig.queue.fail_next("send", after=10, times=1)
    # WHEN the tick meets it
    assert rig.tick().replayed == 11
    # THEN it asks no more in this minute; the row of the refused message brings it in time
    assert len(rig.queue) == 10
    rig.clock.advance(61)
    report = rig.tick()
    assert (report.replayed, report.sent) == (29, 1)
    assert figures(rig.replays.get(run)) == (ReplayState.DONE, 40, 40, 0)
    assert len(rig.queue) == 40


# ── an effect that happened is not doubled ──────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["replay", "replays", "touch"])
@pytest.mark.parametrize("waits", [0.0, 2 * LANDED_SECONDS])
@pytest.mark.parametrize("lands", [True, False])
def test_what_the_last_worker_wrote_as_it_died_is_looked_up_first(
    rig: Rig, how: str, waits: float, lands: bool
) -> None:
    # GIVEN a job that failed because it stopped three workers, the last one in a create that the
    # other side had not finished
    rig.here.put("1", "new")
    job = rig.touch("1").id
    standing = row(
        JobState.RUNNING,
        Touch(HERE, RESOURCE, "1", "event", rig.clock()),
        crashes=CRASHES_BEFORE_FAILED - 1,
        lease_until=rig.clock() - 1,
        writes_unsafely=True,
    )
    assert rig.rows.write(standing, None).done
    rig.work()
    assert rig.job(job).state is JobState.FAILED
    rig.clock.advance(waits)
    # WHEN it is asked for again
    if how == "replay":
        rig.replay(job)
    elif how == "replays":
        start(rig)
        rig.tick()
    else:
        rig.touch("1")
    for _ in range(3):
        rig.work()
    # AND that create lands meanwhile
    if lands:
        rig.there.call("create", lambda: create(rig))
    rig.settle_down()
    # THEN there is one
    assert rig.there.created == ["1"]


def create(rig: Rig) -> None:
    rig.there.created.append("1")
    rig.there.put("made-1", "new")
    thing = rig.there.things["made-1"]
    rig.there.things["made-1"] = thing.model_copy(update={"external_ids": {HERE: "1"}})
