"""Standard Webhooks ``v1`` (HMAC-SHA256), under its own header names and Svix's.

Source: the Standard Webhooks specification; the secret is base64 after ``whsec_``.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.delivery import clean
from mostik.inbound.places import header
from mostik.inbound.proof import check_age, from_base64, read_timestamp, same, to_bytes, usable
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret, Verified

FAMILIES = ("webhook", "svix")


@dataclass(frozen=True, slots=True)
class Message:
    """What the three headers and the body of one delivery say.

    Attributes:
        id: the delivery id, as sent.
        signed: the bytes that were signed.
        signatures: the parts of the signature header, ``version,value`` each.
    """

    id: str
    signed: bytes
    signatures: list[str]

    def of(self, version: str) -> list[str]:
        """The signatures of one version; parts that are not ``version,value`` are passed over."""
        found = []
        for part in self.signatures:
            label, comma, value = part.partition(",")
            if comma and label.casefold() == version:
                found.append(value)
        return found


def read_message(request: InboundRequest, tolerance: int | None) -> Message:
    """The message of one family of headers; never an id of one and a timestamp of another.

    Raises:
        WebhookRejected: a header is absent or malformed, or the timestamp is out of ``tolerance``.
    """
    family = next((name for name in FAMILIES if f"{name}-signature" in request.headers), None)
    if family is None:
        raise WebhookRejected(RejectReason.SIGNATURE_MISSING)
    message_id = header(request, f"{family}-id")
    if not message_id:
        raise WebhookRejected(RejectReason.MALFORMED, "the delivery has no id")
    timestamp = header(request, f"{family}-timestamp") or ""
    check_age(read_timestamp(timestamp), request.received_at, tolerance)
    signed = to_bytes(f"{message_id}.{timestamp}.") + request.body
    return Message(message_id, signed, (header(request, f"{family}-signature") or "").split())


def first_match(
    name: str,
    message: Message,
    secrets: Sequence[AcceptedSecret],
    matches: Callable[[str], bool],
) -> Verified:
    """The proof of the first secret whose value ``matches``.

    Raises:
        WebhookRejected: ``SIGNATURE_MISMATCH`` when none does.
    """
    for secret in secrets:
        if matches(secret.value):
            return Verified(name, secret.id, clean(message.id))
    raise WebhookRejected(RejectReason.SIGNATURE_MISMATCH)


@dataclass(frozen=True, slots=True)
class StandardWebhooks:
    """``v1`` signatures; several in one header while the sender rotates, any one proves.

    Attributes:
        tolerance: seconds of age allowed, both ways.
    """

    name: str = "standard_webhooks"
    tolerance: int | None = 300

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        live = usable(secrets, request.received_at)
        message = read_message(request, self.tolerance)
        presented = [to_bytes(value) for value in message.of("v1")]

        def matches(secret: str) -> bool:
            key = from_base64(secret.removeprefix("whsec_"))
            if not key:
                return False
            expected = base64.b64encode(hmac.digest(key, message.signed, "sha256"))
            return any(same(value, expected) for value in presented)

        return first_match(self.name, message, live, matches)
