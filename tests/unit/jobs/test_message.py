from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.jobs.message import (
    Message,
    Receipt,
    StateEvent,
    Touch,
    UnreadableMessage,
    dump,
    load,
    sent_again,
    with_body,
)
from mostik.jobs.runwork import Import, RunChunk, RunPage
from tests.support.clock import STARTS_AT, FakeClock
from tests.support.queue import MemoryQueue

SQS_BYTES = 1_048_576
ANY_TEXT = st.text(st.characters(codec=None))  # lone surrogates and non-characters too
TEXT = st.text(min_size=1)
SECONDS = st.floats(0, 4e9)


def receipt(body: bytes | None = b"{}", **fields: Any) -> Receipt:
    return Receipt(
        **{
            "id": "shop:msg_1",
            "connection": "shop",
            "received_at": STARTS_AT,
            "scheme": "standard_webhooks",
            "key_id": "1",
            "method": "POST",
            "url": "https://api.example/webhooks/shop",
            "headers": {"content-type": "application/json"},
            "body": body,
            **fields,
        }
    )


TOUCH = Touch("shop", "orders", "1001", "shop:msg_1", STARTS_AT)
EVENT = StateEvent(
    "shop:msg_1", "shop", "orders", "1001", {"total": 12, "tags": ["а", None]}, "e", STARTS_AT
)


def is_taken(text: str) -> bool:
    """Whether the queue takes a text as SQS would."""
    queue = MemoryQueue(FakeClock())
    queue.send(text, group="shop")
    return queue.bodies == [text]


@pytest.mark.parametrize("message", [receipt(), receipt(None, body_key="bodies/x"), TOUCH, EVENT])
def test_a_message_comes_back_as_it_was_sent(message: Message) -> None:
    # WHEN it is written and read
    # THEN nothing is different
    assert load(dump(message)) == message


@given(body=st.binary(max_size=300))
def test_any_bytes_travel_unchanged_and_sqs_takes_them(body: bytes) -> None:
    # GIVEN a body of any bytes: control characters, no UTF-8, nothing
    text = dump(receipt(body))
    # THEN it comes back byte by byte, and the queue took it
    assert load(text) == receipt(body)
    assert is_taken(text)


