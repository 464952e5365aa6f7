"""1,000 goods and 200 orders, both ways, over each transport."""

from __future__ import annotations

from decimal import Decimal

import pytest

from local.sandbox.onec.catalogue import Catalogue
from mostik.commerce.order import Order, OrderStatus
from mostik.integration import Misfit
from tests.integrations.bitrix_site.world import (
    ELSEWHERE,
    WAYS,
    a_level,
    a_price,
    an_order,
    buy,
    goods,
    just_create,
    on,
    on_loopback,
    one_c,
    order_rows,
    read_all,
    write_all,
)

GOODS, ORDERS = 1_000, 200


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_takes_a_thousand_goods_and_gives_them_back(way: str) -> None:
    # GIVEN an empty site
    ours = on(way)
    sent = goods(GOODS)
    # WHEN a thousand goods are written
    write_all(ours.resource("products"), sent)
    # THEN the site has each of them once, by 1C's own key
    held = {row["xmlId"]: row for row in ours.there.catalog.goods}
    assert len(ours.there.catalog.goods) == len(held) == GOODS
    assert {key: row["name"] for key, row in held.items()} == {one.key: one.name for one in sent}
    # AND WHEN they are listed THEN each is there, and says what was sent
    listed = {one.external_ids[ELSEWHERE]: one for one in read_all(ours.resource("products"))}
    of = ours.resource("products").holds - {"unit"}  # REST calls units by ids of its own
    assert set(listed) == {one.key for one in sent}
    assert not [one.key for one in sent if one.differs_from(listed[one.key], of)]


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_is_written_a_second_time_without_a_second_good(way: str) -> None:
    # GIVEN goods that were written
    ours = on(way)
    write_all(ours.resource("products"), goods(120))
    # WHEN all are written again, one of them under another name
    again = goods(120)
    again[7] = again[7].model_copy(update={"name": "Кофемолка"})
    write_all(ours.resource("products"), again)
    # THEN there are no more of them, and that one has its new name
    rows = {row["xmlId"]: row["name"] for row in ours.there.catalog.goods}
    assert len(ours.there.catalog.goods) == 120
    assert rows["good-0007"] == "Кофемолка"


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_gives_two_hundred_orders(way: str) -> None:
    # GIVEN a shop with 200 orders, every second one paid
    ours = on(way)
    for number in range(ORDERS):
        buy(ours, f"заказ {number}", paid=number % 2 == 0)
    # WHEN they are listed
    listed = read_all(ours.resource("orders"))
    # THEN each is there, to the kopeck, and as paid as it is
    assert len(listed) == ORDERS
    assert {one.comment for one in listed} == {f"заказ {number}" for number in range(ORDERS)}
    assert {one.total.amount for one in listed} == {Decimal(500)}
    assert sum(bool(one.flags.paid) for one in listed) == ORDERS // 2
    assert {one.lines[0].name for one in listed} == {"Чайник"}
    # AND one that is asked for by its key is the same
    one = listed[17]
    assert ours.resource("orders").read(one.key).fingerprint() == one.fingerprint()


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_takes_two_hundred_orders(way: str) -> None:
    # GIVEN a site without orders
    ours = on(way)
    sent = [an_order(f"{number}") for number in range(ORDERS)]
    # WHEN 200 orders are written, and then once more
    for _ in range(2):
        write_all(ours.resource("orders"), sent)
    # THEN the site has each of them once, with its lines, to the kopeck
    rows = order_rows(ours)
    assert len(rows) == ORDERS
    assert {row["userDescription"] for row in rows} == {one.comment for one in sent}
    assert {row["price"] for row in rows} == {649.9}
    assert len(ours.there.trade.store.baskets) == 2 * ORDERS
    # AND they are found by the keys that they have elsewhere
    found = ours.resource("orders").find_many(ELSEWHERE, [one.key for one in sent])
    assert len(found) == ORDERS


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_orders_go_back_with_what_1c_has_decided(way: str) -> None:
    # GIVEN an order of the shop that was carried elsewhere
    ours = on(way)
    key = buy(ours, "срочно")
    there = ours.resource("orders").read(key)
    # WHEN it comes back: shipped, and paid
    payments = tuple(one.model_copy(update={"paid": True}) for one in there.payments)
    shipments = tuple(one.model_copy(update={"shipped": True}) for one in there.shipments)
    record = an_order("1").model_copy(
        update={
            "status": OrderStatus.SHIPPED,
            "lines": there.lines,
            "total": there.total,
            "delivery": there.delivery,
            "comment": there.comment,
            "payments": payments,
            "shipments": shipments,
        }
    )
    ours.resource("orders").update(key, record, ELSEWHERE, just_create)
    # THEN the site says so, and nothing else of the order has changed
    [row] = order_rows(ours)
    assert (row["statusId"], row["payed"], row["deducted"]) == ("S", "Y", "Y")
    assert (row["price"], row["userDescription"]) == (500, "срочно")
    assert len(ours.there.trade.store.baskets) == 1


