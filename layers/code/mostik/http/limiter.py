"""The limiter: one bucket per vendor key, shared by every worker (GCRA).

Where the vendor drains its counter once a second in one go, as Bitrix24 does, our even pace can run
ahead of it by almost a whole second's worth. The ceilings keep that much below the vendor's
threshold, and a little more for requests that arrive closer together than they were sent; so a
bucket that only we fill never overflows, at whatever moment of its second the vendor drains it
(tests/unit/gates/test_limiter_proof.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mostik.errors import RateLimited, WhoActs
from mostik.http.gate import Lane
from mostik.ports import Clock, RemainingTime, Sleep, Slots

PATIENCE_SECONDS = 2.0
"""A call waits so long for its slot; its job is held if that would not be enough."""
CROWDED_SECONDS = PATIENCE_SECONDS / 2
"""A call that waits longer shows that no further jobs should be let in."""
_SOONEST_SECONDS = 0.1
JITTER_SECONDS = 0.25
"""Requests may reach the vendor so much closer together than they were sent."""
_TIME_RESERVE = 5.0
"""Seconds that a call needs after its slot has come."""
_RESERVED_SECONDS: Mapping[Lane, float] = {
    Lane.EVENT: 0.0,
    Lane.MANUAL: 0.5,
    Lane.SYNC: 1.0,
    Lane.BACKFILL: 1.5,
}
"""What a lane leaves to those above it, in seconds of our pace. It may be little: a lower lane can
fill its own room and the slots of its patience, and a higher one still finds one within its own
patience."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A vendor's limit of requests.

    Attributes:
        key: what the vendor counts by (a portal's host): connections with one key share it.
        per_second: how many requests it forgets in a second.
        burst: how many it remembers before it refuses.
    """

    key: str
    per_second: float
    burst: int

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.burst < 1:
            raise ValueError("a limit lets through at least something")


class Limiter:
    """Admits the calls of one connection at the pace of its vendor.

    Args:
        slots: the shared buckets.
        limit: the vendor's limit.
        share: the part of it that is ours to use, above 0 and at most 1.
        connection: its id, the gate that refusals name.
        clock: unix seconds.
        sleep: waits.
    """

    def __init__(
        self,
        slots: Slots,
        limit: Limit,
        *,
        share: float,
        connection: str,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        self._slots = slots
        self._key = limit.key
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self.pace = limit.per_second * share
        self._increment = 1.0 / self.pace
        self._full = limit.burst / limit.per_second
        self._most = room(limit, share) * self._increment
        self._filled = 0

    def admit(self, lane: Lane, remaining: RemainingTime) -> None:
        """Returns when the call may be made.

        Raises:
            RateLimited: no slot within the time that the call may wait.
            Busy: the bucket cannot be read.
        """
        reserved = _RESERVED_SECONDS[lane]
        ceiling = max(self._increment, self._most - reserved)
        # Where the room is too small to leave something, the lane is less patient.
        patience = self._most - reserved + PATIENCE_SECONDS - ceiling
        began = self._clock()
        while True:
            seen = self._filled
            now = self._clock()
            may_wait = min(patience - (now - began), remaining() - _TIME_RESERVE)
            slot = self._slots.take(
                self._key,
                now=now,
                increment=self._increment,
                ceiling=ceiling,
                patience=max(0.0, may_wait),
            )
            if not slot.granted:
                raise RateLimited(
                    "The external system takes a limited number of calls a second; this one waits"
                    " for its turn.",
                    who=WhoActs.SYSTEM,
                    retry_after=max(slot.wait - patience, _SOONEST_SECONDS),
                    gate=self._connection,
                    pace=self.pace,
                )
            if slot.wait <= 0:
                return
            self._sleep(slot.wait)
            if seen == self._filled:
                return
            # Meanwhile the vendor has refused a call of ours: that slot is worth nothing.

    def fill(self, retry_after: float | None) -> None:
        """Takes in a refusal: the vendor's bucket is full now, whoever filled it.

        Args:
            retry_after: seconds for which the vendor will go on refusing, if it said so.

        Raises:
            Busy: the bucket cannot be written.
        """
        self._filled += 1
        asked = (retry_after or 0.0) + self._most - self._increment
        self._slots.fill(self._key, now=self._clock(), level=max(self._full, asked))


def room(limit: Limit, share: float) -> float:
    """Returns how many calls we may have outstanding in our share of the bucket.

    In any time T the vendor drains at least ``per_second`` times the whole seconds in it, and at
    most room + ``per_second`` x (T + jitter) of our calls arrive: the room keeps the difference
    below the burst also at the worst moment, just before the vendor drains. At least one, or
    nothing would ever be admitted: then a vendor that counts in whole seconds may refuse a call,
    and the limiter learns from it.
    """
    ahead = max(0.0, limit.per_second - 1.0) + limit.per_second * JITTER_SECONDS
    return max(1.0, (limit.burst - ahead) * share)
