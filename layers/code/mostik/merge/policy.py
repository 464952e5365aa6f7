"""Who owns which field, and what absence means in a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from mostik.mapping.side import Side

ABSENT_IS_NOT_DELETED = frozenset({"payments", "shipments"})
"""Lists of which a side may leave out what it does not care for (payments of another system)."""
ONLY_GROW = frozenset({"phones", "emails"})
"""Lists of plain values that are united, never replaced."""


class Owner(StrEnum):
    """What happens to a field that both sides have changed. Clocks lie, so no time decides."""

    LEFT = "left"
    """The left side wins."""
    RIGHT = "right"
    """The right side wins."""
    ONLY_LEFT = "only_left"
    """The left side wins, even where the right side alone has changed it."""
    ONLY_RIGHT = "only_right"
    PERSON = "person"
    """A person decides."""

    @property
    def side(self) -> Side | None:
        """The side that wins, if one does."""
        match self:
            case Owner.LEFT | Owner.ONLY_LEFT:
                return Side.LEFT
            case Owner.RIGHT | Owner.ONLY_RIGHT:
                return Side.RIGHT
        return None

    @property
    def is_strict(self) -> bool:
        """Whether the other side may not change it at all."""
        return self in (Owner.ONLY_LEFT, Owner.ONLY_RIGHT)

    @property
    def mirrored(self) -> Owner:
        """The same with the sides exchanged."""
        return _MIRRORED.get(self, self)


_MIRRORED = {
    Owner.LEFT: Owner.RIGHT,
    Owner.RIGHT: Owner.LEFT,
    Owner.ONLY_LEFT: Owner.ONLY_RIGHT,
    Owner.ONLY_RIGHT: Owner.ONLY_LEFT,
}


@lru_cache(maxsize=4_096)
def _covers(of: frozenset[str], name: str) -> bool:
    """A merge asks it of every field of every part, always of the same few names."""
    return any(
        one == name or one.startswith(f"{name}.") or name.startswith(f"{one}.") for one in of
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """How records of a link are merged.

    Attributes:
        owner: of fields that ``owners`` does not name.
        owners: by field, dotted for those inside of parts (``lines.price``); the longest name that
            fits counts.
        of: the fields that both sides can hold; ``None``: all.
        keeps: lists in which a part that is absent is not deleted.
        grows: lists of plain values that are united.
        shares: lists whose parts have one key on both sides, because the mapping says so.
    """

    owner: Owner = Owner.PERSON
    owners: Mapping[str, Owner] = field(default_factory=dict)
    of: frozenset[str] | None = None
    keeps: frozenset[str] = ABSENT_IS_NOT_DELETED
    grows: frozenset[str] = ONLY_GROW
    shares: frozenset[str] = frozenset()

    def owner_of(self, name: str) -> Owner:
        """Returns who owns a field."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            owner = self.owners.get(".".join(parts[:length]))
            if owner is not None:
                return owner
        return self.owner

    def covers(self, name: str) -> bool:
        """Whether both sides can hold a field, or something inside of it."""
        return self.of is None or _covers(self.of, name)

    @property
    def mirrored(self) -> Policy:
        """The same with the sides exchanged."""
        owners = {name: owner.mirrored for name, owner in self.owners.items()}
        return replace(self, owner=self.owner.mirrored, owners=owners)
