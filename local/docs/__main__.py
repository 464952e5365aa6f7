"""``python -m local.docs [PAGE...]``: writes generated pages of docs/, all of them without one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT / "layers" / "code")]

from local.docs.errors import errors_page  # noqa: E402 - the path comes first

PAGES: dict[str, Callable[[], str]] = {"errors": errors_page}


def main(names: Sequence[str]) -> int:
    """Writes pages by name."""
    unknown = [name for name in names if name not in PAGES]
    if unknown:
        print(f"no page {unknown[0]!r}; pages: {', '.join(PAGES)}", file=sys.stderr)
        return 2
    for name in names or PAGES:
        file = _ROOT / "docs" / f"{name}.md"
        file.write_text(PAGES[name](), encoding="utf-8")
        print(file.relative_to(_ROOT))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
