"""The client at its gate: in what order, how often, and what the gate learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import requests

from integrations.bitrix24.errors import ERRORS, code_of
from integrations.bitrix24.limits import feedback
from mostik.errors import GiveUp, RateLimited, RetryLater, WhoActs
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.gate import Fate, Feedback, Lane
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.ports import RemainingTime
from tests.support.api_router import ApiRouter, answer, refuses_to_connect, says
from tests.support.clock import FakeClock

BASE = "https://portal.example/rest/1/secret-secret/"
LIST = Endpoint("POST", "crm.item.list", Replay.SAFE)
ROUTE = "POST crm.item.list"
GOOD = {"result": {"items": []}, "time": {"operating": 12.5, "operating_reset_at": 1_760_000_600}}
Result = TypeVar("Result")


class NotingGate:
    """A gate that notes what happens at it, and closes when told.

    Attributes:
        notes: in order.
        refusals: what the next admissions raise.
        slow: seconds that each admission takes.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.notes: list[Any] = []
        self.refusals: list[Exception] = []
        self.slow = 0.0

    def admit(self, endpoint: Endpoint, lane: Lane, remaining: RemainingTime) -> None:
        assert remaining() > 0
        self.notes.append(("admit", endpoint.path, lane))
        self._clock.advance(self.slow)
        if self.refusals:
            raise self.refusals.pop(0)

    def closed(self, endpoint: Endpoint) -> RateLimited | None:
        self.notes.append(("closed", endpoint.path))
        return None

    def learn(self, endpoint: Endpoint, fate: Fate) -> None:
        self.notes.append(("learn", endpoint.path, fate))

    def guarded(self, exchange: Callable[[], Result]) -> Result:
        self.notes.append("guarded")
        return exchange()

    @property
    def learnt(self) -> list[Fate]:
        return [note[2] for note in self.notes if note[0] == "learn"]


class NotingAuth(requests.auth.AuthBase):
    def __init__(self, notes: list[Any]) -> None:
        self._notes = notes

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        self._notes.append("auth")
        return r


