"""Time that passes only when a test says so."""

from __future__ import annotations

from dataclasses import dataclass, field

STARTS_AT = 1_760_000_000.0
"""2025-10-09 08:53:20 UTC."""


@dataclass
class FakeClock:
    """``Clock`` and, as ``clock.sleep``, ``Sleep``: sleeping turns the clock and takes no time.

    Attributes:
        now: unix seconds.
        slept: what was slept, in order.
    """

    now: float = STARTS_AT
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += seconds

    def sleep(self, seconds: float) -> None:
        """Sleeps without waiting."""
        self.slept.append(seconds)
        self.now += seconds
