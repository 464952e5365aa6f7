"""T-Bank's ``Token``: a SHA-256 over the notification's own values and the terminal's password.

Source: the vendor's description of notifications. Root values without ``Token``, plus ``Password``,
sorted by name and joined; objects and lists inside take no part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.delivery import clean
from mostik.inbound.places import json_body, scalar
from mostik.inbound.proof import same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified

# These come once per operation and not once per payment, so PaymentId and Status do not name one.
_REPEATABLE = ("PARTIAL_REFUNDED", "PARTIAL_REVERSED")


@dataclass(frozen=True, slots=True)
class TBankToken:
    """The token of the JSON body, proved with the terminal's password.

    Attributes:
        terminal_key: the terminal that must have sent it; ``None`` admits any with this password.
    """

    name: str = "tbank"
    terminal_key: str | None = None

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        document = json_body(request)
        if not isinstance(document, dict) or "Password" in document:
            raise WebhookRejected(RejectReason.MALFORMED, "not a notification")
        token = scalar(document.get("Token"))
        if not token:
            raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
        values = {
            name: text for name, value in document.items() if (text := scalar(value)) is not None
        }
        del values["Token"]
        presented = to_bytes(token.lower())
        for secret in live:
            values["Password"] = secret.value
            joined = to_bytes("".join(values[name] for name in sorted(values)))
            if same(presented, hashlib.sha256(joined).hexdigest().encode()):
                self._check_terminal(values)
                return Verified(self.name, secret.id, _delivery_id(values))
        raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)

    def _check_terminal(self, values: dict[str, str]) -> None:
        if self.terminal_key is not None and values.get("TerminalKey") != self.terminal_key:
            raise WebhookRejected(RejectReason.WRONG_PEER, "another terminal")


def _delivery_id(values: dict[str, str]) -> str | None:
    payment, status = values.get("PaymentId"), values.get("Status")
    if not payment or not status or status in _REPEATABLE:
        return None
    return clean(f"{payment}:{status}")
