"""Find the real interpreter of a Lambda runtime: ``python -m local.interpreters python3.13``.

The layers hold compiled modules, and those are valid for one minor version only, so a build needs
an interpreter of exactly that minor. A version manager's shim does not do: it may stand for another
version, or for none. Each candidate is therefore run and asked who it is.

Only the standard library is used: the Makefile calls this before any environment exists.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_RUNTIME = re.compile(r"^python(3\.\d+)$")
_ASK = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys._base_executable)"


class InterpreterMissingError(Exception):
    """No real interpreter of this version is on this machine."""


def find_interpreter(runtime: str) -> Path:
    """The real interpreter of a runtime's minor version.

    Args:
        runtime: as Lambda spells it, ``python3.13``.

    Raises:
        InterpreterMissingError: there is none; the text says what to do.
        ValueError: ``runtime`` is not a Python runtime.
    """
    match = _RUNTIME.match(runtime)
    if match is None:
        raise ValueError(f"{runtime!r} is not a Python runtime such as python3.13")
    version = match.group(1)
    for candidate in _candidates(runtime, version):
        real = _real_path(candidate, version)
        if real is not None:
            return real
    raise InterpreterMissingError(
        f"{runtime} is not on this machine, and compiled modules fit one minor version only. "
        f"Install Python {version} so that '{runtime}' is on PATH (or in pyenv), "
        f"or build for this one: RUNTIME={this_runtime()}"
    )


def this_runtime() -> str:
    """The Lambda runtime that the running interpreter can compile for."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _candidates(runtime: str, version: str) -> Iterator[str]:
    if runtime == this_runtime():
        yield sys.executable
    for folder in os.get_exec_path():
        found = shutil.which(runtime, path=folder)
        if found is not None:
            yield found
    pyenv = shutil.which("pyenv")
    if pyenv is not None:
        answer = subprocess.run(
            [pyenv, "prefix", version], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            yield str(Path(answer.stdout.strip()) / "bin" / runtime)


def _real_path(candidate: str, version: str) -> Path | None:
    """Where the interpreter behind a candidate lies, or None when it is not of that version."""
    try:
        answer = subprocess.run(
            [candidate, "-c", _ASK], capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said, _, executable = answer.stdout.strip().partition("\n")
    if answer.returncode != 0 or said != version or not executable:
        return None
    return Path(executable)


def main(arguments: list[str]) -> int:
    """Print the interpreter's path; on failure say what to do and return 1."""
    if len(arguments) != 1:
        print("usage: python -m local.interpreters python3.13", file=sys.stderr)
        return 2
    try:
        print(find_interpreter(arguments[0]))
    except (InterpreterMissingError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
