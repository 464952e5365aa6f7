"""Many jobs behind one slow gate, on a virtual clock: several workers, the tick, the queue.

A batch runs its jobs in threads, so what they wait for slots passes once, not one after the other:
sleeping turns no clock here, and a worker is busy as long as the longest of its jobs waited.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mostik.http.gate import Lane
from mostik.http.limiter import CROWDED_SECONDS, Limit, Limiter
from mostik.http.trail import Trail
from mostik.integration import CreateOnce
from mostik.jobs.message import Work
from mostik.jobs.outcome import Changed, Unchanged
from mostik.jobs.row import JobRow, JobState
from mostik.jobs.rows import JobRows, Wrote
from mostik.sync.decide import Attempt
from mostik.worker.execute import Execution, Prospect
from mostik.worker.together import Together
from mostik.worker.worker import Worker
from tests.support.rig import THERE, Rig
from tests.support.shelf import Shelf
from tests.support.slots import MemorySlots

WORKERS = 5
"""MaximumConcurrency in the template."""
BATCH = 20
LATENCY_SECONDS = 0.2
STEP_SECONDS = 1.0
"""The queue's batch window."""


class CountingRows(JobRows):
    """Job rows that count claims."""

    claims = 0

    def write(self, row: JobRow, over: int | None) -> Wrote:
        answer = super().write(row, over)
        self.claims += answer.done and row.state is JobState.RUNNING
        return answer


class WatchedExecution(Execution):
    """An execution that shows whose job is running."""

    def __init__(self, inner: Execution) -> None:
        self._inner = inner
        self.trail = Trail()

    def prospect(self, work: Work) -> Prospect:
        return self._inner.prospect(work)

    def run(
        self,
        work: Work,
        trail: Trail,
        once: CreateOnce,
        attempt: Attempt,
        together: Together | None = None,
    ) -> Changed | Unchanged:
        self.trail = trail
        return self._inner.run(work, trail, once, attempt, together)


class Crowd(Rig):
    """A rig whose far side takes so many calls a second.

    Args:
        limit: of the far side.
        limited: the operations that it counts.
        there: the far side.

    Attributes:
        calls: calls that went out and count.
        took: seconds until the last job was done.
    """

    def __init__(self, limit: Limit, limited: tuple[str, ...], there: Shelf | None = None) -> None:
        super().__init__(there=there or Shelf())
        self.counting = self.rows = CountingRows(self.table)
        self.calls: Counter[str] = Counter()
        self.took = 0.0
        self._limited = limited
        self._longest = 0.0
        self._watched = WatchedExecution(super().worker().execution)
        self._limiter = Limiter(
            MemorySlots(),
            limit,
            share=1.0,
            connection=THERE,
            clock=self.clock,
            sleep=self._sleep,
        )
        self.there.before = self._admit

    def worker(self) -> Worker:
        return replace(super().worker(), execution=self._watched)

    def finish(self, jobs: int) -> None:
        """Touches so many records and plays until every one is carried over."""
        for number in range(jobs):
            self.here.put(str(number), "new")
            self.touch(str(number))
        start, busy = self.clock(), [0.0] * WORKERS
        next_tick = start
        while len(self.there.created) < jobs:
            now = self.clock()
            self.took = now - start
            assert self.took < 86_400, f"{len(self.there.created)} of {jobs} are done"
            if now >= next_tick:
                self.tick()
                next_tick += 60.0
            for number in range(WORKERS):
                if busy[number] <= now and self.queue.depth.visible:
                    self._longest = 0.0
                    self.work(BATCH)
                    busy[number] = now + self._longest + LATENCY_SECONDS
            self.clock.advance(STEP_SECONDS)

    def _admit(self, operation: str) -> None:
        if operation in self._limited:
            self._limiter.admit(Lane.EVENT, lambda: 60.0)
            self.calls[operation] += 1

    def _sleep(self, seconds: float) -> None:
        self._longest = max(self._longest, seconds)
        if seconds > CROWDED_SECONDS:
            self._watched.trail.crowded(THERE)
