"""CloudPayments: two headers over one body, base64 HMAC-SHA256 with the API secret.

``Content-HMAC`` covers the body as sent, ``X-Content-HMAC`` the same body URL-decoded. The first is
used whenever it is there: the second leaves open where a decoded ``&`` or ``=`` came from.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.delivery import clean
from mostik.inbound.places import header, pairs
from mostik.inbound.proof import same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified

# A check and a payment share the TransactionId; together these tell every kind of notification
# apart.
_IDENTITY = ("TransactionId", "OperationType", "Status", "AuthCode", "ReasonCode")


@dataclass(frozen=True, slots=True)
class CloudPayments:
    """Either header, the stronger one first."""

    name: str = "cloudpayments"

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        presented = header(request, "content-hmac")
        signed = request.body
        if not presented:
            presented = header(request, "x-content-hmac")
            signed = _decoded(request)
        if not presented:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        for secret in live:
            expected = base64.b64encode(hmac.digest(to_bytes(secret.value), signed, "sha256"))
            if same(to_bytes(presented.strip()), expected):
                return Verified(self.name, secret.id, _delivery_id(request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)


def _decoded(request: InboundRequest) -> bytes:
    if request.content_type == "application/json":
        return request.body
    decoded = unquote_to_bytes(request.body.replace(b"+", b" "))
    if any(decoded.count(mark) != request.body.count(mark) for mark in (b"&", b"=")):
        raise WebhookRejected(RejectReason.NOT_COVERED, "the decoded body can be read in two ways")
    return decoded


def _delivery_id(request: InboundRequest) -> str | None:
    fields = dict(pairs(request.body.decode("utf-8", "replace")))
    if not fields.get("TransactionId"):
        return None
    # Check, Pay, Fail and the others are registered as URLs of their own, told apart by their
    # query.
    return clean(
        ":".join([*(fields.get(name, "") for name in _IDENTITY), request.query]).rstrip(":")
    )
