"""What the sweep finds when only a part was changed and no event came; the table says the rest.

Every line of ``TABLE`` has a case here: something is changed as a person would, its event is lost,
and the two passes are run. A line may say that it is not found; then it must not promise more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integrations.bitrix24.app.sweep import RECENT_DAYS, RESERVE_SECONDS, TABLE, Seen
from local.sandbox.faults import Fault, FaultKind
from local.sandbox.portal.catalog.config import CatalogConfig
from mostik.errors import RetryLater
from tests.integrations.bitrix24.app.world import AppWorld
from tests.support.sandbox import PortalInProcess

DEAL, CONTACT, COMPANY = 2, 3, 4
EVERYTHING = (
    "customers", "companies", "orders", "sections", "products", "variants", "prices", "stock",
)  # fmt: skip
GOODS, OFFERS = 23, 24
README = Path(__file__).parents[4] / "layers/code/integrations/bitrix24/README.md"

Rest = PortalInProcess
Change = Callable[[Rest], Any]


@dataclass(frozen=True)
class Case:
    """One thing on the portal.

    Attributes:
        make: makes it and what it hangs on. Returns the key that must be asked for, and what
            changes it, and nothing else.
    """

    make: Callable[[AppWorld, Rest], tuple[str, Change]]


def crm(entity: int) -> Case:
    def make(world: AppWorld, _: Rest) -> tuple[str, Change]:
        (id_,) = world.there.seed(entity, [{"title": "a", "name": "a"}])
        field = "name" if entity == CONTACT else "title"
        params = {"entityTypeId": entity, "id": id_, "fields": {field: "b"}}
        return str(id_), lambda rest: rest.result("crm.item.update", params)

    return Case(make)


def deal_row(world: AppWorld, rest: Rest) -> tuple[str, Change]:
    (deal,) = world.there.seed(DEAL, [{"title": "a"}])
    row = rest.result(
        "crm.item.productrow.add",
        {"fields": {"ownerType": "D", "ownerId": deal, "productName": "Lamp", "price": 10}},
    )["productRow"]["id"]
    change = {"id": row, "fields": {"quantity": 7}}
    return str(deal), lambda rest: rest.result("crm.item.productrow.update", change)


def requisite(world: AppWorld, rest: Rest) -> tuple[str, Change]:
    (company,) = world.there.seed(COMPANY, [{"title": "a"}])
    fields = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": company, "PRESET_ID": 1, "NAME": "a"}
    id_ = rest.result("crm.requisite.add", {"fields": fields})
    change = {"id": id_, "fields": {"NAME": "b"}}
    return str(company), lambda rest: rest.result("crm.requisite.update", change)


def an_order(rest: Rest) -> int:
    fields = {"lid": "s1", "personTypeId": 3, "currency": "RUB"}
    return int(rest.result("sale.order.add", {"fields": fields})["order"]["id"])


def order(_: AppWorld, rest: Rest) -> tuple[str, Change]:
    id_ = an_order(rest)
    change = {"id": id_, "fields": {"comments": "b"}}
    return str(id_), lambda rest: rest.result("sale.order.update", change)


def part(name: str, result: str, **fields: Any) -> Case:
    def make(_: AppWorld, rest: Rest) -> tuple[str, Change]:
        order_id = an_order(rest)
        given = {"orderId": order_id, **fields}
        made = rest.result(f"sale.{name}.add", {"fields": given})[result]
        changed = {**given, "comments": "b", "quantity": 3, "payed": "Y"}
        change = {"id": made["id"], "fields": changed}
        return str(order_id), lambda rest: rest.result(f"sale.{name}.update", change)

    return Case(make)


def property_value(_: AppWorld, rest: Rest) -> tuple[str, Change]:
    order_id = an_order(rest)
    params = {"filter": {"personTypeId": 3}}
    (first, *_) = rest.result("sale.property.list", params)["properties"]
    values = [{"orderPropsId": first["id"], "value": "b"}]
    change = {"fields": {"order": {"id": order_id, "propertyValues": values}}}
    return str(order_id), lambda rest: rest.result("sale.propertyvalue.modify", change)


def good(iblock: int, method: str) -> Case:
    def make(_: AppWorld, rest: Rest) -> tuple[str, Change]:
        fields = {"iblockId": iblock, "name": "Lamp"}
        made = next(iter(rest.result(f"{method}.add", {"fields": fields}).values()))
        change = {"id": made["id"], "fields": {**fields, "name": "Lamp 2"}}
        return str(made["id"]), lambda rest: rest.result(f"{method}.update", change)

    return Case(make)


def section(_: AppWorld, rest: Rest) -> tuple[str, Change]:
    fields = {"iblockId": GOODS, "name": "Lamps"}
    made = rest.result("catalog.section.add", {"fields": fields})["section"]
    change = {"id": made["id"], "fields": {"name": "Lights"}}
    return str(made["id"]), lambda rest: rest.result("catalog.section.update", change)


def price(_: AppWorld, rest: Rest) -> tuple[str, Change]:
    good_fields = {"iblockId": GOODS, "name": "Lamp"}
    made = rest.result("catalog.product.add", {"fields": good_fields})["element"]
    fields = {"productId": made["id"], "catalogGroupId": 1, "price": 10, "currency": "RUB"}
    id_ = rest.result("catalog.price.add", {"fields": fields})["price"]["id"]
    change = {"id": id_, "fields": {"price": 11, "currency": "RUB"}}
    return str(id_), lambda rest: rest.result("catalog.price.update", change)


def stock(_: AppWorld, rest: Rest) -> tuple[str, Change]:
    fields = {"iblockId": GOODS, "name": "Lamp", "quantity": 1}
    made = rest.result("catalog.product.add", {"fields": fields})["element"]
    change = {"id": made["id"], "fields": {**fields, "quantity": 2}}
    return f"{made['id']}@1", lambda rest: rest.result("catalog.product.update", change)


CASES: dict[str, Case] = {
    "deal": crm(DEAL),
    "product row of a deal": Case(deal_row),
    "contact": crm(CONTACT),
    "company": crm(COMPANY),
    "requisite, address, bank account": Case(requisite),
    "order": Case(order),
    "payment": part("payment", "payment", paySystemId=6, sum=10),
    "shipment": part("shipment", "shipment", deliveryId=1, allowDelivery="N", deducted="N"),
    "property value": Case(property_value),
    "basket line": part("basketitem", "basketItem", productId=5, quantity=1, currency="RUB"),
    "product": good(GOODS, "catalog.product"),
    "offer": good(OFFERS, "catalog.product.offer"),
    "section": Case(section),
    "price": Case(price),
    "stock": Case(stock),
}


def test_every_line_of_the_table_has_a_case() -> None:
    assert {line.what for line in TABLE} == set(CASES)


def test_the_readme_shows_the_table_as_it_is() -> None:
    shown = README.read_text(encoding="utf-8")
    for line in TABLE:
        mark = f"`{line.watermark}`" if line.watermark else "none"
        row = f"| {line.what} | {mark} | {line.events} | {line.fallback} |"
        assert f"{row} {line.misses or 'nothing'} |" in shown


OF_STORE = ("order", "payment", "shipment", "property value", "basket line")
"""Lines of a portal on which an order is one of the online store."""


def a_world(order_as: str = "deal") -> AppWorld:
    catalog = CatalogConfig(stores=("Main",), price_types=("BASE",))
    portal_is = {"catalog": catalog}
    made = AppWorld(used=EVERYTHING, more={"order_as": order_as}, portal_is=portal_is).installed()
    made.asked()
    return made


@pytest.fixture
def world() -> AppWorld:
    return a_world()


@pytest.fixture
def world_of_line(line: Seen) -> AppWorld:
    return a_world("order" if line.what in OF_STORE else "deal")


def both_passes(world: AppWorld) -> list[str]:
    """The quarter of an hour goes by, then the day."""
    for _ in range(2):
        world.clock.advance(900)
        world.run("sweep", "changed")
    world.run("sweep", "recent")
    return world.asked()


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.what)
def test_a_change_of_the_part_alone_is_found_as_the_table_says(
    line: Seen, world_of_line: AppWorld
) -> None:
    world = world_of_line
    # GIVEN it has been there for a while, and every change so far is known
    rest = PortalInProcess(world.there)
    key, change = CASES[line.what].make(world, rest)
    world.run("sweep", "changed")
    world.clock.advance(3_600)
    world.run("sweep", "changed")
    world.asked()
    # WHEN it changes, and the event is lost
    change(rest)
    world.there.offline.entries.clear()
    # THEN
    found = f"{line.resource}/{key}" in both_passes(world)
    assert found is not line.fallback.startswith("none")


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.what)
def test_what_hangs_on_something_old_is_found_or_the_table_says_that_it_is_not(
    line: Seen, world_of_line: AppWorld
) -> None:
    world = world_of_line
    # GIVEN what it hangs on was not changed for longer than the daily pass looks back
    rest = PortalInProcess(world.there)
    key, change = CASES[line.what].make(world, rest)
    world.run("sweep", "changed")
    world.clock.advance(RECENT_DAYS.total_seconds() + 3_600)
    world.run("sweep", "changed")
    world.asked()
    # WHEN
    change(rest)
    world.there.offline.entries.clear()
    # THEN
    if f"{line.resource}/{key}" not in both_passes(world):
        assert line.misses not in ("", "deletion")


def test_a_quiet_portal_is_not_read_again_and_again(world: AppWorld) -> None:
    # GIVEN a deal that was changed once
    world.run("sweep", "changed")
    rest = PortalInProcess(world.there)
    rest.add(DEAL, title="a")
    world.clock.advance(900)
    world.run("sweep", "changed")
    assert world.asked() == ["orders/1"]
    # WHEN nothing happens for hours
    for _ in range(12):
        world.clock.advance(900)
        world.run("sweep", "changed")
    # THEN
    assert world.asked() == []


def test_a_second_change_within_the_overlap_is_seen(world: AppWorld) -> None:
    # GIVEN
    world.run("sweep", "changed")
    rest = PortalInProcess(world.there)
    rest.add(DEAL, title="a")
    world.clock.advance(5)
    world.run("sweep", "changed")
    world.asked()
    # WHEN
    world.there.edit(DEAL, 1, {"title": "b"})
    world.clock.advance(1)
    world.run("sweep", "changed")
    # THEN
    assert world.asked() == ["orders/1"]


def test_a_pass_that_was_cut_off_goes_on_where_it_was(world: AppWorld) -> None:
    # GIVEN more deals than one request brings
    world.run("sweep", "changed")
    world.clock.advance(600)
    world.there.seed(DEAL, [{"title": f"{number}"} for number in range(2_600)])
    world.there.faults.add(
        Fault("crm.item.list", FaultKind.STATUS, status=500, times=None, after=60)
    )
    # WHEN the portal fails in the middle
    with pytest.raises(RetryLater):
        world.run("sweep", "changed")
    world.there.faults.clear()
    first = world.asked()
    world.run("sweep", "changed")
    # THEN every deal was asked for
    assert len(set(first) | set(world.asked())) == 2_600


@pytest.mark.parametrize("key", ["changed", "recent"])
def test_a_pass_that_runs_out_of_time_asks_for_the_rest_and_goes_on_there(
    key: str, world: AppWorld
) -> None:
    # GIVEN more deals than one request brings, and time for one request
    world.run("sweep", "changed")
    world.clock.advance(600)
    world.there.seed(DEAL, [{"title": f"{number}"} for number in range(2_600)])
    world.wire.sent.clear()
    listed = ("batch", "crm.item.list")
    world.left = lambda: RESERVE_SECONDS - any(one in world.wire.sent for one in listed)
    # WHEN
    world.run("sweep", key)
    first = world.asked()
    # THEN it has asked for itself beside the first deals
    assert (len(first), first[-1]) == (2_501, f"sweep/{key}")
    # WHEN that is done, with time enough
    world.left = lambda: 900.0
    world.run("sweep", key)
    rest = world.asked()
    # THEN the others were asked for, and none of the first again
    assert len(rest) == 100
    assert len({*first, *rest}) == 2_601


@pytest.mark.parametrize("order_as", ["deal", "order", "order+deal"])
def test_orders_are_walked_as_what_the_settings_say_that_they_are(order_as: str) -> None:
    # GIVEN a portal with deals and orders
    world = a_world(order_as)
    rest = PortalInProcess(world.there)
    world.run("sweep", "changed")
    world.clock.advance(900)
    rest.add(DEAL, title="a")
    rest.add(DEAL, title="b")
    an_order(rest)
    # WHEN
    world.run("sweep", "changed")
    # THEN
    assert world.asked() == (["orders/1", "orders/2"] if order_as == "deal" else ["orders/1"])


def test_only_what_links_use_is_walked() -> None:
    # GIVEN
    world = AppWorld(used=("customers",)).installed()
    world.wire.sent.clear()
    # WHEN
    world.run("sweep", "changed")
    # THEN
    assert world.wire.sent == ["crm.item.list"]
