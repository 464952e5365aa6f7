"""What the engine would do with a record as it is now: what is wrong with it, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mostik.commerce.record import Canonical
from mostik.errors import GiveUp, Skip
from mostik.integration import RecordT
from mostik.jobs.row import JobState
from mostik.jobs.rows import JobRows
from mostik.ports import Clock
from mostik.sync.apply import Apply
from mostik.sync.bulk import many
from mostik.sync.comparison import Difference, Lack
from mostik.sync.decide import Attempt
from mostik.sync.link import Link, Side
from mostik.sync.parked import Parked
from mostik.sync.route import Route
from mostik.sync.sidelist import Entry, Standing
from mostik.sync.unfit import unfit
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pairs

_WAITS = (JobState.QUEUED, JobState.HELD, JobState.WAITING, JobState.UNKNOWN, JobState.FAILED)


@dataclass(frozen=True, slots=True)
class Judge:
    """Looks at both sides of records; nothing is written.

    Attributes:
        pairs: cross-references.
        parked: records in quarantine, and pending ones.
        rows: job rows.
        clock: unix seconds.
    """

    pairs: Pairs
    parked: Parked
    rows: JobRows
    clock: Clock

    def __call__(self, route: Route, keys: Sequence[str]) -> Iterator[Result]:
        """Yields what the engine would do with records as they are now; what is gone by now is left
        out.

        Args:
            route: from their side.
            keys: their keys there.

        Raises:
            MostikError: a side cannot be asked at present.
        """
        read = many(route.source, records=len(keys)).read_many(keys)
        records = [one for one in read.values() if isinstance(one, Canonical)]
        # Said to follow a failed try: then nothing counts as agreed before both sides were read.
        attempt = Attempt(now=self.clock(), dry=True, again=True)
        apply = Apply(route, self.pairs, _never, attempt)
        failed = [
            Result(key, None, str(one), one)
            for key, one in read.items()
            if isinstance(one, Exception)
        ]
        for result in [*failed, *(apply(records) if records else [])]:
            error = result.error
            if error is not None and not isinstance(unfit(error) or error, GiveUp | Skip):
                raise error
            yield result

    def difference(
        self, link: Link, side: Side, entry: Entry, there: str, result: Result
    ) -> Difference | None:
        """Returns what is wrong with a record; ``None``: nothing.

        Args:
            link: the link.
            side: where it was read.
            entry: what is kept of it.
            there: the fingerprint of its counterpart; empty: there is none.
            result: what the engine would do.
        """
        other = entry.other
        fields = tuple(dict.fromkeys(change.path for change in result.changes))
        missing = Lack.MISSING_RIGHT if side is Side.LEFT else Lack.MISSING_LEFT
        why = self._stopped(link, side, entry.key) or result.why
        match result.verdict:
            case Verdict.CREATED:
                return Difference(missing, side, entry.key, other, (), why, mends=True)
            case Verdict.UPDATED:
                return Difference(Lack.DIFFERS, side, entry.key, other, fields, why, mends=True)
            case Verdict.CONFLICT:
                paths = tuple(one.path for one in result.disputes)
                return Difference(Lack.CONFLICT, side, entry.key, other, paths, why)
            case Verdict.SKIPPED:
                gone = other is not None and not there
                return Difference(missing, side, entry.key, other, (), why) if gone else None
            case Verdict.QUARANTINED | Verdict.PENDING | None:
                return Difference(Lack.UNFIT, side, entry.key, other, (), why)
        if side.other not in link.updates and entry.standing is Standing.CHANGED:
            why = f"It was changed here; nothing goes to {link.end(side.other).connection}."
            return Difference(Lack.DIFFERS, side, entry.key, other, (), why)
        if entry.standing is Standing.UNPAIRED:
            return Difference(Lack.UNPAIRED, side, entry.key, other, (), why, mends=True)
        return None

    def _stopped(self, link: Link, side: Side, key: str) -> str:
        """What keeps a record from being carried over, if it is known."""
        parked = self.parked.get(link.id, side, key)
        if parked is not None:
            return f"It lies in {parked.verdict.value}: {parked.failure.text}"
        end = link.end(side)
        job = self.rows.get(f"{end.connection}/{end.resource}/{key}")
        if job is None or job.state not in _WAITS:
            return ""
        failure = f" {job.failure.text}" if job.failure is not None else ""
        return f"Its job is {job.state.value}.{failure}"


def _never(name: str, find: Callable[[], RecordT | None], create: Callable[[], RecordT]) -> RecordT:
    """Nothing is created by looking."""
    del find, create
    raise AssertionError(f"a comparison would have created {name}")
