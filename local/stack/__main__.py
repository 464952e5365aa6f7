"""The steps of the local stack that the Makefile takes one by one.

python -m local.stack build RUNTIME ARCHITECTURE [FOLDER]   build for any machine, not only this one
python -m local.stack down-all                              stop every local stack, keep state
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from local.stack.build import build
from local.stack.errors import LocalStackError
from local.stack.lifecycle import down
from local.stack.places import ARCHITECTURES, ROOT, Target


def main(arguments: list[str]) -> int:
    """Do one step; 1 when it failed, 2 when it is not known."""
    try:
        match arguments:
            case ["build", runtime, architecture, *rest] if architecture in ARCHITECTURES:
                _build(Target(runtime, architecture), *(Path(folder) for folder in rest))
            case ["down-all"]:
                _down_all()
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (LocalStackError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _build(target: Target, folder: Path | None = None) -> None:
    started = time.monotonic()
    built = build(target, folder)
    how = f"{time.monotonic() - started:.1f} s" if built.fresh else "unchanged"
    where = built.template.parent.relative_to(ROOT)
    print(f"built for {target} in {where} ({how})", file=sys.stderr)


def _down_all() -> None:
    for record in sorted((ROOT / ".local").glob("*/emulator.pid")):
        if down(record.parent):
            print(f"stopped {record.parent.name}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
