"""A JWT that holds a hash of the body, proved with the sender's JWKS (Plaid's shape)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jwt import InvalidTokenError, PyJWK, PyJWS, PyJWTError

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, clean, delivery_id
from mostik.inbound.keys import HOUR, Fetch, https_host
from mostik.inbound.places import Place, place
from mostik.inbound.proof import live, same, to_bytes
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.schemes.hmac_signature import one_of

# Public-key algorithms only: with HS256 allowed, a published key would be a shared secret.
ALGORITHMS = (
    "ES256",
    "ES384",
    "ES512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "EdDSA",
)

_REFRESH = 60.0
"""A key id that the kept JWKS does not hold asks again, but not more often than this."""

Jwk = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JwtSignature:
    """Keys from ``jwks_url``, or JWKS documents and single JWKs as the door's secrets.

    Attributes:
        token: place of the JWT.
        prefix: what stands before it, such as ``Bearer`` and a space, in any case.
        algorithms: allowed ones; the token's header chooses among these only.
        jwks_url: where the sender publishes its keys.
        max_age: seconds since ``iat``, both ways; ``None`` leaves it unchecked.
        body_hash_claim: claim with the SHA-256 of the body in hex; ``None`` when the token does not
            cover the body, so that what arrives is only a hint.
        issuer: the ``iss`` that the token must have.
        audience: the ``aud`` that the token must have.
        delivery_id: places whose values make the delivery id; without them the ``jti``.
        fetch: reads ``jwks_url``.
    """

    name: str = "jwt"
    token: str = "header:Authorization"  # noqa: S105 - a place, no token
    prefix: str = ""
    algorithms: tuple[str, ...] = ("ES256",)
    jwks_url: str | None = None
    max_age: int | None = 300
    body_hash_claim: str | None = "request_body_sha256"
    issuer: str | None = None
    audience: str | None = None
    delivery_id: tuple[str, ...] = ()
    fetch: Fetch | None = field(default=None, repr=False, compare=False)
    _token: Place = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.algorithms:
            raise ConfigurationError(f"'algorithms' must name some of: {', '.join(ALGORITHMS)}")
        for algorithm in self.algorithms:
            one_of("algorithms", algorithm, ALGORITHMS)
        if self.jwks_url is not None and https_host(self.jwks_url) is None:
            raise ConfigurationError("'jwks_url' must be an https URL without a login or a port")
        check_parts(self.delivery_id)
        object.__setattr__(self, "_token", place(self.token))

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of the keys, or raises ``WebhookRejected``."""
        token = self._presented(request)
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in self.algorithms:
            raise WebhookRejected(RejectReason.ALGORITHM)
        for key_id, jwk in self._keys(algorithm, kid, request, secrets):
            claims = _proved(token, algorithm, jwk)
            if claims is not None:
                self._check(claims, request)
                named = delivery_id(self.delivery_id, request)
                return Verified(self.name, key_id, named or _jti(claims))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _presented(self, request: InboundRequest) -> bytes:
        text = self._token.read(request)
        if not text:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        if text[: len(self.prefix)].casefold() != self.prefix.casefold():
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING, "another kind of credential")
        return to_bytes(text[len(self.prefix) :].strip())

    def _keys(
        self,
        algorithm: str,
        kid: object,
        request: InboundRequest,
        secrets: Sequence[AcceptedSecret],
    ) -> list[tuple[str, Jwk]]:
        pinned = [
            (secret.id, jwk)
            for secret in live(secrets, request.received_at)
            for jwk in _jwks(to_bytes(secret.value))
            if _suits(jwk, kid, algorithm)
        ]
        if pinned:
            return pinned
        if self.jwks_url is None:
            raise WebhookRejected(RejectReason.NO_SECRET, "no key with this id")
        for max_age in (HOUR, _REFRESH):
            found = [jwk for jwk in _jwks(self._published(max_age)) if _suits(jwk, kid, algorithm)]
            if found:
                return [(str(jwk.get("kid") or "jwks"), jwk) for jwk in found]
        raise WebhookRejected(RejectReason.CERTIFICATE, "no published key with this id")

    def _published(self, max_age: float) -> bytes:
        if self.fetch is None or self.jwks_url is None:
            raise WebhookRejected(RejectReason.NO_SECRET, "no key and no way to read one")
        try:
            return self.fetch(self.jwks_url, max_age)
        except OSError:
            raise WebhookRejected(RejectReason.CERTIFICATE, "the keys cannot be read") from None

    def _check(self, claims: Jwk, request: InboundRequest) -> None:
        self._check_times(claims, request.received_at)
        if self.issuer is not None and claims.get("iss") != self.issuer:
            raise WebhookRejected(RejectReason.WRONG_PEER, "another issuer")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self.audience is not None and self.audience not in audiences:
            raise WebhookRejected(RejectReason.WRONG_PEER, "another audience")
        if self.body_hash_claim is None:
            return
        claimed = claims.get(self.body_hash_claim)
        if not isinstance(claimed, str):
            raise WebhookRejected(RejectReason.NOT_COVERED, "the token does not cover the body")
        actual = hashlib.sha256(request.body).hexdigest()
        if not same(to_bytes(claimed.lower()), actual.encode()):
            raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH, "the body's hash differs")

    def _check_times(self, claims: Jwk, now: int) -> None:
        leeway = self.max_age or 0
        if self.max_age is not None:
            issued = _number(claims.get("iat"))
            if issued is None:
                raise WebhookRejected(RejectReason.TIMESTAMP_MISSING)
            if issued < now - self.max_age:
                raise WebhookRejected(RejectReason.TIMESTAMP_TOO_OLD)
            if issued > now + self.max_age:
                raise WebhookRejected(RejectReason.TIMESTAMP_TOO_NEW)
        # The sender set these two itself: only its clock's difference is forgiven.
        if "exp" in claims and (_number(claims["exp"]) or 0.0) < now - min(leeway, 10):
            raise WebhookRejected(RejectReason.TIMESTAMP_TOO_OLD)
        if "nbf" in claims and (_number(claims["nbf"]) or 0.0) > now + min(leeway, 10):
            raise WebhookRejected(RejectReason.TIMESTAMP_TOO_NEW)


