"""What a run of the harness counts: its one JSON line is made of this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Say = Callable[[str], None]
"""Takes one line of progress, for stderr."""


@dataclass
class Tally:
    """What was done to the system under test, and which promises it broke.

    Attributes:
        events: events that were accepted.
        kills: invocations that ended in the middle of something.
        throttles: calls of an AWS port that were refused or whose answer was lost.
        faults: calls of the external API that failed, or whose answer was lost or cut.
        duplicates: messages and deliveries that came twice.
        violations: each broken promise in one sentence, with the seed.
    """

    events: int = 0
    kills: int = 0
    throttles: int = 0
    faults: int = 0
    duplicates: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds another run's figures."""
        self.events += other.events
        self.kills += other.kills
        self.throttles += other.throttles
        self.faults += other.faults
        self.duplicates += other.duplicates
        self.violations += other.violations
