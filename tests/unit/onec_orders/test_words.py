"""What the shop calls its statuses: asked of the shop, told to 1C, understood on the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from lxml import etree

from integrations.bitrix24.discover import discover
from integrations.onec import integration
from integrations.onec.client import Onec
from integrations.onec.errands import learn_words, words_in
from integrations.onec.settings import Settings
from mostik.commerce.order import OrderStatus
from mostik.discovery import Directory, Discovery, Entry
from mostik.errors import Skip
from mostik.integration import Tools
from mostik.sync.verdict import Verdict
from tests.unit.onec_orders.cases import a_line, an_order
from tests.unit.onec_orders.world import ONEC, SHOP, PlainShop, PortalShop, World


class Asking:
    """``Tools`` of an errand that looks at a shop.

    Args:
        world: whose.
        look: what the shop answers.
    """

    def __init__(self, world: World, look: Callable[[], Discovery]) -> None:
        self._world = world
        self._look = look
        self.asked: list[str] = []
        self.connection = ONEC

    def now(self) -> float:
        """See ``Tools.now``."""
        return self._world.clock()

    def discover(self, connection: str) -> Discovery:
        """See ``Tools.discover``."""
        self.asked.append(connection)
        return self._look()


def learn(world: World, tools: Asking) -> int:
    client = Onec.of(world.storage, world.settings)
    return learn_words(client, world.settings, cast(Tools, tools), "orders")


def info_of(world: World) -> dict[str, list[tuple[str, str]]]:
    client = world.site.client("sale")
    client.check_auth()
    root = etree.fromstring(client.info())
    return {
        str(part.tag): [(row[0].text or "", row[1].text or "") for row in part] for part in root
    }


@pytest.mark.parametrize(
    ("order_as", "status", "meaning"),
    [("deal", "WON", OrderStatus.SHIPPED), ("order", "P", OrderStatus.PAID)],
)
def test_1c_reads_the_portals_own_statuses_and_its_choice_is_understood(
    order_as: str, status: str, meaning: OrderStatus
) -> None:
    # GIVEN a portal
    shop = PortalShop.of(order_as=order_as)
    world = World(shop)
    tools = Asking(world, lambda: discover(shop.job.client, shop.job.set))
    # WHEN the errand asks it
    assert learn(world, tools) == 1
    assert tools.asked == [SHOP]
    # THEN sale/info lists its statuses, pay systems and delivery services
    lists = info_of(world)
    assert status in dict(lists["Статусы"])
    assert lists["Статусы"] == lists["Cтатусы"]
    assert lists["ПлатежныеСистемы"]
    assert lists["СлужбыДоставки"]
    # AND a manager's choice in 1C is carried without any setting
    key = world.place(an_order("100", a_line("100")))
    [number] = world.take().loaded
    world.onec.ledger.choose(number, status)
    [result] = world.send()
    assert result.verdict is Verdict.UPDATED, result
    assert world.in_shop(key).status is meaning
    # AND a second look of the same day asks nobody
    assert learn(world, tools) == 0
    assert tools.asked == [SHOP]
    world.clock.advance(7 * 3_600)
    assert learn(world, tools) == 0
    assert tools.asked == [SHOP, SHOP]


def test_a_shop_without_directories_has_empty_lists() -> None:
    world = World(PlainShop())

    def nothing() -> Discovery:
        raise Skip("It has nothing that can be looked up.")

    assert learn(world, Asking(world, nothing)) == 0
    assert info_of(world)["Статусы"] == []


def test_directories_alone_say_what_there_is_but_not_what_it_means() -> None:
    found = Discovery(directories=[Directory("order statuses", "", [Entry("N", "Принят")])])
    words = words_in(found, 1.0)
    assert words.statuses == {"N": "Принят"}
    assert words.meanings == {}


def test_the_errand_is_woken_where_orders_are_exchanged() -> None:
    def woken(**orders: Any) -> list[str]:
        settings = Settings.model_validate({"target": SHOP, "orders": orders})
        return [name for name, _, _ in integration.wakes(settings)]

    assert woken() == ["words"]
    assert woken(enabled=False) == []
    assert set(woken()) <= set(integration.errands)
