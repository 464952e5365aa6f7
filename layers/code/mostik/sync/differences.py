"""What a write would change, field by field and with values: pure, for the person who looks first.

A record is compared with what its side is about to be told, in the terms of that side: so exactly
what a write changes is shown, whether the link has a mapping or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mostik.commerce.record import Canonical, Part
from mostik.mapping.side import Side
from mostik.merge.agreement import is_object
from mostik.merge.values import compared, plain

NEW = "+"
"""Before the key of a part that is not there yet."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that one side would be told.

    Attributes:
        path: where, in the terms of that side (``total``, ``lines[17].price``).
        side: which side.
        before: what it says now, as JSON has it; ``None``: nothing.
        after: what it would say; ``None``: a part is taken away.
    """

    path: str
    side: Side
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Disputed:
    """One field that a person must decide, so neither side would be told.

    Attributes:
        path: where, in the terms of the left side.
        left: what the left side says, as JSON has it.
        right: what the right side says, in the terms of the left side.
    """

    path: str
    left: Any
    right: Any


def between(
    side: Side,
    system: str,
    before: Canonical | None,
    after: Canonical,
    of: frozenset[str] | None = None,
) -> Sequence[FieldChange]:
    """Returns what changes on a side that is told a record.

    Args:
        side: the side that is told.
        system: its connection: what is told carries the keys of its parts under this name.
        before: what it says now; ``None``: it is created.
        after: what it is told.
        of: the fields that it can hold, dotted for those inside of parts; ``None``: all.
    """
    found = _of_object(before, after, "", "", _Terms(system, of))
    return [FieldChange(path, side, was, now) for path, was, now in found]


_Found = Iterator[tuple[str, Any, Any]]


@dataclass(frozen=True, slots=True)
class _Terms:
    system: str
    of: frozenset[str] | None

    def covers(self, name: str) -> bool:
        """Whether a field, something around it or something in it is held."""
        if self.of is None:
            return True
        steps = name.split(".")
        around = (".".join(steps[:length]) for length in range(1, len(steps) + 1))
        return any(one in self.of for one in around) or any(
            one.startswith(f"{name}.") for one in self.of
        )


def _of_object(before: Any, after: Any, path: str, name: str, terms: _Terms) -> _Found:
    for one in _fields(before, after):
        inner = f"{name}.{one}" if name else one
        if terms.covers(inner):
            was = getattr(before, one, None)
            at = f"{path}.{one}" if path else one
            yield from _of_value(was, getattr(after, one), at, inner, terms)


def _fields(before: Any, after: Any) -> Sequence[str]:
    """A record that is created says also what is never compared later: its number."""
    if before is None and isinstance(after, Canonical):
        return [name for name in type(after).model_fields if name not in after.meta]
    return compared(after)


def _of_value(before: Any, after: Any, path: str, name: str, terms: _Terms) -> _Found:
    if after is None:
        return  # not known: nothing is told
    if is_object(after) and (before is None or is_object(before)):
        yield from _of_object(before, after, path, name, terms)
    elif isinstance(after, tuple) and any(
        isinstance(one, Part) for one in (*after, *(before or ()))
    ):
        yield from _of_parts(before or (), after, path, name, terms)
    else:
        was, now = plain(before), plain(after, terms.system)
        if was != now:
            yield path, was, now


def _of_parts(
    before: Sequence[Part], after: Sequence[Part], path: str, name: str, terms: _Terms
) -> _Found:
    """Parts are paired by the keys that they carry, else by saying the very same."""
    standing = dict(enumerate(before))
    unpaired: list[Part] = []
    for part in after:
        place = _place_of(standing, _has_the_key_of(part, terms.system))
        if place is None:
            unpaired.append(part)
        else:
            was = standing.pop(place)
            yield from _of_object(was, part, f"{path}[{was.key or place}]", name, terms)
    for number, part in enumerate(unpaired, 1):
        place = _place_of(standing, _says_the_same_as(part, terms.system))
        if place is not None:
            del standing[place]
        else:
            yield f"{path}[{NEW}{part.key or number}]", None, plain(part, terms.system)
    for place, part in standing.items():
        yield f"{path}[{part.key or place}]", plain(part), None


def _has_the_key_of(part: Part, system: str) -> Callable[[Part], bool]:
    key = part.external_ids.get(system, part.key)
    return lambda standing: key is not None and standing.key == key


def _says_the_same_as(part: Part, system: str) -> Callable[[Part], bool]:
    said = plain(part, system)
    return lambda standing: bool(plain(standing) == said)


def _place_of(parts: Mapping[int, Part], fits: Callable[[Part], bool]) -> int | None:
    return next((place for place, part in parts.items() if fits(part)), None)
