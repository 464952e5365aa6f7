from __future__ import annotations

import json
from typing import Any

import pytest

from mostik.errors import GiveUp, RateLimited, RetryLater, WhoActs
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.gate import Fate, Feedback, Lane, OpenGate, parked_name
from mostik.http.gatekeeper import Gatekeeper
from mostik.http.limiter import Limit, Limiter
from mostik.http.parking import Parking
from tests.support.clock import FakeClock
from tests.support.memory import state_table
from tests.support.slots import MemorySlots

LIST = Endpoint("POST", "crm.item.list", Replay.SAFE)
GET = Endpoint("POST", "crm.item.get", Replay.SAFE)


def endless() -> float:
    return float("inf")


class Stand:
    """A gatekeeper with everything around it."""

    def __init__(self, *, paused: bool = False) -> None:
        self.clock = FakeClock()
        self.table = state_table()
        self.slots = MemorySlots()
        self.lines: list[dict[str, Any]] = []
        self.gate = Gatekeeper(
            "portal",
            clock=self.clock,
            emit=lambda line: self.lines.append(json.loads(line)),
            paused=paused,
            limiter=Limiter(
                self.slots,
                Limit("host", 2.0, 50),
                share=1.0,
                connection="portal",
                clock=self.clock,
                sleep=self.clock.sleep,
            ),
            parking=Parking(self.table, "portal", self.clock),
        )

    def admit(self, endpoint: Endpoint = LIST) -> None:
        self.gate.admit(endpoint, Lane.EVENT, endless)

    def refuse(self, gate: str, retry_after: float | None = 1.0, endpoint: Endpoint = LIST) -> Any:
        """The vendor refuses a call."""
        error = RateLimited(
            "No.", who=WhoActs.SYSTEM, status=503, retry_after=retry_after, gate=gate
        )
        self.gate.learn(endpoint, Fate(503, error))
        return error


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_a_call_takes_a_slot(stand: Stand) -> None:
    stand.admit()
    assert stand.slots.level("host", now=stand.clock()) == 0.5


def test_a_refusal_of_the_vendor_fills_the_bucket_and_learns_the_pace(stand: Stand) -> None:
    # WHEN the vendor refuses for its number of calls
    error = stand.refuse("portal")
    # THEN the shared bucket is full, and jobs held for it leave at its pace
    assert stand.slots.level("host", now=stand.clock()) == 25.0
    assert error.pace == 2.0


@pytest.mark.parametrize(
    "fate", [Fate(200), Fate(404, GiveUp("No.", who=WhoActs.ADMIN, status=404))]
)
def test_what_is_no_limit_fills_nothing(stand: Stand, fate: Fate) -> None:
    stand.gate.learn(LIST, fate)
    assert stand.slots.calls["fill"] == 0


def test_a_method_that_is_refused_rests_alone(stand: Stand) -> None:
    # GIVEN a good answer that said when the budget is given back
    stand.gate.learn(LIST, Fate(200, None, Feedback(None, stand.clock() + 300)))
    # WHEN the vendor refuses the method
    error = stand.refuse(parked_name("portal", LIST), retry_after=60.0)
    # THEN the job is held as long as the method rests, one at a time tries it then
    assert (error.retry_after, error.pace) == (300.0, 0.0)
    # AND further calls of it do not go out
    with pytest.raises(RateLimited) as refusal:
        stand.admit(LIST)
    assert (refusal.value.gate, refusal.value.retry_after) == ("portal:crm.item.list", 300.0)
    # AND take no slot, while other methods go on
    assert stand.slots.calls["take"] == 0
    stand.admit(GET)
    assert stand.slots.calls["take"] == 1
    # AND the bucket is not full for that
    assert stand.slots.calls["fill"] == 0


def test_a_budget_that_is_nearly_used_parks_before_the_vendor_refuses(stand: Stand) -> None:
    # WHEN a good answer says that the method should rest
    stand.gate.learn(LIST, Fate(200, None, Feedback(stand.clock() + 120, stand.clock() + 120)))
    # THEN it does
    with pytest.raises(RateLimited):
        stand.admit(LIST)
    stand.clock.advance(120)
    stand.admit(LIST)


def test_a_paused_connection_calls_nobody(stand: Stand) -> None:
    # GIVEN
    stand = Stand(paused=True)
    # THEN nothing is admitted or run
    for attempt in (stand.admit, lambda: stand.gate.guarded(lambda: pytest.fail("it ran"))):
        with pytest.raises(RateLimited) as refusal:
            attempt()
        assert (refusal.value.gate, refusal.value.who) == ("portal", WhoActs.ADMIN)
        assert refusal.value.pace == 0.0
    assert stand.slots.calls["take"] == 0


def test_state_that_is_away_lets_calls_through_and_says_so(stand: Stand) -> None:
    # GIVEN a table that answers nothing
    stand.table.fail_next("query", times=9)
    stand.slots.fail_next("take", times=9)
    # THEN calls go out
    stand.admit()
    assert sum("GatesUnreadable" in line for line in stand.lines) == 2


def test_state_that_is_away_leaves_an_outcome_as_it_is(stand: Stand) -> None:
    stand.slots.fail_next("fill")
    stand.table.fail_next("put")
    assert stand.refuse("portal").retry_after == 1.0
    assert stand.refuse(parked_name("portal", LIST), retry_after=60.0).retry_after == 60.0


def test_an_open_gate_lets_everything_through() -> None:
    gate = OpenGate()
    gate.admit(LIST, Lane.BACKFILL, lambda: 0.0)
    gate.learn(LIST, Fate(None, RetryLater("No.", who=WhoActs.SYSTEM)))
    assert gate.guarded(lambda: 7) == 7


def test_a_look_at_the_gate_takes_no_slot(stand: Stand) -> None:
    # GIVEN a method that rests
    stand.refuse("portal:crm.item.list")
    # WHEN somebody asks which methods are closed
    closed, open_ = stand.gate.closed(LIST), stand.gate.closed(GET)
    # THEN that one is, until then, and no slot was taken
    assert closed is not None
    assert closed.gate == "portal:crm.item.list"
    assert closed.retry_after == 1.0
    assert open_ is None
    assert stand.slots.level("host", now=stand.clock()) == 0.0


def test_a_paused_connection_is_closed_as_a_whole() -> None:
    closed = Stand(paused=True).gate.closed(GET)
    assert closed is not None
    assert closed.gate == "portal"
    assert OpenGate().closed(GET) is None
