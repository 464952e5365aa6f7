"""The two ends of a link, and which way a rule holds."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    """The two ends of a link."""

    LEFT = "left"
    RIGHT = "right"

    # That of its name, which an enum has, is slow; a run looks into a pair for every row it lists.
    __hash__ = str.__hash__

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Way(StrEnum):
    """Which way a rule holds."""

    BOTH = "both"
    TO_RIGHT = "to_right"
    TO_LEFT = "to_left"

    def leads_to(self, side: Side) -> bool:
        """Whether it holds for records that go to this side."""
        return self is Way.BOTH or (self is Way.TO_RIGHT) == (side is Side.RIGHT)
