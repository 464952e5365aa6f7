"""Builds the gate of each connection over the stack's state."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from mostik.connections.connection import Connection, Mode
from mostik.http.breaker import Breaker, Circuits
from mostik.http.client import Effects
from mostik.http.gatekeeper import Gatekeeper
from mostik.http.limiter import Limit, Limiter
from mostik.http.parking import Parking
from mostik.integration import Integration
from mostik.ports import Slots, Table
from mostik.telemetry import Emit


class Gatehouse:
    """Builds gates; one per container.

    Args:
        table: the state table.
        slots: the shared limits.
        effects: clock and sleep.
        emit: writes one line to the function's log.
    """

    def __init__(self, table: Table, slots: Slots, effects: Effects, emit: Emit) -> None:
        self._table = table
        self._slots = slots
        self._effects = effects
        self._emit = emit
        self._circuits = Circuits(table, effects.clock)

    def __call__(
        self, connection: Connection, integration: Integration[Any, Any], settings: BaseModel
    ) -> Gatekeeper:
        """Returns the gate of a connection that is being opened."""
        clock = self._effects.clock
        limit = _narrowed(integration.limit(settings), connection)
        return Gatekeeper(
            connection.id,
            paused=connection.mode is Mode.PAUSED,
            limiter=Limiter(
                self._slots,
                limit,
                share=connection.limit_share,
                connection=connection.id,
                clock=clock,
                sleep=self._effects.sleep,
            )
            if limit is not None
            else None,
            parking=Parking(self._table, connection.id, clock)
            if integration.dialect.parks
            else None,
            breaker=Breaker(connection.id, self._circuits, clock=clock, emit=self._emit),
            clock=clock,
            emit=self._emit,
        )


def _narrowed(limit: Limit | None, connection: Connection) -> Limit | None:
    """The vendor's limit, or our own where it is below that."""
    own = connection.calls_per_second
    if own is None or (limit is not None and limit.per_second * connection.limit_share <= own):
        return limit
    if limit is None:
        return Limit(f"own#{connection.id}", own, max(1, round(own)))
    # The share is applied to it once more; the key stays the vendor's, so that all count together.
    return Limit(limit.key, own / connection.limit_share, limit.burst)
