"""What the portal makes of a value that a caller writes or filters by."""

from __future__ import annotations

import math
from typing import Any

from local.sandbox.portal.crm.fields import Field
from local.sandbox.portal.envelope import RestError, Stamp
from local.sandbox.portal.phpform import as_list

_PHP_TYPES = {bool: "boolean", int: "integer", float: "double", str: "string", type(None): "NULL"}
_TEXT_TYPES = frozenset({"string", "text", "crm_status", "crm_currency", "location"})
_TIME_TYPES = frozenset({"date", "datetime"})


def invalid_value(field: Field) -> RestError:
    """The documented refusal of a value; the text shows the field's title, as the portal does."""
    title = field.title or field.upper_name
    return RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", f'Invalid value for field "{title}"')


def written(field: Field, value: object, stamp: Stamp) -> Any:
    """A value as it will be stored and answered.

    Raises:
        RestError: ``100`` for a scalar where a list is due, ``CRM_FIELD_ERROR_VALUE_NOT_VALID`` for
            a value of another type.
    """
    if not field.multiple:
        return _scalar(field, value, stamp)
    if value is None or value == "":
        return []
    if not isinstance(value, list | tuple | dict):
        kind = _PHP_TYPES.get(type(value), "object")
        raise RestError(100, f"Expected iterable value for multiple field, but got {kind} instead")
    return [_scalar(field, item, stamp) for item in as_list(value)]


def _scalar(field: Field, value: object, stamp: Stamp) -> Any:
    if field.type == "boolean":
        return "Y" if value is True or value in ("true", "y", "Y") else "N"
    if isinstance(value, list | dict):
        raise invalid_value(field)
    if value is None:
        return None
    if field.type in _TEXT_TYPES:
        return _text(value)
    if value == "":
        return None
    try:
        if field.type in _TIME_TYPES:
            return stamp.normalise(str(value))
        return number(value)
    except ValueError:
        raise invalid_value(field) from None


def comparable(field: Field, value: object, stamp: Stamp) -> Any:
    """A value of a filter in the form in which the field is stored.

    Raises:
        ValueError: the field cannot hold such a value.
    """
    if isinstance(value, list | dict):
        raise ValueError("a list where a scalar is due")
    if value is None or value == "":
        return None
    if field.type == "boolean":
        return "Y" if value is True or value in ("true", "y", "Y", 1, "1") else "N"
    if field.type in _TEXT_TYPES:
        return _text(value)
    if field.type in _TIME_TYPES:
        return stamp.normalise(str(value))
    return number(value)


def number(value: object) -> int | float:
    """A number as PHP shows it in JSON: whole ones without a fraction.

    Raises:
        ValueError: it is not a number.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    parsed = float(str(value))
    if not math.isfinite(parsed):
        raise ValueError(f"not a finite number: {value}")
    return int(parsed) if parsed.is_integer() else parsed


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)
