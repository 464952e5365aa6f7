"""What a person has decided about one conflict, and about which values."""

from __future__ import annotations

from dataclasses import dataclass

from mostik.mapping.side import Side


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person has decided about one path.

    Attributes:
        side: whose value stays.
        mark: of what both sides said when that was decided; see
            ``values.mark_of``. It holds for nothing else.
    """

    side: Side
    mark: str
