"""A run: everything is listed, judged, carried over in chunks, and accounted for."""

from __future__ import annotations

import pytest

from mostik.errors import GiveUp, Pending, RetryLater, Skip, WhoActs
from mostik.jobs.row import JobState
from mostik.sync.run import RunKind, RunState
from mostik.sync.verdict import Verdict
from tests.support.rig import Rig
from tests.unit.sync.stories import finished, linked, lose_messages, run_of, stocked


@pytest.fixture
def rig() -> Rig:
    return stocked(Rig(), 120)


@pytest.mark.parametrize("bulk", [False, True])
def test_a_full_run_creates_what_is_missing_and_adds_up(rig: Rig, bulk: bool) -> None:
    # GIVEN a shelf with 120 things on two pages, and an empty one
    rig.there.bulk = bulk
    # WHEN a full run is started
    run = run_of(rig, RunKind.FULL)
    # THEN every thing is on the other side, once, and in the figures
    assert run.state is RunState.DONE
    assert run.totals is not None
    assert (run.totals.listed, run.totals.counts) == (120, {Verdict.CREATED: 120})
    assert sorted(rig.there.created) == sorted(rig.here.things)
    assert set(rig.there.texts().values()) == set(rig.here.texts().values())
    # AND nothing of it is left to be worked on
    assert rig.jobs() == []


def test_a_second_run_writes_nothing_and_calls_the_other_side_for_nothing(rig: Rig) -> None:
    # GIVEN two sides that agree
    run_of(rig, RunKind.FULL)
    rig.there.calls.clear()
    # WHEN a second run is made
    run = run_of(rig, RunKind.FULL)
    # THEN every record is accounted for as unchanged, by its page alone
    assert run.totals is not None
    assert run.totals.counts == {Verdict.UNCHANGED: 120}
    assert not rig.there.calls


def test_what_was_changed_is_updated_and_what_we_wrote_is_an_echo(rig: Rig) -> None:
    # GIVEN two sides that agree, and a thing that is changed
    run_of(rig, RunKind.FULL)
    rig.here.put("0007", "changed")
    # WHEN a run is made each way
    there = run_of(rig, RunKind.FULL)
    back = run_of(rig, RunKind.FULL, back=True)
    # THEN the change went over, and what comes back is what we wrote
    assert there.totals is not None
    assert there.totals.counts == {Verdict.UPDATED: 1, Verdict.UNCHANGED: 119}
    assert linked(rig, "0007").text == "changed"
    assert back.totals is not None
    assert back.totals.counts == {Verdict.ECHOED: 120}


def test_an_incremental_run_reads_from_the_latest_change_that_was_listed(rig: Rig) -> None:
    # GIVEN a run that has listed a change of an hour ago
    start = rig.clock()
    for key in rig.here.things:
        rig.here.put(key, f"text {key}", at=start - 86_400)
    rig.here.put("0001", "recent", at=start - 3_600)
    run_of(rig, RunKind.FULL)
    # AND a thing that was changed since
    rig.here.put("0002", "new", at=rig.clock())
    # WHEN
    run = run_of(rig, RunKind.INCREMENTAL)
    # THEN only what is not older than that change is listed
    assert run.totals is not None
    assert run.totals.listed == 2
    assert run.totals.counts == {Verdict.UNCHANGED: 1, Verdict.UPDATED: 1}


def test_a_bad_record_goes_into_quarantine_and_the_run_ends_partial(rig: Rig) -> None:
    # GIVEN a thing that the other side refuses, and a row that is no thing
    rig.here.put("0003", "refused")
    rig.there.errors["refused"] = GiveUp("The name is too long.", who=WhoActs.EXTERNAL_ADMIN)
    rig.here.misfits.add("0004")
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN everything else went over and the two lie in quarantine, with a reason
    assert run.state is RunState.PARTIAL
    assert run.totals is not None
    assert run.totals.counts == {Verdict.CREATED: 118, Verdict.QUARANTINED: 2}
    lying = {record.key: record.failure.text for record in rig.parked.page("link").records}
    assert lying == {"0003": "The name is too long.", "0004": "This thing is broken."}
    assert rig.jobs(JobState.FAILED) == []


