from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.errors import GiveUp
from mostik.jobs.message import StateEvent, Touch, Work
from mostik.worker.interpret import work_in
from tests.support.rig import HERE, Rig
from tests.support.shelf import RESOURCE


def work_of(content: Any, *, delivery: str | None = "d1") -> list[Work]:
    rig = Rig()
    receipt = rig.receipt(content, delivery=delivery)
    return list(work_in(receipt, rig.worker().connections.get(HERE)))


def test_a_hint_is_a_touch_of_its_record_asked_for_by_the_receipt() -> None:
    # GIVEN an event that names two records
    rig = Rig()
    receipt = rig.receipt({"keys": ["1", "2"]})
    # WHEN it is interpreted
    work = work_in(receipt, rig.worker().connections.get(HERE))
    # THEN each is touched, and the trail leads back to the receipt
    assert work == [
        Touch(HERE, RESOURCE, key, receipt.id, receipt.received_at) for key in ("1", "2")
    ]


def test_a_single_state_is_known_by_its_delivery() -> None:
    # THEN one row remembers the delivery and its state
    (work,) = work_of({"states": [{"key": "1", "text": "a"}]})
    assert isinstance(work, StateEvent)
    assert work.id == "here:d1"


def test_several_states_of_one_delivery_are_jobs_of_their_own() -> None:
    # GIVEN a delivery with two states and a hint
    work = work_of({"states": [{"key": "1"}, {"key": "2"}], "keys": ["3"]})
    # THEN none of them has the receipt's own id, so none can stand for all
    ids = [piece.id for piece in work]
    assert len(set(ids)) == 3
    assert "here:d1" not in ids


def test_the_same_receipt_always_asks_for_the_same_work() -> None:
    # GIVEN one receipt, interpreted twice
    content = {"states": [{"key": "1"}, {"key": "2"}], "keys": ["3"]}
    first, second = work_of(content), work_of(content)
    # THEN a repeat finds the same jobs
    assert [piece.id for piece in first] == [piece.id for piece in second]


@pytest.mark.parametrize("key", ["", "\n", "\ud800", "\0", "x" * 513, "ж" * 257])
def test_a_key_that_cannot_be_stored_fails_the_event(key: str) -> None:
    # GIVEN an event that names its record by something that is no key
    # THEN it fails as a whole: in a row it would be refused for ever
    with pytest.raises(GiveUp):
        work_of({"keys": [key]})


@given(body=st.binary(max_size=200))
def test_any_body_is_work_or_a_failure_in_words(body: bytes) -> None:
    # GIVEN any bytes that a proven sender sent
    rig = Rig()
    opened = rig.worker().connections.get(HERE)
    # THEN the answer is work, or one error that says what is wrong
    with suppress(GiveUp):
        assert all(isinstance(piece, Work) for piece in work_in(rig.receipt(body), opened))