def _header(token: bytes) -> Jwk:
    try:
        return PyJWS().get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError):
        raise WebhookRejected(RejectReason.MALFORMED, "no JWT") from None


def _proved(token: bytes, algorithm: str, jwk: Jwk) -> Jwk | None:
    """The claims, when ``jwk`` proves the token with ``algorithm``."""
    try:
        key = PyJWK(jwk, algorithm).key
        payload = PyJWS().decode(
            token, key, algorithms=[algorithm], options={"enforce_minimum_key_length": True}
        )
        claims = json.loads(payload)
    except InvalidTokenError:
        return None
    except (PyJWTError, ValueError, TypeError, RecursionError):
        # A key of another kind than the algorithm's, or claims that are no JSON.
        return None
    return claims if isinstance(claims, dict) else None


def _jwks(text: bytes) -> Iterator[Jwk]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return
    keys = document.get("keys", [document]) if isinstance(document, dict) else []
    yield from (jwk for jwk in keys if isinstance(jwk, dict)) if isinstance(keys, list) else ()


def _suits(jwk: Jwk, kid: object, algorithm: str) -> bool:
    return (
        jwk.get("use", "sig") == "sig"
        and jwk.get("alg", algorithm) == algorithm
        and (kid is None or jwk.get("kid") == kid)
    )


def _number(value: object) -> float | None:
    """Seconds of a claim; ``nan`` and infinities are no time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 else None


def _jti(claims: Jwk) -> str | None:
    jti = claims.get("jti")
    return clean(jti) if isinstance(jti, str) else None
