"""Reported failures of other exchanges with what changes, goes or costs; ours from 1C's bytes to
the portal's state.

The numbers are those of the list of reported failures in the facts on the exchange protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.paper import Node, Style
from local.sandbox.onec.program import portions_of
from tests.exchange.files import (
    GOODS,
    KETTLE,
    MAIN,
    RETAIL,
    WHOLESALE,
    catalogue,
    good,
    group,
    guid,
    offer,
    offers,
    package,
    place,
    price,
)
from tests.exchange.town import Town

pytestmark = pytest.mark.loopback


# ── 18, 19, P3: what is switched off, and what is not ───────────────────────────────────────────


def test_18_stock_does_not_switch_a_good_on(town: Town) -> None:
    # GIVEN a good that a person has switched off on the portal
    assert town.push(GOODS, offers(offer(guid(1), place(MAIN, "3")))).whole
    town.settle()
    row = town.portal.catalog.goods.rows[town.goods()[guid(1)]["id"]]
    row["active"] = "N"
    # WHEN its stock changes
    body = package(offer(guid(1), place(MAIN, "9")), only_changes=True)
    assert town.push(("rests___1.xml", body)).whole
    town.settle()
    # THEN the stock is there, and it is still off
    assert town.stock(guid(1)) == 9
    assert town.goods()[guid(1)]["active"] == "N"
    # AND the report says so
    assert "остатки: записей 1: изменено 1" in town.report()


def test_19_a_mark_of_deletion_switches_a_good_off(town: Town) -> None:
    # GIVEN two goods
    assert town.push(("import0_1.xml", catalogue(KETTLE, good(guid(2), "Стул")))).whole
    town.settle()
    # WHEN 1C marks one of them for deletion
    marked = good(guid(2), "Стул", Node("ПометкаУдаления", "true"))
    assert town.push(("import0_1.xml", catalogue(marked, only_changes=True))).whole
    town.settle()
    # THEN it is off, or gone, and the other one is not
    goods = town.goods()
    assert guid(2) not in goods or goods[guid(2)]["active"] == "N"
    assert goods[guid(1)]["active"] == "Y"
    # AND the report says so
    assert "товаров 1, с пометкой удаления 1" in town.report()


def cut(shop: Catalogue, size: int) -> Iterator[list[tuple[str, bytes]]]:
    """Portions as names and contents."""
    for files in portions_of(shop, Style(), size):
        yield [(file.name, file.open().read()) for file in files]


def active(town: Town) -> set[str]:
    """External codes of the goods that are sold."""
    return {key for key, row in town.goods().items() if row["active"] == "Y" and "#" not in key}


def test_p3_the_first_portion_of_a_full_export_wipes_nothing(town: Town) -> None:
    # GIVEN a shop that was exported once
    shop = Catalogue(12, pictures=0, groups=2, properties=0, with_offers=0)
    keys = {shop.key("good", number) for number in range(12)}
    assert town.push_portions(list(cut(shop, 4)), ends=True).whole
    town.settle()
    assert active(town) == keys
    # WHEN the first portion of the next full export comes, which says that it is a full one, and
    # then nothing more for hours
    (first, *_) = cut(shop, 4)
    assert town.push_portions([first]).whole
    town.settle()
    # THEN the other goods are untouched
    assert active(town) == keys
    # AND the report says so
    assert "товары: записей 4: без изменений 4" in town.report()
    assert "отключено" not in town.report()


def test_19_what_a_full_export_lacks_is_switched_off_at_its_end_and_not_before(town: Town) -> None:
    # GIVEN a shop of forty goods that was exported
    shop = Catalogue(40, pictures=0, groups=2, properties=0, with_offers=0)
    assert town.push_portions(list(cut(shop, 20)), ends=True).whole
    town.settle()
    # WHEN a full export comes that lacks the last one of them
    smaller = replace(shop, products=39)
    assert town.push_portions(list(cut(smaller, 20)), ends=True).whole
    town.settle()
    # THEN that one is off, and no other
    assert active(town) == {shop.key("good", number) for number in range(39)}
    # AND the report says so
    assert "отключено 1, без изменений 39" in town.report()


def test_19_a_full_export_that_lacks_most_of_it_is_held_for_a_person(town: Town) -> None:
    # GIVEN the same shop
    shop = Catalogue(40, pictures=0, groups=2, properties=0, with_offers=0)
    assert town.push_portions(list(cut(shop, 20)), ends=True).whole
    town.settle()
    # WHEN a full export comes that holds a tenth of it
    assert town.push_portions(list(cut(replace(shop, products=4), 20)), ends=True).whole
    town.settle()
    # THEN nothing is switched off: the brake holds it
    assert len(active(town)) == 40
    # AND the report says who must decide
    assert "Остановлено предохранителем, ждёт решения администратора сервиса" in town.report()


# ── 25, 26, 28: prices and what people have made ────────────────────────────────────────────────


def test_25_several_price_types_arrive_and_groups_made_by_hand_stay(town: Town) -> None:
    # GIVEN a section that a person has made on the portal
    by_hand = town.portal.catalog.sections.add({"iblockId": 23, "name": "Новинки", "active": "Y"})
    groups = [group(guid(90), "Посуда", group(guid(91), "Чайники"))]
    kettle = good(guid(1), groups=[guid(91)])
    prices = [price(RETAIL, "100.00"), price(WHOLESALE, "80.0000")]
    # WHEN full exports come, twice, with a history that begins in 1970
    for formed_at in ("1970-01-01T00:00:00", "2026-11-24T10:00:00"):
        style = Style(formed_at=formed_at)
        content = catalogue(kettle, groups=groups, style=style)
        offered = offers(offer(guid(1), prices=prices), style=style)
        portions = [[("import0_1.xml", content)], [offered]]
        assert town.push_portions(portions, ends=True).whole
        town.settle()
    # THEN both prices are there, the groups of 1C too, and the one made by hand was left alone
    assert (town.price(guid(1)), town.price(guid(1), WHOLESALE)) == (100, 80)
    names = {row["name"]: row for row in town.rows("sections")}
    assert set(names) == {"Новинки", "Посуда", "Чайники"}
    assert names["Новинки"]["id"] == by_hand["id"]
    assert names["Чайники"]["iblockSectionId"] == names["Посуда"]["id"]
    # AND the report says so
    assert "цены: записей 2: создано 2" in town.report()


def test_26_a_price_type_that_the_portal_cannot_have_costs_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN a portal whose plan has one price type
    with Town(monkeypatch, price_types=(RETAIL,)) as town:
        prices = [price(RETAIL, "100"), price(WHOLESALE, "80")]
        # WHEN 1C sends two of them
        exported = town.push(GOODS, offers(offer(guid(1), place(MAIN, "2"), prices=prices)))
        # THEN the exchange goes on, what can be there is there, and the other one is named
        assert exported.whole, exported.failures
        town.settle()
        assert town.price(guid(1)) == 100
        assert town.stock(guid(1)) == 2
        assert "ждут связанных данных 1" in town.last_words()
        assert WHOLESALE in town.waiting_for("prices")


@pytest.mark.parametrize(
    ("written", "currency"),
    [("руб", "RUB"), ("руб.", "RUB"), ("643", "RUB"), ("грн", "UAH"), ("RUB", "RUB")],
)
def test_28_a_currency_in_cyrillic_is_understood(town: Town, written: str, currency: str) -> None:
    prices = [price(RETAIL, "100", written)]
    assert town.push(GOODS, offers(offer(guid(1), prices=prices))).whole
    town.settle()
    assert town.price(guid(1)) == 100
    assert {row["currency"] for row in town.rows("prices")} == {currency}


def test_28_a_currency_that_nobody_knows_is_named_and_not_taken_for_roubles(town: Town) -> None:
    # GIVEN two prices, one of them in a currency that does not exist
    found = [
        offer(guid(1), prices=[price(RETAIL, "100", "тугрик")]),
        offer(guid(2), prices=[price(RETAIL, "7")]),
    ]
    exported = town.push(("import0_1.xml", catalogue(KETTLE, good(guid(2)))), offers(*found))
    # THEN the good one is there, the other one is not, and the sentence names it
    assert exported.whole, exported.failures
    town.settle()
    assert town.price(guid(2)) == 7
    assert town.price(guid(1)) is None
    assert "тугрик" in town.sentences()
