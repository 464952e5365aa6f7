"""What of a request travels on with its event: nothing that proved it.

Once verified, a secret is of no use to the worker, and a message or a row must not hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from mostik.inbound.proof import to_bytes

VERIFIED = "[verified]"
"""Stands where a secret stood."""
_DROPPED_HEADERS = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "x-amz-content-sha256",
        "x-amzn-trace-id",
        "x-forwarded-for",
        "x-forwarded-port",
        "x-forwarded-proto",
    }
)
_DROPPED_ENDINGS = (
    "token",
    "secret",
    "signature",
    "hmac",
    "-key",
    "password",
    "hmac-sha256",
    "signature-256",
)
_LONGEST_HEADER = 1_024
_SHORTEST_SECRET = 6


class Proofs:
    """The secrets of a door in every spelling in which a request may hold them.

    Args:
        secrets: their values.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._texts = tuple(_spellings(secrets))
        self._bytes = tuple(to_bytes(text) for text in self._texts)

    def out_of(self, body: bytes) -> bytes:
        """Returns a body without them."""
        for spelling in self._bytes:
            body = body.replace(spelling, VERIFIED.encode())
        return body

    def out_of_text(self, text: str) -> str:
        """Returns an address or a header without them."""
        for spelling in self._texts:
            text = text.replace(spelling, VERIFIED)
        return text


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Returns the headers that travel with an event: none that proves or hides something."""
    return {
        name: value[:_LONGEST_HEADER]
        for name, value in headers.items()
        if name not in _DROPPED_HEADERS and not name.endswith(_DROPPED_ENDINGS)
    }


def _spellings(secrets: Iterable[str]) -> Iterator[str]:
    """Every way in which a secret may stand in a request; a short one might stand there by
    chance."""
    for secret in secrets:
        if len(secret) < _SHORTEST_SECRET:
            continue
        yield secret
        if not secret.isalnum() or not secret.isascii():
            for encoded in {quote(to_bytes(secret), safe=""), quote_plus(to_bytes(secret))}:
                yield encoded
                before, *escapes = encoded.split("%")  # some senders write %2f for %2F
                yield before + "".join(f"%{text[:2].lower()}{text[2:]}" for text in escapes)
