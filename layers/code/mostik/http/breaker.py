"""The breaker of a connection: Powertools' ``circuit_breaker`` over our own table.

Fed by transport errors and 5xx only. How it trips, what is Powertools' and what ours, and why:
docs/decisions/2026-11-24-circuit-breaker.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    CircuitState,
    CircuitTransition,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import (
    CircuitBreakerPersistenceLayer,
    CircuitStateRecord,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence.base import (
    CircuitBreakerExistingLockError,
)

from mostik.errors import (
    ONE_AT_A_TIME,
    CallFailed,
    MostikError,
    RateLimited,
    RetryLater,
    Unknown,
    WhoActs,
)
from mostik.ports import Clock, Item, Table
from mostik.telemetry import Emit, metric_line

Answer = TypeVar("Answer")

FAILURES = 5
"""So many in a row, in one worker process, open the circuit."""
RECOVERY_SECONDS = 30
CACHE_SECONDS = 5
PROBE_SECONDS = 5.0
"""A job comes back after so long when another worker is trying the other side just now."""

_PARTITION = "breakers"


class _Config(CircuitBreakerConfig):
    """Counts by what an error says, not by its type: a limit is a ``RetryLater`` too."""

    def counts_as_failure(self, exception: Exception) -> bool:
        """Whether an exception says that the other side is down."""
        return is_outage(exception)


def is_outage(error: Exception) -> bool:
    """Whether an error says that the other side is down: no answer, or a 5xx that is no limit.

    One that says when to come back is not: the other side is alive and has a plan.
    """
    if not isinstance(error, RetryLater | Unknown) or isinstance(error, RateLimited):
        return False
    return error.retry_after is None and (error.status is None or error.status >= 500)


def config(
    *,
    failures: int = FAILURES,
    recovery_seconds: int = RECOVERY_SECONDS,
    cache_seconds: int = CACHE_SECONDS,
) -> CircuitBreakerConfig:
    """Returns Powertools' settings; one good answer closes a circuit."""
    return _Config(
        failure_threshold=failures,
        recovery_timeout=recovery_seconds,
        success_threshold=1,
        local_cache_max_age=cache_seconds,
    )


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit that is not closed, for a person to look at.

    Attributes:
        connection: whose.
        state: OPEN or HALF_OPEN.
        opened_at: unix seconds since when the other side counts as down.
    """

    connection: str
    state: str
    opened_at: float


class Circuits(CircuitBreakerPersistenceLayer):
    """The circuits of a stack in the state table: rows ``breakers`` / connection.

    Args:
        table: the state table.
        clock: unix seconds; used for the election of a prober only, the rest is Powertools' own.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        super().__init__()
        self._table = table
        self._clock = clock

    def broken(self) -> Sequence[Circuit]:
        """Returns every circuit that is not closed."""
        items = self._table.query(_PARTITION).items
        return [
            Circuit(item["sk"], item["state"], float(item.get("opened_at") or 0.0))
            for item in items
            if item["state"] != CircuitState.CLOSED.value
        ]

    def reset(self, connection: str) -> bool:
        """Closes a circuit by a person's decision; workers know within the cache time.

        Returns:
            Whether it was open.
        """
        standing = self._table.get(_PARTITION, connection)
        self._table.remove(_PARTITION, connection)
        return standing is not None and standing["state"] != CircuitState.CLOSED.value

    def _get_record(self, name: str) -> CircuitStateRecord | None:
        item = self._table.get(_PARTITION, name)
        return _from_item(item) if item is not None else None

    def _put_record(
        self,
        record: CircuitStateRecord,
        condition: str | None = None,
        expected_opened_at: int | None = None,
    ) -> None:
        if condition is None:
            self._table.put(self._item(record, int(self._clock() * 1000)))
            return
        standing = self._table.get(_PARTITION, record.name)
        if standing is None or not self._may_probe(standing, expected_opened_at):
            raise CircuitBreakerExistingLockError
        version = int(standing["version"])
        if not self._table.replace(self._item(record, version + 1), version).done:
            raise CircuitBreakerExistingLockError

    def _update_record(self, record: CircuitStateRecord) -> None:
        self._put_record(record)

    def _may_probe(self, standing: Item, expected_opened_at: int | None) -> bool:
        record = _from_item(standing)
        if record.state == CircuitState.OPEN:
            return expected_opened_at is None or record.opened_at == expected_opened_at
        lease = record.probe_lease_expiry or 0
        return record.state == CircuitState.HALF_OPEN and lease <= self._clock()

    @staticmethod
    def _item(record: CircuitStateRecord, version: int) -> Mapping[str, Any]:
        return {
            "pk": _PARTITION,
            "sk": record.name,
            "state": record.state.value,
            "failures": record.failure_count,
            "opened_at": record.opened_at,
            "owner": record.half_open_owner,
            "lease_until": record.probe_lease_expiry,
            "expires_at": record.expiry_timestamp,
            "version": version,
        }


