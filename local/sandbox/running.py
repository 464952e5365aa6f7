"""A sandbox as a process of its own."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from local.sandbox.server import Sandbox


def run_until_stopped(
    sandbox: Sandbox, describe: Callable[[], Mapping[str, str]], state: Path | None = None
) -> None:
    """Starts a sandbox, prints one JSON line that says where it is, serves until a signal.

    Args:
        sandbox: not started yet.
        describe: what the line says.
        state: file that holds the records from one clean end to the next start.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    if state is not None and state.exists():
        sandbox.restore(json.loads(state.read_text("utf-8")))
    with sandbox:
        print(json.dumps(describe()), flush=True)
        stopped.wait()
    if state is not None:
        fresh = state.with_suffix(".new")
        fresh.write_text(json.dumps(sandbox.snapshot(), ensure_ascii=False), "utf-8")
        fresh.replace(state)
