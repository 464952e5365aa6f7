"""One record on its way over a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mostik.commerce.record import Canonical
from mostik.errors import Pending, RetryLater, Skip, WhoActs
from mostik.sync.decide import Attempt, Next
from mostik.sync.decision import Decision, undecided
from mostik.sync.link import Side
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pair, Pairs, PairState

if TYPE_CHECKING:
    from mostik.merge.choice import Choice
    from mostik.sync.route import Route
    from mostik.sync.terms import Judged, Terms

SHORTEST_WAIT = 2.0


@dataclass(slots=True)
class Case:
    """One record on its way."""

    record: Canonical
    mark: str
    pair: Pair | None
    there: Canonical | None = None
    next: Next | None = None
    result: Result | None = None
    intent: Pair | None = None
    told: Canonical | None = None
    judged: Judged | None = None
    fresh: bool = False

    @property
    def is_open(self) -> bool:
        """Whether a person must decide about it, or has."""
        return self.pair is not None and self.pair.is_open

    def settle(self, verdict: Verdict, why: str = "") -> None:
        """Gives it its verdict."""
        self.result = Result(self.record.key, verdict, why)

    def fail(self, error: Exception) -> None:
        """Says why it is not carried over."""
        match error:
            case Pending():
                self.result = Result(self.record.key, Verdict.PENDING, error.text, error)
            case Skip():
                self.result = Result(self.record.key, Verdict.SKIPPED, error.text, error)
            case _:
                self.result = Result(self.record.key, None, str(error), error)


def take(case: Case, found: Canonical | Exception) -> None:
    """Remembers what was found on the other side."""
    if isinstance(found, Exception):
        case.fail(found)
    else:
        case.there = found


def join(cases: Sequence[Case], route: Route, pairs: Pairs, attempt: Attempt) -> None:
    """Looks after records without a pair whose other end has one, or has begun one.

    The job that pairs the two is at work, or has died before it could say so here. As the records
    were read before the pair, they are left to the next attempt, unless nobody works on them.

    Args:
        cases: records and what was found on the other side.
        route: which way they go.
        pairs: cross-references.
        attempt: who tries.
    """
    alone: dict[str, Case] = {}
    for case in cases:
        if case.result is None and (case.pair is None or not case.pair.is_linked):
            key = case.there.key if case.there else case.record.external_ids.get(route.there)
            if key is not None:
                alone[key] = case
    standing = pairs.find_many(route.link.id, route.side.other, list(alone)) if alone else {}
    for key, pair in standing.items():
        case = alone[key]
        theirs = pair.is_linked and pair.keys[route.side] == case.record.key
        begun = pair.state is PairState.CREATING and case.there is not None
        if not theirs and not begun:
            continue
        if attempt.dry or (begun and pair.until <= attempt.now):
            case.pair = case.pair or pair
            continue
        if theirs:
            pairs.point(route.link.id, pair)
        case.fail(occupied(SHORTEST_WAIT))


def result_of(case: Case) -> Result:
    """Returns what became of it."""
    if case.result is None:
        raise AssertionError(f"no decision about a record: {case.next}")
    return replace(case.result)


THERE = (Next.CREATE, Next.UPDATE, Next.BOTH)
BACK = (Next.WRITE_BACK, Next.BOTH)


def would_be(case: Case) -> tuple[Verdict, str]:
    """Returns what a run that writes nothing says of it."""
    judged = case.judged
    if judged is not None and judged.open:
        return Verdict.CONFLICT, undecided(judged.open, outrun(case))
    match case.next:
        case Next.CREATE:
            return Verdict.CREATED, ""
        case Next.AGREE:
            return Verdict.UNCHANGED, ""
    if judged is None:
        return Verdict.UPDATED, ""
    told = (f"{', '.join(paths)} on the {side}" for side, paths in judged.changes.items())
    return Verdict.UPDATED, f"It would change {' and '.join(told)}."


def counterpart(case: Case, side: Side) -> str | None:
    """Returns the key of its other end, by its pair."""
    pair = case.pair
    return pair.keys[side] if pair is not None and pair.is_linked else None


def known_key(case: Case, side: Side, connection: str) -> str | None:
    """Returns the key of its other end, by its pair or because the record carries it."""
    paired = counterpart(case, side)
    return paired if paired is not None else case.record.external_ids.get(connection)


def begun(case: Case, side: Side, attempt: Attempt, terms: Terms | None) -> Pair:
    """Returns the pair of a record whose creation begins.

    It says what is about to be made: of a creation whose answer is lost that is what both agree on,
    whatever people have changed since.
    """
    pair, made = case.pair, case.told
    intent = terms.created(side, case.record, made) if terms is not None and made else None
    return Pair(
        keys={side: case.record.key},
        agreed={},
        state=PairState.CREATING,
        at=attempt.now,
        job=attempt.job,
        until=attempt.until,
        ask=attempt.ask,
        intent=intent,
        mapping=terms.version if terms is not None else "",
        parked=pair.parked if pair is not None else None,
        version=pair.version if pair is not None else None,
        row=pair.row if pair is not None else None,
    )


def base_of(case: Case, terms: Terms) -> Mapping[str, Any] | None:
    """Returns what the two have agreed on, unless it was under another mapping."""
    pair = case.pair
    return pair.agreement if pair is not None and pair.mapping == terms.version else None


def intent_of(case: Case, terms: Terms) -> Mapping[str, Any] | None:
    """Returns what was about to be written, unless it was under another mapping."""
    pair = case.pair
    return pair.intent if pair is not None and pair.mapping == terms.version else None


def waiting(case: Case) -> Mapping[str, Choice]:
    """Returns what a person has decided, and nobody has carried out yet."""
    decision = case.pair.decision if case.pair is not None else None
    return decision.waiting if decision is not None else {}


def outrun(case: Case) -> Decision | None:
    """Returns what a person has decided about other values than those that are there now."""
    decision = case.pair.decision if case.pair is not None else None
    if decision is None or case.judged is None:
        return None
    return decision.outrun_at(case.judged.outrun)


def is_edited(route: Route, side: Side, record: Canonical, pair: Pair | None) -> bool:
    """Whether a record says something else than what was agreed, and than what we were about to
    write there ourselves."""
    if pair is None or not pair.is_linked:
        return True
    if pair.agreed.get(side) == route.mark(record, side):
        return False
    terms = route.terms
    if terms is None or pair.intent is None or pair.mapping != terms.version:
        return True
    return terms.is_edited(side, record, pair.agreement or {}, pair.intent)


def taken(case: Case, attempt: Attempt) -> RetryLater:
    """Returns the error of a record that another job is writing. That one mostly ends within a
    moment; whoever comes again in vain waits until it has certainly ended."""
    until = case.pair.until if case.pair is not None else 0.0
    soon = attempt.tries == 1 and not attempt.of_a_run
    return occupied(SHORTEST_WAIT if soon else until - attempt.now)


def occupied(wait: float) -> RetryLater:
    """Returns the error of a record that another job works on."""
    return RetryLater(
        "Another job works on the same record; this one comes after it.",
        who=WhoActs.SYSTEM,
        retry_after=max(wait, SHORTEST_WAIT),
    )
