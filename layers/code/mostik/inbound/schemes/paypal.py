"""PayPal: an RSA signature over ids and a checksum of the body, with a published certificate.

Source: the vendor's description of verifying a webhook by itself. The certificate's URL comes with
the request, so only PayPal's own hosts are asked; it is the transport's certificate that makes it
PayPal's.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.keys import Fetch, host_within, https_host
from mostik.inbound.places import header
from mostik.inbound.proof import check_age, from_base64, live, read_timestamp, to_bytes
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.schemes.public_keys import proves

DOMAIN = "paypal.com"

_ALGORITHM = "SHA256withRSA"


@dataclass(frozen=True, slots=True)
class PayPalSignature:
    """Certificates pinned as the door's secrets, or, without any, read from PayPal.

    Attributes:
        webhook_id: the id that PayPal gave to this webhook; part of what is signed.
        tolerance: seconds of age allowed, both ways; ``None`` since PayPal repeats for three days.
        delivery_id: places whose values make the delivery id.
        fetch: reads the certificate; without it only pinned ones prove.
    """

    name: str = "paypal"
    webhook_id: str = ""
    tolerance: int | None = None
    delivery_id: tuple[str, ...] = ("json:id",)
    fetch: Fetch | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.webhook_id:
            raise ConfigurationError(
                "'webhook_id' must be the id that PayPal shows for the webhook"
            )
        check_parts(self.delivery_id)

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with a certificate, or raises ``WebhookRejected``."""
        transmission = _required(request, "paypal-transmission-id")
        sent = _required(request, "paypal-transmission-time")
        presented = from_base64(_required(request, "paypal-transmission-sig"))
        if _required(request, "paypal-auth-algo") != _ALGORITHM:
            raise WebhookRejected(RejectReason.ALGORITHM)
        if presented is None:
            raise WebhookRejected(RejectReason.MALFORMED, "the signature is not base64")
        check_age(read_timestamp(sent, "iso"), request.received_at, self.tolerance)
        checksum = zlib.crc32(request.body)
        signed = to_bytes(f"{transmission}|{sent}|{self.webhook_id}|{checksum}")
        for key_id, pem in self._certificates(request, secrets):
            key = _key(pem, request.received_at)
            if key is not None and proves(key, "rsa-sha256", presented, signed):
                return Verified(self.name, key_id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _certificates(
        self, request: InboundRequest, secrets: Sequence[AcceptedSecret]
    ) -> list[tuple[str, bytes]]:
        url = _required(request, "paypal-cert-url")
        if not host_within(https_host(url), DOMAIN):
            raise WebhookRejected(RejectReason.CERTIFICATE, "the certificate is not PayPal's")
        if secrets:
            pinned = live(secrets, request.received_at)
            return [(secret.id, to_bytes(secret.value)) for secret in pinned]
        if self.fetch is None:
            raise WebhookRejected(RejectReason.NO_SECRET, "no certificate and no way to read one")
        try:
            return [("certificate", self.fetch(url))]
        except OSError:
            raise WebhookRejected(
                RejectReason.CERTIFICATE, "the certificate cannot be read"
            ) from None


def _required(request: InboundRequest, name: str) -> str:
    value = header(request, name)
    if not value:
        raise WebhookRejected(RejectReason.SIGNATURE_MISSING, f"{name} is absent")
    return value


def _key(pem: bytes, now: int) -> rsa.RSAPublicKey | None:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
        moment = datetime.fromtimestamp(now, UTC)
        valid = certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return key if valid and isinstance(key, rsa.RSAPublicKey) else None
