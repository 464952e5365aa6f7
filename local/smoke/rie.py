"""One function under AWS' Runtime Interface Emulator, which comes with aws-sam-cli; no container.

It answers 200 whatever happens: whether a function failed stands in the body.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from local.stack.emulator import HOST
from local.stack.errors import LocalStackError
from local.stack.places import ROOT, Target, sam_python

PYTHON = ROOT / ".venv-rie" / "bin" / "python"
_INVOKE = "2015-03-31/functions/function/invocations"
_UP_SECONDS = 15.0
_KEPT = ("PATH", "LANG", "TZ")


class Rie:
    """A function that waits for events."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{HOST}:{port}/{_INVOKE}"

    def invoke(self, event: Mapping[str, Any], seconds: float) -> Any:
        """Returns what the function returned.

        Raises:
            LocalStackError: it raised, could not be imported, or ran out of time.
        """
        answer = requests.post(self._url, data=json.dumps(event), timeout=seconds + 10)
        try:
            content = answer.json()
        except ValueError:
            raise LocalStackError(answer.text.strip()) from None
        if isinstance(content, dict) and "errorType" in content:
            raise LocalStackError(f"{content['errorType']}: {content.get('errorMessage')}")
        return content


@contextmanager
def function(
    handler: str,
    path: Sequence[Path],
    variables: Mapping[str, str],
    seconds: int,
    log: Path,
) -> Iterator[Rie]:
    """Starts a function on a free port, and ends it.

    Args:
        handler: as the template has it.
        path: where its modules lie: the function, then its layers.
        variables: its environment beside what Lambda sets.
        seconds: its timeout.
        log: takes what it writes.
    """
    binary = f"samcli/local/rapid/aws-lambda-rie-{Target.this_machine().architecture}"
    found = list(sam_python().parents[1].glob(f"lib/*/site-packages/{binary}"))
    if not found:
        raise LocalStackError("aws-sam-cli brings no runtime emulator for this processor")
    outside, inside = _free_port(), _free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                found[0], "--log-level", "error",
                "--runtime-interface-emulator-address", f"{HOST}:{outside}",
                "--runtime-api-address", f"{HOST}:{inside}",
                PYTHON, "-m", "awslambdaric", handler,
            ],
            env={
                **{name: os.environ[name] for name in _KEPT if name in os.environ},
                **variables,
                "PYTHONPATH": os.pathsep.join(map(str, path)),
                "LAMBDA_TASK_ROOT": str(path[0]),
                "AWS_LAMBDA_FUNCTION_NAME": handler.partition(".")[0],
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(seconds),
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            },
            cwd=path[0],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its runtime is a child of it, and ends with it
        )  # fmt: skip
    try:
        _wait_for(outside, process)
        yield Rie(outside)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _UP_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise LocalStackError("the runtime emulator did not come up")
        time.sleep(0.05)
