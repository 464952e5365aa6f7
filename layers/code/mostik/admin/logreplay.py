"""Does again what a log entry was about, as far as that is possible, and says in words what it did.

The log itself cannot be played again: its bodies are masked. What can is the work behind an entry:
a failed job with its whole payload, or a fresh look at the records that the entry was about.
"""

from __future__ import annotations

from collections.abc import Sequence

from mostik.connections.connection import is_connection_id
from mostik.errors import Skip
from mostik.ids import time_of, ulid
from mostik.jobs.message import Touch, dump
from mostik.jobs.replay import Replay
from mostik.jobs.row import JobRow, JobState
from mostik.jobs.rows import JobRows
from mostik.ports import Clock, JobQueue
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.query import LogFilter, LogReader

_ON_ITS_WAY = {
    JobState.QUEUED: "it is queued already",
    JobState.RUNNING: "it is running now",
    JobState.WAITING: "it waits for its next attempt and will be tried again by itself",
    JobState.HELD: "it is held behind a closed gate and goes on when that opens",
    JobState.UNKNOWN: "a write of it may have happened; that is being looked up first",
}
_MOST_JOBS = 200
_STORY_SECONDS = 35 * 86_400.0
"""Jobs of an event may run as long as its delivery id is remembered."""


class LogReplay:
    """Replays what is behind an entry.

    Args:
        rows: job rows.
        queue: takes the work.
        log: finds what else an event led to.
        clock: unix seconds.
    """

    def __init__(self, rows: JobRows, queue: JobQueue, log: LogReader, clock: Clock) -> None:
        self._rows = rows
        self._queue = queue
        self._log = log
        self._clock = clock
        self._replay = Replay(rows, queue, clock)

    def of(self, entry_id: str) -> Sequence[str]:
        """Replays an entry. Returns a sentence for each thing done or left.

        Raises:
            Skip: there is nothing that could be done again; says why.
            Busy: the queue did not take it.
        """
        entry = self._log.get(entry_id)
        if entry is None:
            raise Skip(f"There is no log entry {entry_id!r}; it may have expired.")
        if entry.job is None:
            raise Skip("This call belonged to no job (a check, or a person's), so it cannot be run"
                       " again from here.")  # fmt: skip
        if entry.job == entry.event:
            return self._receipt(entry, entry.job)
        return [self._job(entry.job, self._row(entry.job))]

    def _receipt(self, entry: LogEntry, receipt: str) -> Sequence[str]:
        row = self._row(receipt)
        if row is not None and row.state is not JobState.DONE:
            return [self._job(receipt, row)]
        jobs = self._jobs_of(entry, receipt)
        if not jobs:
            raise Skip(
                "This event led to no work that could be done again, and its body is kept masked:"
                " ask the sender to repeat it."
            )
        return [
            "The event itself cannot be replayed (the log keeps it masked); its records are"
            " looked at again.",
            *(self._job(job, self._row(job)) for job in jobs),
        ]

    def _job(self, job: str, row: JobRow | None) -> str:
        if row is not None and row.state is JobState.FAILED:
            self._replay.one(job)
            return f"{job} had failed and is queued again with its whole payload."
        if row is not None and row.state in _ON_ITS_WAY:
            return f"{job} is not replayed: {_ON_ITS_WAY[row.state]}."
        touch = self._touch_of(job)
        if touch is None:
            return (
                f"{job} was a full-state event that has been handled. Its content is not kept;"
                " ask the sender to repeat it."
            )
        self._queue.send(dump(touch), group=touch.connection)
        return f"{job} is looked at again: the record is read and carried over as it is now."

    def _touch_of(self, job: str) -> Touch | None:
        """A touch of the job's record: it carries no data, so another one does no harm."""
        parts = job.split("/", 2)
        if len(parts) < 3 or not is_connection_id(parts[0]) or not all(parts):
            return None
        now = self._clock()
        return Touch(parts[0], parts[1], parts[2], f"replay:{ulid(now)}", now)

    def _jobs_of(self, entry: LogEntry, event: str) -> Sequence[str]:
        since = time_of(entry.id)
        wanted = LogFilter(since, since + _STORY_SECONDS, event=event)
        page = self._log.search(wanted, limit=_MOST_JOBS)
        jobs = [one.job for one in reversed(page.entries) if one.job not in (None, event)]
        return [job for job in dict.fromkeys(jobs) if job is not None]

    def _row(self, job: str) -> JobRow | None:
        return self._rows.get(job)
