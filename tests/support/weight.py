"""What DynamoDB makes of a value: how it comes back, and how many bytes it weighs.

Rules: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
tests/aws holds the weights to those of the emulator, to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

MOST_ROW_BYTES = 400 * 1024


def kept(value: Any) -> Any:
    """Returns a value as a table gives it back: a copy, tuples as lists, 5.0 as 5.

    Raises:
        TypeError: it has no place in a row.
        ValueError: it is not a finite number.
    """
    match value:
        case str() | bool() | int() | bytes() | None:
            return value
        case float():
            if not isfinite(value):
                raise ValueError(f"{value} is no number that a row can hold")
            # A number is decimal digits there: the shortest that name this float.
            return int(Decimal(repr(value))) if value.is_integer() else value
        case Mapping():
            return {name: kept(element) for name, element in value.items()}
        case list() | tuple():
            return [kept(element) for element in value]
        case _:
            raise TypeError(f"a {type(value).__name__} cannot be stored in a row")


def weight_of(row: Mapping[str, Any]) -> int:
    """The bytes of a row: names and values."""
    return sum(len(name.encode()) + _weight(value) for name, value in row.items())


def _weight(value: Any) -> int:
    match value:
        case str():
            return len(value) if value.isascii() else len(value.encode())
        case bool() | None:
            return 1
        case int() | float():
            return _number_weight(value)
        case bytes():
            return len(value)
        case Mapping():
            return 3 + sum(len(k.encode()) + 1 + _weight(v) for k, v in value.items())
        case _:
            return 3 + sum(1 + _weight(element) for element in value)


def _number_weight(value: float) -> int:
    """A byte for two digits, in pairs from the point on, one for the exponent, one for a minus."""
    _, all_digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, all_digits)).lstrip("0")
    stripped = digits.rstrip("0")
    if not stripped:
        return 1
    exponent += len(digits) - len(stripped)
    pairs = (len(stripped) + exponent % 2 + 1) // 2
    return 1 + pairs + (1 if value < 0 else 0)
