"""Workers whose machines disagree about the time go by that of the service."""

from __future__ import annotations

import pytest

from mostik.clock import TOLERANCE_SECONDS, SharedClock

NOON = 1_790_000_000.0
HOUR = 3_600.0


class Machine:
    """A machine with a clock that can be set, and one that only runs."""

    def __init__(self) -> None:
        self.wall = NOON
        self.running = 50.0
        self.clock = SharedClock(lambda: self.wall, lambda: self.running)

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.running += seconds


def test_before_any_answer_it_is_the_machines_clock() -> None:
    assert Machine().clock() == NOON


@pytest.mark.parametrize("off", [-HOUR, HOUR, TOLERANCE_SECONDS + 1.0])
def test_a_machine_that_is_off_goes_by_the_service(off: float) -> None:
    # GIVEN a machine whose clock is wrong
    machine = Machine()
    machine.wall += off
    # WHEN the service has said the time
    machine.clock.served(NOON)
    machine.pass_time(7.0)
    # THEN it goes by that, and on from it
    assert machine.clock() == NOON + 7.0


@pytest.mark.parametrize("off", [-TOLERANCE_SECONDS, 0.0, 0.4, TOLERANCE_SECONDS])
def test_a_little_difference_says_nothing(off: float) -> None:
    # GIVEN an answer that took a while, with a date of whole seconds
    machine = Machine()
    machine.clock.served(NOON + off)
    # THEN the machine's finer clock stands
    assert machine.clock() == NOON


def test_a_jump_between_two_answers_is_not_seen() -> None:
    # GIVEN a machine that has heard the time
    machine = Machine()
    machine.clock.served(NOON)
    # WHEN its clock is set while it works
    machine.pass_time(3.0)
    machine.wall -= HOUR
    # THEN its time goes on
    assert machine.clock() == NOON + 3.0
    # AND the next answer does not lead it astray
    machine.clock.served(NOON + 3.0)
    assert machine.clock() == NOON + 3.0


def test_a_frozen_container_begins_anew() -> None:
    # GIVEN a container whose running clock stood still for an hour
    machine = Machine()
    machine.clock.served(NOON)
    machine.wall += HOUR
    # WHEN its next invocation begins
    machine.clock.restart()
    # THEN the hour is not lost
    assert machine.clock() == NOON + HOUR


def test_it_reads_the_date_of_an_answer() -> None:
    # GIVEN a machine that is an hour behind
    machine = Machine()
    machine.wall = NOON - HOUR
    # WHEN an answer comes
    machine.clock.answered({"date": "Mon, 21 Sep 2026 14:13:20 GMT"})
    # THEN it goes by its date
    assert machine.clock() == NOON


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "soon"}, {"date": "Mon, 99 Sep"}])
def test_an_answer_without_a_date_says_nothing(headers: dict[str, str]) -> None:
    machine = Machine()
    machine.clock.answered(headers)
    assert machine.clock() == NOON
