"""What answers hold that the integrations' models do not name: kept in the model, told once a
batch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import Any

from pydantic import BaseModel

from mostik.http.content import VendorModel

MOST_ENDPOINTS = 20
MOST_FIELDS = 20
_ODD = "(odd name)"
"""A field that is named like an id or a secret: the name may be data."""
_PLAIN = re.compile(r"(?=.{1,40}\Z)(?!(?:\D*\d){6})[^\W\d][\w@#$.-]*|[@#][\w.-]{1,40}")


class Drift:
    """Collects unknown fields of one batch. Thread-safe.

    No values and, of an endpoint or of the batch, only the first so many names are kept.
    """

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, None]] = {}
        self._left_out = 0
        self._lock = Lock()

    def note(self, endpoint: str, fields: Iterable[str]) -> None:
        """Takes the fields that one answer of an endpoint had too many."""
        with self._lock:
            for field in fields:
                known = self._fields.get(endpoint)
                if known is None and len(self._fields) < MOST_ENDPOINTS:
                    known = self._fields[endpoint] = {}
                if known is None or (field not in known and len(known) >= MOST_FIELDS):
                    self._left_out += 1
                else:
                    known[field] = None

    def take(self) -> Mapping[str, object]:
        """Returns the fields of one log line, empty when there was no drift, and forgets them."""
        with self._lock:
            fields, left_out = self._fields, self._left_out
            self._fields, self._left_out = {}, 0
        if not fields:
            return {}
        found: dict[str, object] = {name: sorted(known) for name, known in sorted(fields.items())}
        return {"drift": found, **({"not_listed": left_out} if left_out else {})}


def unknown_fields(model: BaseModel) -> Iterator[str]:
    """Yields the paths of the fields that the vendor's models in a model do not name:
    ``order.positions[].weight``."""
    return _unknown(model, "")


def _unknown(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        if isinstance(value, VendorModel) and value.__pydantic_extra__:
            for name in value.__pydantic_extra__:
                yield f"{path}{name if _PLAIN.fullmatch(name) else _ODD}"
        for name, inner in value.__dict__.items():
            if isinstance(inner, BaseModel):
                yield from _unknown(inner, f"{path}{name}.")
            elif isinstance(inner, list | tuple | dict):
                yield from _unknown(inner, f"{path}{name}")
    elif isinstance(value, dict):
        for inner in value.values():
            if isinstance(inner, BaseModel):
                yield from _unknown(inner, f"{path}.*.")
    elif isinstance(value, list | tuple):
        for inner in value:
            if isinstance(inner, BaseModel):
                yield from _unknown(inner, f"{path}[].")
