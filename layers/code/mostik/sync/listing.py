"""The first stages of a run: list everything, judge it as a whole, send its chunks.

Nothing is written to the other side before the whole run is listed, so that the brakes see all of
it. A record whose fingerprint was agreed upon needs nothing further: its page counts it at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from mostik.commerce.record import Canonical
from mostik.errors import FeedExpired, GiveUp, WhoActs
from mostik.http.paging import Page
from mostik.ids import ulid
from mostik.integration import Blind, Listed, Misfit, blind_to
from mostik.jobs.message import dump
from mostik.jobs.outcome import Changed, Unchanged
from mostik.jobs.runwork import RunChunk, RunPage
from mostik.ports import Clock, JobQueue, RemainingTime
from mostik.sync.brakes import Plan, held_for
from mostik.sync.content import CHUNK_RECORDS, Contents, Packed, packed
from mostik.sync.decide import Attempt, Settled, before_looking
from mostik.sync.link import Link, Side
from mostik.sync.named import named_page
from mostik.sync.outlived import begun_anew, refuse_outlived
from mostik.sync.parked import Parked
from mostik.sync.results import PageRow, Rest, Results, some
from mostik.sync.route import Route
from mostik.sync.run import Run, Runs, RunState, Stage
from mostik.sync.verdict import Totals, Verdict
from mostik.sync.xref import PAIR_SHARDS, Pair, Pairs

ElementT = TypeVar("ElementT")
_TIME_RESERVE = 35.0
"""A page is not begun with less time left: reading it may take as long as the slowest call."""
MOST_PAGES = 100_000


@dataclass(slots=True)
class _Sorted:
    """One page of records, looked at."""

    counts: Counter[Verdict] = field(default_factory=Counter)
    open: list[Canonical] = field(default_factory=list)
    creates: list[str] = field(default_factory=list)
    deletes: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listing:
    """Takes runs through their stages up to the sending of chunks.

    Attributes:
        runs: run rows.
        results: page and chunk rows.
        pairs: cross-references.
        contents: records of chunks.
        parked: takes rows that are no records.
        queue: takes chunks.
        clock: unix seconds.
        token: makes names that nobody else makes.
    """

    runs: Runs
    results: Results
    pairs: Pairs
    contents: Contents
    parked: Parked
    queue: JobQueue
    clock: Clock
    token: Callable[[float], str] = ulid

    def go_on(self, run: Run, route: Route, remaining: RemainingTime) -> Changed | Unchanged:
        """Takes a run as far as the time allows; then its next message goes on.

        Raises:
            MostikError: what reading a page raised.
            Busy: AWS refused something; the same step is done again.
        """
        steps = 0
        while run.state is RunState.RUNNING and run.stage is not Stage.WORK:
            if steps and remaining() < _TIME_RESERVE:
                self.queue.send(dump(page_message(run, route.link, self.clock())), group=route.here)
                return Changed(steps)
            moved = self._step(run, route)
            if not self.runs.replace(moved):
                standing = self.runs.get(run.id)
                if standing is None:
                    break
                moved = standing
            run = moved
            steps += 1
        return Changed(steps) if steps else Unchanged(f"The run is {run.state.value}.")

    def _step(self, run: Run, route: Route) -> Run:
        now = self.clock()
        match run.stage:
            case Stage.LIST:
                try:
                    refuse_outlived(run, route, now)
                    row = self.results.page(run.id, run.pages + 1) or self._list(run, route)
                except FeedExpired as expired:
                    return begun_anew(run, expired, now)
                following = Stage.LIST if row.cursor is not None else self._after_list(run, route)
                return run.moved(now, pages=row.number, cursor=row.cursor, stage=following)
            case Stage.GONE:
                row = self.results.page(run.id, run.pages + 1) or self._gone(run, route)
                last = run.position + 1 == PAIR_SHARDS
                return run.moved(
                    now,
                    pages=row.number,
                    position=0 if last else run.position + 1,
                    stage=Stage.CHECK if last else Stage.GONE,
                )
            case Stage.CHECK:
                return self._checked(run, route)
            case _:
                return self._sent(run, route)

    # ── listing ────────────────────────────────────────────────────────────────────────────────

    def _page(self, run: Run, route: Route) -> Page[Canonical | Misfit]:
        source = route.source
        if not isinstance(source, Listed):
            raise GiveUp(
                f"{route.here} cannot list this resource, so no run can read it.",
                who=WhoActs.DEVELOPER,
            )
        since = None
        if run.since is not None:
            since = datetime.fromtimestamp(max(run.since - route.link.lag, 0.0), UTC)
        page = source.page(run.cursor, since)
        if page.cursor is not None and (page.cursor == run.cursor or run.pages >= MOST_PAGES):
            raise GiveUp(
                "The external system's list does not end, so reading it was ended.",
                who=WhoActs.DEVELOPER,
            )
        return page

    def _list(self, run: Run, route: Route) -> PageRow:
        listed_at = self.clock()
        named = self.runs.named(run.id, run.pages + 1) if run.ids else ()
        page = named_page(route.source, run, named) if run.ids else self._page(run, route)
        number, token = run.pages + 1, self.token(listed_at)
        records = [item for item in page.items if not isinstance(item, Misfit)]
        found = self._sorted(records, route, Attempt(named=bool(run.ids)))
        misfits = [item for item in page.items if isinstance(item, Misfit)]
        self._quarantine(misfits, run, route, found)
        absent = sorted(set(named) - {item.key for item in page.items})
        if absent:
            found.counts[Verdict.SKIPPED] += len(absent)
        before = self._rest(run)
        chunks, rest = self._divided(
            run, Rest(f"{number}.rest", token, listed_at), before, found.open, page.cursor is None
        )
        if self._may_delete(run, route):
            keys = [item.key for item in page.items]
            self.contents.keep_keys(run.id, f"{number}.seen", token, keys)
        row = PageRow(
            number=number,
            totals=Totals(len(page.items) + len(absent), 0, found.counts),
            chunks=chunks,
            token=token,
            cursor=page.cursor,
            creates=len(found.creates),
            deletes=len(found.deletes),
            strange=len(found.strange),
            groups=_groups(records),
            newest=_newest(records),
            listed_at=before.at if before is not None else listed_at,
            rest=rest,
            samples=some(
                {
                    "creates": found.creates,
                    "deletes": found.deletes,
                    "strange": found.strange,
                    "absent": absent,
                }
            ),
        )
        return self.results.add_page(run.id, row, self.clock())

    def _rest(self, run: Run) -> Rest | None:
        row = self.results.page(run.id, run.pages) if run.pages else None
        return row.rest if row is not None else None

    def _divided(
        self, run: Run, new: Rest, before: Rest | None, records: Sequence[Canonical], ends: bool
    ) -> tuple[tuple[int, ...], Rest | None]:
        """Stores records in chunks. What does not fill one waits for the next page: else a list of
        which little has changed would come to a call for each of its pages."""
        if not records and not ends:
            return (), before
        waiting = self._kept(run, before) if before is not None else ()
        found = [*waiting, *map(packed, records)]
        full = len(found) if ends else len(found) - len(found) % CHUNK_RECORDS
        chunks = list(_chunks(found[:full]))
        for place, chunk in enumerate(chunks):
            self.contents.keep(run.id, f"{run.pages + 1}.{place}", new.token, chunk)
        if full == len(found):
            return tuple(map(len, chunks)), None
        self.contents.keep(run.id, new.name, new.token, found[full:])
        at = before.at if before is not None and not chunks else new.at
        return tuple(map(len, chunks)), replace(new, at=at)

    def _kept(self, run: Run, rest: Rest) -> Sequence[Packed]:
        kept = self.contents.packed(run.id, rest.name, rest.token)
        if kept is None:
            raise GiveUp(
                "What this run has listed is no longer stored: run the link again.",
                who=WhoActs.ADMIN,
            )
        return kept

    def _quarantine(
        self, misfits: Sequence[Misfit], run: Run, route: Route, found: _Sorted
    ) -> None:
        for misfit in misfits:
            found.counts[Verdict.QUARANTINED] += 1
            if not run.is_dry:
                self.parked.park(
                    route.link,
                    route.side,
                    misfit.key,
                    mark="",
                    ask=run.id,
                    error=misfit.error,
                    run=run.id,
                )

    def _sorted(self, records: Sequence[Canonical], route: Route, attempt: Attempt) -> _Sorted:
        link, side = route.link, route.side
        pairs = self.pairs.find_many(link.id, side, [r.key for r in records]) if records else {}
        found = _Sorted()
        for record in records:
            pair = pairs.get(record.key)
            linked = pair is not None and pair.is_linked
            if record.deleted:
                found.open.append(record)
                if linked and side.other in link.deletes:
                    found.deletes.append(record.key)
                continue
            if route.refused(record) is not None:
                found.counts[Verdict.SKIPPED] += 1
                continue
            decision = before_looking(side, route.mark(record, side), pair, attempt)
            if isinstance(decision, Settled):
                found.counts[decision.verdict] += 1
                continue
            found.open.append(record)
            if not linked and side.other in link.creates:
                found.creates.append(record.key)
            if _is_strange(record, pair, route):
                found.strange.append(record.key)
        return found

    # ── what is gone ───────────────────────────────────────────────────────────────────────────

    def _may_delete(self, run: Run, route: Route) -> bool:
        wanted = run.is_complete_scan and route.side.other in route.link.deletes
        return wanted and Blind.GONE not in blind_to(route.source)

    def _after_list(self, run: Run, route: Route) -> Stage:
        return Stage.GONE if self._may_delete(run, route) else Stage.CHECK

    def _gone(self, run: Run, route: Route) -> PageRow:
        """Compares one shard of the pairs with what was listed."""
        seen = self._seen(run)
        linked, gone = 0, []
        after: str | None = None
        while True:
            page = self.pairs.of_link(route.link.id, run.position, after=after)
            linked += len(page.keys)
            missed = [keys for keys in page.keys if keys[route.side] not in seen]
            if route.side is Side.RIGHT and not run.is_dry:
                self.pairs.mend(route.link.id, missed)
            gone += [keys[route.side] for keys in missed]
            after = page.after
            if after is None:
                break
        number, now = run.pages + 1, self.clock()
        token = self.token(now)
        chunks = list(_chunks(gone))
        for place, chunk in enumerate(chunks):
            self.contents.keep_keys(run.id, f"{number}.{place}", token, chunk)
        row = PageRow(
            number=number,
            totals=Totals(0, len(gone)),
            chunks=tuple(map(len, chunks)),
            token=token,
            gone=True,
            deletes=len(gone),
            linked=linked,
            listed_at=now,
            samples=some({"deletes": gone}),
        )
        return self.results.add_page(run.id, row, now)

    def _seen(self, run: Run) -> frozenset[str]:
        seen: set[str] = set()
        for row in self.results.pages(run.id):
            if row.gone or row.number <= run.widened_at:
                continue
            kept = self.contents.read(run.id, f"{row.number}.seen", row.token)
            if kept is None:
                raise GiveUp(
                    "What this run has listed is no longer stored: nothing is deleted by it.",
                    who=WhoActs.ADMIN,
                )
            seen.update(kept.keys)
        return frozenset(seen)

    # ── judging and sending ────────────────────────────────────────────────────────────────────

    def _checked(self, run: Run, route: Route) -> Run:
        rows = self.results.pages(run.id)
        counted = [row.linked for row in rows if row.gone]
        groups = {group for row in rows for group in row.groups}
        known = self.runs.mark(run.link, run.side).groups if run.is_complete_scan else ()
        plan = Plan(
            listed=sum(row.totals.listed for row in rows),
            linked=sum(counted) if counted else None,
            creates=sum(row.creates for row in rows),
            deletes=sum(row.deletes for row in rows),
            strange=sum(row.strange for row in rows),
            vanished=[group for group in known if group not in groups],
        )
        reasons = tuple(held_for(plan, route.link.brakes))
        stops = bool(reasons) and not run.is_dry
        return run.moved(
            self.clock(),
            state=RunState.HELD if stops else RunState.RUNNING,
            stage=Stage.SEND,
            position=1,
            held_for=reasons,
        )

    def _sent(self, run: Run, route: Route) -> Run:
        now = self.clock()
        row = self.results.page(run.id, run.position)
        for number in range(len(row.chunks)) if row is not None else ():
            message = chunk_message(run, route.link, run.position, number, now)
            self.queue.send(dump(message), group=route.there)
        position = run.position + 1
        if run.position < run.pages:
            return run.moved(now, position=position)
        return run.moved(now, position=position, stage=Stage.WORK, sent_at=now)


def page_message(run: Run, link: Link, now: float) -> RunPage:
    """Returns the message that takes a run on."""
    end = link.end(run.side)
    return RunPage(end.connection, end.resource, run.id, now)


def chunk_message(run: Run, link: Link, page: int, number: int, now: float) -> RunChunk:
    """Returns the message that carries a chunk over."""
    end = link.end(run.side.other)
    return RunChunk(end.connection, end.resource, run.id, page, number, now)


def _chunks(elements: Sequence[ElementT]) -> Iterable[Sequence[ElementT]]:
    for start in range(0, len(elements), CHUNK_RECORDS):
        yield elements[start : start + CHUNK_RECORDS]


def _groups(records: Iterable[Canonical]) -> tuple[str, ...]:
    return tuple(sorted({group for record in records if (group := record.group()) is not None}))


def _newest(records: Iterable[Canonical]) -> float | None:
    times = [record.changed_at.timestamp() for record in records if record.changed_at is not None]
    return max(times, default=None)


def _is_strange(record: Canonical, pair: Pair | None, route: Route) -> bool:
    now = record.measure()
    if now is None or pair is None or pair.measure is None:
        return False
    return route.link.brakes.is_strange(Decimal(pair.measure), now)
