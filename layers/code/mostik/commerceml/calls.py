"""One call of 1C: what it asks for, read from a query string that may be in two encodings."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from mostik.commerceml.refusal import Refused, Why
from mostik.inbound.request import InboundRequest

COOKIE = "MostikExchange"
_MOST_FIELDS = 64
_TOKEN_LENGTH = 32
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Call:
    """What 1C asks for; ``None`` is what it does not say.

    Attributes:
        kind: ``type``: catalog, sale, reference.
        mode: checkauth, init, file, import, ...
        filename: as sent, not to be trusted.
        sessid: of the query, or of the header that newer modules use.
        version: the CommerceML schema that it speaks.
        timestamp: line five of ``checkauth``, given back.
        token: our cookie.
        request: the rest.
    """

    kind: str
    mode: str
    filename: str | None
    sessid: str | None
    version: str | None
    timestamp: str | None
    token: str | None
    request: InboundRequest


def call_of(request: InboundRequest) -> Call:
    """Reads a call. The first of repeated parameters counts.

    Raises:
        Refused: the query string has too many parameters.
    """
    given: dict[str, str] = {}
    try:
        # Latin-1 keeps every byte; which encoding it really is, each value says.
        pairs = parse_qsl(
            request.query, keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Refused(Why.NAME, "В адресе запроса слишком много параметров.") from None
    for name, value in pairs:
        given.setdefault(name, _text(value))
    header = request.headers.get("x-bitrix-csrf-token")
    return Call(
        kind=given.get("type", ""),
        mode=given.get("mode", ""),
        filename=given.get("filename"),
        sessid=given.get("sessid", header),
        version=given.get("version"),
        timestamp=given.get("timestamp"),
        token=_token(request.headers.get("cookie", "")),
        request=request,
    )


def _text(value: str) -> str:
    """A value in UTF-8, or else in windows-1251, as old modules escape Cyrillic names."""
    try:
        data = value.encode("latin-1")
    except UnicodeEncodeError:
        return value  # letters that were not escaped at all
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("windows-1251", "replace")


def _token(header: str) -> str | None:
    """The value of our cookie, if it can be one that we gave: nothing else gets near a key."""
    for pair in header.replace(",", ";").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            value = value.strip().strip('"')
            return value if len(value) == _TOKEN_LENGTH and set(value) <= _HEX else ""
    return None
