"""The text that says what a record says: equal content is equal text.

It is the JSON of the content, names sorted, so a hash of it tells whether anything that matters was
changed. A run compares every listed record by it: which fields of a kind count, and how each type
of value is spelled, is found out once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring as quoted
from typing import Any

from pydantic import BaseModel


def spelled(record: BaseModel, of: frozenset[str] | None, system: str | None) -> str:
    """Returns the content of a record as JSON.

    Fields that are not known are left out. Parts and references have no order of their own; plain
    values keep theirs. Amounts stand without trailing zeros, times in UTC, references by key.

    Args:
        record: with ``compared``, where not all of its fields are content.
        of: the fields that count, dotted for those inside of parts; ``None``: all.
        system: a connection in whose keys references are said, where those are known.
    """
    return _of_model(record, _scope(of), system)


def spelled_by_field(
    record: BaseModel, of: frozenset[str] | None, system: str | None
) -> Mapping[str, str]:
    """Returns the same by field."""
    held = record.__dict__
    return {
        name: _text(held[name], inner, system)
        for name, _, inner in _scope(of).fields(type(record))
        if held[name] is not None
    }


def spelled_value(value: Any, system: str | None) -> str:
    """Returns one value of a record in the same way."""
    return _text(value, _ALL, system)


class _Scope:
    """Which fields of a value count, and of what is inside of it.

    Args:
        of: names, dotted for those further in; ``None``: all.
    """

    __slots__ = ("_inner", "known")

    def __init__(self, of: Iterable[str] | None) -> None:
        self.known: dict[type[BaseModel], Sequence[tuple[str, str, _Scope]]] = {}
        self._inner: Mapping[str, _Scope] | None = None
        if of is not None:
            within: dict[str, set[str]] = {}
            for name in of:
                first, _, rest = name.partition(".")
                within.setdefault(first, set()).add(rest)
            self._inner = {
                name: _ALL if "" in rests else _Scope(rests) for name, rests in within.items()
            }

    def fields(self, kind: type[BaseModel]) -> Sequence[tuple[str, str, _Scope]]:
        """Names of the fields of a kind of model, in order, each with its label and its scope."""
        found = self.known.get(kind)
        if found is None:
            compared = getattr(kind, "compared", None)
            names = kind.model_fields if compared is None else compared()
            scopes = ((name, self.inner(name)) for name in sorted(names))
            found = self.known[kind] = [
                (name, f"{quoted(name)}: ", inner) for name, inner in scopes if inner is not None
            ]
        return found

    def inner(self, name: str) -> _Scope | None:
        """The scope of what stands under a name; ``None``: it does not count."""
        return _ALL if self._inner is None else self._inner.get(name)


_ALL = _Scope(None)


@lru_cache(maxsize=1_024)
def _scope(of: frozenset[str] | None) -> _Scope:
    return _ALL if of is None else _Scope(of)


def _text(value: Any, scope: _Scope, system: str | None) -> str:
    """A value as JSON."""
    kind = type(value)
    return (_SPELLERS.get(kind) or _speller(kind))(value, scope, system)


def _of_nothing(_value: None, _scope: _Scope, _system: str | None) -> str:
    return "null"


def _of_text(value: str, _scope: _Scope, _system: str | None) -> str:
    return quoted(value)


def _of_switch(value: bool, _scope: _Scope, _system: str | None) -> str:
    return "true" if value else "false"


def _of_number(value: int, _scope: _Scope, _system: str | None) -> str:
    return int.__repr__(value)


def _of_amount(value: Decimal, _scope: _Scope, _system: str | None) -> str:
    if not value:
        return '"0"'  # below zero, too
    text = str(value)
    if len(text) > _MOST_DIGITS or "E" in text:
        text = f"{value.normalize():f}"
    elif "." in text:
        text = text.rstrip("0").rstrip(".")
    return f'"{text}"'


_MOST_DIGITS = 28
"""So many are never rounded by ``normalize``, which is slow."""


def _of_enum(value: Enum, scope: _Scope, system: str | None) -> str:
    return _text(value.value, scope, system)


def _of_time(value: datetime, _scope: _Scope, _system: str | None) -> str:
    return f'"{value.astimezone(UTC).isoformat()}"'


def _of_other(value: Any, _scope: _Scope, _system: str | None) -> str:
    return quoted(value.isoformat() if hasattr(value, "isoformat") else str(value))


def _of_reference(value: Any, _scope: _Scope, system: str | None) -> str:
    return quoted((system and value.key_in(system)) or value.key)


def _of_model(value: BaseModel, scope: _Scope, system: str | None) -> str:
    held, own = value.__dict__, type(value)
    texts = []
    for name, label, inner in scope.known.get(own) or scope.fields(own):
        one = held[name]
        if one is None:
            continue
        kind = type(one)
        if kind is str:  # most are; the detour costs more than the text
            texts.append(label + quoted(one))
        elif kind is tuple and not one:
            texts.append(label + "[]")
        else:
            texts.append(label + (_SPELLERS.get(kind) or _speller(kind))(one, inner, system))
    return f"{{{', '.join(texts)}}}"


def _of_mapping(value: Mapping[Any, Any], scope: _Scope, system: str | None) -> str:
    named = {str(name): one for name, one in value.items()}
    texts = [
        f"{quoted(name)}: {_text(named[name], inner, system)}"
        for name in sorted(named)
        if (inner := scope.inner(name)) is not None
    ]
    return f"{{{', '.join(texts)}}}"


def _of_list(values: Collection[Any], scope: _Scope, system: str | None) -> str:
    if not values:
        return "[]"
    texts, ordered = [], True
    for value in values:
        kind = type(value)
        spell = _SPELLERS.get(kind) or _speller(kind)
        ordered = ordered and spell not in _WITHOUT_ORDER
        texts.append(spell(value, scope, system))
    if not ordered:
        texts.sort()
    return f"[{', '.join(texts)}]"


_Speller = Callable[[Any, _Scope, str | None], str]
_WITHOUT_ORDER: frozenset[_Speller] = frozenset({_of_reference, _of_model, _of_mapping})
_BY_BASE: Sequence[tuple[type | tuple[type, ...], _Speller]] = (
    (BaseModel, _of_model),
    (Mapping, _of_mapping),
    (Decimal, _of_amount),
    (Enum, _of_enum),
    (datetime, _of_time),
    ((tuple, list, frozenset, set), _of_list),
    (type(None), _of_nothing),
    (str, _of_text),
    (bool, _of_switch),
    (int, _of_number),
    (object, _of_other),
)
_SPELLERS: dict[type, _Speller] = {}


def _speller(kind: type) -> _Speller:
    """Finds out, once, how values of a type are spelled."""
    found = next(spell for base, spell in _BY_BASE if issubclass(kind, base))
    if found is _of_model and hasattr(kind, "key_in"):
        found = _of_reference
    _SPELLERS[kind] = found
    return found
