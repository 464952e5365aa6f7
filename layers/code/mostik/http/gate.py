"""What stands between a client and the other side: the contract of gates, and their vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from mostik.errors import MostikError, RateLimited
from mostik.http.endpoint import Endpoint
from mostik.ports import RemainingTime

Answer = TypeVar("Answer")


class Lane(StrEnum):
    """How urgent a call is, the most urgent first: a lower lane leaves room to those above it."""

    EVENT = "event"
    """Somebody did something just now."""
    MANUAL = "manual"
    """A person waits for it."""
    SYNC = "sync"
    """A scheduled run."""
    BACKFILL = "backfill"
    """The first filling, or everything anew."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a good answer says of the endpoint's own budget (Bitrix24's ``operating``).

    Attributes:
        parked_until: unix seconds until which the endpoint should rest, because its budget is
            nearly used up.
        resets_at: unix seconds when the vendor gives some of the budget back.
    """

    parked_until: float | None
    resets_at: float | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What came of an admitted call.

    Attributes:
        status: HTTP status, when there was an answer.
        error: what the call raises, ``None`` when it was good.
        feedback: see ``Feedback``.
    """

    status: int | None
    error: MostikError | None = None
    feedback: Feedback | None = None


class CallGate(Protocol):
    """The gate of one connection. Shared by threads.

    The name of what is closed is the connection's id, or ``<connection>:<path>`` when one endpoint
    is parked (``parked_name``).
    """

    def admit(self, endpoint: Endpoint, lane: Lane, remaining: RemainingTime) -> None:
        """Returns when the call may be made; waits at most two seconds for a slot.

        Raises:
            RateLimited: it may not be made now; names the gate and when to come again.
        """
        ...

    def closed(self, endpoint: Endpoint) -> RateLimited | None:
        """Returns why a call of this endpoint would be refused, the limiter and the breaker aside;
        takes no slot."""
        ...

    def learn(self, endpoint: Endpoint, fate: Fate) -> None:
        """Takes in what came of an admitted call."""
        ...

    def guarded(self, exchange: Callable[[], Answer]) -> Answer:
        """Runs a whole exchange (admission included), unless the other side is known to be down.

        Raises:
            RateLimited: it is down; nothing was run.
            MostikError: what the exchange raised.
        """
        ...


class OpenGate:
    """Lets everything through."""

    def admit(self, endpoint: Endpoint, lane: Lane, remaining: RemainingTime) -> None:
        """See ``CallGate.admit``."""

    def closed(self, endpoint: Endpoint) -> RateLimited | None:
        """See ``CallGate.closed``."""
        del endpoint  # nothing is
        return None

    def learn(self, endpoint: Endpoint, fate: Fate) -> None:
        """See ``CallGate.learn``."""

    def guarded(self, exchange: Callable[[], Answer]) -> Answer:
        """See ``CallGate.guarded``."""
        return exchange()


def parked_name(connection: str, endpoint: Endpoint) -> str:
    """The name of the gate of one endpoint of a connection."""
    return f"{connection}:{endpoint.path}"
