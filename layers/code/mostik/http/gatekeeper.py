"""The gate of one connection: breaker, pause, parked endpoints and limiter, in this order.

What a gate needs from the state table may be away for a moment. Then the call goes out: the
vendor's own limits still hold, and a limiter must not become the outage.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mostik.errors import ONE_AT_A_TIME, RateLimited, WhoActs
from mostik.http.breaker import Breaker
from mostik.http.endpoint import Endpoint
from mostik.http.gate import Fate, Lane, parked_name
from mostik.http.limiter import Limiter
from mostik.http.parking import Parking
from mostik.ports import Busy, Clock, RemainingTime
from mostik.telemetry import Emit, metric_line

Answer = TypeVar("Answer")
Result = TypeVar("Result")

PAUSE_SECONDS = 60.0
"""How often one held job looks whether a paused connection was resumed."""


class Gatekeeper:
    """``CallGate`` of one connection, over the stack's state.

    Args:
        connection: its id.
        paused: a person has stopped its calls.
        limiter: ``None`` where the vendor states no limit.
        parking: ``None`` where no endpoint has a limit of its own.
        breaker: ``None`` runs every call.
        clock: unix seconds.
        emit: writes one line to the function's log.
    """

    def __init__(
        self,
        connection: str,
        *,
        clock: Clock,
        emit: Emit,
        paused: bool = False,
        limiter: Limiter | None = None,
        parking: Parking | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._emit = emit
        self._paused = paused
        self._limiter = limiter
        self._parking = parking
        self._breaker = breaker

    def guarded(self, exchange: Callable[[], Answer]) -> Answer:
        """See ``CallGate.guarded``."""
        if self._paused:  # before the breaker: a pause must not be chosen to probe
            raise self._pause()
        return exchange() if self._breaker is None else self._breaker.run(exchange)

    def admit(self, endpoint: Endpoint, lane: Lane, remaining: RemainingTime) -> None:
        """See ``CallGate.admit``."""
        refusal = self.closed(endpoint)
        if refusal is not None:
            raise refusal
        limiter = self._limiter
        if limiter is not None:
            self._tried(lambda: limiter.admit(lane, remaining))

    def closed(self, endpoint: Endpoint) -> RateLimited | None:
        """See ``CallGate.closed``."""
        if self._paused:
            return self._pause()
        parking = self._parking
        until = None if parking is None else self._tried(lambda: parking.until(endpoint))
        if until is None:
            return None
        return RateLimited(
            "This method has used up its working time on the other side and rests until some of it"
            " is given back.",
            who=WhoActs.SYSTEM,
            retry_after=until - self._clock(),
            gate=parked_name(self._connection, endpoint),
            pace=ONE_AT_A_TIME,
        )

    def learn(self, endpoint: Endpoint, fate: Fate) -> None:
        """See ``CallGate.learn``. A refusal is told what the gate knows of its time and pace."""
        parking, feedback, error = self._parking, fate.feedback, fate.error
        if parking is not None and feedback is not None:
            if feedback.resets_at is not None:
                parking.heard(endpoint, feedback.resets_at)
            rests_until = feedback.parked_until
            if rests_until is not None:
                self._tried(lambda: parking.park(endpoint, rests_until))
        if isinstance(error, RateLimited):
            self._refused(endpoint, error)

    def _refused(self, endpoint: Endpoint, error: RateLimited) -> None:
        parking, limiter = self._parking, self._limiter
        if error.gate == parked_name(self._connection, endpoint):
            error.pace = ONE_AT_A_TIME
            if parking is not None:
                until = self._tried(lambda: parking.refused(endpoint, error.retry_after))
                if until is not None:
                    error.retry_after = max(until - self._clock(), 0.0)
        elif limiter is not None:
            error.pace = limiter.pace
            self._tried(lambda: limiter.fill(error.retry_after))

    def _pause(self) -> RateLimited:
        return RateLimited(
            "This connection is paused: its jobs wait until a person resumes it.",
            who=WhoActs.ADMIN,
            retry_after=PAUSE_SECONDS,
            gate=self._connection,
            pace=ONE_AT_A_TIME,
        )

    def _tried(self, step: Callable[[], Result]) -> Result | None:
        try:
            return step()
        except Busy:
            self._emit(
                metric_line(
                    "worker",
                    {"GatesUnreadable": 1},
                    now=self._clock(),
                    fields={"connection": self._connection},
                )
            )
            return None
