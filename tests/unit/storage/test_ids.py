"""ULIDs: sortable, predictable, and the time comes back out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.ids import time_of, ulid, ulid_at

times = st.floats(0, 281_474_976_710, allow_nan=False)  # 2^48 milliseconds: the year 10889
# From 2004 to 2038 a float of seconds names its millisecond exactly; elsewhere it may miss by one.
milliseconds = st.integers(2**40, 2**31 * 1_000 - 1)


def test_a_ulid_is_what_the_specification_says() -> None:
    # the example of https://github.com/ulid/spec: 01ARZ3NDEKTSV4RRFFQ69G5FAV
    assert ulid(1_469_922_850.259, lambda _: b"\0" * 10) == "01ARZ3NDEK" + "0" * 16
    assert ulid(0.0, lambda size: b"\xff" * size) == "0" * 10 + "Z" * 16


@given(times, times)
def test_a_later_ulid_sorts_after_an_earlier_one(one: float, other: float) -> None:
    # GIVEN
    first, second = sorted((one, other))
    if int(first * 1000) == int(second * 1000):
        return
    # THEN
    assert ulid(first) < ulid(second)


@given(milliseconds)
def test_the_time_of_a_ulid_is_the_time_that_it_was_made_from(ms: int) -> None:
    assert time_of(ulid(ms / 1000)) == ms / 1000


@given(times)
def test_the_time_of_a_ulid_is_its_millisecond(now: float) -> None:
    assert 0 <= now - time_of(ulid(now)) < 0.0011


@given(times)
def test_the_bound_of_a_time_is_not_above_its_ulids(now: float) -> None:
    assert ulid_at(now) <= ulid(now)


@given(times)
def test_a_ulid_has_26_characters_that_no_one_misreads(now: float) -> None:
    assert len(ulid(now)) == 26
    assert not set(ulid(now)) - set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def test_two_ulids_of_one_moment_differ() -> None:
    assert len({ulid(1.0) for _ in range(1_000)}) == 1_000


NO_ULIDS = ["", "short", "01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FA\n", "I" * 26]


@pytest.mark.parametrize("text", NO_ULIDS)
def test_a_text_that_is_no_ulid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        time_of(text)
