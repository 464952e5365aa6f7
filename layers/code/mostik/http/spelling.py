"""Every way in which a secret can be spelled where it turns up: URL-encoded, escaped, in base64."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable

_JSON_SHORT = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_HTML = {
    "&": "&(?:amp|#38|#x26);",
    "<": "&(?:lt|#60|#x3c);",
    ">": "&(?:gt|#62|#x3e);",
    '"': "&(?:quot|#34|#x22);",
    "'": "&(?:apos|#39|#x27);",
}


def parts_of(secret: str) -> set[str]:
    """The secret and what it is made of; of a URL (a Bitrix24 webhook's) the segments of its path,
    since its host is no secret and tells a person which system was called."""
    if "://" in secret:
        return set(secret.partition("://")[2].split("/")[1:])
    return {secret, *secret.strip("/").split("/")}


def ways_of(secrets: Iterable[str]) -> list[str]:
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
