"""What a client remembers from one job to the next."""

from __future__ import annotations

import pytest

from mostik.http.memory import Memory
from tests.support.clock import FakeClock


def test_a_value_is_read_once_while_it_is_young_enough() -> None:
    # GIVEN a memory, and something that is counted when it is read
    clock, reads = FakeClock(), iter(range(9))
    memory = Memory(clock)
    # WHEN it is asked for again and again
    first = memory.of("rates", 1, 60.0, lambda: next(reads))
    clock.advance(59)
    second = memory.of("rates", 1, 60.0, lambda: next(reads))
    clock.advance(1)
    third = memory.of("rates", 1, 60.0, lambda: next(reads))
    # THEN it was read at first and when it had grown old, and others are others
    assert (first, second, third) == (0, 0, 1)
    assert memory.of("rates", 2, 60.0, lambda: next(reads)) == 2


def test_what_could_not_be_read_is_not_remembered() -> None:
    # GIVEN something that cannot be read
    memory = Memory(FakeClock())

    def fails() -> int:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - there is no text
        memory.of("rates", 1, 60.0, fails)
    # THEN the next one reads it
    assert memory.of("rates", 1, 60.0, lambda: 5) == 5


def test_what_is_forgotten_is_read_again() -> None:
    # GIVEN a value WHEN it is forgotten THEN it is read again
    memory, reads = Memory(FakeClock()), iter(range(9))
    memory.of("rates", 1, 60.0, lambda: next(reads))
    memory.forget()
    assert memory.of("rates", 1, 60.0, lambda: next(reads)) == 1
