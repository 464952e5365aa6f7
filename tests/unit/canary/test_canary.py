"""Secrets in every place where a secret can sit never appear in anything that is kept or shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from integrations.bitrix24 import integration as bitrix24
from integrations.http_api import integration as http_api
from mostik.inbound.door import Door
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret
from mostik.integration import Integration
from tests.support.signers import Event, signed
from tests.unit.canary.spy import ERRS, RESOURCE, SECRETS, spy
from tests.unit.canary.vendor import ACCESS_TOKEN, FRESH, REFRESH_TOKEN, Mood
from tests.unit.canary.world import World, leaks

CREDENTIAL = 'cre"dential+/=&%ü 0000'
DOOR_SECRET = "door+/secret=0000"
OLD_DOOR_SECRET = "the-old-door-secret-1111"
SOMEBODY_ELSES = "the-secret-of-another-door-2222"
STATUSES = {name: name for name in ("new", "paid", "packed", "shipped", "cancelled")}
ORDERS = {
    "get": "orders/{id}",
    "update": "orders/{id}",
    "statuses": STATUSES,
    "customer": {"get": "customers/{id}", "id_of_order": "customer_id"},
}
AUTHS: dict[str, dict[str, Any]] = {
    "bearer": {},
    "api_key": {"auth_header": "X-Innocent"},
    "api_key_query": {"auth_query": "innocent"},
    "basic": {"login": "login"},
    "oauth2_client_credentials": {
        "login": "login",
        "oauth2": {"url": "https://api.example/token", "client_auth": "body"},
    },
    "login": {"login": "login", "sign_in": {"path": "login", "expires_in": "expires_in"}},
}
PORTAL = "https://portal.bitrix24.ru/rest/1/s3cretw3bhook0000/"


@contextmanager
def a_world(*arguments: Any) -> Iterator[World]:
    world = World(*arguments)
    try:
        yield world
    finally:
        world.close()


def of_http_api(kind: str, **events: Any) -> tuple[Any, ...]:
    """A connection of a declared API."""
    settings = {
        "base_url": "https://api.example/v1/", "auth": kind, "orders": ORDERS, **AUTHS[kind],
        **({"events": events} if events else {}),
    }  # fmt: skip
    return http_api, settings, {"credential": CREDENTIAL}, "orders"


def of(integration: Integration[Any, Any]) -> tuple[Any, ...]:
    """A connection of one of the others."""
    if integration is spy:
        return spy, {}, SECRETS, RESOURCE
    return bitrix24, {}, {"webhook_url": PORTAL}, "orders"


@pytest.mark.parametrize("mood", Mood)
@pytest.mark.parametrize("kind", AUTHS)
def test_no_credential_gets_out_of_a_call(kind: str, mood: Mood) -> None:
    # GIVEN a connection with this kind of credentials, and a vendor that repeats what it is sent
    with a_world(*of_http_api(kind)) as world:
        world.open()
        world.vendor.mood = mood
        # WHEN records are read and written by the worker, and looked at by a person
        world.touch("1001")
        world.touch_mirror("m-1")
        world.work()
        if mood is not Mood.STATUS:  # that error is the integration's own; the worker masks it
            world.directly("1001")
        # THEN nothing that is kept or shown holds a secret
        assert world.vendor.calls > 0
        found = leaks(world.told(), [CREDENTIAL, ACCESS_TOKEN, REFRESH_TOKEN, FRESH])
        assert not found, "\n".join(found)


@pytest.mark.parametrize("mood", Mood)
@pytest.mark.parametrize("integration", [spy, bitrix24], ids=lambda one: one.name)
def test_no_secret_gets_out_from_any_place_of_a_call(
    integration: Integration[Any, Any], mood: Mood
) -> None:
    # GIVEN secrets in the path, query, headers and JSON, form and XML bodies of calls
    with a_world(*of(integration)) as world:
        world.open()
        world.vendor.mood = mood
        world.touch("1001")
        world.work()
        world.directly("1001")
        # THEN nothing that is kept or shown holds one
        assert world.vendor.calls > 0
        secrets = [*SECRETS.values()] if integration is spy else ["s3cretw3bhook0000"]
        found = leaks(world.told(), [*secrets, FRESH])
        assert not found, "\n".join(found)


@pytest.mark.parametrize("key", ERRS)
def test_no_secret_gets_out_of_an_error_of_an_integration(key: str) -> None:
    # GIVEN an integration that errs with a secret in its text
    with a_world(*of(spy)) as world:
        world.open()
        world.touch(key)
        world.work()
        # THEN rows, log lines and pages say what went wrong without it
        found = leaks(world.told(), SECRETS.values())
        assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(CREDENTIAL),
        f'{{"credential": "{SOMEBODY_ELSES}"',
        json.dumps({"credential": [CREDENTIAL]}),
        json.dumps({"credential": CREDENTIAL, "more": SOMEBODY_ELSES}),
        json.dumps({"kredential": SOMEBODY_ELSES}),
    ],
    ids=["text", "cut", "list", "extra", "typo"],
)
def test_no_secret_gets_out_of_a_wrong_secret_document(document: str) -> None:
    # GIVEN a client secret that cannot be read
    with a_world(*of_http_api("bearer")) as world:
        world.secrets.documents["client/here"] = document
        world.touch("1001")
        world.work()
        # THEN what is said about it names no value
        world.secrets.documents["client/here"] = json.dumps({"credential": CREDENTIAL})
        found = leaks(world.told(), [CREDENTIAL, SOMEBODY_ELSES])
        assert not found, "\n".join(found)


DOORS: dict[str, tuple[dict[str, Any], str]] = {
    "hmac": ({}, DOOR_SECRET),
    "standard_webhooks": ({}, "whsec_ZG9vciBzZWNyZXQgb2YgdGhlIGNhbmFyeQ=="),
    "basic": ({}, f"login:{DOOR_SECRET}"),
    "secret_path": ({}, "path-secret_0000"),
    "api_key": ({"token": "header:X-Innocent"}, DOOR_SECRET),
    "form_token": ({"field": "auth[application_token]"}, DOOR_SECRET),
}


@pytest.mark.parametrize("refused", ["", "send", "put", "send insert"])
@pytest.mark.parametrize("body", ["small", "big", "broken"])
@pytest.mark.parametrize("scheme", DOORS)
def test_no_secret_gets_through_the_door(scheme: str, body: str, refused: str) -> None:
    # GIVEN a door with two accepted secrets, and ports that refuse
    parameters, secret = DOORS[scheme]
    kept = (AcceptedSecret("1", secret), AcceptedSecret("2", OLD_DOOR_SECRET))
    door = Door(scheme_name=scheme, parameters=parameters, secrets=kept)
    with a_world(*of_http_api("bearer", scheme=scheme, parameters=parameters)) as world:
        world.open()
        world.door(door)
        for operation in refused.split():
            port = {"send": world.queue, "put": world.blobs, "insert": world.table}[operation]
            port.fail_next(operation)
        # WHEN a proved event comes that repeats its own secrets in its body, query and headers
        for request in _requests(door, secret, body):
            world.arrive(request)
        world.work(minutes=5)
        # THEN neither they nor those of others are anywhere
        found = leaks(world.told(), [secret, DOOR_SECRET, OLD_DOOR_SECRET, SOMEBODY_ELSES])
        assert not found, "\n".join(found)
        assert {reply.status for reply in world.replies} & {200, 503}
        assert {reply.status for reply in world.replies} & {401, 404}


def _requests(door: Door, secret: str, body: str) -> Iterator[InboundRequest]:
    """The event as its sender signs it, and as somebody sends it with another door's secret."""
    is_form = door.scheme_name == "form_token"
    more = "x" * (200_000 if body == "big" else 10)
    content = {"type": "order.created", "data": {"id": "1001"}, "seen": secret, "more": more}
    text = f"type=order&more={more}" if is_form else json.dumps(content)
    if body == "broken" and not is_form:
        text = text[:-1] + secret
    kind = "application/x-www-form-urlencoded" if is_form else "application/json"
    event = Event(text.encode(), kind)
    for own in (secret, SOMEBODY_ELSES):
        now = 1_795_000_000
        proof = f"login:{own}" if door.scheme_name == "basic" and ":" not in own else own
        yield _repeating(_signed(door, event, proof, now), own)


