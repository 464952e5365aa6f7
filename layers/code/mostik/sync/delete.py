"""Deletes what is gone: after a complete scan, or because a list said so.

A record is deleted on the other side only when the link allows it, the source confirms that it is
gone, and nobody has changed it there since the two last agreed. Where the link says so it is
switched off instead, whoever has changed it: that can be undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from mostik.commerce.record import Canonical, Ref
from mostik.integration import CreateOnce, Deletable
from mostik.merge.choice import Choice
from mostik.sync.bulk import many
from mostik.sync.case import is_edited
from mostik.sync.decide import Attempt
from mostik.sync.decision import gone_on, undecided
from mostik.sync.route import UNMATCHED, Route
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pair, Pairs


@dataclass(frozen=True, slots=True)
class Deletion:
    """Deletes over one route.

    Attributes:
        route: which way.
        pairs: cross-references.
        attempt: who tries.
        once: guards the creation of secondary objects.
    """

    route: Route
    pairs: Pairs
    attempt: Attempt
    once: CreateOnce

    def __call__(self, keys: Sequence[str]) -> Sequence[Result]:
        """Deletes on the other side what these keys of the source stood for.

        Raises:
            Busy: a service of AWS refused something.
        """
        if not keys:
            return []
        route = self.route
        if not route.link.matched and not self.attempt.dry:
            return [Result(key, Verdict.SKIPPED, UNMATCHED) for key in keys]
        if route.side.other not in route.link.deletes:
            why = f"This link deletes nothing in {route.there}."
            return [Result(key, Verdict.SKIPPED, why) for key in keys]
        if not self._retires and not isinstance(route.target, Deletable):
            why = f"{route.there} does not let us delete this."
            return [Result(key, Verdict.SKIPPED, why) for key in keys]
        present = many(route.source, records=len(keys)).read_many(list(keys))
        pairs = self.pairs.find_many(route.link.id, route.side, keys)
        ends = {
            key: pairs[key].keys[route.side.other]
            for key in keys
            if key in pairs and pairs[key].is_linked
        }
        there = many(route.target, records=len(ends)).read_many(list(ends.values())) if ends else {}
        return [self._one(key, pairs.get(key), present.get(key), there) for key in keys]

    def _one(
        self,
        key: str,
        pair: Pair | None,
        present: Canonical | Exception | None,
        there: Mapping[str, Canonical | Exception],
    ) -> Result:
        if isinstance(present, Exception):
            return Result(key, None, str(present), present)
        if present is not None and not present.deleted:
            return Result(key, Verdict.UNCHANGED, "It is there after all.")
        if pair is None or not pair.is_linked:
            # An earlier attempt of this job may have deleted it.
            verdict = Verdict.DELETED if self.attempt.again else Verdict.SKIPPED
            if pair is None and not self.attempt.dry:
                self.pairs.forget(self.route.link.id, Pair({self.route.side: key}, {}))
            return Result(key, verdict, "It is not on the other side.")
        link, side = self.route.link.id, self.route.side
        other = pair.keys[side.other]
        standing = self.pairs.find(link, side.other, other)
        if standing is not None and standing.keys.get(side) != key:
            if not self.attempt.dry:
                self.pairs.forget(link, replace(pair, keys={side: key}))
            return Result(key, Verdict.SKIPPED, "Its counterpart belongs to another record now.")
        found = there.get(other)
        if isinstance(found, Exception):
            return Result(key, None, str(found), found)
        if found is not None and not self._retires:
            now = self.route.mark(found, side.other)
            choice = self._choice(pair)
            decided = choice is not None and (choice.side, choice.mark) == (side, now)
            # What is in dispute has never come over, and would be gone for good.
            changed = is_edited(self.route, side.other, found, pair) or bool(pair.open)
            if changed and not decided:
                return self._asked(key, pair, now)
        return self._deleted(key, pair, found)

    def _choice(self, pair: Pair) -> Choice | None:
        """What a person has said: whether it is deleted there too, as it was then."""
        if pair.decision is None:
            return None
        return pair.decision.waiting.get(gone_on(self.route.side))

    def _asked(self, key: str, pair: Pair, now: str) -> Result:
        """Leaves it to a person."""
        path = gone_on(self.route.side)
        choice = self._choice(pair)
        decision = pair.decision
        if decision is not None and choice is not None and choice.mark != now:
            decision = decision.outrun_at([path])
        asked = replace(pair, open=(path,), decision=decision, at=self.attempt.now)
        if not self.attempt.dry and (pair.open, pair.decision) != (asked.open, asked.decision):
            self.pairs.save(self.route.link.id, asked)  # lost to another one: the next run says it
        return Result(key, Verdict.CONFLICT, undecided(asked.open, asked.decision))

    def _deleted(self, key: str, pair: Pair, found: Canonical | None) -> Result:
        if not self.attempt.dry:
            if found is not None:
                try:
                    self._take_away(key, found)
                except Exception as error:  # noqa: BLE001 - it is the answer of this record
                    return Result(key, None, str(error), error)
            self.pairs.forget(self.route.link.id, pair)
        return Result(key, Verdict.DELETED)

    @property
    def _retires(self) -> bool:
        return self.route.side.other in self.route.link.retires

    def _take_away(self, key: str, found: Canonical) -> None:
        """A record that is switched off keeps all else that people made of it."""
        target = self.route.target
        if not self._retires:
            if isinstance(target, Deletable):
                target.delete(found.key)
        elif found.active is not False:
            off = _switched_off(found, self.route.there).model_copy(update={"key": key})
            target.update(found.key, off, self.route.here, self.once)


def _switched_off(found: Canonical, connection: str) -> Canonical:
    """A record that says no more than that it is off: its references are in the keys of its own
    side, and its parts are not told at all, so they stay."""
    changes: dict[str, Any] = {"active": False}
    for name, field in type(found).model_fields.items():
        value = getattr(found, name)
        if isinstance(value, Ref):
            own = {**value.external_ids, connection: value.key}
            changes[name] = value.model_copy(update={"external_ids": own})
        elif isinstance(value, BaseModel | tuple) and not field.is_required():
            changes[name] = field.get_default(call_default_factory=True)
    return found.model_copy(update=changes)
