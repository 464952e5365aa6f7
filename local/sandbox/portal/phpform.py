"""Forms as PHP reads and writes them: ``fields[fm][0][value]=…`` and back.

A PHP array is an ordered map; one whose keys are 0..n-1 in order is a list for JSON. Python has two
types for that, so decoding settles on a list exactly where PHP's own JSON would show one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus

_INTEGER_KEY = re.compile(r"0|-?[1-9][0-9]*")


class _Node(dict[str, Any]):
    """A PHP array under construction; ``next_index`` is what ``[]`` appends at."""

    next_index = 0

    def put(self, key: str, value: object) -> None:
        self[key] = value
        if _INTEGER_KEY.fullmatch(key):
            self.next_index = max(self.next_index, int(key) + 1)


def decode(form: str) -> dict[str, Any]:
    """Decodes a form body or a query string as PHP's ``parse_str`` does.

    ``a[]`` appends, ``a[b][c]`` nests, a later name replaces an earlier one, dots and spaces in the
    outer name become underscores. All leaves are strings.
    """
    root = _Node()
    for name, value in parse_qsl(form, keep_blank_values=True, errors="replace"):
        keys = _keys(name)
        if keys is None:
            continue
        node = root
        for key in keys[:-1]:
            slot = str(node.next_index) if key == "" else key
            child = node.get(slot)
            if not isinstance(child, _Node):
                child = _Node()
                node.put(slot, child)
            node = child
        node.put(str(node.next_index) if keys[-1] == "" else keys[-1], value)
    return {key: _settle(value) for key, value in root.items()}


def encode(data: Mapping[str, Any]) -> str:
    """Encodes nested maps and lists as PHP's ``http_build_query`` does; ``None`` is left out."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value)}"
        for key, item in data.items()
        for name, value in _flat(str(key), item)
    )


def as_list(value: object) -> list[Any]:
    """The values of a PHP array, arrived as a list or as a map; a scalar is one value."""
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else [value]


def pairs(value: object) -> list[tuple[str, Any]]:
    """The keys and values of a PHP array, whether it arrived as a list or as a map."""
    if isinstance(value, Mapping):
        return [(str(key), item) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [(str(index), item) for index, item in enumerate(value)]
    return []


def as_php_json(array: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
    """What PHP's ``json_encode`` makes of a map: keys 0..n-1 in order, or none, make a list."""
    if all(key == str(index) for index, key in enumerate(array)):
        return list(array.values())
    return dict(array)


def _keys(name: str) -> list[str] | None:
    outer, bracket, rest = name.partition("[")
    outer = re.sub(r"[. ]", "_", outer.lstrip(" "))
    if not outer:
        return None
    keys = [outer]
    while bracket:
        inner, closed, rest = rest.partition("]")
        if not closed:
            return [f"{outer}_{inner}"] if len(keys) == 1 else keys
        keys.append(inner)
        bracket, rest = ("[", rest[1:]) if rest.startswith("[") else ("", "")
    return keys


def _settle(value: object) -> Any:
    if not isinstance(value, _Node):
        return value
    return as_php_json({key: _settle(item) for key, item in value.items()})


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list | tuple):
        for key, item in pairs(value):
            yield from _flat(f"{name}[{key}]", item)
    elif isinstance(value, bool):
        yield name, "1" if value else "0"
    elif value is not None:
        yield name, str(value)
