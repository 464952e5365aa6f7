"""One list of what is secret, applied to everything that is kept: path, query, headers, bodies,
text.

Two nets: names (a header, query, JSON or form field or XML element that is called like a secret)
and values (every secret of the connection, wherever it turns up, also URL-encoded, escaped in JSON
or HTML, or inside base64 as Basic auth has it). Personal data (personal.py) is masked the same way,
by names and by its look, unless the connection is told to keep it.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mostik.http.markup import masked_markup
from mostik.http.personal import (
    NAME,
    OTHER,
    is_kept_inside,
    is_person,
    is_plain_name,
    is_value,
    mask_for,
    mask_in_path,
    plain,
    scrubbed,
    shape_of,
)

MASK = "[redacted]"

_NAMES = """
accesskey accesstoken apikey applicationtoken assertion auth authid authorization authtoken bearer
clientassertion clientsecret code contenthmac cookie credential credentials idtoken jwt key passwd
password privatekey proxyauthorization pwd refreshid refreshtoken secret secretkey sessid session
sessionid setcookie sig sign signature signingkey token webhooksecret xapikey xauthtoken
xcontenthmac xsignature
"""
_SECRET_NAMES = frozenset(_NAMES.split())
_SECRET_ENDINGS = ("token", "secret", "password", "signature", "apikey", "hmac", "hmacsha256")
_SHORTEST_VALUE = 6
"""A shorter secret is masked by name only: replacing it everywhere would garble the text."""
_SEPARATORS = re.compile(r"[^a-z0-9]")
_MOST_LEARNED = 6
"""Two tokens and their refresh tokens, the one before and one on its way."""
_LONGEST_KIND = 40
_MOST_NAMES = 4_096
"""Names of fields whose masks one connection remembers."""


@lru_cache(maxsize=4_096)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret; ``auth[application_token]`` counts by its
    last part."""
    bare = _SEPARATORS.sub("", _last_part(name).casefold())
    return bare in _SECRET_NAMES or bare.endswith(_SECRET_ENDINGS)


