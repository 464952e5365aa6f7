"""Carries records across a link: the one engine for touches, full-state events and runs.

Up to 50 records are taken together, so that a side which reads and writes many at once needs few
calls. Each record ends with a verdict or with an error of its own; what is said about it is
written so that a worker may die between any two calls: the intent before a creation, the pair
after it, both conditional on what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mostik.commerce.fields import common
from mostik.commerce.record import Canonical
from mostik.errors import MostikError, Pending, RetryLater, Skip, Unknown, WhoActs
from mostik.integration import CreateOnce, Resource, Write
from mostik.jobs.outcome import StillAbsent
from mostik.sync.bulk import Many, many
from mostik.sync.decide import Attempt, Next, Settled, after_looking, before_looking
from mostik.sync.link import Link, Side
from mostik.sync.rivals import is_shared, rivals
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pair, Pairs, PairState

_SHORTEST_WAIT = 2.0


@dataclass(frozen=True, slots=True)
class Route:
    """A link in one direction, with the resources at its ends.

    Attributes:
        link: the link.
        side: where records come from.
        source: the resource there.
        target: the resource on the other side.
        fill: says references in the keys of the other side, where they are known.
        back: the same for records of the other side.
    """

    link: Link
    side: Side
    source: Resource[Any]
    target: Resource[Any]
    fill: Callable[[Canonical], Canonical] = lambda record: record
    back: Callable[[Canonical], Canonical] = lambda record: record

    @property
    def here(self) -> str:
        """The connection that records come from."""
        return self.link.end(self.side).connection

    @property
    def there(self) -> str:
        """The connection that they go to."""
        return self.link.end(self.side.other).connection

    @property
    def of(self) -> frozenset[str] | None:
        """The fields that both sides can hold; ``None``: all."""
        return common(getattr(self.source, "holds", None), getattr(self.target, "holds", None))


@dataclass(slots=True)
class _Case:
    """One record on its way."""

    record: Canonical
    mark: str
    pair: Pair | None
    there: Canonical | None = None
    next: Next | None = None
    result: Result | None = None
    intent: Pair | None = None

    def settle(self, verdict: Verdict, why: str = "") -> None:
        self.result = Result(self.record.key, verdict, why)

    def fail(self, error: Exception) -> None:
        match error:
            case Pending():
                self.result = Result(self.record.key, Verdict.PENDING, error.text, error)
            case Skip():
                self.result = Result(self.record.key, Verdict.SKIPPED, error.text, error)
            case _:
                self.result = Result(self.record.key, None, str(error), error)


@dataclass(slots=True)
class Apply:
    """Carries records over one route.

    Attributes:
        route: which way.
        pairs: cross-references.
        once: guards the creation of secondary objects.
        attempt: who tries, and what is known of earlier tries.
        cleared: called with the key of a record that was parked and is carried over now.
    """

    route: Route
    pairs: Pairs
    once: CreateOnce
    attempt: Attempt
    cleared: Callable[[str], None] = lambda _key: None
    _source: Many = field(init=False)
    _target: Many = field(init=False)

    def __call__(self, records: Sequence[Canonical]) -> Sequence[Result]:
        """Carries up to 50 records. Returns for each what became of it, in order.

        Raises:
            Busy: a service of AWS refused something; whatever was done is found again.
        """
        self._source = many(self.route.source, records=len(records))
        self._target = many(self.route.target, records=len(records))
        newest = {record.key: place for place, record in enumerate(records)}
        kept = [record for place, record in enumerate(records) if newest[record.key] == place]
        cases = self._opened(kept)
        self._look(cases)
        self._write(cases)
        results = {case.record.key: _result_of(case) for case in cases}
        return [
            results[record.key]
            if newest[record.key] == place
            else Result(record.key, Verdict.UNCHANGED, "Listed twice.")
            for place, record in enumerate(records)
        ]

    # ── what is known ──────────────────────────────────────────────────────────────────────────

    def _opened(self, records: Sequence[Canonical]) -> list[_Case]:
        link, side = self.route.link.id, self.route.side
        keys = [record.key for record in records]
        pairs = self.pairs.find_many(link, side, keys) if keys else {}
        cases = [
            _Case(record, record.fingerprint(self.route.of), pairs.get(record.key))
            for record in records
        ]
        for case in cases:
            decision = before_looking(side, case.mark, case.pair, self.attempt)
            if isinstance(decision, Settled):
                case.settle(decision.verdict, decision.why)
            elif decision is Next.READ_AGAIN and side in self.route.link.news:
                case.next = Next.LOOK
            else:
                case.next = decision
        self._read_again([case for case in cases if case.next is Next.READ_AGAIN])
        return cases

    def _read_again(self, cases: Sequence[_Case]) -> None:
        """A job has carried something newer than what a run has listed: take what is there now."""
        if not cases:
            return
        found = self._source.read_many([case.record.key for case in cases])
        for case in cases:
            record = found.get(case.record.key)
            if record is None:
                case.settle(Verdict.SKIPPED, "It is no longer there.")
            elif isinstance(record, Exception):
                case.fail(record)
            else:
                case.record, case.mark = record, record.fingerprint(self.route.of)
                agreed = case.pair.agreed.get(self.route.side) if case.pair is not None else None
                # After a try that failed the other side may hold what was listed, written late.
                if agreed == case.mark and not self.attempt.again:
                    case.settle(Verdict.UNCHANGED, "Carried over since it was listed.")

    def _look(self, cases: Sequence[_Case]) -> None:
        """Finds the other ends: by the pair, by the key that it carries, else by a look-up."""
        open_cases = [case for case in cases if case.result is None]
        by_key: dict[str, list[_Case]] = {}
        for case in open_cases:
            if (key := self._known_key(case)) is not None:
                by_key.setdefault(key, []).append(case)
        if by_key:
            for key, found in self._target.read_many(list(by_key)).items():
                for case in by_key[key]:
                    _take(case, found)
        unfound = [case for case in open_cases if case.there is None and case.result is None]
        if unfound:
            by_record = {case.record.key: case for case in unfound}
            found_many = self._target.find_many(self.route.here, list(by_record))
            for key, found in found_many.items():
                _take(by_record[key], found)
        met = [(case, case.there) for case in open_cases if case.there and case.result is None]
        for case, error in self._second_ones(met):
            case.fail(error)
        for case in open_cases:
            if case.result is None:
                self._decide(case)

    def _second_ones(
        self, met: Sequence[tuple[_Case, Canonical]]
    ) -> Sequence[tuple[_Case, MostikError]]:
        """Those that would be paired with a record that is another one's already."""
        if is_shared(self.route.target):
            return []
        new = [(case, there.key) for case, there in met if self._paired(case) != there.key]
        wanted = [(case.record.key, key) for case, key in new]
        refused = rivals(self.route.link, self.route.side, self.pairs, self._source, wanted)
        return [(case, refused[case.record.key]) for case, _ in new if case.record.key in refused]

    def _paired(self, case: _Case) -> str | None:
        pair = case.pair
        return pair.keys[self.route.side.other] if pair is not None and pair.is_linked else None

    def _known_key(self, case: _Case) -> str | None:
        if case.pair is not None and case.pair.is_linked:
            return case.pair.keys[self.route.side.other]
        return case.record.external_ids.get(self.route.there)

    def _decide(self, case: _Case) -> None:
        route = self.route
        case.record = route.fill(case.record)
        decision = after_looking(
            route.link,
            route.side,
            case.record,
            case.pair,
            case.there,
            self.attempt,
            route.of,
            route.back,
        )
        match decision:
            case Settled():
                case.fail(Skip(decision.why))
            case Next.STILL_ABSENT:
                case.fail(StillAbsent())
            case Next.OCCUPIED:
                until = case.pair.until if case.pair is not None else 0.0
                case.fail(_occupied(until - self.attempt.now))
            case _:
                case.next = decision

    # ── what is done ───────────────────────────────────────────────────────────────────────────

    def _write(self, cases: Sequence[_Case]) -> None:
        todo = [case for case in cases if case.result is None]
        if self.attempt.dry:
            for case in todo:
                case.settle(_would_be(case.next))
            return
        for case in todo:
            if case.next is Next.AGREE and case.there is not None:
                if self._made_before(case):
                    self._agree(case, case.there, Verdict.CREATED)
                else:
                    why = "Both sides say the same already."
                    self._agree(case, case.there, Verdict.UNCHANGED, why)
        self._write_there([case for case in todo if case.next in (Next.CREATE, Next.UPDATE)])
        self._write_back([case for case in todo if case.next is Next.WRITE_BACK])

    def _write_there(self, cases: Sequence[_Case]) -> None:
        for case in cases:
            if case.next is Next.CREATE:
                self._intend(case)
        ready = [case for case in cases if case.result is None]
        writes = [
            Write(case.record, case.there.key if case.there else None, case.there) for case in ready
        ]
        answers = self._target.write_many(writes, self.route.here, self.once) if writes else []
        written = list(zip(ready, answers, strict=True))
        made = [(case, one) for case, one in written if isinstance(one, Canonical)]
        second = {case.record.key: error for case, error in self._second_ones(made)}
        for case, answer in written:
            if isinstance(answer, Exception):
                self._failed(case, answer)
                continue
            if case.record.key in second:
                self._failed(case, second[case.record.key])
                continue
            created = case.next is Next.CREATE or self._made_before(case)
            self._agree(case, answer, Verdict.CREATED if created else Verdict.UPDATED)

    def _made_before(self, case: _Case) -> bool:
        """Whether an earlier attempt of this job has created it and could not say so any more."""
        pair = case.pair
        begun = pair is not None and pair.state is PairState.CREATING
        return begun and pair is not None and pair.job == self.attempt.job

    def _write_back(self, cases: Sequence[_Case]) -> None:
        back = self.route.back
        writes = [
            Write(back(case.there), case.record.key, case.record) for case in cases if case.there
        ]
        answers = self._source.write_many(writes, self.route.there, self.once) if writes else []
        for case, answer in zip(cases, answers, strict=True):
            if isinstance(answer, Exception):
                case.fail(answer)
            elif case.there is not None:
                case.record, case.mark = answer, answer.fingerprint(self.route.of)
                self._agree(case, case.there, Verdict.UPDATED, wrote=self.route.side)

    def _intend(self, case: _Case) -> None:
        """Says that a creation is under way, before it is."""
        side, pair = self.route.side, case.pair
        intent = Pair(
            keys={side: case.record.key},
            agreed={},
            state=PairState.CREATING,
            at=self.attempt.now,
            job=self.attempt.job,
            until=self.attempt.until,
            ask=self.attempt.ask,
            parked=pair.parked if pair is not None else None,
            version=pair.version if pair is not None else None,
            row=pair.row if pair is not None else None,
        )
        stored = self.pairs.save(self.route.link.id, intent)
        if stored is None:
            case.fail(_occupied(_SHORTEST_WAIT))
            return
        case.intent = case.pair = stored

    def _failed(self, case: _Case, error: Exception) -> None:
        case.fail(error)
        certain = isinstance(error, MostikError) and not isinstance(error, Unknown)
        if case.intent is not None and certain:
            self.pairs.withdraw(self.route.link.id, case.intent)

    def _agree(
        self,
        case: _Case,
        there: Canonical,
        verdict: Verdict,
        why: str = "",
        wrote: Side | None = None,
    ) -> None:
        side, pair = self.route.side, case.pair
        measure = case.record.measure()
        effect = verdict is not Verdict.UNCHANGED
        agreed = Pair(
            keys={side: case.record.key, side.other: there.key},
            agreed={side: case.mark, side.other: there.fingerprint(self.route.of)},
            at=self.attempt.now,
            ask=self.attempt.ask,
            did=verdict,
            wrote=(wrote or side.other) if effect else None,
            measure=str(measure) if measure is not None else None,
            version=pair.version if pair is not None else None,
            row=pair.row if pair is not None else None,
        )
        known = pair is not None and pair.enumerated
        if known and pair is not None and pair.keys == agreed.keys:
            agreed = replace(agreed, enumerated=True)
        if self.pairs.save(self.route.link.id, agreed) is None:
            # Another job has carried it meanwhile; which of the two wrote last is not known.
            case.fail(_occupied(_SHORTEST_WAIT))
            return
        if pair is not None and pair.parked is not None:
            self.cleared(case.record.key)
        case.settle(verdict, why)


def _take(case: _Case, found: Canonical | Exception) -> None:
    if isinstance(found, Exception):
        case.fail(found)
    else:
        case.there = found


def _result_of(case: _Case) -> Result:
    if case.result is None:
        raise AssertionError(f"no decision about a record: {case.next}")
    return replace(case.result)


def _would_be(decision: Next | None) -> Verdict:
    match decision:
        case Next.CREATE:
            return Verdict.CREATED
        case Next.AGREE:
            return Verdict.UNCHANGED
        case _:
            return Verdict.UPDATED


def _occupied(wait: float) -> RetryLater:
    return RetryLater(
        "Another job works on the same record; this one comes after it.",
        who=WhoActs.SYSTEM,
        retry_after=max(wait, _SHORTEST_WAIT),
    )
