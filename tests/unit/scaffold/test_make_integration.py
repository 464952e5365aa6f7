"""``make integration``: the folder that it makes is a whole integration of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.scaffold import INTEGRATIONS, ScaffoldError, make_integration
from local.stack.places import ROOT

NAME = "acme_shop"
LONGEST = "a" + "b" * 30

_RUN_THE_SUITE = """
import sys
import integrations
integrations.__path__.append(sys.argv[1])
import pytest
sys.exit(pytest.main(sys.argv[2:]))
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The folder of a new integration, outside the tree."""
    make_integration(NAME, tmp_path)
    return tmp_path / NAME


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs Python at the project's root, with the import roots of pyproject."""
    roots = os.pathsep.join(str(ROOT / root) for root in ("layers/code", "functions", "."))
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": roots, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_copies_every_file_of_the_template_and_says_which(tmp_path: Path) -> None:
    said = make_integration(NAME, tmp_path)
    expected = {path.name for path in (INTEGRATIONS / "_template").iterdir() if path.is_file()}
    assert {path.name for path in files_of(tmp_path / NAME)} == expected
    assert {Path(line).name for line in said} == expected
    assert {"README.md", "__init__.py"} <= expected


def test_nothing_in_it_reminds_of_the_template(made: Path) -> None:
    found = [path.name for path in files_of(made) if "template" in path.read_text().casefold()]
    assert not found


def test_it_is_called_by_its_name_and_titled_in_words(made: Path) -> None:
    code = (made / "__init__.py").read_text()
    assert f'name="{NAME}"' in code
    assert 'title="Acme shop"' in code
    assert (made / "README.md").read_text().startswith("# Acme shop\n")


@pytest.mark.parametrize("name", ["zz", NAME, LONGEST])
def test_its_code_compiles_and_passes_the_linter_and_the_formatter(
    tmp_path: Path, name: str
) -> None:
    make_integration(name, tmp_path)
    for path in (tmp_path / name).glob("*.py"):
        compile(path.read_text(), str(path), "exec")
    own = 'lint.isort.known-first-party = ["integrations", "mostik"]'
    config = ("--config", "pyproject.toml", "--config", own, "--no-cache", str(tmp_path))
    for check in (("check",), ("format", "--check")):
        done = run("-m", "ruff", *check, *config)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_passes_the_standard_suite_as_it_is(made: Path) -> None:
    # GIVEN a new integration beside the others
    # WHEN the standard suite runs on all that it discovers
    done = run(
        *("-c", _RUN_THE_SUITE, str(made.parent)),
        *("tests/integrations", "-v", "-p", "no:cacheprovider", "-p", "no:xdist"),
        *("-k", NAME),
    )
    # THEN it was among them and passed
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr
    assert f"test_effects.py::test_an_event_is_carried_over_once[{NAME}] PASSED" in done.stdout


NO_NAMES = ["", "a", "_acme", "1c", "Acme", "acme-shop", "acme shop", "../acme", "acme/x", "ацме"]
NO_NAMES += ["acme\n", "class", "import", "a" * 32]


@pytest.mark.parametrize("name", NO_NAMES, ids=ascii)
def test_a_name_that_cannot_be_a_package_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScaffoldError, match="cannot be a name"):
        make_integration(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_taken_is_refused_and_nothing_is_touched(made: Path) -> None:
    # GIVEN an integration that somebody has begun to work on
    (made / "client.py").write_text("# mine\n")
    before = {path: path.read_bytes() for path in files_of(made)}
    # WHEN it is made again
    with pytest.raises(ScaffoldError, match="exists already"):
        make_integration(NAME, made.parent)
    # THEN all is as it was
    assert {path: path.read_bytes() for path in files_of(made)} == before


@pytest.mark.parametrize(
    "name", [path.name for path in INTEGRATIONS.iterdir() if path.name[0].isalpha()]
)
def test_no_integration_that_there_is_can_be_made_anew(name: str) -> None:
    if not (INTEGRATIONS / name).is_dir():
        return
    with pytest.raises(ScaffoldError):
        make_integration(name)
