"""What an integration makes of events: of its sample, and of any other bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.errors import GiveUp, MostikError
from mostik.integration import FullState, Hint
from mostik.jobs.message import Receipt, dump, load
from mostik.jobs.row import JobState
from mostik.worker.interpret import entry_for, work_in
from tests.integrations.subjects import EVERY_LISTENER, LISTENING, Subject
from tests.integrations.world import HERE, a_world
from tests.support.weight import MOST_ROW_BYTES

LONGEST_KEY = 1_024
"""Bytes of DynamoDB's sort key: the tightest place that a record's key ends in."""

WHAT_FINDINGS_MAY_RAISE = (ValueError, KeyError, TypeError, RecursionError, MostikError)
"""What the worker turns into a job that has failed for good; anything else would crash it."""

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(st.characters(codec=None), max_size=20),
    st.sampled_from(
        ["", " ", ".", "..", "../..", "a/b", "%2e", "?", "#", "\x00", "\ud800", "0", "-1"]
    ),
    st.integers(1_000, 6_000).map(lambda length: "k" * length),
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


def receipt_of(subject: Subject, body: bytes, **changes: Any) -> Receipt:
    """A receipt of the connection under test."""
    receipt = Receipt(
        id=f"{HERE}:01EVENT",
        connection=HERE,
        received_at=1_760_000_000.0,
        scheme=subject.door().scheme_name,
        key_id="1",
        method="POST",
        url="https://door.example/webhooks/here",
        headers={"content-type": subject.sample.content_type},
        body=body,
        delivery_id="01EVENT",
    )
    return replace(receipt, **changes)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Subject, bytes]:
    """An integration and a body: junk, or its sample's with one value exchanged or lost."""
    subject = draw(st.sampled_from(LISTENING))
    sample = subject.sample.body
    kind = draw(st.sampled_from(["bytes", "json", "value", "cut", "twice"]))
    match kind:
        case "bytes":
            return subject, draw(st.binary(max_size=200))
        case "json":
            return subject, _json(draw(documents))
        case "cut":
            first = draw(st.integers(0, len(sample)))
            return subject, sample[:first] + sample[draw(st.integers(first, len(sample))) :]
        case "twice":
            return subject, sample + draw(st.sampled_from([b"", b"&", b"\n"])) + sample
        case _:
            return subject, _with_one_value_exchanged(draw, subject)


def _with_one_value_exchanged(draw: st.DrawFn, subject: Subject) -> bytes:
    if "json" in subject.sample.content_type:
        document = json.loads(subject.sample.body)
        place = draw(st.sampled_from(list(_places(document))))
        return _json(
            _exchanged(document, place, draw(st.sampled_from(["", None, [], {}]) | documents))
        )
    pairs = parse_qsl(subject.sample.body.decode(), keep_blank_values=True)
    number = draw(st.integers(0, len(pairs) - 1))
    text = draw(st.text(max_size=20) | scalars.map(str))
    pairs[number] = (pairs[number][0], text.encode("utf-8", "replace").decode())
    return urlencode(pairs).encode()


def _places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(document, dict):
        for name, inner in document.items():
            yield from _places(inner, (*path, name))


