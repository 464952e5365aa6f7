"""The breaker: what counts, how it opens, who tries, how it closes.

Powertools reads the machine's clock; where time passes here, the stored row is made older.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event
from typing import Any

import pytest

from mostik.errors import (
    ConfigurationError,
    GiveUp,
    MostikError,
    RateLimited,
    RetryLater,
    Unknown,
    WhoActs,
)
from mostik.http.breaker import FAILURES, RECOVERY_SECONDS, Breaker, Circuits, config, is_outage
from tests.support.memory import MemoryTable, state_table

_numbers = count()
WORDS = "It did not work."


def error(kind: type[Any], status: int | None = None, retry_after: float | None = None) -> Any:
    return kind(WORDS, who=WhoActs.SYSTEM, status=status, retry_after=retry_after)


OUTAGES = [
    error(RetryLater),
    error(Unknown),
    error(RetryLater, 500),
    error(RetryLater, 502),
    error(Unknown, 504),
]
SIGNS_OF_LIFE = [
    error(GiveUp, 404),
    error(RetryLater, 409),
    error(RateLimited, 429),
    error(RateLimited, 503),
    error(GiveUp, 501),
    error(RetryLater, 503, 30.0),
    error(RetryLater, 200),
]
SAYING_NOTHING = [
    error(RateLimited),  # a gate of ours
    error(RetryLater, None, 5.0),  # no time left
    ConfigurationError(WORDS),
    ValueError(WORDS),
]


class Side:
    """The other side: answers, or fails as told."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.trouble is not None:
            raise self.trouble
        return "an answer"


class Stand:
    """A breaker with everything around it; each has a circuit of its own."""

    def __init__(self) -> None:
        self.table: MemoryTable = state_table()
        self.name = f"connection-{next(_numbers)}"
        self.lines: list[dict[str, Any]] = []
        self.side = Side()
        self.breaker = self.container()

    def container(self) -> Breaker:
        """Another worker. Powertools counts by process, so its failures in a row are shared here;
        the stored state is what containers share in truth."""
        return Breaker(
            self.name,
            Circuits(self.table, time.time),
            clock=time.time,
            emit=lambda line: self.lines.append(json.loads(line)),
            settings=config(cache_seconds=0),
        )

    def call(self, trouble: Exception | None = None, breaker: Breaker | None = None) -> str | None:
        """One call; returns the answer, or nothing when the other side failed it."""
        self.side.trouble = trouble
        try:
            return (breaker or self.breaker).run(self.side)
        except (MostikError, ValueError) as raised:
            if raised is not trouble:
                raise
            return None

    def break_it(self) -> None:
        for _ in range(FAILURES):
            self.call(OUTAGES[0])

    def let_time_pass(self, seconds: float = RECOVERY_SECONDS + 1) -> None:
        row = dict(self.table.get("breakers", self.name) or {})
        for field in ("opened_at", "lease_until"):
            if row.get(field) is not None:
                row[field] -= int(seconds)
        self.table.put(row)

    @property
    def state(self) -> str:
        row = self.table.get("breakers", self.name)
        return row["state"] if row is not None else "CLOSED"

    def said(self, metric: str) -> int:
        return sum(1 for line in self.lines if metric in line)


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.mark.parametrize("trouble", OUTAGES, ids=repr)
def test_no_answer_and_server_errors_are_outages(trouble: Exception) -> None:
    assert is_outage(trouble)


@pytest.mark.parametrize("trouble", [*SIGNS_OF_LIFE, *SAYING_NOTHING], ids=repr)
def test_limits_refusals_and_our_own_gates_are_none(trouble: Exception) -> None:
    assert not is_outage(trouble)


@pytest.mark.parametrize("trouble", OUTAGES, ids=repr)
def test_failures_in_a_row_open_the_circuit(stand: Stand, trouble: Exception) -> None:
    # GIVEN one failure less than it takes
    for _ in range(FAILURES - 1):
        stand.call(trouble)
    assert stand.state == "CLOSED"
    # WHEN the next one fails
    stand.call(trouble)
    # THEN no further call goes out: jobs are held, and one at a time will try
    assert stand.state == "OPEN"
    with pytest.raises(RateLimited) as refusal:
        stand.call()
    assert stand.side.calls == FAILURES
    held = refusal.value
    assert (held.gate, held.pace, held.status) == (stand.name, 0.0, None)
    assert RECOVERY_SECONDS - 2 <= (held.retry_after or 0) <= RECOVERY_SECONDS
    # AND a metric says so
    assert stand.said("CircuitOpened") == 1


