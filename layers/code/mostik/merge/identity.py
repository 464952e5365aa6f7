"""Which part here is which part there: lines, payments, shipments, by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mostik.commerce.record import Part, Ref
from mostik.mapping.side import Side
from mostik.merge.values import digest

NEW = "+"
"""A part that is only on the right side is called by its key there, with this before it."""


@dataclass(frozen=True, slots=True)
class Systems:
    """The connections at the two ends: parts carry their keys elsewhere under these names."""

    left: str = "left"
    right: str = "right"

    def of(self, side: Side) -> str:
        """The connection of a side."""
        return self.left if side is Side.LEFT else self.right


def is_new(key: str) -> bool:
    """Whether a part is only on the right side."""
    return key.startswith(NEW)


def by_id(
    left: tuple[Any, ...],
    right: tuple[Any, ...],
    known: Mapping[str, str],
    systems: Systems,
    *,
    shared: bool = False,
) -> tuple[dict[str, Part], dict[str, Part]] | None:
    """Returns the parts of both sides by the key that they have on the left side.

    A part of the right side is known by the key that it carries, by the key that its other end
    carries, because the two were agreed upon before, or because a part that nothing else is known
    of says the very same: a side that keeps no foreign keys gives back what it was told. (So a line
    that both sides have added since they last agreed, alike in everything, is one line.)

    Args:
        left: parts of the left side.
        right: parts of the right side.
        known: key on the left → key on the right, as last agreed.
        systems: the connections.
        shared: a part has one key on both sides.

    Returns:
        ``None`` where a part has no key, or two have one: such a list is compared as a whole.
    """
    agreed = {key: one for one, key in known.items()}
    ours: dict[str, Part] = {}
    named: dict[str, str] = {}
    for part in left:
        if not isinstance(part, Part) or part.key is None or part.key in ours:
            return None
        ours[part.key] = part
        if (key := part.external_ids.get(systems.right)) is not None:
            named[key] = part.key
    theirs: dict[str, Part] = {}
    for part in right:
        if not isinstance(part, Part) or part.key is None:
            return None
        same = part.key if shared and part.key in ours else None
        said = (
            same,
            named.get(part.key),
            part.external_ids.get(systems.left),
            agreed.get(part.key),
        )
        keys = [one for one in said if one is not None]
        # One that is there goes first: a part that was made anew has left an old key behind.
        key = next((one for one in keys if one in ours), keys[0] if keys else f"{NEW}{part.key}")
        if key in theirs:
            return None
        theirs[key] = part
    return ours, _by_content(ours, theirs, known, systems)


def _by_content(
    ours: Mapping[str, Part], theirs: dict[str, Part], known: Mapping[str, str], systems: Systems
) -> dict[str, Part]:
    lonely: dict[str, list[str]] = {}
    for key, part in ours.items():
        if key not in theirs and key not in known:
            lonely.setdefault(digest(part), []).append(key)
    if not lonely:
        return theirs
    named: dict[str, Part] = {}
    for key, part in theirs.items():
        keys = lonely.get(digest(part, systems.left)) if is_new(key) else None
        named[keys.pop(0) if keys else key] = part
    return named


def carried(value: Any, system: str) -> Any:
    """Returns a value that goes to the other side: parts have no key there yet, and carry the one
    that they have here.

    Args:
        value: of a field.
        system: the connection that it comes from.
    """

    def without_key(part: Part, _at: str) -> Part:
        if part.key is None:
            return part
        ids = {**part.external_ids, system: part.key}
        return part.model_copy(update={"key": None, "external_ids": ids})

    if isinstance(value, Part):
        value = without_key(value, "")
    return rekeyed(value, without_key)


def owned(value: Any, system: str) -> Any:
    """Returns a value whose references say that their keys are those of ``system``: told back to
    it, they are not looked for as keys of the other side.

    Args:
        value: a record, or of a field.
        system: the connection that it was read from.
    """
    if isinstance(value, Ref):
        if system in value.external_ids:
            return value
        return value.model_copy(update={"external_ids": {**value.external_ids, system: value.key}})
    if isinstance(value, tuple):
        found = tuple(owned(one, system) for one in value)
        return found if any(a is not b for a, b in zip(found, value, strict=True)) else value
    if not isinstance(value, BaseModel):
        return value
    fields = {name: getattr(value, name) for name in type(value).model_fields}
    new = {name: owned(inner, system) for name, inner in fields.items()}
    changed = {name: inner for name, inner in new.items() if inner is not fields[name]}
    return value.model_copy(update=changed) if changed else value


def rekeyed(value: Any, change: Callable[[Part, str], Part], at: str = "") -> Any:
    """Returns a value with other keys in all its parts.

    Args:
        value: a record, or of a field.
        change: takes a part and the path of its list, returns it with another key.
        at: where the value stands.
    """
    if isinstance(value, tuple):
        return tuple(
            rekeyed(change(one, at), change, f"{at}[{one.key}]") if isinstance(one, Part) else one
            for one in value
        )
    if not isinstance(value, BaseModel) or isinstance(value, Ref):
        return value
    changed: dict[str, Any] = {}
    for name in type(value).model_fields:
        inner = getattr(value, name)
        new = rekeyed(inner, change, f"{at}.{name}" if at else name)
        if new is not inner and new != inner:
            changed[name] = new
    return value.model_copy(update=changed) if changed else value
