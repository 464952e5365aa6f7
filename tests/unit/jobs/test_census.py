"""What waits is counted by the tick, within a budget, and told in metrics."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import Family, WhoActs
from mostik.jobs.again import LANDED_SECONDS
from mostik.jobs.census import Census, Counted
from mostik.jobs.figures import figures
from mostik.jobs.message import StateEvent, Touch
from mostik.jobs.row import Failure, JobState
from mostik.jobs.tick import TickReport
from mostik.registry import discovered
from mostik.worker.execute import LOOK_UP_MARGIN_SECONDS
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE
from tests.unit.jobs.rows import row

WHY = Failure(Family.RATE_LIMITED, "Too many calls.", WhoActs.SYSTEM, 1.0)
DAY = 86_400.0


@pytest.fixture
def rig() -> Rig:
    return Rig()


def stands(rig: Rig, key: str, state: JobState, **fields: Any) -> None:
    work = Touch(HERE, RESOURCE, key, "event", rig.clock())
    assert rig.rows.write(row(state, work, **fields), None).done


def counted(rig: Rig) -> Counted:
    return Census(rig.rows, rig.gates, rig.clock).take()


def closed(rig: Rig, gate: str, why: Failure = WHY) -> None:
    rig.gates.close(gate, until=rig.clock() + 3_600, why=why)


def test_nothing_waits(rig: Rig) -> None:
    assert counted(rig) == Counted()


def test_held_jobs_are_counted_by_connection_whatever_gate_they_are_behind(rig: Rig) -> None:
    # GIVEN jobs behind the gate of a connection, of one of its endpoints, and of another one
    for gate, count in ((THERE, 3), (f"{THERE}:crm.item.list", 2), (HERE, 1)):
        closed(rig, gate)
        for number in range(count):
            stands(rig, f"{gate}-{number}", JobState.HELD, gate=gate)
    # THEN
    assert counted(rig).held == {THERE: 5, HERE: 1}


def test_a_connection_whose_gate_was_closed_lately_counts_as_zero(rig: Rig) -> None:
    closed(rig, THERE)
    assert counted(rig).held == {THERE: 0}


def test_the_oldest_hold_is_as_old_as_what_it_was_asked_for(rig: Rig) -> None:
    # GIVEN jobs held behind a pause for months
    closed(rig, THERE)
    for number, age in enumerate((10.0, 61 * DAY, 5.0)):
        stands(rig, str(number), JobState.HELD, gate=THERE, asked_at=rig.clock() - age)
    # THEN
    assert counted(rig).oldest_hold_seconds == pytest.approx(61 * DAY)


def test_unknown_and_failed_jobs_are_counted(rig: Rig) -> None:
    # GIVEN two jobs that are to be looked up, one of which waits for an API that is down
    stands(rig, "1", JobState.UNKNOWN, due_at=rig.clock() + 90)
    stands(rig, "2", JobState.WAITING, due_at=rig.clock() + 300, lookups=1)
    stands(rig, "3", JobState.WAITING, due_at=rig.clock() + 300)
    stands(rig, "4", JobState.FAILED, failure=WHY)
    # THEN
    assert (counted(rig).unknown, counted(rig).failed) == (2, 1)


def test_a_gate_that_a_person_must_open_is_counted_until_it_is_open(rig: Rig) -> None:
    # GIVEN a limit and a wrong setting
    closed(rig, THERE)
    closed(rig, HERE, replace(WHY, family=Family.CONFIGURATION))
    assert counted(rig).gates_for_a_person == 1
    # WHEN a job has passed
    gate = rig.gates.get(HERE)
    assert gate is not None
    rig.gates.open(gate, rig.clock())
    # THEN
    assert counted(rig).gates_for_a_person == 0


def test_counting_stops_when_it_gets_dear_and_says_so(rig: Rig) -> None:
    # GIVEN more and bigger held jobs than the budget of a census reads
    closed(rig, THERE)
    for number in range(120):
        work = StateEvent(
            f"here:{number}", HERE, RESOURCE, "1", {"text": "x" * 100_000}, "event", rig.clock()
        )
        held = row(JobState.HELD, work, gate=THERE, asked_at=rig.clock() - 1_000 + number)
        assert rig.rows.write(held, None).done
    before = rig.table.read_units
    # WHEN it is counted
    found = counted(rig)
    # THEN it cost no more than the budget and a page, and the oldest one was seen all the same
    assert rig.table.read_units - before < 650
    assert 0 < found.held[THERE] < 120
    assert not found.whole
    assert found.oldest_hold_seconds == pytest.approx(1_000)


def test_every_integration_is_done_with_a_write_before_a_replay_looks_it_up() -> None:
    for integration in discovered().values():
        assert integration.longest_request_seconds + LOOK_UP_MARGIN_SECONDS < LANDED_SECONDS


# ── in metrics ──────────────────────────────────────────────────────────────────────────────────


def test_a_tick_tells_what_it_did_and_what_waits(rig: Rig) -> None:
    # GIVEN
    closed(rig, THERE)
    stands(rig, "1", JobState.HELD, gate=THERE, asked_at=rig.clock() - 50)
    stands(rig, "2", JobState.FAILED, failure=WHY)
    stands(rig, "3", JobState.UNKNOWN, due_at=rig.clock() + 5)
    stands(rig, "4", JobState.QUEUED, due_at=rig.clock() - 7)
    # WHEN
    own, held = (json.loads(line) for line in figures(rig.tick(), now=rig.clock()))
    # THEN
    assert {name: own[name] for name in names(own)} == {
        "OldestDueSeconds": 7.0,
        "Rescued": 1,
        "UnknownJobs": 1,
        "FailedJobsNow": 1,
        "GatesForAPerson": 0,
        "OldestHoldSeconds": 50.0,
    }
    assert own["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert (held["connection"], held["HeldJobs"]) == (THERE, 1)
    assert held["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "connection"]]


def names(line: dict[str, Any]) -> list[str]:
    return [metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]


def test_a_tick_that_could_not_count_says_nothing_false(rig: Rig) -> None:
    # GIVEN a table that throttles the census, and nothing before it
    stands(rig, "1", JobState.FAILED, failure=WHY)

    def busy(operation: str) -> None:
        if operation == "query" and rig.table.calls["query"] - begun >= 18:
            rig.table.fail_next("query", times=100)

    begun = rig.table.calls["query"]
    rig.table.before = busy
    # WHEN
    report = rig.tick()
    # THEN the tick has run; what waits is left out, not zero
    assert (report.ran, report.counted) == (True, None)
    (line,) = figures(report, now=rig.clock())
    assert names(json.loads(line)) == ["OldestDueSeconds", "Rescued"]
    assert list(figures(TickReport(ran=False), now=1.0))


@pytest.mark.parametrize(
    ("state", "fields", "rescued"),
    [
        (JobState.QUEUED, {}, 1),  # its message is lost, or very late
        (JobState.WAITING, {"attempts": 0}, 1),  # the door's row: the queue had refused
        (JobState.WAITING, {}, 0),  # its time has come
        (JobState.UNKNOWN, {}, 0),
    ],
)
def test_a_rescue_is_a_job_that_should_have_had_a_message(
    rig: Rig, state: JobState, fields: dict[str, Any], rescued: int
) -> None:
    stands(rig, "1", state, **fields, due_at=rig.clock() - 1)
    report = rig.tick()
    assert (report.sent, report.rescued) == (1, rescued)
