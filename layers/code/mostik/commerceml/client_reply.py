"""Reads a site's answers as 1C reads them (UT11, module of the exchange with sites).

Strict where 1C is: another program that is kinder would not find what breaks a real exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mostik.commerceml.protocol import Word
from mostik.commerceml.rules import SCHEMAS
from mostik.errors import ConfigurationError, GiveUp, RetryLater, WhoActs

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_WHOLE = -1
"""A limit that cannot be read means to 1C: do not split."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One answer; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Http = Callable[[HttpCall], HttpReply]
"""Sends one request: no redirects, 180 seconds. Raises ``RetryLater`` when there is no answer."""


class SiteRefuses(GiveUp):
    """The site answered ``failure``, or something that 1C takes for it.

    Args:
        mode: of the call.
        text: what the site said.
    """

    def __init__(self, mode: str, text: str) -> None:
        super().__init__(
            f"The site refused mode={mode}: {text or 'it said nothing more'}",
            who=WhoActs.EXTERNAL_ADMIN,
        )
        self.mode = mode
        self.said = text


class ProtocolBroken(RetryLater):
    """The answer is not one of the protocol: an error page, nothing at all."""

    def __init__(self, mode: str, reply: HttpReply) -> None:
        start = reply.body[:60].decode("ascii", "replace")
        super().__init__(
            f"The site's answer to mode={mode} is not the exchange's"
            f" (HTTP {reply.status}, begins with {start!r}).",
            who=WhoActs.EXTERNAL_ADMIN,
            status=reply.status,
        )
        self.mode = mode


@dataclass(frozen=True, slots=True)
class Login:
    """What ``checkauth`` gave.

    Attributes:
        cookie: as it goes into the header.
        sessid: line four, of sites that give one.
        timestamp: line five.
    """

    cookie: str
    sessid: str | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What ``init`` gave.

    Attributes:
        zip: archives are welcome.
        file_limit: bytes of a fragment; 0 and less: do not split.
        sessid: of a site that agreed on a schema.
        schema: the agreed one.
    """

    zip: bool
    file_limit: int
    sessid: str | None = None
    schema: str | None = None


def lines_of(reply: HttpReply) -> list[str]:
    """Returns an answer's lines, decoded by the header's charset."""
    found = _CHARSET.search(reply.headers.get("content-type", ""))
    try:
        text = reply.body.decode(found.group(1) if found else "utf-8", "replace")
    except LookupError:
        text = reply.body.decode("utf-8", "replace")
    return text.split("\n")


def login_of(reply: HttpReply) -> Login:
    """Reads the answer to ``checkauth``.

    Raises:
        ConfigurationError: the login is refused.
        ProtocolBroken: it is no answer to ``checkauth``.
    """
    lines = lines_of(reply)
    match word_of(reply, "checkauth"):
        case Word.FAILURE:
            said = " ".join(lines[1:]).strip()
            raise ConfigurationError(f"The site refuses the login: {said}")
        case Word.SUCCESS if len(lines) >= 3:
            # Verbatim: 1C strips nothing here.
            sessid = lines[3].removeprefix("sessid=") if len(lines) > 3 and lines[3] else None
            stamps = [line for line in lines[4:] if line.startswith("timestamp=")]
            stamp = stamps[0].removeprefix("timestamp=") if stamps else None
            return Login(f"{lines[1]}={lines[2]}", sessid, stamp)
        case _:
            raise ProtocolBroken("checkauth", reply)


def terms_of(reply: HttpReply, *, named_schema: bool) -> Terms:
    """Reads the answer to ``init``: two lines, or four when a schema was named.

    Raises:
        SiteRefuses: it says ``failure``.
        ProtocolBroken: 1C would not take it.
    """
    lines = lines_of(reply)
    if lines[0].strip().lower() == Word.FAILURE.value:
        raise SiteRefuses("init", " ".join(lines[1:]).strip())
    if len(lines) != 2 and not (named_schema and len(lines) == 4):
        raise ProtocolBroken("init", reply)
    limit = lines[1].removeprefix("file_limit=")
    terms = Terms(lines[0] == "zip=yes", int(limit) if limit.isdecimal() else _WHOLE)
    if len(lines) == 2:
        return terms
    sessid, schema = lines[2].removeprefix("sessid="), lines[3].removeprefix("version=")
    if schema not in SCHEMAS:
        raise ProtocolBroken("init", reply)
    return Terms(terms.zip, terms.file_limit, sessid, schema)


def word_of(reply: HttpReply, mode: str) -> Word:
    """Returns the first line; 1C trims it and ignores its case, and the HTTP status.

    Raises:
        ProtocolBroken: it is none of the three.
    """
    try:
        return Word(lines_of(reply)[0].strip().lower())
    except ValueError:
        raise ProtocolBroken(mode, reply) from None


def document_of(reply: HttpReply, mode: str) -> bytes:
    """Returns an XML document or an archive.

    Raises:
        SiteRefuses: it says ``failure``.
        ProtocolBroken: 1C would not read it: a blank or a warning stands before the declaration.
    """
    if reply.body.startswith((b"<?xml", b"PK")):
        return reply.body
    lines = lines_of(reply)
    if lines[0].strip().lower() == Word.FAILURE.value:
        raise SiteRefuses(mode, " ".join(lines[1:]).strip())
    raise ProtocolBroken(mode, reply)
