"""Bugs planted in what keeps two sides equal: tier "sync" must find each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.chaos.mutants import Exchange, Mutant
from local.chaos.odds import STORM
from local.chaos.sync_tier import SyncPlan
from local.chaos.tier1 import Plan
from mostik.linkdoc import compiled
from mostik.mapping.side import Side
from mostik.merge import merge as merging
from mostik.merge.policy import Owner, Policy
from mostik.sync import apply, carry, case, chunk, decide, delete, terms
from mostik.sync.bulk import many
from mostik.worker import execute


@dataclass(frozen=True, slots=True)
class SyncMutant(Mutant):
    """A planted bug.

    Attributes:
        records: that both sides have.
    """

    events: int = 800
    records: int = 120

    def plan(self, seed: int) -> Plan:
        """See ``Mutant.plan``."""
        return SyncPlan(seed, self.events, self.odds, to_the_first=True, records=self.records)


def _nothing_was_agreed() -> Sequence[Exchange]:
    def merge(base: Any, *rest: Any) -> Any:
        del base
        return terms_merge(None, *rest)

    terms_merge = merging.merge
    return [(terms, "merge", merge)]


def _creation_says_nothing() -> Sequence[Exchange]:
    def begun(*arguments: Any) -> Any:
        return replace(case.begun(*arguments), intent=None)

    return [(apply, "begun", begun)]


def _pair_read_late() -> Sequence[Exchange]:
    def late(*arguments: Any) -> Any:
        return carry.carry(*arguments[:-1])

    return [(execute, "carry", late)]


def _announcement_ignored() -> Sequence[Exchange]:
    return [(decide, "is_taken", lambda _pair, _attempt: False)]


def _no_look_up() -> Sequence[Exchange]:
    class Blind:
        def __init__(self, seeing: Any) -> None:
            self._seeing = seeing

        def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Any]:
            del system, keys
            return {}

        def __getattr__(self, name: str) -> Any:
            return getattr(self._seeing, name)

    def blind(resource: Any, *, records: int) -> Any:
        return Blind(many(resource, records=records))

    return [(apply, "many", blind)]


def _deletes_what_was_edited() -> Sequence[Exchange]:
    class Wrong(delete.Deletion):
        def _one(self, key: str, pair: Any, present: Any, there: Any) -> Any:
            found = there.get(pair.keys.get(self.route.side.other)) if pair is not None else None
            if found is not None and pair.is_linked:
                other = self.route.side.other
                agreed = {**pair.agreed, other: self.route.mark(found, other)}
                pair = replace(pair, agreed=agreed, open=())
            return super()._one(key, pair, present, there)

    return [(chunk, "Deletion", Wrong)]


def _the_wrong_owner() -> Sequence[Exchange]:
    class Wrong(Policy):
        def owner_of(self, name: str) -> Owner:
            owner = super().owner_of(name)
            return Owner.RIGHT if owner.side is Side.LEFT else owner

    def policy_of(*arguments: Any) -> Policy:
        right = terms_policy(*arguments)
        return Wrong(**{name: getattr(right, name) for name in Policy.__slots__})

    terms_policy = compiled.policy_of
    return [(terms, "policy_of", policy_of)]


CROWDED = replace(STORM, burst=0.9, api=0.15)
"""For a bug that needs two jobs to write one record at the same moment."""

SYNC_MUTANTS = (
    SyncMutant(
        "what another job is about to write is ignored",
        _announcement_ignored,
        events=1_500,
        odds=CROWDED,
        seeds=24,
        records=60,
    ),
    *(
        SyncMutant(name, exchanges)
        for name, exchanges in (
            ("nothing was ever agreed", _nothing_was_agreed),
            ("a creation does not say what it makes", _creation_says_nothing),
            ("a pair is read after its record", _pair_read_late),
            ("nobody looks for what was made already", _no_look_up),
            ("what is gone here is deleted there whatever it says", _deletes_what_was_edited),
            ("fields of the left side belong to the right one", _the_wrong_owner),
        )
    ),
)
