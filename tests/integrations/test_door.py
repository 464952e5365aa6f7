"""What comes to the door of a connection: the sample event is taken, everything else is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mostik.errors import WebhookRejected
from mostik.inbound.places import place
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import Scheme
from mostik.jobs.message import Receipt
from tests.integrations.subjects import EVERY_LISTENER, Subject
from tests.integrations.world import a_world, an_accepted
from tests.support.clock import STARTS_AT
from tests.support.signers import (
    another,
    proof_place,
    put,
    signed,
    signs_body,
    signs_time,
    unsigned,
)

NOW = int(STARTS_AT)
AN_HOUR = 3_600

junk = st.one_of(
    st.text(st.characters(), max_size=60),
    st.text("0123456789abcdefABCDEF,=. +/-_v", max_size=90),
    st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")),
)
header_names = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30),
    st.sampled_from(
        [
            "authorization",
            "content-type",
            "svix-id",
            "svix-signature",
            "svix-timestamp",
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp",
            "x-api-key",
            "x-signature",
        ]
    ),
)


def proven(subject: Subject, *, at: int = NOW, secret: str | None = None) -> InboundRequest:
    """The sample event, signed at ``at`` and received at ``NOW``."""
    key = subject.sample.door_secret if secret is None else secret
    return signed(subject.door().scheme, subject.event, key, at=at, now=NOW)


def assert_refused(subject: Subject, request: InboundRequest) -> None:
    """The scheme refuses it; the door says so without a word about why, and queues nothing."""
    door = subject.door()
    with pytest.raises(WebhookRejected):
        door.scheme.verify(request, door.live_secrets(request.received_at))
    with a_world(subject) as world:
        reply = world.arrive(request)
        assert reply.status in (400, 401, 403), reply
        assert not len(world.queue)
        assert not world.job_rows
        assert subject.sample.door_secret not in f"{reply}{world.lines}"


@EVERY_LISTENER
def test_the_sample_event_is_taken_and_queued(subject: Subject) -> None:
    with a_world(subject) as world:
        # WHEN it comes as its sender sends it
        reply = world.send_sample()
        # THEN it is acknowledged, and one receipt with the same bytes is in the queue
        assert 200 <= reply.status < 300, reply
        (receipt,) = world.queue.messages
        assert isinstance(receipt, Receipt)
        assert receipt.connection == "here"
        assert receipt.content_type == subject.sample.content_type
        assert receipt.body


@EVERY_LISTENER
def test_a_proof_that_the_sample_body_carries_is_the_one_that_is_checked(subject: Subject) -> None:
    # GIVEN a sample whose sender puts the secret itself into the body
    carried = subject.sample.door_secret.encode() in subject.sample.body
    # THEN the scheme looks for it there, and nowhere else
    place_of_proof = proof_place(subject.door().scheme)
    assert carried is place_of_proof.startswith(("form:", "json:"))


@EVERY_LISTENER
def test_a_proof_made_with_another_secret_is_refused(subject: Subject) -> None:
    assert_refused(subject, proven(subject, secret=another(subject.sample.door_secret)))


@EVERY_LISTENER
def test_an_event_without_a_proof_is_refused(subject: Subject) -> None:
    assert_refused(subject, unsigned(subject.door().scheme, subject.event, now=NOW))


@EVERY_LISTENER
def test_an_empty_proof_is_refused(subject: Subject) -> None:
    where = proof_place(subject.door().scheme)
    assert_refused(subject, put(proven(subject), where, ""))


@EVERY_LISTENER
def test_a_proof_cut_short_is_refused(subject: Subject) -> None:
    # GIVEN a right proof without its last character
    scheme = subject.door().scheme
    right = presented_in(scheme, proven(subject))
    assert_refused(subject, put(proven(subject), proof_place(scheme), right[:-1]))


@EVERY_LISTENER
def test_a_proof_around_another_body_is_refused_where_the_scheme_signs_the_body(
    subject: Subject,
) -> None:
    request = proven(subject)
    scheme = subject.door().scheme
    # Behind the body, except where the proof itself may stand there.
    tampered = replace(
        request,
        body=request.body + b" " if signs_body(scheme) else b"more=1&" + request.body,
    )
    if signs_body(scheme):
        assert_refused(subject, tampered)
    else:
        # THEN such a scheme proves the sender only: nothing but hints may come of it
        assert scheme.verify(tampered, subject.door().live_secrets(NOW))


@EVERY_LISTENER
@pytest.mark.parametrize("at", [NOW - AN_HOUR, NOW + AN_HOUR, 0], ids=["old", "early", "epoch"])
def test_a_stale_proof_is_refused_where_the_scheme_signs_the_time(
    subject: Subject, at: int
) -> None:
    stale = proven(subject, at=at)
    if signs_time(subject.door().scheme):
        assert_refused(subject, stale)
    else:
        # THEN a replay cannot be told from the original: it is a hint, and hints may repeat
        assert subject.door().scheme.verify(stale, subject.door().live_secrets(NOW))


@EVERY_LISTENER
def test_a_proof_made_with_a_retired_secret_is_refused(subject: Subject) -> None:
    # GIVEN a door whose only secret has ended a second ago
    door = subject.door(an_accepted(subject.sample.door_secret, not_after=NOW - 1))
    # THEN a right proof is refused, by the door's choice of secrets and by the scheme itself
    for accepted in (door.live_secrets(NOW), door.secrets):
        with pytest.raises(WebhookRejected):
            door.scheme.verify(proven(subject), accepted)


@EVERY_LISTENER
def test_two_secrets_are_accepted_while_one_replaces_the_other(subject: Subject) -> None:
    # GIVEN a door that accepts the old secret for another hour, and the new one
    old, new = subject.sample.door_secret, another(subject.sample.door_secret)
    retiring = an_accepted(old, not_after=NOW + AN_HOUR)
    door = subject.door(retiring, replace(an_accepted(new), id="2"))
    # THEN both prove, and the receipt says which
    ids = [
        door.scheme.verify(proven(subject, secret=secret), door.live_secrets(NOW)).key_id
        for secret in (old, new)
    ]
    assert ids == ["1", "2"]


@EVERY_LISTENER
@settings(max_examples=60)
@given(presented=junk)
def test_a_malformed_proof_is_refused(subject: Subject, presented: str) -> None:
    scheme = subject.door().scheme
    request = proven(subject)
    if presented.strip() == presented_in(scheme, request).strip():
        return
    malformed = put(request, proof_place(scheme), presented.encode("utf-8", "replace").decode())
    with pytest.raises(WebhookRejected):
        scheme.verify(malformed, subject.door().live_secrets(NOW))


@EVERY_LISTENER
@settings(max_examples=60)
@given(
    body=st.one_of(st.binary(max_size=200), junk.map(lambda text: text.encode("utf-8", "replace"))),
    headers=st.lists(st.tuples(header_names, junk), max_size=6),
    query=junk,
    path_token=st.none() | junk,
)
@example(body=b"\xff\xfe", headers=[("content-type", "\x00")], query="%", path_token=None)
@example(body=b"[" * 100_000, headers=[], query="&" * 20_000, path_token="")
@example(body=b"a=1&" * 20_000, headers=[], query="", path_token=None)
def test_whatever_a_stranger_sends_is_refused_and_breaks_nothing(
    subject: Subject,
    body: bytes,
    headers: Sequence[tuple[str, str]],
    query: str,
    path_token: str | None,
) -> None:
    request = InboundRequest(
        method="POST",
        url=f"https://door.example/webhooks/here?{query}",
        query=query,
        headers=dict(headers),
        body=body,
        source_ip="203.0.113.66",
        received_at=NOW,
        path_token=path_token,
    )
    with pytest.raises(WebhookRejected):
        subject.door().scheme.verify(request, subject.door().live_secrets(NOW))


@EVERY_LISTENER
@settings(max_examples=40)
@given(body=st.binary(max_size=100), headers=st.lists(st.tuples(header_names, junk), max_size=4))
def test_a_right_proof_among_junk_is_judged_without_an_accident(
    subject: Subject, body: bytes, headers: Sequence[tuple[str, str]]
) -> None:
    # GIVEN a proven event whose other headers and body were exchanged on the way
    request = proven(subject)
    mixed = replace(request, headers={**dict(headers), **request.headers}, body=body)
    # THEN the only two answers are a proof and a refusal
    try:
        proof = subject.door().scheme.verify(mixed, subject.door().live_secrets(NOW))
    except WebhookRejected:
        return
    assert proof.scheme == subject.door().scheme_name


def presented_in(scheme: Scheme, request: InboundRequest) -> str:
    """The proof that a request carries."""
    return place(proof_place(scheme)).read(request) or ""
