"""A signature that a public key proves, over a template of the request (SendGrid's is one)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import Place, place
from mostik.inbound.proof import (
    TIMESTAMP_FORMATS,
    check_age,
    from_base64,
    read_timestamp,
    usable,
)
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.schemes.hmac_signature import one_of
from mostik.inbound.schemes.public_keys import ALGORITHMS, load_public_key, proves
from mostik.inbound.signed_text import SignedText


@dataclass(frozen=True, slots=True)
class PublicKeySignature:
    """The door's secrets are public keys here: PEM, or the base64 that the vendor's page shows.

    Attributes:
        signature: place of the signature.
        algorithm: ecdsa-sha256 (DER), ed25519 or rsa-sha256.
        encoding: base64 (or base64url) or hex.
        template: the signed text.
        timestamp: place of the timestamp; the template must sign it.
        timestamp_format: unix, unix_ms or iso.
        tolerance: seconds of age allowed, both ways; ``None`` leaves the age unchecked.
        delivery_id: places whose values make the delivery id.
        public_url: the URL registered with the sender, when it is not the one that reaches us.
    """

    name: str = "public_key"
    signature: str = "header:X-Signature"
    algorithm: str = "ecdsa-sha256"
    encoding: str = "base64"
    template: str = "{body}"
    timestamp: str | None = None
    timestamp_format: str = "unix"
    tolerance: int | None = 300
    delivery_id: tuple[str, ...] = ()
    public_url: str | None = None
    _signature: Place = field(init=False, repr=False, compare=False)
    _timestamp: Place | None = field(init=False, repr=False, compare=False)
    _template: SignedText = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        one_of("algorithm", self.algorithm, ALGORITHMS)
        one_of("encoding", self.encoding, ("base64", "hex"))
        one_of("timestamp_format", self.timestamp_format, TIMESTAMP_FORMATS)
        check_parts(self.delivery_id)
        text = SignedText(self.template)
        if text.uses("timestamp") != (self.timestamp is not None) or text.uses("id"):
            raise ConfigurationError(
                "'timestamp' and {timestamp} in 'template' go together; {id} has no place here"
            )
        object.__setattr__(self, "_signature", place(self.signature))
        object.__setattr__(self, "_timestamp", place(self.timestamp) if self.timestamp else None)
        object.__setattr__(self, "_template", text)

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        text = self._signature.read(request)
        if not text:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        presented = self._decoded(text)
        timestamp = self._checked_timestamp(request)
        signed = self._template.render(request, timestamp=timestamp, public_url=self.public_url)
        for secret in live:
            key = load_public_key(secret.value)
            if key is not None and proves(key, self.algorithm, presented, signed):
                return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _decoded(self, text: str) -> bytes:
        decoded: bytes | None
        if self.encoding == "hex":
            try:
                decoded = bytes.fromhex(text)
            except ValueError:
                decoded = None
        else:
            decoded = from_base64(text)
        if decoded is None:
            raise WebhookRejected(RejectReason.MALFORMED, "the signature cannot be decoded")
        return decoded

    def _checked_timestamp(self, request: InboundRequest) -> str:
        if self._timestamp is None:
            return ""
        text = (self._timestamp.read(request) or "").strip()
        check_age(read_timestamp(text, self.timestamp_format), request.received_at, self.tolerance)
        return text
