"""One measured client in a process of its own: ``python -m bench.bitrix_caller``.

Reads one JSON line of settings, answers ``ready``, waits for another line, does the work once and
prints one JSON line: seconds, how many records the client speaks of, by how much its memory grew,
when the portal refused it, and the error that ended it.
"""

from __future__ import annotations

import json
import sys
import time
from multiprocessing.managers import BaseManager
from pathlib import Path
from typing import Any

from bench.bitrix_clients import Floor, Ours, Worker
from bench.bitrix_peers import B24PySdk, FastBitrix24
from bench.bitrix_portal import faster
from mostik.http.limiter import Limit
from mostik.ports import Slots
from tests.support.slots import MemorySlots


class SlotsManager(BaseManager):
    """Shares the buckets of one process with others, as the state table does in the cloud."""

    slots: Any


def client_for(told: Any) -> Worker:
    """Returns the client that the settings name."""
    webhook = told["webhook"]
    match told["client"]:
        case "floor":
            return Floor(webhook)
        case "fast_bitrix24":
            return FastBitrix24(webhook, limited=told.get("limit") is not None)
        case "b24pysdk":
            return B24PySdk(webhook)
    times = told.get("times", 1)
    limit = told.get("limit")
    return Ours(
        webhook,
        limit=None if limit is None else Limit("portal", limit["per_second"], limit["burst"]),
        slots=_slots(told.get("slots")),
        clock=faster(told.get("start", 0.0), times),
        sleep=lambda seconds: time.sleep(seconds / times),
    )


def _slots(address: Any) -> Slots:
    if address is None:
        return MemorySlots()
    SlotsManager.register("slots")
    manager = SlotsManager(address=tuple(address), authkey=b"bench")
    manager.connect()
    slots: Slots = manager.slots()
    return slots


def do(client: Worker, told: Any) -> int:
    """Does the work that the settings name. Returns how many records the client speaks of."""
    numbers = range(told.get("first", 1), told.get("first", 1) + told.get("records", 0))
    match told["work"]:
        case "list":
            return client.list()
        case "add":
            return client.add(numbers)
        case "update":
            return client.update(numbers)
        case "list and add":
            began = time.perf_counter()
            listed = client.list()
            told["listed_after"] = time.perf_counter() - began
            return listed + client.add(numbers)
    raise ValueError(told["work"])


def memory(name: str) -> float:
    """Returns a figure of this process in MB: ``VmRSS`` now, ``VmHWM`` at its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measured(client: Worker, told: Any) -> dict[str, Any]:
    """Does the work once. Returns what came of it."""
    before = memory("VmRSS")
    began, at = time.perf_counter(), time.time()
    error, records = None, 0
    try:
        records = do(client, told)
    except Exception as failure:  # noqa: BLE001 - how it fails is a result
        error = f"{type(failure).__name__}: {failure}"[:70]
    return {
        "seconds": time.perf_counter() - began,
        "records": records,
        "listed_after": told.get("listed_after"),
        "error": error,
        "grown_mb": max(0.0, memory("VmHWM") - before),
        "refused": [moment - at for moment in getattr(client, "refused", [])],
    }


def main() -> None:
    """See the module."""
    told = json.loads(sys.stdin.readline())
    client = client_for(told)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(json.dumps(measured(client, told)) + "\n")


if __name__ == "__main__":
    main()
