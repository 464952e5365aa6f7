"""Merges two records that were equal once.

A field that one side alone has changed goes to the other. A field that both have changed goes where
its owner says, else where a person has said, else it waits for one. What a side does not know is no
change, and it is told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from mostik.commerce.record import Canonical, Part
from mostik.mapping.side import Side
from mostik.merge.agreement import Agreement, is_object
from mostik.merge.choice import Choice
from mostik.merge.identity import Systems, by_id, carried
from mostik.merge.pointers import pointed
from mostik.merge.policy import Owner, Policy
from mostik.merge.result import Change, Conflict, Merged, Overruled
from mostik.merge.values import compared, digest, mark_of, plain

Both = tuple[Any, Any]
"""What the two sides say, or shall say."""


def merge(
    base: Agreement | None,
    left: Canonical,
    right: Canonical,
    policy: Policy = Policy(),  # noqa: B008 - frozen
    systems: Systems = Systems(),  # noqa: B008 - frozen
    choices: Mapping[str, Choice] | None = None,
) -> Merged:
    """Merges two records.

    Args:
        base: what they last agreed on; ``None``: they never did, so what differs has changed on
            both sides.
        left: the left record as it is now.
        right: the right record as it is now, in the terms of the left side: mapped, and its
            references with the keys of ``systems.left`` beside them.
        policy: who owns what.
        systems: the connections.
        choices: by path: what a person has decided.
    """
    work = _Work(base or Agreement(), policy, systems, choices or {})
    right = pointed(left, right, work.base.parts, systems, policy.shares)
    new_left, new_right = work.model(left, right, "", "")
    return Merged(
        new_left,
        new_right,
        tuple(work.changes[Side.LEFT]),
        tuple(work.changes[Side.RIGHT]),
        tuple(work.overruled),
        tuple(work.conflicts),
        work.keys,
        systems,
        tuple(work.outrun),
    )


@dataclass(slots=True)
class _Work:
    base: Agreement
    policy: Policy
    systems: Systems
    choices: Mapping[str, Choice]
    changes: dict[Side, list[Change]] = field(default_factory=lambda: {one: [] for one in Side})
    overruled: list[Overruled] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    outrun: list[str] = field(default_factory=list)

    # ── values ─────────────────────────────────────────────────────────────────────────────────

    def model(self, left: Any, right: Any, at: str, name: str) -> Both:
        ours: dict[str, Any] = {}
        theirs: dict[str, Any] = {}
        for one in compared(left):
            inner = f"{name}.{one}" if name else one
            if not self.policy.covers(inner):
                continue
            here, there = getattr(left, one), getattr(right, one)
            new_here, new_there = self.value(here, there, f"{at}.{one}" if at else one, inner)
            if new_here is not here:
                ours[one] = new_here
            if new_there is not there:
                theirs[one] = new_there
        return _with(left, ours), _with(right, theirs)

    def value(self, left: Any, right: Any, at: str, name: str) -> Both:
        if left is None and right is None:
            return left, right
        if left is None or right is None:
            return self.untold(left, right, at, name)
        if is_object(left) and is_object(right):
            return self.model(left, right, at, name)
        if isinstance(left, tuple) and isinstance(right, tuple):
            if name in self.policy.grows:
                return self.united(left, right, at)
            known = self.base.parts.get(at, {})
            found = None
            if left or right or known:
                shared = name in self.policy.shares
                found = by_id(left, right, known, self.systems, shared=shared)
            if found is not None:
                return self.list(*found, at, name)
        return self.atom(left, right, at, name)

    def atom(self, left: Any, right: Any, at: str, name: str) -> Both:
        if self.same(left, right):
            return left, right
        here = digest(left) != self.base.left.get(at)
        there = digest(right, self.systems.left) != self.base.right.get(at)
        owner = self.policy.owner_of(name)
        if not here and not there:
            return left, right  # they have agreed to spell it differently
        return self.decided(left, right, at, owner, here=here, there=there)

    def decided(
        self, left: Any, right: Any, at: str, owner: Owner, *, here: bool, there: bool
    ) -> Both:
        """Says which of two values stays."""
        decides = owner.side
        if here and there and decides is None:
            decides = self.chosen(at, left, right)
            if decides is None:
                return left, right
        if here is not there and not owner.is_strict:
            winner = Side.LEFT if here else Side.RIGHT
        else:
            winner = decides or Side.LEFT
            if there if winner is Side.LEFT else here:
                lost, kept = (right, left) if winner is Side.LEFT else (left, right)
                self.overruled.append(Overruled(at, winner.other, lost, kept))
        if winner is Side.LEFT:
            self.changes[Side.RIGHT].append(Change(at, right, left))
            return left, carried(left, self.systems.left)
        self.changes[Side.LEFT].append(Change(at, left, right))
        return carried(right, self.systems.right), right

    def chosen(self, at: str, left: Any, right: Any) -> Side | None:
        """Whose value stays by a person's decision; ``None``: nobody has decided about just this,
        so it is a conflict."""
        mark = mark_of(left, right, self.systems.left)
        choice = self.choices.get(at)
        if choice is not None and choice.mark == mark:
            return choice.side
        if choice is not None:
            self.outrun.append(at)
        self.conflicts.append(Conflict(at, left, right, mark))
        return None

    def untold(self, left: Any, right: Any, at: str, name: str) -> Both:
        """One side does not know it: it is told what is new, and never told twice."""
        side = Side.LEFT if left is not None else Side.RIGHT
        value = left if left is not None else right
        if not self.changed(value, at, side):
            return left, right
        owner = self.policy.owner_of(name)
        if owner.is_strict and owner.side is side.other:
            self.overruled.append(Overruled(at, side, value, None))
            return left, right
        return self.told(value, at, side)

    def told(self, value: Any, at: str, side: Side) -> Both:
        """The other side gets what it has not."""
        self.changes[side.other].append(Change(at, None, value))
        if side is Side.LEFT:
            return value, carried(value, self.systems.left)
        return carried(value, self.systems.right), value

    def united(self, left: tuple[Any, ...], right: tuple[Any, ...], at: str) -> Both:
        """Lists that only grow: each side is told what it lacks, in its own order."""
        here = (*left, *(one for one in right if one not in left))
        there = (*right, *(one for one in left if one not in right))
        if len(here) > len(left):
            self.changes[Side.LEFT].append(Change(at, left, here))
        if len(there) > len(right):
            self.changes[Side.RIGHT].append(Change(at, right, there))
        return (
            here if len(here) > len(left) else left,
            there if len(there) > len(right) else right,
        )

    # ── lists of parts ─────────────────────────────────────────────────────────────────────────

    def list(self, here: dict[str, Part], there: dict[str, Part], at: str, name: str) -> Both:
        ours: list[Part] = []
        theirs: list[Part] = []
        before = tuple(here.values()), tuple(there.values())
        self.keys[at] = {key: part.key for key, part in there.items() if part.key is not None}
        for key in dict.fromkeys([*here, *there]):
            left, right = self.part(here.get(key), there.get(key), f"{at}[{key}]", name, key, at)
            if left is not None:
                ours.append(left)
            if right is not None:
                theirs.append(right)
        return _kept(before[0], ours), _kept(before[1], theirs)

    def part(
        self, left: Part | None, right: Part | None, at: str, name: str, key: str, within: str
    ) -> Both:
        if left is not None and right is not None:
            return self.model(left, right, at, name)
        was = key in self.base.parts.get(within, {})
        owner = self.policy.owner_of(name)
        side = Side.LEFT if left is not None else Side.RIGHT
        part = left if left is not None else right
        if not was:  # added
            if owner.is_strict and owner.side is side.other:
                self.overruled.append(Overruled(at, side, part, None))
                self.changes[side].append(Change(at, part, None))
                return None, None
            return self.told(part, at, side)
        edited = part is not None and self.part_changed(part, at, side)
        if name in self.policy.keeps:
            if not edited:
                return left, right
            return self.told(part, at, side)
        return self.removed(left, right, at, owner, side, edited=edited)

    def removed(
        self,
        left: Part | None,
        right: Part | None,
        at: str,
        owner: Owner,
        side: Side,
        *,
        edited: bool,
    ) -> Both:
        """The side opposite to ``side`` has removed a part that ``side`` still has."""
        part = left if left is not None else right
        decides = owner.side
        if edited and decides is None:
            decides = self.chosen(at, left, right)
            if decides is None:
                return left, right
        stays = decides is side and (edited or owner.is_strict)
        if stays:
            self.overruled.append(Overruled(at, side.other, None, part))
            return self.told(part, at, side)
        if edited:
            self.overruled.append(Overruled(at, side, part, None))
        self.changes[side].append(Change(at, part, None))
        return None, None

    def part_changed(self, part: Part, at: str, side: Side) -> bool:
        return any(
            self.changed(value, f"{at}.{name}", side)
            for name in compared(part)
            if (value := getattr(part, name)) is not None
        )

    # ── comparing ──────────────────────────────────────────────────────────────────────────────

    def changed(self, value: Any, at: str, side: Side) -> bool:
        """Whether a side says something else than was agreed."""
        marks = self.base.left if side is Side.LEFT else self.base.right
        terms = None if side is Side.LEFT else self.systems.left
        if at in marks:
            return digest(value, terms) != marks[at]
        if isinstance(value, tuple) and at in self.base.parts:
            return self.parts_changed(value, at, side)
        if is_object(value):
            inner = {one: getattr(value, one) for one in compared(value)}
            known = {one: found for one, found in inner.items() if found is not None}
            return any(self.changed(found, f"{at}.{one}", side) for one, found in known.items())
        return True

    def parts_changed(self, value: tuple[Any, ...], at: str, side: Side) -> bool:
        known = self.base.parts[at]
        here, there = (value, ()) if side is Side.LEFT else ((), value)
        found = by_id(here, there, known, self.systems)
        if found is None:
            return True
        parts = found[0] if side is Side.LEFT else found[1]
        if set(parts) != set(known):
            return True
        return any(self.part_changed(part, f"{at}[{key}]", side) for key, part in parts.items())

    def same(self, left: Any, right: Any) -> bool:
        return bool(plain(left) == plain(right, self.systems.left))


def _with(model: Any, changes: dict[str, Any]) -> Any:
    if not changes:
        return model
    assert isinstance(model, BaseModel)  # noqa: S101 - for the type checker
    return model.model_copy(update=changes)


def _kept(before: tuple[Part, ...], after: list[Part]) -> tuple[Part, ...]:
    """The very same tuple where nothing changed."""
    if len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True)):
        return before
    return tuple(after)
