"""How long a call may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, between two bytes, and for the whole answer."""

    connect: float = 5.0
    read: float = 30.0
    total: float = 60.0

    def within(self, budget: float) -> Timeouts:
        """Returns these, none longer than ``budget`` seconds."""
        return Timeouts(min(self.connect, budget), min(self.read, budget), min(self.total, budget))
