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
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mostik.http.markup import masked_markup
from mostik.http.personal import (
    NAME,
    OTHER,
    SHORTEST_PHONE,
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
from mostik.http.spelling import parts_of, ways_of

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
_NAME = r"(?<![\w.@\[\]-])([\w.@\[\]-]{1,60})"
_NAMED = re.compile(rf"{_NAME}=(?!\[redacted\])([^\s\"'\\&<>;,#?)\]}}]+)")
"""``access_token=...`` in a text: an address, a header, an error's words."""
_QUOTED = re.compile(
    rf"{_NAME}(\\{{0,8}}[\"']?\s{{0,3}}[=:]\s{{0,3}}\\{{0,8}}([\"']))((?:(?!\3).)+?)"
    r"(?=\\{0,8}\3|\Z)",
    re.DOTALL,
)
"""``"access_token": "..."`` in a text: JSON that is cut, or somebody's ``repr``."""
_WORDS_IN_TEXT = frozenset({"code", "key", "auth", "sign", "sig", "session"})
"""Secret as names of fields, plain words in a sentence."""
_LONGEST_KIND = 40
_MOST_CHARACTERS = 524_288
"""Of plain text: the log keeps less."""
_MOST_NAMES = 4_096
"""Names of fields whose masks one connection remembers."""
_MOST_PLANS = 512
"""Shapes of objects that one connection remembers; answers bring the same few again and again."""
_MOST_PLANNED = 200
"""Fields of such an object."""


@lru_cache(maxsize=4_096)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret; ``auth[application_token]`` counts by its
    last part."""
    bare = _SEPARATORS.sub("", _last_part(name).casefold())
    return bare in _SECRET_NAMES or bare.endswith(_SECRET_ENDINGS)


class _Field(NamedTuple):
    """What is known of a field of an object before its value is seen.

    Attributes:
        name: as it is kept.
        mask: of its value, unless that is an object.
        of_object: of everything in it, if it is one.
        is_person: it describes somebody.
        is_value: what stands beside it may say what it holds.
    """

    name: str
    mask: str | None
    of_object: str | None
    is_person: bool
    is_value: bool


class Redactor:
    """Masks secrets of one connection, and personal data.

    Args:
        secrets: the connection's secret values; never kept in a readable attribute.
        mask_fields: further fields to mask, by name: what is personal in this connection alone.
        keep_personal: mask secrets and ``mask_fields`` only.
    """

    __slots__ = ("_fields", "_keeps", "_learned", "_masks", "_pattern", "_plans", "_ways")

    def __init__(
        self,
        secrets: Iterable[str] = (),
        *,
        mask_fields: Iterable[str] = (),
        keep_personal: bool = False,
    ) -> None:
        parts = {
            part for secret in secrets for part in parts_of(secret) if len(part) >= _SHORTEST_VALUE
        }
        self._ways = ways_of(parts)
        self._learned: tuple[list[str], ...] = ()
        self._pattern = re.compile("|".join(self._ways)) if self._ways else None
        self._fields = frozenset(plain(name) for name in mask_fields)
        self._keeps = keep_personal
        self._masks: dict[tuple[str, bool], str | None] = {}
        self._plans: dict[tuple[tuple[str, ...], str | None, bool], tuple[_Field, ...]] = {}

    def __repr__(self) -> str:
        return "Redactor(...)"

    def learn(self, secret: str) -> None:
        """Masks this value too from now on: a token that was got on the way. The last few stay."""
        ways = ways_of({secret} if len(secret) >= _SHORTEST_VALUE else ())
        if ways and ways not in self._learned:
            learned = (ways, *self._learned)[:_MOST_LEARNED]
            self._pattern = re.compile(
                "|".join([*(way for some in learned for way in some), *self._ways])
            )
            self._learned = learned

    def text(self, text: str) -> str:
        """Masks the known values, what is named like a secret right before it, and what looks like
        an e-mail address or a phone number, in free text (an exception, a URL path, a header)."""
        return self._scrubbed(_without_named(self._without_secrets(text)))

    def holds_secret(self, text: str) -> bool:
        """Whether a known secret stands in a text."""
        return self._pattern is not None and self._pattern.search(text) is not None

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
                return self.content(json.loads(text))
            except ValueError:
                return self.text(text[:_MOST_CHARACTERS]).encode()
            except RecursionError:
                return f"[{len(body)} bytes of JSON, nested too deep to look into]".encode()
        if "x-www-form-urlencoded" in content_type:
            return self._without_secrets(self._pairs(text)).encode()
        if "xml" in content_type or beginning == "<":
            marked = masked_markup(text, self._mask, self._scrubbed)
            return self._without_secrets(marked).encode()
        return self.text(text[:_MOST_CHARACTERS]).encode()

    def content(self, content: Any) -> bytes:
        """Masks what a JSON body was read into. Returns it as a body.

        Raises:
            RecursionError: it is nested too deep.
        """
        masked = self._masked(content, None, False)
        # JSON may hold half a surrogate pair: it stays the escape that it was.
        kept = self._without_secrets(json.dumps(masked, ensure_ascii=False))
        return kept.encode("utf-8", "backslashreplace")

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
        kind = type(value)
        if kind is str:
            if mask is None:
                return self._masked_text(value)
            return mask if value or mask == MASK else value
        if kind is dict:
            return self._masked_object(value, mask, person)
        if kind is list:
            return [self._masked(inner, mask, person) for inner in value]
        return value if mask is None or value is None or kind is bool else mask

    def _masked_text(self, text: str) -> str:
        if text[:1] in ("{", "["):
            return self._masked_inside(text)
        if "=" in text:
            text = _without_named(text)
        if self._keeps or (len(text) < SHORTEST_PHONE and "@" not in text and "%40" not in text):
            return text
        return scrubbed(text)

    def _masked_inside(self, text: str) -> str:
        """JSON inside a text of JSON."""
        try:
            inner = json.loads(text)
        except ValueError:
            return self._scrubbed(_without_named(text))
        return json.dumps(self._masked(inner, None, False), ensure_ascii=False)

    def _masked_object(self, value: dict[str, Any], mask: str | None, person: bool) -> Any:
        shape = shape_of(names := tuple(value))
        beside = _named_beside(value, shape.kinds) if shape.kinds and not self._keeps else None
        try:
            fields = self._plans[names, mask, person]
        except KeyError:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()  # somebody sends made-up names
            around = person or shape.person
            fields = tuple(self._field(name, mask, around) for name in names)
            if len(names) <= _MOST_PLANNED:
                self._plans[names, mask, person] = fields
        masked = {}
        for field, inner in zip(fields, value.values(), strict=True):
            found = field.of_object if type(inner) is dict else field.mask
            if found is None and beside is not None and field.is_value:
                found = beside
            if type(inner) is str and found is None:
                masked[field.name] = self._masked_text(inner)
            else:
                masked[field.name] = self._masked(inner, found, field.is_person)
        return masked

    def _field(self, name: str, mask: str | None, person: bool) -> _Field:
        own = self._mask(name, person)
        if own == MASK and name.casefold() == "code":
            own = None  # OAuth's in an address alone; in an answer it says what went wrong
        inherited = mask if mask == MASK or (mask and not is_kept_inside(name)) else None
        return _Field(
            self._scrubbed(name),
            mask=own or inherited,
            # An object called ``auth`` is looked into.
            of_object=inherited if own in (None, MASK) else own,
            is_person=is_person(name),
            is_value=is_value(name),
        )

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


def _without_named(text: str) -> str:
    if "=" not in text and ":" not in text:
        return text
    text = _QUOTED.sub(_mask_quoted, text)
    return _NAMED.sub(_mask_named, text)


def _mask_quoted(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{MASK}" if _is_secret_in_text(found) else found[0]


def _mask_named(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if _is_secret_in_text(found) else found[0]


def _is_secret_in_text(found: re.Match[str]) -> bool:
    name = found[1]
    if name.casefold() in _WORDS_IN_TEXT:
        # ``?code=`` and ``&key=`` stand in an address.
        return found.string[found.start() - 1 : found.start()] in ("?", "&")
    return is_secret_name(name)


def _last_part(name: str) -> str:
    """``application_token`` of ``auth[application_token]``."""
    return name.rstrip("]").rsplit("[", 1)[-1]
