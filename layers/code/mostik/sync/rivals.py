"""Two records here that would be one record there.

A side that has fewer places than the other (one price of a type, one quantity instead of several
warehouses) makes one record of two, or a mapping does. Each would overwrite what the other has
said, for ever and without an error; so the second one is not paired, and a person is told.
A side whose records are meant to be shared (two accounts of one buyer) says ``shares = True``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mostik.errors import GiveUp, WhoActs
from mostik.sync.bulk import Many
from mostik.sync.link import Link, Side
from mostik.sync.xref import Pairs

Wanted = tuple[str, str]
"""A pair that is about to be made: the key here, the key there."""


def rivals(
    link: Link, side: Side, pairs: Pairs, source: Many, wanted: Sequence[Wanted]
) -> Mapping[str, GiveUp]:
    """Returns, by their keys here, why some pairs must not be made.

    A record that is gone here leaves its place to another.

    Args:
        link: the link.
        side: where records come from.
        pairs: cross-references.
        source: reads the records here.
        wanted: the pairs, in the order in which they come.
    """
    if not wanted:
        return {}
    standing = pairs.find_many(link.id, side.other, list(dict.fromkeys(key for _, key in wanted)))
    owners = {key: pair.keys[side] for key, pair in standing.items() if pair.is_linked}
    others = {owners[there] for here, there in wanted if owners.get(there, here) != here}
    alive = source.read_many(sorted(others)) if others else {}
    refused: dict[str, GiveUp] = {}
    for here, there in wanted:
        owner = owners.get(there, here)
        if owner != here and (owner in alive or owner not in others):
            refused[here] = _error(link, side, here, owner, there)
        else:
            owners[there] = here
    return refused


def _error(link: Link, side: Side, here: str, owner: str, there: str) -> GiveUp:
    ours, theirs = link.end(side), link.end(side.other)
    return GiveUp(
        f"Two records of {ours.connection}, {owner!r} and {here!r}, come to one record of"
        f" {theirs.connection} ({theirs.resource} {there!r}) and would overwrite each other. Only"
        " the first is carried over: map them to different records, or let one of them come.",
        who=WhoActs.ADMIN,
    )


def is_shared(target: object) -> bool:
    """Whether a resource lets several records of the other side be one of its own."""
    return bool(getattr(target, "shares", False))
