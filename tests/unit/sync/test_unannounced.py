"""What runs alone have found: how good the hints are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mostik.errors import GiveUp, Pending, WhoActs
from mostik.integration import Integration
from mostik.sync.link import Side
from mostik.sync.run import Run, RunKind
from mostik.sync.verdict import Totals, Verdict
from tests.support.rig import Rig
from tests.support.shelf import Killed
from tests.unit.sync.stories import finished, relinked, run_of, stocked

HOUR = 3_600.0


@pytest.fixture
def rig() -> Rig:
    """Two sides that agree."""
    rig = stocked(Rig(), 20)
    first = run_of(rig, RunKind.FULL)
    assert found_alone(first) is None
    rig.clock.advance(HOUR)
    return rig


class Deaf(Rig):
    """A stack whose connections declare no webhook."""

    def offers(self) -> Integration[Any, Any]:
        """See ``Rig.offers``."""
        return replace(super().offers(), webhook=None)


def found_alone(run: Run) -> int | None:
    assert run.totals is not None
    return run.totals.unannounced


def test_what_no_hint_had_told_of_is_counted_and_what_one_had_is_not(rig: Rig) -> None:
    # GIVEN three things that were changed, one of them with a hint
    for key in ("0001", "0002", "0003"):
        rig.here.put(key, "changed", at=rig.clock() - HOUR)
    rig.touch("0003")
    rig.settle_down()
    rig.here.put("new", "fresh", at=rig.clock() - HOUR)
    # WHEN
    made = run_of(rig, RunKind.FULL)
    # THEN
    assert made.totals is not None
    assert made.totals.counts[Verdict.UPDATED] == 2
    assert found_alone(made) == 3
    # AND the next run finds nothing
    assert found_alone(run_of(rig, RunKind.INCREMENTAL)) in (None, 0)


def test_a_hint_whose_job_has_failed_counts_as_told(rig: Rig) -> None:
    # GIVEN a hint whose record was refused for good
    rig.here.put("0001", "refused", at=rig.clock() - HOUR)
    rig.there.errors["refused"] = GiveUp("No.", who=WhoActs.EXTERNAL_ADMIN)
    rig.touch("0001")
    rig.settle_down()
    # WHEN a run carries it over
    rig.there.errors.clear()
    made = run_of(rig, RunKind.FULL)
    # THEN
    assert made.totals is not None
    assert made.totals.counts[Verdict.UPDATED] == 1
    assert found_alone(made) == 0


def test_what_was_changed_just_now_may_still_be_told_of(rig: Rig) -> None:
    rig.here.put("0001", "changed", at=rig.clock() - 60)
    assert found_alone(run_of(rig, RunKind.FULL)) == 0


def test_what_is_gone_without_a_word_counts_too(rig: Rig) -> None:
    relinked(rig, deletes=frozenset({Side.RIGHT}))
    del rig.here.things["0001"]
    made = run_of(rig, RunKind.FULL)
    assert made.totals is not None
    assert made.totals.counts[Verdict.DELETED] == 1
    assert found_alone(made) == 1


@pytest.mark.parametrize("kind", [RunKind.MANUAL, RunKind.BACKFILL, RunKind.DRY])
def test_other_runs_do_not_count_it(rig: Rig, kind: RunKind) -> None:
    rig.here.put("0001", "changed", at=rig.clock() - HOUR)
    assert found_alone(run_of(rig, kind)) is None


def test_where_no_hints_come_there_is_nothing_to_be_counted() -> None:
    # GIVEN connections without a webhook, and two sides that agree
    rig = stocked(Deaf(), 20)
    run_of(rig, RunKind.FULL)
    rig.here.put("0001", "changed", at=rig.clock() - HOUR)
    assert found_alone(run_of(rig, RunKind.FULL)) is None


def test_totals_keep_it_and_older_rows_have_none() -> None:
    parts = [Totals(listed=3), Totals(unannounced=2), Totals(unannounced=0)]
    assert Totals.sum(parts).unannounced == 2
    for totals in parts:
        assert Totals.from_item(totals.as_item()) == totals
    assert "unannounced" not in Totals(listed=1).as_item()


def test_a_pending_record_that_is_gone_is_tried_no_more() -> None:
    # GIVEN a pending thing that its people delete
    rig = Rig()
    rig.here.put("1", "early")
    rig.there.errors["early"] = Pending("Its section is missing.", resource="s", key="1")
    rig.touch("1")
    rig.settle_down()
    assert [one.key for one in rig.parked.page("link").records] == ["1"]
    del rig.here.things["1"]
    # WHEN the tick tries it again
    for _ in range(3):
        rig.minute()
    # THEN nothing is left of it
    assert rig.parked.page("link").records == []


def test_a_run_that_is_repeated_after_a_crash_counts_the_same(rig: Rig) -> None:
    # GIVEN a chunk whose worker dies before it can say what came of it
    rig.here.put("0001", "changed", at=rig.clock() - HOUR)
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(1)
    updates = rig.there.updates

    def die(operation: str) -> None:
        if operation == "insert" and rig.there.updates > updates:
            rig.table.before = None
            raise Killed

    rig.table.before = die
    with pytest.raises(Killed):
        rig.work(1)
    # WHEN it is repeated
    assert found_alone(finished(rig, run)) == 1
