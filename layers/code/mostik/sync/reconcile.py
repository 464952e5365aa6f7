"""Compares both sides of a link completely: how many, what is missing, what differs, and why.

Nothing is written to either side. A record whose fingerprint is the agreed one on both sides is
equal without a call; whatever else there is, is read on both sides and judged by the engine that
carries records over, as a dry run does. A comparison goes on as long as there is time and stops
anywhere, so neither the function's time nor its memory limits its size: of both lists only a bucket
is in memory at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from mostik.errors import GiveUp, Skip, WhoActs
from mostik.ids import ulid
from mostik.integration import Listed, Misfit
from mostik.jobs.message import Touch, dump
from mostik.ports import Clock, JobQueue, RemainingTime
from mostik.sync.comparison import (
    Comparison,
    Comparisons,
    Difference,
    Lack,
    Part,
    SideFigures,
)
from mostik.sync.content import CHUNK_RECORDS
from mostik.sync.ends import Ends, OpenEnds, link_named, route_between
from mostik.sync.judge import Judge
from mostik.sync.link import Link, Links, Side
from mostik.sync.route import Route
from mostik.sync.sidelist import Entry, Standing, beside, entry_of
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pairs

BUCKET_RECORDS = 50_000
"""So many records of a side are in memory at once."""
MOST_PAGES = 100_000
_TIME_RESERVE = 5.0


@dataclass(frozen=True, slots=True)
class ReconcileDesk:
    """Starts comparisons, takes them on, shows what they found and has it repaired.

    Attributes:
        comparisons: where they are kept.
        links: links.
        pairs: cross-references.
        judge: says what is wrong with records.
        queue: takes touches.
        clock: unix seconds.
        open_ends: opens the resources at both ends of a link.
        new_id: makes ids.
        bucket: records of a side that are in memory at once.
    """

    comparisons: Comparisons
    links: Links
    pairs: Pairs
    judge: Judge
    queue: JobQueue
    clock: Clock
    open_ends: OpenEnds
    new_id: Callable[[float], str] = ulid
    bucket: int = BUCKET_RECORDS

    def start(self, link_id: str, *, by: str) -> Comparison:
        """Begins a comparison; ``go_on`` does the work.

        Raises:
            Skip: there is no such link.
        """
        link, now = link_named(self.links, link_id), self.clock()
        begun = Comparison(self.new_id(now), link.id, by, now, now)
        self.comparisons.insert(begun)
        return begun

    def get(self, comparison_id: str) -> Comparison:
        """Returns a comparison as it stands.

        Raises:
            Skip: there is none.
        """
        found = self.comparisons.get(comparison_id)
        if found is None:
            raise Skip(f"There is no comparison {comparison_id!r}.")
        return found

    def latest(self, link_id: str) -> Comparison | None:
        """Returns the latest comparison of a link."""
        return self.comparisons.latest(link_id)

    def go_on(self, comparison_id: str, remaining: RemainingTime) -> Comparison:
        """Takes a comparison as far as the time allows, one step at the least.

        Raises:
            Skip: there is no such comparison or link, or a side cannot be listed.
            MostikError: a side could not be asked; calling again goes on where it stopped.
        """
        comparison = self.get(comparison_id)
        link = link_named(self.links, comparison.link)
        with self.open_ends(link, remaining) as ends:
            while not comparison.is_done:
                moved = self._step(comparison, link, ends)
                moved = replace(moved, moved_at=self.clock(), version=comparison.version + 1)
                if not self.comparisons.replace(moved):
                    return self.get(comparison_id)  # another one is at it
                comparison = moved
                if remaining() < _TIME_RESERVE:
                    break
        return comparison

    def differences(
        self, comparison_id: str, *, after: int = 0
    ) -> tuple[Sequence[Difference], int | None]:
        """Returns some differences, and where to go on; ``None``: these are the last.

        Raises:
            Skip: there is no such comparison.
        """
        comparison = self.get(comparison_id)
        if after >= comparison.found:
            return [], None
        found = self.comparisons.differences(comparison, after + 1)
        return found, after + 1 if after + 1 < comparison.found else None

    def repair(self, comparison_id: str, *, by: str) -> int:
        """Has touched what differs and a touch can mend, and nothing else. Returns how many.

        Each is looked at anew by the ordinary touch, so what has changed since is no matter.

        Raises:
            Skip: there is no such comparison, or it is not done.
            Busy: the queue did not take all; doing it again is harmless.
        """
        comparison = self.get(comparison_id)
        link = link_named(self.links, comparison.link)
        if not comparison.is_done:
            raise Skip("The comparison is not done yet: let it go on first.")
        sent, after = 0, 0
        while after < comparison.found:
            after += 1
            for one in self.comparisons.differences(comparison, after):
                if one.mends:
                    end = link.end(one.side)
                    event = f"repair:{comparison.id}"
                    touch = Touch(end.connection, end.resource, one.key, event, self.clock())
                    self.queue.send(dump(touch), group=end.connection)
                    sent += 1
        repaired = replace(comparison, repaired_by=by, version=comparison.version + 1)
        self.comparisons.replace(repaired)
        return sent

    # ── steps ──────────────────────────────────────────────────────────────────────────────────

    def _step(self, comparison: Comparison, link: Link, ends: Ends) -> Comparison:
        match comparison.part:
            case Part.LEFT:
                return self._list(comparison, self._route(link, Side.LEFT, ends))
            case Part.RIGHT:
                return self._list(comparison, self._route(link, Side.RIGHT, ends))
            case Part.COMPARE:
                return self._compare(comparison)
            case _:
                return self._look(comparison, link, ends)

    def _route(self, link: Link, side: Side, ends: Ends) -> Route:
        return route_between(link, side, ends, self.links.all(), self.pairs, bulk=True)

    def _list(self, comparison: Comparison, route: Route) -> Comparison:
        side, source = route.side, route.source
        end = route.link.end(side)
        if not isinstance(source, Listed):
            raise Skip(f"{end.connection} cannot list {end.resource}: nothing can be compared.")
        page = source.page(comparison.cursor, None)
        number = comparison.pages[side] + 1
        if page.cursor is not None and (page.cursor == comparison.cursor or number > MOST_PAGES):
            raise GiveUp("The external system's list does not end.", who=WhoActs.DEVELOPER)
        records = [one for one in page.items if not isinstance(one, Misfit) and not one.deleted]
        keys = [record.key for record in records]
        pairs = self.pairs.find_many(route.link.id, side, keys) if keys else {}
        entries = [entry_of(record, pairs.get(record.key), route) for record in records]
        self.comparisons.keep(
            comparison, f"{side.value}.{number}", [entry.as_item() for entry in entries]
        )
        taken = sum(entry.standing is not Standing.REFUSED for entry in entries)
        figures = comparison.side(side)
        figures = replace(
            figures, listed=figures.listed + len(page.items), taken=figures.taken + taken
        )
        broken = [
            Difference(Lack.BROKEN, side, one.key, why=str(one.error))
            for one in page.items
            if isinstance(one, Misfit)
        ]
        moved = self._told(comparison, broken).with_side(side, figures)
        following = Part.RIGHT if side is Side.LEFT else Part.COMPARE
        return replace(
            moved,
            pages={**comparison.pages, side: number},
            cursor=page.cursor,
            part=comparison.part if page.cursor is not None else following,
        )

    def _compare(self, comparison: Comparison) -> Comparison:
        """One bucket of both lists."""
        most = max(comparison.left.listed, comparison.right.listed)
        buckets = max(-(-most // self.bucket), 1)
        place = comparison.position
        left = self._bucket(comparison, Side.LEFT, place, buckets)
        right = self._bucket(comparison, Side.RIGHT, place, buckets)
        figures = {side: comparison.side(side) for side in Side}
        agreed, todo = 0, list[list[str]]()
        for entries in beside(left, right):
            for side, entry in entries.items():
                if entry.standing is not Standing.REFUSED:
                    figures[side] = _counted(figures[side], entry)
            if len(entries) == 2 and all(one.is_agreed for one in entries.values()):
                agreed += 1
                figures = _hashed(figures, entries)
            elif any(one.standing is not Standing.REFUSED for one in entries.values()):
                side = _from(entries)
                other = entries.get(side.other)
                todo.append(
                    [side.value, *entries[side].as_item(), other.mark if other is not None else ""]
                )
        chunks = [*_chunks(todo)]
        for number, chunk in enumerate(chunks, comparison.chunks + 1):
            self.comparisons.keep(comparison, f"todo.{number}", chunk)
        last = place + 1 >= buckets
        total = comparison.chunks + len(chunks)
        return replace(
            comparison,
            left=figures[Side.LEFT],
            right=figures[Side.RIGHT],
            agreed=comparison.agreed + agreed,
            chunks=total,
            position=0 if last else place + 1,
            part=(Part.LOOK if total else Part.DONE) if last else comparison.part,
            ended_at=self.clock() if last and not total else None,
        )

    def _bucket(
        self, comparison: Comparison, side: Side, place: int, buckets: int
    ) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for number in range(1, comparison.pages[side] + 1):
            for item in self.comparisons.read(comparison, f"{side.value}.{number}"):
                entry = Entry.from_item(item)
                name = entry.name(side)
                if crc32(name.encode(errors="surrogatepass")) % buckets == place:
                    found[name] = entry
        return found

    # ── looking ────────────────────────────────────────────────────────────────────────────────

    def _look(self, comparison: Comparison, link: Link, ends: Ends) -> Comparison:
        """One chunk of what does not seem to be as agreed."""
        number = comparison.position + 1
        todo = self.comparisons.read(comparison, f"todo.{number}")
        figures = {side: comparison.side(side) for side in Side}
        found: list[Difference] = []
        agreed = skipped = 0
        for side in Side:
            asked = {
                item[1]: (Entry.from_item(item[1:-1]), str(item[-1]))
                for item in todo
                if item[0] == side.value
            }
            if not asked:
                continue
            for result in self.judge(self._route(link, side, ends), list(asked)):
                entry, there = asked[result.key]
                one = self.judge.difference(link, side, entry, there, result)
                equal = one is None and result.verdict is not Verdict.SKIPPED
                agreed, skipped = agreed + equal, skipped + (one is None and not equal)
                marks = {side: entry.mark, side.other: entry.mark if equal else there}
                for place, mark in marks.items():
                    if mark:
                        figures[place] = figures[place].with_one(entry.name(side), mark)
                found += [one] if one is not None else []
        moved = self._told(comparison, found)
        done = number >= comparison.chunks
        return replace(
            moved,
            left=figures[Side.LEFT],
            right=figures[Side.RIGHT],
            agreed=comparison.agreed + agreed,
            skipped=comparison.skipped + skipped,
            position=number,
            part=Part.DONE if done else Part.LOOK,
            ended_at=self.clock() if done else None,
        )

    def _told(self, comparison: Comparison, found: Sequence[Difference]) -> Comparison:
        """Stores a page of differences."""
        if not found:
            return comparison
        page = comparison.found + 1
        self.comparisons.keep_differences(comparison, page, found)
        lacks = Counter(comparison.lacks)
        lacks.update(one.lack for one in found)
        return replace(comparison, found=page, lacks=dict(lacks))


def _counted(figures: SideFigures, entry: Entry) -> SideFigures:
    if entry.other is None:
        return replace(figures, unpaired=figures.unpaired + 1)
    return replace(figures, paired=figures.paired + 1)


def _hashed(
    figures: dict[Side, SideFigures], entries: dict[Side, Entry]
) -> dict[Side, SideFigures]:
    return {
        side: figures[side].with_one(entry.name(side), entry.common)
        for side, entry in entries.items()
    }


def _from(entries: dict[Side, Entry]) -> Side:
    """The side from which a record is judged: one that the link takes, that has changed if one has,
    the left one of two."""
    rank = {Standing.CHANGED: 0, Standing.UNPAIRED: 1, Standing.AGREED: 2, Standing.REFUSED: 3}
    return min(entries, key=lambda side: (rank[entries[side].standing], side is Side.RIGHT))


def _chunks(todo: Sequence[list[str]]) -> Iterable[Sequence[list[str]]]:
    for start in range(0, len(todo), CHUNK_RECORDS):
        yield todo[start : start + CHUNK_RECORDS]
