"""The door: size, known connection, proof, filter, one durable write, acknowledgement."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from mostik.inbound.door import Door, dump_door
from mostik.inbound.filters import Filter
from mostik.inbound.intake import INLINE_BODY_BYTES, Arrival
from mostik.inbound.refusals import FAILURES_A_MINUTE
from mostik.inbound.reply import Reply
from mostik.inbound.request import InboundRequest
from mostik.inbound.travel import Proofs, kept_headers
from mostik.jobs.message import Receipt, load
from mostik.jobs.row import JobState
from tests.support.door_rig import LARGEST_BODY, SECRET, DoorRig
from tests.support.rig import HERE
from tests.support.signers import Event, signed

JSON = "application/json"


@pytest.fixture
def rig() -> DoorRig:
    return DoorRig()


def request(
    rig: DoorRig, body: bytes = b'{"keys":["1"]}', *, secret: str = SECRET
) -> InboundRequest:
    """An event signed with a secret."""
    now = int(rig.clock())
    return signed(rig.door.scheme, Event(body, JSON, id=""), secret, at=now, now=now)


def take(rig: DoorRig, event: InboundRequest, connection: str = HERE) -> Reply:
    """The door's answer."""
    return rig.intake.take(Arrival(connection, event, "trace-1"))


def save(rig: DoorRig, door: Door) -> None:
    """A person saves another door."""
    rig.secrets.documents[f"door/{HERE}"] = dump_door(door)
    rig.cold_door()


def test_a_proven_event_is_queued_and_acknowledged_with_its_id(rig: DoorRig) -> None:
    # WHEN a signed event comes
    reply = take(rig, request(rig))
    # THEN it is in the queue under the id that the sender was told
    (message,) = rig.queue.messages
    assert reply.status == 200
    assert json.loads(reply.body) == {"status": "accepted", "id": message.id}


# ── the order: a request that fails two checks is refused by the first of them ──────────────────


def test_a_body_over_the_limit_is_refused_before_anything_is_read(rig: DoorRig) -> None:
    # WHEN too long a body comes for a connection that does not exist
    reply = take(rig, request(rig, b"x" * (LARGEST_BODY + 1)), "nobody")
    # THEN its size is what counts, and no secret was read for it
    assert reply.status == 413
    assert rig.secrets.calls["read"] == 0


def test_an_unknown_connection_is_refused_before_the_proof_is_looked_at(rig: DoorRig) -> None:
    # WHEN an unsigned event comes for a connection that does not exist
    reply = take(rig, replace(request(rig), headers={}), "nobody")
    # THEN the connection is what counts
    assert reply.status == 404


@pytest.mark.parametrize("connection", ["", "UPPER", "a/b", "..", "x" * 40, "ж", "-a"])
def test_what_cannot_be_a_connection_is_refused_without_a_look(
    rig: DoorRig, connection: str
) -> None:
    # WHEN an event comes for something that is no id
    reply = take(rig, request(rig), connection)
    # THEN nothing was asked for
    assert reply.status == 404
    assert rig.secrets.calls["read"] == 0


def test_the_proof_comes_before_the_filter(rig: DoorRig) -> None:
    # GIVEN a door that drops everything
    save(rig, replace(rig.door, filters=(Filter("json:type", any_of=("never",)),)))
    # WHEN an event comes with a wrong signature
    reply = take(rig, request(rig, secret="another-secret"))
    # THEN it is not acknowledged
    assert reply.status == 401


def test_a_filtered_event_is_acknowledged_counted_and_not_queued(rig: DoorRig) -> None:
    # GIVEN a door that wants one type only
    save(rig, replace(rig.door, filters=(Filter("json:type", any_of=("order.*",)),)))
    # WHEN another type comes
    reply = take(rig, request(rig, b'{"type":"stock.changed"}'))
    # THEN the sender is content, the queue is empty, and a counter names the rule
    assert reply.status == 200
    assert rig.queue.bodies == []
    assert any('"WebhooksFiltered":1' in line and "json:type" in line for line in rig.door_lines)


