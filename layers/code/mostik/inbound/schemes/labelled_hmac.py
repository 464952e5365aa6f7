"""HMAC in a header of labelled parts, ``t=1700000000,v1=...,v1=...``, as Stripe sends."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import Place, place
from mostik.inbound.proof import check_age, read_timestamp, same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.schemes.hmac_signature import ALGORITHMS, ENCODINGS, one_of
from mostik.inbound.signed_text import SignedText


@dataclass(frozen=True, slots=True)
class LabelledHmac:
    """One timestamp and one or more signatures in one header; any signature proves.

    Parts that are not ``label=value`` are passed over, labels of older versions too.

    Attributes:
        signature: place of the whole text.
        separator: between the parts.
        timestamp_label: names the timestamp; it must be there exactly once.
        signature_label: names a signature of the version that counts.
        template: the signed text.
        algorithm: sha256, sha512, sha1 or md5.
        encoding: hex, base64 or base64url.
        tolerance: seconds of age allowed, both ways.
        delivery_id: places whose values make the delivery id.
    """

    name: str = "labelled_hmac"
    signature: str = "header:X-Signature"
    separator: str = ","
    timestamp_label: str = "t"
    signature_label: str = "v1"
    template: str = "{timestamp}.{body}"
    algorithm: str = "sha256"
    encoding: str = "hex"
    tolerance: int | None = 300
    delivery_id: tuple[str, ...] = ()
    _signature: Place = field(init=False, repr=False, compare=False)
    _template: SignedText = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        one_of("algorithm", self.algorithm, ALGORITHMS)
        one_of("encoding", self.encoding, tuple(ENCODINGS))
        check_parts(self.delivery_id)
        if not self.separator:
            raise ConfigurationError("'separator' must not be empty")
        text = SignedText(self.template)
        if not text.uses("timestamp") or text.uses("id"):
            raise ConfigurationError("'template' must hold {timestamp} and cannot hold {id}")
        object.__setattr__(self, "_signature", place(self.signature))
        object.__setattr__(self, "_template", text)

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        timestamp, presented = self._parts(request)
        check_age(read_timestamp(timestamp), request.received_at, self.tolerance)
        signed = self._template.render(request, timestamp=timestamp)
        for secret in live:
            digest = hmac.digest(to_bytes(secret.value), signed, self.algorithm)
            expected = to_bytes(ENCODINGS[self.encoding](digest))
            if any(same(value, expected) for value in presented):
                return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _parts(self, request: InboundRequest) -> tuple[str, list[bytes]]:
        text = self._signature.read(request)
        if not text:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        timestamps, signatures = [], []
        for part in text.split(self.separator):
            label, equals, value = part.strip().partition("=")
            if equals and label == self.timestamp_label:
                timestamps.append(value)
            elif equals and label == self.signature_label:
                signatures.append(to_bytes(value))
        if len(timestamps) > 1:
            raise WebhookRejected(RejectReason.MALFORMED, "the header has two timestamps")
        if not signatures:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING, "no signature of this version")
        return (timestamps[0] if timestamps else ""), signatures
