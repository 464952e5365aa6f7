"""HTTP message signatures (RFC 9421), with the body covered through its digest (RFC 9530)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import header
from mostik.inbound.proof import check_age, same, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.schemes.hmac_signature import SECRET_ENCODINGS, key_of, one_of
from mostik.inbound.schemes.public_keys import load_public_key, proves
from mostik.inbound.schemes.signature_base import signature_base
from mostik.inbound.schemes.structured_fields import InnerList, Item, parse_dictionary
from mostik.inbound.signed_text import signed_url

HMAC = "hmac-sha256"

ALGORITHMS = (
    HMAC,
    "ed25519",
    "ecdsa-p256-sha256",
    "ecdsa-p384-sha384",
    "rsa-pss-sha512",
    "rsa-v1_5-sha256",
)

_DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}

_Labelled = tuple[InnerList, bytes]


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """Any signature of the request that covers enough and that one of the door's keys proves.

    A secret is a shared key (``hmac-sha256``) or a PEM public key; which of the two it is decides
    the algorithm, so a public key is never used as a shared one. When a signature's ``keyid``
    equals the id of a secret, only that secret is tried.

    Attributes:
        algorithm: the only algorithm admitted; ``None`` admits what the key is made for.
        label: the only signature looked at; ``None`` for any.
        required_components: what a signature must cover. ``content-digest`` is what covers the
            body.
        tolerance: seconds since ``created``, both ways; ``None`` leaves it unchecked.
        secret_encoding: how a shared key's text becomes the key: text, base64 or hex.
        delivery_id: places whose values make the delivery id.
        public_url: the URL registered with the sender, when it is not the one that reaches us.
    """

    name: str = "rfc9421"
    algorithm: str | None = None
    label: str | None = None
    required_components: tuple[str, ...] = ("content-digest", "@method", "@authority")
    tolerance: int | None = 300
    secret_encoding: str = "text"  # noqa: S105 - the name of an encoding, no secret
    delivery_id: tuple[str, ...] = ()
    public_url: str | None = None

    def __post_init__(self) -> None:
        if self.algorithm is not None:
            one_of("algorithm", self.algorithm, ALGORITHMS)
        one_of("secret_encoding", self.secret_encoding, SECRET_ENCODINGS)
        check_parts(self.delivery_id)
        if any(name != name.lower() for name in self.required_components):
            raise ConfigurationError("'required_components' are written in lower case")

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        refusal = WebhookRejected(RejectReason.SIGNATURE_MISSING)
        for covered, signature in self._signatures(request):
            try:
                secret = self._proving(covered, signature, request, live)
            except WebhookRejected as error:
                refusal = error
                continue
            return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise refusal

    def _signatures(self, request: InboundRequest) -> list[_Labelled]:
        inputs = _dictionary(request, "signature-input")
        values = _dictionary(request, "signature")
        found = []
        for label, covered in inputs.items():
            value = values.get(label)
            if (
                (self.label is None or label == self.label)
                and isinstance(covered, InnerList)
                and isinstance(value, Item)
                and isinstance(value.value, bytes)
            ):
                found.append((covered, value.value))
        return found[:_MOST_SIGNATURES]

    def _proving(
        self,
        covered: InnerList,
        signature: bytes,
        request: InboundRequest,
        secrets: Sequence[AcceptedSecret],
    ) -> AcceptedSecret:
        names = {item.value for item in covered.items}
        if any(name not in names for name in self.required_components):
            raise WebhookRejected(RejectReason.NOT_COVERED, "a required component is not covered")
        self._check_times(covered, request.received_at)
        if "content-digest" in names:
            _check_digest(request)
        signed = signature_base(request, signed_url(request, self.public_url), covered)
        keyid = covered.parameters.get("keyid")
        named = [secret for secret in secrets if secret.id == keyid]
        for secret in named or secrets:
            if self._matches(secret.value, covered.parameters.get("alg"), signature, signed):
                return secret
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _check_times(self, covered: InnerList, now: int) -> None:
        created, expires = covered.parameters.get("created"), covered.parameters.get("expires")
        if self.tolerance is not None:
            if isinstance(created, bool) or not isinstance(created, int):
                raise WebhookRejected(RejectReason.TIMESTAMP_MISSING)
            check_age(created, now, self.tolerance)
        if expires is not None and (not isinstance(expires, int) or expires < now):
            raise WebhookRejected(RejectReason.TIMESTAMP_TOO_OLD)

    def _matches(self, secret: str, announced: object, signature: bytes, signed: bytes) -> bool:
        admitted = [
            name
            for name in ALGORITHMS
            if name == (self.algorithm or name) and announced in (None, name)
        ]
        if not secret.lstrip().startswith("-----BEGIN"):
            key = key_of(secret, self.secret_encoding)
            return (
                HMAC in admitted
                and bool(key)
                and same(signature, hmac.digest(key, signed, "sha256"))
            )
        public = load_public_key(secret)
        return public is not None and any(
            proves(public, name, signature, signed) for name in admitted
        )


_MOST_SIGNATURES = 4


def _dictionary(request: InboundRequest, name: str) -> dict[str, Item | InnerList]:
    text = header(request, name)
    if not text:
        raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
    try:
        return parse_dictionary(text)
    except ValueError:
        raise WebhookRejected(RejectReason.MALFORMED, f"{name} cannot be read") from None


def _check_digest(request: InboundRequest) -> None:
    """Every digest that is known here must be right, and one must be."""
    members = _dictionary(request, "content-digest")
    known = [(_DIGESTS[name], member) for name, member in members.items() if name in _DIGESTS]
    if not known:
        raise WebhookRejected(RejectReason.NOT_COVERED, "no digest of a known kind")
    for algorithm, member in known:
        claimed = member.value if isinstance(member, Item) else None
        if not isinstance(claimed, bytes) or not same(claimed, algorithm(request.body).digest()):
            raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH, "the body's digest differs")
