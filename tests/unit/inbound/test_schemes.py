from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.keys import CachedFetch
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.schemes.catalogue import TABLE, scheme_from
from tests.unit.inbound.samples import NOW, Sample, a_request, samples, secret

SAMPLES = samples()


def proof_of(sample: Sample, request: InboundRequest | None = None) -> Verified:
    return sample.door.scheme.verify(request or sample.request, sample.door.secrets)


def refusal_of(
    name: str,
    request: InboundRequest,
    *secrets: AcceptedSecret,
    **parameters: Any,
) -> RejectReason:
    with pytest.raises(WebhookRejected) as failure:
        scheme_from(name, parameters).verify(request, secrets)
    return failure.value.reason


def signed(body: bytes, key: str = "s") -> InboundRequest:
    return a_request(body, {"X-Signature": hmac.digest(key.encode(), body, "sha256").hex()})


def test_the_proof_names_the_secret_that_proved() -> None:
    # GIVEN a door that rotates its secret
    secrets = [secret("new", id="2026-11"), secret("old", id="2026-05", not_after=NOW)]
    # WHEN a sender that still has the old one calls, within its time and after it
    scheme = scheme_from("hmac", {})
    proof = scheme.verify(signed(b"{}", "old"), secrets)
    late = replace(signed(b"{}", "old"), received_at=NOW + 1)
    # THEN the old one proves until it runs out
    assert (proof.scheme, proof.key_id) == ("hmac", "2026-05")
    assert refusal_of("hmac", late, *secrets) is RejectReason.SIGNATURE_MISMATCH


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_preset_proves_under_its_own_name(name: str) -> None:
    # GIVEN a scheme of the catalogue and a request that it accepts
    # WHEN it is verified
    # THEN the event travels under the vendor's name, not under the family's
    assert proof_of(SAMPLES[name]).scheme == name


def test_schemes_with_the_same_parameters_are_equal_values() -> None:
    # GIVEN two schemes made of the same parameters, and one of others
    first, second = scheme_from("github", {}), scheme_from("github", {})
    # WHEN they are compared
    # THEN they are values
    assert first == second
    assert first != scheme_from("github", {"algorithm": "sha512"})
    with pytest.raises(AttributeError):
        first.algorithm = "md5"  # type: ignore[attr-defined]  # frozen: that is the promise


@pytest.mark.parametrize(
    ("name", "headers", "expected"),
    [
        ("github", {"X-GitHub-Delivery": "72d3162e-cc78"}, "72d3162e-cc78"),
        ("shopify", {"X-Shopify-Webhook-Id": "b54557e4"}, "b54557e4"),
        ("gitlab", {"X-Gitlab-Event-UUID": "u-1"}, "u-1"),
        ("telegram", {}, "9"),
        ("stripe", {}, "evt_1"),
        ("tbank", {}, None),
        ("yookassa", {}, "payment.succeeded:22e12f66"),
        ("svix", {}, "msg_loFOjxBNrRLzqYUf"),
        ("standard_webhooks", {}, "msg_loFOjxBNrRLzqYUf"),
        ("standard_webhooks_v1a", {}, "msg_2"),
        ("mailgun", {}, "0123456789abcdef0123456789abcdef0123456789abcdef01"),
        ("paypal", {}, "WH-1"),
        ("twilio", {"I-Twilio-Idempotency-Token": "i-1"}, "i-1"),
        ("bitrix24", {}, None),
        ("cdek", {}, None),
        ("kommo", {}, None),
        ("sendgrid", {}, None),
    ],
)
def test_a_vendor_with_delivery_ids_gives_a_dedupe_key(
    name: str, headers: dict[str, str], expected: str | None
) -> None:
    # GIVEN a request of a vendor, with its delivery header where it has one
    sample = SAMPLES[name]
    lower = {header.lower(): value for header, value in headers.items()}
    request = replace(sample.request, headers={**sample.request.headers, **lower})
    # WHEN it is verified
    # THEN the proof carries the vendor's id, or none where it has none
    assert proof_of(sample, request).delivery_id == expected


def test_a_delivery_header_that_is_absent_is_no_id() -> None:
    # GIVEN a GitHub delivery without its header
    # WHEN it is verified
    # THEN it has no dedupe key
    assert proof_of(SAMPLES["github"]).delivery_id is None


