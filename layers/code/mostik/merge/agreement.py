"""What both sides last agreed on, small enough to lie beside the pair of keys: digests by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import BaseModel

from mostik.commerce.record import Canonical, Part, Ref
from mostik.merge.identity import Systems, by_id
from mostik.merge.pointers import pointed
from mostik.merge.policy import Policy
from mostik.merge.values import compared, digest


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed.

    A side may spell a value in its own way, or cut it: then its digest differs from the other's,
    and neither is a change.

    Attributes:
        left: digest of each field of the left side, by path (``lines[l1].price``).
        right: the same of the right side.
        parts: by list: key on the left → key on the right.
    """

    left: Mapping[str, str] = field(default_factory=dict)
    right: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def as_item(self) -> dict[str, Any]:
        """Returns it as a row holds it: what is equal on both sides stands there once."""
        both = {name: mark for name, mark in self.left.items() if self.right.get(name) == mark}
        apart = {
            side: {name: mark for name, mark in marks.items() if name not in both}
            for side, marks in (("left", self.left), ("right", self.right))
        }
        parts = {name: dict(keys) for name, keys in self.parts.items()}
        named = {"both": both, **apart, "parts": parts}
        return {name: value for name, value in named.items() if value}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back."""
        both = item.get("both", {})
        return cls(
            {**both, **item.get("left", {})},
            {**both, **item.get("right", {})},
            item.get("parts", {}),
        )


def agreed(
    left: Canonical,
    right: Canonical,
    policy: Policy,
    systems: Systems = Systems(),  # noqa: B008 - frozen
    *,
    before: Agreement | None = None,
    unsettled: Collection[str] = (),
) -> Agreement:
    """Returns what two records agree on, as they were read after the last write.

    What one side does not know counts as told: it is not told again until the other changes it.

    Args:
        left: the left record.
        right: the right record, in the terms of the left side.
        policy: which fields count.
        systems: the connections.
        before: what was agreed before.
        unsettled: paths that a person must decide; for them ``before`` stays.
    """
    made = _Made(policy, systems, before or Agreement(), tuple(unsettled))
    right = pointed(left, right, made.before.parts, systems, policy.shares)
    made.model(left, right, "", "")
    return Agreement(made.left, made.right, made.parts)


@dataclass(slots=True)
class _Made:
    policy: Policy
    systems: Systems
    before: Agreement
    unsettled: tuple[str, ...]
    left: dict[str, str] = field(default_factory=dict)
    right: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)

    def model(self, left: BaseModel, right: BaseModel, at: str, name: str) -> None:
        for one in compared(left):
            inner = f"{name}.{one}" if name else one
            if self.policy.covers(inner):
                here, there = getattr(left, one), getattr(right, one)
                self.value(here, there, f"{at}.{one}" if at else one, inner)

    def value(self, left: Any, right: Any, at: str, name: str) -> None:
        if at in self.unsettled:
            self.stay(at)
        elif is_object(left) and is_object(right):
            self.model(left, right, at, name)
        elif isinstance(left, tuple) and isinstance(right, tuple):
            self.list(left, right, at, name)
        else:
            self.mark(left, right, at)

    def list(self, left: tuple[Any, ...], right: tuple[Any, ...], at: str, name: str) -> None:
        known = self.before.parts.get(at, {})
        found = None
        if left or right or known:
            shared = name in self.policy.shares
            found = by_id(left, right, known, self.systems, shared=shared)
        if found is None:
            self.mark(left, right, at)
            return
        keys = self.parts.setdefault(at, {})
        here, there = found
        for key in dict.fromkeys([*here, *there, *known]):
            where = f"{at}[{key}]"
            ours, theirs = here.get(key), there.get(key)
            if where in self.unsettled:
                self.stay(where)
                if key in known:
                    keys[key] = known[key]
            elif ours is not None and theirs is not None:
                keys[key] = theirs.key or ""
                self.model(ours, theirs, where, name)
            elif ours is not None or theirs is not None:
                self.alone(ours, theirs, where, keys, key)

    def alone(
        self, ours: Part | None, theirs: Part | None, at: str, keys: dict[str, str], key: str
    ) -> None:
        """A part that one side does not tell of: it was told, unless it was never written there."""
        known = self.before.parts.get(at[: -len(key) - 2], {})
        if key not in known:
            return
        keys[key] = known[key]
        part = ours or theirs
        for name in compared(part) if part is not None else ():
            value = getattr(part, name)
            self.mark(value, value, f"{at}.{name}")

    def mark(self, left: Any, right: Any, at: str) -> None:
        if left is None and right is None:
            return
        terms = self.systems.left
        self.left[at] = digest(left) if left is not None else digest(right, terms)
        self.right[at] = digest(right, terms) if right is not None else digest(left)

    def stay(self, at: str) -> None:
        for ours, before in ((self.left, self.before.left), (self.right, self.before.right)):
            for name, mark in before.items():
                if name == at or name.startswith((f"{at}.", f"{at}[")):
                    ours[name] = mark
        for name, keys in self.before.parts.items():
            if name == at or name.startswith((f"{at}.", f"{at}[")):
                self.parts[name] = dict(keys)


def is_object(value: Any) -> bool:
    """Whether a value is merged field by field."""
    return isinstance(value, BaseModel) and not isinstance(value, Ref)
