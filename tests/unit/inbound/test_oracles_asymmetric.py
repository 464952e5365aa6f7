"""Independent libraries sign and the door verifies; the door's samples are verified by them.

Where a library differs from the door on purpose, the test says in which.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from requests import Request
from requests.structures import CaseInsensitiveDict
from sendgrid.helpers.eventwebhook import EventWebhook  # type: ignore[import-untyped]  # no stubs

from mostik.errors import WebhookRejected
from mostik.inbound.keys import CachedFetch
from mostik.inbound.request import InboundRequest
from mostik.inbound.schemes.catalogue import scheme_from
from tests.unit.inbound.samples import NOW, a_request, secret

BODIES = [
    '{"type":"order.updated","data":{"id":"1001"}}',
    "{}",
    "Чайник, 2 л = хорошо, v1,v1=",
    "a=1&b=%D1%8F",
]

EACH_BODY = pytest.mark.parametrize("body", BODIES)


def accepts(name: str, request: InboundRequest, value: str, **parameters: Any) -> bool:
    """Whether our scheme takes the request."""
    try:
        scheme_from(name, parameters).verify(request, [secret(value)])
    except WebhookRejected:
        return False
    return True


# ---------------------------------------------------------------- SendGrid


@EACH_BODY
def test_sendgrid_agrees_with_the_door(body: str) -> None:
    # GIVEN a batch signed with a throwaway key
    key = ec.generate_private_key(ec.SECP256R1())
    shown = base64.b64encode(_spki(key)).decode()
    signature = key.sign(f"{NOW}{body}".encode(), ec.ECDSA(hashes.SHA256()))
    encoded = base64.b64encode(signature).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": encoded,
        "X-Twilio-Email-Event-Webhook-Timestamp": str(NOW),
    }
    for sent in (body, body + " "):
        # WHEN the door and the library are asked, about it and about another body
        ours = accepts("sendgrid", a_request(sent, headers), shown)
        # THEN they say the same
        assert ours == EventWebhook(shown).verify_signature(sent, encoded, str(NOW))


# ---------------------------------------------------------------- JWT


ES = ec.generate_private_key(ec.SECP256R1())
RS = rsa.generate_private_key(65537, 2048)
ED = ed25519.Ed25519PrivateKey.generate()


def _jwk(algorithm: str, key: Any, kid: str = "k1") -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key())
    return {**json.loads(made), "kid": kid, "alg": algorithm, "use": "sig"}


@pytest.mark.parametrize(
    ("algorithm", "key"), [("ES256", ES), ("RS256", RS), ("PS384", RS), ("EdDSA", ED)]
)
def test_what_pyjwt_signs_is_accepted_with_the_published_keys(algorithm: str, key: Any) -> None:
    # GIVEN a token over a body's hash, and the key in a published JWKS that is read once
    body = BODIES[0]
    claims = {"iat": NOW, "request_body_sha256": hashlib.sha256(body.encode()).hexdigest()}
    token = jwt.encode(claims, key, algorithm, headers={"kid": "k1"})
    asked: list[str] = []

    def read(url: str) -> bytes:
        asked.append(url)
        return json.dumps({"keys": [_jwk(algorithm, key)]}).encode()

    scheme = scheme_from(
        "jwt",
        {
            "token": "header:X-Proof",
            "algorithms": [algorithm],
            "jwks_url": "https://keys.example/jwks",
        },
        CachedFetch(read),
    )
    # WHEN it comes twice
    proofs = [scheme.verify(a_request(body, {"X-Proof": token}), []) for _ in range(2)]
    # THEN it is accepted under the key's own id, and the keys were read once
    assert [proof.key_id for proof in proofs] == ["k1", "k1"]
    assert asked == ["https://keys.example/jwks"]
    # AND another body is not
    with pytest.raises(WebhookRejected):
        scheme.verify(a_request(body + " ", {"X-Proof": token}), [])


# ---------------------------------------------------------------- RFC 9421


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, private: Any, public: Any) -> None:
        self._private, self._public = private, public

    def resolve_private_key(self, key_id: str) -> Any:
        del key_id
        return self._private

    def resolve_public_key(self, key_id: str) -> Any:
        del key_id
        return self._public


P384 = ec.generate_private_key(ec.SECP384R1())

COVERED = (
    "@method",
    "@authority",
    "@target-uri",
    "@scheme",
    "@request-target",
    "@path",
    "@query",
    '"@query-param";name="b"',
    "content-type",
    "content-digest",
    '"content-digest";key="sha-256"',
)


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        (algorithms.HMAC_SHA256, None),
        (algorithms.ED25519, ED),
        (algorithms.ECDSA_P256_SHA256, ES),
        (algorithms.ECDSA_P384_SHA384, P384),
        (algorithms.RSA_PSS_SHA512, RS),
        (algorithms.RSA_V1_5_SHA256, RS),
    ],
    ids=lambda value: getattr(value, "algorithm_id", ""),
)
@pytest.mark.parametrize(
    "url",
    ["https://Door.example:443/hook/%7Ea?a=1&b=%20x%2F~", "https://door.example:8443/?b=&c"],
)
def test_what_http_message_signatures_signs_is_accepted(algorithm: Any, key: Any, url: str) -> None:
    # GIVEN a request signed by the library over everything that a signature can cover
    shared = "shared-secret-of-32-bytes-length"
    private: Any = shared.encode() if key is None else key
    public: Any = shared.encode() if key is None else key.public_key()
    value = shared if key is None else _pem(key)
    body = BODIES[0].encode()
    sent = Request("POST", url, data=body, headers={"Content-Type": "application/json"}).prepare()
    sent.url = url
    HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=Keys(private, public)).sign(
        sent,
        key_id="k",
        created=datetime.fromtimestamp(NOW, UTC),
        covered_component_ids=COVERED,
        body=body,
        label="sig1",
    )
    headers = {name: str(value) for name, value in sent.headers.items()}
    # WHEN it comes to the door under its public URL
    ours = a_request(body, headers, query=url.partition("?")[2])
    # THEN it is accepted, and with another body, method or host it is not
    base = url.partition("?")[0]
    assert accepts("rfc9421", ours, value, public_url=base)
    assert not accepts(
        "rfc9421", a_request(body + b" ", headers, query=ours.query), value, public_url=base
    )
    put = a_request(body, headers, query=ours.query, method="PUT")
    assert not accepts("rfc9421", put, value, public_url=base)
    assert not accepts("rfc9421", ours, value, public_url=base.replace("oor", "oors"))


def test_what_we_sign_by_hand_is_accepted_by_http_message_signatures_and_the_door() -> None:
    # GIVEN a request signed by hand as the RFC describes
    body, now = b'{"a":1}', int(time.time())
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    params = f'("content-digest" "@method" "@authority");created={now};keyid="k"'
    base = (
        f'"content-digest": {digest}\n"@method": POST\n"@authority": door.example\n'
        f'"@signature-params": {params}'
    )
    mac = hmac.new(b"shared", base.encode(), hashlib.sha256).digest()
    headers = {
        "Content-Digest": digest,
        "Signature-Input": f"sig1={params}",
        "Signature": f"sig1=:{base64.b64encode(mac).decode()}:",
    }
    # WHEN the library and the door verify it
    sent = Request("POST", "https://door.example/hook", data=body).prepare()
    sent.headers = CaseInsensitiveDict(headers)
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.HMAC_SHA256, key_resolver=Keys(b"shared", b"shared")
    )
    theirs = verifier.verify(sent)
    # THEN both take it
    assert len(theirs) == 1
    assert accepts("rfc9421", a_request(body, headers, now=now, path="/hook"), "shared")


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _pem(key: Any) -> str:
    made: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return made.decode()
