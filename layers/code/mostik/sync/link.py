"""A link: a resource of one connection and a resource of another that should say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mostik.integration import Bond
from mostik.mapping.side import Side
from mostik.ports import Clock, Table
from mostik.sync.brakes import Brakes

if TYPE_CHECKING:
    from mostik.linkdoc.document import LinkDocument

__all__ = ["End", "Link", "Links", "Side", "documented", "link_of"]

_PARTITION = "links"
_CACHE_SECONDS = 60.0
LAG_SECONDS = 300.0
"""What was changed so shortly before the watermark is listed again: clocks and commits differ."""


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
        news: ends whose records say what is new and nothing else: they do not become stale, and
            they never win a whole record.
        updates: on which ends a record is changed that was changed on the other one.
        restores: what was changed on an end that the other one does not follow is changed back
            (there, and only what the other one knows); else it is left alone.
        deletes: on which ends a record is deleted when it is gone on the other one.
        retires: on which of them it is switched off instead.
        brakes: what holds a run until a person approves it.
        derived: it follows from a connection's settings.
        document: what a person has written about it, as a row holds it; ``None``: nothing.
        version: of the document.
        matched: its two bases were matched, or that was waived; before that it writes nothing.
        lag: seconds before the watermark that are listed again.
    """

    id: str
    left: End
    right: End
    creates: frozenset[Side] = frozenset({Side.RIGHT})
    owner: Side = Side.LEFT
    news: frozenset[Side] = frozenset()
    updates: frozenset[Side] = frozenset(Side)
    restores: bool = True
    deletes: frozenset[Side] = frozenset()
    retires: frozenset[Side] = frozenset()
    brakes: Brakes = field(default_factory=Brakes)
    derived: bool = False
    document: Mapping[str, Any] | None = None
    version: str = ""
    matched: bool = True
    lag: float = LAG_SECONDS

    def end(self, side: Side) -> End:
        """Returns the end of a side."""
        return self.left if side is Side.LEFT else self.right

    def joins(self, other: Link) -> bool:
        """Whether it joins what another link does."""
        return (self.left, self.right) == (other.left, other.right)

    def sides_of(self, connection: str, resource: str) -> Sequence[Side]:
        """Returns the sides on which a resource stands."""
        here = End(connection, resource)
        return [side for side in Side if self.end(side) == here]


def link_of(bond: Bond, connection: str) -> Link:
    """Returns the link that follows from a connection's settings."""
    gone = bond.deletes_there or bond.retires_there
    return Link(
        id=bond.id,
        left=End(connection, bond.resource),
        right=End(bond.to, bond.there),
        creates=_sides(left=bond.creates_here, right=bond.creates_there),
        owner=Side.RIGHT if bond.owned_there else Side.LEFT,
        news=_sides(left=bond.news_alone),
        updates=_sides(left=bond.updates_here, right=True),
        restores=bond.restores_there,
        deletes=_sides(right=gone),
        retires=_sides(right=bond.retires_there),
        brakes=Brakes.from_item(bond.brakes),
        derived=True,
    )


def documented(document: LinkDocument, *, matched: bool = False) -> Link:
    """Returns the link that a person has written down.

    Args:
        document: the link; it was checked.
        matched: its two bases are matched.
    """
    gone = {side: document.deletes.on(side).value for side in Side}
    return Link(
        id=document.id,
        left=End(document.left.connection, document.left.resource),
        right=End(document.right.connection, document.right.resource),
        creates=frozenset(document.creates),
        owner=document.owner.side or Side.LEFT,
        news=frozenset(side for side in Side if document.end(side).news),
        updates=frozenset(side for side in Side if document.direction.leads_to(side)),
        restores=False,
        deletes=frozenset(side for side in Side if gone[side] != "keep"),
        retires=frozenset(side for side in Side if gone[side] == "deactivate"),
        brakes=Brakes.from_item(document.brakes.model_dump()),
        document=document.as_item(),
        version=document.version,
        matched=matched,
        lag=float(document.lag_seconds),
    )


def _sides(*, left: bool = False, right: bool = False) -> frozenset[Side]:
    return frozenset(side for side, yes in ((Side.LEFT, left), (Side.RIGHT, right)) if yes)


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
        """Returns a link; one that is not remembered is looked for anew."""
        found = self._remembered(link_id)
        if found is None:
            self._read_at = float("-inf")
            found = self._remembered(link_id)
        return found

    def remove(self, link_id: str) -> None:
        """Removes a link; what it has paired stays, for the case that it comes back."""
        self._table.remove(_PARTITION, link_id)
        self._read_at = float("-inf")

    def _remembered(self, link_id: str) -> Link | None:
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
                "news": sorted(side.value for side in link.news),
                "deletes": sorted(side.value for side in link.deletes),
                "brakes": link.brakes.as_item(),
                **_unusual(link),
            }
        )
        self._read_at = float("-inf")


def _unusual(link: Link) -> Mapping[str, Any]:
    """What most links do not say."""
    said: dict[str, Any] = {}
    if link.updates != frozenset(Side):
        said["updates"] = sorted(side.value for side in link.updates)
    if not link.restores:
        said["restores"] = False
    if link.derived:
        said["derived"] = True
    if link.retires:
        said["retires"] = sorted(side.value for side in link.retires)
    if link.document is not None:
        said["document"] = dict(link.document)
        said["document_version"] = link.version
    if not link.matched:
        said["matched"] = False
    if link.lag != LAG_SECONDS:
        said["lag"] = link.lag
    return said


def _from_item(item: Mapping[str, Any]) -> Link:
    return Link(
        id=item["sk"],
        left=End(**item["left"]),
        right=End(**item["right"]),
        creates=frozenset(Side(side) for side in item["creates"]),
        owner=Side(item.get("owner", Side.LEFT.value)),
        news=frozenset(Side(side) for side in item.get("news", ())),
        updates=frozenset(Side(side) for side in item.get("updates", list(Side))),
        restores=bool(item.get("restores", True)),
        deletes=frozenset(Side(side) for side in item.get("deletes", ())),
        retires=frozenset(Side(side) for side in item.get("retires", ())),
        brakes=Brakes.from_item(item.get("brakes", {})),
        derived=bool(item.get("derived", False)),
        document=item.get("document"),
        version=item.get("document_version", ""),
        matched=bool(item.get("matched", True)),
        lag=float(item.get("lag", LAG_SECONDS)),
    )
