"""A person tries failed jobs again: one, or all that fit a filter.

Many are replayed by the tick, a page at a time, so neither a function's longest run nor a crash
matters. What is in hand stands in the replay's own row before a job is touched, so its figures
stay true. A job leaves the failed ones by one conditional write: it is replayed once, whoever else
tries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mostik.errors import Skip
from mostik.ids import ulid
from mostik.jobs.again import RESEND_SECONDS, replayed
from mostik.jobs.failed import FailedFilter
from mostik.jobs.message import Message, UnreadableMessage, load
from mostik.jobs.release import RESEND_AFTER_SECONDS, send_row
from mostik.jobs.row import DUE_INDEX, JobRow, JobState, failed_key
from mostik.jobs.rows import JobRows, end_key
from mostik.ports import Busy, Clock, Item, JobQueue, RemainingTime, Table

_PARTITION = "replays"
_PAGE = 100
_KEPT_SECONDS = 35 * 86_400
_WRITE_TRIES = 6
REPLAYED_A_TICK = 1_000
"""So many jobs a minute, of all replays together: what comes in anew must not wait behind them."""
_TIME_RESERVE = 10.0


class Replay:
    """Puts one failed job back to work, with a fresh schedule and its whole payload."""

    def __init__(self, rows: JobRows, queue: JobQueue, clock: Clock) -> None:
        self._rows = rows
        self._queue = queue
        self._clock = clock

    def one(self, job_id: str) -> None:
        """Replays one job.

        Raises:
            Skip: it is not failed (any more), or this release cannot read it.
            Busy: the queue did not take it; the tick sends it within two minutes.
        """
        row = self._rows.get(job_id)
        if row is not None and row.state is JobState.FAILED and _message_of(row) is None:
            raise Skip(
                f"This release cannot read the message of {job_id!r}. Replay it under one that can."
            )
        if row is None or not self.row(row):
            raise Skip(f"The job {job_id!r} is not failed, so there is nothing to replay.")

    def row(self, row: JobRow, *, resend_after: float = RESEND_SECONDS) -> bool:
        """Replays a job as it was read.

        Args:
            row: the job.
            resend_after: seconds until the tick sends it again, should its message be lost.

        Returns:
            Whether it was: ``False`` when it is not failed any more, or cannot be read.

        Raises:
            Busy: the queue did not take it, or its row could not be written.
        """
        now = self._clock()
        again = replayed(row, now=now, resend_after=resend_after)
        message = _message_of(row)
        if again is None or message is None:
            return False
        if message.id != row.id:
            return self._renamed(row, message.connection)
        wrote = self._rows.write(again, row.version)
        if not wrote.done and wrote.standing != again:
            return False
        if again.state is JobState.QUEUED:
            try:
                send_row(again, self._queue)
            except Busy:
                self._rows.write(again.next(due_at=now, sent_at=None), again.version)
                raise
        return True

    def _renamed(self, row: JobRow, connection: str) -> bool:
        """Replays what an earlier release could not read: its row goes by the content, and from now
        on the job has a row of its own name. The message goes first: a crash repeats it."""
        self._queue.send(row.payload, group=connection)
        self._rows.remove(row.id, row.version)
        return True


def _message_of(row: JobRow) -> Message | None:
    """What a job's message says; ``None`` when this release cannot read it."""
    try:
        return load(row.payload)
    except UnreadableMessage:
        return None


