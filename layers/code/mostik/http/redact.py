"""One list of what is secret, applied to everything that is kept: path, query, headers, bodies,
text.

Two nets: names (a header, query, JSON or form field that is called like a secret) and values (every
secret of the connection, wherever it turns up, also URL-encoded, escaped in JSON or HTML, or inside
base64 as Basic auth has it).
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

MASK = "[redacted]"

_NAMES = """
accesskey accesstoken apikey applicationtoken auth authid authorization authtoken bearer
clientsecret code contenthmac cookie credential credentials idtoken jwt key passwd password
privatekey proxyauthorization pwd refreshid refreshtoken secret secretkey sessid session
sessionid setcookie sig sign signature signingkey token webhooksecret xapikey xauthtoken
xcontenthmac xsignature
"""
_SECRET_NAMES = frozenset(_NAMES.split())
_SECRET_ENDINGS = ("token", "secret", "password", "signature", "apikey", "hmac", "hmacsha256")
_SHORTEST_VALUE = 6
"""A shorter secret is masked by name only: replacing it everywhere would garble the text."""
_SEPARATORS = re.compile(r"[^a-z0-9]")


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret; ``auth[application_token]`` counts by its
    last part."""
    last = name.rstrip("]").rsplit("[", 1)[-1]
    plain = _SEPARATORS.sub("", last.casefold())
    return plain in _SECRET_NAMES or plain.endswith(_SECRET_ENDINGS)


class Redactor:
    """Masks secrets of one connection.

    Args:
        secrets: the connection's secret values; never kept in a readable attribute.
    """

    __slots__ = ("_pattern",)

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        parts = {
            part for secret in secrets for part in _parts_of(secret) if len(part) >= _SHORTEST_VALUE
        }
        # The longest first: where one secret is the beginning of another, the whole is masked.
        longest_first = sorted(parts, key=len, reverse=True)
        ways = [_spelled(part) for part in longest_first]
        ways += [run for part in longest_first for run in _in_base64(part)]
        self._pattern = re.compile("|".join(ways)) if ways else None

    def __repr__(self) -> str:
        return "Redactor(...)"

    def text(self, text: str) -> str:
        """Masks the known values in free text (an exception, a URL path, an XML body)."""
        return self._pattern.sub(MASK, text) if self._pattern is not None else text

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
        return {
            name: MASK if is_secret_name(name) else self.text(str(value))
            for name, value in headers.items()
        }

    def body(self, body: bytes, content_type: str) -> bytes:
        """Masks a JSON or form body field by field, any other text by value; binary is not kept."""
        if not body:
            return b""
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            try:
                text = body.decode("windows-1251")
            except UnicodeDecodeError:
                return f"[{len(body)} bytes of {content_type or 'unknown type'}]".encode()
        if "json" in content_type or text.lstrip()[:1] in ("{", "["):
            try:
                masked = self._masked(json.loads(text))
            except ValueError:
                return self.text(text).encode()
            except RecursionError:
                return f"[{len(body)} bytes of JSON, nested too deep to look into]".encode()
            # JSON may hold half a surrogate pair: it stays the escape that it was.
            kept = self.text(json.dumps(masked, ensure_ascii=False))
            return kept.encode("utf-8", "backslashreplace")
        if "x-www-form-urlencoded" in content_type:
            return self.text(self._pairs(text)).encode()
        return self.text(text).encode()

    def _masked(self, value: Any, secret: bool = False) -> Any:
        match value:
            case dict():
                return {
                    name: self._masked(inner, secret or _holds_secrets(name, inner))
                    for name, inner in value.items()
                }
            case list():
                return [self._masked(inner, secret) for inner in value]
            case None | bool():
                return value
            case _:
                return MASK if secret else value

    def _pairs(self, query: str) -> str:
        pairs = parse_qsl(query, keep_blank_values=True)
        masked = [(name, MASK if is_secret_name(name) else value) for name, value in pairs]
        return urlencode(masked, safe="[]")


def _parts_of(secret: str) -> set[str]:
    """The secret and what it is made of; of a URL (a Bitrix24 webhook's) the segments of its path,
    since its host is no secret and tells a person which system was called."""
    if "://" in secret:
        return set(secret.partition("://")[2].split("/")[1:])
    return {secret, *secret.strip("/").split("/")}


def _holds_secrets(name: str, value: Any) -> bool:
    """An object called ``auth`` is looked into; a scalar called so is masked."""
    return is_secret_name(name) and not isinstance(value, dict)


_JSON_SHORT = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_HTML = {
    "&": "&(?:amp|#38|#x26);",
    "<": "&(?:lt|#60|#x3c);",
    ">": "&(?:gt|#62|#x3e);",
    '"': "&(?:quot|#34|#x22);",
    "'": "&(?:apos|#39|#x27);",
}


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
