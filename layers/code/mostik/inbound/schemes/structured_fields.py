"""The part of RFC 8941 structured fields that HTTP message signatures need: dictionaries, strictly.

Parsing is for the door's own checks; nothing here is cryptography. A text that the RFC does not
allow is a ``ValueError``.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
_INTEGER = re.compile(r"-?\d{1,15}(?![\d.])")
_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+\-.^_`|~:/]*")
_BOOLEAN = re.compile(r"\?([01])")


@dataclass(frozen=True, slots=True)
class Token:
    """A bare word, which is not a string."""

    text: str


Bare = str | int | bool | bytes | Token
Parameters = dict[str, Bare]


@dataclass(frozen=True, slots=True)
class Item:
    """A value with its parameters."""

    value: Bare
    parameters: Parameters

    def __str__(self) -> str:
        return _bare(self.value) + _parameters(self.parameters)


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items in brackets, with parameters of the whole."""

    items: tuple[Item, ...]
    parameters: Parameters

    def __str__(self) -> str:
        return f"({' '.join(map(str, self.items))}){_parameters(self.parameters)}"


def parse_dictionary(text: str) -> dict[str, Item | InnerList]:
    """The members of a dictionary field.

    Raises:
        ValueError: the text is no dictionary, or names a member twice (the RFC would take the last;
            two readers could still pick different ones).
    """
    reader = _Reader(text.strip(" "))
    members: dict[str, Item | InnerList] = {}
    while not reader.done:
        key = reader.match(_KEY)[0]
        if key in members:
            raise ValueError("a member is there twice")
        members[key] = reader.member() if reader.take("=") else Item(True, reader.parameters())
        reader.skip(" \t")
        if reader.done:
            break
        reader.expect(",")
        reader.skip(" \t")
        if reader.done:
            raise ValueError("nothing after a comma")
    return members


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._text)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"unexpected text at {self._at}")
        self._at = found.end()
        return found

    def take(self, mark: str) -> bool:
        if not self._text.startswith(mark, self._at):
            return False
        self._at += len(mark)
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise ValueError(f"{mark} is missing at {self._at}")

    def skip(self, marks: str) -> None:
        while not self.done and self._text[self._at] in marks:
            self._at += 1

    def member(self) -> Item | InnerList:
        if not self.take("("):
            return self._item()
        items = []
        self.skip(" ")
        while not self.take(")"):
            items.append(self._item())
            before = self._at
            self.skip(" ")
            if self._at == before and not self._text.startswith(")", self._at):
                raise ValueError("items without a space between them")
        return InnerList(tuple(items), self.parameters())

    def _item(self) -> Item:
        return Item(self._value(), self.parameters())

    def parameters(self) -> Parameters:
        found: Parameters = {}
        while self.take(";"):
            self.skip(" ")
            key = self.match(_KEY)[0]
            if key in found:
                raise ValueError("a parameter is there twice")
            found[key] = self._value() if self.take("=") else True
        return found

    def _value(self) -> Bare:
        mark = self._text[self._at : self._at + 1]
        if mark == '"':
            return re.sub(r"\\(.)", r"\1", self.match(_STRING)[1])
        if mark == ":":
            return _bytes(self.match(_BYTES)[1])
        if mark == "?":
            return self.match(_BOOLEAN)[1] == "1"
        if mark == "-" or mark.isdigit():
            return int(self.match(_INTEGER)[0])
        return Token(self.match(_TOKEN)[0])


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


def _bare(value: Bare) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode()}:"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.text if isinstance(value, Token) else str(value)


def _parameters(parameters: Parameters) -> str:
    return "".join(
        f";{key}" if value is True else f";{key}={_bare(value)}"
        for key, value in parameters.items()
    )
