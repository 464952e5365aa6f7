"""Which fields a side has, and of what kind they are: of a canonical model, or of free JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from mostik.commerce.record import Canonical, Ref
from mostik.mapping.path import Path, Segment


class Kind(StrEnum):
    """What stands at a path."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    DAY = "day"
    REFERENCE = "reference"
    OBJECT = "object"
    ANY = "anything"
    """The side does not say."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What a shape says of one path.

    Attributes:
        kind: of one value there.
        many: a whole list stands there (``phones``, without ``[]``).
        values: the only ones that it may have, where they are named.
        model: of an object: which.
    """

    kind: Kind
    many: bool = False
    values: tuple[str, ...] = ()
    model: type[BaseModel] | None = None


ANYTHING = Spot(Kind.ANY)


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one side.

    Attributes:
        name: for people: "orders of portal".
        model: the canonical model; ``None``: JSON of which nothing is known.
        holds: the canonical fields that the side can hold; ``None``: all.
    """

    name: str
    model: type[Canonical] | None = None
    holds: frozenset[str] | None = None

    def at(self, where: Path) -> Spot:
        """Returns what stands at a path.

        Raises:
            ValueError: there is no such field; lists those that there are.
        """
        return ANYTHING if self.model is None else _walk(self.model, where.segments, str(where))

    def holds_field(self, field: str) -> bool:
        """Whether the side can hold a field, or a part of it."""
        if self.holds is None:
            return True
        return any(
            one == field or one.startswith(f"{field}.") or field.startswith(f"{one}.")
            for one in self.holds
        )

    def required(self) -> frozenset[str]:
        """Returns the fields without which there is no record."""
        if self.model is None:
            return frozenset()
        fields = self.model.model_fields
        return frozenset(name for name, field in fields.items() if field.is_required())


def _walk(model: type[BaseModel], segments: tuple[Segment, ...], text: str) -> Spot:
    first, rest = segments[0], segments[1:]
    field = model.model_fields.get(first.name)
    if field is None:
        raise ValueError(
            f"{text}: {model.__name__} has no field {first.name!r}; it has"
            f" {', '.join(sorted(model.model_fields))}"
        )
    spot = _spot(field.annotation)
    if first.pick is not None:
        if not spot.many:
            raise ValueError(f"{text}: {first.name} is no list, so it takes no brackets")
        spot = Spot(spot.kind, False, spot.values, spot.model)
    if not rest:
        return spot
    if spot.many:
        raise ValueError(f"{text}: {first.name} is a list; write {first.name}[] for each of it")
    if spot.model is not None:
        return _walk(spot.model, rest, text)
    if spot.kind is Kind.ANY:
        return ANYTHING
    raise ValueError(f"{text}: {first.name} is a {spot.kind.value}, nothing is inside of it")


def _spot(annotation: Any) -> Spot:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        inner = [one for one in get_args(annotation) if one is not NoneType]
        return _spot(inner[0]) if len(inner) == 1 else ANYTHING
    if origin in (tuple, list, frozenset):
        element = _spot(get_args(annotation)[0])
        return Spot(element.kind, True, element.values, element.model)
    if get_args(annotation) and hasattr(annotation, "__metadata__"):  # Annotated
        return _spot(get_args(annotation)[0])
    return _of_class(origin or annotation)


def _of_class(found: Any) -> Spot:
    if not isinstance(found, type) or issubclass(found, Mapping):
        return ANYTHING if isinstance(found, type) else Spot(Kind.MOMENT)  # AwareDatetime
    if issubclass(found, Enum):
        return Spot(Kind.TEXT, values=tuple(str(one.value) for one in found))
    if issubclass(found, BaseModel):
        kind = Kind.REFERENCE if issubclass(found, Ref) else Kind.OBJECT
        return Spot(kind, model=found)
    for kind, classes in _CLASSES:
        if issubclass(found, classes):
            return Spot(kind)
    return Spot(Kind.MOMENT) if found.__name__ == "AwareDatetime" else ANYTHING


_CLASSES: tuple[tuple[Kind, tuple[type, ...]], ...] = (
    (Kind.BOOLEAN, (bool,)),
    (Kind.NUMBER, (int, Decimal)),
    (Kind.TEXT, (str,)),
    (Kind.MOMENT, (datetime,)),
    (Kind.DAY, (date,)),
)
