"""Where the local stack keeps and finds things, all inside the project's folder."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from local.interpreters import this_runtime
from local.stack.errors import LocalStackError

ROOT = Path(__file__).resolve().parents[2]

ARCHITECTURES = ("arm64", "x86_64")
_MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a build is for.

    Args:
        runtime: as Lambda spells it, ``python3.13``.
        architecture: as Lambda spells it, ``arm64`` or ``x86_64``.
    """

    runtime: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.runtime}-{self.architecture}"

    @classmethod
    def this_machine(cls) -> Target:
        """What the emulator can run: this interpreter's minor version and this processor.

        Raises:
            LocalStackError: Lambda has no such processor.
        """
        machine = platform.machine().lower()
        if machine not in _MACHINES:
            raise LocalStackError(
                f"the processor {machine!r} is none that Lambda has; known: "
                + ", ".join(sorted(_MACHINES))
            )
        return cls(this_runtime(), _MACHINES[machine])


def state_folder(name: str) -> Path:
    """Where a stack keeps its state unless it is told otherwise."""
    return ROOT / ".local" / name


def build_folder(target: Target) -> Path:
    """Where the build for a target lies; every local stack uses the same one."""
    return ROOT / ".local" / "build" / str(target)


def sam_python() -> Path:
    """The interpreter of SAM's own environment.

    Raises:
        LocalStackError: the environment was not made.
    """
    return _environment_python(".venv-sam", "aws-sam-cli")


def emulator_python() -> Path:
    """The interpreter of the emulator's own environment.

    Raises:
        LocalStackError: the environment was not made.
    """
    return _environment_python(".venv-emulator", "the emulator of AWS")


def _environment_python(folder: str, holds: str) -> Path:
    python = ROOT / folder / "bin" / "python"
    if not python.exists():
        raise LocalStackError(
            f"{folder}, the environment of {holds}, is missing: run 'make environments' once "
            f"(made for Python {sys.version_info.major}.{sys.version_info.minor})"
        )
    return python
