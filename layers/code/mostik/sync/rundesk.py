"""What a person or a schedule does with runs: start, approve, cancel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mostik.errors import Skip
from mostik.ids import ulid
from mostik.jobs.message import dump
from mostik.ports import Busy, Clock, JobQueue
from mostik.sync.link import Link, Links, Side
from mostik.sync.listing import page_message
from mostik.sync.route import UNMATCHED
from mostik.sync.run import Run, RunKind, Runs, RunState, Stage


@dataclass(frozen=True, slots=True)
class RunDesk:
    """Starts and steers runs.

    Attributes:
        runs: run rows.
        links: links.
        queue: the queue of jobs.
        clock: unix seconds.
        new_id: makes run ids.
    """

    runs: Runs
    links: Links
    queue: JobQueue
    clock: Clock
    new_id: Callable[[float], str] = ulid

    def start(
        self,
        link_id: str,
        kind: RunKind,
        *,
        side: Side = Side.LEFT,
        by: str = "",
        since: float | None = None,
        cursor: str | None = None,
        run_id: str | None = None,
    ) -> Run:
        """Starts a run.

        Args:
            link_id: the link.
            kind: see ``RunKind``.
            side: where records come from.
            by: who asks for it.
            since: of a manual run or a backfill: only what was changed at that time or later.
            cursor: where its first page begins; it reads what its source says to that.
            run_id: its id, of somebody who remembers it before; starting it again is harmless.

        Raises:
            Skip: there is no such link, it is not matched, or a run of it is open.
        """
        link, now = self._link(link_id), self.clock()
        if not link.matched and kind is not RunKind.DRY:
            raise Skip(f"{UNMATCHED} Until then only a dry run is made.")
        if run_id is not None and (known := self.runs.get(run_id)) is not None:
            return known
        if kind is RunKind.INCREMENTAL:
            since = self.runs.mark(link_id, side).watermark
        elif kind is RunKind.FULL:
            since = None
        run = Run(
            run_id or self.new_id(now), link.id, side, kind, now, now, by, since, cursor=cursor
        )
        other = self.runs.take_slot(run)
        if other is not None:
            raise Skip(f"The run {other} of this link is still open.")
        self.runs.insert(run)
        self._send(run, link)
        return run

    def approve(self, run_id: str, *, by: str = "") -> Run:
        """Lets a held run go on, whatever its brakes say.

        Raises:
            Skip: it is not held.
        """
        run = self._run(run_id)
        if run.state is not RunState.HELD:
            raise Skip(f"The run {run_id} is {run.state.value}, so there is nothing to approve.")
        moved = run.moved(
            self.clock(), state=RunState.RUNNING, stage=Stage.SEND, approved_by=by or "someone"
        )
        self._replace(moved)
        self._send(moved, self._link(run.link))
        return moved

    def cancel(self, run_id: str) -> Run:
        """Ends a run; what of it is in hand is finished, the rest is not begun.

        Raises:
            Skip: it is closed.
        """
        run = self._run(run_id)
        if not run.is_open:
            raise Skip(f"The run {run_id} is {run.state.value} already.")
        now = self.clock()
        moved = run.moved(now, state=RunState.CANCELLED, ended_at=now)
        self._replace(moved)
        self.runs.free_slot(moved)
        return moved

    def _replace(self, run: Run) -> None:
        if not self.runs.replace(run):
            raise Skip(f"The run {run.id} has just moved on: look again.")

    def _send(self, run: Run, link: Link) -> None:
        message = page_message(run, link, self.clock())
        try:
            self.queue.send(dump(message), group=message.connection)
        except Busy:
            return  # the tick sends it

    def _run(self, run_id: str) -> Run:
        run = self.runs.get(run_id)
        if run is None:
            raise Skip(f"There is no run {run_id!r}.")
        return run

    def _link(self, link_id: str) -> Link:
        link = self.links.get(link_id)
        if link is None:
            known = ", ".join(sorted(link.id for link in self.links.all())) or "none"
            raise Skip(f"There is no link {link_id!r}. There are: {known}.")
        return link
