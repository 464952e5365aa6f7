"""Paced polling: 1C asks "ready?" in a tight loop, so each answer is held for some seconds."""

from __future__ import annotations

from collections.abc import Callable

from mostik.commerceml.imports import ImportRow
from mostik.ports import Clock, Sleep

_PAUSES = (0.2, 0.3, 0.5, 1.0, 1.5)
_LONGEST_PAUSE = 2.0


def followed(
    row: ImportRow,
    look: Callable[[ImportRow], ImportRow],
    *,
    seconds: float,
    monotonic: Clock,
    sleep: Sleep,
) -> ImportRow:
    """Looks at an import until it has ended or the time is over.

    Args:
        row: as it stood a moment ago.
        look: reads it again.
        seconds: to hold the answer at the most.
        monotonic: seconds that never jump.
        sleep: waits.

    Returns:
        The row as last read.
    """
    until = monotonic() + seconds
    pauses = iter(_PAUSES)
    while not row.state.is_final:
        left = until - monotonic()
        if left <= 0:
            break
        sleep(min(next(pauses, _LONGEST_PAUSE), left))
        row = look(row)
    return row