class ReplayState(StrEnum):
    """Where a replay of many jobs stands."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ReplayRun:
    """A replay of many jobs.

    Attributes:
        id: its name.
        wanted: which jobs; those that fail after it was started are not among them.
        by: who has started it.
        started_at: unix seconds.
        matching: how many there were then.
        replayed: jobs that were put back to work so far.
        left: jobs that were not failed any more when their turn came, or cannot be read.
        cursor: the key of the last failed job that is settled.
        page_end: the key of the last one in hand; ``None``: nothing is in hand.
        page_size: how many were in hand when that was written.
    """

    id: str
    wanted: FailedFilter
    by: str
    started_at: float
    matching: int
    version: int
    state: ReplayState = ReplayState.RUNNING
    replayed: int = 0
    left: int = 0
    cursor: str | None = None
    page_end: str | None = None
    page_size: int = 0
    ended_at: float | None = None

    def next(self, **changes: Any) -> ReplayRun:
        """Returns its next version with ``changes``."""
        return replace(self, version=self.version + 1, **changes)


class Replays:
    """Replays of many jobs over the state table.

    Args:
        table: the state table.
        rows: job rows.
        queue: takes the jobs.
        clock: unix seconds.
    """

    def __init__(self, table: Table, rows: JobRows, queue: JobQueue, clock: Clock) -> None:
        self._table = table
        self._rows = rows
        self._clock = clock
        self._replay = Replay(rows, queue, clock)

    def start(self, wanted: FailedFilter, *, matching: int, by: str) -> ReplayRun:
        """Starts to replay what fits ``wanted``; the next ticks do it.

        Args:
            wanted: which failed jobs.
            matching: how many those are, as a person was told who has confirmed it.
            by: who that was.

        Raises:
            Skip: there are none.
        """
        if matching == 0:
            raise Skip("No failed job fits, so there is nothing to replay.")
        now = self._clock()
        until = now if wanted.until is None else min(wanted.until, now)
        run = ReplayRun(ulid(now), replace(wanted, until=until), by, now, matching, int(now * 1000))
        self._table.put(_to_item(run))
        return run

    def get(self, replay_id: str) -> ReplayRun:
        """Returns a replay.

        Raises:
            Skip: there is none of this name (any more).
        """
        item = self._table.get(_PARTITION, replay_id)
        if item is None:
            raise Skip(f"There is no replay {replay_id!r}; they are remembered for 35 days.")
        return _from_item(item)

    def recent(self, limit: int = 20) -> Sequence[ReplayRun]:
        """Returns the last replays, the newest first."""
        page = self._table.query(_PARTITION, newest_first=True, limit=limit)
        return [_from_item(item) for item in page.items]

    def cancel(self, replay_id: str) -> ReplayRun:
        """Stops a replay; what it has put back to work stays there.

        Raises:
            Skip: it has ended already, or there is none.
        """
        run = self.get(replay_id)
        for _ in range(_WRITE_TRIES):
            if run.state is not ReplayState.RUNNING:
                raise Skip(f"The replay {replay_id!r} has ended already: {run.state.value}.")
            stopped = run.next(state=ReplayState.CANCELLED, ended_at=self._clock())
            standing = self._write(stopped, run.version)
            if standing is None:
                return stopped
            run = standing
        raise Busy("the replay's row changes too often to be stopped now; try again")

    def advance(self, remaining: RemainingTime) -> int:
        """Goes on with every running replay. Returns how many jobs were put back to work.

        Args:
            remaining: seconds left; it stops in time, the next tick goes on.
        """
        items = self._table.query(_PARTITION, index=DUE_INDEX).items
        share = REPLAYED_A_TICK // max(len(items), 1)
        return sum(self._advance(_from_item(item), remaining, share) for item in items)

    def _advance(self, run: ReplayRun, remaining: RemainingTime, most: int) -> int:
        before = run.replayed
        while run.state is ReplayState.RUNNING and run.replayed - before < most:
            if remaining() < _TIME_RESERVE:
                break
            run, goes_on = self._page(run)
            if not goes_on:
                break
        return run.replayed - before

    def _page(self, run: ReplayRun) -> tuple[ReplayRun, bool]:
        """Takes one page in hand and settles it.

        Returns:
            The replay as it stands then, and whether the queue takes more now.
        """
        final = end_key(run.wanted.until or run.started_at)
        last = run.page_end or final
        page = self._rows.failed(
            limit=_PAGE, after=run.cursor, first=run.wanted.first, last=last, newest_first=False
        )
        rows = [row for row in page.rows if row in run.wanted]
        end = page.after or last
        # What was in hand and is not failed any more was put back before a crash.
        handled = max(run.page_size - len(rows), 0)
        if run.page_end is None:
            taken = run.next(page_end=end, page_size=len(rows))
            standing = self._write(taken, run.version)
            if standing is not None:
                return standing, False  # a person has stopped it, or another tick is at it
            run = taken
        left = 0
        goes_on = True
        for row in rows:
            back, goes_on = self._put_back(row)
            handled += 1
            left += not back
            if not goes_on:
                end = failed_key(row)
                break
        changes: dict[str, Any] = {
            "cursor": end,
            "page_end": None,
            "page_size": 0,
            "replayed": run.replayed + handled - left,
            "left": run.left + left,
        }
        if end == final:
            changes |= {"state": ReplayState.DONE, "ended_at": self._clock()}
        return self._settled(run, changes), goes_on

    def _put_back(self, row: JobRow) -> tuple[bool, bool]:
        """Returns whether the job was put back to work, and whether the queue takes more now."""
        try:
            return self._replay.row(row, resend_after=RESEND_AFTER_SECONDS), True
        except Busy:
            standing = self._rows.get(row.id)
            if standing is not None and standing.state is JobState.FAILED:
                raise  # the table refuses: the page is taken up again later
            return True, False  # only its message was refused: its row is due

    def _settled(self, run: ReplayRun, changes: dict[str, Any]) -> ReplayRun:
        """Writes what a page came to; a person may have stopped the replay meanwhile."""
        version = run.version
        for _ in range(_WRITE_TRIES):
            done = run.next(**changes)
            standing = self._write(done, version)
            if standing is None:
                return done
            if standing.cursor != run.cursor or standing.page_end != run.page_end:
                return standing  # another tick has settled this page
            changes = {**changes, "state": standing.state, "ended_at": standing.ended_at}
            run, version = standing, standing.version
        return run

    def _write(self, run: ReplayRun, over: int) -> ReplayRun | None:
        """Writes a version. Returns what stands in the way, if something does."""
        answer = self._table.replace(_to_item(run), over)
        if answer.done or answer.standing is None:
            return None
        standing = _from_item(answer.standing)
        return None if standing == run else standing


_OPTIONAL: Mapping[str, Callable[[Any], Any]] = {
    "cursor": str,
    "page_end": str,
    "ended_at": float,
}


def _to_item(run: ReplayRun) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pk": _PARTITION,
        "sk": run.id,
        "wanted": run.wanted.as_item(),
        "by": run.by,
        "started_at": run.started_at,
        "matching": run.matching,
        "version": run.version,
        "state": run.state.value,
        "replayed": run.replayed,
        "left": run.left,
        "page_size": run.page_size,
    }
    item |= {name: getattr(run, name) for name in _OPTIONAL if getattr(run, name) is not None}
    if run.state is ReplayState.RUNNING:  # in the index so long: the tick finds it there
        return {**item, "due_pk": _PARTITION, "due_sk": run.id}
    return {**item, "expires_at": int((run.ended_at or run.started_at) + _KEPT_SECONDS)}


def _from_item(item: Item) -> ReplayRun:
    return ReplayRun(
        id=item["sk"],
        wanted=FailedFilter.from_item(item["wanted"]),
        by=item["by"],
        started_at=float(item["started_at"]),
        matching=int(item["matching"]),
        version=int(item["version"]),
        state=ReplayState(item["state"]),
        replayed=int(item["replayed"]),
        left=int(item["left"]),
        page_size=int(item["page_size"]),
        **{name: read(item[name]) for name, read in _OPTIONAL.items() if name in item},
    )