class Redactor:
    """Masks secrets of one connection, and personal data.

    Args:
        secrets: the connection's secret values; never kept in a readable attribute.
        mask_fields: further fields to mask, by name: what is personal in this connection alone.
        keep_personal: mask secrets and ``mask_fields`` only.
    """

    __slots__ = ("_fields", "_keeps", "_learned", "_masks", "_pattern", "_ways")

    def __init__(
        self,
        secrets: Iterable[str] = (),
        *,
        mask_fields: Iterable[str] = (),
        keep_personal: bool = False,
    ) -> None:
        parts = {
            part for secret in secrets for part in _parts_of(secret) if len(part) >= _SHORTEST_VALUE
        }
        self._ways = _ways_of(parts)
        self._learned: tuple[list[str], ...] = ()
        self._pattern = re.compile("|".join(self._ways)) if self._ways else None
        self._fields = frozenset(plain(name) for name in mask_fields)
        self._keeps = keep_personal
        self._masks: dict[tuple[str, bool], str | None] = {}

    def __repr__(self) -> str:
        return "Redactor(...)"

    def learn(self, secret: str) -> None:
        """Masks this value too from now on: a token that was got on the way. The last few stay."""
        ways = _ways_of({secret} if len(secret) >= _SHORTEST_VALUE else ())
        if ways and ways not in self._learned:
            learned = (ways, *self._learned)[:_MOST_LEARNED]
            self._pattern = re.compile(
                "|".join([*(way for some in learned for way in some), *self._ways])
            )
            self._learned = learned

    def text(self, text: str) -> str:
        """Masks the known values, and what looks like an e-mail address or a phone number, in free
        text (an exception, a URL path)."""
        return self._scrubbed(self._without_secrets(text))

    def url(self, url: str) -> str:
        """Masks values anywhere and query fields by name; user info never survives."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return f"[{len(url)} characters that are no URL]"
        netloc = parts.netloc.rpartition("@")[2]
        query = self._pairs(parts.query) if parts.query else ""
        return self.text(urlunsplit((parts.scheme, netloc, parts.path, query, "")))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Masks headers by name and values anywhere."""
        return {name: self._mask(name) or self.text(str(value)) for name, value in headers.items()}

    def body(self, body: bytes, content_type: str) -> bytes:
        """Masks a JSON, form or XML body field by field, any other text by value; binary is not
        kept."""
        if not body:
            return b""
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            try:
                text = body.decode("windows-1251")
            except UnicodeDecodeError:
                return f"[{len(body)} bytes of {content_type or 'unknown type'}]".encode()
        beginning = text.lstrip("\ufeff \t\r\n")[:1]
        if "json" in content_type or beginning in ("{", "["):
            try:
                masked = self._masked(json.loads(text), None, False)
            except ValueError:
                return self.text(text).encode()
            except RecursionError:
                return f"[{len(body)} bytes of JSON, nested too deep to look into]".encode()
            # JSON may hold half a surrogate pair: it stays the escape that it was.
            kept = self._without_secrets(json.dumps(masked, ensure_ascii=False))
            return kept.encode("utf-8", "backslashreplace")
        if "x-www-form-urlencoded" in content_type:
            return self._without_secrets(self._pairs(text)).encode()
        if "xml" in content_type or beginning == "<":
            marked = masked_markup(text, self._mask, self._scrubbed)
            return self._without_secrets(marked).encode()
        return self.text(text).encode()

    def _without_secrets(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern is not None else text

    def _scrubbed(self, text: str) -> str:
        return text if self._keeps else scrubbed(text)

    def _mask(self, name: str, person: bool = False) -> str | None:
        """The mask of a scalar field, ``None`` when its name says nothing."""
        try:
            return self._masks[name, person]
        except KeyError:
            if len(self._masks) >= _MOST_NAMES:
                self._masks.clear()  # somebody sends made-up names
            found = self._masks[name, person] = self._mask_of(name, person)
            return found

    def _mask_of(self, name: str, person: bool) -> str | None:
        if is_secret_name(name):
            return MASK
        if self._fields and plain(name) in self._fields:
            return OTHER
        if self._keeps:
            return None
        return NAME if person and is_plain_name(name) else mask_for(name)

    def _masked(self, value: Any, mask: str | None, person: bool) -> Any:
        """A value without what its own name, or the names inside it, tell.

        Args:
            mask: of the field that holds it.
            person: somebody is described around it.
        """
        match value:
            case str():
                if mask is not None:
                    return mask if value or mask == MASK else value
                return self._scrubbed(value)
            case dict():
                return self._masked_object(value, mask, person)
            case list():
                return [self._masked(inner, mask, person) for inner in value]
            case None | bool():
                return value
            case _:
                return mask if mask is not None else value

    def _masked_object(self, value: dict[str, Any], mask: str | None, person: bool) -> Any:
        shape = shape_of(tuple(value))
        beside = _named_beside(value, shape.kinds) if shape.kinds and not self._keeps else None
        person = person or shape.person
        masked = {}
        for name, inner in value.items():
            found = self._mask(name, person)
            if found == MASK and (name.casefold() == "code" or isinstance(inner, dict)):
                # An object called ``auth`` is looked into. A code is OAuth's in an address alone;
                # in an answer it says what went wrong.
                found = None
            if found is None and (mask == MASK or (mask and not is_kept_inside(name))):
                found = mask
            if found is None and beside is not None and is_value(name):
                found = beside
            masked[self._scrubbed(name)] = self._masked(inner, found, is_person(name))
        return masked

    def _pairs(self, query: str) -> str:
        pairs = parse_qsl(query, keep_blank_values=True)
        masked = [(name, self._masked_field(name, value)) for name, value in pairs]
        return urlencode(masked, safe="[]")

    def _masked_field(self, name: str, value: str) -> str:
        found = self._mask(name)
        if found is None and self._fields and plain(_last_part(name)) in self._fields:
            found = OTHER
        if found is None and not self._keeps:
            found = mask_in_path(name)
        return (found if value or found == MASK else value) if found else self._scrubbed(value)


def _named_beside(value: Mapping[str, Any], kinds: Iterable[str]) -> str | None:
    """The mask of ``value`` in ``{"code": "PHONE", "value": ...}``."""
    for name in kinds:
        said = value[name]
        if isinstance(said, str) and len(said) < _LONGEST_KIND and (found := mask_for(said)):
            return found
    return None


def _last_part(name: str) -> str:
    """``application_token`` of ``auth[application_token]``."""
    return name.rstrip("]").rsplit("[", 1)[-1]


_JSON_SHORT = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_HTML = {
    "&": "&(?:amp|#38|#x26);",
    "<": "&(?:lt|#60|#x3c);",
    ">": "&(?:gt|#62|#x3e);",
    '"': "&(?:quot|#34|#x22);",
    "'": "&(?:apos|#39|#x27);",
}


def _parts_of(secret: str) -> set[str]:
    """The secret and what it is made of; of a URL (a Bitrix24 webhook's) the segments of its path,
    since its host is no secret and tells a person which system was called."""
    if "://" in secret:
        return set(secret.partition("://")[2].split("/")[1:])
    return {secret, *secret.strip("/").split("/")}


def _ways_of(secrets: Iterable[str]) -> list[str]:
    """Patterns of every way to write some secrets."""
    # The longest first: where one secret is the beginning of another, the whole is masked.
    longest_first = sorted(secrets, key=len, reverse=True)
    ways = [_spelled(secret) for secret in longest_first]
    return ways + [run for secret in longest_first for run in _in_base64(secret)]


def _spelled(secret: str) -> str:
    """A pattern of every way to write a secret; letters and digits are always themselves."""
    return "".join(
        character if character.isascii() and character.isalnum() else _character(character)
        for character in secret
    )


def _character(character: str) -> str:
    """As it is, URL-encoded (also twice), escaped in JSON (also in JSON inside JSON) or in HTML."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escapes = "".join(rf"\\{{1,8}}u{units[at : at + 4]}" for at in range(0, len(units), 4))
    octets = character.encode("utf-8", "surrogatepass")
    ways = [escapes, "".join(f"%(?:25){{0,3}}{octet:02x}" for octet in octets)]
    if character in _HTML:
        ways.append(_HTML[character])
    if character in _JSON_SHORT:
        ways.append(rf"\\{{1,8}}{_JSON_SHORT[character]}")
    if character == " ":
        ways.append(r"\+")
    plain = re.escape(character)
    if character in '"/\\':
        plain = rf"\\{{0,8}}{plain}"
    return f"(?:(?i:{'|'.join(ways)})|{plain})"


def _in_base64(secret: str) -> list[str]:
    """Patterns of what base64 makes of a secret wherever it begins in a longer text: the characters
    at either end that its neighbours share are left out."""
    octets = secret.encode("utf-8", "surrogatepass")
    runs = []
    for before, shared in ((0, 0), (1, 2), (2, 3)):
        text = b64encode(bytes(before) + octets).decode()[shared : (before + len(octets)) * 8 // 6]
        plus, slash = "(?:[+-]|%(?:25){0,3}2[Bb])", r"(?:\\{0,8}[/_]|%(?:25){0,3}2[Ff])"
        runs.append(text.replace("+", plus).replace("/", slash))
    return runs
