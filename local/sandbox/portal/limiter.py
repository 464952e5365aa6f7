"""The portal's two limits: requests per second, and execution time per method.

Both follow https://github.com/bitrix24/b24restdocs/blob/main/limits.md; what that page leaves open
is decided here and said in the docstrings. None of it was measured on a real portal.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests per portal and source address.

    Attributes:
        threshold: X, how high the counter may rise (50, and 250 on Enterprise).
        per_second: Y, by how much it falls once a second (2, and 5 on Enterprise).
    """

    threshold: int = 50
    per_second: float = 2.0


@dataclass
class LeakyBucket:
    """The request counter of one source address.

    Ours, where the documentation is silent: the counter falls at whole seconds of the clock, a
    refused request does not raise it, and the request that would lift it above X is the first one
    refused.
    """

    limit: RateLimit
    clock: Callable[[], float]
    level: float = 0.0
    _second: int = field(init=False)

    def __post_init__(self) -> None:
        self._second = math.floor(self.clock())

    def admit(self) -> bool:
        """Counts one request, or refuses it."""
        second = math.floor(self.clock())
        if second > self._second:
            drained = self.limit.per_second * (second - self._second)
            self.level = max(0.0, self.level - drained)
            self._second = second
        if self.level + 1 > self.limit.threshold:
            return False
        self.level += 1
        return True


WINDOW_SECONDS = 600
_BASKET_SECONDS = 60


@dataclass
class OperatingLedger:
    """Execution time per method over ten one-minute baskets.

    Attributes:
        clock: unix seconds.
        limit: seconds in ten minutes after which a method is blocked; ``None`` counts and never
            blocks.
    """

    clock: Callable[[], float]
    limit: float | None = None
    _baskets: defaultdict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    def charge(self, method: str, seconds: float) -> None:
        """Adds the time of one call."""
        basket = self._live(method)
        minute = int(self.clock() // _BASKET_SECONDS)
        basket[minute] = basket.get(minute, 0.0) + seconds

    def used(self, method: str) -> float:
        """Seconds that the method spent in the last ten minutes: ``time.operating``."""
        return sum(self._live(method).values())

    def reset_at(self, method: str) -> int:
        """Unix time when the oldest basket is forgotten: ``time.operating_reset_at``."""
        basket = self._live(method)
        oldest = min(basket) * _BASKET_SECONDS if basket else int(self.clock())
        return oldest + WINDOW_SECONDS

    def blocked(self, method: str) -> bool:
        """Whether the method is refused with ``OPERATION_TIME_LIMIT`` now."""
        return self.limit is not None and self.used(method) > self.limit

    def _live(self, method: str) -> dict[int, float]:
        basket = self._baskets[method]
        oldest = int((self.clock() - WINDOW_SECONDS) // _BASKET_SECONDS)
        for minute in [minute for minute in basket if minute <= oldest]:
            del basket[minute]
        return basket
