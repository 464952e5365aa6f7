"""What an odd shop is set up with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OddConfig:
    """Its settings.

    Attributes:
        host: where it listens.
        port: 0 is a free one.
        token: what callers put into ``X-Token``.
        most_rows: the largest page, whatever is asked for.
        stale_share: of the GETs: they are answered with what was so ``stale_seconds`` ago.
        stale_seconds: see above.
        seed: of the choice of those.
        skew: seconds that its clock is ahead.
        latency: seconds that every answer takes longer.
        clock: unix seconds.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str = "sandbox-odd-token-0000"  # noqa: S105 - a made-up sandbox value
    most_rows: int = 25
    stale_share: float = 0.02
    stale_seconds: float = 3.0
    seed: int = 1
    skew: float = 0.0
    latency: float = 0.0
    clock: Callable[[], float] = time.time
