"""A person tries a failed job again."""

from __future__ import annotations

from mostik.errors import Skip
from mostik.jobs.life import replayed
from mostik.jobs.release import send_row
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, JobQueue


class Replay:
    """Puts failed jobs back to work, with a fresh schedule and their whole payload."""

    def __init__(self, rows: JobRows, queue: JobQueue, clock: Clock) -> None:
        self._rows = rows
        self._queue = queue
        self._clock = clock

    def one(self, job_id: str) -> None:
        """Replays one job.

        Raises:
            Skip: it is not failed (any more).
            Busy: the queue did not take it; the tick sends it within two minutes.
        """
        row = self._rows.get(job_id)
        again = replayed(row, now=self._clock()) if row is not None else None
        if row is None or again is None or not self._rows.write(again, row.version).done:
            raise Skip(f"The job {job_id!r} is not failed, so there is nothing to replay.")
        send_row(again, self._queue)
