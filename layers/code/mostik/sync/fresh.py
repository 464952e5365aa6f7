"""A run's records are as old as its list: those for which that matters are read anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mostik.errors import Skip
from mostik.sync.bulk import Many
from mostik.sync.case import BACK, Case
from mostik.sync.decide import Attempt
from mostik.sync.route import Route
from mostik.sync.verdict import Verdict

_GONE = "It is no longer there."


def read_again(cases: Sequence[Case], source: Many, route: Route, attempt: Attempt) -> None:
    """Takes what is there now: a job has carried something newer than what a run has listed, or it
    was listed long ago and may be gone.

    Args:
        cases: records that were listed.
        source: reads them.
        route: which way they go.
        attempt: who tries.
    """
    for case in _renewed(cases, source, route):
        agreed = case.pair.agreed.get(route.side) if case.pair is not None else None
        # After a try that failed the other side may hold what was listed, written late.
        if agreed == case.mark and not attempt.again and not case.is_open:
            case.settle(Verdict.UNCHANGED, "Carried over since it was listed.")


def to_decide_again(
    cases: Sequence[Case], source: Many, route: Route, attempt: Attempt
) -> Sequence[Case]:
    """Reads anew what is about to be written at the source, so that nothing is lost that people
    have changed since it was listed.

    Returns:
        The records that say something else than when it was decided.
    """
    if not attempt.of_a_run or attempt.dry:
        return []
    back = [case for case in cases if case.next in BACK and not case.fresh]
    marks = {case.record.key: case.mark for case in back}
    return [
        case
        for case in _renewed(back, source, route)
        if case.mark != marks[case.record.key] and case.result is None
    ]


def _renewed(cases: Sequence[Case], source: Many, route: Route) -> Iterator[Case]:
    found = source.read_many([case.record.key for case in cases]) if cases else {}
    for case in cases:
        record = found.get(case.record.key)
        if record is None:
            case.fail(Skip(_GONE))
        elif isinstance(record, Exception):
            case.fail(record)
        else:
            mark = route.mark(record, route.side)
            if not case.judged or mark != case.mark:
                case.record, case.mark = record, mark
            case.fresh = True
            yield case
