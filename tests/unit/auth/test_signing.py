"""What we sign is what the other side proves: our own door, the vendors' libraries, botocore."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from standardwebhooks.webhooks import Webhook

from mostik.errors import ConfigurationError
from mostik.http.auth import (
    ApiKey,
    Basic,
    Bearer,
    HmacSigned,
    QueryKey,
    Signed,
    Signer,
    StandardWebhooksSigned,
)
from mostik.http.auth.jwt_assertion import JwtAssertion
from mostik.http.auth.sigv4 import SigV4
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret
from mostik.inbound.schemes.hmac_signature import HmacSignature
from mostik.inbound.schemes.standard_webhooks import StandardWebhooks
from tests.support.api_router import ApiRouter, says
from tests.support.clock import STARTS_AT, FakeClock

SECRET = "a-shared-secret-0000"
URL = "https://api.example/v1/orders/%D0%B6?page=2&q=a+b"
BODY = '{"имя":"Ж"}'.encode()
NOW = STARTS_AT


def signed(signer: Signer, url: str = URL, **headers: str) -> requests.PreparedRequest:
    request = requests.Request("POST", url, data=BODY, headers=headers).prepare()
    return Signed(signer, lambda: NOW)(request)


def as_it_arrives(request: requests.PreparedRequest) -> InboundRequest:
    url = request.url or ""
    return InboundRequest(
        method=request.method or "",
        url=url,
        query=urlsplit(url).query,
        headers={name.lower(): str(value) for name, value in request.headers.items()},
        body=BODY,
        source_ip="203.0.113.10",
        received_at=int(NOW),
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"prefix": "sha256=", "signature": "header:X-Hub-Signature-256"},
        {"encoding": "base64", "algorithm": "sha512"},
        {"encoding": "base64url"},
        {"template": "{timestamp}.{body}", "timestamp": "header:X-Time"},
        {
            "template": "{timestamp}{body}",
            "timestamp": "header:X-Time",
            "timestamp_format": "unix_ms",
        },
        {
            "template": "{timestamp}\n{body_sha256}",
            "timestamp": "header:X-Time",
            "timestamp_format": "iso",
        },
        {"template": "{method} {path}?{query}\n{body}"},
        {"template": "{url}{body}"},
        {"template": "{id}.{header:X-Shop}.{body}", "id": "header:X-Id"},
    ],
)
def test_our_own_door_proves_what_we_sign(parameters: Mapping[str, Any]) -> None:
    # GIVEN the same parameters on both sides
    request = signed(HmacSigned(SECRET, **parameters), **{"X-Shop": "7"})
    # THEN
    proof = HmacSignature(**parameters).verify(
        as_it_arrives(request), [AcceptedSecret("now", SECRET)]
    )
    assert proof.scheme == "hmac"


def test_a_signature_may_go_into_the_query() -> None:
    # WHEN
    request = signed(HmacSigned(SECRET, signature="query:sig"))
    # THEN what was there stays as it was
    assert (request.url or "").startswith(URL)
    digest = hmac.new(SECRET.encode(), BODY, "sha256").hexdigest()
    assert ("sig", digest) in parse_qsl(urlsplit(request.url or "").query)


@pytest.mark.parametrize(
    ("encoding", "secret"), [("hex", "00ff10aa"), ("base64", "AP8Qqg=="), ("base64", " AP8Qqg==\n")]
)
def test_a_secret_may_be_written_as_bytes(encoding: str, secret: str) -> None:
    request = signed(HmacSigned(secret, secret_encoding=encoding))
    expected = hmac.new(bytes.fromhex("00ff10aa"), BODY, "sha256").hexdigest()
    assert request.headers["X-Signature"] == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"algorithm": "crc32"},
        {"encoding": "base32"},
        {"timestamp_format": "rfc"},
        {"secret_encoding": "rot13"},
        {"secret_encoding": "hex"},
        {"signature": "X-Sign"},
        {"signature": "form:sign"},
        {"template": "nothing"},
        {"template": "{body"},
        {"template": "{nonsense}"},
        {"template": "{timestamp}{body}"},
        {"template": "{id}{body}"},
        {"timestamp": "header:X-Time"},
    ],
)
def test_what_cannot_sign_is_refused_when_it_is_set_up(parameters: Mapping[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        HmacSigned(SECRET, **parameters)
    assert SECRET not in str(refused.value)


def test_a_signed_header_that_is_absent_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="X-Shop"):
        signed(HmacSigned(SECRET, template="{header:X-Shop}{body}"))


def test_the_vendors_own_library_proves_our_standard_webhooks() -> None:
    # GIVEN the library reads the machine's clock
    secret = "whsec_c2FtcGxlLXNpZ25pbmcta2V5LTAwMDAwMDAw"
    request = requests.Request("POST", URL, data=BODY).prepare()
    # WHEN
    Signed(StandardWebhooksSigned(secret), time.time)(request)
    # THEN
    headers = {name: str(value) for name, value in request.headers.items()}
    assert Webhook(secret).verify(BODY.decode(), headers) == {"имя": "Ж"}
    # AND so does our own door
    ours = signed(StandardWebhooksSigned(secret))
    StandardWebhooks().verify(as_it_arrives(ours), [AcceptedSecret("now", secret)])


def test_a_message_keeps_the_id_that_the_call_gave_it() -> None:
    # GIVEN
    secret = "whsec_c2FtcGxlLXNpZ25pbmcta2V5LTAwMDAwMDAw"
    # THEN
    kept = signed(StandardWebhooksSigned(secret), **{"webhook-id": "order-7-paid"})
    assert kept.headers["webhook-id"] == "order-7-paid"
    made = [signed(StandardWebhooksSigned(secret)).headers["webhook-id"] for _ in range(2)]
    assert made[0] != made[1]


@pytest.mark.parametrize("secret", ["whsec_", "", "whsec_not base64!", "short"])
def test_a_secret_of_standard_webhooks_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationError):
        StandardWebhooksSigned(secret)


def test_every_try_is_signed_anew() -> None:
    # GIVEN an API that fails once
    clock = FakeClock()
    router = ApiRouter("https://api.example/v1/", {"GET orders": {}})
    session = open_session(1)
    session.mount("https://", router)
    signer = HmacSigned(SECRET, template="{timestamp}{path}", timestamp="header:X-Time")
    api = ApiClient(
        connection="shop",
        base_url="https://api.example/v1/",
        session=session,
        auth=Signed(signer, clock),
        dialect=Dialect(errors={}),
        redactor=Redactor([SECRET]),
        effects=Effects(clock, lambda _seconds: clock.advance(2), lambda: 0.5),
    )
    router.break_route("GET orders", says(503))
    calls = router.calls
    # WHEN
    with pytest.raises(Exception, match="fault of its own"):
        api.request(Endpoint("GET", "orders", Replay.SAFE))
    # THEN
    assert len({call.headers["X-Time"] for call in calls}) == len(calls) == 3
    assert len({call.headers["X-Signature"] for call in calls}) == 3


# ── AWS ───────────────────────────────────────────────────────────────────────────────────────────


def test_sigv4_signs_method_address_body_and_date() -> None:
    # GIVEN
    signer = SigV4("AKIDEXAMPLE", SECRET, "us-east-1", "execute-api")
    # WHEN
    request = signed(signer)
    # THEN the signature is what AWS's description of it makes of the parts
    date = request.headers["X-Amz-Date"]
    canonical = "\n".join(
        [
            "POST",
            "/v1/orders/%25D0%25B6",  # every service but S3 encodes the path once more
            "page=2&q=a%20b",
            f"host:api.example\nx-amz-date:{date}\n",
            "host;x-amz-date",
            hashlib.sha256(BODY).hexdigest(),
        ]
    )
    scope = f"{date[:8]}/us-east-1/execute-api/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    assert request.headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders=host;x-amz-date,"
        f" Signature={hmac.digest(key, text.encode(), 'sha256').hex()}"
    )
    assert SECRET not in repr(signer)


def test_sigv4_of_storage_says_the_hash_of_the_body_and_shows_a_session_token() -> None:
    request = signed(SigV4("AKID", SECRET, "ru-central1", "s3", session_token="temporary-0000"))
    assert request.headers["X-Amz-Content-SHA256"] == hashlib.sha256(BODY).hexdigest()
    assert request.headers["X-Amz-Security-Token"] == "temporary-0000"
    assert "x-amz-security-token" in str(request.headers["Authorization"])


# ── JWT ───────────────────────────────────────────────────────────────────────────────────────────

_EC = ec.generate_private_key(ec.SECP256R1())
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(("key", "algorithm"), [(_EC, "ES256"), (_RSA, "RS256"), (_RSA, "PS256")])
def test_a_jwt_of_ours_is_proved_with_the_public_key(key: Any, algorithm: str) -> None:
    # GIVEN
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signer = JwtAssertion(
        pem, algorithm, issuer="me", subject="shop", audience="api", key_id="k1", claims={"a": 1}
    )
    # WHEN
    request = signed(signer)
    # THEN
    token = str(request.headers["Authorization"]).removeprefix("Bearer ")
    claims = jwt.decode(
        token, key.public_key(), [algorithm], audience="api", options={"verify_exp": False}
    )
    assert jwt.get_unverified_header(token)["kid"] == "k1"
    assert (claims["iss"], claims["sub"], claims["a"]) == ("me", "shop", 1)
    assert claims["exp"] - claims["iat"] == 300
    assert pem not in repr(signer)


def test_each_jwt_has_an_id_of_its_own() -> None:
    signer = JwtAssertion("a-secret-of-thirty-two-characters", "HS256")
    assert signer.made(NOW) != signer.made(NOW)


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
@pytest.mark.parametrize("key", ["", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_key_that_is_none_is_said_without_showing_it(algorithm: str, key: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        signed(JwtAssertion(key, algorithm))
    assert not key or key not in str(refused.value)
    assert refused.value.__suppress_context__


def test_an_algorithm_that_proves_nothing_is_refused() -> None:
    for algorithm in ("none", "HS1"):
        with pytest.raises(ConfigurationError, match="RS256"):
            JwtAssertion("x", algorithm)


# ── what never changes ────────────────────────────────────────────────────────────────────────────


def test_static_credentials_go_where_they_are_told() -> None:
    def sent(auth: Any) -> requests.PreparedRequest:
        made: requests.PreparedRequest = auth(requests.Request("GET", URL).prepare())
        return made

    assert sent(Bearer("t-1")).headers["Authorization"] == "Bearer t-1"
    assert sent(ApiKey("X-Key", "k-1")).headers["X-Key"] == "k-1"
    assert sent(Basic("мы", "ж")).headers["Authorization"] == "Basic 0LzRizrQtg=="
    in_query = sent(QueryKey("key", "k/1&2"))
    assert in_query.url == f"{URL}&key=k%2F1%262"
    assert "Authorization" not in in_query.headers
    for auth in (Bearer("hush-hush"), ApiKey("X", "hush-hush"), QueryKey("x", "hush-hush")):
        assert "hush-hush" not in repr(auth)


def test_a_path_that_leaves_the_address_is_never_signed() -> None:
    # GIVEN
    session = open_session(1)
    router = ApiRouter("https://api.example/v1/", {})
    session.mount("https://", router)
    clock = FakeClock()
    signings: list[str] = []

    class Noting(Bearer):
        def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
            signings.append(r.url or "")
            return super().__call__(r)

    api = ApiClient(
        connection="shop",
        base_url="https://api.example/v1/",
        session=session,
        auth=Noting("t-1"),
        dialect=Dialect(errors={}),
        redactor=Redactor(["t-1"]),
        effects=Effects(clock, clock.sleep, lambda: 0.5),
    )
    router.break_route("GET moved", says(302, None, {"Location": "https://evil.example/"}))
    # WHEN an endpoint tries to leave, and an answer points elsewhere
    with pytest.raises(ConfigurationError, match="redirects"):
        api.request(Endpoint("GET", "moved", Replay.SAFE))
    # THEN
    assert signings == ["https://api.example/v1/moved"]
