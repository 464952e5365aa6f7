from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.vector_cases import door_of
from local.vectors import main, run_handshake, run_vector
from mostik.inbound.door import parse_door
from mostik.inbound.schemes.catalogue import TABLE
from tests.unit.inbound.samples import VECTORS_FILE, vectors_file


@pytest.mark.parametrize("vector", vectors_file()["vectors"], ids=lambda vector: vector["id"])
def test_a_vector_gets_the_verdict_that_it_names(vector: dict[str, Any]) -> None:
    # GIVEN a signed request and the door that it presumes
    # WHEN it is delivered to the webhook's own path
    wrong = run_vector(vector)
    # THEN it is accepted and queued once, or refused and not queued
    assert wrong is None


@pytest.mark.parametrize("case", vectors_file()["handshakes"], ids=lambda case: case["id"])
def test_a_handshake_gets_the_answer_that_it_names(case: dict[str, Any]) -> None:
    # GIVEN a vendor's question
    # WHEN it is asked at a door of its kind
    wrong = run_handshake(case)
    # THEN the answer is the vendor's, and nothing is queued
    assert wrong is None


@pytest.mark.parametrize("valid", [True, False])
def test_every_scheme_has_vectors_of_both_verdicts(valid: bool) -> None:
    # GIVEN the project's own vectors
    verdicts = [vector for vector in vectors_file()["vectors"] if vector["valid"] is valid]
    # WHEN they are counted by the scheme of their door
    covered = {json.loads(door_of(vector))["scheme"] for vector in verdicts}
    # THEN none of the catalogue is missing
    assert covered == set(TABLE)


def test_a_vector_with_the_wrong_verdict_fails_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a file whose second vector claims the opposite of the truth
    good = vectors_file()["vectors"][0]
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"vectors": [good, {**good, "id": "lie", "valid": False}]}))
    # WHEN it is run
    code = main([str(path)])
    # THEN the run says which one, counts both and fails
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FAILED lie: ")
    assert lines[-1] == "1 passed, 1 failed"
    assert code == 1


@pytest.mark.parametrize("valid", [True, False])
def test_a_scheme_that_was_not_built_counts_as_failed(valid: bool) -> None:
    # GIVEN a vector of a scheme that nobody knows
    vector = {"id": "x", "scheme": "carrier_pigeon", "secret": "s", "body": "", "valid": valid}
    # WHEN it is run
    wrong = run_vector(vector)
    # THEN it fails whatever verdict it asked for
    assert wrong is not None
    assert wrong.startswith("no such door: there is no signature scheme 'carrier_pigeon'")


def test_a_file_that_holds_nothing_to_run_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN an empty file of vectors, and a file that is no JSON
    empty, junk = tmp_path / "empty.json", tmp_path / "junk.json"
    empty.write_text("{}")
    junk.write_text("vectors")
    # WHEN they are run
    codes = main([str(empty)]), main([str(junk)]), main([str(tmp_path / "absent.json")])
    # THEN none passes for a success
    assert codes == (2, 2, 2)
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed"


def test_the_whole_file_passes_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    # GIVEN the project's own file
    document = vectors_file()
    cases = len(document["vectors"]) + len(document["handshakes"])
    # WHEN it is run as `make vectors` runs it
    code = main([str(VECTORS_FILE)])
    # THEN the last line is the count
    assert capsys.readouterr().out.splitlines()[-1] == f"{cases} passed, 0 failed"
    assert code == 0


def test_no_vector_holds_a_private_key() -> None:
    # GIVEN the text of the file
    text = VECTORS_FILE.read_text("utf-8")
    # WHEN it is searched for what signs
    # THEN there is none: its keys were thrown away
    assert "PRIVATE" not in text
    assert "whsk_" not in text


def test_every_door_of_the_vectors_is_a_valid_document() -> None:
    # GIVEN the doors that the vectors presume
    for vector in vectors_file()["vectors"]:
        # WHEN they are read
        door = parse_door(door_of(vector))
        # THEN each names the scheme that it was made for
        assert door.scheme.name == door.scheme_name
