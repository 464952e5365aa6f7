"""A build is looked at for what fails late and quietly on AWS."""

from __future__ import annotations

import importlib.util
import py_compile
import sys
from pathlib import Path

from local.stack.artifact import artifact_names, artifact_problems
from tests.project.cloudformation import template

TAG = sys.implementation.cache_tag
MAGIC = importlib.util.MAGIC_NUMBER
# The head of a 64-bit Linux binary, up to and with its processor.
X86_64 = b"\x7fELF" + bytes(14) + (0x3E).to_bytes(2, "little")


def module(
    folder: Path,
    text: str = "answer = 42\n",
    mode: py_compile.PycInvalidationMode = py_compile.PycInvalidationMode.UNCHECKED_HASH,
) -> Path:
    source = folder / "python" / "package" / "module.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text)
    py_compile.compile(str(source), invalidation_mode=mode)
    return source


def problems(folder: Path) -> list[str]:
    return list(artifact_problems(folder, TAG, MAGIC, "x86_64"))


def test_a_build_with_valid_compiled_modules_is_well(tmp_path: Path) -> None:
    # GIVEN
    module(tmp_path)
    (tmp_path / "python" / "package" / "fast.so").write_bytes(X86_64)
    # THEN
    assert problems(tmp_path) == []


def test_an_empty_build_is_found(tmp_path: Path) -> None:
    assert "no Python modules" in problems(tmp_path)[0]


def test_a_module_that_was_not_compiled_is_found(tmp_path: Path) -> None:
    # GIVEN
    module(tmp_path)
    (tmp_path / "python" / "package" / "forgotten.py").write_text("")
    # WHEN
    found = problems(tmp_path)
    # THEN
    assert len(found) == 1
    assert "forgotten.py: not compiled" in found[0]


def test_a_compiled_module_that_depends_on_the_sources_time_is_found(tmp_path: Path) -> None:
    # GIVEN Python's usual way, which packaging breaks
    module(tmp_path, mode=py_compile.PycInvalidationMode.TIMESTAMP)
    # THEN
    assert "depends on the source's time" in problems(tmp_path)[0]


def test_a_compiled_module_of_an_older_source_is_found(tmp_path: Path) -> None:
    # GIVEN
    source = module(tmp_path)
    # WHEN
    source.write_text("answer = 43\n")
    # THEN
    assert "is of an older source" in problems(tmp_path)[0]


def test_compiled_modules_of_another_python_are_found(tmp_path: Path) -> None:
    # GIVEN
    source = module(tmp_path)
    # WHEN
    stray = source.parent / "__pycache__" / "module.cpython-30.pyc"
    stray.write_bytes(b"")
    # THEN
    assert problems(tmp_path) == [f"{stray}: compiled for another Python than {TAG}"]
    assert any(
        "is of another Python" in problem
        for problem in artifact_problems(tmp_path, TAG, b"none", "x86_64")
    )


def test_a_binary_for_another_processor_is_found(tmp_path: Path) -> None:
    # GIVEN
    module(tmp_path)
    binary = tmp_path / "python" / "package" / "fast.cpython-313-x86_64-linux-gnu.so"
    binary.write_bytes(X86_64)
    # THEN
    found = list(artifact_problems(tmp_path, TAG, MAGIC, "arm64"))
    assert found == [f"{binary}: for x86_64, not for arm64"]


def test_every_function_and_layer_is_looked_at() -> None:
    kinds = ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")
    expected = {logical_id for kind in kinds for logical_id in template().of_type(kind)}
    assert set(artifact_names(template().text)) == expected
    assert len(expected) == 7
