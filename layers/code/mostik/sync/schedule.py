"""Starts the runs of links with a document when their time has come.

Where a webhook brings hints, runs are made all the same: what no hint has told of is found by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from mostik.errors import Skip
from mostik.ports import Clock, Table
from mostik.sync.link import Link, Links, Side
from mostik.sync.run import RunKind
from mostik.sync.rundesk import RunDesk
from mostik.telemetry import Emit, log_line

if TYPE_CHECKING:
    from mostik.linkdoc.document import SchedulePart

BY = "the schedule"
UNKNOWN_SCHEDULE = "A link's schedule is not one that this release knows: apply the link again."


@dataclass(frozen=True, slots=True)
class Last:
    """What the schedule has started for a link and side.

    Attributes:
        at: when it has started a run of any kind, unix seconds; ``None``: never.
        full_on: the day of its latest full run, as the schedule's zone has it.
    """

    at: float | None = None
    full_on: str = ""


def due(schedule: SchedulePart, last: Last, now: float) -> RunKind | None:
    """Returns the run whose time has come, if any. The first one is a full one.

    Args:
        schedule: of the link.
        last: what was started before.
        now: unix seconds.
    """
    if last.at is None and (schedule.every_minutes is not None or schedule.full_at is not None):
        return RunKind.FULL
    here = datetime.fromtimestamp(now, ZoneInfo(schedule.zone))
    if schedule.full_at is not None and last.full_on != here.date().isoformat():
        on_this_day = not schedule.full_on or here.isoweekday() in schedule.full_on
        if on_this_day and here.time() >= time.fromisoformat(schedule.full_at):
            return RunKind.FULL
    every = schedule.every_minutes
    if every is not None and last.at is not None and now - last.at >= every * 60:
        return RunKind.INCREMENTAL
    return None


@dataclass(frozen=True, slots=True)
class Schedules:
    """Starts runs. Level-triggered: a tick that is lost or doubled does no harm.

    Attributes:
        desk: starts runs.
        links: links.
        table: the state table.
        clock: unix seconds.
        emit: takes lines of the function's log.
    """

    desk: RunDesk
    links: Links
    table: Table
    clock: Clock
    emit: Emit = lambda _line: None

    def __call__(self) -> int:
        """Starts what is due. Returns how many runs that are.

        Raises:
            Busy: AWS refused something; the next tick does the rest.
        """
        planned = [one for one in self.links.all() if one.document is not None and one.matched]
        paused = self.desk.runs.pauses.of_links() if planned else {}
        return sum(
            self._start(link, side)
            for link in planned
            if link.id not in paused
            for side in _sources(link)
        )

    def _start(self, link: Link, side: Side) -> bool:
        # Here, so that a stack whose links follow from settings never loads documents.
        from mostik.linkdoc.document import SchedulePart  # noqa: PLC0415

        try:
            schedule = SchedulePart.model_validate((link.document or {}).get("schedule", {}))
        except ValidationError:
            self.emit(log_line("ERROR", UNKNOWN_SCHEDULE, {"link": link.id}))
            return False  # the other links and the rest of the tick go on
        place = (f"runs#{link.id}", f"schedule#{side.value}")
        item = self.table.get(*place) or {}
        at = item.get("at")
        last = Last(float(at) if at is not None else None, str(item.get("full_on", "")))
        now = self.clock()
        kind = due(schedule, last, now)
        if kind is None:
            return False
        try:
            self.desk.start(link.id, kind, side=side, by=BY)
        except Skip:
            return False  # one is open: this one comes after it
        full_on = last.full_on
        if kind is RunKind.FULL:
            full_on = datetime.fromtimestamp(now, ZoneInfo(schedule.zone)).date().isoformat()
        self.table.put({"pk": place[0], "sk": place[1], "at": now, "full_on": full_on})
        return True


def _sources(link: Link) -> Iterator[Side]:
    """The sides from which records go to the other one."""
    return (side for side in Side if side.other in link.updates)
