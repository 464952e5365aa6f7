"""HMAC over a template of the request: most vendors are one row of parameters here."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import Place, place
from mostik.inbound.proof import (
    TIMESTAMP_FORMATS,
    check_age,
    from_base64,
    read_timestamp,
    same,
    to_bytes,
    usable,
)
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.signed_text import SignedText

ALGORITHMS = ("sha256", "sha512", "sha1", "md5")
SECRET_ENCODINGS = ("text", "base64", "hex")


def _base64url(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode()


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": _base64,
    "base64url": _base64url,
}


def one_of(parameter: str, value: str, known: Sequence[str]) -> None:
    """Refuses a value that is not among ``known``.

    Raises:
        ConfigurationError: naming the parameter and the valid values.
    """
    if value not in known:
        raise ConfigurationError(
            f"parameter {parameter!r} cannot be {value!r}; write one of: {', '.join(known)}"
        )


def key_of(value: str, encoding: str, prefix: str = "") -> bytes:
    """The key bytes of a secret; empty when it cannot be decoded, and then it proves nothing."""
    text = value.removeprefix(prefix)
    if encoding == "text":
        return to_bytes(text)
    if encoding == "base64":
        return from_base64(text) or b""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


@dataclass(frozen=True, slots=True)
class HmacSignature:
    """An HMAC of what ``template`` says, found at ``signature``.

    Attributes:
        signature: its place (``header:X-Signature``, ``query:sig``, ``form:sign``, ``json:a.b``).
        prefix: what stands before it, such as ``sha256=``; a signature without it is refused.
        algorithm: sha256, sha512, sha1 or md5.
        encoding: hex (any case), base64 or base64url (padded or not).
        template: the signed text.
        timestamp: place of the timestamp; the template must sign it.
        timestamp_format: unix, unix_ms or iso.
        tolerance: seconds of age allowed, both ways; ``None`` leaves the age unchecked.
        id: place of the value that ``{id}`` stands for in the template.
        secret_encoding: how the secret's text becomes the key: text, base64 or hex.
        secret_prefix: dropped from the secret's text first.
        delivery_id: places whose values make the delivery id.
        public_url: the URL registered with the sender, when it is not the one that reaches us.
    """

    name: str = "hmac"
    signature: str = "header:X-Signature"
    prefix: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    template: str = "{body}"
    timestamp: str | None = None
    timestamp_format: str = "unix"
    tolerance: int | None = 300
    id: str | None = None
    secret_encoding: str = "text"  # noqa: S105 - the name of an encoding, no secret
    secret_prefix: str = ""
    delivery_id: tuple[str, ...] = ()
    public_url: str | None = None
    _signature: Place = field(init=False, repr=False, compare=False)
    _timestamp: Place | None = field(init=False, repr=False, compare=False)
    _id: Place | None = field(init=False, repr=False, compare=False)
    _template: SignedText = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        one_of("algorithm", self.algorithm, ALGORITHMS)
        one_of("encoding", self.encoding, tuple(ENCODINGS))
        one_of("timestamp_format", self.timestamp_format, TIMESTAMP_FORMATS)
        one_of("secret_encoding", self.secret_encoding, SECRET_ENCODINGS)
        check_parts(self.delivery_id)
        text = SignedText(self.template)
        # A timestamp outside the signature can be written anew by whoever replays the request.
        if text.uses("timestamp") != (self.timestamp is not None):
            raise ConfigurationError(
                "'timestamp' and {timestamp} in 'template' go together: "
                "only a signed timestamp proves age"
            )
        if text.uses("id") and self.id is None:
            raise ConfigurationError("'template' holds {id}: 'id' must say where it is found")
        object.__setattr__(self, "_signature", place(self.signature))
        object.__setattr__(self, "_timestamp", place(self.timestamp) if self.timestamp else None)
        object.__setattr__(self, "_id", place(self.id) if self.id else None)
        object.__setattr__(self, "_template", text)

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        presented = self._presented(request)
        timestamp = self._checked_timestamp(request)
        message_id = self._id.read(request) or "" if self._id else ""
        signed = self._template.render(
            request, timestamp=timestamp, message_id=message_id, public_url=self.public_url
        )
        for secret in live:
            key = key_of(secret.value, self.secret_encoding, self.secret_prefix)
            if key and same(presented, self._encode(hmac.digest(key, signed, self.algorithm))):
                return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _presented(self, request: InboundRequest) -> bytes:
        text = self._signature.read(request)
        if not text:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        text = text.strip()
        if not text.startswith(self.prefix):
            raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH, "the prefix differs")
        return self._comparable(text[len(self.prefix) :])

    def _encode(self, digest: bytes) -> bytes:
        return self._comparable(ENCODINGS[self.encoding](digest))

    def _comparable(self, text: str) -> bytes:
        if self.encoding == "hex":
            return to_bytes(text.lower())
        return to_bytes(text.rstrip("=") if self.encoding == "base64url" else text)

    def _checked_timestamp(self, request: InboundRequest) -> str:
        if self._timestamp is None:
            return ""
        text = (self._timestamp.read(request) or "").strip()
        check_age(read_timestamp(text, self.timestamp_format), request.received_at, self.tolerance)
        return text
