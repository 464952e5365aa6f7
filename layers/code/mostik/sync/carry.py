"""Carries one record across a link: compare, then create, update or leave alone."""

from __future__ import annotations

from typing import Any

from mostik.commerce.order import Canonical
from mostik.errors import Skip
from mostik.integration import CreateOnce, Resource
from mostik.jobs.life import LOOKUPS_BEFORE_REPEAT
from mostik.jobs.outcome import Changed, StillAbsent, Unchanged
from mostik.sync.link import Link, Side
from mostik.sync.xref import Pair, Pairs


def carry(
    link: Link,
    side: Side,
    record: Canonical,
    *,
    source: Resource[Any],
    target: Resource[Any],
    pairs: Pairs,
    once: CreateOnce,
    lookups: int | None = None,
    again: bool = False,
) -> Changed | Unchanged:
    """Makes the other end of ``link`` say what ``record`` says.

    Args:
        link: the link.
        side: where ``record`` was read.
        record: its present state.
        source: the resource that it was read from.
        target: the resource on the other side.
        pairs: cross-references.
        once: guards the creation of secondary objects.
        lookups: how often a write of unknown outcome was looked up in vain; ``None``: there is
            none.
        again: an earlier attempt failed and may have written something: what was agreed before
            says nothing of the other side now.

    Raises:
        StillAbsent: a write of unknown outcome is not there yet, and it is too early to repeat it.
        Skip: the link does not create on that side.
        MostikError: what a call raised.
    """
    other = side.other
    here_system = link.end(side).connection
    there_system = link.end(other).connection
    mark = record.fingerprint()
    pair = pairs.find(link.id, side, record.key)
    untouched = lookups is None and not again
    if pair is not None and untouched and pair.agreed.get(side) == mark:
        return Unchanged("Equal to what both sides last agreed on.")

    there = _other_end(pair, other, record, target, here_system, there_system)
    if there is None:
        if other not in link.creates:
            raise Skip(f"It exists only in {here_system}; this link does not create it elsewhere.")
        if lookups is not None and lookups + 1 < LOOKUPS_BEFORE_REPEAT:
            raise StillAbsent
        written = target.create(record, here_system, once)
        _agree(pairs, link, side, record, written)
        return Changed()
    if there.fingerprint() == mark:
        _agree(pairs, link, side, record, there)
        return Unchanged("Both sides say the same already.")
    both_changed = pair is not None and there.fingerprint() != pair.agreed.get(other)
    if both_changed and link.owner is other:
        written = source.update(record.key, there, there_system, once)
        _agree(pairs, link, other, there, written)
        return Changed()
    written = target.update(there.key, record, here_system, once)
    _agree(pairs, link, side, record, written)
    return Changed()


def _other_end(
    pair: Pair | None,
    other: Side,
    record: Canonical,
    target: Resource[Any],
    here_system: str,
    there_system: str,
) -> Canonical | None:
    """The record on the other side: by the pair, by the key it carries, else by a look-up."""
    key = pair.keys.get(other) if pair is not None else record.external_ids.get(there_system)
    found: Canonical | None = target.read(key) if key is not None else None
    return found if found is not None else target.find(here_system, record.key)


def _agree(pairs: Pairs, link: Link, side: Side, record: Canonical, written: Canonical) -> None:
    pairs.save(
        link.id,
        Pair(
            keys={side: record.key, side.other: written.key},
            agreed={side: record.fingerprint(), side.other: written.fingerprint()},
        ),
    )
