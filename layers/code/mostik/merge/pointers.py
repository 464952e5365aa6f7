"""Parts that name other parts of their record by key: a line of a shipment, a component of a kit.

Each side has keys of its own for its lines, so two sides that say the same say it in other keys.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from mostik.commerce.record import Canonical
from mostik.merge.identity import Systems, by_id

Parts = Mapping[str, Mapping[str, str]]
"""By list: key on the left → key on the right."""


def pointed(
    left: Canonical,
    right: Canonical,
    known: Parts,
    systems: Systems,
    shares: Collection[str] = (),
) -> Canonical:
    """Returns the right record, whose parts name others by the keys that those have on the left.

    Args:
        left: the left record.
        right: the right record.
        known: which part was which when the two last agreed.
        systems: the connections.
        shares: lists whose parts have one key on both sides.
    """
    names: dict[str, Mapping[str, str]] = {}
    for name in set(type(right).pointers.values()):
        here, there = getattr(left, name, None), getattr(right, name)
        found = None
        if here is not None and there is not None:
            agreed = known.get(name, {})
            found = by_id(here, there, agreed, systems, shared=name in shares)
        if found is not None:
            names[name] = {part.key or "": key for key, part in found[1].items()}
    return repointed(right, names) if names else right


def repointed(record: Canonical, names: Parts) -> Canonical:
    """Returns a record whose parts name others by other keys.

    Args:
        record: the record.
        names: by list: the key that is named → the one that is to be named instead.
    """
    for path, name in type(record).pointers.items():
        if keys := names.get(name):
            record = _changed(record, path.split("."), keys)
    return record


def _changed(value: Any, path: Sequence[str], keys: Mapping[str, str]) -> Any:
    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(_changed(one, path, keys) for one in value)
    if not path:
        return keys.get(value, value)
    if not isinstance(value, BaseModel):
        return value
    name, *rest = path
    inner = getattr(value, name)
    new = _changed(inner, rest, keys)
    return value if new == inner else value.model_copy(update={name: new})
