"""Deletes what is gone: after a complete scan, or because a list said so.

A record is deleted on the other side only when the link allows it, the source confirms that it is
gone, and nobody has changed it there since the two last agreed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mostik.commerce.record import Canonical
from mostik.integration import Deletable
from mostik.sync.apply import Route
from mostik.sync.bulk import many
from mostik.sync.decide import Attempt
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pair, Pairs


@dataclass(frozen=True, slots=True)
class Deletion:
    """Deletes over one route.

    Attributes:
        route: which way.
        pairs: cross-references.
        attempt: who tries.
    """

    route: Route
    pairs: Pairs
    attempt: Attempt

    def __call__(self, keys: Sequence[str]) -> Sequence[Result]:
        """Deletes on the other side what these keys of the source stood for.

        Raises:
            Busy: a service of AWS refused something.
        """
        if not keys:
            return []
        route = self.route
        if route.side.other not in route.link.deletes:
            why = f"This link deletes nothing in {route.there}."
            return [Result(key, Verdict.SKIPPED, why) for key in keys]
        if not isinstance(route.target, Deletable):
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
        changed = found is not None and found.fingerprint(self.route.of) != pair.agreed.get(
            side.other
        )
        if changed:
            why = "It is gone here, and was changed there since: a person decides."
            return Result(key, Verdict.CONFLICT, why)
        return self._deleted(key, pair, other if found is not None else None)

    def _deleted(self, key: str, pair: Pair, other: str | None) -> Result:
        if not self.attempt.dry:
            target = self.route.target
            if other is not None and isinstance(target, Deletable):
                try:
                    target.delete(other)
                except Exception as error:  # noqa: BLE001 - it is the answer of this record
                    return Result(key, None, str(error), error)
            self.pairs.forget(self.route.link.id, pair)
        return Result(key, Verdict.DELETED)