def test_bitrix_site_tells_an_order_again_that_could_not_be_read() -> None:
    # GIVEN two orders, one of them in a status that stands for nothing yet
    ours = on("exchange")
    known, strange = buy(ours, "Known"), buy(ours, "Strange")
    ours.there.trade.store.statuses.append({"id": "Z", "type": "O"})
    ours.there.run("sale.order.update", id=int(strange), fields={"statusId": "Z"})
    # WHEN the orders are looked for between two runs
    ours.resource("orders").pull()
    # THEN the site was not told that it has given all of them
    assert not ours.there.exchange.said_success
    # AND WHEN a run lists them THEN that one is named, and the other one is there
    found = {one.key: one for one in read_all(ours.resource("orders"))}
    assert isinstance(found[known], Order)
    assert isinstance(found[strange], Misfit)
    # AND WHEN a person says what the status means THEN it comes by itself, and all is confirmed
    ours.set = ours.set.model_copy(update={"more_statuses": {"Z": OrderStatus.NEW}})
    found = {one.key: one for one in read_all(ours.resource("orders"))}
    assert isinstance(found[strange], Order)
    assert ours.there.exchange.said_success


@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_prices_and_stock_follow_their_goods(way: str) -> None:
    # GIVEN a site with goods, a price type and what 1C calls them
    ours = on(way)
    write_all(ours.resource("products"), goods(60))
    ours.there.catalog.price_types.rows[1]["xmlId"] = "retail"
    sent = [a_price(f"good-{number:04}", f"{100 + number}.50") for number in range(60)]
    # WHEN prices are written, twice
    for _ in range(2):
        write_all(ours.resource("prices"), sent)
    # THEN each good has its price once
    ids = {row["id"]: row["xmlId"] for row in ours.there.catalog.goods}
    held = {ids[row["productId"]]: row["price"] for row in ours.there.catalog.prices}
    assert len(ours.there.catalog.prices) == 60
    assert held == {f"good-{number:04}": 100.5 + number for number in range(60)}


def test_bitrix_site_exchange_keeps_the_prices_that_are_not_spoken_of() -> None:
    # GIVEN a good with two prices; the site deletes those that a file leaves out
    ours = on("exchange")
    write_all(ours.resource("products"), goods(1))
    write_all(
        ours.resource("prices"), [a_price("good-0000", "100"), a_price("good-0000", "90", "w")]
    )
    # WHEN one of them changes
    write_all(ours.resource("prices"), [a_price("good-0000", "110")])
    # THEN the other is still there
    assert sorted(row["price"] for row in ours.there.catalog.prices) == [90, 110]


def test_bitrix_site_exchange_carries_stock_by_warehouse() -> None:
    # GIVEN a good
    ours = on("exchange")
    write_all(ours.resource("products"), goods(1))
    # WHEN two warehouses are told of, and then one of them again
    north, south = a_level("good-0000", "3", "north"), a_level("good-0000", "2.5", "south")
    write_all(ours.resource("stock"), [north, south])
    write_all(ours.resource("stock"), [a_level("good-0000", "-1", "north")])
    # THEN the site has both figures, and their sum is what can be sold
    names = {row["id"]: row["xmlId"] for row in ours.there.catalog.stores}
    held = {names[row["storeId"]]: row["amount"] for row in ours.there.catalog.stock}
    assert {name: held[name] for name in ("north", "south")} == {"north": -1, "south": 2.5}
    assert next(iter(ours.there.catalog.goods))["quantity"] == 1.5


def test_bitrix_site_exchange_reads_what_a_real_1c_has_filled() -> None:
    # GIVEN a site whose goods came from a real 1C, with groups, properties and offers
    ours = on("exchange")
    assert one_c(ours).export(Catalogue(products=200, pictures=0)).whole
    # WHEN everything is read by the site's own export
    found = {
        name: read_all(ours.resource(name))
        for name in ("sections", "properties", "products", "variants", "prices", "stock")
    }
    # THEN nothing of it is missing
    catalog = ours.there.catalog
    offers = [row for row in catalog.goods if row["type"] in (4, 5)]
    assert len(found["products"]) == len(catalog.goods) - len(offers) == 200
    assert len(found["variants"]) == len(offers) > 0
    assert len(found["sections"]) == len(catalog.sections)
    assert len(found["prices"]) == len(catalog.prices)
    assert all(found[name] for name in ("properties", "stock"))


@pytest.mark.loopback
@pytest.mark.parametrize("way", WAYS)
def test_bitrix_site_works_over_real_sockets(way: str) -> None:
    # GIVEN a site that listens
    with on_loopback(way) as ours:
        buy(ours, "Ёлка № 1 — «подарок»", paid=True)
        # WHEN goods and an order go there, and orders come
        write_all(ours.resource("products"), goods(60))
        write_all(ours.resource("orders"), [an_order("5")])
        listed = read_all(ours.resource("orders"))
        # THEN all is as it is over the short wire
        assert len(ours.there.catalog.goods) == 60
        assert "Ёлка № 1 — «подарок»" in {one.comment for one in listed}
        assert len(order_rows(ours)) == 2
        assert ours.missing() == ""
