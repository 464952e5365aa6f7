"""Whole batches: what is shown again, what takes nothing with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from mostik.errors import (
    WhoActs,
)
from mostik.jobs.life import CRASHES_BEFORE_FAILED
from mostik.jobs.message import Touch
from mostik.jobs.row import JobState
from mostik.worker.worker import START_RESERVE_SECONDS
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Killed

WHO = WhoActs.SYSTEM
ONE = f"{HERE}/{RESOURCE}/1"


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.here.put("1", "a")
    return rig


def test_only_what_has_no_home_is_shown_again(rig: Rig) -> None:
    # GIVEN a batch of which one claim is refused by the table
    rig.here.put("2", "b")
    rig.touch("1")
    rig.touch("2")
    rig.table.fail_next("insert")
    # WHEN it is handled
    again = rig.work()
    # THEN one message comes back, the other one is gone
    assert [held.id for held in rig.queue.held] == again
    assert len(again) == 1
    rig.settle_down()
    assert sorted(rig.there.texts().values()) == ["a", "b"]


def test_one_message_that_breaks_does_not_take_its_batch_down(rig: Rig) -> None:
    # GIVEN a batch with a receipt on which the blob store breaks in an unforeseen way
    def breaks(_operation: str) -> None:
        raise ZeroDivisionError

    rig.blobs.before = breaks
    rig.send(rig.receipt({}).in_blob("bodies/1"))
    rig.touch("1")
    # WHEN it is handled
    again = rig.work()
    # THEN the other one is done, and the broken one comes back
    assert len(again) == 1
    assert list(rig.there.texts().values()) == ["a"]
    assert rig.said("ZeroDivisionError")


def test_a_message_that_breaks_for_ever_ends_as_a_failed_job(rig: Rig) -> None:
    # GIVEN a receipt that breaks every time
    def breaks(_operation: str) -> None:
        raise ZeroDivisionError

    rig.blobs.before = breaks
    receipt = rig.receipt({"keys": ["1"]}).in_blob("bodies/1")
    rig.send(receipt)
    # WHEN SQS has shown it ten times
    rig.settle_down(minutes=200)
    # THEN a person sees it, and can replay it when the cause is gone
    assert rig.job(receipt.id).state is JobState.FAILED
    rig.blobs.before = None
    rig.blobs.objects["bodies/1"] = b'{"keys": ["1"]}'
    rig.replay(receipt.id)
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["a"]


def test_an_unreadable_message_becomes_a_failed_job_at_once(rig: Rig) -> None:
    # GIVEN junk in the queue, and good work
    rig.queue.send("junk", group="x")
    rig.touch("1")
    # WHEN a batch holds both
    assert rig.work() == []
    # THEN the junk is a failed job with its whole text, and the work is done
    (row,) = rig.jobs()
    assert (row.state, row.payload) == (JobState.FAILED, "junk")
    assert list(rig.there.texts().values()) == ["a"]
    assert len(rig.queue) == 0


def test_with_no_time_left_nothing_is_started(rig: Rig) -> None:
    # GIVEN an invocation that is near its end
    rig.remaining = START_RESERVE_SECONDS - 1
    rig.touch("1")
    # WHEN a batch arrives
    assert len(rig.work()) == 1
    # THEN nothing was claimed or called, and the message is shown again
    assert rig.jobs() == []
    assert rig.here.calls["read"] == 0
    rig.remaining = 80.0
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["a"]


def test_a_log_that_cannot_be_written_fails_no_job(rig: Rig) -> None:
    # GIVEN a log table that takes nothing
    rig.log_table.fail_next("put_many", times=100)
    receipt = rig.receipt({"keys": ["1"]}, delivery="d1")
    rig.send(receipt)
    # WHEN a batch is handled
    assert rig.work() == []
    # THEN the work is done, and the metric says how many entries are lost
    assert list(rig.there.texts().values()) == ["a"]
    assert rig.job(receipt.id).state is JobState.DONE
    assert rig.said('"log_entries_lost":1')


def test_a_log_that_breaks_fails_no_job(rig: Rig) -> None:
    # GIVEN a log that breaks in an unforeseen way
    def breaks(_operation: str) -> None:
        raise ZeroDivisionError

    rig.log_table.before = breaks
    rig.send(rig.receipt({"keys": ["1"]}))
    # WHEN a batch is handled
    assert rig.work() == []
    # THEN the work is done and its message gone
    assert list(rig.there.texts().values()) == ["a"]
    assert len(rig.queue) == 0
    assert rig.said("ZeroDivisionError")


def test_a_job_that_stops_the_worker_takes_no_other_with_it_for_long(rig: Rig) -> None:
    # GIVEN a poison record among good ones: whoever reads it dies
    for key in "234":
        rig.here.put(key, key)
    for key in "1234":
        rig.touch(key)
    rig.here.put("poison", "x")
    rig.touch("poison")
    rig.here.deadly.add("poison")
    # WHEN the batch is delivered again and again
    for _ in range(40):
        rig.tick()
        with suppress(Killed):
            rig.work()
        rig.clock.advance(300)
    # THEN the good ones are done and the poison has failed, with its reason
    assert sorted(rig.there.texts().values()) == ["2", "3", "4", "a"]
    (row,) = rig.jobs()
    assert row.id.endswith("/poison")
    assert row.state is JobState.FAILED
    assert row.failure is not None
    assert f"{CRASHES_BEFORE_FAILED} times" in row.failure.text


def test_many_records_are_carried_in_threads_each_once(rig: Rig) -> None:
    # GIVEN a full batch and real threads
    for number in range(60):
        rig.here.put(f"r{number}", f"text {number}")
        rig.touch(f"r{number}")
    with ThreadPoolExecutor(20) as pool:
        rig.pool = pool
        # WHEN it is handled
        while len(rig.queue):
            assert rig.work() == []
    # THEN each record is there once
    assert len(rig.there.texts()) == 60
    assert sorted(rig.there.created) == sorted(f"r{number}" for number in range(60))
    assert rig.jobs() == []


def test_an_echo_of_our_own_write_changes_nothing(rig: Rig) -> None:
    # GIVEN a record that was carried over
    rig.touch("1")
    rig.work()
    (made,) = rig.there.texts()
    # WHEN the other side tells of the change that we made there
    rig.send(Touch(THERE, RESOURCE, made, "echo", rig.clock()))
    assert rig.work() == []
    # THEN nothing is written back
    assert (rig.here.updates, rig.there.updates) == (0, 0)
    assert rig.here.created == []
