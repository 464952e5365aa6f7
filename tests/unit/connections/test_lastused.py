"""When a secret was last used: to the hour, without a write for every event."""

from __future__ import annotations

from mostik.connections.lastused import EVERY_SECONDS, LastUsed
from tests.support.clock import FakeClock
from tests.support.memory import state_table


def test_a_use_is_remembered_and_written_at_most_hourly() -> None:
    # GIVEN a secret that is used every minute for three hours
    clock, table = FakeClock(), state_table()
    uses = LastUsed(table, clock)
    for _ in range(180):
        uses.note("shop", "1", "hmac", clock())
        clock.advance(60)
    # WHEN it is asked for
    use = uses.of("shop")["1"]
    # THEN it is known to the hour, and three writes were made
    assert clock() - use.at <= EVERY_SECONDS
    assert use.scheme == "hmac"
    assert table.calls["put"] == 3


def test_many_containers_write_one_use_an_hour_between_them() -> None:
    # GIVEN ten containers that see the same secret within an hour
    clock, table = FakeClock(), state_table()
    for _ in range(10):
        LastUsed(table, clock).note("shop", "1", "hmac", clock())
        clock.advance(60)
    # THEN one of them wrote
    assert table.calls["put"] == 1


def test_secrets_are_told_apart() -> None:
    # GIVEN two secrets of which one is used later
    clock, table = FakeClock(), state_table()
    uses = LastUsed(table, clock)
    uses.note("shop", "old", "hmac", clock())
    clock.advance(EVERY_SECONDS * 2)
    uses.note("shop", "new", "hmac", clock())
    # THEN each has its own time, and another connection has none
    found = uses.of("shop")
    assert found["new"].at - found["old"].at == EVERY_SECONDS * 2
    assert uses.of("other") == {}
