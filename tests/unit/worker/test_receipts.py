"""What becomes of receipts: read, remembered, or kept as a row with the whole event."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from mostik.errors import Family, WhoActs
from mostik.jobs.message import Receipt, dump, load
from mostik.jobs.row import JobState
from mostik.requestlog.query import LogFilter, LogReader
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import Killed


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    for key in "123":
        rig.here.put(key, f"text {key}")
    return rig


def entries(rig: Rig) -> list[Any]:
    """The log, newest first."""
    reader = LogReader(rig.log_table, [HERE, THERE])
    return list(reader.search(LogFilter(0, rig.clock() + 1)).entries)


def test_a_hint_makes_the_worker_read_the_record_and_carry_it_over(rig: Rig) -> None:
    # GIVEN an event that names two records
    receipt = rig.receipt({"keys": ["1", "2"]})
    rig.send(receipt)
    # WHEN the worker has it
    assert rig.work() == []
    # THEN both are on the other side, and nothing of the event is left but its log entry
    assert sorted(rig.there.texts().values()) == ["text 1", "text 2"]
    assert rig.jobs() == []
    assert len(rig.queue) == 0
    (entry,) = entries(rig)
    assert (entry.event, entry.direction.value, entry.family) == (receipt.id, "in", None)


def test_an_event_about_nothing_is_done(rig: Rig) -> None:
    # GIVEN an event that names no record
    rig.send(rig.receipt({}, delivery="d1"))
    # WHEN the worker has it
    assert rig.work() == []
    # THEN it is remembered as handled
    assert rig.job(f"{HERE}:d1").state is JobState.DONE
    assert len(rig.queue) == 0


@pytest.mark.parametrize("content", [{"keys": ["1"]}, {"states": [{"key": "9", "text": "x"}]}])
def test_the_same_delivery_again_has_no_second_effect(rig: Rig, content: Any) -> None:
    # GIVEN a delivery that was handled
    receipt = rig.receipt(content, delivery="d1")
    rig.send(receipt)
    rig.work()
    effects = (len(rig.there.created), rig.there.updates, dict(rig.here.calls))
    # WHEN the sender repeats it, within 35 days
    rig.clock.advance(34 * 86_400)
    rig.send(receipt)
    rig.send(receipt)
    assert rig.work() == []
    # THEN nothing is read or written for it
    assert (len(rig.there.created), rig.there.updates, dict(rig.here.calls)) == effects
    assert rig.said('"duplicates":2')


def test_a_hint_without_a_delivery_id_is_looked_at_each_time(rig: Rig) -> None:
    # GIVEN the same hint twice, as Bitrix24 sends two changes of a deal
    rig.send(rig.receipt({"keys": ["1"]}))
    rig.work()
    rig.here.put("1", "changed")
    rig.send(rig.receipt({"keys": ["1"]}))
    # WHEN the worker has the second
    rig.work()
    # THEN the second change is there
    assert list(rig.there.texts().values()) == ["changed"]


def test_a_full_state_event_is_carried_without_reading_the_record(rig: Rig) -> None:
    # GIVEN an event that carries the record itself
    rig.send(rig.receipt({"states": [{"key": "9", "text": "as signed"}]}, delivery="d1"))
    # WHEN the worker has it
    rig.work()
    # THEN what was signed is on the other side
    assert list(rig.there.texts().values()) == ["as signed"]
    assert rig.here.calls["read"] == 0
    job = rig.job(f"{HERE}:d1")
    assert (job.state, job.payload) == (JobState.DONE, "")


@pytest.mark.parametrize("spoiled", ["create 2", "read"])
def test_a_delivery_with_several_records_is_not_done_before_the_last_of_them(
    rig: Rig, spoiled: str
) -> None:
    # GIVEN a delivery of two states and a hint, and a worker that dies after the first
    receipt = rig.receipt(
        {"states": [{"key": "8", "text": "a"}, {"key": "9", "text": "b"}], "keys": ["1"]},
        delivery="d1",
    )
    rig.send(receipt)

    def kill(operation: str) -> None:
        if f"{operation} {rig.there.calls[operation] + 1}" == spoiled or operation == spoiled:
            rig.there.before = rig.here.before = None
            raise Killed

    rig.there.before = rig.here.before = kill
    with pytest.raises(Killed):
        rig.work()
    # WHEN its message comes again
    rig.settle_down()
    # THEN everything that the delivery said has been done, once, and it is remembered
    assert sorted(rig.there.texts().values()) == ["a", "b", "text 1"]
    assert sorted(rig.there.created) == ["1", "8", "9"]
    assert rig.job(receipt.id).state is JobState.DONE


@pytest.mark.parametrize(
    "body",
    [b"", b"junk", b"\xff\xfe\x00", b"[]", b"null", b"5", b'{"states":[{}]}', b"[" * 100_000],
)
def test_a_body_that_nobody_understands_fails_with_the_whole_event(rig: Rig, body: bytes) -> None:
    # GIVEN an event whose sender proved itself and whose body is junk to the integration
    receipt = rig.receipt(body, delivery="d1")
    rig.send(receipt)
    # WHEN the worker has it
    rig.work()
    rig.clock.advance(600)
    rig.settle_down()
    # THEN a person sees it, with all that a replay needs, and the message is gone
    job = rig.job(receipt.id)
    assert job.state is JobState.FAILED
    assert load(job.payload) == receipt
    assert job.failure is not None
    assert job.failure.family is Family.GIVE_UP
    assert len(rig.queue) == 0
    assert len(rig.queue.dead) == 0


def test_a_failed_event_is_replayed_after_the_cause_is_gone(rig: Rig) -> None:
    # GIVEN an event that came while its connection had a wrong body format
    receipt = rig.receipt(b"junk", delivery="d1")
    rig.send(receipt)
    rig.work()
    job = rig.job(receipt.id)
    # WHEN the integration understands it and a person replays it
    assert rig.rows.write(
        job.next(payload=dump(rig.receipt({"keys": ["1"]}, delivery="d1"))), job.version
    ).done
    rig.replay(receipt.id)
    rig.work()
    # THEN it is done and remembered
    assert list(rig.there.texts().values()) == ["text 1"]
    assert rig.job(receipt.id).state is JobState.DONE


def test_a_big_body_is_fetched_from_the_blobs(rig: Rig) -> None:
    # GIVEN a receipt whose body lies in a blob
    receipt = rig.receipt({"keys": ["1"]})
    rig.blobs.objects["bodies/1"] = receipt.body or b""
    rig.send(receipt.in_blob("bodies/1"))
    # WHEN the worker has it
    assert rig.work() == []
    # THEN it was read
    assert list(rig.there.texts().values()) == ["text 1"]


def test_a_body_that_has_expired_fails_the_event(rig: Rig) -> None:
    # GIVEN a receipt whose blob is gone
    receipt = rig.receipt({}, delivery="d1").in_blob("bodies/gone")
    rig.send(receipt)
    # WHEN the worker has it
    assert rig.work() == []
    # THEN a person sees why
    job = rig.job(receipt.id)
    assert job.state is JobState.FAILED
    assert job.failure is not None
    assert job.failure.code == "body expired"
    assert "no longer stored" in job.failure.text
    # AND everything else of it was kept
    assert load(job.payload) == receipt


def test_a_busy_blob_store_shows_the_message_again(rig: Rig) -> None:
    # GIVEN blobs that cannot be read now
    receipt = rig.receipt({"keys": ["1"]})
    rig.blobs.objects["bodies/1"] = receipt.body or b""
    rig.send(receipt.in_blob("bodies/1"))
    rig.blobs.fail_next("get")
    # WHEN the worker has it
    assert len(rig.work()) == 1
    # THEN it is neither failed nor lost
    assert rig.jobs() == []
    rig.settle_down()
    assert list(rig.there.texts().values()) == ["text 1"]


def test_an_event_that_the_queue_refused_at_the_door_leaves_no_row_behind(rig: Rig) -> None:
    # GIVEN an event without a delivery id that went to the state table
    receipt = rig.receipt({"keys": ["1"]})
    divert(rig, receipt)
    # WHEN the tick and the worker have it
    rig.settle_down()
    # THEN it is done, and its row is gone
    assert list(rig.there.texts().values()) == ["text 1"]
    assert rig.jobs() == []


@pytest.mark.parametrize(
    "content",
    [{"keys": ["1"]}, {"states": [{"key": "9", "text": "x"}]}, {}, {"states": [], "keys": []}],
)
def test_a_diverted_delivery_is_remembered_like_any_other(rig: Rig, content: Any) -> None:
    # GIVEN a delivery with an id that went to the state table
    receipt = rig.receipt(content, delivery="d1")
    divert(rig, receipt)
    # WHEN the tick and the worker have it
    rig.settle_down()
    # THEN it is remembered and never sent again
    assert rig.job(receipt.id).state is JobState.DONE
    rig.clock.advance(86_400)
    assert rig.tick().sent == 0


def divert(rig: Rig, receipt: Receipt) -> None:
    """What the door does when the queue refuses."""
    from mostik.jobs.waiting import waiting_row  # noqa: PLC0415 - only here

    assert rig.rows.write(waiting_row(receipt, dump(receipt), now=rig.clock()), None).done


def test_an_event_of_a_connection_that_is_set_up_wrongly_is_held_until_it_is_right(
    rig: Rig,
) -> None:
    # GIVEN a connection that lacks its secret
    del rig.secrets.documents[f"client/{HERE}"]
    receipt = rig.receipt({"keys": ["1"]}, delivery="d1")
    rig.send(receipt)
    # WHEN the worker has its event
    assert rig.work() == []
    # THEN it is held, the gate says who must act, and time changes nothing
    job = rig.job(receipt.id)
    assert (job.state, job.gate) == (JobState.HELD, HERE)
    gate = rig.gates.get(HERE)
    assert gate is not None
    assert gate.why.who is WhoActs.ADMIN
    assert "api_key" in gate.why.text
    for _ in range(60):
        rig.minute()
    assert rig.job(receipt.id).state is not JobState.FAILED
    # WHEN it is set up
    rig.connect(HERE)
    rig.settle_down()
    # THEN the event is done
    assert list(rig.there.texts().values()) == ["text 1"]
    assert rig.job(receipt.id).state is JobState.DONE


def test_an_event_of_a_connection_that_is_gone_is_held_and_says_which_exist(rig: Rig) -> None:
    # GIVEN an event of a connection that nobody knows any more
    receipt = Receipt(
        "old:1", "old", rig.clock(), "hmac", "1", "POST", "https://x/", {}, b"{}", delivery_id="1"
    )
    rig.send(receipt)
    # WHEN the worker has it
    assert rig.work() == []
    # THEN it is kept, and the reason lists what there is
    job = rig.job("old:1")
    assert job.state is JobState.HELD
    assert job.failure is not None
    assert "here, there" in job.failure.text


def test_no_secret_of_the_connection_is_in_the_log_of_its_event(rig: Rig) -> None:
    # GIVEN an event that repeats the connection's own key
    rig.send(rig.receipt({"keys": ["1"], "echo": f"key-of-{HERE}-0000", "token": "whatever"}))
    # WHEN it is logged
    rig.work()
    # THEN neither by value nor by name is a secret kept
    kept = repr(list(rig.log_table.rows()))
    (entry,) = entries(rig)
    from mostik.requestlog.store import RequestLog  # noqa: PLC0415 - only here

    whole = RequestLog(rig.log_table, rig.blobs).get(HERE, entry.id)
    assert whole is not None
    assert b"[redacted]" in whole.request.body
    for text in (kept, repr(whole)):
        assert f"key-of-{HERE}" not in text
        assert "whatever" not in text


def test_a_delivery_whose_first_receive_may_have_died_is_looked_at_again(rig: Rig) -> None:
    # GIVEN a delivery that was handled while another worker, which had it too, claimed and died
    receipt = rig.receipt({"keys": ["1"]}, delivery="d1")
    rig.send(receipt)
    rig.work()
    rig.send(receipt)
    rig.here.deadly = {"1"}
    rig.rows.remove(f"{HERE}:d1", rig.job(f"{HERE}:d1").version)
    with suppress(Killed):
        rig.work()
    rig.here.deadly = set()
    rig.send(receipt)
    rig.clock.advance(200)
    rig.work()
    # WHEN the dead worker's message comes again
    rig.clock.advance(600)
    rig.settle_down()
    # THEN no claim is left behind
    assert {row.state for row in rig.jobs()} == {JobState.DONE}


def test_a_repeat_of_an_event_that_has_failed_is_not_shown_again_and_again(rig: Rig) -> None:
    # GIVEN an event that nobody understands, in two messages
    receipt = rig.receipt({"keys": [""]})
    rig.send(receipt)
    rig.send(receipt)
    # WHEN the worker has them
    # THEN the row carries it, and both messages go
    assert rig.work() == []
    assert len(rig.queue) == 0
    assert len(rig.jobs(JobState.FAILED)) == 1
