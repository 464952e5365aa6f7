"""Does a build hold what Lambda can use? ``python -m local.stack.artifact FOLDER RUNTIME ARCH``.

Two things fail late and quietly on AWS, so they are looked at here. A module whose compiled form
(.pyc) is missing, stale or of another Python is compiled again at every cold start, because
Lambda's folders are read-only. A binary module for another processor fails at its import.
"""

from __future__ import annotations

import _imp
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from local.interpreters import InterpreterMissingError, find_interpreter

_FUNCTION_OR_LAYER = re.compile(
    r"^  (\w+):[^\n]*\n    Type: AWS::Serverless::(?:Function|LayerVersion)$", re.MULTILINE
)
# A hash in place of a time, and never compared with the source: bit 0 set, bit 1 clear.
_UNCHECKED_HASH = 0b01
_ELF_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}


def artifact_problems(folder: Path, tag: str, magic: bytes, architecture: str) -> Iterator[str]:
    """What is wrong with the artifact of one function or layer; nothing when all is well.

    Args:
        folder: the artifact.
        tag: of the target's compiled modules, ``cpython-313``.
        magic: the first four bytes of the target's compiled modules.
        architecture: as Lambda spells it, ``arm64`` or ``x86_64``.
    """
    sources = sorted(folder.rglob("*.py"))
    if not sources:
        yield f"{folder}: no Python modules"
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        problem = _compiled_problem(source, compiled, magic)
        if problem is not None:
            yield f"{source}: {problem}"
    for compiled in sorted(folder.rglob("*.pyc")):
        if not compiled.name.endswith(f".{tag}.pyc"):
            yield f"{compiled}: compiled for another Python than {tag}"
    for binary in sorted(folder.rglob("*.so*")):
        machine = _machine(binary)
        if machine != architecture:
            yield f"{binary}: for {machine}, not for {architecture}"


def build_problems(folder: Path, runtime: str, architecture: str) -> Iterator[str]:
    """What is wrong with a whole build.

    Raises:
        InterpreterMissingError: nobody here can say how the target's compiled modules begin.
    """
    tag, magic = _compiler(runtime)
    for name in artifact_names(Path("template.yaml").read_text()):
        if (folder / name).is_dir():
            yield from artifact_problems(folder / name, tag, magic, architecture)
        else:
            yield f"{folder / name}: was not built"


def artifact_names(template: str) -> list[str]:
    """Logical ids of the functions and layers in a SAM template's text."""
    return _FUNCTION_OR_LAYER.findall(template)


def _compiled_problem(source: Path, compiled: Path, magic: bytes) -> str | None:
    if not compiled.exists():
        return f"not compiled: {compiled.name} is missing"
    head = compiled.read_bytes()[:16]
    if head[:4] != magic:
        return f"{compiled.name} is of another Python"
    if int.from_bytes(head[4:8], "little") != _UNCHECKED_HASH:
        return f"{compiled.name} depends on the source's time, which packaging changes"
    # importlib.util.source_hash knows only the running Python's key.
    if head[8:] != _imp.source_hash(int.from_bytes(magic, "little"), source.read_bytes()):
        return f"{compiled.name} is of an older source"
    return None


def _machine(binary: Path) -> str:
    head = binary.read_bytes()[:20]
    if head[:4] != b"\x7fELF":
        return "no Linux"
    return _ELF_MACHINES.get(int.from_bytes(head[18:20], "little"), "an unknown processor")


def _compiler(runtime: str) -> tuple[str, bytes]:
    answer = subprocess.run(
        [
            *(find_interpreter(runtime), "-c"),
            "import sys, importlib.util as util;"
            "print(sys.implementation.cache_tag, util.MAGIC_NUMBER.hex())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    tag, magic = answer.stdout.split()
    return tag, bytes.fromhex(magic)


def main(arguments: list[str]) -> int:
    """Print each problem and return 1, or say what was looked at and return 0."""
    if len(arguments) != 3:
        print("usage: python -m local.stack.artifact FOLDER RUNTIME ARCHITECTURE", file=sys.stderr)
        return 2
    folder, runtime, architecture = Path(arguments[0]), arguments[1], arguments[2]
    try:
        problems = list(build_problems(folder, runtime, architecture))
    except (InterpreterMissingError, ValueError) as error:
        problems = [str(error)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    modules = sum(1 for _ in folder.rglob("*.py"))
    print(
        f"{folder}: {modules} modules compiled for {runtime}, {architecture}, {size / 1e6:.1f} MB"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
