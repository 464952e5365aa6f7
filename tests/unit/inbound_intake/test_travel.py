"""What travels with an accepted event, and how API Gateway's events become requests."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.inbound.door import Door, dump_door
from mostik.inbound.gateway import arrival_of, request_of, response_of
from mostik.inbound.intake import Arrival
from mostik.inbound.reply import Reply
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret
from mostik.jobs.message import Receipt, load
from tests.support.door_rig import DoorRig
from tests.support.rig import HERE

TOKEN = "the-token+of/this test"


@pytest.fixture
def rig() -> DoorRig:
    return DoorRig()


def save(rig: DoorRig, place: str, *tokens: str) -> None:
    """The door takes one of these tokens at a place."""
    secrets = tuple(AcceptedSecret(str(n), token) for n, token in enumerate(tokens, 1))
    door = Door(scheme_name="api_key", parameters={"token": place}, secrets=secrets)
    rig.secrets.documents[f"door/{HERE}"] = dump_door(door)


def request(rig: DoorRig, **changes: Any) -> InboundRequest:
    """An event that is not signed."""
    plain = InboundRequest(
        method="POST",
        url=f"https://api.example/webhooks/{HERE}",
        query="",
        headers={"content-type": "application/json"},
        body=b'{"keys": ["1"]}',
        source_ip="203.0.113.7",
        received_at=int(rig.clock()),
    )
    return replace(plain, **changes)


def queued(rig: DoorRig, event: InboundRequest) -> tuple[str, Receipt]:
    """The message of an event that the door takes, as text and as a receipt."""
    assert rig.intake.take(Arrival(HERE, event, "trace-1")).status == 200
    (body,) = rig.queue.bodies
    message = load(body)
    assert isinstance(message, Receipt)
    return body, message


def spellings(token: str) -> list[str]:
    return [token, quote(token), quote(token, safe="")]


@pytest.mark.parametrize("spelling", ["the-token%2Bof%2Fthis%20test", "the-token%2bof%2fthis+test"])
def test_a_token_of_the_query_does_not_travel(rig: DoorRig, spelling: str) -> None:
    # GIVEN a door that takes its token from the query
    save(rig, "query:hush", TOKEN)
    query = f"hush={spelling}&page=2"
    # WHEN an event comes that way
    body, receipt = queued(rig, request(rig, query=query, url=f"https://api.example/x?{query}"))
    # THEN its message has the rest of the address
    assert not any(text in body for text in (spelling, *spellings(TOKEN)))
    assert receipt.url.endswith("&page=2")


def test_a_token_of_a_header_does_not_travel_whatever_the_header_is_called(rig: DoorRig) -> None:
    # GIVEN a door that takes its token from a header with a harmless name
    save(rig, "header:X-Knock-Knock", TOKEN)
    headers = {"content-type": "application/json", "x-knock-knock": TOKEN}
    # WHEN an event comes that way
    body, _ = queued(rig, request(rig, headers=headers))
    # THEN its message does not hold it
    assert TOKEN not in body


def test_a_token_of_the_body_does_not_travel(rig: DoorRig) -> None:
    # GIVEN a door that takes its token from the body
    save(rig, "json:hush", TOKEN)
    content = json.dumps({"hush": TOKEN, "keys": ["1"]}).encode()
    # WHEN an event comes that way
    body, receipt = queued(rig, request(rig, body=content))
    # THEN its message has the rest of the body
    assert TOKEN not in body
    assert json.loads(receipt.body or b"")["keys"] == ["1"]


@pytest.mark.parametrize("token", ["short", "a-longer-token", "with/slash", "with space", "т о к"])
@pytest.mark.parametrize("encode", [str, quote, lambda text: quote(text, safe="").lower()])
def test_a_path_token_does_not_travel_in_any_spelling(
    rig: DoorRig, token: str, encode: Any
) -> None:
    # GIVEN a door behind a secret path, and a gateway that decodes some of it
    save(rig, "path", token)
    url = f"https://api.example/webhooks/{HERE}/{encode(token)}?page=2"
    # WHEN an event comes that way
    body, receipt = queued(rig, request(rig, url=url, query="page=2", path_token=token))
    # THEN its message has the address without that segment
    assert encode(token) not in body
    assert receipt.url == f"https://api.example/webhooks/{HERE}/[verified]?page=2"


def test_a_token_that_was_rotated_a_moment_ago_does_not_travel_either(rig: DoorRig) -> None:
    # GIVEN a container that knows the old token only
    save(rig, "query:hush", "the-old-token-0000")
    old = rig.secrets.documents[f"door/{HERE}"]
    save(rig, "query:hush", TOKEN)
    rig.secrets.read = lambda name: old  # type: ignore[method-assign]  # noqa: ARG005 - a cache
    query = f"hush={quote(TOKEN, safe='')}"
    # WHEN an event comes with the new one
    body, _ = queued(rig, request(rig, query=query, url=f"https://api.example/x?{query}"))
    # THEN its message does not hold it
    assert not any(spelling in body for spelling in spellings(TOKEN))


def test_the_receipt_says_what_proved_it_and_leads_back_to_the_request(rig: DoorRig) -> None:
    # WHEN an event is accepted
    save(rig, "header:X-Api-Key", "an-old-key-0001", "a-new-key-0002")
    headers = {"content-type": "application/json", "x-api-key": "a-new-key-0002"}
    _, receipt = queued(rig, request(rig, headers=headers))
    # THEN it knows when, by which scheme and which of the secrets, and the gateway's id
    assert (receipt.scheme, receipt.key_id) == ("api_key", "2")
    assert (receipt.received_at, receipt.trace_id) == (rig.clock(), "trace-1")
    assert receipt.id.startswith(f"{HERE}:")


# ── API Gateway ─────────────────────────────────────────────────────────────────────────────────


def event(**changes: Any) -> dict[str, Any]:
    """An HTTP API event, payload 2.0."""
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/{connection}",
        "rawPath": "/webhooks/shop",
        "rawQueryString": "a=1&b=%20",
        "headers": {"Host": "api.example", "X-Event": "order"},
        "requestContext": {
            "domainName": "gateway.example",
            "http": {"method": "post", "path": "/webhooks/shop", "sourceIp": "203.0.113.7"},
            "requestId": "request-1",
        },
        "pathParameters": {"connection": "shop", "token": "hush"},
        "body": "тело",
        "isBase64Encoded": False,
        **changes,
    }


def test_an_event_is_the_request_that_was_sent() -> None:
    # WHEN an event is read
    arrival = arrival_of(event(), 1_000.9)
    # THEN the door sees what the sender sent
    assert (arrival.connection, arrival.trace_id) == ("shop", "request-1")
    assert arrival.request == InboundRequest(
        method="POST",
        url="https://api.example/webhooks/shop?a=1&b=%20",
        query="a=1&b=%20",
        headers={"host": "api.example", "x-event": "order"},
        body="тело".encode(),
        source_ip="203.0.113.7",
        received_at=1_000,
        path_token="hush",
    )


@given(st.binary(max_size=100))
def test_any_bytes_of_a_body_arrive_as_they_were_sent(body: bytes) -> None:
    # GIVEN a body that the gateway hands over in base64
    encoded = event(body=b64encode(body).decode(), isBase64Encoded=True)
    # THEN it is raw again
    assert request_of(encoded, 0).body == body


@pytest.mark.parametrize(
    "changes",
    [
        {"body": None},
        {"body": ""},
        {"headers": None},
        {"pathParameters": None},
        {"rawQueryString": ""},
        {"body": "no base64!", "isBase64Encoded": True},
        {"body": "\ud800"},
        {"cookies": ["a=1", "b=2"]},
    ],
)
def test_an_event_that_lacks_something_is_a_request_all_the_same(changes: dict[str, Any]) -> None:
    # WHEN the gateway leaves something out
    arrival = arrival_of(event(**changes), 0)
    # THEN the door can look at it
    assert isinstance(arrival.request.body, bytes)
    assert isinstance(arrival.connection, str)


def test_without_a_host_header_the_gateways_own_name_is_the_address() -> None:
    assert request_of(event(headers={}), 0).url.startswith("https://gateway.example/webhooks/shop")


def test_cookies_are_a_header_again() -> None:
    assert request_of(event(cookies=["a=1", "b=2"]), 0).headers["cookie"] == "a=1; b=2"


def test_an_answer_is_never_cached_nor_guessed_at() -> None:
    # WHEN a reply goes out
    answer = response_of(Reply(429, "{}", "application/problem+json", {"Retry-After": "60"}))
    # THEN its headers say what it is and that nobody keeps it
    assert answer["statusCode"] == 429
    assert answer["headers"] == {
        "Content-Type": "application/problem+json",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Retry-After": "60",
    }


@given(
    connection=st.text(max_size=45),
    headers=st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=4),
    query=st.text(max_size=40),
    body=st.text(max_size=60),
    token=st.none() | st.text(max_size=12),
)
def test_any_request_is_answered(
    connection: str, headers: dict[str, str], query: str, body: str, token: str | None
) -> None:
    # GIVEN whatever arrives at a door that takes anything with the right token
    rig = DoorRig()
    save(rig, "path", "hush-hush")
    parameters = {"connection": connection, "token": token}
    arrived = arrival_of(
        event(pathParameters=parameters, headers=headers, rawQueryString=query, body=body), 0
    )
    # THEN the answer is a status with a body, never an exception
    for arrival in (arrived, replace(arrived, connection=HERE)):
        reply = rig.intake.take(arrival)
        assert reply.status in (200, 401, 403, 404, 405, 413, 415, 429)
    proven = replace(arrived.request, path_token="hush-hush")
    assert rig.intake.take(Arrival(HERE, proven)).status == 200
