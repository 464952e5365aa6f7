"""Build the real template with SAM, and only when something that goes into the build changed."""

from __future__ import annotations

import fcntl
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.interpreters import InterpreterMissingError, find_interpreter
from local.stack.errors import LocalStackError
from local.stack.places import ROOT, Target, build_folder, sam_python
from local.stack.processes import run_tool, tool_environment

_INPUTS = ("template.yaml", "requirements-sam.txt", "layers", "functions")


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build.

    Args:
        template: the built template, which points at the built artifacts beside it.
        digest: of everything that went into it.
        target: what it is for.
        fresh: whether SAM ran just now.
    """

    template: Path
    digest: str
    target: Target
    fresh: bool


def build(target: Target, folder: Path | None = None) -> Build:
    """Build for a target, or return the build that is there when nothing changed.

    Args:
        target: what the build is for.
        folder: where it goes; None is the place that every local stack uses.

    Raises:
        LocalStackError: no interpreter can compile for the target, or SAM failed.
    """
    folder = (folder or build_folder(target)).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    template = folder / "build" / "template.yaml"
    stamp = folder / "digest"
    with _one_at_a_time(folder / "lock"):
        digest = inputs_digest(target)
        if template.exists() and stamp.exists() and stamp.read_text() == digest:
            return Build(template, digest, target, fresh=False)
        stamp.unlink(missing_ok=True)
        run_tool(
            "sam build",
            [
                *(sam_python(), "-m", "samcli", "build", "--cached", "--parallel"),
                *("--template-file", ROOT / "template.yaml", "--config-env", "none"),
                *("--build-dir", template.parent, "--cache-dir", folder / "cache"),
                *("--parameter-overrides", f"PythonRuntime={target.runtime}"),
                f"Architecture={target.architecture}",
            ],
            environment=tool_environment(_makefile_variables(target)),
            cwd=ROOT,
            log=folder / "build.log",
        )
        stamp.write_text(digest)
        return Build(template, digest, target, fresh=True)


def inputs_digest(target: Target) -> str:
    """Stands for everything that goes into a build: change any of it and this changes."""
    digest = hashlib.sha256(str(target).encode())
    for path in _input_files():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _input_files() -> Iterator[Path]:
    for name in _INPUTS:
        path = ROOT / name
        if path.is_file():
            yield path
            continue
        for found in sorted(path.rglob("*")):
            if found.is_file() and "__pycache__" not in found.parts:
                yield found


def _makefile_variables(target: Target) -> dict[str, str]:
    try:
        python = find_interpreter(target.runtime)
    except InterpreterMissingError as error:
        raise LocalStackError(str(error)) from error
    return {
        "MOSTIK_RUNTIME": target.runtime,
        "MOSTIK_ARCHITECTURE": target.architecture,
        "MOSTIK_PYTHON": str(python),
        "MOSTIK_PIP_PYTHON": sys.executable,
        "MOSTIK_WHEELS": _wheels(target),
    }


def _wheels(target: Target) -> str:
    """Lambda's own wheels, but for a stack that is to run right here and not on Linux."""
    if sys.platform != "linux" and target == Target.this_machine():
        return "host"
    return "manylinux"


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
