"""Carries one record across a link: ``Apply`` of one, its verdict as the outcome of a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mostik.commerce.record import Canonical
from mostik.integration import CreateOnce
from mostik.jobs.outcome import Changed, Unchanged
from mostik.sync.apply import Apply
from mostik.sync.decide import Attempt, is_effect
from mostik.sync.route import Route
from mostik.sync.xref import Pair, Pairs


@dataclass(frozen=True, slots=True)
class Seen:
    """A pair as it stood before its record was read; ``None``: there was none."""

    pair: Pair | None

    def by_key(self, key: str) -> Mapping[str, Pair]:
        """Returns it as the pair of a record."""
        return {key: self.pair} if self.pair is not None else {}


def carry(
    route: Route,
    record: Canonical,
    pairs: Pairs,
    once: CreateOnce,
    attempt: Attempt,
    cleared: Callable[[str], None] = lambda _key: None,
    seen: Seen | None = None,
) -> Changed | Unchanged:
    """Makes the other end of a route say what ``record`` says.

    Args:
        route: which way, with the resources at both ends.
        record: its present state.
        pairs: cross-references.
        once: guards the creation of secondary objects.
        attempt: who tries, and what is known of earlier tries.
        cleared: called with the key of a record that was parked and is carried over now.
        seen: its pair, where that was read before the record was.

    Raises:
        StillAbsent: a write of unknown outcome is not there yet, and it is too early to repeat it.
        Pending: what the record points at is not there yet.
        Skip: the link does not create on that side.
        MostikError: what a call raised.
    """
    known = seen.by_key(record.key) if seen is not None else None
    [result] = Apply(route, pairs, once, attempt, cleared, known)([record])
    if result.error is not None:
        raise result.error
    return Changed() if is_effect(result.verdict) else Unchanged(result.why)
