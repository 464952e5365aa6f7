from __future__ import annotations

from contextlib import suppress

import pytest

from mostik.errors import RateLimited
from mostik.http.gate import Lane
from mostik.http.limiter import PATIENCE_SECONDS, Limit, Limiter, room
from tests.support.clock import FakeClock
from tests.support.slots import MemorySlots

PORTAL = Limit("portal", per_second=2.0, burst=50)
TIGHT = Limit("tight", per_second=4.0, burst=1)


def endless() -> float:
    return float("inf")


def limiter(
    limit: Limit, clock: FakeClock, slots: MemorySlots | None = None, share: float = 1.0
) -> Limiter:
    return Limiter(
        slots or MemorySlots(),
        limit,
        share=share,
        connection="portal",
        clock=clock,
        sleep=clock.sleep,
    )


def calls_at_once(one: Limiter, clock: FakeClock, lane: Lane = Lane.EVENT) -> int:
    """How many calls go out before the first has to wait."""
    for number in range(1_000):
        one.admit(lane, endless)
        if clock.slept:
            return number
    raise AssertionError("nothing limits it")


def test_a_burst_goes_out_at_once_and_the_rest_at_the_vendors_pace() -> None:
    # GIVEN
    clock = FakeClock()
    one = limiter(PORTAL, clock)
    # WHEN calls follow one another
    assert calls_at_once(one, clock) == 48
    start = clock()
    for _ in range(20):
        one.admit(Lane.EVENT, endless)
    # THEN two go out a second
    assert clock() - start == pytest.approx(10.0)


def test_a_call_that_would_wait_longer_than_its_patience_is_refused_with_the_way_back() -> None:
    # GIVEN a vendor that is full
    clock = FakeClock()
    one = limiter(PORTAL, clock)
    one.fill(None)
    one.fill(10.0)
    # WHEN a call comes
    with pytest.raises(RateLimited) as refusal:
        one.admit(Lane.EVENT, endless)
    # THEN it did not wait; it names its gate, when there is a slot for somebody as patient, and the
    # pace from then on
    error = refusal.value
    assert clock.slept == []
    assert (error.gate, error.status, error.pace) == ("portal", None, 2.0)
    assert error.retry_after == pytest.approx(10.0 - PATIENCE_SECONDS)
    # AND then it finds it
    clock.advance(10.0 - PATIENCE_SECONDS)
    one.admit(Lane.EVENT, endless)
    assert clock.slept == [pytest.approx(PATIENCE_SECONDS)]


def test_a_refusal_of_the_vendor_makes_every_worker_wait() -> None:
    # GIVEN two workers
    clock, slots = FakeClock(), MemorySlots()
    one, other = limiter(PORTAL, clock, slots), limiter(PORTAL, clock, slots)
    # WHEN the vendor refuses a call of one
    one.fill(None)
    # THEN the other waits until the vendor has surely drained
    other.admit(Lane.EVENT, endless)
    assert clock.slept == [pytest.approx(1.25)]


def test_a_call_never_waits_into_the_end_of_its_invocation() -> None:
    # GIVEN a full bucket and an invocation that ends soon
    clock = FakeClock()
    one = limiter(PORTAL, clock)
    one.fill(None)
    # THEN the call is refused at once
    with pytest.raises(RateLimited):
        one.admit(Lane.EVENT, lambda: 6.0)
    assert clock.slept == []


def test_a_slot_that_the_vendor_has_made_worthless_meanwhile_is_not_used() -> None:
    # GIVEN a call that waits for its slot
    clock = FakeClock()
    slots = MemorySlots()
    slots.fill("tight", now=clock(), level=0.75)
    sleeps: list[float] = []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        clock.advance(seconds)
        if len(sleeps) == 1:
            one.fill(1.0)  # another thread of this worker was refused

    one = Limiter(slots, TIGHT, share=1.0, connection="c", clock=clock, sleep=sleep)
    # WHEN its time comes
    one.admit(Lane.EVENT, endless)
    # THEN it has taken another one, after the vendor's refusal is over
    assert sleeps == [pytest.approx(0.75), pytest.approx(1.0)]


def test_waiting_again_does_not_make_patience_longer() -> None:
    # GIVEN a call that waits almost as long as it may
    clock = FakeClock()
    slots = MemorySlots()
    slots.fill("tight", now=clock(), level=1.75)

    def sleep(seconds: float) -> None:
        clock.advance(seconds)
        one.fill(1.0)

    one = Limiter(slots, TIGHT, share=1.0, connection="c", clock=clock, sleep=sleep)
    # THEN it is refused when its slot turns out to be worth nothing
    with pytest.raises(RateLimited):
        one.admit(Lane.EVENT, endless)


def test_a_lower_lane_goes_out_less_at_once() -> None:
    # WHEN each lane meets an empty bucket
    counts = []
    for lane in Lane:
        clock = FakeClock()
        counts.append(calls_at_once(limiter(PORTAL, clock), clock, lane))
    # THEN each leaves something to those above it
    assert counts == sorted(set(counts), reverse=True)


@pytest.mark.parametrize("limit", [PORTAL, TIGHT], ids=["portal", "tight"])
@pytest.mark.parametrize("lane", [Lane.MANUAL, Lane.SYNC, Lane.BACKFILL])
def test_a_lane_that_takes_all_it_may_leaves_a_slot_to_those_above(
    limit: Limit, lane: Lane
) -> None:
    # GIVEN a lane that has taken everything, up to the end of its patience
    clock, slots = FakeClock(), MemorySlots()
    lower = Limiter(
        slots, limit, share=1.0, connection="c", clock=clock, sleep=lambda _seconds: None
    )
    with suppress(RateLimited):
        while True:
            lower.admit(lane, endless)
    # THEN an event still finds its slot
    began = clock()
    limiter(limit, clock, slots).admit(Lane.EVENT, endless)
    assert clock() - began <= PATIENCE_SECONDS


def test_a_share_scales_pace_and_burst() -> None:
    # GIVEN
    clock = FakeClock()
    one = limiter(PORTAL, clock, share=0.5)
    # THEN
    assert one.pace == 1.0
    assert calls_at_once(one, clock) == 24
    assert room(PORTAL, 0.5) == room(PORTAL, 1.0) / 2


def test_a_limit_without_any_burst_still_lets_calls_through() -> None:
    clock = FakeClock()
    one = limiter(TIGHT, clock)
    start = clock()
    for _ in range(9):
        one.admit(Lane.EVENT, endless)
    assert clock() - start == pytest.approx(2.0)


@pytest.mark.parametrize(("per_second", "burst"), [(0.0, 1), (-1.0, 1), (1.0, 0)])
def test_a_limit_that_lets_nothing_through_is_a_mistake(per_second: float, burst: int) -> None:
    with pytest.raises(ValueError, match="at least something"):
        Limit("key", per_second, burst)
