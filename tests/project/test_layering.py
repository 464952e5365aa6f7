"""Who may import what: functions → bootstrap → stages → ports, and AWS only behind the adapters.

The layers inside the core are contracts of import-linter, in pyproject.toml; they run here too.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.project.cloudformation import ROOT
from tests.project.tree import dotted, imported, modules, parsed

CORE = "layers/code/mostik/"
SHIPPED = ("layers/code/", "functions/")
ADAPTERS = re.compile(r"(sqs|dynamodb|s3|secrets|sns)\.py$")
# No adapter and no client: AWS's signature is botocore's own, and to write it again is a defect.
SIGNERS = {f"{CORE}http/auth/sigv4.py"}
CLIENT_MAKERS = {"client", "resource", "create_client", "get_session", "Session"}


def is_adapter(path: Path) -> bool:
    return path.as_posix().startswith(f"{CORE}bootstrap/") or bool(ADAPTERS.search(path.name))


def roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


def reads_environment(path: Path) -> bool:
    names = {dotted(node) for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
    return bool((names | imported(path)) & {"os.environ", "os.getenv"})


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What an import executes: everything but the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from run_at_import(child)


def test_import_contracts_hold() -> None:
    answer = subprocess.run(  # noqa: S603  # our own tool
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "layers/code"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_only_adapters_and_bootstrap_know_aws() -> None:
    knowing = [
        path
        for path in modules(*SHIPPED)
        if not is_adapter(path)
        and path.as_posix() not in SIGNERS
        and roots(path) & {"boto3", "botocore"}
    ]
    assert not knowing


def test_the_core_names_no_integration() -> None:
    assert not [
        (path, name)
        for path in modules(CORE)
        for name in imported(path)
        if name.startswith("integrations.")
    ]


def test_a_function_is_wired_by_its_own_bootstrap_only() -> None:
    strangers = [
        (path, name)
        for path in modules("functions/")
        for name in imported(path)
        if name.startswith("mostik.bootstrap.") and name.split(".")[2] != path.parts[1]
    ]
    assert not strangers


def test_only_settings_read_the_environment() -> None:
    readers = [
        path
        for path in modules(*SHIPPED)
        if path.as_posix() != f"{CORE}settings.py" and reads_environment(path)
    ]
    assert not readers


def test_no_client_is_built_at_import() -> None:
    assert not [
        (path, node.lineno)
        for path in modules(*SHIPPED)
        for node in run_at_import(parsed(path))
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in CLIENT_MAKERS
    ]


def test_the_layer_ships_the_description_of_every_service_that_is_called() -> None:
    makefile = (ROOT / "layers/dependencies/Makefile").read_text()
    line = re.search(r"^BOTOCORE_SERVICES := (.+)$", makefile, re.MULTILINE)
    assert line is not None
    called: set[str] = set()
    for path in modules(*SHIPPED):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and node.args:
                first = node.args[0]
                maker = dotted(node.func).rpartition(".")[2]
                if maker in CLIENT_MAKERS and isinstance(first, ast.Constant):
                    called.add(str(first.value))
    assert called <= set(line.group(1).split())