def _signed(door: Door, event: Event, secret: str, now: int) -> InboundRequest:
    if door.scheme_name == "standard_webhooks" and not secret.startswith("whsec_"):
        secret = "whsec_c29tZWJvZHkgZWxzZXMgc2VjcmV0IDAwMDA="
    return signed(door.scheme, event, secret, at=now, now=now)


def _repeating(request: InboundRequest, secret: str) -> InboundRequest:
    headers = {**request.headers, "x-forwarded-proof": secret, "user-agent": f"shop {secret}"}
    return InboundRequest(
        method=request.method,
        url=f"{request.url}{'&' if '?' in request.url else '?'}seen={secret}",
        query=request.query,
        headers=headers,
        body=request.body,
        source_ip=request.source_ip,
        received_at=request.received_at,
        path_token=request.path_token,
    )


@pytest.mark.parametrize(
    "document",
    [
        f'{{"v": 1, "scheme": "hmac", "secrets": [{{"id": "1", "value": "{DOOR_SECRET}"',
        json.dumps({"v": 1, "scheme": "no-such", "secrets": [{"id": "1", "value": DOOR_SECRET}]}),
        json.dumps({"v": 1, "scheme": "hmac", "secrets": DOOR_SECRET}),
        json.dumps({"v": 1, "scheme": "hmac", "secrets": [{"id": "1", "value": [DOOR_SECRET]}]}),
        json.dumps(DOOR_SECRET),
    ],
    ids=["cut", "scheme", "text", "list", "string"],
)
def test_no_secret_gets_out_of_a_wrong_door_document(document: str) -> None:
    # GIVEN a door document that cannot be read
    with a_world(*of_http_api("bearer", scheme="hmac")) as world:
        world.secrets.documents["door/here"] = document
        # WHEN an event comes
        door = Door(scheme_name="hmac", secrets=(AcceptedSecret("1", DOOR_SECRET),))
        event = Event(b"{}", "application/json")
        world.arrive(_signed(door, event, DOOR_SECRET, 1_795_000_000))
        # THEN it is refused, and what is said about the door names no value
        assert world.replies[0].status == 503
        found = leaks(world.told(), [DOOR_SECRET])
        assert not found, "\n".join(found)