def test_woocommerce_deliveries_of_one_second_stay_apart() -> None:
    # GIVEN two orders that changed in one second: WooCommerce gives both one delivery id
    def delivery(body: bytes) -> str | None:
        proof = base64.b64encode(hmac.digest(b"s", body, "sha256")).decode()
        headers = {"X-WC-Webhook-Signature": proof, "X-WC-Webhook-Delivery-ID": "d1"}
        request = a_request(body, headers)
        return scheme_from("woocommerce", {}).verify(request, [secret("s")]).delivery_id

    # WHEN both come, and the first once more
    first, second = delivery(b'{"id":1,"total":"5"}'), delivery(b'{"id":2,"total":"5"}')
    # THEN only the repeat has the same key
    assert first != second
    assert first == delivery(b'{"id":1,"total":"5"}')
    assert first != delivery(b'{"id":1,"total":"6"}')


def test_tbank_names_an_operation_where_its_ids_do() -> None:
    # GIVEN T-Bank notifications of one payment
    def delivery(status: str) -> str | None:
        token = hashlib.sha256(f"pw13660{status}".encode()).hexdigest()
        body = json.dumps({"PaymentId": "13660", "Status": status, "Token": token})
        return scheme_from("tbank", {}).verify(a_request(body), [secret("pw")]).delivery_id

    # WHEN they come
    ids = [delivery(status) for status in ("AUTHORIZED", "CONFIRMED", "PARTIAL_REFUNDED")]
    # THEN each status is an event, and a partial refund, which can come twice, has no key
    assert ids == ["13660:AUTHORIZED", "13660:CONFIRMED", None]


def test_cloudpayments_tells_a_check_from_a_payment() -> None:
    # GIVEN a check and a payment of one transaction, registered under two URLs
    def delivery(body: str, query: str) -> str | None:
        proof = base64.b64encode(hmac.digest(b"s", body.encode(), "sha256")).decode()
        request = a_request(body, {"Content-HMAC": proof}, query=query)
        return scheme_from("cloudpayments", {}).verify(request, [secret("s")]).delivery_id

    # WHEN both come
    check = delivery("TransactionId=1&Status=Completed", "on=check")
    payment = delivery("TransactionId=1&Status=Completed&AuthCode=A1", "on=pay")
    # THEN they are two events; a repeat is the same
    assert check != payment
    assert payment == delivery("TransactionId=1&Status=Completed&AuthCode=A1", "on=pay")
    assert delivery("Amount=1", "") is None


def test_a_member_is_checked_only_after_the_token() -> None:
    # GIVEN a Bitrix24 event of another portal, with the right token and with a wrong one
    def event(token: str) -> InboundRequest:
        return a_request(f"auth[application_token]={token}&auth[member_id]=other")

    # WHEN they come
    right = refusal_of("bitrix24", event("t"), secret("t"), member_id="mine")
    wrong = refusal_of("bitrix24", event("x"), secret("t"), member_id="mine")
    # THEN only who has the token learns that the portal is another
    assert right is RejectReason.WRONG_PEER
    assert wrong is RejectReason.SIGNATURE_MISMATCH


@pytest.mark.parametrize(
    ("name", "headers", "reason"),
    [
        ("hmac", {}, RejectReason.SIGNATURE_MISSING),
        ("hmac", {"X-Signature": "00"}, RejectReason.SIGNATURE_MISMATCH),
        ("hmac", {"X-Signature": "0" * 9000}, RejectReason.MALFORMED),
        ("stripe", {"Stripe-Signature": f"t={NOW},v0=00"}, RejectReason.SIGNATURE_MISSING),
        ("stripe", {"Stripe-Signature": "v1=00"}, RejectReason.TIMESTAMP_MISSING),
        ("stripe", {"Stripe-Signature": "t=1,v1=00"}, RejectReason.TIMESTAMP_TOO_OLD),
        ("stripe", {"Stripe-Signature": "t=9999999999,v1=00"}, RejectReason.TIMESTAMP_TOO_NEW),
        ("stripe", {"Stripe-Signature": "t=1e9,v1=00"}, RejectReason.MALFORMED),
        ("stripe", {"Stripe-Signature": "t=٣,v1=00"}, RejectReason.MALFORMED),
        ("yookassa", {"X-Forwarded-For": "185.71.76.1"}, RejectReason.SOURCE_ADDRESS),
        ("rfc9421", {}, RejectReason.SIGNATURE_MISSING),
        (
            "rfc9421",
            {"Signature-Input": 's=("@path");created=1', "Signature": "s=:AA==:"},
            RejectReason.NOT_COVERED,
        ),
    ],
)
def test_a_refusal_says_why_to_us(name: str, headers: dict[str, str], reason: RejectReason) -> None:
    # GIVEN a request that lacks something
    request = a_request(headers=headers)
    # WHEN it is verified
    # THEN the reason is the one that is counted
    assert refusal_of(name, request, secret("s")) is reason


