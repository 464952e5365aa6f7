"""Pictures, bad records, settings: what becomes of single records of an import."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.imports import State
from mostik.errors import GiveUp, WhoActs
from mostik.sync.link import Links, Side
from tests.support.onec_world import ONEC, SHOP, Stack
from tests.unit.imports.files import catalogue, file, good, offer, offered, package

PNG = b"\x89PNG\r\n\x1a\n"


def pictured(key: str, *paths: str) -> str:
    return good(key, more="".join(f"<Картинка>{path}</Картинка>" for path in paths))


@pytest.mark.parametrize("zips", [True, False], ids=["archive", "files"])
def test_pictures_follow_their_goods_with_their_content(zips: bool) -> None:
    # GIVEN a good with two pictures, in an archive or beside the file
    stack = Stack()
    files = [
        file("import.xml", catalogue(pictured("a", "import_files/1.png", "import_files/2.png"))),
        Sendable.of_bytes("import_files/1.png", PNG + b"one"),
        Sendable.of_bytes("import_files/2.png", PNG + b"two"),
    ]
    # WHEN 1C sends it, and sends it again
    stack.program(zips=zips).push(files)
    stack.settle_down()
    stack.program(zips=zips).push(files)
    stack.settle_down()
    # THEN each picture came once, with its content, the first one as the main one
    held = stack.shop.records["pictures"].values()
    assert [(one.file.main, one.file.order) for one in held] == [(True, 0), (False, 1)]
    assert len(stack.shop.contents) == 2
    assert {one.owner.key for one in held} == {stack.shop.one("products", "a").key}


def test_a_picture_that_did_not_come_is_named_and_the_good_is_there() -> None:
    # GIVEN WHEN a good whose picture is not sent
    stack = Stack()
    stack.program().push(
        [file("import.xml", catalogue(pictured("a", "import_files/1.png")), offered("a"))]
    )
    # THEN
    row = stack.row("import.xml")
    assert row.state is State.DONE
    assert row.errors == ("Картинки названы, но не переданы: 1.",)
    assert len(stack.shop.records["products"]) == 1


def test_1c_does_not_wait_for_pictures() -> None:
    # GIVEN a shop that takes goods and keeps no picture yet
    stack = Stack()
    refusal = GiveUp("Not now.", who=WhoActs.ADMIN)
    stack.shop.refused["a/1.png"] = refusal
    # WHEN
    files = [
        file("import.xml", catalogue(pictured("a", "1.png"))),
        Sendable.of_bytes("1.png", PNG),
    ]
    stack.program().push(files)
    stack.settle_down()
    # THEN 1C was told of success, and the report has the picture
    row = stack.row("import.xml")
    assert row.state is State.DONE
    assert "Отложено с ошибкой: картинки, записей 1." in row.errors
    assert stack.parked("pictures") == [("a/1.png", "quarantined")]


def test_a_good_that_the_shop_refuses_goes_into_quarantine_and_the_others_come() -> None:
    # GIVEN a shop that refuses one good of three
    stack = Stack()
    stack.shop.refused["b"] = GiveUp("The name is too long.", who=WhoActs.EXTERNAL_ADMIN)
    # WHEN
    sent = file("import.xml", catalogue(good("a"), good("b"), good("c")), offered("a", "b", "c"))
    stack.program().push([sent])
    # THEN 1C is told of success, with a sentence
    row = stack.row("import.xml")
    assert row.state is State.PARTIAL
    assert row.counts == {"created": 2, "quarantined": 1}
    assert "Отложено с ошибкой: товары, записей 1." in row.errors
    assert "b: The name is too long." in row.errors
    assert stack.parked("products") == [("b", "quarantined")]
    # WHEN the shop takes it and the file comes again
    del stack.shop.refused["b"]
    stack.program().push([sent])
    # THEN
    assert stack.row("import.xml").state is State.DONE
    assert stack.parked("products") == []


def test_an_import_of_which_every_record_is_bad_does_not_end_the_exchange() -> None:
    # GIVEN
    stack = Stack()
    stack.shop.refused["a"] = GiveUp("No.", who=WhoActs.EXTERNAL_ADMIN)
    # WHEN THEN the one record is set aside; ``failure`` would keep 1C from sending the next file
    stack.program().push([file("import.xml", catalogue(good("a")), offered("a"))])
    assert stack.row("import.xml").state is State.PARTIAL


def test_a_record_without_a_key_is_counted_and_told() -> None:
    stack = Stack()
    nameless = "<Товар><Наименование>x</Наименование></Товар>"
    stack.program().push([file("import.xml", catalogue(nameless, good("a")))])
    row = stack.row("import.xml")
    assert any("нет Ид" in text for text in row.errors), row.errors
    assert stack.plan(row).nameless == 1


def test_links_follow_from_the_settings_and_follow_them_when_they_change() -> None:
    # GIVEN an import under settings that take goods and prices
    stack = Stack({"stock": {"enabled": False}, "orders": {"enabled": False}})
    stack.program().push([file("import.xml", catalogue(good("a")), package(offer("a", "1", "2")))])
    stack.settle_down()
    links = {link.id: link for link in Links(stack.table, stack.clock).all()}
    # THEN there are links for those, to the shop, owned by 1C; nothing of stock
    assert set(links) == {
        f"{ONEC}-{name}"
        for name in (
            "sections", "properties", "units", "products", "variants", "pictures", "price_types",
            "prices",
        )
    }  # fmt: skip
    one = links[f"{ONEC}-products"]
    assert (one.left.connection, one.right.connection) == (ONEC, SHOP)
    assert one.creates == {Side.RIGHT}
    assert one.updates == {Side.RIGHT}
    assert one.retires == {Side.RIGHT}
    assert stack.shop.records["stock"] == {}


def test_goods_that_may_not_be_created_are_left_out() -> None:
    # GIVEN a connection that updates only
    stack = Stack({"goods": {"create": False}})
    # WHEN
    stack.program().push([file("import.xml", catalogue(good("a")))])
    # THEN
    assert stack.shop.records["products"] == {}
    assert stack.row("import.xml").counts == {"skipped": 1}


def test_only_the_chosen_price_types_and_warehouses_are_taken() -> None:
    # GIVEN
    stack = Stack({"prices": {"types": ["retail"]}, "stock": {"warehouses": ["main"]}})
    rows = "".join(
        f'<Склад ИдСклада="{name}" КоличествоНаСкладе="{number}"/>'
        for name, number in (("main", 3), ("other", 4))
    )
    both = offer("a", "5").replace("</Предложение>", f"{rows}</Предложение>")
    stack.program().push(
        [
            file(
                "import.xml",
                "<Классификатор><Ид>k</Ид><Склады><Склад><Ид>main</Ид><Наименование>M</Наименование>"
                "</Склад></Склады></Классификатор>",
                catalogue(good("a")),
                package(both, offer("a", "4", kind="vip"), types=("retail", "vip")),
            )
        ]
    )
    # THEN
    assert [one.amount for one in stack.shop.records["prices"].values()] == [Decimal(5)]
    assert [one.on_hand for one in stack.shop.records["stock"].values()] == [Decimal(3)]


def test_a_free_stock_is_what_can_be_sold() -> None:
    stack = Stack({"stock": {"free": True}})
    stack.program().push([file("i.xml", catalogue(good("a")), package(offer("a", "1", "2")))])
    [row] = stack.shop.records["stock"].values()
    assert (row.on_hand, row.available) == (None, Decimal(2))


def test_a_good_of_an_old_file_with_a_characteristic_in_its_key_becomes_good_and_variant() -> None:
    # GIVEN a file of 2.04, whose goods are good#characteristic
    stack = Stack()
    what = (
        "<ХарактеристикиТовара><ХарактеристикаТовара><Наименование>Цвет</Наименование><Значение>"
        "{}</Значение></ХарактеристикаТовара></ХарактеристикиТовара>"
    )
    # WHEN
    stack.program().push(
        [
            file(
                "import.xml",
                catalogue(
                    good("a#1", "Кеды", what.format("белый")),
                    good("a#2", "Кеды", what.format("чёрный")),
                ),
            )
        ]
    )
    # THEN
    assert {one.external_ids[ONEC] for one in stack.shop.records["products"].values()} == {"a"}
    assert {one.external_ids[ONEC] for one in stack.shop.records["variants"].values()} == {
        "a#1",
        "a#2",
    }
