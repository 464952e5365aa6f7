"""The limiter against a faithful bucket, on a virtual clock.

Four workers, any phase of the vendor's second, requests that overtake one another.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.http.gate import Lane
from mostik.http.limiter import JITTER_SECONDS, PATIENCE_SECONDS, Limit
from tests.unit.gates.vendors import Play, Worker

PORTAL = Limit("portal", per_second=2.0, burst=50)
ENTERPRISE = Limit("portal", per_second=5.0, burst=250)
plans = pytest.mark.parametrize("limit", [PORTAL, ENTERPRISE], ids=["standard", "enterprise"])
PHASES = [0.0, 0.01, 0.24, 0.5, 0.75, 0.99]


@plans
@pytest.mark.parametrize("phase", PHASES)
def test_a_bucket_that_only_we_fill_never_overflows(limit: Limit, phase: float) -> None:
    # GIVEN an empty bucket
    play = Play(limit, phase=phase)
    # WHEN four workers call as fast as they are let
    traffic = play.run([Worker(limit.burst)] * 4)
    # THEN nothing is refused
    assert not traffic.refused
    # AND the vendor's own minimum is missed by what is kept below the threshold only
    least = (4 * limit.burst - limit.burst) / limit.per_second
    assert max(traffic.done) <= least + 1 + JITTER_SECONDS


@plans
@pytest.mark.parametrize("phase", PHASES)
def test_four_workers_at_a_full_bucket_lose_next_to_nothing(limit: Limit, phase: float) -> None:
    # GIVEN a bucket that somebody else has filled, and workers that do not know it
    dice = Random(7)  # noqa: S311 - dice
    play = Play(
        limit,
        level=limit.burst,
        phase=phase,
        up=lambda: dice.uniform(0.01, 0.06),
        down=lambda: dice.uniform(0.01, 0.06),
    )
    # WHEN each makes 30 calls
    traffic = play.run([Worker(30)] * 4)
    # THEN all succeed, nothing is refused after the first second, and none had to be held
    assert len(traffic.done) == 120
    assert traffic.refused
    assert max(traffic.refused) <= 1.0
    assert not traffic.held
    # AND it takes at most a twentieth longer than the vendor's own minimum and one round trip
    assert max(traffic.done) <= 1.05 * (120 / limit.per_second + 0.12)


def test_every_small_bucket_holds_at_every_phase() -> None:
    # GIVEN every bucket of a handful, every phase in quarters, bursts and gaps of the callers
    for per_second, burst in product(range(1, 5), range(4, 13)):
        limit = Limit("small", float(per_second), burst)
        if burst - (per_second - 1) - per_second * JITTER_SECONDS < 1:
            continue  # too small to keep anything below the threshold
        for quarter, gap in product(range(4), (0.0, 0.25, 0.5, 1.0, 3.75)):
            play = Play(limit, phase=quarter / 4)
            workers = [Worker(burst, pause=partial(float, gap)) for _ in range(2)]
            # THEN none overflows
            assert not play.run(workers).refused, (limit, quarter, gap)


@given(
    per_second=st.integers(1, 8),
    seconds_of_burst=st.integers(2, 60),
    phase=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 2**32),
    flight=st.floats(0, 3),
    lanes=st.lists(st.sampled_from(list(Lane)), min_size=1, max_size=4),
)
def test_no_traffic_of_ours_overflows_a_bucket(
    per_second: int,
    seconds_of_burst: int,
    phase: float,
    seed: int,
    flight: float,
    lanes: list[Lane],
) -> None:
    # GIVEN any vendor, requests of any flight that vary by no more than the jitter allowed for
    limit = Limit("any", float(per_second), per_second * seconds_of_burst)
    dice = Random(seed)  # noqa: S311 - dice
    play = Play(
        limit,
        phase=phase,
        up=lambda: flight + dice.uniform(0, JITTER_SECONDS),
        down=lambda: dice.uniform(0, 1),
    )
    # WHEN workers of any lanes call in bursts and with gaps
    workers = [
        Worker(
            limit.burst // 2 + 5,
            lane,
            pause=lambda: dice.choice((0.0, 0.0, 0.0, dice.uniform(0, 20))),
            begins=dice.uniform(0, 5),
        )
        for lane in lanes
    ]
    # THEN nothing is refused, and everything is done
    traffic = play.run(workers)
    assert not traffic.refused
    assert len(traffic.done) == sum(worker.calls for worker in workers)


@given(
    level=st.integers(0, 50),
    phase=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 2**32),
)
def test_whatever_filled_the_bucket_before_the_workers_settle_within_a_second(
    level: int, phase: float, seed: int
) -> None:
    # GIVEN a portal's bucket at any level, which no worker knows
    dice = Random(seed)  # noqa: S311 - dice
    play = Play(
        PORTAL,
        level=level,
        phase=phase,
        up=lambda: dice.uniform(0, 0.1),
        down=lambda: dice.uniform(0, 0.1),
    )
    # WHEN four workers make their calls
    traffic = play.run([Worker(30)] * 4)
    # THEN all are done, and refusals, if any, fall within a second
    assert len(traffic.done) == 120
    if traffic.refused:
        assert max(traffic.refused) - min(traffic.refused) <= 1.0


@plans
def test_an_event_finds_room_while_a_sync_fills_the_rest(limit: Limit) -> None:
    # GIVEN twenty threads of a first filling and of a sync that take whatever they get
    lanes = [Lane.BACKFILL] * 10 + [Lane.SYNC] * 10
    busy = [Worker(int(20 * limit.per_second), lane) for lane in lanes]
    # WHEN events come now and then
    events = [Worker(8, Lane.EVENT, pause=lambda: 9.0, begins=40.0 + n) for n in range(2)]
    traffic = Play(limit).run([*busy, *events])
    # THEN each goes out within its patience, while the others wait for their turn
    assert not traffic.refused
    assert max(traffic.waited[Lane.EVENT]) <= PATIENCE_SECONDS
    assert max(traffic.waited[Lane.SYNC]) > PATIENCE_SECONDS


def test_two_shares_of_one_bucket_do_not_overflow_it() -> None:
    # GIVEN two stacks, each with half of one portal's limit and rows of its own
    play = Play(PORTAL, share=0.5, phase=0.3)
    other = Play(PORTAL, share=0.5, phase=0.3)
    other.bucket = play.bucket
    # WHEN one of them takes all that it may
    traffic = play.run([Worker(60)] * 4)
    # THEN it has used half of what the portal gives
    assert not traffic.refused
    assert max(traffic.done) >= (240 - 25) / 1.0
