"""Names of canonical fields, dotted for those inside of parts (``lines.quantity``)."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1_024)
def common(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    """Returns the fields that two sides can both hold; ``None`` stands for all.

    A run asks it of every record, so answers are remembered.

    ``lines`` holds whatever is in a line: of ``lines`` and ``lines.price`` the latter is common.
    """
    if left is None or right is None:
        return right if left is None else left
    within = {name for name in left if _held(name, right)}
    return frozenset(within | {name for name in right if _held(name, left)})


def _held(name: str, by: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:length]) in by for length in range(1, len(parts) + 1))
