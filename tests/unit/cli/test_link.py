"""The commands of links, over a stack in memory whose two connections are shelves."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from local import world
from local.cli.app import app
from mostik.connections.book import ConnectionBook
from mostik.connections.gateboard import GateBoard
from mostik.connections.open import OpenConnections
from mostik.http.client import Effects
from mostik.sync.link import Links
from mostik.sync.run import RunKind
from tests.support.clock import FakeClock
from tests.support.rig import HERE, Rig
from tests.support.shelf import Thing
from tests.unit.sync.stories import finished
from tests.unit.sync.test_documents import STATUSES, TEXT

Run = Callable[..., Result]


@pytest.fixture
def rig() -> Rig:
    return Rig(FakeClock(time.time()))


@pytest.fixture
def run(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Run:
    def connections() -> OpenConnections:
        effects = Effects(rig.clock, rig.clock.sleep, lambda: 0.5)
        book = ConnectionBook(rig.table, rig.clock)
        return OpenConnections(book, rig.secrets, lambda _name: rig.offers(), effects)

    desk = SimpleNamespace(
        connections=connections,
        links=Links(rig.table, rig.clock),
        state=rig.table,
        parked=rig.parked,
        queue=rig.queue,
        log_table=rig.log_table,
        rows=rig.rows,
        blobs=rig.blobs,
        gates=GateBoard(rig.table, rig.book, rig.clock),
    )
    monkeypatch.setattr(world, "load", lambda _name: SimpleNamespace(desk=desk))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, ["link", *words])

    return invoke


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "link.yaml"
    path.write_text(TEXT + STATUSES, encoding="utf-8")
    return path


def test_a_link_is_applied_shown_and_exported_as_it_was(
    run: Run, file: Path, tmp_path: Path
) -> None:
    # WHEN a file is applied
    first = run("apply", str(file))
    assert first.exit_code == 0, first.output
    assert "It is new" in first.output
    # THEN what is exported, applied again, changes nothing
    exported = tmp_path / "exported.yaml"
    exported.write_text(run("export", "things").output, encoding="utf-8")
    again = run("apply", str(exported))
    assert "as it was" in again.output
    shown = json.loads(run("show", "things", "--json").output)
    assert (shown["matched"], len(shown["versions"])) == (False, 1)
    assert "writes nothing" in run("show", "things").output


def test_a_link_with_a_mistake_is_refused_with_its_line_and_nothing_is_stored(
    run: Run, rig: Rig, file: Path
) -> None:
    file.write_text(TEXT + "fields:\n- {left: text, right: txet}\n", encoding="utf-8")
    refused = run("apply", str(file))
    assert refused.exit_code == 1
    assert "line 7" in refused.output
    assert "txet" in refused.output
    assert [link.id for link in Links(rig.table, rig.clock).all()] == ["link"]


def test_a_preview_says_field_by_field_what_a_record_becomes(
    run: Run, rig: Rig, file: Path
) -> None:
    run("apply", str(file))
    rig.here.put("1", "shipped")
    rig.here.put("2", "lost")
    assert "text: shipped → READY" in run("preview", "things", "1").output
    unknown = run("preview", "things", "2")
    assert unknown.exit_code == 1
    assert "error: " in unknown.output
    assert rig.there.things == {}


def test_two_bases_are_matched_by_a_sheet_and_then_the_link_may_write(
    run: Run, rig: Rig, file: Path, tmp_path: Path
) -> None:
    # GIVEN one thing that both have, and one candidate too many for another
    run("apply", str(file))
    rig.here.put("1", "new")
    rig.here.put("2", "new")
    for key, ours in {"A": "1", "B": "2", "C": "2"}.items():
        rig.there.things[key] = Thing(key=key, text="N", external_ids={HERE: ours})
    sheet = tmp_path / "sheet.csv"
    # WHEN a person writes the sheet, chooses, and approves it
    matched = run("match", "things", str(sheet))
    assert matched.exit_code == 0, matched.output
    lines = sheet.read_text(encoding="utf-8").splitlines()
    chosen = [_decided(line, "B") if ";2;" in line else line for line in lines]
    sheet.write_text("\r\n".join(chosen) + "\r\n", encoding="utf-8")
    approved = run("approve", "things", str(sheet))
    # THEN it says what that means, and the link may write
    assert approved.exit_code == 0, approved.output
    assert "2 records are paired." in approved.output
    assert all(link.matched for link in Links(rig.table, rig.clock).all())


def test_a_matching_is_waived_only_in_so_many_words(run: Run, file: Path) -> None:
    run("apply", str(file))
    assert run("approve", "things").exit_code == 1
    waived = run("approve", "things", "--waive")
    assert waived.exit_code == 0, waived.output


def test_one_question_tells_why_a_record_was_not_written(run: Run, rig: Rig, file: Path) -> None:
    # GIVEN a link that is not matched yet
    run("apply", str(file))
    rig.here.put("1", "lost")
    assert "! link" in run("why", "things", "1").output
    # WHEN it may write, and a run meets a value that no dictionary knows
    run("approve", "things", "--waive")
    rig.restart()
    finished(rig, rig.desk.start("things", RunKind.FULL))
    # THEN the quarantine, its time and the run are named, what stops it first
    lines = run("why", "things", "1").output.splitlines()
    assert lines[0].startswith("! quarantine")
    assert "T" in lines[0]
    assert any("full run" in line and "failed" in line for line in lines)
    # AND once it is carried over nothing stops it
    rig.here.put("1", "new")
    finished(rig, rig.desk.start("things", RunKind.FULL))
    assert "!" not in run("why", "things", "1").output


def _decided(line: str, key: str) -> str:
    """A line of the sheet in which a person has written a decision."""
    cells = line.split(";")
    if cells[3] != "2":
        return line
    cells[8] = key
    return ";".join(cells)


def test_a_conflict_is_listed_shown_and_decided(run: Run, file: Path, rig: Rig) -> None:
    # GIVEN a text that both sides have changed, and nobody owns, an hour before the command
    rig.clock.now -= 3_600
    Links(rig.table, rig.clock).remove("link")
    file.write_text(TEXT + "owner: person\n", encoding="utf-8")
    run("apply", str(file))
    run("approve", "things", "--waive")
    rig.restart()
    rig.here.put("1", "a")
    finished(rig, rig.desk.start("things", RunKind.FULL))
    [there] = rig.there.things
    rig.here.put("1", "ours")
    rig.there.put(there, "theirs")
    finished(rig, rig.desk.start("things", RunKind.FULL))
    # WHEN a person lists, looks and decides
    listed = run("conflicts", "things")
    shown = run("conflict", "things", "1")
    wrong = run("decide", "things", "1", "--field", "text=middle")
    decided = run("decide", "things", "1", "--field", "text=right")
    rig.settle_down()
    # THEN each says it in words, and both sides say the one that was chosen
    assert "left  1" in listed.output
    assert "text" in listed.output
    assert 'left  "ours"' in shown.output
    assert 'right "theirs"' in shown.output
    assert (wrong.exit_code, decided.exit_code) == (1, 0)
    assert "total=left" in wrong.output
    assert rig.here.texts() == {"1": "theirs"}
    assert run("conflicts", "things").output == "nothing is open\n"


def test_both_sides_are_compared_and_what_differs_is_repaired(
    run: Run, file: Path, rig: Rig
) -> None:
    # GIVEN a thing that was changed here and is not carried over yet
    rig.clock.now -= 3_600
    Links(rig.table, rig.clock).remove("link")
    file.write_text(TEXT, encoding="utf-8")
    run("apply", str(file))
    run("approve", "things", "--waive")
    rig.restart()
    rig.here.put("1", "a")
    finished(rig, rig.desk.start("things", RunKind.FULL))
    rig.here.put("1", "b")
    # WHEN it is compared, repaired, and compared again
    said = run("reconcile", "things")
    repaired = run("reconcile", "things", "--repair")
    rig.settle_down()
    view = json.loads(run("reconcile", "things", "--json").stdout.splitlines()[-1])
    # THEN
    assert "left  1" in said.stdout
    assert "differs  text" in said.stdout
    assert "1 touched" in repaired.stdout
    assert (view["equal"], view["agreed"], view["differences"]) == (True, 1, [])
    assert view["left"]["hash"] == view["right"]["hash"]
    assert list(rig.there.texts().values()) == ["b"]


def test_what_a_side_sends_beside_is_shown_and_decided_about(
    run: Run, file: Path, rig: Rig
) -> None:
    # GIVEN a thing with a field that nobody takes
    file.write_text(TEXT, encoding="utf-8")
    run("apply", str(file))
    run("approve", "things", "--waive")
    rig.here.things["1"] = Thing(key="1", text="a", extra={"utm": "spring"})
    # WHEN a person looks, decides and looks again
    shown = run("drift", "things")
    wrong = run("drift", "things", "--say", "left:extra.utm=keep")
    decided = run("drift", "things", "--say", "left:extra.utm=discard")
    after = json.loads(run("drift", "things", "--json").stdout)
    # THEN
    assert "unknown  extra.utm x 1" in shown.stdout
    assert "- {left: extra.utm, right: extra.utm}" in shown.stdout
    assert wrong.exit_code == 1
    assert "evolve, freeze, discard, forget" in wrong.output
    assert "extra.utm: new, discard" in decided.stdout
    assert [one["contract"] for one in after["sides"]["left"]["findings"]] == ["discard"]
