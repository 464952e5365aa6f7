"""Carries records across a link: the one engine for touches, full-state events and runs.

Up to 50 records are taken together, so that a side which reads and writes many at once needs few
calls. Each record ends with a verdict or with an error of its own; what is said about it is
written so that a worker may die between any two calls: the intent before a creation, the pair
after it, both conditional on what was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mostik.commerce.record import Canonical
from mostik.errors import MostikError, Skip, Unknown
from mostik.integration import CreateOnce, Write
from mostik.jobs.outcome import StillAbsent
from mostik.sync.bulk import Many, many
from mostik.sync.case import (
    BACK,
    SHORTEST_WAIT,
    THERE,
    Case,
    base_of,
    begun,
    counterpart,
    intent_of,
    is_edited,
    join,
    known_key,
    occupied,
    outrun,
    result_of,
    take,
    taken,
    waiting,
)
from mostik.sync.decide import (
    Attempt,
    Next,
    Settled,
    after_looking,
    before_looking,
)
from mostik.sync.decision import undecided
from mostik.sync.fresh import read_again, to_decide_again
from mostik.sync.link import Side
from mostik.sync.rivals import is_shared, rivals
from mostik.sync.route import UNMATCHED, Route
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pair, Pairs, PairState

if TYPE_CHECKING:
    from mostik.sync.terms import Terms


@dataclass(slots=True)
class Apply:
    """Carries records over one route.

    Attributes:
        route: which way.
        pairs: cross-references.
        once: guards the creation of secondary objects.
        attempt: who tries, and what is known of earlier tries.
        cleared: called with the key of a record that was parked and is carried over now.
        known: pairs that were read before the records were; ``None``: they are read here.
    """

    route: Route
    pairs: Pairs
    once: CreateOnce
    attempt: Attempt
    cleared: Callable[[str], None] = lambda _key: None
    known: Mapping[str, Pair] | None = None
    _source: Many = field(init=False)
    _target: Many = field(init=False)

    def __call__(self, records: Sequence[Canonical]) -> Sequence[Result]:
        """Carries up to 50 records. Returns for each what became of it, in order.

        Raises:
            Busy: a service of AWS refused something; whatever was done is found again.
        """
        if not self.route.link.matched and not self.attempt.dry:
            return [Result(record.key, Verdict.SKIPPED, UNMATCHED) for record in records]
        self._source = many(self.route.source, records=len(records))
        self._target = many(self.route.target, records=len(records))
        newest = {record.key: place for place, record in enumerate(records)}
        kept = [record for place, record in enumerate(records) if newest[record.key] == place]
        cases = self._opened(kept)
        self._look(cases)
        self._write(cases)
        results = {case.record.key: result_of(case) for case in cases}
        return [
            results[record.key]
            if newest[record.key] == place
            else Result(record.key, Verdict.UNCHANGED, "Listed twice.")
            for place, record in enumerate(records)
        ]

    # ── what is known ──────────────────────────────────────────────────────────────────────────

    def _opened(self, records: Sequence[Canonical]) -> list[Case]:
        link, side = self.route.link.id, self.route.side
        keys = [record.key for record in records]
        pairs = self.known
        if pairs is None:
            pairs = self.pairs.find_many(link, side, keys) if keys else {}
        cases = [
            Case(record, self.route.mark(record, side), pairs.get(record.key)) for record in records
        ]
        for case in cases:
            refused = self.route.refused(case.record)
            if refused is not None:
                case.settle(Verdict.SKIPPED, refused)
                continue
            decision = before_looking(side, case.mark, case.pair, self.attempt)
            if isinstance(decision, Settled):
                case.settle(decision.verdict, decision.why)
            elif decision is Next.OCCUPIED:
                case.fail(taken(case, self.attempt))
            elif decision is Next.READ_AGAIN and side in self.route.link.news:
                case.next = Next.LOOK
            else:
                case.next = decision
        again = [case for case in cases if case.next is Next.READ_AGAIN]
        read_again(again, self._source, self.route, self.attempt)
        return cases

    def _look(self, cases: Sequence[Case]) -> None:
        """Finds the other ends: by the pair, by the key that it carries, else by a look-up."""
        open_cases = [case for case in cases if case.result is None]
        by_key: dict[str, list[Case]] = {}
        for case in open_cases:
            if (key := known_key(case, self.route.side.other, self.route.there)) is not None:
                by_key.setdefault(key, []).append(case)
        if by_key:
            for key, found in self._target.read_many(list(by_key)).items():
                for case in by_key[key]:
                    take(case, found)
        unfound = [case for case in open_cases if case.there is None and case.result is None]
        if unfound:
            by_record = {case.record.key: case for case in unfound}
            found_many = self._target.find_many(self.route.here, list(by_record))
            for key, found in found_many.items():
                take(by_record[key], found)
        join(open_cases, self.route, self.pairs, self.attempt)
        met = [(case, case.there) for case in open_cases if case.there and case.result is None]
        for case, error in self._second_ones(met):
            case.fail(error)
        undecided = [case for case in open_cases if case.result is None]
        for case in undecided:
            self._decide(case)
        waiting = [case for case in undecided if case.result is None]
        for case in to_decide_again(waiting, self._source, self.route, self.attempt):
            self._decide(case)

    def _second_ones(
        self, met: Sequence[tuple[Case, Canonical]]
    ) -> Sequence[tuple[Case, MostikError]]:
        """Those that would be paired with a record that is another one's already."""
        if is_shared(self.route.target):
            return []
        new = [
            (case, there.key)
            for case, there in met
            if counterpart(case, self.route.side.other) != there.key
        ]
        wanted = [(case.record.key, key) for case, key in new]
        refused = rivals(self.route.link, self.route.side, self.pairs, self._source, wanted)
        return [(case, refused[case.record.key]) for case, _ in new if case.record.key in refused]

    def _decide(self, case: Case) -> None:
        route = self.route
        case.record = route.fill(case.record)
        frozen = route.terms.frozen(route.side, case.record) if route.terms is not None else None
        if frozen is not None:
            case.fail(frozen)
            return
        if route.terms is not None and case.there is not None:
            self._merge(case, case.there, route.terms)
            return
        decision = after_looking(
            route.link,
            route.side,
            case.record,
            case.pair,
            case.there,
            self.attempt,
            route.of,
            route.back,
            edited=is_edited(route, route.side, case.record, case.pair),
        )
        match decision:
            case Settled():
                case.fail(Skip(decision.why))
            case Next.STILL_ABSENT:
                case.fail(StillAbsent())
            case Next.OCCUPIED:
                case.fail(taken(case, self.attempt))
            case Next.CREATE if route.terms is not None:
                try:
                    case.told = route.terms.made(route.side, case.record)
                except MostikError as error:
                    case.fail(error)
                else:
                    case.next = decision
            case _:
                case.next = decision

    def _merge(self, case: Case, there: Canonical, terms: Terms) -> None:
        """Decides field by field: each side is told what the other one has changed."""
        side = self.route.side
        try:
            judged = terms.judged(
                side,
                case.record,
                self.route.back(there),
                base_of(case, terms),
                intent_of(case, terms),
                waiting(case),
            )
        except MostikError as error:
            case.fail(error)
            return
        case.judged, case.told = judged, judged.told.get(side.other)
        forth, back = side.other in judged.told, side in judged.told
        if forth and back:
            case.next = Next.BOTH
        elif forth or back:
            case.next = Next.UPDATE if forth else Next.WRITE_BACK
        else:
            case.next = Next.AGREE

    # ── what is done ───────────────────────────────────────────────────────────────────────────

    def _write(self, cases: Sequence[Case]) -> None:
        todo = [case for case in cases if case.result is None]
        if self.attempt.dry:
            from mostik.sync.forecast import foretell  # noqa: PLC0415 - loaded when needed

            for case in todo:
                foretell(case, self.route)
            return
        for case in todo:
            if case.next is Next.AGREE and case.there is not None:
                if self._made_before(case):
                    self._agree(case, case.there, Verdict.CREATED)
                else:
                    why = "Both sides say the same already."
                    self._agree(case, case.there, Verdict.UNCHANGED, why)
        for case in todo:
            self._announce(case)
        self._write_there([case for case in todo if case.next in THERE and case.result is None])
        self._write_back([case for case in todo if case.next in BACK and case.result is None])

    def _announce(self, case: Case) -> None:
        """Says which fields are about to be written: a worker that dies behind the write leaves it
        to be told from a person's edit."""
        judged = case.judged
        if case.pair is None or judged is None or judged.intent is None or case.result is not None:
            return
        announced = replace(
            case.pair,
            intent=judged.intent,
            agreement=judged.base,
            job=self.attempt.job,
            until=self.attempt.until,
        )
        stored = self.pairs.save(self.route.link.id, announced)
        if stored is None:
            case.fail(occupied(SHORTEST_WAIT))
        else:
            case.pair = stored

    def _write_there(self, cases: Sequence[Case]) -> None:
        for case in cases:
            if case.next is Next.CREATE:
                self._intend(case)
        ready = [case for case in cases if case.result is None]
        writes = [
            Write(case.told or case.record, case.there.key if case.there else None, case.there)
            for case in ready
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
            if case.next is Next.BOTH:
                case.there = answer
                continue
            created = case.next is Next.CREATE or self._made_before(case)
            self._agree(case, answer, Verdict.CREATED if created else Verdict.UPDATED)

    def _made_before(self, case: Case) -> bool:
        """Whether an earlier attempt of this job has created it and could not say so any more."""
        pair = case.pair
        begun = pair is not None and pair.state is PairState.CREATING
        return begun and pair is not None and pair.job == self.attempt.job

    def _write_back(self, cases: Sequence[Case]) -> None:
        writes = [
            Write(self._told_back(case, case.there), case.record.key, case.record)
            for case in cases
            if case.there
        ]
        answers = self._source.write_many(writes, self.route.there, self.once) if writes else []
        for case, answer in zip(cases, answers, strict=True):
            if isinstance(answer, Exception):
                case.fail(answer)
            elif case.there is not None:
                case.record, case.mark = answer, self.route.mark(answer, self.route.side)
                self._agree(case, case.there, Verdict.UPDATED, wrote=self.route.side)

    def _told_back(self, case: Case, there: Canonical) -> Canonical:
        told = case.judged.told.get(self.route.side) if case.judged is not None else None
        return told or self.route.back(there)

    def _intend(self, case: Case) -> None:
        """Says that a creation is under way, before it is."""
        intent, pair = begun(case, self.route.side, self.attempt, self.route.terms), case.pair
        if pair is not None and pair.is_linked and pair.row is not self.route.side:
            # It stands under the key of what is gone, and must not be taken for a pair there.
            dissolved = self.pairs.dissolve(self.route.link.id, pair)
            intent = replace(intent, version=None, row=None)
            stored = self.pairs.save(self.route.link.id, intent) if dissolved else None
        else:
            stored = self.pairs.save(self.route.link.id, intent)
        if stored is None:
            case.fail(occupied(SHORTEST_WAIT))
            return
        case.intent = case.pair = stored

    def _failed(self, case: Case, error: Exception) -> None:
        case.fail(error)
        certain = isinstance(error, MostikError) and not isinstance(error, Unknown)
        if case.intent is not None and certain:
            self.pairs.withdraw(self.route.link.id, case.intent)

    def _agree(
        self,
        case: Case,
        there: Canonical,
        verdict: Verdict,
        why: str = "",
        wrote: Side | None = None,
    ) -> None:
        side, pair = self.route.side, case.pair
        measure = case.record.measure()
        effect = verdict is not Verdict.UNCHANGED
        unsettled = case.judged.open if case.judged is not None else ()
        if unsettled:
            verdict, why = Verdict.CONFLICT, undecided(unsettled, outrun(case))
        agreed = Pair(
            keys={side: case.record.key, side.other: there.key},
            agreed={side: case.mark, side.other: self.route.mark(there, side.other)},
            at=self.attempt.now,
            ask=self.attempt.ask,
            did=verdict,
            wrote=(wrote or side.other) if effect else None,
            measure=str(measure) if measure is not None else None,
            agreement=self._agreement(case, there, unsettled),
            mapping=self.route.terms.version if self.route.terms is not None else "",
            open=unsettled,
            decision=outrun(case),
            version=pair.version if pair is not None else None,
            row=pair.row if pair is not None else None,
        )
        known = pair is not None and pair.enumerated
        if known and pair is not None and pair.keys == agreed.keys:
            agreed = replace(agreed, enumerated=True)
        if self.pairs.save(self.route.link.id, agreed) is None:
            # Another job has carried it meanwhile; which of the two wrote last is not known.
            case.fail(occupied(SHORTEST_WAIT))
            return
        if pair is not None and pair.parked is not None:
            self.cleared(case.record.key)
        case.settle(verdict, why)

    def _agreement(
        self, case: Case, there: Canonical, unsettled: tuple[str, ...]
    ) -> Mapping[str, Any] | None:
        route = self.route
        if route.terms is None:
            return None
        base = base_of(case, route.terms)
        return route.terms.agreement(
            route.side, route.fill(case.record), route.back(there), base, unsettled
        )