@pytest.mark.parametrize("life", SIGNS_OF_LIFE, ids=repr)
def test_an_answer_of_any_kind_begins_the_count_anew(stand: Stand, life: Exception) -> None:
    for trouble in [OUTAGES[0]] * (FAILURES - 1) + [life] + [OUTAGES[0]] * (FAILURES - 1):
        stand.call(trouble)
    assert stand.state == "CLOSED"


@pytest.mark.parametrize("nothing", SAYING_NOTHING, ids=repr)
def test_what_says_nothing_about_the_other_side_changes_nothing(
    stand: Stand, nothing: Exception
) -> None:
    for trouble in [OUTAGES[0]] * (FAILURES - 1) + [nothing] * 10:
        stand.call(trouble)
    assert stand.state == "CLOSED"
    stand.call(OUTAGES[0])
    assert stand.state == "OPEN"


def test_a_healthy_connection_writes_nothing(stand: Stand) -> None:
    for _ in range(20):
        assert stand.call() == "an answer"
    assert stand.table.calls["put"] == stand.table.calls["replace"] == 0


def test_other_workers_are_kept_out_too(stand: Stand) -> None:
    stand.break_it()
    with pytest.raises(RateLimited):
        stand.call(breaker=stand.container())


def test_one_good_answer_closes_it(stand: Stand) -> None:
    # GIVEN a circuit that has been open for long enough
    stand.break_it()
    stand.let_time_pass()
    # WHEN a call is good
    assert stand.call() == "an answer"
    # THEN everything goes out again
    assert stand.state == "CLOSED"
    assert stand.call() == "an answer"
    assert stand.said("CircuitProbed") == stand.said("CircuitClosed") == 1


def test_a_refusal_with_an_answer_behind_it_closes_it_too(stand: Stand) -> None:
    stand.break_it()
    stand.let_time_pass()
    stand.call(error(GiveUp, 404))
    assert stand.state == "CLOSED"


def test_a_probe_that_fails_opens_it_for_another_while(stand: Stand) -> None:
    # GIVEN
    stand.break_it()
    stand.let_time_pass()
    # WHEN one call fails
    stand.call(OUTAGES[0])
    # THEN it is open again
    assert stand.state == "OPEN"
    with pytest.raises(RateLimited):
        stand.call()
    # AND later the next one may try
    stand.let_time_pass()
    assert stand.call() == "an answer"


def blocked(side: Side, entered: Event, leave: Event) -> Callable[[], str]:
    def call() -> str:
        entered.set()
        assert leave.wait(10)
        return side()

    return call


def test_only_one_tries_at_a_time(stand: Stand) -> None:
    # GIVEN a worker that is trying the other side
    stand.break_it()
    stand.let_time_pass()
    entered, leave = Event(), Event()
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(stand.container().run, blocked(stand.side, entered, leave))
        try:
            assert entered.wait(10)
            # THEN everybody else is kept out meanwhile, and comes back soon
            for breaker in (stand.breaker, stand.container()):
                with pytest.raises(RateLimited) as refusal:
                    stand.call(breaker=breaker)
                assert refusal.value.retry_after == 5.0
        finally:
            stand.side.trouble = None
            leave.set()
        assert probe.result() == "an answer"
    # AND its good answer lets all of them in
    assert stand.call(breaker=stand.container()) == "an answer"


def test_a_prober_that_died_is_replaced(stand: Stand) -> None:
    # GIVEN a worker that was chosen to try and never ended
    stand.break_it()
    stand.let_time_pass()
    circuits = Circuits(stand.table, time.time)
    row = stand.table.get("breakers", stand.name) or {}
    assert circuits.try_acquire_half_open(stand.name, "the dead", row["opened_at"])
    with pytest.raises(RateLimited):
        stand.call()
    # WHEN its lease is over
    stand.let_time_pass()
    # THEN another one tries
    assert stand.call() == "an answer"
    assert stand.state == "CLOSED"


def test_a_person_sees_and_resets_it(stand: Stand) -> None:
    # GIVEN
    circuits = Circuits(stand.table, time.time)
    assert list(circuits.broken()) == []
    stand.break_it()
    # THEN it is listed
    (circuit,) = circuits.broken()
    assert (circuit.connection, circuit.state) == (stand.name, "OPEN")
    # WHEN a person resets it
    assert circuits.reset(stand.name)
    # THEN calls go out at once
    assert stand.call() == "an answer"
    assert not circuits.reset(stand.name)


def test_state_that_cannot_be_read_lets_calls_through(stand: Stand) -> None:
    # GIVEN an open circuit and a table that is away
    stand.break_it()
    stand.table.fail_next("get", times=1)
    # THEN the call goes out
    assert stand.call() == "an answer"


def test_state_that_cannot_be_written_does_not_hide_the_outcome(stand: Stand) -> None:
    stand.table.fail_next("put", times=1)
    stand.break_it()
    assert stand.side.calls == FAILURES
