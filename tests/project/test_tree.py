"""What the tree may hold, and what its modules look like."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.project.cloudformation import ROOT
from tests.project.tree import dotted, files, modules, parsed

HANDLER_LINES = 60
MODULE_LINES = 400
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "lib"}

# Written in pieces, so that this file does not match itself.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:" + "root|home|Users|work|farm" + r")/\w|/tmp" + r"/\w")
REGISTRIES = re.compile(
    r"pypi\." + r"org|python" + r"hosted|registry\.npm" + r"js|--(?:extra-)?index" + r"-url|PIP_"
    r"(?:INDEX|EXTRA|FIND_LINKS|CERT)",
    re.IGNORECASE,
)
TEXT = {
    ".py",
    ".toml",
    ".yaml",
    ".yml",
    ".txt",
    ".json",
    ".md",
    ".cfg",
    ".html",
    ".css",
    ".js",
    ".lock",
    "",
}


def lines_of(path: Path) -> int:
    return len((ROOT / path).read_text().splitlines())


def matches(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}: {found[0]}"
        for path in files()
        if path.suffix in TEXT
        for found in pattern.finditer((ROOT / path).read_text(errors="replace"))
    ]


def patched_by_name(node: ast.AST) -> bool:
    """``patch("a.b")`` and ``monkeypatch.setattr("a.b", ...)``."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    name = dotted(node.func)
    patches = name.rpartition(".")[2] == "patch" or name == "monkeypatch.setattr"
    return patches and isinstance(node.args[0], ast.Constant)


def silenced_without_reason(path: Path) -> list[str]:
    """Lines whose reason stands neither behind the marker nor in a comment above."""
    found = []
    above = ""
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        for marker in ("# no" + "qa", "# type: ig" + "nore"):
            reasoned = re.search(r"(#| - )\s*\w", line.partition(marker)[2])
            if marker in line and not reasoned and not above.startswith("#"):
                found.append(f"{path}:{number}")
        above = line.strip()
    return found


def test_a_function_is_an_entry_point_and_nothing_else() -> None:
    long = {path: lines_of(path) for path in modules("functions/")}
    assert max(long.values()) <= HANDLER_LINES, f"business logic belongs into the core: {long}"


def test_no_module_is_too_long_to_read() -> None:
    assert not {path: lines_of(path) for path in modules("") if lines_of(path) > MODULE_LINES}


def test_every_module_has_a_name_that_says_something() -> None:
    assert not [path for path in files() if path.stem in NAMELESS or path.parent.name in NAMELESS]


def test_no_file_names_a_place_on_one_machine() -> None:
    assert not matches(MACHINE_PATHS)


def test_no_file_names_a_package_registry() -> None:
    assert not matches(REGISTRIES)


def test_no_test_patches_by_string_path() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path in modules("tests/")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and patched_by_name(node)
    ]
    assert not found, "hand the test double in instead"


def test_every_silenced_check_says_why() -> None:
    found = [
        line
        for path in modules("layers/", "functions/", "local/", "tests/")
        for line in silenced_without_reason(path)
    ]
    assert not found, "give the reason behind the marker or in a comment above"


def test_the_folder_layout_is_the_documented_one() -> None:
    top = {path.parts[0] for path in files()}
    assert top <= {
        ".ci",
        ".gitignore",
        "CHANGELOG.md",
        "Makefile",
        "README.md",
        "bench",
        "docs",
        "events",
        "functions",
        "layers",
        "local",
        "pyproject.toml",
        "requirements-dev.txt",
        "requirements-emulator.txt",
        "requirements-rie.txt",
        "requirements-sam.txt",
        "requirements-security.txt",
        "requirements.txt",
        "samconfig.toml",
        "template.yaml",
        "tests",
    }
