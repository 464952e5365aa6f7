"""A run whose source no longer knows what has changed since begins anew, over everything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mostik.errors import FeedExpired, WhoActs
from mostik.http.classify import ErrorTable, error_for, verdict_for
from mostik.http.classify import Verdict as Answer
from mostik.http.endpoint import Replay
from mostik.sync.link import Side
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import Rig
from tests.unit.sync.stories import finished, relinked, run_of

DAY = 86_400.0
EXPIRED = "The cursor is no longer known."


def expired() -> FeedExpired:
    return FeedExpired(EXPIRED, who=WhoActs.SYSTEM)


@pytest.fixture
def rig() -> Rig:
    """Two sides that agree, the list of one side with a watermark of a day ago."""
    rig = Rig()
    for number in range(6):
        rig.here.put(f"{number}", f"text {number}", at=rig.clock() - DAY)
    run_of(rig, RunKind.FULL)
    return rig


def test_a_list_that_reaches_back_far_enough_is_asked_for_what_has_changed(rig: Rig) -> None:
    rig.here.changes_kept = timedelta(days=7)
    rig.here.put("1", "changed", at=rig.clock())
    made = run_of(rig, RunKind.INCREMENTAL)
    assert (made.kind, made.note) == (RunKind.INCREMENTAL, "")


def test_one_whose_watermark_is_older_than_the_list_becomes_full_and_says_so(rig: Rig) -> None:
    # GIVEN a list of seven days, two weeks later, and a thing that has long left it
    relinked(rig, deletes=frozenset({Side.RIGHT}))
    rig.here.changes_kept = timedelta(days=7)
    rig.clock.advance(14 * DAY)
    rig.here.put("1", "changed", at=rig.clock() - 10 * DAY)
    del rig.here.things["5"]
    # WHEN
    made = run_of(rig, RunKind.INCREMENTAL)
    # THEN it has read everything, found what is gone, and says why
    assert (made.kind, made.state) == (RunKind.FULL, RunState.DONE)
    assert made.since is None
    assert made.note.startswith("here remembers changes of the last 7 days")
    assert made.note.endswith("So it reads everything.")
    assert made.totals is not None
    assert (made.totals.listed, made.totals.gone) == (5, 1)
    assert made.totals.count(Verdict.UPDATED) == 1
    assert made.totals.count(Verdict.DELETED) == 1


@pytest.mark.parametrize("pages_before", [0, 1, 2])
def test_one_whose_cursor_is_refused_begins_anew_wherever_it_was(
    rig: Rig, pages_before: int
) -> None:
    # GIVEN a list of pages of two, refused after some of them
    relinked(rig, deletes=frozenset({Side.RIGHT}))
    rig.here.page_size = 2
    for key in rig.here.things:
        rig.here.put(key, f"new {key}", at=rig.clock())
    calls = iter(range(100))

    def refuse(operation: str) -> None:
        if operation == "page" and next(calls) == pages_before:
            raise expired()

    rig.here.before = refuse
    # WHEN
    made = run_of(rig, RunKind.INCREMENTAL)
    # THEN everything was listed, all of it is accounted for, and nothing was taken for gone
    assert (made.kind, made.state) == (RunKind.FULL, RunState.DONE)
    assert made.note == f"{EXPIRED} So it reads everything."
    assert made.totals is not None
    assert made.totals.add_up
    assert made.totals.gone == 0
    assert set(rig.there.texts().values()) == set(rig.here.texts().values())
    assert rig.there.deleted == []


def test_one_that_is_refused_again_and_again_has_failed(rig: Rig) -> None:
    rig.here.refusals["page"] = [expired(), expired()]
    made = run_of(rig, RunKind.INCREMENTAL)
    assert made.state is RunState.FAILED
    assert made.failure is not None
    assert made.failure.text == EXPIRED


def test_a_full_run_whose_first_page_is_refused_has_failed(rig: Rig) -> None:
    rig.here.refusals["page"] = [expired()]
    assert run_of(rig, RunKind.FULL).state is RunState.FAILED


def test_a_run_that_a_person_asks_for_stays_his_and_moves_no_watermark(rig: Rig) -> None:
    rig.here.changes_kept = timedelta(hours=12)
    run = rig.desk.start("link", RunKind.MANUAL, since=rig.clock() - 5 * DAY)
    made = finished(rig, run)
    assert made.kind is RunKind.MANUAL
    assert "the last 12 hours" in made.note


def test_an_integration_says_it_by_its_table_of_errors() -> None:
    # GIVEN an API that answers 410 where its list no longer knows a cursor
    table: ErrorTable = {410: Answer(expired().family, WhoActs.SYSTEM, EXPIRED, expired=True)}
    # WHEN it does
    error = error_for(verdict_for(410, None, table), Replay.SAFE, gate="here", status=410)
    # THEN
    assert isinstance(error, FeedExpired)
