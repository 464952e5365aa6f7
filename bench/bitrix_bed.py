"""Starts what the suite ``bitrix`` measures: portals and clients, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bench.bitrix_caller import SlotsManager
from local.stack.places import ROOT
from tests.support.slots import MemorySlots

PEERS = ("fast_bitrix24", "b24pysdk")
_ROOTS = (ROOT / "layers/code", ROOT / "functions", ROOT)


class Process:
    """A process that is spoken to in lines of JSON."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", module],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, _ROOTS))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def say(self, what: Any) -> None:
        """Sends one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Returns the next line, empty when the process has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.communicate()


class Portal:
    """A portal in a process of its own."""

    def __init__(self, process: Process, settings: Any) -> None:
        self._process = process
        process.say(settings)
        self.webhook: str = json.loads(process.hear())["webhook"]

    def do(self, what: str, **more: Any) -> Any:
        """Gives an order (``bench.bitrix_portal``). Returns how the portal stands after it."""
        self._process.say({"do": what, **more})
        return json.loads(self._process.hear())


@contextmanager
def portal(**settings: Any) -> Iterator[Portal]:
    """A portal with these settings (``bench.bitrix_portal``)."""
    process = Process("bench.bitrix_portal")
    try:
        yield Portal(process, {"latency": 0.0, "start": 0.0, "times": 1, **settings})
    finally:
        process.end()


@contextmanager
def shared_slots() -> Iterator[Any]:
    """The address of buckets that several processes share."""
    slots = MemorySlots()
    SlotsManager.register("slots", callable=lambda: slots)
    manager = SlotsManager(address=("127.0.0.1", 0), authkey=b"bench")
    server = manager.get_server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.address


def run(told: Sequence[Any], patience: float, ready: Any = None) -> list[dict[str, Any]]:
    """Lets clients do their work once, all at the same time. Returns what came of each.

    Args:
        told: the settings of each (``bench.bitrix_caller``).
        patience: seconds after which one that has not ended is killed.
        ready: called when all are ready and before they begin.
    """
    processes = [Process("bench.bitrix_caller") for _ in told]

    def lose_patience() -> None:
        for process in processes:
            process.end()

    timer = threading.Timer(patience, lose_patience)
    timer.daemon = True
    try:
        for process, settings in zip(processes, told, strict=True):
            process.say(settings)
        for process in processes:
            assert process.hear() == "ready\n", "a client did not start"
        if ready is not None:
            ready()
        timer.start()
        for process in processes:
            process.say({})
        return [_result(process.hear(), patience) for process in processes]
    finally:
        timer.cancel()
        for process in processes:
            process.end()


def _result(line: str, patience: float) -> dict[str, Any]:
    if line:
        found: dict[str, Any] = json.loads(line)
        return found
    return {
        "seconds": patience, "records": 0, "error": f"not done after {patience:.0f} s",
        "grown_mb": 0.0, "refused": [],
    }  # fmt: skip
