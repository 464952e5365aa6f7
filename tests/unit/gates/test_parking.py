from __future__ import annotations

import pytest

from mostik.errors import Busy
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.parking import CACHE_SECONDS, UNKNOWN_SECONDS, Parking
from tests.support.clock import FakeClock
from tests.support.memory import MemoryTable, state_table

LIST = Endpoint("POST", "crm.item.list", Replay.SAFE)
GET = Endpoint("POST", "crm.item.get", Replay.SAFE)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table() -> MemoryTable:
    return state_table()


@pytest.fixture
def parking(table: MemoryTable, clock: FakeClock) -> Parking:
    return Parking(table, "portal", clock)


def test_nothing_is_parked_at_first(parking: Parking) -> None:
    assert parking.until(LIST) is None


def test_a_refused_endpoint_rests_for_as_long_as_the_refusal_says(
    parking: Parking, clock: FakeClock
) -> None:
    # WHEN the vendor refuses one endpoint
    until = parking.refused(LIST, 30.0)
    # THEN it rests, the others do not
    assert until == parking.until(LIST) == clock() + 30.0
    assert parking.until(GET) is None
    # AND it may be called again when the time is over
    clock.advance(30.0)
    assert parking.until(LIST) is None


def test_a_refusal_that_says_nothing_parks_for_a_minute(parking: Parking, clock: FakeClock) -> None:
    assert parking.refused(LIST, None) == clock() + UNKNOWN_SECONDS


def test_the_vendors_last_word_on_its_budget_goes_before_a_guess(
    parking: Parking, clock: FakeClock
) -> None:
    # GIVEN a good answer that said when the budget is given back
    parking.heard(LIST, clock() + 400)
    # THEN a refusal parks until then
    assert parking.refused(LIST, 60.0) == clock() + 400
    # AND not when that moment is over
    clock.advance(500)
    assert parking.refused(LIST, 60.0) == clock() + 60


def test_other_workers_know_within_the_cache_time(
    parking: Parking, table: MemoryTable, clock: FakeClock
) -> None:
    # GIVEN another worker that has just looked
    other = Parking(table, "portal", clock)
    assert other.until(LIST) is None
    # WHEN one parks an endpoint
    parking.park(LIST, clock() + 100)
    # THEN it knows at once, and the other soon
    assert parking.until(LIST) is not None
    clock.advance(CACHE_SECONDS)
    assert other.until(LIST) == clock() + 100 - CACHE_SECONDS
    # AND other connections are not concerned
    assert Parking(table, "another", clock).until(LIST) is None


def test_calls_in_between_read_nothing(
    parking: Parking, table: MemoryTable, clock: FakeClock
) -> None:
    # WHEN a worker calls twenty times a second for ten seconds
    for _ in range(200):
        parking.until(LIST)
        clock.advance(0.05)
    # THEN it has read twice
    assert table.calls["query"] == 2


def test_an_endpoint_that_is_parked_longer_stays_so_without_a_write(
    parking: Parking, table: MemoryTable, clock: FakeClock
) -> None:
    # GIVEN
    parking.park(LIST, clock() + 100)
    # WHEN every further answer says the same or less
    parking.park(LIST, clock() + 100)
    parking.park(LIST, clock() + 50)
    parking.park(LIST, clock() - 1)
    # THEN
    assert parking.until(LIST) == clock() + 100
    assert table.calls["put"] == 1


def test_a_person_can_let_everything_go(parking: Parking, clock: FakeClock) -> None:
    # GIVEN
    parking.park(LIST, clock() + 100)
    parking.park(GET, clock() + 100)
    # WHEN
    assert parking.release() == 2
    # THEN
    assert parking.parked() == {}
    assert parking.until(LIST) is None


def test_rows_that_cannot_be_read_are_for_the_caller_to_judge(
    parking: Parking, table: MemoryTable
) -> None:
    table.fail_next("query")
    with pytest.raises(Busy):
        parking.until(LIST)
    assert parking.until(LIST) is None
