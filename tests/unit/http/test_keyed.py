"""A keyed call has one key for all its repeats, also in a later attempt by another worker."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from requests import PreparedRequest, Response

from mostik.errors import Family, RetryLater, Unknown
from mostik.http.auth import Bearer
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.content import VendorModel
from mostik.http.drift import Drift
from mostik.http.endpoint import Endpoint, Format, Replay
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.requestlog.entry import LogEntry
from tests.support.api_router import ApiRouter, Fault, refuses_to_connect, says, times_out
from tests.support.clock import FakeClock

PAY = Endpoint("POST", "payments", Replay.KEYED)
PAY_ONE = Endpoint("POST", "orders/{id}/payments", Replay.KEYED, key_header="Idempotence-Key")
UNSAFE = Endpoint("POST", "notes", Replay.UNSAFE)
XML = Endpoint("GET", "stock", Replay.SAFE, answers=Format.XML)
BASE = "https://pay.example/v3/"
KEY = "the-api-key-0000"


class Caller:
    """A worker of its own: a client, its fake API and its log."""

    def __init__(self, ask: str | None = "shop/orders/1#5.000#0") -> None:
        clock = FakeClock()
        paths = ("payments", "orders/1/payments", "orders/2/payments", "notes")
        self.router = ApiRouter(BASE, {f"POST {path}": {"id": "1", "new": 1} for path in paths})
        self.entries: list[LogEntry] = []
        self.drift = Drift()
        session = open_session(1)
        session.mount("https://", self.router)
        self.client = ApiClient(
            connection="shop",
            base_url=BASE,
            session=session,
            auth=Bearer(KEY),
            dialect=Dialect(errors={}),
            redactor=Redactor([KEY]),
            effects=Effects(clock, clock.sleep, lambda: 0.5),
        ).following(Trail(record_entry=self.entries.append, ask=ask, drift=self.drift.note))

    def keys(self, name: str = "Idempotency-Key") -> list[str | None]:
        """The key of every call so far."""
        return [call.headers.get(name) for call in self.router.calls]


def key_of(endpoint: Endpoint = PAY, ask: str | None = "an ask", **call: Any) -> str | None:
    """The key that a worker sends for a call."""
    caller = Caller(ask)
    caller.client.request(endpoint, **call)
    return caller.keys(endpoint.key_header)[0]


def in_turn(*faults: Fault) -> Fault:
    """The first call meets the first fault, the next one the next."""
    left = list(faults)

    def meet(request: PreparedRequest) -> Response:
        return left.pop(0)(request)

    return meet


def test_every_repeat_of_a_lost_call_has_the_same_key() -> None:
    # GIVEN an API whose answer gets lost, whatever is tried
    first = Caller()
    first.router.break_route("POST payments", times_out)
    with pytest.raises(Unknown):
        first.client.request(PAY, body={"amount": 5})
    # WHEN another worker makes the next attempt
    second = Caller()
    second.client.request(PAY, body={"amount": 5})
    # THEN all four calls have one key, in the form of a UUID, and the log shows it
    (key,) = {*first.keys(), *second.keys()}
    assert len(first.keys()) == 3
    assert str(UUID(key)) == key
    assert second.entries[0].request.headers["Idempotency-Key"] == key


@pytest.mark.parametrize(
    "later", [refuses_to_connect, says(422), says(429)], ids=["not reached", "refused", "limited"]
)
def test_what_the_first_try_may_have_done_stays_in_doubt(later: Any) -> None:
    # GIVEN an API that loses its first answer
    caller = Caller()
    caller.router.break_route("POST payments", in_turn(times_out, later, later))
    # WHEN it certainly does nothing at the repeats
    with pytest.raises(Unknown) as caught:
        caller.client.request(PAY, body={"amount": 5})
    # THEN the job is told that something may have happened: it looks before it asks anew, since
    # the record, and with it the key, may be another by then
    assert caught.value.family is Family.UNKNOWN


def test_a_later_try_that_succeeds_settles_the_doubt() -> None:
    # GIVEN an API that loses its first answer only
    caller = Caller()
    caller.router.break_route("POST payments", in_turn(times_out, says(200, {"id": "1"})))
    # THEN the repeat with the same key gives the answer
    assert caller.client.request(PAY, body={"amount": 5}).status == 200


def test_another_ask_body_query_path_or_endpoint_has_another_key() -> None:
    same = {"amount": 5}
    keys = [
        key_of(body=same),
        key_of(ask="another ask", body=same),
        key_of(body={"amount": 6}),
        key_of(body=b'{"amount": 5} '),
        key_of(form={"amount": "5"}),
        key_of(body=same, query={"test": 1}),
        key_of(PAY_ONE, path={"id": 1}, body=same),
        key_of(PAY_ONE, path={"id": 2}, body=same),
    ]
    assert None not in keys
    assert len(set(keys)) == len(keys)
    assert key_of(body=same) == keys[0]


def test_a_call_outside_any_job_has_a_key_of_its_own() -> None:
    assert key_of(ask=None, body={"amount": 5}) != key_of(ask=None, body={"amount": 6})


def test_an_integration_may_choose_the_key_itself() -> None:
    chosen = key_of(body={}, headers={"Idempotency-Key": "mine"})
    assert chosen == "mine"


def test_other_calls_have_no_key() -> None:
    assert key_of(UNSAFE, body={}) is None


def test_a_body_of_bytes_goes_as_it_is() -> None:
    caller = Caller()
    caller.client.request(PAY, body=b'{"a":1}', headers={"Content-Type": "application/json"})
    assert caller.router.calls[0].content == {"a": 1}


def test_unknown_fields_of_an_answer_are_told_without_our_secrets() -> None:
    # GIVEN a model that does not name a field, and an API that names one like our key
    class Payment(VendorModel):
        id: str

    caller = Caller()
    caller.router.break_route("POST payments", says(200, {"id": "1", "new": 1, KEY: 2}))
    # WHEN it is fetched
    payment = caller.client.fetch(Payment, PAY, body={})
    # THEN it is kept, and told by the endpoint
    assert payment.model_extra is not None
    assert payment.model_extra["new"] == 1
    assert json.dumps(caller.drift.take()) == json.dumps(
        {"drift": {"shop payments": ["[redacted]", "new"]}}
    )


def test_an_xml_endpoint_takes_no_json_and_no_page() -> None:
    caller = Caller()
    xml = {"Content-Type": "application/xml"}
    caller.router.break_route("GET stock", says(200, b"<stock><a>1</a></stock>", xml))
    assert caller.client.request(XML).content == {"stock": {"a": "1"}}
    assert "xml" in caller.router.calls[0].headers["Accept"]
    for body in (b'{"a": 1}', b"<!DOCTYPE html><html></html>", b"<!DOCTYPE s><stock/>"):
        caller.router.mend()
        caller.router.break_route("GET stock", says(200, body, xml))
        with pytest.raises(RetryLater, match="something else than what was due"):
            caller.client.request(XML)