def test_unknown_fields_are_told_once_a_batch_and_by_name_only() -> None:
    # GIVEN a vendor whose answers hold more than the models name, secrets among it
    with a_world(*of(spy)) as world:
        world.open()
        world.vendor.mood = Mood.GOOD
        world.touch("1")
        world.touch("2")
        # WHEN a batch is worked off
        world.work(minutes=1)
        # THEN one line of its log names the endpoint and the fields
        (line,) = [json.loads(line) for line in world.lines if "are not known" in line]
        assert "seen" in line["drift"]["here things/{id}"]
        assert line["level"] == "WARNING"
        assert not leaks({"line": json.dumps(line)}, [*SECRETS.values(), FRESH])


def test_the_canaries_do_reach_the_places_that_are_looked_at() -> None:
    # GIVEN a stack whose redactor knows nothing, because its secret is another one
    with a_world(*of_http_api("bearer")) as world:
        world.open()
        world.vendor.echo = "a-known-text-0000"
        world.vendor.mood = Mood.REFUSES_422
        world.touch("1001")
        world.work()
        world.directly("1001")
        # THEN what the vendor repeats is in entries, exports, commands and pages
        places = " ".join(
            place for place, text in world.told().items() if "a-known-text-0000" in text
        )
        for place in ("log entry", "admin's entry", "export with bodies"):
            assert place in places