class Stand:
    """A client of a portal that a fake API plays."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.gate = NotingGate(self.clock)
        self.router = ApiRouter(BASE, {ROUTE: GOOD})
        self.crowded: list[str] = []
        session = open_session(1)
        session.mount("https://", self.router)
        self._api = ApiClient(
            connection="portal",
            base_url=BASE,
            session=session,
            auth=NotingAuth(self.gate.notes),
            dialect=Dialect(errors=ERRORS, code_of=code_of, feedback=feedback),
            redactor=Redactor(),
            effects=Effects(self.clock, self.clock.sleep, lambda: 0.5),
            gate=self.gate,
        )

    def call(self, lane: Lane = Lane.EVENT) -> Any:
        trail = Trail(remaining=lambda: 80.0, crowded=self.crowded.append, lane=lane)
        return self._api.following(trail).request(LIST, body={}).content

    def nested(self, endpoint: Endpoint, content: Any) -> Any:
        return self._api.nested(endpoint, 400, content)

    def pause(self, seconds: float) -> bool:
        return self._api.following(Trail(remaining=lambda: 80.0)).pause(seconds)


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_a_call_is_admitted_before_it_is_signed_and_its_fate_is_learnt(stand: Stand) -> None:
    # WHEN
    assert stand.call(Lane.SYNC) == GOOD
    # THEN
    guarded, admitted, auth, (_, _, fate) = stand.gate.notes
    assert (guarded, auth) == ("guarded", "auth")
    assert admitted == ("admit", "crm.item.list", Lane.SYNC)
    assert (fate.status, fate.error) == (200, None)
    # AND what the good answer says of the method's budget
    assert (fate.feedback.parked_until, fate.feedback.resets_at) == (None, 1_760_000_600)


def test_a_call_that_is_not_admitted_is_neither_signed_nor_sent(stand: Stand) -> None:
    # GIVEN a gate that has waited for a slot in vain
    stand.gate.refusals = [
        RateLimited("Not now.", who=WhoActs.SYSTEM, retry_after=0.5, gate="portal")
    ]
    # THEN the refusal goes to the job, without a repeat in between
    with pytest.raises(RateLimited):
        stand.call()
    assert stand.gate.notes == ["guarded", ("admit", "crm.item.list", Lane.EVENT)]
    assert stand.router.calls == []


def test_every_quick_repeat_goes_through_the_gate_again(stand: Stand) -> None:
    # GIVEN a portal that refuses for its number of calls
    stand.router.break_route(ROUTE, says(503, {"error": "QUERY_LIMIT_EXCEEDED"}))
    # WHEN
    with pytest.raises(RateLimited) as refusal:
        stand.call()
    # THEN each of the three tries was admitted, and each refusal learnt
    assert [note for note in stand.gate.notes if note == "guarded"] == ["guarded"] * 3
    assert [type(fate.error) for fate in stand.gate.learnt] == [RateLimited] * 3
    assert [fate.status for fate in stand.gate.learnt] == [503] * 3
    # AND the connection is what is limited
    assert refusal.value.gate == "portal"


def test_a_methods_own_limit_names_the_method(stand: Stand) -> None:
    stand.router.break_route(ROUTE, says(429, {"error": "OPERATION_TIME_LIMIT"}))
    with pytest.raises(RateLimited) as refusal:
        stand.call()
    assert refusal.value.gate == "portal:crm.item.list"


def test_no_answer_is_learnt_too(stand: Stand) -> None:
    stand.router.break_route(ROUTE, refuses_to_connect)
    with pytest.raises(RetryLater):
        stand.call()
    assert [(fate.status, type(fate.error)) for fate in stand.gate.learnt] == [
        (None, RetryLater)
    ] * 3


def test_a_refusal_for_good_is_learnt_once(stand: Stand) -> None:
    stand.router.break_route(ROUTE, says(400, {"error": "INVALID_ARG_VALUE"}))
    with pytest.raises(GiveUp):
        stand.call()
    assert [fate.status for fate in stand.gate.learnt] == [400]


@pytest.mark.parametrize(("waits", "crowded"), [(0.0, []), (0.9, []), (1.1, ["portal"])])
def test_a_call_that_waits_long_tells_its_batch(
    stand: Stand, waits: float, crowded: list[str]
) -> None:
    stand.gate.slow = waits
    stand.call()
    assert stand.crowded == crowded


@pytest.mark.parametrize("content", [b"[]", b'{"time": []}', b'{"time": {"operating": "much"}}'])
def test_an_answer_without_a_budget_says_nothing_of_it(stand: Stand, content: bytes) -> None:
    stand.router.break_route(ROUTE, lambda _request: answer(200, content))
    stand.call()
    assert stand.gate.learnt[0].feedback is None


def test_a_call_inside_of_another_is_judged_and_learnt_as_one_of_its_own(stand: Stand) -> None:
    # WHEN the answer of a batch says that one of its commands has used up its working time
    error = stand.nested(LIST, {"error": "OPERATION_TIME_LIMIT", "error_description": "blocked"})
    # THEN it is what the same answer to a call of its own would be
    assert isinstance(error, RateLimited)
    assert error.gate == "portal:crm.item.list"
    # AND the gate has learnt it, for the method and not for the batch
    (learnt,) = stand.gate.notes
    assert learnt[:2] == ("learn", "crm.item.list")
    assert learnt[2].error is error


def test_a_good_call_inside_of_another_tells_its_budget(stand: Stand) -> None:
    # WHEN the answer of a batch says what a command's method has used
    time = {"operating": 401.0, "operating_reset_at": 1_760_000_600}
    assert stand.nested(LIST, {"time": time}) is None
    # THEN the gate has learnt it
    (fate,) = stand.gate.learnt
    assert fate.feedback == Feedback(1_760_000_600, 1_760_000_600)


def test_a_call_waits_between_its_parts_only_while_the_job_has_the_time(stand: Stand) -> None:
    # GIVEN a job with 80 seconds left
    # THEN it may wait for a while, and not until its end
    assert stand.pause(30.0)
    assert stand.clock.slept == [30.0]
    assert not stand.pause(75.0)
    assert stand.clock.slept == [30.0]
