"""What the pieces of a declaration have in common: addresses, and that nothing unknown is taken."""

from __future__ import annotations

from enum import StrEnum
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Declared(BaseModel):
    """A piece of a declaration: frozen, and it refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _places(path: str) -> list[str] | None:
    try:
        return [name for _, name, *_ in Formatter().parse(path) if name is not None]
    except ValueError:
        return None


def _with_a_key(path: str) -> str:
    """Refuses an address that has no place for the key, or another one.

    Raises:
        ValueError: says what it must look like.
    """
    places = _places(path)
    if not places or set(places) != {"id"}:
        raise ValueError("it must hold {id} where the key goes, and no other braces")
    return path


def _without_a_key(path: str) -> str:
    if _places(path) != []:
        raise ValueError("it is the address of no single record: it must hold no braces")
    return path


Address = Annotated[str, AfterValidator(_with_a_key)]
"""An address below the base URL, ``orders/{id}``."""
FixedAddress = Annotated[str, AfterValidator(_without_a_key)]
"""An address below the base URL that is always the same, ``orders``."""


class UpdateMethod(StrEnum):
    """Whether an update names the changed fields or replaces the object."""

    PATCH = "PATCH"
    PUT = "PUT"
