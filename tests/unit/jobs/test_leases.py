from __future__ import annotations

import pytest

from mostik.jobs.leases import Leases, LeaseTaken
from tests.support.clock import FakeClock
from tests.support.memory import MemoryTable, state_table


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table() -> MemoryTable:
    return state_table()


@pytest.fixture
def leases(table: MemoryTable, clock: FakeClock) -> Leases:
    return Leases(table, clock)


def test_one_holds_a_name_at_a_time(leases: Leases, clock: FakeClock) -> None:
    # WHEN somebody holds a name
    with leases.hold("tick", "a", 55):
        # THEN nobody else gets it, and learns when it ends at the latest
        with pytest.raises(LeaseTaken) as taken, leases.hold("tick", "b", 55):
            pytest.fail("two hold it")
        assert taken.value.until == clock() + 55
        # AND another name is free
        with leases.hold("other", "b", 55):
            pass
    # WHEN it is released
    with leases.hold("tick", "b", 55):
        # THEN the next one gets it at once
        pass


def test_after_an_error_the_name_stays_taken_until_the_lease_ends(
    leases: Leases, clock: FakeClock
) -> None:
    # GIVEN a holder that failed: what it began may still be under way elsewhere
    with pytest.raises(RuntimeError), leases.hold("create#1", "a", 55):
        raise RuntimeError
    # THEN the name is taken to the end of the lease
    clock.advance(54.9)
    with pytest.raises(LeaseTaken), leases.hold("create#1", "b", 55):
        pytest.fail("too early")
    # AND free after it
    clock.advance(0.2)
    with leases.hold("create#1", "b", 55):
        pass


def test_of_two_that_take_an_old_lease_over_one_gets_it(
    leases: Leases, table: MemoryTable, clock: FakeClock
) -> None:
    # GIVEN a lease that has ended, and a rival who takes it between our read and our write
    with pytest.raises(RuntimeError), leases.hold("tick", "dead", 55):
        raise RuntimeError
    clock.advance(60)
    rival = Leases(table, clock)

    def takes_it(operation: str) -> None:
        if operation == "replace":
            table.before = None
            rival._take("tick", "rival", 55)

    table.before = takes_it
    # THEN we do not get it
    with pytest.raises(LeaseTaken), leases.hold("tick", "me", 55):
        pytest.fail("two hold it")


def test_who_lost_a_lease_does_not_release_the_next_holders(
    leases: Leases, table: MemoryTable, clock: FakeClock
) -> None:
    # GIVEN a holder that is slower than its lease, and another that took it over
    with leases.hold("tick", "slow", 10):
        clock.advance(20)
        held = leases.hold("tick", "quick", 100)
        held.__enter__()
    # WHEN the slow one releases
    # THEN the quick one's lease stands
    with pytest.raises(LeaseTaken), leases.hold("tick", "third", 10):
        pytest.fail("the lease of another was released")
    assert len(table) == 1
