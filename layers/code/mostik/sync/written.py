"""A link that follows from settings, written down as a person would write it. Pure."""

from __future__ import annotations

from mostik.errors import Skip
from mostik.linkdoc.document import (
    BrakesPart,
    DeletesPart,
    Direction,
    EndPart,
    Gone,
    LinkDocument,
    SchedulePart,
)
from mostik.merge.policy import Owner
from mostik.sync.link import Link, Side

_STRICT = {Side.LEFT: Owner.ONLY_LEFT, Side.RIGHT: Owner.ONLY_RIGHT}
_PLAIN = {Side.LEFT: Owner.LEFT, Side.RIGHT: Owner.RIGHT}


def written(link: Link) -> LinkDocument:
    """Returns a document that says what a link says; of one that has a document, that.

    No run of it is made by the clock: an import makes them, or a person.

    Raises:
        Skip: it says what no document can.
    """
    if link.document is not None:
        return LinkDocument.from_item(link.document)
    if not link.updates or not link.creates <= link.updates or not link.deletes <= link.updates:
        raise Skip(f"The link {link.id} creates or deletes where it changes nothing.")
    return LinkDocument(
        id=link.id,
        left=_end(link, Side.LEFT),
        right=_end(link, Side.RIGHT),
        direction=_direction(link),
        creates=tuple(side for side in Side if side in link.creates),
        deletes=DeletesPart(left=_gone(link, Side.LEFT), right=_gone(link, Side.RIGHT)),
        owner=_owner(link),
        schedule=SchedulePart(every_minutes=None, full_at=None),
        lag_seconds=int(link.lag),
        brakes=BrakesPart(**link.brakes.as_item()),
    )


def _end(link: Link, side: Side) -> EndPart:
    end = link.end(side)
    return EndPart(connection=end.connection, resource=end.resource, news=side in link.news)


def _direction(link: Link) -> Direction:
    if link.updates == frozenset(Side):
        return Direction.BOTH
    return Direction.TO_RIGHT if Side.RIGHT in link.updates else Direction.TO_LEFT


def _owner(link: Link) -> Owner:
    """A side that gives the other one its own back is the only one that may change anything."""
    if link.updates != frozenset(Side) and link.restores:
        return _STRICT[next(iter(link.updates)).other]
    return _PLAIN[link.owner]


def _gone(link: Link, side: Side) -> Gone:
    if side not in link.deletes:
        return Gone.KEEP
    return Gone.DEACTIVATE if side in link.retires else Gone.DELETE
