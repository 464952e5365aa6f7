"""One record on its way over a link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mostik.commerce.record import Canonical
from mostik.errors import Pending, RetryLater, Skip, WhoActs
from mostik.sync.decide import Next, undecided
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pair

if TYPE_CHECKING:
    from mostik.sync.terms import Judged

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
        return Verdict.CONFLICT, undecided(judged.open)
    match case.next:
        case Next.CREATE:
            return Verdict.CREATED, ""
        case Next.AGREE:
            return Verdict.UNCHANGED, ""
    if judged is None:
        return Verdict.UPDATED, ""
    told = (f"{', '.join(paths)} on the {side}" for side, paths in judged.changes.items())
    return Verdict.UPDATED, f"It would change {' and '.join(told)}."


def occupied(wait: float) -> RetryLater:
    """Returns the error of a record that another job works on."""
    return RetryLater(
        "Another job works on the same record; this one comes after it.",
        who=WhoActs.SYSTEM,
        retry_after=max(wait, SHORTEST_WAIT),
    )
