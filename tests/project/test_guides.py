"""What the pages of docs/ name is there: commands, targets, parameters, outputs, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer

from local.cli.app import app
from tests.project.cloudformation import ROOT, template

PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])
LOGICAL = re.compile(r"`([A-Z][A-Za-z]+)`")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def slug(heading: str) -> str:
    """The name under which a heading can be linked to, as the usual renderers make it."""
    kept = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s", "-", kept.strip())


def anchors(page: Path) -> set[str]:
    return {slug(found) for found in re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)}


@cache
def commands() -> frozenset[str]:
    """Every command of the command line: ``runs``, ``link match``."""
    return frozenset(_below("", typer.main.get_command(app)))


def _below(path: str, command: object) -> Iterator[str]:
    for name, inner in getattr(command, "commands", {}).items():
        whole = f"{path} {name}".strip()
        yield whole
        yield from _below(whole, inner)


def named_commands(text: str) -> Iterator[str]:
    """What a page calls by ``python -m local``; one of a group by both its words."""
    for words in re.findall(r"python -m local ([a-z][\w-]*(?: [a-z][\w-]*)?)", text):
        first, _, second = words.partition(" ")
        group = any(name.startswith(f"{first} ") for name in commands())
        yield words if group and second else first


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_a_page_names_is_there(page: Path) -> None:
    assert not set(named_commands(text_of(page))) - commands()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_target_that_a_page_names_is_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z][a-z-]*)", text_of(page)))
    assert not named - targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_a_file_or_a_heading_leads_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = target.partition("#")
        place = (page.parent / name).resolve() if name else page
        assert place.exists(), f"{page.name}: {target}"
        assert not heading or heading in anchors(place), f"{page.name}: {target}"


@pytest.mark.parametrize("name", ["operations", "deploy", "security"])
def test_an_output_or_a_parameter_that_a_guide_names_is_in_the_template(name: str) -> None:
    text = text_of(ROOT / "docs" / f"{name}.md")
    outputs = re.findall(r"outputs? `(\w+)`", text)
    parameters = re.findall(r"parameters? `(\w+)`", text)
    assert set(outputs) <= set(template().body["Outputs"])
    assert set(parameters) <= set(template().parameters)


def test_the_guide_explains_every_parameter() -> None:
    explained = set(LOGICAL.findall(text_of(ROOT / "docs" / "deploy.md")))
    assert set(template().parameters) <= explained


def test_the_commands_that_are_looked_for_are_real_ones() -> None:
    assert {"up", "link match", "log-erase"} <= commands()
