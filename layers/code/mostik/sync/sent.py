"""What records hold beside the trade's model: fields of their source that it has no place for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from mostik.commerce.record import Ref
from mostik.mapping.shape import Kind

EXTRA = "extra"


def sent(record: BaseModel, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yields the fields that a record holds beside the model, and those of its parts.

    Args:
        record: a record, or a part of one.
        at: where it stands.

    Yields:
        Paths as a mapping spells them (``extra.utm``, ``lines[].extra.note``), and values.
    """
    for name in type(record).model_fields:
        value = getattr(record, name)
        where = f"{at}{name}"
        if name == EXTRA and isinstance(value, Mapping):
            yield from ((f"{where}.{one}", inner) for one, inner in value.items())
        elif isinstance(value, tuple):
            for one in value:
                if isinstance(one, BaseModel) and not isinstance(one, Ref):
                    yield from sent(one, f"{where}[].")
        elif isinstance(value, BaseModel) and not isinstance(value, Ref):
            yield from sent(value, f"{where}.")


def kind_of(value: Any) -> Kind | None:
    """Returns of what kind a value of JSON is; ``None``: it says nothing."""
    match value:
        case None | "":
            return None
        case bool():
            return Kind.BOOLEAN
        case str():
            return Kind.TEXT
        case Mapping() | list() | tuple():
            return Kind.OBJECT
    return Kind.NUMBER