def _from_item(item: Item) -> CircuitStateRecord:
    return CircuitStateRecord(
        name=item["sk"],
        state=CircuitState(item["state"]),
        failure_count=int(item["failures"]),
        opened_at=item.get("opened_at"),
        half_open_owner=item.get("owner"),
        probe_lease_expiry=item.get("lease_until"),
        expiry_timestamp=item.get("expires_at"),
    )


class Breaker:
    """Runs the exchanges of one connection, or refuses them while the other side is down.

    Args:
        connection: its id; the circuit's name.
        circuits: where circuits stand.
        clock: unix seconds.
        emit: writes one line to the function's log.
        settings: from ``config``.
    """

    def __init__(
        self,
        connection: str,
        circuits: Circuits,
        *,
        clock: Clock,
        emit: Emit,
        settings: CircuitBreakerConfig | None = None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._emit = emit
        self._settings = settings or config()
        self._run = circuit_breaker(
            name=connection,
            persistence_store=circuits,
            on_transition=self._changed,
            config=self._settings,
        )(_outcome)

    def run(self, exchange: Callable[[], Answer]) -> Answer:
        """Runs an exchange.

        Raises:
            RateLimited: the other side is down; nothing was run.
            MostikError: what the exchange raised.
        """
        try:
            outcome = self._run(exchange)
        except CircuitBreakerOpenError as error:
            raise self._refusal(error) from None
        if isinstance(outcome, _Refused):
            raise outcome.error
        return cast(Answer, outcome)

    def _refusal(self, error: CircuitBreakerOpenError) -> RateLimited:
        circuit = error.circuit
        rest = PROBE_SECONDS
        if circuit is not None and circuit.state == CircuitState.OPEN:
            ends = (circuit.opened_at or 0) + self._settings.recovery_timeout
            rest = max(ends - self._clock(), rest)
        return RateLimited(
            "The external system is down: it did not answer or failed several times in a row. It"
            " is tried again by itself.",
            who=WhoActs.SYSTEM,
            retry_after=rest,
            gate=self._connection,
            pace=ONE_AT_A_TIME,
        )

    def _changed(self, transition: CircuitTransition) -> None:
        self._emit(
            metric_line(
                "worker",
                {f"Circuit{_SPELLED[transition.to_state]}": 1},
                now=self._clock(),
                fields={"connection": self._connection, "was": transition.from_state.value},
            )
        )


_SPELLED = {
    CircuitState.CLOSED: "Closed",
    CircuitState.OPEN: "Opened",
    CircuitState.HALF_OPEN: "Probed",
}


@dataclass(frozen=True, slots=True)
class _Refused:
    """The other side is alive and said no."""

    error: MostikError


def _outcome(exchange: Callable[[], Answer]) -> Answer | _Refused:
    """What Powertools sees: a refusal with an answer behind it is a good sign, so it is returned;
    an outage is raised and counted; the rest (a gate of ours, no time left) says nothing and is
    raised too, which its settings do not count."""
    try:
        return exchange()
    except CallFailed as error:
        if error.status is None or is_outage(error):
            raise
        return _Refused(error)
