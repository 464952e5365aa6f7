"""How often each bad thing happens, and how much of it a run has."""

from __future__ import annotations

from dataclasses import dataclass, replace


class Killed(BaseException):
    """The process of an invocation ends here: no handler sees it."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Probabilities; all zero is a quiet day.

    Attributes:
        kill: the process ends at a boundary (one side of a call of a port or of the API).
        throttle: an AWS call is refused.
        lost: an AWS call has its effect, and its answer is lost.
        api: an external call fails in some way.
        doubt: a creation hangs, and has its effect after its caller has gone.
        duplicate: a message is delivered twice, or a sender repeats itself.
        reorder: a receive takes messages out of order.
        undeleted: Lambda's deletion of a handled message gets lost.
        jump: seconds between two clock jumps of an hour; 0: none.
        poison: an event is about a record that kills its reader.
        trouble: an event is malformed, or its record is refused for good.
        sick: from an event on all calls about its record fail for a while.
        burst: an event is followed by another one of its record within seconds.
    """

    kill: float = 0.0
    throttle: float = 0.0
    lost: float = 0.0
    api: float = 0.0
    doubt: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    undeleted: float = 0.0
    jump: float = 0.0
    poison: float = 0.0
    trouble: float = 0.0
    sick: float = 0.0
    burst: float = 0.0

    def scaled(self, factor: float) -> Odds:
        """Returns the same with every fault rarer; clock jumps come as often or not at all."""
        rarer = {name: getattr(self, name) * factor for name in self.__slots__ if name != "jump"}
        return replace(self, **rarer)


QUIET = Odds()
STORM = Odds(
    kill=0.0008,
    throttle=0.01,
    lost=0.003,
    api=0.06,
    duplicate=0.05,
    reorder=0.3,
    undeleted=0.01,
    jump=1_200.0,
    poison=0.002,
    trouble=0.01,
    sick=0.01,
    burst=0.25,
)
"""What a run of tier 1 meets."""
