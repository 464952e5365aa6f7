"""1C that is late: said once in the log, and in the metrics as long as it lasts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mostik.commerceml.watch import Watch
from mostik.jobs.figures import figures
from mostik.jobs.tick import Lateness, TickReport
from tests.unit.onec_orders.cases import a_line, an_order
from tests.unit.onec_orders.world import ONEC, PlainShop, World

HOUR = 3_600.0


def watching(world: World, lines: list[str], **orders: Any) -> Watch:
    settings: Mapping[str, Any] = {"orders": orders}
    return Watch(
        world.site.table,
        world.outgoing,
        lambda: [(ONEC, settings), ("portal", {})],
        world.clock,
        lines.append,
    )


def test_orders_that_1c_does_not_take_are_reported_once_and_when_it_is_over() -> None:
    # GIVEN 1C that comes, but takes no orders; one has waited for five hours
    world, lines = World(PlainShop()), list[str]()
    watch = watching(world, lines, not_taken_hours=4)
    world.place(an_order("100", a_line("100")))
    world.clock.advance(5 * HOUR)
    world.site.client("catalog").check_auth()
    # WHEN two ticks come
    assert watch.run() == Lateness(orders=1, exchanges=0)
    assert watch.run() == Lateness(orders=1, exchanges=0)
    # THEN the log says it once, with what to do
    [line] = lines
    said = json.loads(line)
    assert (said["level"], said["connection"], said["late"]) == ("WARNING", ONEC, "orders")
    assert "more than 4 hours" in said["message"]
    # AND once that it is over
    world.take()
    assert watch.run() == Lateness()
    assert watch.run() == Lateness()
    assert [json.loads(one)["level"] for one in lines] == ["WARNING", "INFO"]


def test_1c_that_does_not_come_is_reported() -> None:
    world, lines = World(PlainShop()), list[str]()
    watch = watching(world, lines)
    world.take()
    assert watch.run() == Lateness()
    world.clock.advance(25 * HOUR)
    assert watch.run() == Lateness(exchanges=1)
    assert "1C has not come for more than 24 hours" in lines[0]


def test_1c_that_was_never_there_and_switched_off_warnings_are_silent() -> None:
    # GIVEN a connection that is not set up in 1C yet, although an order waits
    world, lines = World(PlainShop()), list[str]()
    world.place(an_order("100", a_line("100")))
    world.clock.advance(500 * HOUR)
    assert watching(world, lines).run() == Lateness()
    # AND one whose owner wants no warnings
    world.site.client("catalog").check_auth()
    world.clock.advance(500 * HOUR)
    silent = watching(world, lines, not_taken_hours=0, silent_hours=0)
    assert silent.run() == Lateness()
    assert lines == []


def test_a_tick_that_is_short_of_time_leaves_it_to_the_next() -> None:
    world, lines = World(PlainShop()), list[str]()
    world.take()
    world.clock.advance(25 * HOUR)
    assert watching(world, lines).run(lambda: 1.0) == Lateness()
    assert lines == []


def test_the_tick_says_how_many_are_late() -> None:
    [line] = figures(TickReport(late=Lateness(orders=2, exchanges=1)), now=1.0)
    said = json.loads(line)
    assert (said["OrdersNotTaken"], said["ExchangesSilent"]) == (2, 1)
