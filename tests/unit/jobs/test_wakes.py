"""Errands that the tick wakes."""

from __future__ import annotations

from mostik.jobs.message import Touch
from mostik.jobs.wakes import SHORTEST_SECONDS, Wakes
from tests.support.clock import FakeClock
from tests.support.memory import state_table
from tests.support.queue import MemoryQueue


def enough() -> float:
    return 55.0


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.queue = MemoryQueue(self.clock)
        self.table = state_table()
        self.wakes = Wakes(self.table, self.clock)


def test_an_errand_is_woken_again_and_again_until_it_is_taken_out() -> None:
    # GIVEN
    world = World()
    world.wakes.set("portal", "feed", "queue", 300.0)
    # WHEN
    sent = []
    for _ in range(11):
        world.clock.advance(60)
        sent.append(world.wakes.send_due(world.queue, enough))
    # THEN
    assert sent == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    first = world.queue.messages[0]
    assert isinstance(first, Touch)
    assert (first.connection, first.resource, first.key) == ("portal", "feed", "queue")
    # AND
    world.wakes.set("portal", "feed", "queue", None)
    world.clock.advance(600)
    assert world.wakes.send_due(world.queue, enough) == 0


def test_saying_the_same_again_does_not_put_it_off() -> None:
    # GIVEN
    world = World()
    world.wakes.set("portal", "feed", "queue", 300.0)
    world.clock.advance(299)
    # WHEN
    world.wakes.set("portal", "feed", "queue", 300.0)
    world.clock.advance(1)
    # THEN
    assert world.wakes.send_due(world.queue, enough) == 1


def test_nothing_is_woken_more_often_than_the_tick_comes() -> None:
    world = World()
    world.wakes.set("portal", "feed", "queue", 1.0)
    assert [wake.every for wake in world.wakes.all()] == [SHORTEST_SECONDS]


def test_a_busy_queue_leaves_it_due() -> None:
    # GIVEN
    world = World()
    world.wakes.set("portal", "feed", "queue", 60.0)
    world.clock.advance(60)
    world.queue.fail_next("send", 1)
    # WHEN
    refused = world.wakes.send_due(world.queue, enough)
    # THEN
    assert (refused, world.wakes.send_due(world.queue, enough)) == (0, 1)
