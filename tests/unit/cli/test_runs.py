"""The commands of runs and of the quarantine, over a stack in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from local import world
from local.cli.app import app
from mostik.errors import GiveUp, WhoActs
from mostik.sync.brakes import Brakes
from mostik.sync.results import Results
from mostik.sync.run import RunKind, RunState
from tests.support.clock import FakeClock
from tests.support.rig import Rig
from tests.unit.sync.stories import finished, relinked, stocked

Run = Callable[..., Result]


@pytest.fixture
def rig() -> Rig:
    return stocked(Rig(FakeClock(time.time())), 12)


@pytest.fixture
def run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Run:
    desk = SimpleNamespace(
        runs=rig.desk,
        results=Results(rig.table),
        parked=rig.parked,
        queue=rig.queue,
        blobs=rig.blobs,
    )
    monkeypatch.setattr(world, "load", lambda _name: SimpleNamespace(desk=desk))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return invoke


def test_a_run_is_started_shown_and_listed(rig: Rig, run: Run) -> None:
    # WHEN a person starts a full run
    started = run("sync", "link", "--kind", "full")
    assert started.exit_code == 0, started.output
    run_id = started.output.strip()
    [found] = rig.desk.runs.open()
    finished(rig, found)
    # THEN it is in the list and says what came of it
    listed = json.loads(run("runs", "--json").output)["runs"]
    assert [(one["id"], one["state"]) for one in listed] == [(run_id, "done")]
    shown = json.loads(run("run-show", run_id, "--json").output)
    assert shown["figures"] == {"listed": 12, "gone": 0, "counts": {"created": 12}}
    assert "12 created" in run("runs").output
    assert "listed" in run("run-show", run_id).output


def test_a_held_run_says_why_and_is_approved_or_cancelled(rig: Rig, run: Run) -> None:
    # GIVEN runs that a brake holds
    relinked(rig, brakes=Brakes(creates_percent=10, creates_from=1))
    first = finished(rig, rig.desk.start("link", RunKind.FULL))
    shown = json.loads(run("run-show", first.id, "--json").output)
    assert shown["held_for"] == "It would create up to 12 of 12 records."
    assert "0000" in shown["records"]["creates"]
    # WHEN one is cancelled and another approved
    assert run("run-cancel", first.id).exit_code == 0
    second = finished(rig, rig.desk.start("link", RunKind.FULL))
    assert run("run-approve", second.id).exit_code == 0
    # THEN only the latter wrote
    assert finished(rig, second).state is RunState.DONE
    assert len(rig.there.created) == 12
    again = run("run-approve", second.id)
    assert again.exit_code == 1
    assert "nothing to approve" in again.output


def test_a_record_in_quarantine_is_shown_tried_again_and_dropped(rig: Rig, run: Run) -> None:
    # GIVEN two records that were refused
    for key in ("0003", "0004"):
        rig.here.put(key, "refused")
    rig.there.errors["refused"] = GiveUp("Too long.", who=WhoActs.EXTERNAL_ADMIN)
    finished(rig, rig.desk.start("link", RunKind.FULL))
    found = json.loads(run("quarantine", "link", "--json").output)["records"]
    assert [(one["key"], one["reason"]) for one in found] == [
        ("0003", "Too long."),
        ("0004", "Too long."),
    ]
    assert "Too long." in run("quarantine", "link").output
    # WHEN one is corrected and tried again, the other taken out
    rig.here.put("0003", "short")
    assert run("quarantine", "link", "--retry", "0003").exit_code == 0
    assert run("quarantine", "link", "--drop", "0004").exit_code == 0
    rig.settle_down()
    # THEN nothing is left there, and the first went over
    assert "nothing in quarantine" in run("quarantine", "link").output
    assert "short" in rig.there.texts().values()
    assert run("quarantine", "link", "--drop", "0004").exit_code == 1


def test_a_dry_run_shows_what_would_change_field_by_field(rig: Rig, run: Run) -> None:
    # GIVEN a changed thing, and a new one
    finished(rig, rig.desk.start("link", RunKind.FULL))
    rig.here.put("0003", "changed")
    rig.here.put("new", "fresh")
    dry = finished(rig, rig.desk.start("link", RunKind.DRY))
    # WHEN a person looks
    shown = json.loads(run("run-diff", dry.id, "--json").output)
    # THEN
    assert shown["fields"] == {"right:text": 2}
    assert [one["key"] for one in shown["records"]] == ["0003", "new"]
    assert shown["records"][0]["changes"] == [
        {"side": "right", "path": "text", "before": "text 3", "after": "changed"}
    ]
    # AND page by page, as text
    first = run("run-diff", dry.id, "--limit", "1").output
    assert '    right text: "text 3" -> "changed"' in first
    after = first.rpartition("--after ")[2].strip()
    second = run("run-diff", dry.id, "--after", after).output
    assert "fresh" in second
    assert "0003" not in second
    assert run("run-diff", dry.id, "--only", "conflict").output.count("nothing would") == 1
    # AND of another run, and of none, it says why not
    full = finished(rig, rig.desk.start("link", RunKind.FULL))
    assert "no dry one" in run("run-diff", full.id).output
    assert "There is no run" in run("run-diff", "nonsense").output


def test_a_run_over_named_records_is_started_paused_and_resumed(rig: Rig, run: Run) -> None:
    # WHEN a person names two records
    started = run("sync", "link", "--ids", "0003, 0004")
    assert started.exit_code == 0, started.output
    run_id = started.output.strip()
    assert run("run-pause", run_id).exit_code == 0
    # THEN it is seen that it is paused, by whom, and how far it is
    shown = json.loads(run("run-show", run_id, "--json").output)
    assert (shown["state"], shown["named"]) == ("paused", 2)
    assert shown["paused_by"]
    assert shown["progress"] == "0 of 0 (0%)"
    assert "paused" in run("runs").output
    # AND resumed, it carries them over
    assert run("run-resume", run_id).exit_code == 0
    [found] = rig.desk.runs.open()
    finished(rig, found)
    assert sorted(rig.there.created) == ["0003", "0004"]
    assert run("sync", "link", "--ids", " , ").exit_code == 1


def test_a_link_is_paused_and_resumed(rig: Rig, run: Run) -> None:
    assert "has paused the link link" in run("link", "pause", "link").output
    assert run("sync", "link").exit_code == 1
    assert run("link", "resume", "link").exit_code == 0
    assert run("sync", "link").exit_code == 0
    assert run("link", "resume", "link").exit_code == 1
    assert len(rig.desk.runs.open()) == 1


def test_an_unknown_link_is_named_with_those_that_there_are(run: Run) -> None:
    answer = run("sync", "nonsense")
    assert answer.exit_code == 1
    assert "There are: link." in answer.output