@pytest.mark.parametrize(
    ("door", "event", "status"),
    [
        ({"content_types": ("application/xml",)}, {}, 415),
        ({}, {"method": "PUT"}, 405),
        ({"max_body": 5}, {}, 413),
    ],
)
def test_a_door_refuses_what_it_does_not_take(
    rig: DoorRig, door: dict[str, Any], event: dict[str, Any], status: int
) -> None:
    # GIVEN a door with a narrower taste
    save(rig, replace(rig.door, **door))
    # WHEN something else comes
    reply = take(rig, replace(request(rig), **event))
    # THEN it is refused, and the answer gives nothing away
    assert reply.status == status
    assert set(json.loads(reply.body)) == {"type", "title", "status"}
    assert rig.queue.bodies == []


# ── one durable write ───────────────────────────────────────────────────────────────────────────


def test_an_event_that_the_queue_refuses_becomes_a_row_that_the_tick_sends(rig: DoorRig) -> None:
    # GIVEN a queue that refuses
    rig.queue.fail_next("send")
    # WHEN an event comes
    reply = take(rig, request(rig))
    # THEN it is acknowledged, since a waiting row carries it
    assert reply.status == 200
    (row,) = rig.jobs()
    assert row.state is JobState.WAITING
    # AND the tick sends it
    rig.tick()
    assert [message.id for message in rig.queue.messages] == [row.id]


def test_an_event_that_nothing_takes_is_not_acknowledged(rig: DoorRig) -> None:
    # GIVEN a queue and a table that refuse
    rig.queue.fail_next("send")
    rig.table.fail_next("insert")
    # WHEN an event comes
    reply = take(rig, request(rig))
    # THEN the sender is told when to try again
    assert reply.status == 503
    assert int(reply.headers["Retry-After"]) > 0


def test_a_long_body_is_stored_before_the_event_is_queued(rig: DoorRig) -> None:
    # WHEN an event comes that is too long for a message
    body = b'{"keys":["1"],"pad":"' + b"x" * INLINE_BODY_BYTES + b'"}'
    assert take(rig, request(rig, body)).status == 200
    # THEN the message says where its body lies
    (message,) = rig.queue.messages
    assert isinstance(message, Receipt)
    assert message.body is None
    assert message.body_key is not None
    assert rig.blobs.get(message.body_key) == body


def test_a_long_body_that_cannot_be_stored_is_not_acknowledged(rig: DoorRig) -> None:
    # GIVEN blobs that refuse
    rig.blobs.fail_next("put")
    # WHEN a long event comes
    reply = take(rig, request(rig, b"x" * (INLINE_BODY_BYTES + 1)))
    # THEN it is not acknowledged and nothing is queued
    assert reply.status == 503
    assert rig.queue.bodies == []


def test_secrets_that_cannot_be_read_now_are_a_503_and_not_a_refusal(rig: DoorRig) -> None:
    # GIVEN Secrets Manager away
    rig.secrets.fail_next("read")
    # WHEN a proven event comes
    # THEN the sender is asked to try again
    assert take(rig, request(rig)).status == 503


@pytest.mark.parametrize("document", ["junk", "{}", '{"v":1,"scheme":"nope"}', '{"v":2}'])
def test_a_door_that_is_set_up_wrongly_says_so_in_the_log_without_its_secrets(
    rig: DoorRig, document: str
) -> None:
    # GIVEN a door document that cannot be read
    rig.secrets.documents[f"door/{HERE}"] = document
    # WHEN an event comes
    reply = take(rig, request(rig))
    # THEN the sender reads nothing about it, and the log says what to do
    assert reply.status == 503
    assert any("the door of this connection is set up wrongly" in line for line in rig.door_lines)


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────


