"""What people ask about orders for 1C, and have done again."""

from __future__ import annotations

import pytest

from mostik.commerceml.cards import Standing
from mostik.commerceml.orderdesk import OrderDesk
from mostik.errors import ConfigurationError
from tests.unit.onec_orders.cases import a_line, an_order, numbered
from tests.unit.onec_orders.world import ONEC, PlainShop, World, a_query


def test_orders_are_given_again_by_number_and_since_a_date() -> None:
    # GIVEN orders that 1C has taken, today and two days ago
    world = World(PlainShop())
    world.place(numbered("1"))
    world.take()
    world.clock.advance(2 * 86_400)
    since = world.clock()
    world.place(numbered("2"))
    world.place(an_order("100", a_line("100"), key="3", number="2026-11-000003"))
    world.take()
    desk = OrderDesk(world.site.table, world.clock)
    # WHEN a person wants some of them given again
    assert [card.number for card in desk.give_again(ONEC, ["2026-11-000003"])] == ["ID3"]
    # THEN they are, as they stand, and once
    assert world.take().loaded == ["ID3"]
    assert world.take().loaded == []
    # AND all since a date, the oldest first
    assert [card.number for card in desk.give_again(ONEC, since=since)] == ["2", "ID3"]
    assert world.take().loaded == ["2", "ID3"]
    # AND a number that nobody knows is said to be one
    with pytest.raises(ConfigurationError, match="'77'"):
        desk.give_again(ONEC, ["77"])


def test_a_person_sees_which_call_took_an_order_and_whether_success_came() -> None:
    # GIVEN an order that was read twice, and confirmed the second time; another one waits
    world = World(PlainShop())
    world.place(numbered("1"))
    a_query(world)
    world.take()
    world.place(numbered("2"))
    desk = OrderDesk(world.site.table, world.clock)
    # WHEN a person asks
    [one] = desk.numbered(ONEC, ["1"])
    # THEN both calls are there, the newest first
    assert [call.confirmed for call in one.calls] == [True, False]
    assert one.standing is Standing.TAKEN
    assert len({call.session for call in one.calls}) == 2
    [two] = desk.waiting(ONEC)
    assert (two.number, two.standing, list(two.calls)) == ("2", Standing.WAITING, [])
    assert [len(handed.given) for handed in desk.handed(ONEC)] == [1, 1]