def test_a_refusal_holds_no_part_of_the_request() -> None:
    # GIVEN junk with a mark in every place
    mark = "MARK-7f3a"
    for name, sample in SAMPLES.items():
        request = replace(
            sample.request,
            headers=dict.fromkeys((*sample.request.headers, "authorization"), f"{mark}="),
            body=f'{{"{mark}": "{mark}"}}'.encode(),
            query=f"{mark}={mark}",
            url=f"https://{mark}/",
            source_ip=mark,
            path_token=mark,
        )
        # WHEN it is refused
        with pytest.raises(WebhookRejected) as failure:
            sample.door.scheme.verify(request, sample.door.secrets)
        # THEN neither the text nor the detail repeats it, nor any secret
        said = f"{failure.value} {failure.value.detail}"
        assert mark not in said, name
        assert not any(item.value in said for item in sample.door.secrets), name


# ---------------------------------------------------------------- keys from elsewhere


def published(sample: Sample, answer: bytes | OSError) -> tuple[Any, list[str]]:
    """The sample's scheme without pinned keys, and the URLs that it read."""
    asked: list[str] = []

    def read(url: str) -> bytes:
        asked.append(url)
        if isinstance(answer, OSError):
            raise answer
        return answer

    door = sample.door
    return scheme_from(door.scheme_name, door.parameters, CachedFetch(read)), asked


def test_paypals_certificate_is_read_from_paypal_and_kept() -> None:
    # GIVEN a door without a pinned certificate
    sample = SAMPLES["paypal"]
    scheme, asked = published(sample, sample.door.secrets[0].value.encode())
    # WHEN two events come
    proofs = [scheme.verify(sample.request, ()) for _ in range(2)]
    # THEN the certificate was read once, from the URL that PayPal named
    assert [proof.key_id for proof in proofs] == ["certificate", "certificate"]
    assert asked == ["https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1"]


@pytest.mark.parametrize("answer", [OSError("down"), b"", b"-----BEGIN CERTIFICATE-----\nAA"])
def test_a_certificate_that_cannot_be_had_proves_nothing(answer: bytes | OSError) -> None:
    # GIVEN a publisher that is down or answers with junk
    sample = SAMPLES["paypal"]
    scheme, _ = published(sample, answer)
    # WHEN an event comes
    # THEN it is refused
    with pytest.raises(WebhookRejected):
        scheme.verify(sample.request, ())


def test_no_foreign_certificate_is_even_read() -> None:
    # GIVEN an event that names a certificate elsewhere
    sample = SAMPLES["paypal"]
    scheme, asked = published(sample, sample.door.secrets[0].value.encode())
    headers = {**sample.request.headers, "paypal-cert-url": "https://evil.example/cert"}
    # WHEN it comes
    with pytest.raises(WebhookRejected) as failure:
        scheme.verify(replace(sample.request, headers=headers), ())
    # THEN nobody was asked
    assert failure.value.reason is RejectReason.CERTIFICATE
    assert asked == []


