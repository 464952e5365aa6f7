"""Several workers and a vendor's bucket on one virtual clock.

The bucket is the sandbox portal's own: its counter falls at whole seconds of its clock, and what
would lift it above the threshold is refused. Each worker is a process of its own: a ``Limiter`` of
its own over the shared slots, one call at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from local.sandbox.portal.limiter import LeakyBucket, RateLimit
from mostik.errors import RateLimited
from mostik.http.gate import Lane
from mostik.http.limiter import Limit, Limiter
from mostik.ports import Slots
from tests.support.slots import MemorySlots

REFUSED_WAIT = 1.0
"""What the client waits after a refusal, before it comes to the gate again."""
Delay = Callable[[], float]


@dataclass
class Traffic:
    """What happened: moments in seconds since the start.

    Attributes:
        sent: when calls went out.
        refused: when refused calls had gone out.
        done: when good answers came back.
        held: when a worker found no slot in time.
        waited: seconds from the wish to the sending, by lane.
    """

    sent: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    waited: dict[Lane, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Worker:
    """One process: its calls, its lane, what it does between two calls, when it begins."""

    calls: int
    lane: Lane = Lane.EVENT
    pause: Delay = lambda: 0.0
    begins: float = 0.0


class Play:
    """Plays workers against a bucket.

    Args:
        limit: what the limiter knows of the vendor.
        level: the vendor's counter at the start, which the limiter does not know.
        phase: where in its second the vendor's clock is at the start.
        up: seconds from the sending of a call to its arrival.
        down: seconds from there to the answer.
        share: what each worker believes to be its part.
    """

    def __init__(
        self,
        limit: Limit,
        *,
        level: float = 0.0,
        phase: float = 0.0,
        up: Delay = lambda: 0.0,
        down: Delay = lambda: 0.0,
        share: float = 1.0,
        slots: Slots | None = None,
    ) -> None:
        self._now = 0.0
        self._limit = limit
        self._share = share
        self._slots = slots or MemorySlots()
        self._up, self._down = up, down
        vendor = RateLimit(threshold=limit.burst, per_second=limit.per_second)
        self.bucket = LeakyBucket(vendor, lambda: self._now + phase)
        self.bucket.level = level
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.traffic = Traffic()

    def run(self, workers: Sequence[Worker]) -> Traffic:
        """Plays until every worker has done its calls."""
        for worker in workers:
            self._at(worker.begins, self._life(worker))
        while self._events:
            self._now, _, step = heappop(self._events)
            step()
        return self.traffic

    def _at(self, moment: float, step: Callable[[], None]) -> None:
        heappush(self._events, (moment, next(self._numbers), step))

    def _life(self, worker: Worker) -> Callable[[], None]:
        slept = 0.0

        def sleep(seconds: float) -> None:
            nonlocal slept
            slept += seconds

        limiter = Limiter(
            self._slots,
            self._limit,
            share=self._share,
            connection="portal",
            clock=lambda: self._now + slept,
            sleep=sleep,
        )
        left = worker.calls

        def want(since: float) -> None:
            nonlocal slept
            slept = 0.0
            try:
                limiter.admit(worker.lane, lambda: float("inf"))
            except RateLimited as refusal:
                self.traffic.held.append(self._now)
                self._at(self._now + (refusal.retry_after or 0.0), lambda: want(since))
                return
            sent = self._now + slept
            slept = 0.0
            self.traffic.sent.append(sent)
            self.traffic.waited.setdefault(worker.lane, []).append(sent - since)
            self._at(sent + self._up(), lambda: arrive(sent))

        def arrive(sent: float) -> None:
            admitted = self.bucket.admit()
            self._at(self._now + self._down(), lambda: answered(sent, admitted))

        def answered(sent: float, admitted: bool) -> None:
            nonlocal left
            if not admitted:
                self.traffic.refused.append(sent)
                limiter.fill(REFUSED_WAIT)
                self._at(self._now + REFUSED_WAIT, lambda: want(self._now))
                return
            self.traffic.done.append(self._now)
            left -= 1
            if left:
                self._at(self._now + worker.pause(), lambda: want(self._now))

        return lambda: want(self._now)
