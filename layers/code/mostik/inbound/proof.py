"""What every scheme needs for a proof: live secrets, equality in constant time, the clock."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime

from mostik.errors import RejectReason, WebhookRejected
from mostik.inbound.scheme import AcceptedSecret

TIMESTAMP_FORMATS = ("unix", "unix_ms", "iso")

# 13 digits hold milliseconds until the year 2286; more is junk, and int() of a long text is slow.
_LONGEST_TIMESTAMP = 13


def same(presented: bytes, expected: bytes) -> bool:
    """Equality whose time tells nothing about the place of the first difference."""
    return hmac.compare_digest(presented, expected)


def to_bytes(text: str) -> bytes:
    """UTF-8 of any ``str``; lone surrogates, which a JSON event can hold, do not raise."""
    return text.encode("utf-8", "surrogatepass")


def live(secrets: Iterable[AcceptedSecret], now: int) -> list[AcceptedSecret]:
    """The secrets that may prove something at ``now``: not blank, not past their ``not_after``."""
    return [
        secret
        for secret in secrets
        if secret.value.strip() and (secret.not_after is None or now <= secret.not_after)
    ]


def usable(secrets: Sequence[AcceptedSecret], now: int) -> list[AcceptedSecret]:
    """The same, but never empty: without a live secret the door fails closed.

    Raises:
        WebhookRejected: ``NO_SECRET``.
    """
    found = live(secrets, now)
    if not found:
        raise WebhookRejected(RejectReason.NO_SECRET, "the connection has no live secret")
    return found


def from_base64(text: str) -> bytes | None:
    """Bytes of standard or URL-safe base64, padded or not; ``None`` when it is neither."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def read_timestamp(text: str | None, form: str = "unix") -> int:
    """Unix seconds of a sender's timestamp.

    Raises:
        WebhookRejected: ``TIMESTAMP_MISSING`` when there is none, ``MALFORMED`` when it is no time.
    """
    if not text:
        raise WebhookRejected(RejectReason.TIMESTAMP_MISSING)
    if form == "iso":
        return _read_iso(text)
    if len(text) > _LONGEST_TIMESTAMP or not (text.isascii() and text.isdigit()):
        raise WebhookRejected(RejectReason.MALFORMED, "the timestamp is not a number of seconds")
    return int(text) // 1000 if form == "unix_ms" else int(text)


def check_age(timestamp: int, now: int, tolerance: int | None) -> None:
    """Lets through what was signed within ``tolerance`` seconds of ``now``, edges included.

    Raises:
        WebhookRejected: ``TIMESTAMP_TOO_OLD`` or ``TIMESTAMP_TOO_NEW``.
    """
    if tolerance is None:
        return
    if timestamp < now - tolerance:
        raise WebhookRejected(RejectReason.TIMESTAMP_TOO_OLD)
    if timestamp > now + tolerance:
        raise WebhookRejected(RejectReason.TIMESTAMP_TOO_NEW)


def _read_iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise WebhookRejected(RejectReason.MALFORMED, "the timestamp has no zone")
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        raise WebhookRejected(RejectReason.MALFORMED, "the timestamp is not ISO 8601") from None