def test_a_secret_that_was_rotated_just_now_works_at_once(rig: DoorRig) -> None:
    # GIVEN a door that has been used, and a new secret saved since
    assert take(rig, request(rig)).status == 200
    rig.open_door("a-brand-new-secret", SECRET)
    # WHEN an event comes that is signed with the new one
    reply = take(rig, request(rig, secret="a-brand-new-secret"))
    # THEN it is taken, and the event says which secret proved it
    assert reply.status == 200
    message = rig.queue.messages[-1]
    assert isinstance(message, Receipt)
    assert message.key_id == "1"


def test_a_secret_is_refused_after_its_last_day(rig: DoorRig) -> None:
    # GIVEN a door whose only secret has ended
    (secret,) = rig.door.secrets
    save(rig, replace(rig.door, secrets=(replace(secret, not_after=int(rig.clock()) - 1),)))
    # WHEN an event comes that is signed with it
    # THEN it is refused
    assert take(rig, request(rig)).status == 401


def test_only_failed_proofs_are_limited_never_proven_ones(rig: DoorRig) -> None:
    # GIVEN an address that has failed too often
    wrong = request(rig, secret="another-secret")
    answers = [take(rig, wrong).status for _ in range(FAILURES_A_MINUTE + 1)]
    assert answers[0] == 401
    assert answers[-1] == 429
    # WHEN a proven event comes from the same address
    # THEN it is taken
    assert take(rig, request(rig)).status == 200
    # AND a minute later the address begins anew
    rig.clock.advance(61)
    assert take(rig, wrong).status == 401


def test_refusals_are_counted_by_reason_and_one_in_a_hundred_is_sampled(rig: DoorRig) -> None:
    # WHEN a hundred and one requests are refused
    for _ in range(101):
        take(rig, request(rig, b'{"keys":["secret-content"]}', secret="another-secret"))
    # THEN each is counted under its reason, two are sampled, and none with its body
    lines = [json.loads(line) for line in rig.door_lines]
    assert sum(line["WebhooksRefused"] for line in lines) == 101
    assert {line["reason"] for line in lines} == {"signature_mismatch"}
    assert sum("sample" in line for line in lines) == 2
    assert not any("secret-content" in line for line in rig.door_lines)


# ── what travels ────────────────────────────────────────────────────────────────────────────────


def test_headers_that_prove_or_hide_something_do_not_travel() -> None:
    # GIVEN headers of all kinds
    headers = {
        "content-type": JSON,
        "x-event": "order",
        "authorization": "Basic x",
        "cookie": "a=b",
        "x-signature": "x",
        "x-api-key": "x",
        "x-hub-signature-256": "x",
        "x-shopify-hmac-sha256": "x",
        "x-gitlab-token": "x",
        "x-long": "x" * 5_000,
    }
    # WHEN they are kept
    kept = kept_headers(headers)
    # THEN only harmless ones are left, none too long
    assert set(kept) == {"content-type", "x-event", "x-long"}
    assert len(kept["x-long"]) == 1_024


@pytest.mark.parametrize(
    "spelling", ["s3cret/token+value", "s3cret%2Ftoken%2Bvalue", "s3cret/token+value&again"]
)
def test_the_secret_that_proved_an_event_does_not_travel_with_it(spelling: str) -> None:
    # GIVEN a body that holds the secret, as it is or URL-encoded
    body = f"auth[application_token]={spelling}&data=1".encode()
    # WHEN it goes on
    kept = Proofs(["s3cret/token+value", "", "1"]).out_of(body)
    # THEN the secret is gone, the rest stays, and what is too short to be one is left alone
    assert b"s3cret" not in kept
    assert kept.endswith(b"data=1")


def test_the_path_token_does_not_travel(rig: DoorRig) -> None:
    # GIVEN an event that came by a secret path
    event = request(rig)
    token = "a-secret-path-token"
    event = replace(event, url=f"https://api.example/webhooks/here/{token}", path_token=token)
    # WHEN it is queued
    assert take(rig, event).status == 200
    # THEN its message does not hold the token
    assert token not in rig.queue.bodies[0]
    assert isinstance(load(rig.queue.bodies[0]), Receipt)
