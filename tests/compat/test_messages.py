"""A deploy meets messages of the release before, a rollback those of the release after."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.errors import Skip
from mostik.jobs.message import (
    Message,
    Receipt,
    StateEvent,
    Touch,
    UnreadableMessage,
    dump,
    load,
    sent_again,
)
from mostik.jobs.row import JobState
from mostik.jobs.runwork import Import, RunChunk, RunPage
from tests.compat.fixtures import MESSAGES, body_of
from tests.compat.v1_reader import RefusedByV1, read_message
from tests.support.clock import STARTS_AT
from tests.support.rig import Rig

CLASSES: dict[str, type[Message]] = {
    "Receipt": Receipt,
    "Touch": Touch,
    "StateEvent": StateEvent,
}
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_v1_is_read(name: str) -> None:
    # GIVEN a message as v1 wrote it
    frozen = MESSAGES[name]
    means = dict(frozen["means"])
    if frozen["class"] == "Receipt":
        means["body"] = body_of(means)
    # WHEN this release reads it
    message = load(frozen["text"])
    # THEN it means what it meant
    assert message == CLASSES[frozen["class"]](**means)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_v1_is_handled(name: str) -> None:
    # GIVEN a queue that v1 left behind, with a message in it
    rig = Rig()
    rig.here.put("1", "Привет")
    rig.blobs.objects["bodies/here:d-4"] = b'{"keys":["1"]}'
    rig.queue.send(MESSAGES[name]["text"], group="here")
    # WHEN this release works on it
    rig.settle_down()
    # THEN it has its effect, once
    assert list(rig.there.texts().values()) == ["Привет"]
    assert rig.there.created == ["1"]


@pytest.mark.parametrize("name", MESSAGES)
def test_fields_of_a_later_release_are_ignored(name: str) -> None:
    # GIVEN a message of v1 with fields more, as a later release may write it
    text = MESSAGES[name]["text"]
    later = json.dumps({**json.loads(text), "tenant": "eu", "parts": [1, {"of": 2}]})
    # THEN it is read as it would be without them
    assert load(later) == load(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"v": 2}, "message version 2 is newer than this release"),
        ({"kind": "parcel"}, "unknown kind of message: 'parcel'"),
    ],
)
def test_a_later_version_is_refused_in_words_and_kept_whole(
    changes: dict[str, Any], words: str
) -> None:
    # GIVEN a message of a later release, met after a rollback
    text = json.dumps({**json.loads(MESSAGES["touch"]["text"]), **changes})
    with pytest.raises(UnreadableMessage, match=words):
        load(text)
    # WHEN the worker meets it
    rig = Rig()
    rig.queue.send(text, group="here")
    rig.settle_down()
    # THEN it is a failed job that says so, with its whole text: the later release replays it
    [job] = rig.jobs(JobState.FAILED)
    assert job.payload == text
    assert job.failure is not None
    assert words in job.failure.text


def test_a_refused_message_is_handled_once_by_the_release_that_reads_it() -> None:
    # GIVEN the failed job that a release made of a message that it could not read
    rig = Rig()
    rig.here.put("1", "text")
    rig.queue.send('{"v":0}', group="here")
    rig.settle_down()
    [unread] = rig.jobs(JobState.FAILED)
    readable = unread.next(payload=MESSAGES["touch"]["text"])
    assert rig.rows.write(readable, unread.version).done
    # WHEN a person replays it under a release that can
    rig.replay(unread.id)
    rig.settle_down()
    # THEN it has its effect, and nothing of it is left to be sent for ever
    assert rig.there.created == ["1"]
    assert rig.jobs() == []


def test_a_refused_message_is_not_replayed_by_a_release_that_still_refuses_it() -> None:
    # GIVEN the failed job of a message that cannot be read
    rig = Rig()
    rig.queue.send('{"v":2}', group="here")
    rig.settle_down()
    [unread] = rig.jobs(JobState.FAILED)
    # WHEN a person replays it too early
    with pytest.raises(Skip, match="cannot read the message"):
        rig.replay(unread.id)
    # THEN it stays where a person sees it
    assert rig.jobs() == [unread]
    assert len(rig.queue) == 0


@given(
    body=st.none() | st.binary(max_size=60),
    words=st.tuples(WORDS, WORDS, WORDS, WORDS),
    delivery=st.none() | WORDS,
    repeats=st.integers(0, 9),
)
def test_v1_reads_every_receipt_of_this_release(
    body: bytes | None, words: tuple[str, str, str, str], delivery: str | None, repeats: int
) -> None:
    # GIVEN a receipt as the door of this release writes it
    receipt = Receipt(
        id=words[0],
        connection=words[1],
        received_at=STARTS_AT,
        scheme="hmac",
        key_id="1",
        method="POST",
        url=words[2],
        headers={"content-type": words[3]},
        body=body,
        delivery_id=delivery,
        body_key="bodies/x" if body is None else None,
        repeats=repeats,
    )
    # WHEN v1 reads it after a rollback
    means = read_message(dump(receipt))
    # THEN nothing is lost on it
    assert {name: asdict(receipt)[name] for name in means} == means
    # AND the same holds when its row is sent again
    assert read_message(sent_again(dump(receipt)))["repeats"] == repeats + 1


@given(key=WORDS, content=st.dictionaries(WORDS, st.none() | WORDS | st.integers(), max_size=4))
def test_v1_reads_all_work_of_this_release(key: str, content: dict[str, Any]) -> None:
    # GIVEN work as this release writes it
    touch = Touch("here", "things", key, "here:d-1", STARTS_AT)
    state = StateEvent("here:d-1", "here", "things", key, content, "here:d-1", STARTS_AT)
    for work in (touch, state, replace(touch, asked_at=STARTS_AT + 0.25)):
        # THEN v1 reads it whole
        assert read_message(dump(work)) == asdict(work)


@pytest.mark.parametrize(
    "message",
    [
        RunPage("here", "things", "01RUN", STARTS_AT),
        RunChunk("there", "things", "01RUN", 3, 7, STARTS_AT),
        Import("onec", "01SESSION", "import", STARTS_AT),
    ],
)
def test_work_of_a_run_is_kept_whole_by_v1(message: Message) -> None:
    # GIVEN work of a run, which v1 has no word for, met after a rollback
    text = dump(message)
    # THEN v1 makes a failed job of it with its whole text, and this release reads that again
    with pytest.raises(RefusedByV1, match=json.loads(text)["kind"]):
        read_message(text)
    assert load(sent_again(text)) == message


def test_the_reader_of_v1_refuses_what_v1_refuses() -> None:
    for changes in ({"v": 2}, {"kind": "parcel"}):
        with pytest.raises(RefusedByV1):
            read_message(json.dumps({**json.loads(MESSAGES["touch"]["text"]), **changes}))
