"""Standard Webhooks signatures, as the sender makes them.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

_PREFIX = "whsec_"


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: ``v1,`` and base64 of HMAC-SHA256 over id, time, body.

    Args:
        secret: ``whsec_`` and the base64 of the key; the prefix may be missing.
        message_id: ``webhook-id``.
        timestamp: ``webhook-timestamp``, unix seconds.
        body: the exact bytes of the request.
    """
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode('ascii')}"


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """All headers of a webhook request."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "Sandbox-Shop-Webhooks/1.0",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
