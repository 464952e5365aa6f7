"""``Slots`` in memory; tests/aws proves it against moto and the emulator."""

from __future__ import annotations

from typing import ClassVar

from mostik.ports import Slot
from tests.support.faults import Faults


class MemorySlots(Faults):
    """Shared rate limits in memory.

    Attributes:
        empty_at: when each bucket is empty: for a test to look at.
    """

    OPERATIONS: ClassVar = ("take", "fill", "level")

    def __init__(self) -> None:
        super().__init__()
        self.empty_at: dict[str, float] = {}

    def take(
        self, key: str, *, now: float, increment: float, ceiling: float, patience: float = 0.0
    ) -> Slot:
        """See ``Slots.take``."""
        with self._operation("take"):
            after = max(self.empty_at.get(key, now), now) + increment
            wait = after - now - ceiling
            if wait > patience:
                return Slot(False, wait)
            self.empty_at[key] = after
            return Slot(True, max(0.0, wait))

    def fill(self, key: str, *, now: float, level: float) -> None:
        """See ``Slots.fill``."""
        with self._operation("fill"):
            self.empty_at[key] = max(self.empty_at.get(key, 0.0), now + level)

    def level(self, key: str, *, now: float) -> float:
        """See ``Slots.level``."""
        with self._operation("level"):
            return max(0.0, self.empty_at.get(key, 0.0) - now)
