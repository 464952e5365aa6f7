"""What gates do to jobs: how they are held, how they leave, how often they are claimed."""

from __future__ import annotations

import pytest

from mostik.errors import ONE_AT_A_TIME, Family, RateLimited, WhoActs
from mostik.http.limiter import Limit
from mostik.jobs.gates import Gate
from mostik.jobs.row import Failure, JobState
from tests.support.rig import THERE, TICK_SECONDS, Rig
from tests.unit.gates.crowd import Crowd


@pytest.fixture
def rig() -> Rig:
    return Rig()


def refusal(gate: str, seconds: float, pace: float | None = None) -> RateLimited:
    return RateLimited("Not now.", who=WhoActs.SYSTEM, retry_after=seconds, gate=gate, pace=pace)


def job(rig: Rig, key: str) -> str:
    rig.here.put(key, "new")
    return rig.touch(key).id


def failure(rig: Rig) -> Failure:
    return Failure(Family.RATE_LIMITED, "Not now.", WhoActs.SYSTEM, rig.clock())


def gate_of(rig: Rig, name: str) -> Gate:
    gate = rig.gates.get(name)
    assert gate is not None
    return gate


# ── how many claims a limit costs ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("limited", [("create",), ("find", "create")], ids=["1 call", "2 calls"])
@pytest.mark.parametrize(
    "limit",
    [Limit("portal", 2.0, 50), Limit("enterprise", 5.0, 250), Limit("api", 2.0, 1)],
    ids=lambda limit: limit.key,
)
def test_jobs_behind_a_slow_gate_are_claimed_twice_and_lose_no_time(
    limit: Limit, limited: tuple[str, ...]
) -> None:
    # GIVEN 600 jobs at once whose calls the far side limits
    crowd = Crowd(limit, limited)
    # WHEN they are done
    crowd.finish(600)
    # THEN each was claimed about twice: when it was held, and when it was its turn
    assert crowd.counting.claims / 600 <= 2.1
    # AND calls were made for nothing else, at the pace of the far side
    calls = crowd.calls.total()
    assert calls <= 600 * len(limited) * 1.05
    assert crowd.took <= 1.05 * (calls - limit.burst) / limit.per_second + TICK_SECONDS


# ── an endpoint's gate ─────────────────────────────────────────────────────────────────────────


def test_a_job_behind_an_endpoints_gate_is_released_when_its_time_is_over(rig: Rig) -> None:
    # GIVEN a job that met a parked endpoint
    name = f"{THERE}:things.create"
    held = job(rig, "1")
    rig.there.refusals["create"] = [refusal(name, 300, ONE_AT_A_TIME)]
    rig.work()
    assert (rig.job(held).state, rig.job(held).gate) == (JobState.HELD, name)
    # WHEN other jobs of the connection pass meanwhile
    rig.clock.advance(30)
    job(rig, "2")
    rig.work()
    # THEN they do not open that gate
    assert gate_of(rig, name).is_closed(rig.clock())
    rig.tick()
    assert rig.job(held).state is JobState.HELD
    # WHEN its time is over
    rig.clock.advance(300)
    rig.settle_down()
    # THEN the job has passed, and the gate stands open
    assert sorted(rig.there.created) == ["1", "2"]
    assert gate_of(rig, name).passed_at is not None


def test_one_job_tries_a_gate_that_is_tried_one_at_a_time_and_the_rest_follow(rig: Rig) -> None:
    # GIVEN jobs held while the other side is down
    keys = [str(number) for number in range(30)]
    for key in keys:
        job(rig, key)
    rig.there.refusals["find"] = [refusal(THERE, 30, ONE_AT_A_TIME)]
    rig.work(1)
    rig.work(30)
    assert len(rig.jobs(JobState.HELD)) == 30
    assert gate_of(rig, THERE).probes
    # WHEN the tick comes after its time
    rig.clock.advance(60)
    assert rig.tick().released == 1
    # AND that job fails
    rig.there.refusals["find"] = [refusal(THERE, 30, ONE_AT_A_TIME)]
    rig.work()
    assert len(rig.jobs(JobState.HELD)) == 30
    # AND the next one passes
    rig.clock.advance(60)
    assert rig.tick().released == 1
    rig.work()
    # THEN all others follow at once
    assert len(rig.jobs(JobState.HELD)) == 0
    rig.settle_down()
    assert sorted(rig.there.created) == sorted(keys)


def test_the_tick_spreads_what_a_pace_lets_through_over_its_minute(rig: Rig) -> None:
    # GIVEN many jobs held behind a gate of two calls a second
    for number in range(100):
        job(rig, str(number))
    rig.there.refusals["find"] = [refusal(THERE, 5, 2.0)]
    rig.work(1)
    for _ in range(10):
        rig.work(20)
    assert len(rig.jobs(JobState.HELD)) == 100
    # WHEN the gate has opened and the tick comes
    rig.clock.advance(10)
    assert rig.tick().released == 60
    # THEN one message comes into sight each second
    delays = sorted(held.visible_at - rig.clock() for held in rig.queue.held)
    assert delays == list(range(60))


def test_a_gate_that_was_closed_meanwhile_is_not_opened(rig: Rig) -> None:
    # GIVEN a worker that has read a gate
    rig.gates.close(THERE, until=rig.clock(), why=failure(rig))
    read = gate_of(rig, THERE)
    # WHEN another one closes it before the first says that it has passed
    rig.gates.close(THERE, until=rig.clock() + 600, why=failure(rig))
    rig.gates.open(read, rig.clock())
    # THEN it stays closed
    assert gate_of(rig, THERE).is_closed(rig.clock())
