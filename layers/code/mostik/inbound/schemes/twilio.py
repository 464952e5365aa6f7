"""Twilio: the URL and the form's sorted values, or the URL with a hash of the body in its query.

Source: Twilio's own request validator. Its back end signs the URL with and without the default
port, so both are tried.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import form_pairs, header, pairs, single
from mostik.inbound.proof import same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.signed_text import signed_url

_ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}


@dataclass(frozen=True, slots=True)
class TwilioSignature:
    """HMAC-SHA1, or the algorithm that Twilio announces beside it.

    Attributes:
        public_url: the URL registered with Twilio, when it is not the one that reaches us.
        delivery_id: places whose values make the delivery id.
    """

    name: str = "twilio"
    public_url: str | None = None
    delivery_id: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_parts(self.delivery_id)

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        text = header(request, "x-twilio-signature")
        if not text:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        presented = to_bytes(text.strip())
        algorithm = _algorithm(request)
        url = _split(signed_url(request, self.public_url))
        urls = _spellings(url)
        values = _signed_values(request, url.query)
        for secret in live:
            key = to_bytes(secret.value)
            for spelling in urls:
                digest = hmac.digest(key, to_bytes(spelling + values), algorithm)
                if same(presented, base64.b64encode(digest)):
                    return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)


def _algorithm(request: InboundRequest) -> str:
    settings = header(request, "x-twilio-webhooks-signature-settings") or ""
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            known = _ALGORITHMS.get(value.strip().upper())
            if known is None:
                raise WebhookRejected(RejectReason.ALGORITHM)
            return known
    return "sha1"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read here: a port that is no number raises only when it is asked for
    except ValueError:
        raise WebhookRejected(RejectReason.MALFORMED, "the URL cannot be read") from None
    return parts


def _spellings(parts: SplitResult) -> list[str]:
    if parts.port is not None:
        return [parts.geturl(), _with_host(parts, parts.netloc.rpartition(":")[0])]
    default = 443 if parts.scheme == "https" else 80
    return [parts.geturl(), _with_host(parts, f"{parts.netloc}:{default}")]


def _with_host(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()


def _signed_values(request: InboundRequest, query: str) -> str:
    """What follows the URL: nothing when the URL names the body's hash, if that is right."""
    expected = single(pairs(query), "bodySHA256")
    if expected is not None:
        actual = hashlib.sha256(request.body).hexdigest()
        if not same(to_bytes(expected.lower()), actual.encode()):
            raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH, "the body's hash differs")
        return ""
    return "".join(name + value for name, value in sorted(set(form_pairs(request))))
