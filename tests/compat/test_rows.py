"""A deploy meets rows of the release before, a rollback those of the release after."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Mode
from mostik.errors import Family, WhoActs
from mostik.jobs.gates import Gates
from mostik.jobs.message import StateEvent, Touch, load
from mostik.jobs.row import JobRow, JobState, from_item, to_item
from mostik.requestlog.store import RequestLog
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from tests.compat.fixtures import ENTRY, OTHER_ROWS, ROWS, log_rows, row_item
from tests.compat.v1_reader import ACTORS, FAMILIES, STATES, read_row
from tests.support.clock import STARTS_AT, FakeClock
from tests.support.memory import MemoryBlobs, MemoryTable, log_table, state_table
from tests.support.queue import VISIBILITY_SECONDS
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE
from tests.unit.worker.test_one_fault import minute, story

RESTLESS = [
    name for name, row in ROWS.items() if row["means"]["state"] not in ("failed", "done", "queued")
]


def said(row: JobRow) -> dict[str, Any]:
    """A row in plain words, as the fixtures say it."""
    return {
        **asdict(row),
        "state": row.state.value,
        "failure": row.failure.as_item() if row.failure else None,
    }


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_v1_is_read(name: str) -> None:
    # WHEN this release reads a row as v1 wrote it
    row = said(from_item(row_item(name)))
    # THEN it says all that it said
    means = ROWS[name]["means"]
    assert {field: row[field] for field in means} == means


def test_every_state_has_its_row() -> None:
    assert {row["means"]["state"] for row in ROWS.values()} == STATES


@pytest.mark.parametrize("name", ROWS)
def test_attributes_of_a_later_release_are_ignored(name: str) -> None:
    item = row_item(name)
    later = {**item, "tenant": "eu", "failure_count": 7}
    if "failure" in item:
        later["failure"] = {**item["failure"], "hint": "call them"}
    assert from_item(later) == from_item(item)


@pytest.mark.parametrize("name", RESTLESS)
def test_a_job_of_v1_comes_to_its_end(name: str) -> None:
    # GIVEN a stack whose table holds a row of v1, and the message that v1 had sent for it
    rig = Rig()
    item = row_item(name)
    row = from_item(item)
    work = load(row.payload)
    rig.here.put("1", "Привет")
    rig.table.put(item)
    if row.due_at is None and row.gate is None:
        # A message that is in hand is hidden for longer than a lease.
        rig.queue.send(row.payload, group=HERE, delay=VISIBILITY_SECONDS)
    if row.gate is not None and row.failure is not None:
        rig.gates.close(row.gate, until=STARTS_AT + 60, why=row.failure)
    # WHEN this release goes on with it
    rig.settle_down(minutes=120)
    # THEN its effect stands, once
    assert list(rig.there.texts().values()) == ["Привет"]
    assert rig.there.created == ["1"]
    # AND only what must be remembered is left
    states = [job.state for job in rig.jobs()]
    assert states == ([] if isinstance(work, Touch) else [JobState.DONE])


def test_a_queued_job_of_v1_whose_message_was_lost_is_sent_again() -> None:
    # GIVEN a row that says that its message was sent, and no message
    rig = Rig()
    rig.here.put("1", "text")
    rig.table.put(row_item("queued"))
    # WHEN its time has come
    rig.settle_down()
    # THEN it is done
    assert rig.there.created == ["1"]
    assert rig.jobs() == []


def test_a_failed_job_of_v1_is_replayed() -> None:
    # GIVEN a job that failed under v1
    rig = Rig()
    rig.here.put("1", "text")
    rig.table.put(row_item("failed"))
    # WHEN a person replays it under this release
    rig.replay(row_item("failed")["id"])
    rig.settle_down()
    # THEN it is done
    assert rig.there.created == ["1"]
    assert rig.jobs() == []


def test_a_delivery_that_v1_has_handled_is_not_handled_again() -> None:
    # GIVEN the mark of a delivery that was handled before the deploy
    rig = Rig()
    rig.table.put(row_item("done"))
    delivery = row_item("done")["id"]
    again = StateEvent(delivery, HERE, RESOURCE, "1", {"key": "1"}, delivery, STARTS_AT)
    # WHEN its sender repeats it after the deploy
    rig.send(again)
    rig.settle_down()
    # THEN nothing happens
    assert rig.there.created == []


@pytest.mark.parametrize("name", ROWS)
def test_v1_reads_the_rows_of_this_release(name: str) -> None:
    # GIVEN a row as this release writes it
    row = from_item(row_item(name))
    # WHEN v1 reads it after a rollback
    means = read_row(to_item(row))
    # THEN it says what this release says
    assert {field: said(row)[field] for field in means} == means


def test_v1_reads_every_row_that_a_troubled_run_of_this_release_leaves() -> None:
    # GIVEN jobs in every kind of trouble
    rig = story()
    rig.there.deadly.add("1")
    seen: set[str] = set()
    for _ in range(90):
        minute(rig)
        # THEN v1 could take over at any minute
        for item in rig.table.rows("job#"):
            seen.add(read_row(item)["state"])
    assert {"waiting", "done", "held"} <= seen


def test_no_word_is_used_that_v1_does_not_know() -> None:
    """A new word is read by one release and written from the next on: docs/decisions."""
    assert {state.value for state in JobState} == STATES
    assert {family.value for family in Family} == FAMILIES
    assert {who.value for who in WhoActs} == ACTORS


# ── what stands beside the jobs ────────────────────────────────────────────────────────────────


@pytest.fixture
def table() -> MemoryTable:
    """A state table with what v1 keeps beside its jobs."""
    filled = state_table()
    for item in OTHER_ROWS:
        filled.put(item)
    return filled


def test_gates_of_v1_are_read(table: MemoryTable) -> None:
    found = {gate.name: gate for gate in Gates(table).all()}
    assert set(found) == {THERE, f"{THERE}:crm.item.list"}
    assert found[THERE].pace == 2.0
    assert found[THERE].is_closed(STARTS_AT)
    assert not found[THERE].is_closed(STARTS_AT + 61)
    assert found[THERE].why.family is Family.RATE_LIMITED


def test_a_connection_of_v1_is_read(table: MemoryTable) -> None:
    found = ConnectionBook(table, FakeClock()).get(THERE)
    assert (found.integration, found.settings) == ("shelf", {"name": THERE})
    assert (found.mode, found.limit_share, found.retention_days) == (Mode.PAUSED, 0.5, 7)
    assert (found.networks, found.mask_fields) == (("127.0.0.0/8",), ("inn",))
    assert found.keep_personal


def test_a_link_and_a_pair_of_v1_are_read(table: MemoryTable) -> None:
    link = Link("link", End(HERE, RESOURCE), End(THERE, RESOURCE), frozenset(Side), Side.RIGHT)
    assert list(Links(table, FakeClock()).all()) == [link]
    pair = Pairs(table).find("link", Side.RIGHT, "made-1")
    assert pair is not None
    assert pair.keys == {Side.LEFT: "1", Side.RIGHT: "made-1"}
    assert pair.agreed == {Side.LEFT: "aaaa", Side.RIGHT: "bbbb"}


def test_an_entry_of_the_log_of_v1_is_read() -> None:
    table = log_table()
    for row in log_rows():
        table.put(row)
    entry = RequestLog(table, MemoryBlobs()).get(THERE, ENTRY["id"])
    assert entry is not None
    found = asdict(entry)
    assert {name: found[name] for name in ENTRY} == ENTRY
    assert entry.request.body.decode() == '{"fields":{"title":"Заказ 1"}}'
    assert entry.response.headers == {"retry-after": "5"}
