"""How far runs are, and when they will be done: from their rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mostik.ports import Clock
from mostik.sync.results import ChunkRow, PageRow, Results
from mostik.sync.run import Run, Runs, RunState, Stage
from mostik.sync.verdict import Totals


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        totals: its figures so far; of a closed one, its figures.
        planned: records that must be looked at closely; grows while it lists.
        done: how many of them were.
        chunks: pieces of work that they are cut into.
        chunks_done: how many of those have ended.
        share: of its present stage, 0 to 1; ``None``: nobody knows how much there is.
        ends_at: when it will be done at its pace so far, unix seconds; ``None``: not known: it
            lists, waits for a person, is closed, or has not carried anything over yet.
    """

    totals: Totals
    planned: int
    done: int
    chunks: int
    chunks_done: int
    share: float | None
    ends_at: float | None


def progress_of(
    run: Run, pages: Sequence[PageRow], chunks: Sequence[ChunkRow], now: float
) -> Progress:
    """Returns how far a run is.

    Args:
        run: the run.
        pages: its page rows.
        chunks: its chunk rows.
        now: unix seconds.
    """
    planned = sum(sum(row.chunks) for row in pages)
    done = sum(sum(row.totals.counts.values()) for row in chunks)
    so_far = Totals.sum([*(row.totals for row in pages), *(row.totals for row in chunks)])
    return Progress(
        totals=run.totals or so_far,
        planned=planned,
        done=done,
        chunks=sum(len(row.chunks) for row in pages),
        chunks_done=len(chunks),
        share=_share(run, so_far, planned, done),
        ends_at=_ends_at(run, planned, done, now),
    )


def _share(run: Run, so_far: Totals, planned: int, done: int) -> float | None:
    if not run.is_open:
        return 1.0
    if run.stage is Stage.WORK:
        return done / planned if planned else 1.0
    if run.stage is Stage.LIST and run.ids:
        return so_far.listed / run.ids
    return None


def _ends_at(run: Run, planned: int, done: int, now: float) -> float | None:
    if run.state is not RunState.RUNNING or run.sent_at is None:
        return None
    worked = now - run.sent_at - run.idle
    if not planned:
        return now
    if not done or worked <= 0:
        return None
    return now + worked / done * (planned - done)


@dataclass(frozen=True, slots=True)
class RunBoard:
    """Shows runs with their progress.

    Attributes:
        runs: run rows.
        results: page and chunk rows.
        clock: unix seconds.
    """

    runs: Runs
    results: Results
    clock: Clock

    def of(self, run: Run) -> Progress:
        """Returns how far a run is."""
        pages, chunks = self.results.pages(run.id), self.results.chunks(run.id)
        return progress_of(run, pages, chunks, self.clock())

    def open(self) -> Sequence[tuple[Run, Progress]]:
        """Returns all open runs, the oldest first, each with its progress."""
        return [(run, self.of(run)) for run in self.runs.open()]

    def closed(self, limit: int = 20) -> Sequence[tuple[Run, Progress]]:
        """Returns closed runs, the newest first, each with its figures."""
        now = self.clock()
        return [
            (run, progress_of(run, (), (), now) if run.totals is not None else self.of(run))
            for run in self.runs.closed(limit)
        ]
