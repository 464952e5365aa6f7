"""Working time: what a portal says that methods have used of their ten minutes, and what is over.

Source: apidocs.bitrix24.ru, limits: each method has a budget, the inner calls of a batch are each
charged to their own, the batch to none. The vendor's own JavaScript SDK measured the opposite on a
portal: the whole is charged to ``batch``, and what the inner calls show is the figure of the batch.
Both are kept apart here, and only what is over rests.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from integrations.bitrix24.transport.php import as_map


def charged(times: Mapping[str, Mapping[str, Any]], batch: Mapping[str, Any]) -> dict[str, Any]:
    """Returns which ``time`` blocks are the methods' own, the highest of each method.

    A figure that is no higher than the batch's own is a copy of that one.

    Args:
        times: by method, of inner calls; one method may have several.
        batch: of the batch.
    """
    whole = used_in(batch)
    own: dict[str, Any] = {}
    for method, time in times.items():
        used = used_in(time)
        if used is not None and (whole is None or used > whole):
            own[method] = time
    return own


def highest(blocks: list[tuple[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Returns the ``time`` block of each method that shows most: the figures only grow."""
    found: dict[str, Mapping[str, Any]] = {}
    for method, block in blocks:
        time = as_map(block)
        used = used_in(time)
        if used is not None and used >= (used_in(found.get(method, {})) or 0.0):
            found[method] = time
    return found


def used_in(time: Mapping[str, Any]) -> float | None:
    """Returns ``operating``, ``None`` where it is absent."""
    value = time.get("operating")
    return float(value) if isinstance(value, int | float) else None


class Ledger:
    """The last word of the portal on each method. Shared by threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._used: dict[str, float] = {}

    def note(self, method: str, time: Mapping[str, Any]) -> None:
        """Takes in the ``time`` block of an answer."""
        used = used_in(time)
        if used is not None:
            with self._lock:
                self._used[method] = used

    @property
    def used(self) -> Mapping[str, float]:
        """Seconds of working time in the last ten minutes, by method; ``batch`` is one."""
        with self._lock:
            return dict(self._used)
