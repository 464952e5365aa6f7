"""Two filled bases become pairs: what is matched, and what an approval writes.

Nothing of the other side is changed by it. A record that is undecided, or left alone, has a row of
its own that keeps runs and touches away from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mostik.commerce.catalog import Product, Section
from mostik.commerce.record import Canonical
from mostik.errors import Busy, GiveUp, WhoActs
from mostik.integration import Listed, Misfit, Resource
from mostik.mapping.side import Side
from mostik.matching.approval import Approval
from mostik.matching.card import Context
from mostik.matching.found import Found
from mostik.matching.match import match
from mostik.matching.rules import kind_of
from mostik.ports import Clock
from mostik.sync.link import Link
from mostik.sync.terms import model_of
from mostik.sync.xref import Pair, Pairs, PairState

_TRIES = 5


def found_in(
    link: Link,
    ends: Mapping[Side, Resource[Any]],
    zone: str,
    sections: Mapping[Side, Resource[Any]] | None = None,
) -> Found:
    """Reads both bases and returns the table of what is the same.

    Args:
        link: the link.
        ends: the resources at its ends.
        zone: of the day of an order.
        sections: by side: where the sections of goods stand, which are known by their keys alone.
            Without them goods that have nothing but a name are asked about.

    Raises:
        GiveUp: a side cannot be listed, or a row of it cannot be read: a base of which a part is
            not known is not matched.
    """
    models = {side: model_of(ends[side]) or model_of(ends[side.other]) for side in Side}
    named = sections or {} if models[Side.LEFT] is Product else {}
    context = Context(
        link.left.connection,
        link.right.connection,
        zone=zone,
        sections={side: _names(link, side, one) for side, one in named.items()},
    )
    kind = kind_of(models[Side.LEFT] or Canonical)
    left, right = (
        kind.cards(_all(link, side, ends[side]), context, side) for side in (Side.LEFT, Side.RIGHT)
    )
    return match(left, right, kind.rules)


def _names(link: Link, side: Side, sections: Resource[Any]) -> Mapping[str, str]:
    return {one.key: one.name for one in _all(link, side, sections) if isinstance(one, Section)}


def _all(link: Link, side: Side, resource: Resource[Any]) -> Iterator[Canonical]:
    name = f"{link.end(side).resource} of {link.end(side).connection}"
    if not isinstance(resource, Listed):
        raise GiveUp(f"The {name} cannot be listed, so nothing is matched.", who=WhoActs.DEVELOPER)
    cursor: str | None = None
    while True:
        page = resource.page(cursor, None)
        for one in page.items:
            if isinstance(one, Misfit):
                raise GiveUp(
                    f"The record {one.key} of the {name} cannot be read: {one.error}",
                    who=WhoActs.EXTERNAL_ADMIN,
                )
            yield one
        if page.cursor is None:
            return
        if page.cursor == cursor:
            raise GiveUp(f"The list of the {name} does not end.", who=WhoActs.DEVELOPER)
        cursor = page.cursor


def settle(link: Link, approval: Approval, pairs: Pairs, clock: Clock) -> None:
    """Writes an approval down. Doing it again is harmless.

    The two sides of a pair have not agreed on anything yet, so the first run compares them field
    by field, and the owners decide.

    Args:
        link: the link.
        approval: it has no faults.
        pairs: cross-references.
        clock: unix seconds.
    """
    for left, right in approval.pairs.items():
        _save(link, Pair({Side.LEFT: left, Side.RIGHT: right}, {}), pairs, clock)
    guarded = (
        (PairState.UNDECIDED, approval.undecided),
        (PairState.LEFT_ALONE, approval.left_alone),
    )
    for state, keys_of in guarded:
        for side, keys in keys_of.items():
            for key in sorted(keys):
                may_be = approval.candidates.get(side, {}).get(key, ())
                wanted = Pair({side: key}, {}, state)
                if state is PairState.UNDECIDED:
                    wanted = replace(wanted, open=may_be)
                _save(link, wanted, pairs, clock)
    for side, keys in approval.to_create.items():
        for key in sorted(keys):
            standing = pairs.find(link.id, side, key)
            if standing is not None and standing.state in _GUARDS:
                pairs.forget(link.id, standing)


_GUARDS = (PairState.UNDECIDED, PairState.LEFT_ALONE)


def _save(link: Link, wanted: Pair, pairs: Pairs, clock: Clock) -> None:
    side = Side.LEFT if Side.LEFT in wanted.keys else Side.RIGHT
    for _ in range(_TRIES):
        standing = pairs.find(link.id, side, wanted.keys[side])
        if standing is not None and _says(standing) == _says(wanted):
            return  # what was agreed since stays
        version, row = (standing.version, standing.row) if standing is not None else (None, None)
        if pairs.save(link.id, replace(wanted, at=clock(), version=version, row=row)) is not None:
            return
    raise Busy("The pairs of this link are being written by others.")


def _says(pair: Pair) -> object:
    may_be = pair.open if pair.state is PairState.UNDECIDED else ()
    return pair.keys, pair.state, may_be
