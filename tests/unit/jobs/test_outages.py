"""What the jobs remember of a side that is down, when no process sees enough of it to break."""

from __future__ import annotations

import pytest

from mostik.errors import Family, RetryLater, WhoActs
from mostik.jobs.gates import (
    LONGEST_REST_SECONDS,
    OUTAGE_SECONDS,
    SHORTEST_REST_SECONDS,
    Gate,
    Gates,
)
from mostik.jobs.outcome import Transient, outcome_of
from mostik.jobs.row import Failure, JobState
from tests.support.memory import state_table
from tests.support.rig import HERE, THERE, Rig
from tests.unit.jobs.rows import NOW


def failure(at: float) -> Failure:
    return Failure(Family.RETRY_LATER, "It is down.", WhoActs.SYSTEM, at)


def gate_after(gates: Gates) -> Gate:
    gate = gates.get("shop")
    assert gate is not None
    return gate


@pytest.mark.parametrize(
    ("error", "down"),
    [
        (RetryLater("x", who=WhoActs.SYSTEM, gate="shop"), "shop"),
        (RetryLater("x", who=WhoActs.SYSTEM, gate="shop", status=502), "shop"),
        (RetryLater("x", who=WhoActs.SYSTEM, gate="shop", status=503, retry_after=9.0), None),
        (RetryLater("x", who=WhoActs.SYSTEM, gate="shop", status=409), None),
        (RetryLater("x", who=WhoActs.SYSTEM), None),
    ],
    ids=["no answer", "502", "503 with a time", "409", "no call"],
)
def test_a_side_that_fails_without_a_time_may_be_down(error: RetryLater, down: str | None) -> None:
    outcome = outcome_of(error, gate="other", now=NOW)
    assert isinstance(outcome, Transient)
    assert outcome.down == down


def test_failures_close_a_gate_only_when_nothing_passed_for_ten_minutes() -> None:
    # GIVEN a side that fails for the first time
    gates = Gates(state_table())
    # THEN it is remembered, and closes nothing
    assert gates.note_outage("shop", failure(NOW)) is None
    assert not gate_after(gates).is_closed(NOW)
    assert gates.note_outage("shop", failure(NOW + OUTAGE_SECONDS - 1)) is None
    # WHEN it still fails after ten minutes
    until = gates.note_outage("shop", failure(NOW + OUTAGE_SECONDS))
    # THEN it rests, and one job at a time tries it
    assert until == NOW + 1.5 * OUTAGE_SECONDS
    assert gate_after(gates).is_closed(until - 1)
    assert gate_after(gates).probes
    assert gate_after(gates).is_down


def test_a_success_in_between_begins_the_ten_minutes_anew() -> None:
    # GIVEN a failure, and a job that passes after it
    gates = Gates(state_table())
    gates.note_outage("shop", failure(NOW))
    gates.open(gate_after(gates), NOW + 60)
    # WHEN it fails after ten minutes again: one bad record among good ones
    # THEN nothing is closed
    assert gates.note_outage("shop", failure(NOW + OUTAGE_SECONDS)) is None
    assert not gate_after(gates).is_down


@pytest.mark.parametrize(
    ("lasted", "rest"),
    [
        (OUTAGE_SECONDS, OUTAGE_SECONDS / 2),
        (3_600.0, 1_800.0),
        (86_400.0, LONGEST_REST_SECONDS),
    ],
)
def test_the_longer_it_lasts_the_rarer_it_is_tried(lasted: float, rest: float) -> None:
    gates = Gates(state_table())
    gates.note_outage("shop", failure(NOW))
    until = gates.note_outage("shop", failure(NOW + lasted))
    assert until == NOW + lasted + rest
    assert SHORTEST_REST_SECONDS <= rest <= LONGEST_REST_SECONDS < 3_600


def test_jobs_of_a_side_that_is_down_are_held_and_done_soon_after() -> None:
    # GIVEN a side that is down for a day, and one event an hour
    rig = Rig()
    down = RetryLater("Nobody answers.", who=WhoActs.SYSTEM, gate=THERE)
    rig.there.refusals["find"] = [down] * 10_000
    for hour in range(24):
        rig.here.put(str(hour), f"text {hour}")
        rig.touch(str(hour))
        for _ in range(60):
            rig.minute()
            rig.restart()
    # THEN few calls were made for nothing, and nothing has failed
    assert rig.there.calls["find"] <= 2 * 24
    assert not rig.jobs(JobState.FAILED)
    assert rig.jobs(JobState.HELD)
    # WHEN it is back
    rig.there.refusals.clear()
    # THEN everything is done within the hour
    assert rig.settle_down(60) <= 60
    assert len(rig.there.created) == 24
    assert rig.gates.get(HERE) is None
