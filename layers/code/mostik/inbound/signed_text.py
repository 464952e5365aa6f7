"""The text that a sender signs, as a template: ``{body}``, ``{timestamp}.{body}``..."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.places import Place, place
from mostik.inbound.proof import to_bytes
from mostik.inbound.request import InboundRequest

PLACEHOLDERS = (
    "body",
    "body_sha256",
    "id",
    "method",
    "path",
    "query",
    "timestamp",
    "url",
)

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def signed_url(request: InboundRequest, public_url: str | None) -> str:
    """The URL as the sender knows it.

    Args:
        request: what arrived.
        public_url: the URL registered with the sender, when it is not the one that reached us (a
            proxy or a custom domain in between). Without a query it gets the request's own.
    """
    if not public_url:
        return request.url
    if "?" in public_url or not request.query:
        return public_url
    return f"{public_url}?{request.query}"


class SignedText:
    """A compiled template.

    Args:
        text: literals and placeholders in braces: the words of ``PLACEHOLDERS``, or any place
            (``{header:X-Id}``).

    Raises:
        ConfigurationError: an unknown placeholder, or a template without any.
    """

    __slots__ = ("_parts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        parts: list[str | bytes | Place] = []
        for index, piece in enumerate(_PLACEHOLDER.split(self.text)):
            if index % 2 == 0:
                if "{" in piece or "}" in piece:
                    raise ConfigurationError(
                        f"the template {self.text!r} has a brace without its pair"
                    )
                if piece:
                    parts.append(to_bytes(piece))
            elif piece in PLACEHOLDERS:
                parts.append(piece)
            elif ":" in piece:
                parts.append(place(piece))
            else:
                known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
                raise ConfigurationError(
                    f"the template {self.text!r} has an unknown placeholder {{{piece}}}; "
                    f"it may hold {known} or a place such as {{header:X-Name}}"
                )
        if all(isinstance(part, bytes) for part in parts):
            raise ConfigurationError("the template signs nothing of the request; put in {body}")
        self._parts = tuple(parts)

    def uses(self, placeholder: str) -> bool:
        """Whether the template holds ``{placeholder}``."""
        return any(isinstance(part, str) and part == placeholder for part in self._parts)

    def render(
        self,
        request: InboundRequest,
        *,
        timestamp: str = "",
        message_id: str = "",
        public_url: str | None = None,
    ) -> bytes:
        """The exact bytes that were signed.

        Raises:
            WebhookRejected: a place of the template is absent or cannot be read.
        """
        if self.text == "{body}":
            return request.body
        rendered = []
        for part in self._parts:
            if isinstance(part, bytes):
                rendered.append(part)
            elif isinstance(part, Place):
                value = part.read(request)
                if value is None:
                    raise WebhookRejected(RejectReason.NOT_COVERED, "a signed part is absent")
                rendered.append(to_bytes(value))
            else:
                rendered.append(_value(part, request, timestamp, message_id, public_url))
        return b"".join(rendered)


def _value(
    name: str, request: InboundRequest, timestamp: str, message_id: str, public_url: str | None
) -> bytes:
    if name == "body":
        return request.body
    if name == "body_sha256":
        return hashlib.sha256(request.body).hexdigest().encode()
    if name in ("url", "path"):
        url = signed_url(request, public_url)
        return to_bytes(url if name == "url" else _path(url))
    texts = {
        "timestamp": timestamp,
        "id": message_id,
        "query": request.query,
        "method": request.method,
    }
    return to_bytes(texts[name])


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        raise WebhookRejected(RejectReason.MALFORMED, "the URL cannot be read") from None
