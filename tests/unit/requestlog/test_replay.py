"""Doing again what an entry was about, and saying what is possible."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.admin.logreplay import LogReplay
from mostik.errors import Skip
from mostik.jobs.message import Touch, load
from mostik.jobs.row import JobRow, JobState
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.query import LogFilter, LogReader
from tests.aws.entries import entry
from tests.support.rig import HERE, Rig
from tests.support.shelf import RESOURCE


@pytest.fixture
def rig() -> Rig:
    return Rig()


def replaying(rig: Rig) -> LogReplay:
    return LogReplay(rig.rows, rig.queue, log_of(rig), rig.clock)


def log_of(rig: Rig) -> LogReader:
    return LogReader(rig.log_table, ["here", "there"], rig.blobs)


def logged(rig: Rig, **wanted: Any) -> list[LogEntry]:
    return list(log_of(rig).search(LogFilter(0, rig.clock() + 60, **wanted)).entries)


def write(rig: Rig, **changes: Any) -> LogEntry:
    one = entry(1, at=rig.clock(), connection="here", **changes)
    worker = rig.worker()
    assert worker.log.write([one]) == 0
    return one


def queued(rig: Rig) -> list[Touch]:
    messages = [load(body) for body in rig.queue.bodies]
    assert all(isinstance(message, Touch) for message in messages)
    return messages  # type: ignore[return-value]  # asserted


def test_a_call_of_a_finished_job_has_its_record_looked_at_again(rig: Rig) -> None:
    # GIVEN
    call = write(rig, job=f"{HERE}/{RESOURCE}/7", event="e1")
    # WHEN
    (said,) = replaying(rig).of(call.id)
    # THEN
    assert "is looked at again" in said
    (touch,) = queued(rig)
    assert (touch.connection, touch.resource, touch.key) == (HERE, RESOURCE, "7")
    assert touch.event.startswith("replay:")


def test_a_failed_job_is_queued_with_its_whole_payload(rig: Rig) -> None:
    # GIVEN a receipt that failed because nobody understands its body
    rig.send(rig.receipt(b"not json"))
    rig.work()
    (failed,) = rig.jobs(JobState.FAILED)
    (received,) = logged(rig)
    # WHEN
    (said,) = replaying(rig).of(received.id)
    # THEN
    assert said == f"{failed.id} had failed and is queued again with its whole payload."
    assert rig.job(failed.id).state is JobState.QUEUED


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (JobState.QUEUED, "queued already"),
        (JobState.RUNNING, "running now"),
        (JobState.WAITING, "tried again by itself"),
        (JobState.HELD, "closed gate"),
        (JobState.UNKNOWN, "looked up first"),
    ],
)
def test_a_job_on_its_way_is_left_alone(rig: Rig, state: JobState, words: str) -> None:
    # GIVEN
    job = f"{HERE}/{RESOURCE}/7"
    rig.rows.write(JobRow(job, HERE, state, "{}", version=1, asked_at=rig.clock()), None)
    call = write(rig, job=job, event="e1")
    # WHEN
    (said,) = replaying(rig).of(call.id)
    # THEN
    assert words in said
    assert rig.queue.bodies == []


def test_of_an_event_that_was_handled_every_record_is_looked_at_again(rig: Rig) -> None:
    # GIVEN
    received = write(rig, job="here:1", event="here:1")
    jobs = [f"{HERE}/{RESOURCE}/{key}" for key in ("a", "b", "a")]
    rig.worker().log.write(
        [
            entry(10 + n, at=rig.clock() + 1 + n, connection="there", job=job, event="here:1")
            for n, job in enumerate(jobs)
        ]
    )
    # WHEN
    said = replaying(rig).of(received.id)
    # THEN
    assert "cannot be replayed" in said[0]
    assert [touch.key for touch in queued(rig)] == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "belonged to no job"),
        ({"job": "here:1", "event": "here:1"}, "ask the sender"),
    ],
)
def test_what_cannot_be_done_is_said(rig: Rig, changes: dict[str, Any], words: str) -> None:
    # GIVEN
    one = write(rig, **changes)
    # THEN
    with pytest.raises(Skip, match=words):
        replaying(rig).of(one.id)
    assert rig.queue.bodies == []


def test_a_full_state_event_among_others_is_said_to_be_gone(rig: Rig) -> None:
    # GIVEN
    call = write(rig, job="here:d1.1", event="here:d1")
    # THEN
    (said,) = replaying(rig).of(call.id)
    assert "full-state event" in said
    assert rig.queue.bodies == []


def test_an_entry_that_is_not_there_is_said(rig: Rig) -> None:
    with pytest.raises(Skip, match="no log entry"):
        replaying(rig).of(entry(99).id)
