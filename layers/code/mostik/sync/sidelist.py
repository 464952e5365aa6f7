"""One record of a side, as a comparison of both sides keeps it: its keys and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mostik.commerce.record import Canonical
from mostik.sync.link import Side
from mostik.sync.route import Route
from mostik.sync.xref import Pair


class Standing(StrEnum):
    """Where a record stands, by what is stored."""

    AGREED = "a"
    """It says what was agreed."""
    CHANGED = "c"
    """It says something else, or a person must decide about it."""
    UNPAIRED = "u"
    """It has no counterpart."""
    REFUSED = "r"
    """The link does not take it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a side.

    Attributes:
        key: its key there.
        other: its key on the other side; ``None``: it has no counterpart.
        standing: see ``Standing``.
        mark: its fingerprint.
        common: what stands for it in the hash of either side, where both say what was agreed.
        was_agreed: of one that the link does not take: it says what was agreed, all the same.
    """

    key: str
    other: str | None
    standing: Standing
    mark: str
    common: str
    was_agreed: bool = False

    @property
    def is_agreed(self) -> bool:
        """Whether it says what was agreed."""
        return self.standing is Standing.AGREED or self.was_agreed

    def name(self, side: Side) -> str:
        """What both sides call it: its key on the left side, where it has one."""
        if side is Side.LEFT:
            return self.key
        return self.other if self.other is not None else f"\0{self.key}"

    def as_item(self) -> list[str]:
        """Returns it as a blob holds it."""
        other = "" if self.other is None else f"={self.other}"
        agreed = "1" if self.was_agreed else ""
        return [self.key, other, self.standing.value, self.mark, self.common, agreed]

    @classmethod
    def from_item(cls, item: Sequence[str]) -> Entry:
        """Reads it back."""
        key, other, standing, mark, common, agreed = item
        return cls(
            key, other[1:] if other else None, Standing(standing), mark, common, bool(agreed)
        )


def entry_of(record: Canonical, pair: Pair | None, route: Route) -> Entry:
    """Returns what is kept of a record.

    Args:
        record: as it was listed.
        pair: its pair.
        route: from its side.
    """
    side, mark = route.side, route.mark(record, route.side)
    linked = pair if pair is not None and pair.is_linked else None
    other = linked.keys[side.other] if linked is not None else None
    agreed = linked is not None and linked.agreed.get(side) == mark and not linked.is_open
    common = linked.agreed.get(Side.LEFT, mark) if linked is not None and agreed else mark
    if route.refused(record) is not None:
        standing = Standing.REFUSED
    elif linked is None:
        standing = Standing.UNPAIRED
    else:
        standing = Standing.AGREED if agreed else Standing.CHANGED
    return Entry(record.key, other, standing, mark, common, agreed)


def beside(left: Mapping[str, Entry], right: Mapping[str, Entry]) -> Iterator[dict[Side, Entry]]:
    """Yields what the two sides have under each name."""
    for name in dict.fromkeys([*left, *right]):
        found = {Side.LEFT: left.get(name), Side.RIGHT: right.get(name)}
        yield {side: entry for side, entry in found.items() if entry is not None}
