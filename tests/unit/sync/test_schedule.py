"""Runs that nobody has to start."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mostik.linkdoc.document import SchedulePart
from mostik.linkdoc.yamlfile import load
from mostik.sync.link import Links
from mostik.sync.linkbook import LinkBook
from mostik.sync.run import RunKind, Runs, RunState
from mostik.sync.rundesk import RunDesk
from mostik.sync.schedule import BY, UNKNOWN_SCHEDULE, Last, Schedules, due
from tests.support.rig import Rig
from tests.unit.sync.test_documents import TEXT

ZONE = ZoneInfo("Europe/Moscow")
MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=ZONE)


def at(moment: datetime) -> float:
    return moment.timestamp()


def test_the_first_run_is_a_full_one_and_without_a_schedule_there_is_none() -> None:
    assert due(SchedulePart(), Last(), at(MONDAY)) is RunKind.FULL
    nothing = SchedulePart(every_minutes=None, full_at=None)
    assert due(nothing, Last(), at(MONDAY)) is None


@pytest.mark.parametrize(
    ("minutes", "kind"), [(14, None), (15, RunKind.INCREMENTAL), (600, RunKind.INCREMENTAL)]
)
def test_what_has_changed_is_looked_at_every_so_many_minutes(
    minutes: int, kind: RunKind | None
) -> None:
    last = Last(at(MONDAY) - minutes * 60, "2026-03-02")
    assert due(SchedulePart(every_minutes=15), last, at(MONDAY)) is kind


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (MONDAY.replace(day=3, hour=2, minute=59), None),
        (MONDAY.replace(day=3, hour=3), RunKind.FULL),
        (MONDAY.replace(day=3, hour=23), RunKind.FULL),
        (MONDAY.replace(day=4, hour=23), None),
    ],
)
def test_a_full_run_is_made_on_its_days_at_its_time_or_later(
    moment: datetime, kind: RunKind | None
) -> None:
    # GIVEN full runs at three on Tuesdays, the last one a week ago
    schedule = SchedulePart(every_minutes=None, full_at="03:00", full_on=(2,))
    last_day = "2026-03-03" if moment.day == 4 else "2026-02-24"
    last = Last(at(moment - timedelta(minutes=1)), last_day)
    assert due(schedule, last, at(moment)) is kind


def test_the_tick_starts_runs_each_way_and_finds_what_no_hint_has_told_of() -> None:
    # GIVEN a link with a schedule, and a thing of which nobody has told
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    text = TEXT.replace("{every_minutes: null, full_at: null}", "{every_minutes: 15}")
    book = LinkBook(Links(rig.table, rig.clock), rig.table, rig.clock)
    [found] = load(text)
    assert found.document is not None
    book.apply(found.document, by="vera")
    rig.here.put("1", "a")
    # WHEN minutes pass before it is matched, and half an hour behind it
    for _ in range(5):
        rig.minute()
    before = Runs(rig.table).closed()
    book.settle("things")
    for _ in range(40):
        rig.minute()
    # THEN none was made before, and then one full run each way and others over what has changed
    made = [one for one in Runs(rig.table).closed() if one.by == BY]
    assert before == []
    assert [one.kind for one in made].count(RunKind.FULL) == 2
    assert {one.kind for one in made} == {RunKind.FULL, RunKind.INCREMENTAL}
    assert {one.state for one in made} == {RunState.DONE}
    assert list(rig.there.texts().values()) == ["a"]


def test_a_schedule_that_this_release_does_not_know_stops_no_other_link() -> None:
    # GIVEN two links, one of them stored by a release that knew other schedules
    rig, lines = Rig(), list[str]()
    links, runs = Links(rig.table, rig.clock), Runs(rig.table)
    book = LinkBook(links, rig.table, rig.clock)
    text = TEXT.replace("{every_minutes: null, full_at: null}", "{every_minutes: 15}")
    for name in ("things", "others"):
        [found] = load(text.replace("id: things", f"id: {name}"))
        assert found.document is not None
        book.apply(found.document, by="vera")
        book.settle(name)
    broken = links.get("others")
    assert broken is not None
    schedule = {"every_minutes": "on full moon"}
    links.save(replace(broken, document={**(broken.document or {}), "schedule": schedule}))
    # WHEN the tick comes
    desk = RunDesk(runs, links, rig.queue, rig.clock)
    started = Schedules(desk, links, rig.table, rig.clock, lines.append)()
    # THEN the runs of the other one are made, and the log says which one is meant and what to do
    assert started == 2
    assert {run.link for run in runs.open()} == {"things"}
    assert lines
    assert all(UNKNOWN_SCHEDULE in line and '"others"' in line for line in lines)
