"""The whole way: a 1C, the exchange of Mostik, its worker, and a site at the end; orders back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.bitrix_site import integration
from integrations.onec.errands import words_in
from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.ledger import Ledger
from local.sandbox.portal.catalog.config import CatalogConfig, Inventory
from local.sandbox.site import SiteConfig, a_box
from mostik.bootstrap.orders import paper_by_connection
from mostik.commerceml.outgoing import Outgoing
from mostik.connections.open import OpenConnections
from mostik.integration import secret_fields
from tests.integrations.bitrix_site.world import WAYS, OurSite, buy, on, order_rows
from tests.support.exchange import Site
from tests.support.onec_world import ONEC, SHOP, Stack

GOODS = 60
RESOURCES = (
    *("sections", "properties", "units", "products", "variants"),
    *("price_types", "prices", "warehouses", "stock"),
)
_INVENTORY = {"rest": Inventory.ON, "exchange": Inventory.OFF}
"""By REST a site has warehouses only where it keeps inventory."""


class Town(Stack):
    """A stack with a connection to 1C, and a site behind it."""

    def __init__(self, way: str) -> None:
        portal = a_box(catalog=CatalogConfig(inventory=_INVENTORY[way]))
        self.ours: OurSite = on(way, SiteConfig(portal=portal), key_owner=ONEC)
        filled = self.ours.set.model_dump(mode="json", exclude_none=True)
        hidden = secret_fields(type(self.ours.set))
        public = {name: value for name, value in filled.items() if name not in hidden}
        onec = {"goods": {"pictures": False}, "stock": {"create_warehouses": True}}
        super().__init__(onec, integration, public)
        self.ours.clock.now = self.clock.now
        secrets: dict[str, Any] = {
            name: getattr(self.ours.set, name).get_secret_value()
            for name in hidden
            if getattr(self.ours.set, name) is not None
        }
        self.secrets.documents[f"client/{SHOP}"] = json.dumps(secrets)
        self.opening = self._wired
        self.outgoing = Outgoing(self.table, self.clock)
        self.site = Site(
            clock=self.clock,
            table=self.table,
            blobs=self.blobs,
            queue=self.queue,
            outbox=self.outgoing,
        )
        self.site.while_waiting = self.work
        papers = paper_by_connection(self.table, self.clock)
        self.site.write_order = lambda order, schema: papers(ONEC).order(order, schema)

    def _wired(self, connections: OpenConnections) -> None:
        # The one private name: the network is exchanged below the client.
        session: Any = connections.get(SHOP).api._session
        session.mount("https://", self.ours.wire)

    def minute(self) -> None:
        """A minute passes, at the site too."""
        super().minute()
        self.ours.clock.now = self.clock.now


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_is_filled_by_a_1c_as_a_portal_is(way: str) -> None:
    # GIVEN an empty site behind a 1C with goods of two kinds, prices and stock
    town = Town(way)
    shop = Catalogue(products=GOODS, pictures=0)
    # WHEN 1C exports everything, twice
    for _ in range(2):
        assert town.program(zips=False).export(shop).whole
        town.settle_down()
    # THEN the site has each good once, with its prices
    assert not town.defects
    catalog = town.ours.there.catalog
    keys = [row["xmlId"] for row in catalog.goods]
    offers = [row for row in catalog.goods if row["type"] in (4, 5)]
    assert len(keys) == len(set(keys))
    # By REST a good that turns out to have offers is made anew, and the old one is switched off.
    active = [row for row in catalog.goods if row["active"] == "Y"]
    assert len(active) - len(offers) == GOODS
    assert offers
    assert len(catalog.prices) >= GOODS
    # AND nothing was left out, but that a site with inventory takes no negative stock
    left = {name: town.parked(name) for name in RESOURCES}
    assert not [name for name, rows in left.items() if rows and (name, way) != ("stock", "rest")]


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_orders_reach_1c_and_what_it_decides_comes_back(way: str) -> None:
    # GIVEN a site with orders, behind a 1C
    town = Town(way)
    numbers = [buy(town.ours, f"заказ {number}") for number in range(5)]
    town.program(zips=False).export(Catalogue(products=2, pictures=0))
    town.settle_down()
    for number in numbers:
        town.touch("orders", number)
    town.settle_down()
    assert integration.discover is not None
    found = integration.discover(town.ours.client(), town.ours.set)  # what an errand does daily
    town.outgoing.learn(ONEC, words_in(found, 1.0))
    # WHEN 1C takes them, and a manager decides about one
    program = town.program()
    program.ledger = Ledger()
    taken = program.take_orders()
    assert sorted(taken.loaded) == sorted(numbers)
    assert not [one for one in program.ledger.held.values() if one.difference]
    program.ledger.choose(numbers[2], "S")
    program.send_orders()
    town.settle_down()
    # THEN the site says so, and the other orders are as they were
    states = {str(row["id"]): row["statusId"] for row in order_rows(town.ours)}
    assert states[numbers[2]] == "S"
    assert [states[one] for one in numbers if one != numbers[2]] == ["N"] * 4
    assert not town.defects
