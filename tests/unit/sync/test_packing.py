"""Chunks are filled from page to page: few calls, and nothing is lost or old on the way."""

from __future__ import annotations

import pytest

from mostik.commerce.parties import Customer
from mostik.sync.run import Run, RunKind, Runs, RunState
from mostik.sync.verdict import Verdict
from tests.support.register import Register, RegisterRig
from tests.support.rig import Rig
from tests.support.shelf import Killed
from tests.unit.sync.stories import finished, linked, stocked

RECORDS, PAGE = 70, 30


def customers(count: int) -> list[Customer]:
    return [Customer(key=f"{number:03}", name=f"Name {number}") for number in range(count)]


@pytest.fixture
def rig() -> RegisterRig:
    """Two registers; the list of the left one has small pages."""
    left = Register(Customer, customers(RECORDS), page_size=PAGE)
    return RegisterRig(left=left, right=Register(Customer))


def run_of(rig: Rig) -> Run:
    return finished(rig, rig.desk.start("link", RunKind.FULL))


def test_what_does_not_fill_a_chunk_waits_for_the_next_page(rig: RegisterRig) -> None:
    # GIVEN three pages, of 30, 30 and 10 records that are new
    run = run_of(rig)
    # THEN they went over by 50 and 20, and all of them are accounted for
    assert run.totals is not None
    assert run.totals.counts == {Verdict.CREATED: RECORDS}
    assert (rig.left.calls["page"], rig.right.calls["write"]) == (3, 2)
    assert sorted(rig.right.created) == sorted(rig.left.records)


def test_one_change_on_every_page_is_one_write(rig: RegisterRig) -> None:
    # GIVEN two sides that agree, and one change on each of three pages
    run_of(rig)
    for key in ("005", "035", "065"):
        rig.left.edit(key, comment="call back")
    rig.right.calls.clear()
    # WHEN
    run = run_of(rig)
    # THEN one read and one write have carried all three
    assert run.totals is not None
    assert run.totals.counts == {Verdict.UPDATED: 3, Verdict.UNCHANGED: RECORDS - 3}
    assert dict(rig.right.calls) == {"read": 1, "write": 1}


def test_records_that_wait_are_carried_where_the_last_page_is_empty_of_news(
    rig: RegisterRig,
) -> None:
    # GIVEN a change on the first page alone
    run_of(rig)
    rig.left.edit("005", comment="call back")
    # WHEN
    run = run_of(rig)
    # THEN
    assert run.totals is not None
    assert run.totals.counts == {Verdict.UPDATED: 1, Verdict.UNCHANGED: RECORDS - 1}
    assert rig.right.records["made-000006"].content()["comment"] == "call back"


def test_a_worker_that_dies_at_any_call_loses_and_doubles_nothing_that_waits() -> None:
    # GIVEN how many calls of tables, blobs and queue a listing of three pages takes
    for call in range(1, 200):
        rig = stocked(Rig(), RECORDS)
        rig.here.page_size, rig.there.bulk = PAGE, True
        run = rig.desk.start("link", RunKind.FULL)
        made = 0

        def count(_operation: str, at: int = call) -> None:
            nonlocal made
            made += 1
            if made == at:
                raise Killed

        # WHEN the worker dies at one of them
        for port in rig.ports.values():
            port.before = count
        died = False
        try:
            rig.work()
        except Killed:
            died = True
        for port in rig.ports.values():
            port.before = None
        # THEN the run ends with every record carried over once
        run = finished(rig, run)
        assert run.state is RunState.DONE, call
        assert run.totals is not None
        assert run.totals.counts == {Verdict.CREATED: RECORDS}, call
        assert sorted(rig.there.created) == sorted(rig.here.things), call
        if not died:
            break
    assert 20 < call < 199


def test_a_record_that_waits_is_not_written_over_what_a_touch_has_carried_since() -> None:
    # GIVEN a run whose first page has shown a thing, and which has no time for a second page yet
    rig = stocked(Rig(), RECORDS)
    run_of(rig)
    rig.here.page_size, rig.remaining = PAGE, 20.0
    rig.here.put("0005", "listed")
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(most=1)
    standing = Runs(rig.table).get(run.id)
    assert standing is not None
    assert standing.pages == 1
    # WHEN the thing is changed and touched before the other pages are read
    rig.here.put("0005", "newer")
    rig.touch("0005")
    rig.work()
    rig.clock.advance(120)
    # THEN the run does not bring back what it has listed
    finished(rig, run)
    assert linked(rig, "0005").text == "newer"


def test_a_run_whose_waiting_records_are_lost_says_so_and_writes_nothing(rig: RegisterRig) -> None:
    # GIVEN a run that has read its first page, and whose blobs are gone
    rig.remaining = 20.0
    run = rig.desk.start("link", RunKind.FULL)
    rig.work(most=1)
    rig.blobs.objects.clear()
    # WHEN it goes on
    run = finished(rig, run)
    # THEN it has failed with the reason
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert "no longer stored" in run.failure.text
    assert rig.right.records == {}