def test_a_record_leaves_quarantine_when_it_goes_over(rig: Rig) -> None:
    # GIVEN a thing in quarantine
    rig.here.put("0003", "refused")
    rig.there.errors["refused"] = GiveUp("No.", who=WhoActs.EXTERNAL_ADMIN)
    run_of(rig, RunKind.FULL)
    assert len(rig.parked.page("link").records) == 1
    # WHEN it is corrected and touched
    rig.here.put("0003", "better")
    rig.touch("0003")
    rig.settle_down()
    # THEN it is on the other side, once, and in quarantine no more
    assert linked(rig, "0003").text == "better"
    assert rig.there.created.count("0003") == 1
    assert rig.parked.page("link").records == []


def test_a_record_that_fails_again_and_again_is_left_alone_by_runs(rig: Rig) -> None:
    # GIVEN a thing that was refused by five runs
    rig.here.put("0003", "refused")
    rig.there.errors["refused"] = GiveUp("No.", who=WhoActs.EXTERNAL_ADMIN)
    for _ in range(5):
        run_of(rig, RunKind.FULL)
    rig.there.calls.clear()
    # WHEN the sixth meets it unchanged
    run = run_of(rig, RunKind.FULL)
    # THEN it is accounted for without a call
    assert run.totals is not None
    assert run.totals.count(Verdict.QUARANTINED) == 1
    assert not rig.there.calls


def test_a_defect_in_the_code_costs_one_record_and_is_noted(rig: Rig) -> None:
    # GIVEN a thing that the integration's code stumbles over
    rig.here.put("0003", "odd")
    rig.there.errors["odd"] = ZeroDivisionError("secret in a text")
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN the others went over, the defect is in the log, and its text nowhere
    assert run.state is RunState.PARTIAL
    [(kind, _job)] = rig.defects
    assert kind == "ZeroDivisionError"
    [record] = rig.parked.page("link").records
    assert "secret" not in record.failure.text
    assert record.failure.who is WhoActs.DEVELOPER


def test_a_pending_record_is_touched_until_what_it_points_at_is_there(rig: Rig) -> None:
    # GIVEN a thing that points at a section which is not there yet
    rig.here.put("0003", "early")
    rig.there.errors["early"] = Pending("Its section is missing.", resource="sections", key="s1")
    run = run_of(rig, RunKind.FULL)
    assert run.state is RunState.DONE
    assert run.totals is not None
    assert run.totals.count(Verdict.PENDING) == 1
    [waiting] = rig.parked.page("link").records
    assert waiting.waits_for == ("sections", "s1")
    # WHEN it comes, and some minutes pass
    rig.there.errors.clear()
    for _ in range(40):
        rig.minute()
    # THEN it went over by itself
    assert linked(rig, "0003").text == "early"
    assert rig.parked.page("link").records == []


def test_a_pending_touch_is_remembered_as_well(rig: Rig) -> None:
    # GIVEN
    rig.here.put("x", "early")
    rig.there.errors["early"] = Pending("Its section is missing.", resource="sections", key="s1")
    # WHEN it is touched
    rig.touch("x")
    rig.settle_down()
    # THEN its job has ended and it is pending
    assert rig.jobs() == []
    assert [record.key for record in rig.parked.page("link").records] == ["x"]


def test_a_record_that_alone_answers_with_errors_does_not_stop_its_chunk(rig: Rig) -> None:
    # GIVEN a thing at which the other side always fails for the moment
    rig.here.put("0003", "trouble")
    rig.there.errors["trouble"] = RetryLater("It failed.", who=WhoActs.SYSTEM, retry_after=1.0)
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN after some tries it lies in quarantine, and what else was in its chunk went over once
    assert run.state is RunState.PARTIAL
    assert run.totals is not None
    assert run.totals.counts == {Verdict.CREATED: 119, Verdict.QUARANTINED: 1}
    assert len(rig.there.created) == 119


