"""What a merge comes to: every difference is a write, an overruled edit or a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mostik.commerce.record import Canonical, Part
from mostik.mapping.side import Side
from mostik.merge.identity import Systems, is_new, rekeyed
from mostik.merge.pointers import repointed


@dataclass(frozen=True, slots=True)
class Change:
    """What one side is told.

    Attributes:
        path: where (``lines[l1].price``).
        before: what it says now.
        after: what it shall say; of a part ``None``: it is removed.
    """

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Overruled:
    """An edit that does not stay because the other side owns the field, or a person said so.

    Attributes:
        path: where.
        side: whose edit it is.
        lost: what that side said.
        kept: what the owner says; ``None``: it says nothing, so the edit stays where it was made.
    """

    path: str
    side: Side
    lost: Any
    kept: Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """What a person must decide; neither side is written there.

    Attributes:
        path: where.
        left: what the left side says; ``None``: it has removed the part.
        right: what the right side says.
        mark: of both, for a decision that shall hold for just that.
    """

    path: str
    left: Any
    right: Any
    mark: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.path}: both sides have changed it since they last agreed"


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge comes to.

    Attributes:
        left: the left record as it shall be; equal to what it was where there are no changes.
        right: the right record as it shall be.
        to_left: what the left side is told.
        to_right: what the right side is told.
        overruled: edits that do not stay.
        conflicts: what a person must decide.
        keys: by list: key of a part on the left → key on the right, as far as they are known.
        systems: the connections.
        outrun: paths in conflict about which a person has decided when they said something else.
    """

    left: Canonical
    right: Canonical
    to_left: tuple[Change, ...] = ()
    to_right: tuple[Change, ...] = ()
    overruled: tuple[Overruled, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    systems: Systems = field(default_factory=Systems)
    outrun: tuple[str, ...] = ()

    def written(self, side: Side) -> Canonical:
        """Returns the record as it is handed to the resource of a side.

        A resource takes a record in the words of the side that it comes from: parts have their keys
        over there, and carry the keys here beside them.
        """
        ours, theirs = self.systems.of(side), self.systems.of(side.other)

        def foreign(part: Part, at: str) -> Part:
            key = part.external_ids.get(theirs) or self._key_of(part.key, at, side)
            ids = {name: one for name, one in part.external_ids.items() if name != theirs}
            if part.key is not None:
                ids[ours] = part.key
            return part.model_copy(update={"key": key, "external_ids": ids})

        record = self.left if side is Side.LEFT else self.right
        told: Canonical = rekeyed(record, foreign)
        # Parts name one another in the keys of the left side until here.
        return told if side is Side.RIGHT else repointed(told, self.keys)

    def _key_of(self, key: str | None, at: str, side: Side) -> str | None:
        """The key on the other side of a part of ``side``."""
        known = self.keys.get(at, {})
        if side is Side.LEFT:
            return known.get(key or "")
        found = (one for one, there in known.items() if there == key and not is_new(one))
        return next(found, None)

    def to(self, side: Side) -> tuple[Change, ...]:
        """What a side is told."""
        return self.to_left if side is Side.LEFT else self.to_right

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is written: an echo, or both say the same."""
        return not self.to_left and not self.to_right
