"""The XML parser of the 1C exchange is a weight that only its readers carry."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.project.cloudformation import ROOT

LOADED = "import sys, {module}; sys.exit('lxml' in sys.modules)"


@pytest.mark.parametrize(
    "module", ["webhook.handler", "scheduler.handler", "exchange.handler", "admin.handler"]
)
def test_a_function_that_reads_no_files_does_not_load_lxml(module: str) -> None:
    paths = [str(ROOT / "layers" / "code"), str(ROOT / "functions")]
    answer = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", LOADED.format(module=module)],
        cwd=ROOT,
        env={"PYTHONPATH": ":".join(paths), "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
