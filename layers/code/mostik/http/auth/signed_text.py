"""The text that we sign, as a template: the same words as at the door, read from a request that
goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from string import Formatter
from urllib.parse import urlsplit

from requests import PreparedRequest

from mostik.errors import ConfigurationError


def body_of(request: PreparedRequest) -> bytes:
    """The exact bytes of a request's body.

    Raises:
        ConfigurationError: the body is a stream, which cannot be signed before it is sent.
    """
    body = request.body
    if isinstance(body, str):
        return body.encode()
    if body is None or isinstance(body, bytes):
        return body or b""
    raise ConfigurationError("A request with a streamed body cannot be signed.")


def _path(request: PreparedRequest) -> bytes:
    return (urlsplit(request.url or "").path or "/").encode()


_READERS: Mapping[str, Callable[[PreparedRequest], bytes]] = {
    "body": body_of,
    "body_sha256": lambda request: hashlib.sha256(body_of(request)).hexdigest().encode(),
    "method": lambda request: (request.method or "").encode(),
    "path": _path,
    "query": lambda request: urlsplit(request.url or "").query.encode(),
    "url": lambda request: (request.url or "").encode(),
}
GIVEN = ("id", "timestamp")
"""Placeholders whose values the signer makes."""


class RequestText:
    """A compiled template.

    Args:
        text: literals and placeholders in braces: ``body``, ``body_sha256``, ``id``, ``method``,
            ``path``, ``query``, ``timestamp``, ``url`` or a header (``{header:X-Id}``).

    Raises:
        ConfigurationError: an unknown placeholder, or a template that signs nothing.
    """

    __slots__ = ("_parts",)

    def __init__(self, text: str) -> None:
        parts: list[bytes | tuple[str, str]] = []
        try:
            pieces = list(Formatter().parse(text))
        except ValueError:
            raise ConfigurationError(
                f"the template {text!r} has a brace without its pair"
            ) from None
        for literal, name, argument, _ in pieces:
            if literal:
                parts.append(literal.encode())
            if name is None:
                continue
            is_header = name == "header" and bool(argument)
            if not is_header and (argument or name not in (*_READERS, *GIVEN)):
                known = ", ".join(f"{{{word}}}" for word in sorted((*_READERS, *GIVEN)))
                raise ConfigurationError(
                    f"the template {text!r} has an unknown placeholder {{{name}}}; it may hold"
                    f" {known} or a header such as {{header:X-Name}}"
                )
            parts.append((name, argument or ""))
        if all(isinstance(part, bytes) for part in parts):
            raise ConfigurationError("the template signs nothing of the request; put in {body}")
        self._parts = tuple(parts)

    def uses(self, placeholder: str) -> bool:
        """Whether the template holds ``{placeholder}``."""
        return any(not isinstance(part, bytes) and part[0] == placeholder for part in self._parts)

    def render(
        self, request: PreparedRequest, *, timestamp: str = "", message_id: str = ""
    ) -> bytes:
        """The exact bytes to sign.

        Raises:
            ConfigurationError: a header of the template is absent.
        """
        given = {"timestamp": timestamp, "id": message_id}
        rendered = []
        for part in self._parts:
            if isinstance(part, bytes):
                rendered.append(part)
            elif part[0] in given:
                rendered.append(given[part[0]].encode())
            elif part[0] == "header":
                rendered.append(_header(request, part[1]))
            else:
                rendered.append(_READERS[part[0]](request))
        return b"".join(rendered)


def _header(request: PreparedRequest, name: str) -> bytes:
    value = request.headers.get(name)
    if value is None:
        raise ConfigurationError(f"The signed header {name!r} is absent from the request.")
    return value if isinstance(value, bytes) else value.encode()