def _exchanged(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    return {**document, path[0]: _exchanged(document[path[0]], path[1:], value)}


def _json(document: Any) -> bytes:
    """JSON as a careless sender writes it: NaN, lone surrogates as escapes."""
    return json.dumps(document).encode()


@EVERY_LISTENER
def test_the_sample_event_is_about_the_records_that_it_says(subject: Subject) -> None:
    # WHEN the integration reads it as it left the door
    with a_world(subject) as world:
        world.send_sample()
        (receipt,) = world.queue.messages
        assert isinstance(receipt, Receipt)
        found = subject.webhook.findings(receipt, subject.settings)
    # THEN these are its records, and each is of a resource that there is
    assert list(found) == list(subject.sample.about)
    assert {finding.resource for finding in found} <= set(subject.integration.resources)


@EVERY_LISTENER
def test_the_same_event_is_always_the_same_work(subject: Subject) -> None:
    receipt = receipt_of(subject, subject.sample.body)
    with a_world(subject) as world:
        first, second = (work_in(receipt, world.opened) for _ in range(2))
    assert first == second
    assert [dump(work) for work in first] == [dump(work) for work in second]


@EVERY_LISTENER
def test_receipt_and_work_survive_the_queue_unchanged(subject: Subject) -> None:
    receipt = receipt_of(subject, subject.sample.body)
    assert load(dump(receipt)) == receipt
    with a_world(subject) as world:
        for work in work_in(receipt, world.opened):
            assert load(dump(work)) == work


@settings(max_examples=250)
@given(bodies())
def test_whatever_an_event_holds_is_read_or_refused_in_a_way_that_the_worker_knows(
    case: tuple[Subject, bytes],
) -> None:
    subject, body = case
    try:
        found = subject.webhook.findings(receipt_of(subject, body), subject.settings)
    except WHAT_FINDINGS_MAY_RAISE:
        return
    for finding in found:
        assert isinstance(finding, Hint | FullState)
        assert finding.resource in subject.integration.resources
        assert isinstance(finding.key, str)
        assert finding.key


@settings(max_examples=100)
@given(bodies())
def test_whatever_an_event_holds_becomes_work_that_can_be_stored_or_a_reason(
    case: tuple[Subject, bytes],
) -> None:
    subject, body = case
    with a_world(subject) as world:
        opened = world.opened
    receipt = receipt_of(subject, body)
    assert load(dump(receipt)) == receipt
    # WHEN the worker opens it
    try:
        works = work_in(receipt, opened)
    except GiveUp as error:
        reason = error.text
        works = ()
    else:
        reason = "none is needed"
    assert reason
    # THEN all of it fits into messages, keys and the log
    for work in works:
        assert load(dump(work)) == work
        assert 0 < len(work.key.encode()) <= LONGEST_KEY
        assert work.key.isprintable()
        assert len(dump(work).encode()) < MOST_ROW_BYTES
    assert entry_for(receipt, opened.redactor, family=None, error=None).request.size == len(body)


@EVERY_LISTENER
@pytest.mark.parametrize(
    "key", ["", "\x00", "a\nb", "\ud800", "k" * 2_000, "ё" * 300, "\u202e1001"], ids=ascii
)
def test_a_key_that_no_row_can_hold_is_a_reason_to_give_up(subject: Subject, key: str) -> None:
    # GIVEN an integration that takes any key from an event
    careless = replace(
        subject.webhook, findings=lambda _receipt, _settings: [Hint(subject.sample.resource, key)]
    )
    integration = replace(subject.integration, webhook=careless)
    with a_world(replace(subject, integration=integration)) as world:
        # WHEN such an event is handled
        world.send_sample()
        world.work()
        # THEN its job has failed with a reason
        (row,) = world.job_rows
        assert row.state is JobState.FAILED
        assert row.failure is not None
        assert "key" in row.failure.text


@EVERY_LISTENER
@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", b"\xff\xfe\xfd", b"[" * 100_000, b'{"a":' * 50_000, b"9" * 5_000, b"null"],
    ids=["empty", "nul", "not utf-8", "deep list", "deep object", "huge number", "null"],
)
def test_a_poison_event_fails_alone_with_a_reason_and_can_be_replayed(
    subject: Subject, body: bytes
) -> None:
    with a_world(subject) as world:
        # GIVEN a verified event that makes no sense, between two that do
        poison = receipt_of(subject, body, id=f"{HERE}:poison", delivery_id="poison")
        world.send_sample(delivery="before")
        world.enqueue(poison)
        world.send_sample(delivery="after")
        # WHEN the worker handles them in one batch
        world.work()
        # THEN the poison is the only failed job, says why and holds all that a replay needs
        failed = [row for row in world.job_rows if row.state is JobState.FAILED]
        if not failed:
            assert _is_about_nothing(subject, poison)
            return
        (row,) = failed
        assert row.id == poison.id
        assert row.failure is not None
        assert row.failure.text.endswith(".")
        assert load(row.payload) == poison
        assert not len(world.queue)
        assert world.mirror.effects == 1


@EVERY_LISTENER
def test_a_big_event_comes_by_way_of_the_blobs(subject: Subject) -> None:
    with a_world(subject) as world:
        # GIVEN the sample's body in a blob, as the door puts one that is too big for a message
        world.blobs.put("bodies/here/1", subject.sample.body)
        world.enqueue(receipt_of(subject, b"").in_blob("bodies/here/1"))
        # WHEN the worker handles it
        world.work()
        # THEN it is the same event
        assert world.mirror.effects == 1


@EVERY_LISTENER
def test_an_event_of_a_connection_that_is_not_set_up_waits_for_a_person(subject: Subject) -> None:
    with a_world(subject) as world:
        # GIVEN an event, and a connection whose client secrets were lost
        if not subject.client_secrets:
            return
        world.send_sample()
        world.secrets.write(f"client/{HERE}", "{}")
        # WHEN the worker handles it
        world.work()
        # THEN the job is held, and says which setting is missing
        (row,) = world.job_rows
        assert row.state is JobState.HELD
        assert row.failure is not None
        for name in subject.client_secrets:
            assert name in row.failure.text


@EVERY_LISTENER
def test_a_full_state_event_is_declared_only_with_a_delivery_id(subject: Subject) -> None:
    # GIVEN the sample event without a delivery id
    anonymous = receipt_of(subject, subject.sample.body, delivery_id=None)
    # THEN nothing of it may be applied as a state, which a repeat would apply twice
    found = subject.webhook.findings(anonymous, subject.settings)
    assert not [finding for finding in found if isinstance(finding, FullState)]


def _is_about_nothing(subject: Subject, receipt: Receipt) -> bool:
    """Whether the integration may pass over a body: it is well-formed and about nothing of ours."""
    return not subject.webhook.findings(receipt, subject.settings)
