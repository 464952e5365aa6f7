"""A link: a resource of one connection and a resource of another that should say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mostik.ports import Clock, Table
from mostik.sync.brakes import Brakes

_PARTITION = "links"
_CACHE_SECONDS = 60.0


class Side(StrEnum):
    """The two ends of a link."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: a resource of a connection."""

    connection: str
    resource: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two ends that are kept equal.

    Attributes:
        id: its name.
        left: one end.
        right: the other.
        creates: on which ends a record that is only on the other one is created.
        owner: the side that wins when both were changed since they last agreed.
        deletes: on which ends a record is deleted when it is gone on the other one.
        brakes: what holds a run until a person approves it.
    """

    id: str
    left: End
    right: End
    creates: frozenset[Side] = frozenset({Side.RIGHT})
    owner: Side = Side.LEFT
    deletes: frozenset[Side] = frozenset()
    brakes: Brakes = field(default_factory=Brakes)

    def end(self, side: Side) -> End:
        """Returns the end of a side."""
        return self.left if side is Side.LEFT else self.right

    def sides_of(self, connection: str, resource: str) -> Sequence[Side]:
        """Returns the sides on which a resource stands."""
        here = End(connection, resource)
        return [side for side in Side if self.end(side) == here]


class Links:
    """Links over the state table; read from memory for a minute."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._cache: Sequence[Link] = ()
        self._read_at = float("-inf")

    def all(self) -> Sequence[Link]:
        """Returns every link."""
        now = self._clock()
        if now - self._read_at >= _CACHE_SECONDS:
            links: list[Link] = []
            after: str | None = None
            while True:
                page = self._table.query(_PARTITION, after=after)
                links += [_from_item(item) for item in page.items]
                after = page.after
                if after is None:
                    break
            self._cache, self._read_at = links, now
        return self._cache

    def get(self, link_id: str) -> Link | None:
        """Returns a link."""
        return next((link for link in self.all() if link.id == link_id), None)

    def save(self, link: Link) -> None:
        """Creates or replaces a link."""
        self._table.put(
            {
                "pk": _PARTITION,
                "sk": link.id,
                "left": {"connection": link.left.connection, "resource": link.left.resource},
                "right": {"connection": link.right.connection, "resource": link.right.resource},
                "creates": sorted(side.value for side in link.creates),
                "owner": link.owner.value,
                "deletes": sorted(side.value for side in link.deletes),
                "brakes": link.brakes.as_item(),
            }
        )
        self._read_at = float("-inf")


def _from_item(item: Mapping[str, Any]) -> Link:
    return Link(
        id=item["sk"],
        left=End(**item["left"]),
        right=End(**item["right"]),
        creates=frozenset(Side(side) for side in item["creates"]),
        owner=Side(item.get("owner", Side.LEFT.value)),
        deletes=frozenset(Side(side) for side in item.get("deletes", ())),
        brakes=Brakes.from_item(item.get("brakes", {})),
    )
