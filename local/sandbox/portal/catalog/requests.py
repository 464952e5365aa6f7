"""Parameters that every method of the catalogue takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.envelope import missing_parameter


def required(params: Mapping[str, Any], name: str) -> Any:
    """A parameter that must be there.

    Raises:
        RestError: ``100``.
    """
    if params.get(name) in (None, ""):
        raise missing_parameter(name)
    return params[name]


def fields_of(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The map ``fields``; it must hold something.

    Raises:
        RestError: ``100``.
    """
    given = params.get("fields")
    if not isinstance(given, Mapping) or not given:
        raise missing_parameter("fields")
    return given
