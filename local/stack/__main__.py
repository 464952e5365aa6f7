"""``python -m local.stack down-all`` stops every local stack of this project; their state stays."""

from __future__ import annotations

import sys

from local.stack.errors import LocalStackError
from local.stack.lifecycle import down
from local.stack.places import ROOT


def main(arguments: list[str]) -> int:
    """Stop what runs; 1 when something did not stop."""
    if arguments != ["down-all"]:
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    for record in sorted((ROOT / ".local").glob("*/emulator.pid")):
        try:
            if down(record.parent):
                print(f"stopped {record.parent.name}", file=sys.stderr)
        except LocalStackError as error:
            print(error, file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
