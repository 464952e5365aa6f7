"""Plain values of records and their digests: what says the same has the same digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel

from mostik.commerce.record import Canonical, Part, Ref
from mostik.commerce.spelling import spelled_value

_DIGITS = 12


def plain(value: Any, terms: str | None = None) -> Any:
    """Returns a value as JSON has it; amounts without trailing zeros, times in UTC.

    Args:
        value: of a field.
        terms: the connection in whose keys references are said, where those are known.
    """
    match value:
        case Ref():
            return (terms and value.key_in(terms)) or value.key
        case BaseModel():
            fields = {name: getattr(value, name) for name in compared(value)}
            found = {name: plain(inner, terms) for name, inner in fields.items()}
            return {name: inner for name, inner in found.items() if inner is not None}
        case Mapping():
            return {str(name): plain(inner, terms) for name, inner in value.items()}
        case Decimal():
            return f"{value.normalize():f}" if value else "0"
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case tuple() | list() | frozenset() | set():
            elements = [plain(element, terms) for element in value]
            if any(isinstance(element, BaseModel) for element in value):
                elements.sort(key=_text)
            return elements
    return value


def digest(value: Any, terms: str | None = None) -> str:
    """Returns a short hash of what a value says."""
    text = spelled_value(value, terms)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]


def mark_of(left: Any, right: Any, terms: str | None = None) -> str:
    """Returns a short hash of what two sides say.

    Args:
        left: the left value.
        right: the right value.
        terms: the connection in whose keys references of the right one are said.
    """
    return digest([digest(left), digest(right, terms)])


def compared(model: BaseModel) -> tuple[str, ...]:
    """Returns the fields of a model that say something, in their order."""
    kind = type(model)
    silent: frozenset[str] = frozenset()
    if isinstance(model, Canonical):
        silent = kind.meta | kind.references  # type: ignore[attr-defined] # of Canonical
    elif isinstance(model, Part):
        silent = kind.uncompared  # type: ignore[attr-defined] # of Part
    return tuple(name for name in kind.model_fields if name not in silent)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
