"""What both sides of a record say now, where a person must decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mostik.commerce.record import Canonical
from mostik.errors import Skip
from mostik.merge.values import plain
from mostik.sync.decision import gone_on, where_gone
from mostik.sync.link import Side
from mostik.sync.route import Route
from mostik.sync.shown import masked
from mostik.sync.xref import Pair


@dataclass(frozen=True, slots=True)
class Dispute:
    """One thing that is open in a record, as both sides have it now.

    Attributes:
        path: where, as in ``ConflictItem.paths``; of a gone one the whole record.
        left: what the left side says now, as JSON has it; ``None``: nothing.
        right: what the right side says now, in the terms of the left side.
        mark: of what both sides say; it goes back with the decision, which holds for just that.
        choice: the side whose value shall stay, where that is decided and not carried out yet.
        outrun: that decision was made about other values, and will not be carried out.
    """

    path: str
    left: Any
    right: Any
    mark: str
    choice: Side | None = None
    outrun: bool = False


def disputes(route: Route, pair: Pair, *, reveal: bool = False) -> Sequence[Dispute]:
    """Reads both sides and returns what is open between them.

    Args:
        route: the link, from its left side.
        pair: the pair, open.
        reveal: show personal data.

    Raises:
        Skip: there is nothing that could be compared; the sentence says why.
        MostikError: a side could not be read, or not be said in the terms of the other.
    """
    left, right = route.source.read(pair.keys[Side.LEFT]), route.target.read(pair.keys[Side.RIGHT])
    found = _between(route, pair, left, right)
    if reveal:
        return found
    kind = type(left or right).__name__.lower()
    return [_without_personal(one, kind) for one in found]


def _without_personal(one: Dispute, kind: str) -> Dispute:
    if where_gone([one.path]) is not None:
        kind, path = "all", kind
    else:
        path = one.path
    left, right = masked(path, one.left, kind), masked(path, one.right, kind)
    return replace(one, left=left, right=right)


def _between(
    route: Route, pair: Pair, left: Canonical | None, right: Canonical | None
) -> Sequence[Dispute]:
    gone = where_gone(pair.open)
    if gone is not None:
        return _whole(route, pair, gone, left, right)
    if left is None or right is None:
        side = Side.LEFT if left is None else Side.RIGHT
        end = route.link.end(side)
        raise Skip(f"It is no longer in {end.connection}: {end.resource} {pair.keys[side]}.")
    terms = route.terms
    if terms is None:
        raise Skip("This link has no document, so its owner decides: touch the record.")
    base = pair.agreement if pair.mapping == terms.version else None
    judged = terms.judged(Side.LEFT, route.fill(left), route.back(right), base, pair.intent)
    return [
        _dispute(pair, one.path, plain(one.left), plain(one.right, route.here), one.mark)
        for one in judged.conflicts
    ]


def _whole(
    route: Route, pair: Pair, gone: Side, left: Canonical | None, right: Canonical | None
) -> Sequence[Dispute]:
    here, there = (left, right) if gone is Side.LEFT else (right, left)
    if here is not None:
        raise Skip(f"It is in {route.link.end(gone).connection} again: touch it there.")
    if there is None:
        raise Skip("It is gone on both sides by now: the next full run forgets it.")
    said = plain(there)
    ours, theirs = (None, said) if gone is Side.LEFT else (said, None)
    return [_dispute(pair, gone_on(gone), ours, theirs, route.mark(there, gone.other))]


def _dispute(pair: Pair, path: str, left: Any, right: Any, mark: str) -> Dispute:
    choice = pair.decision.choices.get(path) if pair.decision is not None else None
    if pair.decision is None or choice is None:
        return Dispute(path, left, right, mark)
    outrun = pair.decision.outrun or choice.mark != mark
    return Dispute(path, left, right, mark, None if outrun else choice.side, outrun)
