"""Whatever arrives, a scheme answers with a proof or with ``WebhookRejected``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mostik.errors import WebhookRejected
from mostik.inbound.acknowledgement import Acknowledgement
from mostik.inbound.delivery import LONGEST_ID, clean, delivery_id
from mostik.inbound.door import HANDSHAKES, Door, passes
from mostik.inbound.filters import Filter
from mostik.inbound.handshake import (
    handshake,
    is_sns_confirmation,
    is_sns_url,
    sns_subscribe_url,
)
from mostik.inbound.scheme import Verified
from mostik.inbound.schemes.catalogue import TABLE
from tests.unit.inbound.samples import NOW, Sample, a_request, samples, secret

EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

SAMPLES = samples()

BY_SCHEME = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())

# Their proof does not reach the body: what they bring is a hint.
NOT_OVER_THE_BODY = {
    "api_key",
    "basic",
    "bearer",
    "cdek",
    "gitlab",
    "kommo",
    "rfc9421",
    "secret_path",
    "source_address",
    "telegram",
    "yookassa",
}

texts = st.one_of(
    st.text(st.characters(), max_size=40),
    st.text(",=;:()\"'.%& v10t?-", max_size=60),
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(
        [
            "",
            " ",
            ",",
            "=",
            "t=,v1=",
            "v1,",
            "sha256=",
            "Basic ",
            "Bearer .",
            "a.b.c",
            "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
            'sig=("@method" "@path");created=1',
            "sig=:AAAA:",
            "(" * 4000,
            "é" * 64,
            "\ud800",
            "\x00",
            "1" * 5000,
            "NaN",
            "Infinity",
            "a" * 65536,
            "," * 65536,
            "=" * 65536,
            "2025-10-09T08:53:20+99:99",
            "https://[",
            "https://a:b/",
            "https://api.paypal.com/\ud800",
        ]
    ),
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts

documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Token", "id", "signature", "timestamp", "token", "type", "keys"])
            | texts,
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(["bytes", "json", "form", "deep"]))
    if kind == "bytes":
        return draw(st.binary(max_size=200))
    if kind == "json":
        return repr(draw(documents)).replace("'", '"').encode("utf-8", "replace")
    if kind == "form":
        return b"&".join(draw(st.lists(st.binary(max_size=20), max_size=6)))
    return draw(
        st.sampled_from([b"[" * 100_000, b'{"a":' * 5000, b'{"Token":' + b"9" * 5000 + b"}"])
    )


def refused(sample: Sample) -> WebhookRejected | None:
    """Verifies; returns the refusal, ``None`` when it was a proof. Anything else is a failure."""
    try:
        proof = sample.door.scheme.verify(sample.request, sample.door.secrets)
    except WebhookRejected as refusal:
        return refusal
    assert isinstance(proof, Verified)
    assert proof.scheme == sample.door.scheme_name
    assert proof.delivery_id is None or 0 < len(proof.delivery_id) <= LONGEST_ID
    return None


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_scheme_has_a_sample(name: str) -> None:
    # GIVEN the catalogue
    # WHEN a request that proves itself is looked for
    # THEN there is one, and it does
    assert refused(SAMPLES[name]) is None


@BY_SCHEME
@EXAMPLES
@given(data=st.data())
def test_junk_in_any_place_is_refused_and_never_raises(sample: Sample, data: st.DataObject) -> None:
    # GIVEN a request that proves itself, with junk in some of its places
    request = sample.request
    names = sorted({*request.headers, "authorization", "content-type", "x-signature"})
    headers = dict(request.headers)
    for name in data.draw(st.lists(st.sampled_from(names), max_size=4)):
        headers[name] = data.draw(texts)
    for name in data.draw(st.lists(st.sampled_from(names), max_size=1)):
        headers.pop(name, None)
    changed = replace(
        request,
        headers=headers,
        body=data.draw(st.just(request.body) | bodies()),
        query=data.draw(st.just(request.query) | texts),
        url=data.draw(st.just(request.url) | texts),
        source_ip=data.draw(st.just(request.source_ip) | texts),
        path_token=data.draw(st.just(request.path_token) | texts),
        method=data.draw(st.sampled_from(["GET", "POST", "PUT"])),
    )
    # WHEN it is verified
    # THEN the answer is a proof or a refusal, nothing else
    refused(replace(sample, request=changed))


@BY_SCHEME
@EXAMPLES
@given(body=bodies(), header=texts, query=texts)
def test_a_request_of_junk_alone_proves_nothing(
    sample: Sample, body: bytes, header: str, query: str
) -> None:
    # GIVEN a request without one honest part
    junk = replace(
        sample.request,
        headers=dict.fromkeys(sample.request.headers, header),
        body=body,
        query=query,
        source_ip=header,
        path_token=header,
    )
    # WHEN it is verified
    # THEN it is refused
    assert refused(replace(sample, request=junk)) is not None


@BY_SCHEME
@EXAMPLES
@given(value=st.sampled_from(["", " ", "\t\n"]) | texts)
def test_another_secret_proves_nothing(sample: Sample, value: str) -> None:
    # GIVEN a door whose only secret is blank or junk
    door = replace(sample.door, secrets=(secret(value),))
    # WHEN a request that would prove itself under the real one comes
    refusal = refused(replace(sample, door=door))
    # THEN it is refused, unless the scheme asks for no secret at all
    assert (refusal is None) == (sample.door.scheme_name in {"yookassa", "source_address"})


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - NOT_OVER_THE_BODY))
def test_one_byte_more_in_the_body_is_refused(name: str) -> None:
    # GIVEN a request whose body has one byte more than was signed
    sample = SAMPLES[name]
    longer = replace(sample.request, body=sample.request.body + b"x")
    # WHEN it is verified
    # THEN it is refused
    assert refused(replace(sample, request=longer)) is not None


@BY_SCHEME
def test_without_any_secret_the_door_is_closed(sample: Sample) -> None:
    # GIVEN a door without secrets
    door = replace(sample.door, secrets=())
    # WHEN a request comes that the real door accepts
    refusal = refused(replace(sample, door=door))
    # THEN it is refused, unless the address is the proof
    assert (refusal is None) == (sample.door.scheme_name in {"yookassa", "source_address"})


@BY_SCHEME
def test_a_secret_past_its_time_proves_nothing(sample: Sample) -> None:
    # GIVEN a door whose secrets ran out a second before the request came
    now = sample.request.received_at
    old = tuple(replace(item, not_after=now - 1) for item in sample.door.secrets)
    # WHEN the request comes
    refusal = refused(replace(sample, door=replace(sample.door, secrets=old)))
    # THEN it is refused, unless the address is the proof
    assert (refusal is None) == (sample.door.scheme_name in {"yookassa", "source_address"})


@pytest.mark.parametrize("kind", HANDSHAKES)
@EXAMPLES
@given(body=bodies(), text=texts, query=texts, method=st.sampled_from(["GET", "POST"]))
def test_no_handshake_raises_anything_but_a_refusal(
    kind: str, body: bytes, text: str, query: str, method: str
) -> None:
    # GIVEN a door with a handshake, and a request of junk that may look like one
    names = {"msgraph": "secret_path", "okta": "bearer"}
    door = Door(names.get(kind, kind), handshake=kind, verify_token="vt", secrets=(secret("s"),))
    request = a_request(
        body,
        {"x-okta-verification-challenge": text},
        method=method,
        query=query or f"hub.mode=subscribe&crc_token={text}&validationToken={text}",
    )
    # WHEN it is asked
    try:
        reply = handshake(door, request)
    except WebhookRejected:
        return
    # THEN the answer is one, or the request is an event
    assert reply is None or reply.status == 200


@EXAMPLES
@given(body=bodies(), text=texts)
def test_filters_and_confirmations_never_raise(body: bytes, text: str) -> None:
    # GIVEN a request of junk
    request = a_request(body, {"x-kind": text}, query=text)
    places = ("header:x-kind", "query:kind", "form:event", "json:a.0.b", "path")
    door = Door("hmac", filters=tuple(Filter(at, none_of=("x",)) for at in places))
    # WHEN it is asked about
    verdicts = (
        passes(door, request).passed,
        is_sns_confirmation(request),
        sns_subscribe_url(request) is None,
        is_sns_url(text),
        delivery_id([*places, "body"], request) is None,
    )
    # THEN there is an answer to everything
    assert all(isinstance(verdict, bool) for verdict in verdicts)


@EXAMPLES
@given(first=texts, second=texts)
def test_cleaning_keeps_ids_apart_and_safe(first: str, second: str) -> None:
    # GIVEN two ids of a sender
    # WHEN they are cleaned
    ids = clean(first), clean(second)
    # THEN both fit a key and a JSON text as they are, and different ones stay different
    for value in ids:
        assert value is None or (
            len(value) <= LONGEST_ID and value.isascii() and value.isprintable()
        )
        assert value is None or Acknowledgement().render(value).count('"') == 8
    assert (ids[0] == ids[1]) == (first.strip() == second.strip())


def test_the_clock_of_the_tests_is_not_the_machines() -> None:
    # GIVEN the samples
    # WHEN their clocks are read
    clocks = {sample.request.received_at for sample in SAMPLES.values()}
    # THEN every one is fixed: these tests promise the same in any year
    assert all(clock <= NOW + 1000 for clock in clocks)
