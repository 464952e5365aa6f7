"""``python -m bench [SUITE...]``: measures, prints a table on stderr and one JSON line on stdout.

``SHORT=1`` is the short form for CI, with a results file of its own. The exit code says whether
everything was measured, not whether every target was met; the suites ``onec`` and ``onec-night``,
which run only when they are named, promise instead of comparing: there it says both.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT / "layers" / "code"), str(_ROOT / "functions")]
os.environ.pop("AWS_CA_BUNDLE", None)  # the stubs have a certificate of their own

from bench import admin, bitrix, client, cml, door, jobs, log, onec, onec_night, sync  # noqa: E402 - the path comes first
from bench.rows import Row, save, table  # noqa: E402

SUITES: dict[str, Callable[[bool], Sequence[Row]]] = {
    "door": door.measure,
    "client": client.measure,
    "log": log.measure,
    "jobs": jobs.measure,
    "bitrix": bitrix.measure,
    "cml": cml.measure,
    "sync": sync.measure,
    "admin": admin.measure,
    "onec": onec.measure,
    "onec-night": onec_night.measure,
}
_ON_REQUEST = frozenset({"onec", "onec-night"})
"""They take a local stack and their time; they fail where a target is not met."""


def main(names: Sequence[str]) -> int:
    """Runs suites by name; without one, all that need not be named."""
    short = os.environ.get("SHORT", "") not in ("", "0")
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"no suite {unknown[0]!r}; suites: {', '.join(SUITES)}", file=sys.stderr)
        return 2
    chosen = list(names) or [name for name in SUITES if name not in _ON_REQUEST]
    rows: list[Row] = []
    for name in chosen:
        print(f"bench {name}{' (short)' if short else ''}", file=sys.stderr)
        rows += SUITES[name](short)
    save(rows, chosen, short=short)
    print(table(rows), file=sys.stderr)
    print(json.dumps([asdict(row) for row in rows]))
    return int(any(row.suite in _ON_REQUEST and not row.met for row in rows))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