def test_an_unknown_key_id_reads_the_keys_once_more_and_no_further() -> None:
    # GIVEN a JWKS that does not hold the token's key, at a door that reads it
    sample = SAMPLES["jwt"]
    door = replace(
        sample.door, parameters={**sample.door.parameters, "jwks_url": "https://k.example/jwks"}
    )
    scheme, asked = published(replace(sample, door=door), b'{"keys": []}')
    # WHEN ten such tokens come
    for _ in range(10):
        with pytest.raises(WebhookRejected):
            scheme.verify(sample.request, ())
    # THEN the publisher was asked once in this minute
    assert asked == ["https://k.example/jwks"]


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b'{"keys": 5}', b'{"keys": [1, {}]}', b"[" * 100000]
)
def test_a_jwks_of_junk_proves_nothing(answer: bytes) -> None:
    # GIVEN a publisher that answers with junk
    sample = SAMPLES["jwt"]
    door = replace(
        sample.door, parameters={**sample.door.parameters, "jwks_url": "https://k.example/jwks"}
    )
    scheme, _ = published(replace(sample, door=door), answer)
    # WHEN a token comes
    # THEN it is refused
    with pytest.raises(WebhookRejected):
        scheme.verify(sample.request, ())


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "ES384"}, {"kty": "oct"}, {"x": "AA"}])
def test_a_key_made_for_something_else_proves_nothing(change: dict[str, str]) -> None:
    # GIVEN the right key, announced for another use or spoiled
    sample = SAMPLES["jwt"]
    jwk = json.loads(sample.door.secrets[0].value)["keys"][0]
    spoiled = secret(json.dumps({"keys": [{**jwk, **change}]}))
    # WHEN a token comes
    # THEN it is refused
    with pytest.raises(WebhookRejected):
        sample.door.scheme.verify(sample.request, [spoiled])


def test_a_key_set_may_be_one_key() -> None:
    # GIVEN a door whose secret is a single JWK
    sample = SAMPLES["jwt"]
    jwk = json.loads(sample.door.secrets[0].value)["keys"][0]
    # WHEN a token comes
    proof = sample.door.scheme.verify(sample.request, [secret(json.dumps(jwk), id="plaid")])
    # THEN it is proved with it
    assert proof.key_id == "plaid"


def test_an_issuer_and_an_audience_can_be_demanded() -> None:
    # GIVEN doors that want an issuer or an audience, and a token without
    sample = SAMPLES["jwt"]
    for demand in ({"issuer": "https://plaid.example"}, {"audience": "us"}):
        scheme = scheme_from("jwt", {**sample.door.parameters, **demand})
        # WHEN it comes
        with pytest.raises(WebhookRejected) as failure:
            scheme.verify(sample.request, sample.door.secrets)
        # THEN it belongs to somebody else
        assert failure.value.reason is RejectReason.WRONG_PEER


def test_the_key_id_of_a_message_signature_chooses_the_secret() -> None:
    # GIVEN a door with the right secret under another id, and a wrong one under the named id
    sample = SAMPLES["rfc9421"]
    right = sample.door.secrets[0].value
    secrets = [secret("d3Jvbmc=", id="test-shared-secret"), secret(right, id="other")]
    # WHEN the request comes
    # THEN only the named one is tried
    with pytest.raises(WebhookRejected):
        sample.door.scheme.verify(sample.request, secrets)
    unnamed = [secret("d3Jvbmc=", id="a"), secret(right, id="b")]
    assert sample.door.scheme.verify(sample.request, unnamed).key_id == "b"


def test_a_door_that_needs_published_keys_has_no_way_around() -> None:
    # GIVEN schemes with published keys and no way to read them
    for name in ("paypal", "jwt"):
        sample = SAMPLES[name]
        # WHEN an event comes at a door without secrets
        with pytest.raises(WebhookRejected) as failure:
            sample.door.scheme.verify(sample.request, ())
        # THEN it fails closed
        assert failure.value.reason is RejectReason.NO_SECRET


def test_an_unknown_scheme_lists_those_that_there_are() -> None:
    # GIVEN a name that is no scheme
    # WHEN it is asked for
    with pytest.raises(ConfigurationError) as failure:
        scheme_from("md4", {})
    # THEN the error lists every name
    assert all(name in failure.value.text for name in TABLE)


def test_the_checksum_of_paypal_is_written_in_decimal() -> None:
    # GIVEN a body whose CRC-32 has its highest bit set
    body = SAMPLES["paypal"].request.body
    # WHEN it is computed
    # THEN it is an unsigned number, as PayPal writes it
    assert zlib.crc32(body) >= 0
