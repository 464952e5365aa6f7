"""Creates an external object at most once, however many workers want it at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mostik.errors import RetryLater, WhoActs
from mostik.integration import RecordT
from mostik.jobs.leases import Leases, LeaseTaken
from mostik.ports import Clock


@dataclass(frozen=True, slots=True)
class Once:
    """``CreateOnce`` under a lease.

    The lease outlives a worker that dies in the middle, so the next look-up comes late enough to
    see what the dead one may have created.

    Attributes:
        leases: exclusive rights.
        owner: this invocation.
        seconds: worker timeout + the vendor's longest request.
        clock: unix seconds.
    """

    leases: Leases
    owner: str
    seconds: float
    clock: Clock

    def __call__(
        self, name: str, find: Callable[[], RecordT | None], create: Callable[[], RecordT]
    ) -> RecordT:
        """See ``CreateOnce``."""
        found = find()
        if found is not None:
            return found
        try:
            with self.leases.hold(f"create#{name}", self.owner, self.seconds):
                found = find()
                return found if found is not None else create()
        except LeaseTaken as taken:
            raise RetryLater(
                "Another worker is creating the same object; this one waits for it.",
                who=WhoActs.SYSTEM,
                retry_after=min(5.0, max(taken.until - self.clock(), 1.0)),
            ) from taken
