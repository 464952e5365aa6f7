"""The tick's part in runs: level-triggered, so a lost or doubled one does no harm.

It sends again what should long have moved, closes runs of which every chunk has its row, and
touches pending records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mostik.errors import Family, WhoActs
from mostik.jobs.message import dump
from mostik.jobs.row import Failure, JobState
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, JobQueue, RemainingTime
from mostik.sync.link import Link, Links
from mostik.sync.listing import chunk_message, page_message
from mostik.sync.parked import Parked
from mostik.sync.pause import WAITS_FOR
from mostik.sync.results import ChunkRow, PageRow, Results
from mostik.sync.run import MOVES_THE_MARK, Mark, Run, Runs, RunState, Stage
from mostik.sync.verdict import Totals, Verdict

STUCK_SECONDS = 600.0
"""A run that has not moved for so long, and of which no job stands, is sent again."""
_TIME_RESERVE = 10.0


@dataclass(frozen=True, slots=True)
class RunTick:
    """Looks after open runs and pending records.

    Attributes:
        runs: run rows.
        results: page and chunk rows.
        links: links.
        rows: job rows.
        parked: pending records.
        queue: the queue of jobs.
        clock: unix seconds.
        schedules: starts runs whose time has come.
    """

    runs: Runs
    results: Results
    links: Links
    rows: JobRows
    parked: Parked
    queue: JobQueue
    clock: Clock
    schedules: Callable[[], int] = lambda: 0

    def __call__(self, remaining: RemainingTime) -> int:
        """Does what is due. Returns how many runs were closed.

        Raises:
            Busy: AWS refused something; the next tick does the rest.
        """
        closed = 0
        resumed = self.runs.pauses.look_after(self.clock())
        for run in self.runs.open():
            if remaining() < _TIME_RESERVE:
                return closed
            if run.state is RunState.RUNNING:
                closed += self.look_after(run)
        for link in resumed:
            self.parked.touch_waiting(link, (WAITS_FOR, link), self.queue, remaining)
        self.parked.touch_due(self.queue, remaining)
        self.schedules()
        return closed

    def look_after(self, run: Run) -> bool:
        """Closes a running run whose records are all accounted for; what got stuck is sent again.

        Returns:
            Whether it was closed.

        Raises:
            Busy: AWS refused something; doing it again is harmless.
        """
        link = self.links.get(run.link)
        if link is None:
            return self._close(run, RunState.CANCELLED, failure=_failure("Its link is gone.", self))
        if run.stage is not Stage.WORK:
            return self._push(run, link)
        pages = self.results.pages(run.id)
        chunks = [*self.results.chunks(run.id)]
        known = {(row.page, row.number) for row in chunks}
        missing = [
            (row, number)
            for row in pages
            for number in range(len(row.chunks))
            if (row.number, number) not in known
        ]
        still = [(page, number) for page, number in missing if not self._failed(run, page, number)]
        if still:
            return self._send_again(run, link, still)
        if missing:
            chunks = [*self.results.chunks(run.id)]
        return self._sum_up(run, pages, chunks)

    def _push(self, run: Run, link: Link) -> bool:
        job = self.rows.get(f"run/{run.id}")
        if job is not None and job.state is JobState.FAILED:
            closed = self._close(run, RunState.FAILED, failure=job.failure)
            if closed:
                self.rows.remove(job.id, job.version)  # there is nothing left to be replayed
            return closed
        now = self.clock()
        if (
            job is None
            and now - run.moved_at >= STUCK_SECONDS
            and self.runs.replace(run.moved(now))
        ):
            message = page_message(run, link, now)
            self.queue.send(dump(message), group=message.connection)
        return False

    def _failed(self, run: Run, page: PageRow, number: int) -> bool:
        """Writes the row of a chunk whose job has failed: its records wait for a person."""
        job = self.rows.get(f"run/{run.id}/{page.number}.{number}")
        if job is None or job.state is not JobState.FAILED:
            return False
        counts = {Verdict.QUARANTINED: page.chunks[number]}
        row = ChunkRow(page.number, number, Totals(counts=counts), failure=job.failure)
        self.results.add_chunk(run.id, row, self.clock())
        return True

    def _send_again(self, run: Run, link: Link, missing: Sequence[tuple[PageRow, int]]) -> bool:
        now = self.clock()
        if now - run.moved_at < STUCK_SECONDS or not self.runs.replace(run.moved(now)):
            return False
        for page, number in missing:
            message = chunk_message(run, link, page.number, number, now)
            if self.rows.get(message.id) is None:
                self.queue.send(dump(message), group=message.connection)
        return False

    def _sum_up(self, run: Run, pages: Sequence[PageRow], chunks: Sequence[ChunkRow]) -> bool:
        totals = Totals.sum([*(row.totals for row in pages), *(row.totals for row in chunks)])
        taken = totals.listed + totals.gone
        bad = totals.count(Verdict.QUARANTINED)
        failure: Failure | None = None
        if not totals.add_up:
            state = RunState.FAILED
            failure = _failure("Its figures do not add up: some records are unaccounted for.", self)
        elif taken and bad == taken:
            state = RunState.FAILED
            failure = next(
                (row.failure for row in chunks if row.failure is not None),
                _failure("Every record went into quarantine.", self),
            )
        elif bad or totals.count(Verdict.CONFLICT):
            state = RunState.PARTIAL
        else:
            state = RunState.DONE
        if state is not RunState.FAILED and run.kind in MOVES_THE_MARK:
            self._move_mark(run, pages)
        return self._close(run, state, totals=totals, failure=failure)

    def _move_mark(self, run: Run, pages: Sequence[PageRow]) -> None:
        """The latest change that was listed, never the time of the run: a change that was committed
        late must not fall between two runs."""
        known = self.runs.mark(run.link, run.side)
        times = [row.newest for row in pages if row.newest is not None]
        newest = min(max(times), run.started_at) if times else None
        watermark = max(filter(None, (known.watermark, newest)), default=None)
        groups = known.groups
        if run.is_complete_scan:
            groups = tuple(sorted({group for row in pages for group in row.groups}))
        self.runs.save_mark(run.link, run.side, Mark(watermark, groups))

    def _close(
        self,
        run: Run,
        state: RunState,
        *,
        totals: Totals | None = None,
        failure: Failure | None = None,
    ) -> bool:
        now = self.clock()
        closed = run.moved(now, state=state, totals=totals, failure=failure, ended_at=now)
        if not self.runs.replace(closed):
            return False
        self.runs.free_slot(run)
        return True


def _failure(text: str, tick: RunTick) -> Failure:
    return Failure(Family.GIVE_UP, text, WhoActs.ADMIN, tick.clock())
