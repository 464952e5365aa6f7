"""``python -m local.chaos``: the harness. One line of JSON is the last of stdout.

Environment: ``EVENTS`` in all, over ``SEEDS`` (a comma list, or ``1-200``), ``TIER`` (1, 2, 3, sync
or all; nothing: 1 and sync), ``OUTAGES`` (ci, nightly or none), ``MUTANTS=0`` to leave them out,
``PROCESSES``. Of tier sync ``EVENTS`` are edits; elsewhere it has its own number of them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# The import roots of the functions; spawned processes take them from the environment.
_PATHS = [str(_ROOT), str(_ROOT / "layers" / "code"), str(_ROOT / "functions")]
sys.path[:0] = _PATHS
os.environ["PYTHONPATH"] = os.pathsep.join(_PATHS)
os.environ.pop("AWS_CA_BUNDLE", None)  # it would be used for plain loopback addresses too

EVENTS = "20000"
SEEDS = "1-8"
SYNC_EDITS = "10000"
SYNC_SEEDS = "1-2"
EDITS_A_RECORD = 5


def seeds_of(text: str) -> list[int]:
    """Reads ``1,2,7`` and ``1-200``."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def say(line: str) -> None:
    """Writes a line of progress."""
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Runs the tiers that are asked for. Returns the exit code."""
    from local.chaos import work  # noqa: PLC0415 - the path comes first
    from local.chaos.mutants import MUTANTS  # noqa: PLC0415 - the path comes first
    from local.chaos.outages import IN_CI, NIGHTLY  # noqa: PLC0415 - the path comes first
    from local.chaos.sync_mutants import SYNC_MUTANTS  # noqa: PLC0415 - the path comes first
    from local.chaos.sync_tier import SyncPlan  # noqa: PLC0415 - the path comes first
    from local.chaos.tally import Tally  # noqa: PLC0415 - the path comes first
    from local.chaos.tier1 import Plan  # noqa: PLC0415 - the path comes first

    began = time.monotonic()
    tier = os.environ.get("TIER") or ""
    processes = int(os.environ.get("PROCESSES") or min(2, os.cpu_count() or 1))
    total = Tally()
    planted = caught = 0
    tasks: list[work.Task] = []
    bugs: list[str] = []
    if tier in ("", "1", "all"):
        seeds = seeds_of(os.environ.get("SEEDS") or SEEDS)
        events = int(os.environ.get("EVENTS") or EVENTS)
        asked = os.environ.get("OUTAGES") or "ci"
        tasks += {"ci": IN_CI, "nightly": NIGHTLY, "none": ()}[asked]
        tasks += [Plan(seed, max(1, events // len(seeds))) for seed in seeds]
        bugs += [mutant.name for mutant in MUTANTS]
    if tier in ("", "sync", "all"):
        said = os.environ if tier == "sync" else {}
        seeds = seeds_of(said.get("SEEDS") or SYNC_SEEDS)
        edits = max(1, int(said.get("EVENTS") or SYNC_EDITS) // len(seeds))
        records = max(20, edits // EDITS_A_RECORD)
        tasks += [SyncPlan(seed, edits, records=records) for seed in seeds]
        bugs += [mutant.name for mutant in SYNC_MUTANTS]
    if tasks:
        tasks += [] if os.environ.get("MUTANTS") == "0" else bugs
        for task, told in zip(
            tasks, work.perform_all(tasks, say, processes=processes), strict=True
        ):
            total.add(told.tally)
            planted += told.caught is not None
            caught += told.caught is True
            if isinstance(task, Plan) and told.tally.violations:
                smallest, lines = work.shrink(task)
                say(f"the shortest found: {smallest}")
                for line in lines:
                    say(line)
    if tier in ("2", "all"):
        from local.chaos import tier2  # noqa: PLC0415 - moto is slow to import

        total.add(tier2.run(say, processes=processes))
    if tier in ("3", "all"):
        from local.chaos import tier3  # noqa: PLC0415 - it needs the local stack

        total.add(tier3.run(say))
    print(
        json.dumps(
            {
                "events": total.events,
                "kills": total.kills,
                "throttles": total.throttles,
                "faults": total.faults,
                "duplicates": total.duplicates,
                "violations": len(total.violations),
                "mutants": {"planted": planted, "caught": caught},
                "seconds": round(time.monotonic() - began, 1),
            }
        )
    )
    return 1 if total.violations or caught < planted else 0


if __name__ == "__main__":
    sys.exit(main())