def test_a_run_of_nothing_but_refusals_has_failed(rig: Rig) -> None:
    for key in rig.here.things:
        rig.here.put(key, "refused")
    rig.there.errors["refused"] = GiveUp("No.", who=WhoActs.EXTERNAL_ADMIN)
    run = run_of(rig, RunKind.FULL)
    assert run.state is RunState.FAILED


def test_a_list_that_is_refused_ends_the_run_with_the_reason(rig: Rig) -> None:
    # GIVEN an API that does not let us list
    rig.here.refusals["page"] = [GiveUp("The right to list is missing.", who=WhoActs.ADMIN)]
    # WHEN
    run = run_of(rig, RunKind.FULL)
    # THEN the run says so; no failed job is left beside it
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.text == "The right to list is missing."
    assert rig.jobs() == []
    # AND another one may be started
    assert run_of(rig, RunKind.FULL).state is RunState.DONE


def test_a_dry_run_says_what_a_full_one_would_do_and_writes_nothing(rig: Rig) -> None:
    # GIVEN one thing that was carried over and then changed
    rig.touch("0001")
    rig.settle_down()
    rig.here.put("0001", "changed")
    before = rig.there.texts()
    rows = rig.table.rows("xref#")
    # WHEN
    run = run_of(rig, RunKind.DRY)
    # THEN
    assert run.totals is not None
    assert run.totals.counts == {Verdict.CREATED: 119, Verdict.UPDATED: 1}
    assert rig.there.texts() == before
    assert rig.table.rows("xref#") == rows


def test_of_one_link_and_side_one_run_is_open(rig: Rig) -> None:
    # GIVEN an open run
    first = rig.desk.start("link", RunKind.FULL)
    # WHEN another is started
    with pytest.raises(Skip, match=first.id):
        rig.desk.start("link", RunKind.INCREMENTAL)
    # THEN that is allowed once the first is closed
    assert finished(rig, first).state is RunState.DONE
    assert run_of(rig, RunKind.INCREMENTAL).state is RunState.DONE


def test_a_cancelled_run_begins_nothing_more(rig: Rig) -> None:
    # GIVEN a run that is cancelled before its first page
    run = rig.desk.start("link", RunKind.FULL)
    rig.desk.cancel(run.id)
    # WHEN its message comes
    rig.settle_down()
    # THEN nothing was written, and nothing is left
    assert rig.there.created == []
    assert finished(rig, run).state is RunState.CANCELLED


def test_a_run_that_lost_its_messages_is_taken_up_by_the_tick(rig: Rig) -> None:
    # GIVEN a run whose message was lost, and later all those of its chunks
    run = rig.desk.start("link", RunKind.FULL)
    lose_messages(rig)
    for _ in range(12):
        rig.tick()
        rig.clock.advance(60)
    assert len(rig.queue) == 1
    rig.work()
    lose_messages(rig)
    # WHEN time passes
    # THEN the tick sends what is missing, and the run is closed with all of it
    assert finished(rig, run).state is RunState.DONE
    assert len(rig.there.created) == 120


def test_a_touch_while_a_run_is_under_way_wins_over_what_was_listed(rig: Rig) -> None:
    # GIVEN a run that has listed a thing
    run_of(rig, RunKind.FULL)
    rig.here.put("0005", "listed")
    run = rig.desk.start("link", RunKind.FULL)
    rig.work()
    # WHEN it is changed, and its touch comes before the chunk
    rig.here.put("0005", "newer")
    chunk = rig.queue.event(1)
    rig.touch("0005")
    rig.work()
    assert linked(rig, "0005").text == "newer"
    rig.queue.settle(
        chunk, {"batchItemFailures": [{"itemIdentifier": chunk["Records"][0]["messageId"]}]}
    )
    # THEN the chunk does not bring back what was listed
    finished(rig, run)
    assert linked(rig, "0005").text == "newer"
