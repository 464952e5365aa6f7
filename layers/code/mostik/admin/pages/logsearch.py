"""The one search field of the log: ``status:5xx endpoint:/orders/* since:2h "Иванов"``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FIELDS = (
    "since", "until", "status", "family", "endpoint", "method", "connection", "direction", "event",
    "run", "job", "record", "text",
)  # fmt: skip
_TOKEN = re.compile(r'(?:(?P<name>[a-z_]+):)?(?:"(?P<quoted>[^"]*)"|(?P<bare>\S+))')


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter, and the search without it."""

    name: str
    value: str
    without: str


def parsed(text: str) -> dict[str, str]:
    """Returns the filters of a search; words that name none are looked for as text."""
    found: dict[str, str] = {}
    words: list[str] = []
    for token in _TOKEN.finditer(text):
        name = token["name"]
        value = token["quoted"] if token["quoted"] is not None else token["bare"]
        if name in FIELDS and name != "text":
            found[name] = value
        elif name == "text":
            words.append(value)
        elif value:
            words.append(token[0] if name else value)
    if words:
        found["text"] = " ".join(words)
    return {name: value for name, value in found.items() if value}


def written(filters: Mapping[str, str]) -> str:
    """Returns filters as the search field shows them."""
    parts = []
    for name in FIELDS:
        value = filters.get(name, "").replace('"', "")
        if not value:
            continue
        if name == "text":
            odd = not re.fullmatch(r"[^\s:]+", value)
            parts.append(f'"{value}"' if odd else value)
        else:
            parts.append(f'{name}:"{value}"' if re.search(r"\s", value) else f"{name}:{value}")
    return " ".join(parts)


def chips(filters: Mapping[str, str]) -> Sequence[Chip]:
    """Returns each filter with the search that is left when it is taken away."""
    return [
        Chip(name, filters[name], written({n: v for n, v in filters.items() if n != name}))
        for name in FIELDS
        if filters.get(name)
    ]
