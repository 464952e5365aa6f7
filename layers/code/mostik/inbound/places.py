"""Places of a request, each written in one line.

``header:X-Signature``, ``query:sig``, ``form:auth[token]``, ``json:a.b``, and ``path`` for the
secret path segment.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.request import InboundRequest

LONGEST_HEADER = 8192
"""Characters. API Gateway lets 10 KB of headers through; no scheme needs one of more than 8."""

MOST_FIELDS = 10_000
"""Form fields and query parameters. More is an attack on the parser, not an event."""


class Place(NamedTuple):
    """Where a value of a request is found.

    Attributes:
        kind: ``header``, ``query``, ``form``, ``json`` or ``path``.
        name: the header in lower case, the parameter, the field, or the dotted JSON path.
    """

    kind: str
    name: str

    def read(self, request: InboundRequest) -> str | None:
        """The text at this place, ``None`` when it is not there.

        Raises:
            WebhookRejected: ``MALFORMED`` when a header is too long, the body cannot be read, or a
                form field or parameter is there twice (two readers could pick different ones).
        """
        return _READERS[self.kind](request, self.name)


def place(text: str) -> Place:
    """Parses ``kind:name``.

    Raises:
        ConfigurationError: unknown kind or no name; the text lists the kinds.
    """
    kind, _, name = text.partition(":")
    if kind not in _READERS or (kind != "path" and not name):
        kinds = ", ".join("path" if known == "path" else f"{known}:NAME" for known in _READERS)
        raise ConfigurationError(f"{text!r} is no place of a request; write one of: {kinds}")
    return Place(kind, name.lower() if kind == "header" else name)


def header(request: InboundRequest, name: str) -> str | None:
    """The header's value, ``None`` when absent; ``name`` is in lower case.

    Raises:
        WebhookRejected: ``MALFORMED`` when it is longer than any honest one.
    """
    value = request.headers.get(name)
    if value is not None and len(value) > LONGEST_HEADER:
        raise WebhookRejected(RejectReason.MALFORMED, "a header is too long")
    return value


def pairs(text: str) -> list[tuple[str, str]]:
    """Decoded names and values of a query or a form body, in order, blanks kept.

    Raises:
        WebhookRejected: ``MALFORMED`` when there are too many.
    """
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise WebhookRejected(RejectReason.MALFORMED, "too many fields") from None


def form_pairs(request: InboundRequest) -> list[tuple[str, str]]:
    """Names and values of a form-encoded body, whatever its content type says."""
    return pairs(request.body.decode("utf-8", "replace"))


def single(found: list[tuple[str, str]], name: str) -> str | None:
    """The only value called ``name``, ``None`` when there is none.

    Raises:
        WebhookRejected: ``MALFORMED`` when there are two.
    """
    values = [value for key, value in found if key == name]
    if len(values) > 1:
        raise WebhookRejected(RejectReason.MALFORMED, "a field is there twice")
    return values[0] if values else None


def json_body(request: InboundRequest) -> object:
    """The body as JSON; numbers stay the text that was sent, so that nothing is lost in between.

    Raises:
        WebhookRejected: ``MALFORMED`` when it is no JSON, is nested too deep, or names a key twice
            (two readers could pick different values).
    """
    try:
        return json.loads(
            request.body.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        raise WebhookRejected(RejectReason.MALFORMED, "the body is not plain JSON") from None


def json_at(document: object, path: str) -> object:
    """The value at a dotted path (``a.b.0.c``), ``None`` when it is not there."""
    value = document
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 5:
            index = int(step)
            value = value[index] if index < len(value) else None
        else:
            return None
    return value


def scalar(value: object) -> str | None:
    """The text of a JSON string, number or boolean; ``None`` of anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _unique(members: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(members)
    if len(document) != len(members):
        raise ValueError("duplicate key")
    return document


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def _read_query(request: InboundRequest, name: str) -> str | None:
    return single(pairs(request.query), name)


def _read_form(request: InboundRequest, name: str) -> str | None:
    return single(form_pairs(request), name)


def _read_json(request: InboundRequest, name: str) -> str | None:
    return scalar(json_at(json_body(request), name))


def _read_path(request: InboundRequest, _name: str) -> str | None:
    return request.path_token


_READERS: dict[str, Callable[[InboundRequest, str], str | None]] = {
    "header": header,
    "query": _read_query,
    "form": _read_form,
    "json": _read_json,
    "path": _read_path,
}
