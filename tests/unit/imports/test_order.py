"""Files come in any order, late, twice and at once; nothing is lost and the newest word stays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mostik.commerce.catalog import ProductType
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.client_reply import SiteRefuses
from mostik.commerceml.imports import State
from tests.support.onec_world import Stack
from tests.unit.imports.files import catalogue, file, good, offer, offered, package, xml


def test_offers_before_their_goods_wait_and_come_over_then() -> None:
    # GIVEN prices, stock and variants of goods that have not come
    stack = Stack()
    program = stack.program()
    program.push(
        [file("offers0_1.xml", package(offer("a#1", "10", "3", what="S"), offer("b", "7")))]
    )
    row = stack.row("offers0_1.xml")
    # THEN 1C is not told of a failure: they wait
    assert row.state is State.PARTIAL
    assert any("Ждут данных" in text for text in row.errors), row.errors
    assert stack.shop.records["prices"] == {}
    # WHEN the goods come
    program.push([file("import0_1.xml", catalogue(good("a"), good("b")))])
    for _ in range(10):
        stack.minute()
    # THEN all of it is there, and nothing waits any more
    assert stack.shop.one("variants", "a#1").parent.key == stack.shop.one("products", "a").key
    assert stack.shop.one("prices", "a#1/retail").amount == Decimal(10)
    assert stack.shop.one("prices", "b/retail").amount == Decimal(7)
    assert stack.shop.one("stock", "a#1").on_hand == Decimal(3)
    assert stack.parked("prices") == stack.parked("stock") == stack.parked("variants") == []


def test_a_price_of_an_unknown_type_waits_for_it_and_is_named() -> None:
    # GIVEN a price list whose type came in no file
    stack = Stack()
    program = stack.program()
    program.push([file("import0_1.xml", catalogue(good("a")))])
    program.push([file("prices0_1.xml", package(offer("a", "5", kind="vip"), types=()))])
    assert stack.parked("prices") == [("a/vip", "pending")]
    row = stack.row("prices0_1.xml")
    assert "Ещё не пришло: виды цен vip, ждут записей: 1." in row.errors
    # WHEN the type comes hours later
    stack.clock.advance(7_200)
    program.push([file("import0_2.xml", package(types=("vip",)))])
    for _ in range(3):
        stack.minute()
    # THEN the price is there
    assert stack.shop.one("prices", "a/vip").amount == Decimal(5)
    assert stack.shop.one("prices", "a/vip").currency == "RUB"


def test_a_file_whose_classifier_comes_last_says_the_same() -> None:
    # GIVEN two files that say the same, one with offers and definitions behind the goods
    classifier = (
        "<Классификатор><Ид>k</Ид><Свойства><Свойство><Ид>p</Ид><Наименование>Вес</Наименование>"
        "<ТипЗначений>Число</ТипЗначений></Свойство></Свойства></Классификатор>"
    )
    value = (
        "<ЗначенияСвойств><ЗначенияСвойства><Ид>p</Ид><Значение>5,50</Значение></ЗначенияСвойства>"
        "</ЗначенияСвойств>"
    )
    goods = catalogue(good("a", more=value), good("b"))
    offers = package(offer("a#1", "10", what="S"), offer("a#2", "11", what="M"))
    said = []
    for parts in ((classifier, goods, offers), (offers, goods, classifier)):
        stack = Stack()
        # WHEN each comes to an empty shop
        stack.program().push([file("import.xml", *parts)])
        stack.settle_down()
        said.append(stack.shop.said())
    # THEN the shops are equal, a number is a number, and what has variants is known for it at once
    assert said[0] == said[1]
    assert said[1]["products"]["a"]["type"] == ProductType.WITH_VARIANTS
    assert said[1]["products"]["b"].get("type") is None
    assert said[1]["products"]["a"]["properties"][0]["values"] == ["5.5"]
    assert stack.shop.writes["products"] == 2


def test_a_good_that_gains_characteristics_is_said_once_more() -> None:
    # GIVEN a simple good
    stack = Stack()
    program = stack.program()
    program.push([file("import0_1.xml", catalogue(good("a")), offered("a"))])
    assert stack.shop.one("products", "a").type is None
    # WHEN offers with characteristics of it come, in a session of their own
    program.push([file("offers0_1.xml", package(offer("a#1", "10", what="S")))])
    # THEN the shop is told what the good is before its variant comes
    assert stack.shop.one("products", "a").type is ProductType.WITH_VARIANTS
    assert stack.shop.one("variants", "a#1").characteristics[0].value == "S"


def test_a_good_that_gains_characteristics_is_said_once_more_by_a_file_that_is_read_twice() -> None:
    # GIVEN a simple good
    stack = Stack()
    program = stack.program()
    program.push([file("import0_1.xml", catalogue(good("a")), offered("a"))])
    # WHEN offers with characteristics of it come, and the type of their prices behind them
    offers = package(offer("a#1", "10", what="S", kind="vip"), types=())
    program.push([file("offers0_1.xml", offers, package(types=("vip",)))])
    # THEN the shop is told what the good is before its variant comes
    assert stack.shop.one("products", "a").type is ProductType.WITH_VARIANTS
    assert stack.shop.one("variants", "a#1").characteristics[0].value == "S"


def test_two_variants_of_one_name_stay_two() -> None:
    # GIVEN WHEN two offers of one good with one name and other values, one of them X#X
    stack = Stack()
    stack.program().push(
        [
            file(
                "import.xml",
                catalogue(good("x")),
                package(offer("x#x", "1", what="S"), offer("x#y", "2", what="M")),
            )
        ]
    )
    # THEN both are there, under their keys verbatim
    assert {one.external_ids["onec"] for one in stack.shop.records["variants"].values()} == {
        "x#x",
        "x#y",
    }


def test_the_newest_price_stays_whichever_file_is_carried_over_first() -> None:
    # GIVEN a price list that waits because a run of prices is held
    stack = Stack({"prices": {"change_percent": 10, "strange_percent": 1}})
    program = stack.program()
    goods = [f"g{number}" for number in range(40)]
    program.push(
        [file("a.xml", catalogue(*map(good, goods)), package(*(offer(g, "100") for g in goods)))]
    )
    program.push([file("b.xml", package(*(offer(g, "300") for g in goods)))])
    [held] = stack.held
    row = stack.row("b.xml")
    assert row.state is State.PARTIAL
    assert any("Ждёт решения" in text for text in row.errors), row.errors
    # WHEN a newer one comes and is taken back by a person, and the older one is approved
    program.push([file("c.xml", package(offer("g1", "105")))])
    assert stack.row("c.xml").state is State.PARTIAL
    stack.desk.approve(held.id)
    stack.settle_down()
    # THEN the older list has not overwritten what the newer one says
    assert stack.shop.one("prices", "g0/retail").amount == Decimal(300)
    assert stack.shop.one("prices", "g1/retail").amount == Decimal(105)
    # AND both imports have their figures
    assert stack.plan(stack.row("c.xml")).is_open is False


def test_a_paused_link_holds_an_import_and_it_follows_when_the_link_is_resumed() -> None:
    # GIVEN a link of goods that a person has paused
    stack = Stack()
    program = stack.program()
    program.push([file("a.xml", catalogue(good("old")), package(offer("old", "1", "1")))])
    stack.desk.pause_link("onec-products", by="vera")
    # WHEN 1C brings another good
    program.push([file("b.xml", catalogue(good("new")), package(offer("new", "1", "1")))])
    # THEN it is told that this waits for a person, and nothing is there
    row = stack.row("b.xml")
    assert row.state is State.PARTIAL
    assert any("vera has paused the link onec-products." in text for text in row.errors)
    assert [one.name for one in stack.shop.records["products"].values()] == ["old"]
    # AND when the link is resumed, all of it follows by itself
    stack.desk.resume_link("onec-products")
    for _ in range(5):
        stack.minute()
    assert len(stack.shop.records["products"]) == 2
    assert stack.plan(stack.row("b.xml")).is_open is False


def test_a_stock_file_overtakes_a_full_import_that_is_under_way() -> None:
    # GIVEN an import of goods whose products are held by a brake
    stack = Stack({"goods": {"creates_percent": 1}})
    names = [f"g{number}" for number in range(600)]
    program = stack.program()
    program.push([file("few.xml", catalogue(good("old")), package(offer("old", "1", "1")))])
    program.push([file("import0_1.xml", catalogue(*map(good, names)), offered(*names))])
    assert [run.link for run in stack.held] == ["onec-products"]
    # WHEN a file of stock comes
    program.push([file("rests0_1.xml", package(offer("old", quantity="5"), types=()))])
    # THEN it is carried over at once
    assert stack.row("rests0_1.xml").state is State.DONE
    assert stack.shop.one("stock", "old").on_hand == Decimal(5)


def test_two_exchanges_at_once_double_nothing() -> None:
    # GIVEN two sessions that are open side by side with the same goods
    stack = Stack()
    program = stack.program(zips=False, waits=False)
    goods = catalogue(*(good(f"g{number}") for number in range(30)))
    stack.site.while_waiting = lambda: None
    for name in ("one.xml", "two.xml"):
        client = program.client()
        client.check_auth()
        client.init()
        client.send_fragment(name, xml(goods))
        assert client.import_once(name).word.value == "progress"
    # WHEN the worker takes both imports
    stack.settle_down()
    # THEN each good is there once
    assert len(stack.shop.records["products"]) == 30
    assert stack.shop.writes["products"] == 30


def test_a_truncated_archive_is_refused_with_a_sentence_and_writes_nothing() -> None:
    # GIVEN an archive of which the end is missing
    stack = Stack()
    whole = Sendable.of_bytes("import.xml", xml(catalogue(good("a"))))
    client = stack.program().client()
    client.check_auth()
    client.init()
    client.send_fragment("v8_1.zip", b"PK\x03\x04" + whole.open().read())
    # WHEN 1C asks for its file
    with pytest.raises(SiteRefuses, match="Архив повреждён или передан не целиком"):
        list(client.import_file("import.xml"))
    # THEN
    assert stack.shop.records["products"] == {}
