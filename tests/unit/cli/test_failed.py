"""The commands of failed jobs, over a stack in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from local import world
from local.cli.app import app
from mostik.errors import Family, WhoActs
from mostik.jobs.message import Touch
from mostik.jobs.replay import Replay
from mostik.jobs.row import Failure, JobState
from tests.support.clock import FakeClock
from tests.support.rig import HERE, Rig
from tests.support.shelf import RESOURCE
from tests.unit.jobs.rows import row

Run = Callable[..., Result]


@pytest.fixture
def rig() -> Rig:
    rig = Rig(FakeClock(time.time()))
    for number in range(3):
        why = Failure(Family.GIVE_UP, "The order is gone.", WhoActs.ADMIN, rig.clock() - 10)
        work = Touch(HERE, RESOURCE, str(number), "event", rig.clock() - 20)
        failed = row(JobState.FAILED, work, failure=replace(why, at=why.at + number))
        assert rig.rows.write(failed, None).done
    return rig


@pytest.fixture
def run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Run:
    desk = SimpleNamespace(
        rows=rig.rows,
        blobs=rig.blobs,
        replays=rig.replays,
        replay=Replay(rig.rows, rig.queue, rig.clock),
    )
    monkeypatch.setattr(world, "load", lambda _name: SimpleNamespace(desk=desk))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return invoke


def test_failed_jobs_are_listed_with_filters(run: Run) -> None:
    shown = run("failed", "--reason", "gone", "--json", "--limit", "2")
    content = json.loads(shown.stdout)
    assert [job["id"] for job in content["jobs"]] == ["here/things/2", "here/things/1"]
    more = run("failed", "--json", "--after", content["after"])
    assert [job["id"] for job in json.loads(more.stdout)["jobs"]] == ["here/things/0"]
    assert "no such jobs" in run("failed", "--connection", "none").stdout
    assert "The order is gone." in run("failed").stdout


def test_a_wrong_filter_is_one_line_in_words(run: Run) -> None:
    refused = run("failed", "--family", "aunt")
    assert refused.exit_code == 1
    assert "family is one of" in refused.output


def test_they_are_counted_by_reason(run: Run) -> None:
    assert "3 failed jobs" in run("failed", "--count").stdout
    assert json.loads(run("failed", "--count", "--json").stdout)["jobs"] == 3


def test_one_is_shown_with_its_payload(run: Run) -> None:
    shown = json.loads(run("failed-show", "here/things/1", "--json").stdout)
    assert (shown["payload"]["kind"], shown["payload"]["key"]) == ("touch", "1")
    assert "first_attempt_at" in run("failed-show", "here/things/1").stdout
    assert run("failed-show", "none").exit_code == 1


def test_many_are_counted_first_and_replayed_when_confirmed(rig: Rig, run: Run) -> None:
    # WHEN a person asks without confirming
    asked = run("replay", "--connection", HERE)
    # THEN they are only counted
    assert "3 failed jobs" in asked.stdout
    assert "--yes" in asked.stdout
    assert rig.replays.recent() == []
    # WHEN it is confirmed
    started = json.loads(run("replay", "--connection", HERE, "--yes", "--json").stdout)
    # THEN the tick does it, and its progress can be seen
    assert (started["state"], started["matching"]) == ("running", 3)
    rig.tick()
    shown = json.loads(run("replay-status", started["id"], "--follow", "--json").stdout)
    assert [(one["state"], one["replayed"]) for one in shown["replays"]] == [("done", 3)]
    assert started["id"] in run("replay-status").stdout
    assert run("replay-cancel", started["id"]).exit_code == 1


def test_a_replay_is_stopped(rig: Rig, run: Run) -> None:
    started = json.loads(run("replay", "--since", "1d", "--yes", "--json").stdout)
    assert "cancelled, 0 of 3" in run("replay-cancel", started["id"]).stdout
    assert rig.tick().replayed == 0


def test_one_is_replayed_by_its_id(rig: Rig, run: Run) -> None:
    assert "queued again" in run("replay", "here/things/1").stdout
    assert rig.job("here/things/1").state is JobState.QUEUED


@pytest.mark.parametrize("words", [[], ["here/things/1", "--connection", HERE]])
def test_what_is_meant_must_be_clear(run: Run, words: list[str]) -> None:
    assert run("replay", *words).exit_code == 1


def test_there_was_no_replay(run: Run) -> None:
    assert "no replay" in run("replay-status").stdout
    assert "nothing to replay" in run("replay", "--connection", "none", "--yes").output