@given(body=ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_text_travels_unchanged_and_sqs_takes_it(body: bytes) -> None:
    # GIVEN a body of any characters: noncharacters, lone surrogates, emoji
    text = dump(receipt(body))
    # THEN it comes back byte by byte, and the queue took it
    assert load(text) == receipt(body)
    assert is_taken(text)


@given(key=ANY_TEXT, event=ANY_TEXT, header=ANY_TEXT, value=ANY_TEXT, at=SECONDS)
def test_no_field_can_hold_what_sqs_refuses(
    key: str, event: str, header: str, value: str, at: float
) -> None:
    # GIVEN messages whose every field is any text
    messages: list[Message] = [
        Touch("shop", "orders", key, event, at),
        StateEvent("shop:1", "shop", "orders", key, {header: [value]}, event, at),
        receipt(headers={header: value}, url=key, trace_id=event, received_at=at),
    ]
    for message in messages:
        # THEN each is taken and comes back
        assert is_taken(dump(message))
        assert load(dump(message)) == message


@pytest.mark.parametrize(
    "body",
    [
        b"x" * 131_072,
        b'"' * 131_072,
        b"\n" * 131_072,
        b"\0" * 131_072,
        b"\xff" * 131_072,
        "ж".encode() * 65_536,
        "ж".encode() * 65_534 + b"\xef\xbf\xbe",  # one noncharacter among Cyrillic letters
        "😀".encode() * 32_768,
    ],
    ids=["ascii", "quotes", "lines", "controls", "binary", "cyrillic", "noncharacter", "emoji"],
)
def test_the_longest_inline_body_fits_into_a_message_and_a_row(body: bytes) -> None:
    # GIVEN the longest body that is not put into a blob
    text = dump(receipt(body))
    # THEN with all escapes it fits into a message, and into a row when the queue refuses it
    assert len(text.encode()) < SQS_BYTES
    assert len(text.encode()) < 400 * 1024 - 2_000


def test_text_stays_readable_in_the_queue() -> None:
    # GIVEN a body with Cyrillic letters
    text = dump(receipt("заказ №1".encode()))
    # THEN a person who looks into the queue can read it, and each letter costs two bytes
    assert "заказ №1" in text


def test_a_body_in_a_blob_does_not_travel() -> None:
    # GIVEN a receipt whose body was put away
    stored = receipt(b"very long").in_blob("bodies/shop/1")
    # WHEN it travels
    message = load(dump(stored))
    # THEN only the key does, and the body can be put back
    assert isinstance(message, Receipt)
    assert (message.body, message.body_key) == (None, "bodies/shop/1")
    assert with_body(message, b"very long").body == b"very long"


def test_a_row_sends_a_receipt_with_a_raised_count_and_other_work_as_it_is() -> None:
    # WHEN rows are sent again, twice
    twice = load(sent_again(sent_again(dump(receipt()))))
    # THEN a receipt knows that it has a row; a touch and a state event do not change
    assert twice == receipt(repeats=2)
    assert sent_again(dump(TOUCH)) == dump(TOUCH)
    assert sent_again(dump(EVENT)) == dump(EVENT)


def test_an_empty_payload_cannot_be_sent_again() -> None:
    # GIVEN the payload of a job that is done
    # THEN nothing is made of it
    with pytest.raises(UnreadableMessage):
        sent_again("")


def broken(message: Message, **changes: Any) -> str:
    return json.dumps({**json.loads(dump(message)), **changes})


def without(message: Message, name: str) -> str:
    return json.dumps({k: v for k, v in json.loads(dump(message)).items() if k != name})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "junk",
        "null",
        "[]",
        '"touch"',
        "12",
        "{}",
        "[" * 100_000,
        broken(TOUCH, v=2),
        broken(TOUCH, v="1"),
        broken(TOUCH, kind="import"),
        broken(TOUCH, kind=["touch"]),
        broken(TOUCH, kind=None),
        broken(TOUCH, key=5),
        broken(TOUCH, connection=None),
        broken(TOUCH, asked_at="soon"),
        broken(TOUCH, asked_at=None),
        broken(TOUCH, asked_at=float("nan")),
        broken(TOUCH, asked_at=float("inf")),
        broken(TOUCH, asked_at=-1),
        broken(EVENT, content=5),
        broken(EVENT, content=None),
        broken(receipt(), body=5),
        broken(receipt(), body=None),
        broken(receipt(), headers=5),
        broken(receipt(b"\xff"), body_base64="%%%"),
        broken(receipt(b"\xff"), body_base64="ж"),
        *(without(TOUCH, name) for name in ("v", "kind", "connection", "resource", "key")),
        *(without(EVENT, name) for name in ("id", "content", "event", "asked_at")),
        *(without(receipt(), name) for name in ("id", "connection", "received_at", "headers")),
    ],
)
def test_what_is_no_message_is_unreadable_and_nothing_else(text: str) -> None:
    # GIVEN a text that no release of ours wrote, or a later one
    # THEN reading it says so, in one way
    with pytest.raises(UnreadableMessage):
        load(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    ),
    st.sampled_from(["receipt", "touch", "event", "page", "chunk", "import"]),
)
def test_junk_in_any_field_is_a_message_or_unreadable(value: Any, kind: str) -> None:
    # GIVEN a message of which one field is any JSON
    samples: dict[str, Message] = {
        "receipt": receipt(),
        "touch": TOUCH,
        "event": EVENT,
        "page": RunPage("shop", "orders", "01RUN", STARTS_AT),
        "chunk": RunChunk("portal", "orders", "01RUN", 3, 7, STARTS_AT),
        "import": Import("onec", "01SESSION", "import", STARTS_AT),
    }
    message = samples[kind]
    for name in json.loads(dump(message)):
        # WHEN it is read
        try:
            read = load(broken(message, **{name: value}))
        except UnreadableMessage:
            continue
        # THEN what is readable can be written and known again
        assert load(dump(read)) == read
        assert isinstance(read.id, str)


def test_a_newer_version_is_named() -> None:
    # GIVEN a message of a later release
    # THEN the reason says so
    with pytest.raises(UnreadableMessage, match="version 2 is newer"):
        load(broken(TOUCH, v=2))


def test_two_touches_of_one_record_are_one_job_and_two_records_are_two() -> None:
    # GIVEN touches asked for by different events
    again = Touch("shop", "orders", "1001", "another event", STARTS_AT + 5)
    other = Touch("shop", "orders", "1002", "shop:msg_1", STARTS_AT)
    # THEN the record alone is the job's name
    assert TOUCH.id == again.id == "shop/orders/1001"
    assert other.id != TOUCH.id


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("", ""),
    ],
)
def test_a_media_type_is_read_without_its_parameters(header: str, media_type: str) -> None:
    # GIVEN a content type as senders write it
    # THEN the media type is in lower case and alone
    assert receipt(headers={"content-type": header}).content_type == media_type
