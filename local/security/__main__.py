"""``python -m local.security TRANSLATED``: every check in turn; what it found, and 1 if anything.

The tools live in an environment of their own (requirements-security.txt).
"""

from __future__ import annotations

import sys
from pathlib import Path

from local.security.checks import CHECKS, Unavailable
from local.stack.errors import LocalStackError


def main(arguments: list[str]) -> int:
    """Runs the checks. Returns the exit status."""
    if len(arguments) != 1:
        print("usage: python -m local.security TRANSLATED_TEMPLATE", file=sys.stderr)
        return 2
    found = 0
    for name, check in CHECKS.items():
        try:
            problems = list(check(Path(arguments[0])))
        except Unavailable as why:
            print(f"{name}: not asked: {why}", file=sys.stderr)
            continue
        except LocalStackError as error:
            problems = [str(error)]
        found += len(problems)
        print(f"{name}: {len(problems) or 'nothing'} found", file=sys.stderr)
        for problem in problems:
            print(f"  {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
