"""Carries one chunk of a run over and writes down, once, what became of its records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mostik.commerce.record import Canonical
from mostik.errors import (
    ConfigurationError,
    GiveUp,
    MostikError,
    RateLimited,
    RetryLater,
    Unknown,
    WhoActs,
)
from mostik.ids import ulid
from mostik.integration import CreateOnce
from mostik.jobs.outcome import Changed, StillAbsent, Unchanged
from mostik.jobs.runwork import RunChunk
from mostik.ports import Busy, Clock
from mostik.sync.announced import Announced
from mostik.sync.apply import Apply
from mostik.sync.bulk import many
from mostik.sync.content import Contents, Kept
from mostik.sync.decide import Attempt, is_effect
from mostik.sync.delete import Deletion
from mostik.sync.parked import Parked, failure_of
from mostik.sync.results import ChunkRow, PageRow, Results, some
from mostik.sync.route import Route
from mostik.sync.run import Run
from mostik.sync.unfit import unfit
from mostik.sync.verdict import Result, Totals, Verdict, counted
from mostik.sync.xref import Pairs

Defect = Callable[[Exception, str], None]
"""Takes an exception that is a defect in code, and the job."""

TRIES_BESIDE_OTHERS = 4
"""A record that fails so often while others of its chunk get through goes into quarantine."""
TRIES_ALONE = 7
_ORDER = (Busy, Unknown, StillAbsent, ConfigurationError, RateLimited, RetryLater)
"""What the job comes to when its records came to several things: the first of these."""


class Masks(Protocol):
    """Takes secrets and personal data out of what is going to be stored."""

    def error(self, error: MostikError) -> None:
        """Masks an error, in place."""
        ...

    def content(self, content: Any) -> Any:
        """Returns plain content, masked."""
        ...


@dataclass(frozen=True, slots=True)
class Chunks:
    """Carries chunks over.

    Attributes:
        results: page and chunk rows.
        pairs: cross-references.
        parked: quarantine and pending records.
        contents: records of chunks.
        clock: unix seconds.
        defect: takes an exception that is a defect in code, and the job.
        token: makes names that nobody else makes.
        announced: knows of which records a hint has told.
    """

    results: Results
    pairs: Pairs
    parked: Parked
    contents: Contents
    clock: Clock
    defect: Defect = lambda _error, _job: None
    token: Callable[[float], str] = ulid
    announced: Announced | None = None

    def carry_over(
        self,
        work: RunChunk,
        run: Run,
        route: Route,
        once: CreateOnce,
        attempt: Attempt,
        masks: Masks,
    ) -> Changed | Unchanged:
        """Carries a chunk over, unless that was done.

        Args:
            work: which chunk.
            run: its run.
            route: with the resources at both ends.
            once: guards the creation of secondary objects.
            attempt: who tries, and what is known of earlier tries.
            masks: takes secrets and personal data out of what is going to be stored.

        Raises:
            MostikError: some of it must be tried again; what has its verdict keeps it.
            StillAbsent: a creation of unknown outcome is looked up once more.
            Busy: a service of AWS refused something.
        """
        standing = self.results.chunk(run.id, work.page, work.number)
        if standing is not None and standing.failure is None:
            return Unchanged("This chunk was carried over before.")
        if standing is None and not run.is_open:
            return Unchanged(f"The run is {run.state.value}.")
        page = self.results.page(run.id, work.page)
        if page is None:
            return Unchanged("The run has no such page.")
        name = f"{work.page}.{work.number}"
        kept = self.contents.read(run.id, name, page.token)
        if kept is None:
            raise GiveUp(
                "The records of this chunk are no longer stored: run the link again.",
                who=WhoActs.ADMIN,
            )
        attempt = replace(attempt, listed_at=page.listed_at, dry=run.is_dry, named=bool(run.ids))
        unannounced = self._unannounced(run, route, kept, page)
        outcomes = self._outcomes(kept, page, route, once, attempt)
        settled = self._settled(outcomes, run, route, attempt, masks, kept)
        effects = sum(is_effect(result.verdict) for result in settled)
        by_verdict = {
            verdict.value: [result.key for result in settled if result.verdict is verdict]
            for verdict in Verdict
        }
        row = ChunkRow(
            page=work.page,
            number=work.number,
            totals=Totals(counts=counted(settled), unannounced=_found_alone(settled, unannounced)),
            samples=some(by_verdict) if run.is_dry else {},
        )
        if run.is_dry:
            row = self._with_diffs(run, row, settled, kept, masks)
        self.results.add_chunk(run.id, row, self.clock())
        return Changed(effects) if effects else Unchanged("Nothing had to be changed.")

    def _unannounced(
        self, run: Run, route: Route, kept: Kept, page: PageRow
    ) -> frozenset[str] | None:
        """The keys of which no hint has told, before any of them is carried over; ``None``: the run
        does not count them."""
        if self.announced is None or not run.reconciles or not route.announced:
            return None
        return self.announced.none_of(route, kept.keys, kept.records, page.listed_at)

    def _with_diffs(
        self, run: Run, row: ChunkRow, settled: Sequence[Result], kept: Kept, masks: Masks
    ) -> ChunkRow:
        """Stores what a run that writes nothing would change."""
        from mostik.sync.rundiff import RunDiffs, diffs_of  # noqa: PLC0415 - loaded when needed

        diffs = diffs_of(settled, _kind(kept), masks.content)
        token = self.token(self.clock())
        return RunDiffs(self.results, self.contents).keep(run.id, row, token, diffs)

    def _outcomes(
        self, kept: Kept, page: PageRow, route: Route, once: CreateOnce, attempt: Attempt
    ) -> list[Result]:
        deletion = Deletion(route, self.pairs, attempt, once)
        if page.gone:
            return list(deletion(kept.keys))
        results: list[Result] = []
        unread = [key for key in kept.keys if key not in kept.records]
        records = [kept.records[key] for key in kept.keys if key in kept.records]
        if unread:
            found = many(route.source, records=len(unread)).read_many(unread)
            for key in unread:
                record = found.get(key)
                if isinstance(record, Canonical):
                    records.append(record)
                elif record is None:
                    results.append(Result(key, Verdict.SKIPPED, "It is no longer there."))
                else:
                    results.append(Result(key, None, str(record), record))
        apply = Apply(
            route,
            self.pairs,
            once,
            attempt,
            cleared=lambda key: self.parked.clear(route.link.id, route.side, key),
        )
        # What is on its way is carried over by pieces: a record that kills its worker, or time that
        # runs out, then leaves little behind that must be found again.
        results += apply([record for record in records if not record.deleted])
        results += deletion([record.key for record in records if record.deleted])
        return results

    def _settled(
        self,
        outcomes: Sequence[Result],
        run: Run,
        route: Route,
        attempt: Attempt,
        masks: Masks,
        kept: Kept,
    ) -> Sequence[Result]:
        """Gives every record its verdict, or raises what the job comes to."""
        through = any(result.verdict is not None for result in outcomes)
        tries = TRIES_BESIDE_OTHERS if through else TRIES_ALONE
        worn_out = attempt.tries >= tries
        settled: list[Result] = []
        unsettled: list[Exception] = []
        for result in outcomes:
            error = result.error
            if result.verdict is None and error is not None and _comes_again(error, worn_out):
                unsettled.append(error)
            elif error is None or result.verdict is Verdict.SKIPPED:
                settled.append(result)
            else:
                mark = _mark(kept, result.key, route)
                verdict = self._park(run, route, attempt, masks, error, result.key, mark)
                why = failure_of(unfit(error) or error, attempt.now).text
                settled.append(replace(result, verdict=verdict, why=why))
        if unsettled:
            raise min(unsettled, key=_rank)
        return settled

    def _park(
        self,
        run: Run,
        route: Route,
        attempt: Attempt,
        masks: Masks,
        error: Exception,
        key: str,
        mark: str,
    ) -> Verdict:
        error = unfit(error) or error
        if isinstance(error, MostikError):
            masks.error(error)
        else:
            self.defect(error, attempt.job)
        if attempt.dry:
            return Verdict.QUARANTINED
        return self.parked.park(
            route.link, route.side, key, mark=mark, ask=attempt.ask, error=error, run=run.id
        )


def _comes_again(error: Exception, worn_out: bool) -> bool:
    if isinstance(error, RateLimited):
        return True
    if isinstance(error, RetryLater):
        return not worn_out
    return isinstance(error, Busy | Unknown | StillAbsent | ConfigurationError)


def _rank(error: Exception) -> int:
    return next(place for place, kind in enumerate(_ORDER) if isinstance(error, kind))


def _found_alone(settled: Sequence[Result], unannounced: frozenset[str] | None) -> int | None:
    if unannounced is None:
        return None
    return sum(is_effect(result.verdict) and result.key in unannounced for result in settled)


def _kind(kept: Kept) -> str:
    """What the records are called; of those that are gone nobody knows."""
    return next((type(record).__name__ for record in kept.records.values()), "record")


def _mark(kept: Kept, key: str, route: Route) -> str:
    record = kept.records.get(key)
    return route.mark(record, route.side) if record is not None else ""
