"""Where a field is: ``total.amount``, ``lines[].price``, ``phones[0]``, ``extra.utm``,
``properties[code=COLOR].value``.

``[]`` means each element: a field there is a tuple of values, one for each element, and two such
paths speak of the same elements. ``[n]`` is one element by its place, ``[field=value]`` the one of
which a field says a value; writing adds it where it is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

_SEGMENT = re.compile(
    r"(?P<name>[A-Za-z_][\w-]*)"
    r"(?:\[(?:(?P<index>[0-9]{1,3})|(?P<field>[A-Za-z_]\w*)=(?P<value>[^\[\]]+))?\])?\Z"
)
_BETWEEN = re.compile(r"\.(?![^\[]*\])")
"""A dot, but not one inside of brackets."""


@dataclass(frozen=True, slots=True)
class Each:
    """Each element of a list."""


@dataclass(frozen=True, slots=True)
class At:
    """One element by its place."""

    place: int


@dataclass(frozen=True, slots=True)
class Where:
    """The element of which ``field`` says ``value``."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path: a name, and which elements where it names a list."""

    name: str
    pick: Each | At | Where | None = None

    def __str__(self) -> str:
        match self.pick:
            case Each():
                return f"{self.name}[]"
            case At(place):
                return f"{self.name}[{place}]"
            case Where(name, value):
                return f"{self.name}[{name}={value}]"
            case None:
                return self.name


@dataclass(frozen=True, slots=True)
class Path:
    """A path.

    Attributes:
        segments: its steps.
        text: how it is spelled.
    """

    segments: tuple[Segment, ...]
    text: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", ".".join(map(str, self.segments)))

    def __str__(self) -> str:
        return self.text

    @property
    def depth(self) -> int:
        """How many lists of values lie in each other at its end."""
        return sum(isinstance(segment.pick, Each) for segment in self.segments)

    @property
    def field(self) -> str:
        """The canonical field that it is in, as comparisons name it (``lines.price``)."""
        return ".".join(segment.name for segment in self.segments)

    def last_list(self) -> Path | None:
        """The innermost list of which it goes through each element, those included."""
        for end in range(len(self.segments), 0, -1):
            if isinstance(self.segments[end - 1].pick, Each):
                return Path(self.segments[:end])
        return None

    def inner(self, name: str) -> Path:
        """A field inside of what it names."""
        return Path((*self.segments, Segment(name)))


def path(text: str) -> Path:
    """Reads a path.

    Raises:
        ValueError: it is none; says what one looks like.
    """
    segments: list[Segment] = []
    for part in _BETWEEN.split(text):
        found = _SEGMENT.match(part)
        if found is None:
            raise ValueError(
                f"{text!r} is no path: it looks like total.amount, lines[].price, phones[0] or"
                " properties[code=COLOR].value"
            )
        pick: Each | At | Where | None = None
        if found["index"] is not None:
            pick = At(int(found["index"]))
        elif found["field"] is not None:
            pick = Where(found["field"], found["value"])
        elif part.endswith("]"):
            pick = Each()
        segments.append(Segment(found["name"], pick))
    return Path(tuple(segments))


def read(tree: Any, where: Path) -> Any:
    """Returns what stands at a path in a record or a JSON object; ``None``: it is not known.

    A path through ``[]`` gives a tuple with a value, or ``None``, for each element.
    """
    return _read(tree, where.segments)


def _read(tree: Any, segments: tuple[Segment, ...]) -> Any:
    if not segments:
        return tree
    first, rest = segments[0], segments[1:]
    value = _member(tree, first.name)
    match first.pick:
        case None:
            return _read(value, rest) if value is not None else None
        case Each():
            if not isinstance(value, list | tuple):
                return None
            return tuple(_read(element, rest) for element in value)
        case At(place):
            if not isinstance(value, list | tuple) or place >= len(value):
                return None
            return _read(value[place], rest)
        case Where(name, wanted):
            elements = value if isinstance(value, list | tuple) else ()
            found = (one for one in elements if str(_member(one, name)) == wanted)
            element = next(found, None)
            return _read(element, rest) if element is not None else None


def _member(tree: Any, name: str) -> Any:
    if isinstance(tree, Mapping):
        return tree.get(name)
    return getattr(tree, name, None) if isinstance(tree, BaseModel) else None


def put(draft: MutableMapping[str, Any], where: Path, value: Any) -> None:
    """Sets what stands at a path of a draft; ``None`` sets nothing, it is not known.

    For a path through ``[]`` the value is a tuple; the list gets as many elements.
    """
    if value is not None:
        _put(draft, where.segments, value)


def _put(draft: MutableMapping[str, Any], segments: tuple[Segment, ...], value: Any) -> None:
    first, rest = segments[0], segments[1:]
    match first.pick:
        case None:
            if rest:
                _put(_object(draft, first.name), rest, value)
            else:
                draft[first.name] = value
        case Each():
            _put_each(_list(draft, first.name), rest, value)
        case At(place):
            _put_element(_list(draft, first.name), place, rest, value)
        case Where(name, wanted):
            elements = _list(draft, first.name)
            place = next(
                (at for at, one in enumerate(elements) if str(_member(one, name)) == wanted),
                len(elements),
            )
            _put_element(elements, place, rest, value, {name: wanted})


def _put_each(elements: list[Any], rest: tuple[Segment, ...], values: Any) -> None:
    if not rest:
        elements[:] = [value for value in values if value is not None]
        return
    for place, value in enumerate(values):
        _put_element(elements, place, rest, value)


def _put_element(
    elements: list[Any],
    place: int,
    rest: tuple[Segment, ...],
    value: Any,
    fresh: Mapping[str, Any] | None = None,
) -> None:
    while len(elements) <= place:
        elements.append(dict(fresh or {}))
    if not rest:
        elements[place] = value
    elif value is not None:
        if not isinstance(elements[place], MutableMapping):
            elements[place] = dict(fresh or {})
        _put(elements[place], rest, value)


def _object(draft: MutableMapping[str, Any], name: str) -> MutableMapping[str, Any]:
    inner = draft.get(name)
    if not isinstance(inner, MutableMapping):
        inner = draft[name] = {}
    return inner


def _list(draft: MutableMapping[str, Any], name: str) -> list[Any]:
    inner = draft.get(name)
    if not isinstance(inner, list):
        inner = draft[name] = list(inner) if isinstance(inner, tuple) else []
    return inner


def clear(draft: MutableMapping[str, Any], where: Path) -> None:
    """Takes away what stands at a path, so that it is not known; elements of lists stay."""
    _clear(draft, where.segments)


def _clear(tree: Any, segments: tuple[Segment, ...]) -> None:
    if not isinstance(tree, MutableMapping):
        return
    first, rest = segments[0], segments[1:]
    value = tree.get(first.name)
    match first.pick:
        case None if rest:
            _clear(value, rest)
        case None:
            tree.pop(first.name, None)
        case Each() if not rest:
            tree.pop(first.name, None)
        case _:
            for element in _picked(value, first.pick) if rest else ():
                _clear(element, rest)


def _picked(value: Any, pick: Each | At | Where | None) -> list[Any]:
    elements = value if isinstance(value, list) else []
    match pick:
        case At(place):
            return elements[place : place + 1]
        case Where(name, wanted):
            return [one for one in elements if str(_member(one, name)) == wanted]
    return elements
