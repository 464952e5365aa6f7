"""What the checks of ``make secure`` leave has a reason, and the layer's packages are pinned."""

from __future__ import annotations

import re
from email.message import Message
from typing import Any, cast

import pytest

from local.security import accepted
from local.security.checks import CHECKS, licences
from local.security.licences import licence_of
from local.security.lock import LOCK, REQUIREMENTS, lock_problems, names_in
from local.stack.places import ROOT
from tests.project.tree import parsed

PAGE = ROOT / "docs" / "security.md"
RISKS = tuple(f"API{number}:2023" for number in range(1, 11))
GOOD = "one==1.0 \\\n    --hash=sha256:aa\n"


@pytest.mark.parametrize("table", [accepted.TEMPLATE, accepted.CODE, accepted.SECRETS])
def test_what_is_left_as_it_is_has_a_sentence_why(table: dict[str, str]) -> None:
    for name, reason in table.items():
        assert re.fullmatch(r"[A-Z].{20,}\.", reason), name


def test_a_build_takes_the_packages_that_are_required_and_checks_their_hashes() -> None:
    assert list(lock_problems(REQUIREMENTS.read_text(), LOCK.read_text())) == []
    makefile = (ROOT / "layers" / "dependencies" / "Makefile").read_text()
    assert "--require-hashes --requirement requirements.lock" in makefile


@pytest.mark.parametrize(
    ("requirements", "lock", "problem"),
    [
        ("one==1.1\n", GOOD, "locked as 1.0 and required as 1.1"),
        ("two==1.0\n", GOOD, "two is locked as None"),
        ("one==1.0\n", "one==1.0\n", "without a hash"),
        ("one>=1.0\n", GOOD, "is not pinned"),
    ],
)
def test_a_lock_that_is_stale_or_loose_is_found(requirements: str, lock: str, problem: str) -> None:
    assert any(problem in found for found in lock_problems(requirements, lock))


def test_every_package_of_the_layer_may_be_shipped() -> None:
    assert list(licences(ROOT)) == []
    assert len(names_in(LOCK.read_text())) > len(names_in(REQUIREMENTS.read_text()))


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        ([("License-Expression", "MIT AND PSF-2.0")], {"MIT", "PSF-2.0"}),
        ([("License-Expression", "GPL-3.0-only")], {"GPL-3.0-only"}),
        ([("Classifier", "License :: OSI Approved :: BSD License")], {"BSD-3-Clause"}),
        ([("License", "Proprietary")], {"Proprietary"}),
        ([], None),
    ],
)
def test_a_licence_is_read_as_it_is_spelled(
    headers: list[tuple[str, str]], licence: set[str] | None
) -> None:
    # GIVEN what a package says of itself
    package = Message()
    for name, value in headers:
        package[name] = value
    # THEN
    assert licence_of(cast("Any", package)) == licence
    if licence and licence & {"GPL-3.0-only", "Proprietary"}:
        assert not licence <= accepted.LICENCES


def test_the_checks_are_those_that_the_page_names() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in CHECKS if f"| `{name}` |" not in text] == []


def named_tests(text: str) -> set[tuple[str, str]]:
    """``tests/a/test_b.py::test_c`` as the page writes it."""
    return set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", text))


def test_every_test_that_the_page_names_is_there() -> None:
    for path, name in named_tests(PAGE.read_text(encoding="utf-8")):
        place = ROOT / path
        assert place.is_file(), path
        if name:
            tree = parsed(place.relative_to(ROOT))
            assert name in {getattr(node, "name", None) for node in tree.body}, f"{path}::{name}"


@pytest.mark.parametrize("risk", RISKS)
def test_every_risk_of_the_list_is_mapped_to_a_test(risk: str) -> None:
    (line,) = re.findall(rf"^\| {risk} .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert named_tests(line)
