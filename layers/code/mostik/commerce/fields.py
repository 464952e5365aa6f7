"""Names of canonical fields, dotted for those inside of parts (``lines.quantity``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def common(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    """Returns the fields that two sides can both hold; ``None`` stands for all.

    ``lines`` holds whatever is in a line: of ``lines`` and ``lines.price`` the latter is common.
    """
    if left is None or right is None:
        return right if left is None else left
    within = {name for name in left if _held(name, right)}
    return frozenset(within | {name for name in right if _held(name, left)})


def narrowed(content: Mapping[str, Any], of: frozenset[str] | None) -> dict[str, Any]:
    """Returns the part of plain content that the named fields hold; ``None`` names all."""
    if of is None:
        return dict(content)
    inner: dict[str, set[str]] = {}
    for name in of:
        first, _, rest = name.partition(".")
        inner.setdefault(first, set()).add(rest)
    kept: dict[str, Any] = {}
    for name, value in content.items():
        if name in inner:
            wanted = None if "" in inner[name] else frozenset(inner[name])
            kept[name] = _narrowed_value(value, wanted)
    return kept


def normalised(content: Mapping[str, Any]) -> dict[str, Any]:
    """Returns content whose lists of parts are in a fixed order, whatever was left out of them."""
    return {name: _ordered(value) for name, value in content.items()}


def _held(name: str, by: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:length]) in by for length in range(1, len(parts) + 1))


def _narrowed_value(value: Any, of: frozenset[str] | None) -> Any:
    if of is None:
        return value
    if isinstance(value, Mapping):
        return narrowed(value, of)
    if isinstance(value, list):
        return [_narrowed_value(element, of) for element in value]
    return value


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return normalised(value)
    if isinstance(value, list):
        elements = [_ordered(element) for element in value]
        if any(isinstance(element, Mapping) for element in elements):
            elements.sort(key=lambda one: json.dumps(one, sort_keys=True, ensure_ascii=False))
        return elements
    return value
