"""The sandboxes beside a stack: each a process of its own, which keeps its records and its address
over a clean restart."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from local.stack.errors import LocalStackError
from local.stack.places import ROOT

PORTAL_TOKEN = "sandbox-application-token"  # noqa: S105 - of a sandbox
OPTIONS: Mapping[str, Sequence[str]] = {
    "portal": ("--application-token", PORTAL_TOKEN),
    "shop": (),
    "oddshop": (),
    "site": (),
    "oidc": (),
}
"""Every sandbox of a world, and what it is started with."""
_FILE = "world.json"
_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox process."""

    url: str
    pid: int
    webhook_url: str = ""
    exchange: str = ""

    def get(self, path: str) -> Any:
        """Reads one of its control endpoints."""
        return requests.get(self.url + path, timeout=10).json()

    def post(self, path: str, content: Any) -> Any:
        """Writes one of its control endpoints."""
        answer = requests.post(self.url + path, json=content, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def delete(self, path: str) -> None:
        """Clears one of its control endpoints."""
        requests.delete(self.url + path, timeout=10).raise_for_status()


def start(folder: Path) -> Mapping[str, Sandbox]:
    """Returns every sandbox, by its kind; those that do not run are started, all at once.

    Args:
        folder: of the stack.

    Raises:
        LocalStackError: one does not start; the text says where its log is.
    """
    known = _known(folder)
    found = {kind: one for kind, one in known.items() if kind in OPTIONS and _alive(one.pid)}
    starting = {
        kind: _process(kind, folder, known.get(kind)) for kind in OPTIONS if kind not in found
    }
    try:
        for kind, process in starting.items():
            found[kind] = _ready(kind, process, folder)
    finally:
        for kind, process in starting.items():
            if kind not in found:
                process.kill()
        content = {kind: asdict(one) for kind, one in {**known, **found}.items()}
        (folder / _FILE).write_text(json.dumps(content, indent=2))
    return found


def running(folder: Path) -> Mapping[str, Sandbox]:
    """Returns the sandboxes that run, by their kind."""
    return {kind: one for kind, one in _known(folder).items() if _alive(one.pid)}


def stop(folder: Path) -> bool:
    """Stops them all; they write down what they hold. Returns whether any ran."""
    alive = running(folder)
    for sandbox in alive.values():
        os.kill(sandbox.pid, signal.SIGTERM)
    for _ in range(100):
        if not any(_alive(sandbox.pid) for sandbox in alive.values()):
            break
        time.sleep(0.05)
    return bool(alive)


def forget(folder: Path) -> None:
    """Has them begin with no records."""
    for kind in OPTIONS:
        _state(kind, folder).unlink(missing_ok=True)


def _process(kind: str, folder: Path, standing: Sandbox | None) -> subprocess.Popen[bytes]:
    port = standing.url.rpartition(":")[2] if standing is not None else "0"
    command = [
        sys.executable, "-m", f"local.sandbox.{kind}",
        "--port", port, "--state", str(_state(kind, folder)), *OPTIONS[kind],
    ]  # fmt: skip
    with (folder / f"{kind}.log").open("w") as log:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(("layers/code", "functions", "."))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )


def _ready(kind: str, process: subprocess.Popen[bytes], folder: Path) -> Sandbox:
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for above
    ready, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
    line = process.stdout.readline() if ready else b""
    process.stdout.close()
    if not line:
        raise LocalStackError(
            f"The sandbox {kind} did not start; its log is {folder / f'{kind}.log'}."
        )
    said = json.loads(line)
    return Sandbox(said["url"], process.pid, said.get("webhook_url", ""), said.get("exchange", ""))


def _state(kind: str, folder: Path) -> Path:
    return folder / f"{kind}.json"


def _known(folder: Path) -> dict[str, Sandbox]:
    try:
        content = json.loads((folder / _FILE).read_text())
        return {kind: Sandbox(**fields) for kind, fields in content.items()}
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _alive(pid: int) -> bool:
    """Whether the process is one of our sandboxes: numbers come again."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return b"local.sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
