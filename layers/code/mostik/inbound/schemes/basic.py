"""HTTP Basic authentication (RFC 7617); the secret is ``login:password``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.delivery import check_parts, delivery_id
from mostik.inbound.places import header
from mostik.inbound.proof import from_base64, same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified


@dataclass(frozen=True, slots=True)
class BasicLogin:
    """Login and password together equal the secret, so a password may hold colons.

    Attributes:
        delivery_id: places whose values make the delivery id.
    """

    name: str = "basic"
    delivery_id: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_parts(self.delivery_id)

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        text = header(request, "authorization")
        if not text:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        kind, _, encoded = text.strip().partition(" ")
        if kind.casefold() != "basic":
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING, "another kind of credential")
        presented = from_base64(encoded)
        if presented is None or b":" not in presented:
            raise WebhookRejected(RejectReason.MALFORMED, "the login cannot be read")
        for secret in live:
            # A secret without a login is no login: it must not match by accident.
            if ":" in secret.value and same(presented, to_bytes(secret.value)):
                return Verified(self.name, secret.id, delivery_id(self.delivery_id, request))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)
