"""One inbound HTTP request in our own words, whatever carried it here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboundRequest:
    """What the door looks at.

    Attributes:
        method: upper-case HTTP method.
        url: the full public URL that the sender called, with its query (Twilio and Square sign it).
        query: the raw query string, without ``?``.
        headers: names in lower case; API Gateway joins repeated headers with ``,``.
        body: the raw bytes, exactly as sent.
        source_ip: the peer's address as the gateway saw it; never a forwarded header.
        received_at: unix seconds of receipt; every tolerance is measured against it.
        path_token: the secret segment of ``/webhooks/{connection}/{token}``, when there was one.
    """

    method: str
    url: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str
    received_at: int
    path_token: str | None = None

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty when absent."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()
