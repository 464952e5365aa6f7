"""Which records a link takes: conditions on a record, all of which must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from mostik.mapping.functions.figures import decimal_of
from mostik.mapping.functions.function import Unfit
from mostik.mapping.path import Path, read
from mostik.mapping.shape import Shape
from mostik.mapping.trace import shown


class Asked(StrEnum):
    """What is asked of a value."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    KNOWN = "known"
    """It says something, and not an empty text."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. A value that is not known meets none but ``is_not`` and ``not_in``.

    Attributes:
        where: the field; through ``[]`` one of its elements must meet it.
        test: what is asked.
        values: what it is compared with; ``known`` takes none.
    """

    where: Path
    test: Asked
    values: tuple[str, ...] = ()

    def holds(self, record: Any) -> bool:
        """Whether a record meets it."""
        found = _flat(read(record, self.where))
        match self.test:
            case Asked.KNOWN:
                return any(value not in (None, "") for value in found)
            case Asked.IS | Asked.IN:
                return any(_equal(value, one) for value in found for one in self.values)
            case Asked.IS_NOT | Asked.NOT_IN:
                return not any(_equal(value, one) for value in found for one in self.values)
            case Asked.AT_LEAST:
                return any(_order(value, self.values[0]) in (0, 1) for value in found)
            case Asked.AT_MOST:
                return any(_order(value, self.values[0]) in (0, -1) for value in found)

    def faults(self, shape: Shape) -> list[str]:
        """Returns what is wrong with it, in sentences."""
        found: list[str] = []
        try:
            shape.at(self.where)
        except ValueError as error:
            found.append(str(error))
        single = self.test in (Asked.IS, Asked.IS_NOT, Asked.AT_LEAST, Asked.AT_MOST)
        if self.test is Asked.KNOWN and self.values:
            found.append("known is compared with nothing")
        elif single and len(self.values) != 1:
            found.append(f"{self.test.value} takes one value")
        elif self.test in (Asked.IN, Asked.NOT_IN) and not self.values:
            found.append(f"{self.test.value} takes at least one value")
        return found

    def __str__(self) -> str:
        words = self.test.value.replace("_", " ")
        return f"{self.where} {words} {', '.join(self.values)}".rstrip()


def refused_by(record: Any, conditions: Sequence[Condition]) -> str | None:
    """Returns why a record is not taken, ``None`` when it is."""
    for condition in conditions:
        if not condition.holds(record):
            value = shown(read(record, condition.where))
            return f"The link takes only what {condition}; here it is {value}."
    return None


def _flat(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [inner for one in value for inner in _flat(one)]
    return [value]


def _equal(value: Any, wanted: str) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return wanted.casefold() == ("true" if value else "false")
    if isinstance(value, int | Decimal):
        return _order(value, wanted) == 0
    if isinstance(value, date):
        return value.isoformat() == wanted
    key = value.get("key") if isinstance(value, Mapping) else getattr(value, "key", None)
    return str(getattr(value, "value", key if key is not None else value)) == wanted


def _order(value: Any, wanted: str) -> int | None:
    try:
        if isinstance(value, datetime):
            other = datetime.fromisoformat(wanted)
            other = other if other.tzinfo is not None else other.replace(tzinfo=value.tzinfo)
            return (value > other) - (value < other)
        if isinstance(value, date):
            day = date.fromisoformat(wanted[:10])
            return (value > day) - (value < day)
        number = decimal_of(wanted)
        own = decimal_of(value)
    except (Unfit, ValueError):
        return None
    return (own > number) - (own < number)
