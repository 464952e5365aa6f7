"""What a person or a schedule does with runs: start, pause, approve, cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mostik.errors import Skip
from mostik.ids import ulid
from mostik.jobs.message import dump
from mostik.ports import Busy, Clock, JobQueue
from mostik.sync.link import Link, Links, Side
from mostik.sync.listing import page_message
from mostik.sync.pause import Pause, link_gate, paused_run, run_gate
from mostik.sync.route import UNMATCHED
from mostik.sync.run import MOVES_THE_MARK, Run, RunKind, Runs, RunState, Stage

MOST_IDS = 10_000
"""Records that one run may be given by name."""


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
        ids: Sequence[str] = (),
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
            ids: of a manual or a dry run: keys of the records that it is about; both sides of them
                are looked at, whatever was agreed. Empty: all that its source lists.

        Raises:
            Skip: there is no such link, it is not matched, it is paused, a run of it is open, or
                its records cannot be named in this kind of run.
        """
        link, now = self._link(link_id), self.clock()
        if not link.matched and kind is not RunKind.DRY:
            raise Skip(f"{UNMATCHED} Until then only a dry run is made.")
        keys = _named(ids, kind)
        # Whoever remembers the run before it is (an import) has it held behind the link's gate.
        if run_id is None and kind is not RunKind.DRY:
            paused = self.runs.pauses.of_link(link_id)
            if paused is not None:
                raise Skip(f"{paused.text} Until it is resumed only a dry run is made.")
        if run_id is not None and (known := self.runs.get(run_id)) is not None:
            return known
        if kind is RunKind.INCREMENTAL:
            since = self.runs.mark(link_id, side).watermark
        elif kind is RunKind.FULL:
            since = None
        run = Run(
            run_id or self.new_id(now),
            link.id,
            side,
            kind,
            now,
            now,
            by,
            since,
            cursor=cursor,
            ids=len(keys),
            reconciles=kind in MOVES_THE_MARK and self.runs.has_marked(link_id, side),
        )
        other = self.runs.take_slot(run)
        if other is not None:
            raise Skip(f"The run {other} of this link is still open.")
        self.runs.name(run.id, keys, now)
        self.runs.insert(run)
        self._send(run, link)
        return run

    def pause(self, run_id: str, *, by: str) -> Run:
        """Stops a run: what of it is in hand is finished, the rest waits until it is resumed.

        Raises:
            Skip: it is not running.
        """
        run = self._run(run_id)
        if run.state is not RunState.RUNNING:
            raise Skip(f"The run {run_id} is {run.state.value}, so it cannot be paused.")
        now = self.clock()
        moved = run.moved(now, state=RunState.PAUSED, paused_by=by or "Somebody")
        self._replace(moved)
        self.runs.pauses.stop(run_gate(run_id), paused_run(run_id, by), now)
        return moved

    def resume(self, run_id: str) -> Run:
        """Lets a paused run go on from where it is.

        Raises:
            Skip: it is not paused.
        """
        run = self._run(run_id)
        if run.state is not RunState.PAUSED:
            raise Skip(f"The run {run_id} is {run.state.value}, so there is nothing to resume.")
        now = self.clock()
        idle = run.idle + now - run.moved_at if run.stage is Stage.WORK else run.idle
        moved = run.moved(now, state=RunState.RUNNING, paused_by=None, idle=idle)
        self._replace(moved)
        self.runs.pauses.go_on(run_gate(run_id), now)
        if moved.stage is not Stage.WORK:
            self._send(moved, self._link(run.link))
        return moved

    def pause_link(self, link_id: str, *, by: str) -> Pause:
        """Stops all that goes over a link, dry runs excepted: no run is started for it, what of its
        runs is not in hand is held, and touched records are remembered as pending.

        Raises:
            Skip: there is no such link.
        """
        link, now = self._link(link_id), self.clock()
        text = f"{by or 'Somebody'} has paused the link {link.id}."
        self.runs.pauses.stop(link_gate(link.id), text, now)
        return self.runs.pauses.of_link(link.id) or Pause(now, text)

    def resume_link(self, link_id: str) -> None:
        """Lets a link go on: what was held and remembered follows with the next ticks.

        Raises:
            Skip: there is no such link, or it is not paused.
        """
        link = self._link(link_id)
        if not self.runs.pauses.go_on(link_gate(link.id), self.clock()):
            raise Skip(f"The link {link.id} is not paused.")

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
        if run.state is RunState.PAUSED:
            self.runs.pauses.go_on(run_gate(run_id), now)  # its jobs find out that it has ended
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


def _named(ids: Sequence[str], kind: RunKind) -> Sequence[str]:
    keys = list(dict.fromkeys(ids))
    if keys and kind not in (RunKind.MANUAL, RunKind.DRY):
        raise Skip(
            f"The records of a {kind.value} run cannot be named: start a manual or a dry one."
        )
    if len(keys) > MOST_IDS:
        raise Skip(f"A run takes {MOST_IDS} named records at the most; these are {len(keys)}.")
    return keys
