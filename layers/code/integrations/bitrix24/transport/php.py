"""Values as PHP reads and writes them.

The commands of a ``batch`` are query strings (apidocs.bitrix24.ru, how-to-call-rest-api/batch), so
everything in them becomes text; both peers send Python's ``False`` and ``None`` as words. On the
way back a PHP array is a JSON list or an object, depending on its keys: ``as_list`` and ``as_map``
settle which one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Any
from urllib.parse import quote_plus

_PLAIN_NAME = re.compile(r"[^\[\]\x00]+")
_MANGLED = re.compile(r"[. \[\]\x00]")
"""What PHP replaces in the outermost name."""
_MARK = "$result["
_SCALARS = frozenset({str, int, bool, float, Decimal, type(None)})
"""What most values are: looking these up first halves the time that a command takes to write."""


@dataclass(frozen=True, slots=True, init=False)
class Ref:
    """What an earlier command of the same batch returned: ``$result[name][path]``.

    Args:
        name: of the command.
        path: keys and positions below its ``result``.
    """

    name: str
    path: tuple[str | int, ...]

    def __init__(self, name: str, *path: str | int) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "path", path)

    def __str__(self) -> str:
        return _MARK + "][".join(map(str, (self.name, *self.path))) + "]"

    def within(self, result: Any) -> Any:
        """Returns what it leads to in the result of its command, empty text when nowhere, as the
        portal has it."""
        found = result
        for key in self.path:
            array = as_map(found)
            if str(key) not in array:
                return ""
            found = array[str(key)]
        return "" if found is None else found


def encode(params: Mapping[str, Any]) -> str:
    """Returns parameters as the query string of a batch's command.

    ``True`` is 1, ``False`` 0, ``None`` and an empty list or map are empty text; an empty list or
    map among the outermost is left out, as if it had not been said. Lists are numbered, times carry
    their zone, a ``Ref`` is what the portal puts in its place.

    Raises:
        ValueError: a name or a value that PHP would read as something else.
        TypeError: a value that has no text.
    """
    return "&".join(f"{_quoted(name)}={quote_plus(value)}" for name, value in _pairs(params))


_quoted = lru_cache(maxsize=4_096)(quote_plus)
"""For names: the commands of a batch have the same ones."""


def plain(value: Any) -> Any:
    """Returns a value as JSON can hold it: what JSON lacks becomes the text that ``encode`` makes
    of it; a float stays one.

    Raises:
        ValueError: see ``encode``.
        TypeError: see ``encode``.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and isfinite(value):
        return value
    if isinstance(value, Ref):
        raise ValueError("only the commands of a batch can refer to each other")
    return _text(value)


def refs_in(value: Any) -> list[Ref]:
    """Returns the references in a value, in their order."""
    found: list[Ref] = []
    _collect(value, found)
    return found


def _collect(value: Any, found: list[Ref]) -> None:
    kind = type(value)
    if kind in _SCALARS:
        return
    if kind is Ref:
        found.append(value)
    elif kind is dict or isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, found)


def resolved(value: Any, results: Mapping[str, Any]) -> Any:
    """Returns a value with those references replaced whose commands have a result."""
    if isinstance(value, Ref):
        return value.within(results[value.name]) if value.name in results else value
    if isinstance(value, Mapping):
        return {key: resolved(item, results) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(item, results) for item in value]
    return value


def looks_like_ref(value: Any) -> bool:
    """Whether a text somewhere in a value would be read as a reference by the portal: somebody has
    typed it into a comment."""
    if isinstance(value, str):
        return _MARK in value
    if isinstance(value, Mapping):
        return any(looks_like_ref(item) for item in value.values())
    return isinstance(value, list | tuple) and any(looks_like_ref(item) for item in value)


def as_list(value: Any) -> list[Any]:
    """Returns the values of a PHP array, whether it came as a list or as an object; nothing and
    empty text are an empty one, a scalar is an array of one."""
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]


def as_map(value: Any) -> dict[str, Any]:
    """Returns a PHP array by its keys, whether it came as an object or as a list; anything else is
    an empty one."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, list | tuple):
        return {str(index): item for index, item in enumerate(value)}
    return {}


def _pairs(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in params.items():
        name = str(key)
        if not name or _MANGLED.search(name):
            raise ValueError(f"PHP would rename the parameter {name!r}")
        if value or not isinstance(value, Mapping | list | tuple):
            yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if type(value) in _SCALARS:
        yield name, _text(value)
        return
    if isinstance(value, Mapping):
        items = [(_inner(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(str(index), item) for index, item in enumerate(value)]
    else:
        yield name, _text(value)
        return
    if not items:
        yield name, ""  # left out, it would not be emptied
    for key, item in items:
        yield from _flat(f"{name}[{key}]", item)


def _inner(key: Any) -> str:
    name = str(key)
    if _PLAIN_NAME.fullmatch(name) is None:
        raise ValueError(f"PHP cannot have a field called {name!r}")
    return name


def _text(value: Any) -> str:
    if type(value) is str:
        return str(value)
    if isinstance(value, Enum):
        value = value.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str | int | Ref):
        return str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("a number that is none")
        return format(value, "f")
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a number that is none")
        return format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone means another one on the portal")
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no text for a portal")
