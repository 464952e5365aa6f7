"""Standard Webhooks ``v1a``: the message of ``v1``, proved with an ed25519 key (``whpk_``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mostik.inbound.proof import from_base64, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified
from mostik.inbound.schemes.public_keys import load_public_key, proves
from mostik.inbound.schemes.standard_webhooks import first_match, read_message


@dataclass(frozen=True, slots=True)
class StandardWebhooksV1a:
    """``v1a`` signatures; the door's secrets are public keys.

    Attributes:
        tolerance: seconds of age allowed, both ways.
    """

    name: str = "standard_webhooks_v1a"
    tolerance: int | None = 300

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        message = read_message(request, self.tolerance)
        presented = [raw for value in message.of("v1a") if (raw := from_base64(value))]

        def matches(secret: str) -> bool:
            key = load_public_key(secret.removeprefix("whpk_"))
            return key is not None and any(
                proves(key, "ed25519", value, message.signed) for value in presented
            )

        return first_match(self.name, message, live, matches)
