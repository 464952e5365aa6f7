"""What is in the tree: the files that a clean clone would hold, and Python code as syntax trees."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.project.cloudformation import ROOT


@cache
def files() -> tuple[Path, ...]:
    """Every file that is committed or would be, relative to the root."""
    answer = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # from PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(Path(line) for line in answer.stdout.splitlines() if (ROOT / line).is_file())


def modules(*folders: str) -> Iterator[Path]:
    """The Python modules in these folders, relative to the root."""
    for path in files():
        if path.suffix == ".py" and path.as_posix().startswith(folders):
            yield path


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse((ROOT / path).read_text())


def imported(path: Path) -> set[str]:
    """Full names of what a module imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of a name or an attribute; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""
