"""The same imports with a Bitrix24 portal behind them, through the real integration."""

from __future__ import annotations

import json
from typing import Any

from integrations.bitrix24 import integration as bitrix24
from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.paper import Style
from local.sandbox.portal import PortalSandbox
from mostik.commerceml.imports import State
from mostik.connections.open import OpenConnections
from tests.integrations.bitrix24.catalog.world import a_config
from tests.integrations.bitrix24.transport.world import PortalWire
from tests.support.onec_world import SHOP, Stack
from tests.unit.imports.files import catalogue, file, good, offer, offered, package

GOODS = Catalogue(12, properties=1, groups=3, with_offers=4)
_WRITES = ("add", "update", "modify", "delete", "conduct")


class PortalStack(Stack):
    """A stack whose other side is a portal.

    Attributes:
        portal: the sandbox.
    """

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        self.portal = PortalSandbox(a_config())
        summed = {"summed_warehouses": [GOODS.key("warehouse", number) for number in (0, 1)]}
        super().__init__(settings, target=bitrix24, target_settings=summed)
        webhook = f"https://company.bitrix24.ru/rest/1/{self.portal.config.secret}/"
        self.secrets.documents[f"client/{SHOP}"] = json.dumps({"webhook_url": webhook})
        self.opening = self._open

    def _open(self, connections: OpenConnections) -> None:
        connections.get(SHOP).api._session.mount("https://", PortalWire(self.portal))

    def rows_in(self, name: str) -> list[dict[str, Any]]:
        """The rows that the portal holds."""
        return list(self.portal.catalog.tables[name])

    def goods(self) -> dict[str, dict[str, Any]]:
        """Goods and variations by external code."""
        return {row["xmlId"]: row for row in self.rows_in("goods") if row.get("xmlId")}

    def calls(self) -> dict[str, int]:
        """Calls that change something since this was last asked."""
        found = {
            method: count
            for method, count in self.portal.calls.items()
            if method.rpartition(".")[2] in _WRITES and count
        }
        self.portal.calls.clear()
        return found


def exported(stack: PortalStack, shop: Catalogue = GOODS, style: Style | None = None) -> None:
    told = stack.program().export(shop, style)
    assert told.whole, told.failures
    stack.settle_down()


def test_a_catalogue_comes_to_a_portal_and_a_second_time_nothing_is_written() -> None:
    # GIVEN an empty portal
    stack = PortalStack()
    # WHEN 1C exports its catalogue
    exported(stack)
    # THEN each import ended well
    assert [(row.file, row.state, row.errors) for row in stack.rows_of()] == [
        (row.file, State.DONE, ()) for row in stack.rows_of()
    ]
    # AND goods, variations, prices and pictures are there
    goods = stack.goods()
    assert {GOODS.key("good", number) for number in range(12)} <= set(goods)
    assert {key for number in (0, 4, 8) for key in GOODS.offer_keys(number)} <= set(goods)
    assert len(stack.rows_in("images")) == 12
    stack.calls()
    # WHEN the same comes again, permuted and in another encoding
    exported(stack, GOODS, Style(shuffle=3, encoding="windows-1251", mark=False))
    # THEN nothing is written
    assert stack.calls() == {}


def test_a_name_that_is_changed_on_the_portal_is_changed_back() -> None:
    # GIVEN
    stack = PortalStack()
    stack.program().push([file("import.xml", catalogue(good("a", "Лампа")), offered("a"))])
    row = stack.goods()["a"]
    before = dict(row)
    stack.portal.catalog.tables["goods"].rows[row["id"]]["name"] = "Моя лампа"
    # WHEN the portal says so
    stack.touch("products", str(row["id"]))
    # THEN
    assert stack.goods()["a"]["name"] == before["name"] == "Лампа"


def test_a_good_that_a_whole_export_lacks_is_switched_off_on_the_portal() -> None:
    # GIVEN two goods
    stack = PortalStack()
    program = stack.program(ends=True)
    program.send([[file("import0_1.xml", catalogue(good("a"), good("b")))]])
    stack.settle_down()
    stack.clock.advance(60)
    # WHEN a whole export has one of them
    program.send([[file("import0_1.xml", catalogue(good("a")))]])
    stack.settle_down()
    # THEN
    assert {key: row["active"] for key, row in stack.goods().items()} == {"a": "Y", "b": "N"}


def test_stock_reaches_the_portal_and_a_price_of_an_unknown_type_does_not_stop_it() -> None:
    # GIVEN a portal on which price types are made by people
    stack = PortalStack({"prices": {"create_types": False}})
    # WHEN
    stack.program().push([file("import.xml", catalogue(good("a")), package(offer("a", "5", "7")))])
    stack.settle_down()
    # THEN the figure is there, and the price waits and says so
    assert float(stack.goods()["a"]["quantity"]) == 7.0
    row = stack.row("import.xml")
    assert row.state is State.PARTIAL
    assert any("цены" in text for text in row.errors), row.errors
    assert stack.rows_in("prices") == []
