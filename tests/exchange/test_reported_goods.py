"""Reported failures of other exchanges with goods; ours from 1C's bytes to the portal's state.

The numbers are those of the list of reported failures in the facts on the exchange protocol.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.paper import Node, Style
from local.sandbox.onec.program import Habits
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.imports import State
from tests.exchange.files import (
    GOODS,
    KETTLE,
    MAIN,
    NORTH,
    RETAIL,
    catalogue,
    characteristic,
    good,
    guid,
    offer,
    offers,
    package,
    place,
    price,
)
from tests.exchange.town import Town

pytestmark = pytest.mark.loopback

# ── 5 to 8: what arrives, and how often ─────────────────────────────────────────────────────────


def test_05_goods_of_an_archive_in_fragments_reach_the_portal(creating: Town) -> None:
    # GIVEN a site that takes small fragments of archives
    town = creating
    town.ruled(replace(town.site.rules, file_limit=1_024))
    shop = Catalogue(8, pictures=0, groups=4, properties=1, least_stock=0)
    # WHEN 1C sends its portions as archives with temporary names
    exported = town.onec(Habits(portion=4, retries=0)).export(shop)
    # THEN every good is there with its price
    assert exported.whole, exported.failures
    town.settle()
    goods = town.goods()
    assert {shop.key("good", number) for number in range(8)} <= set(goods)
    keys = [key for number in range(8) for key in shop.offer_keys(number)]
    assert len(town.rows("prices")) == 2 * len(keys)


def test_08_the_same_catalogue_in_any_dress_is_no_second_one(creating: Town) -> None:
    # GIVEN a catalogue that was imported
    town = creating
    shop = Catalogue(9, pictures=0, groups=4, properties=2, least_stock=0)
    styles = [
        Style(),
        Style(version="2.05", encoding="windows-1251", mark=False),
        Style(version="2.10", formed_at="2026-11-25T10:00:00"),
        Style(version="3.1", shuffle=7),
        Style(version="2.03", shuffle=11, encoding="windows-1251", mark=False),
        Style(version="2.08", mark=False, shuffle=3),
    ]
    program = town.onec(Habits(portion=4, retries=0))
    assert program.export(shop, styles[0]).whole
    town.settle()
    before, goods = town.writes(), town.goods()
    # WHEN it comes five times more: cut elsewhere, permuted, in other encodings and namespaces
    for number, style in enumerate(styles[1:], 2):
        other = town.onec(Habits(portion=number, retries=0, zips=bool(number % 2)))
        assert other.export(shop, style).whole
        town.settle()
    # THEN nothing is doubled, and nothing was even written
    assert set(town.goods()) == set(goods)
    assert town.writes() == before


# ── 9: what comes before what it is about ───────────────────────────────────────────────────────


def test_09_offers_and_prices_before_their_goods_wait_for_them(town: Town) -> None:
    # GIVEN an offers file that comes first
    exported = town.push(offers(offer(guid(1), place(MAIN, "3"), prices=[price(RETAIL, "100.50")])))
    # THEN 1C reads that the import is over and that something waits, and no good without a name is
    # made
    assert exported.whole, exported.failures
    assert "ждут связанных данных" in town.last_words()
    assert guid(1) not in town.goods()
    # WHEN the goods come
    assert town.push(GOODS).whole
    town.settle()
    # THEN price and stock are there
    assert town.price(guid(1)) == 100.5
    assert town.stock(guid(1)) == 3


def test_09_a_price_of_an_unknown_type_waits_and_is_reported(town: Town) -> None:
    # GIVEN a price whose type nobody has told of
    unknown = "99999999-0000-4000-8000-000000000009"
    assert town.push(GOODS).whole
    body = package(offer(guid(1), prices=[price(RETAIL, "10"), price(unknown, "5")]))
    # WHEN it comes with one that is known
    exported = town.push(("prices___1.xml", body))
    # THEN the known one is applied, 1C reads that something waits, and a person which type it is
    assert exported.whole, exported.failures
    assert town.price(guid(1)) == 10
    assert "ждут связанных данных 1" in town.last_words()
    assert unknown in town.waiting_for("prices")
    # WHEN a person gives the type's code to one of the portal
    town.portal.catalog.price_types.rows[2]["xmlId"] = unknown
    town.settle()
    # THEN the price that waited is applied
    assert town.price(guid(1), unknown) == 5


# ── 10 to 12: variants and stock ────────────────────────────────────────────────────────────────


def test_10_no_variant_is_lost(town: Town) -> None:
    # GIVEN four offers of one good: two characteristics, one name with different values
    values = [
        {"Цвет": "Красный", "Размер": "42"},
        {"Цвет": "Красный", "Размер": "43"},
        {"Цвет": "Синий", "Размер": "42"},
        {"Цвет": "Синий"},
    ]
    found = [
        offer(f"{guid(1)}#{characteristic(number)}", name="Чайник", values=value,
              prices=[price(RETAIL, str(number + 1))])
        for number, value in enumerate(values)
    ]  # fmt: skip
    # WHEN they come
    assert town.push(GOODS, offers(*found)).whole
    town.settle()
    # THEN all four are there, each with its own price, all of one good
    goods = town.goods()
    keys = [f"{guid(1)}#{characteristic(number)}" for number in range(4)]
    assert [town.price(key) for key in keys] == [1, 2, 3, 4]
    assert {goods[key]["parentId"]["value"] for key in keys} == {str(goods[guid(1)]["id"])}
    # AND the report says so
    assert "характеристики: записей 4: создано 4" in town.report()


def test_10_goods_that_come_before_their_characteristics_are_made_once(town: Town) -> None:
    # GIVEN a first export: goods in one session, as UT11 sends them
    stool = good(guid(2), "Стул")
    assert town.push(("import0_1.xml", catalogue(KETTLE, stool, only_changes=True))).whole
    # THEN 1C reads that the new ones wait, and for what; a simple one is not made
    assert "ждут связанных данных 2. Новые товары ждут предложений" in town.last_words()
    assert not town.rows("goods")
    # WHEN the offers come in the next one: the kettle is sold in two colours
    keys = [f"{guid(1)}#{characteristic(number)}" for number in (1, 2)]
    found = [
        offer(key, place(MAIN, "3"), name="Чайник", values={"Цвет": key[-1]},
              prices=[price(RETAIL, "10")])
        for key in keys
    ]  # fmt: skip
    assert town.push(offers(*found, offer(guid(2), prices=[price(RETAIL, "7")])), ends=True).whole
    town.settle()
    # THEN there is one kettle with its two variations, and no other one that is switched off
    goods = town.goods()
    assert set(goods) == {guid(1), guid(2), *keys}
    assert len(town.rows("goods")) == 4
    assert all(row["active"] == "Y" for row in town.rows("goods"))
    assert {goods[key]["parentId"]["value"] for key in keys} == {str(goods[guid(1)]["id"])}
    assert [town.price(key) for key in (*keys, guid(2))] == [10, 10, 7]
    assert [town.stock(key) for key in keys] == [3, 3]


def test_10_goods_without_offers_are_made_at_the_end_of_the_exchange(town: Town) -> None:
    # GIVEN a new good, and an exchange without offers
    program = town.onec(Habits(zips=False, retries=0, ends=False))
    sent = Sendable.of_bytes("import0_1.xml", catalogue(KETTLE, only_changes=True))
    assert program.send([[sent]]).whole
    assert not town.rows("goods")
    # WHEN 1C says that it was all
    client = program.client()
    client.check_auth()
    client.complete()
    town.settle(3)
    # THEN it is there, and the report says so
    assert set(town.goods()) == {guid(1)}
    assert "новые товары: записей 1: создано 1." in town.report()


def test_11_stock_is_the_sum_over_warehouses_and_each_variant_has_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # GIVEN a portal with warehouses, and two variants in two warehouses each
    red, blue = (f"{guid(1)}#{characteristic(number)}" for number in (1, 2))
    with Town(monkeypatch) as town:
        found = [
            offer(red, place(MAIN, "3"), place(NORTH, "4"), name="Красный"),
            offer(blue, place(MAIN, "5"), place(NORTH, "0"), name="Синий"),
        ]
        assert town.push(GOODS, offers(*found)).whole
        town.settle()
        # THEN each warehouse holds what 1C says, and a variant's quantity is their sum
        assert (town.stock(red), town.stock(red, NORTH)) == (3, 4)
        assert (town.stock(blue), town.stock(blue, NORTH)) == (5, 0)
        goods = town.goods()
        assert (goods[red]["quantity"], goods[blue]["quantity"]) == (7, 5)
        # AND the report says so
        assert "остатки: записей 4: создано 4" in town.report()


def test_12_stock_in_a_spelling_that_nobody_knows_is_named_not_dropped(town: Town) -> None:
    # GIVEN stock in an element that nobody has seen yet
    odd = Node("ОстаткиПоСкладам", (Node("Остаток", "7", {"Склад": MAIN}),))
    # WHEN it comes
    exported = town.push(GOODS, offers(offer(guid(1), odd)))
    # THEN the report says what was not used, and how often
    assert exported.whole, exported.failures
    assert "Предложение/ОстаткиПоСкладам (1)" in town.report()


# ── 13 to 16: files as they are ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "style",
    [Style(version="2.03"), Style(version="2.07"), Style(version="2.08"), Style(version="3.1"),
     Style(version="2.10", namespace="urn:1C.ru:commerceml_99")],
    ids=lambda style: style.xmlns() or "none",
)  # fmt: skip
def test_13_goods_of_any_namespace_arrive(town: Town, style: Style) -> None:
    # WHEN a file of this namespace comes
    assert town.push(("import0_1.xml", catalogue(KETTLE, good(guid(2)), style=style))).whole
    town.settle()
    # THEN its goods are there: success with no goods would be the bug
    assert {guid(1), guid(2)} <= set(town.goods())
    # AND the report says so
    assert "новые товары: записей 2: создано 2" in town.report()


@pytest.mark.parametrize(
    "content",
    [
        catalogue(KETTLE, groups=None),
        catalogue(KETTLE, classifier=False),
        catalogue(KETTLE, groups=()),
    ],
    ids=["no groups", "no classifier", "empty groups"],
)
def test_14_a_file_without_any_of_the_optional_parts_is_imported(
    town: Town, content: bytes
) -> None:
    assert town.push(("import0_1.xml", content)).whole
    town.settle()
    assert guid(1) in town.goods()
    # AND the report says so
    assert "новые товары: записей 1: создано 1" in town.report()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"/var/import0_1.xml", "XML"),
        (b"   \r\n", ""),
        (catalogue(KETTLE)[:-40], ""),
        (b"<!doctype html><html><body>404</body></html>", ""),
        (b"<html><body>404</body></html>", "CommerceML"),
        (catalogue(KETTLE) + catalogue(KETTLE), ""),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
    ],
    ids=["a path", "blank", "truncated", "html5", "html", "two roots", "a doctype"],
)
def test_15_what_is_no_file_of_1c_is_refused_in_words_and_changes_nothing(
    town: Town, content: bytes, words: str
) -> None:
    # WHEN something else comes under the name of a file
    exported = town.push(("import0_1.xml", content))
    # THEN 1C reads failure with a sentence, and the portal is as it was
    assert not exported.whole
    assert "import0_1.xml не обработан" in exported.failures[0]
    assert words in exported.failures[0]
    town.settle(3)
    assert not town.rows("goods")
    (row,) = town.imports()
    assert row.state is State.FAILED
    assert row.errors


def test_16_two_values_of_one_text_are_two(town: Town) -> None:
    # GIVEN a list with the same text twice, under two keys
    colours = Node(
        "Свойство",
        (
            Node("Ид", guid(50)),
            Node("Наименование", "Цвет"),
            Node("ТипЗначений", "Справочник"),
            Node(
                "ВариантыЗначений",
                tuple(
                    Node("Справочник", (Node("ИдЗначения", guid(key)), Node("Значение", text)))
                    for key, text in ((61, "Красный"), (62, "Красный"), (63, "КРАСНЫЙ"))
                ),
            ),
        ),
    )
    chosen = Node(
        "ЗначенияСвойств",
        (Node("ЗначенияСвойства", (Node("Ид", guid(50)), Node("Значение", guid(62)))),),
    )
    # WHEN a good has the second of them
    content = catalogue(good(guid(1), "Чайник", chosen), properties=[colours])
    assert town.push(("import0_1.xml", content)).whole
    town.settle()
    # THEN nothing crashed, the list holds all three, and the good has the one that 1C said
    values = {row["xmlId"]: row for row in town.rows("enums")}
    assert {guid(61), guid(62), guid(63)} <= set(values)
    (definition,) = [row for row in town.rows("properties") if row["name"] == "Цвет"]
    held = town.goods()[guid(1)][f"property{definition['id']}"]
    assert str(values[guid(62)]["id"]) in str(held)
    # AND the report says so
    assert "свойства: записей 1: создано 1" in town.report()
