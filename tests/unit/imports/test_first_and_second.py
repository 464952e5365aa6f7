"""A catalogue comes once and again: what was said before costs nothing, what changed is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.sandbox.onec.catalogue import Catalogue, portions
from local.sandbox.onec.paper import Style
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.imports import State
from tests.support.onec_world import Stack

SHOP = Catalogue(60, properties=2, groups=12)


def imported(shop: Catalogue = SHOP, style: Style | None = None) -> Stack:
    """A stack into which 1C has exported a catalogue."""
    stack = Stack()
    exported = stack.program(portion=25).export(shop, style)
    assert exported.whole, exported.failures
    stack.settle_down()
    return stack


def test_a_catalogue_comes_over_whole() -> None:
    # GIVEN WHEN 1C exports 60 goods in portions, with pictures
    stack = imported()
    # THEN each import ended well, and the shop has everything once
    assert {row.state for row in stack.rows_of()} == {State.DONE}, [
        (row.file, row.state, row.errors, row.counts) for row in stack.rows_of()
    ]
    held = {name: len(records) for name, records in stack.shop.records.items()}
    assert held["products"] == 60
    assert held["variants"] == 30
    assert held["sections"] == 12
    assert held["pictures"] == 60
    assert held["prices"] == 150
    assert held["stock"] == 150
    assert len(stack.shop.contents) == 60
    assert stack.parked("products") == []


@pytest.mark.parametrize(
    ("style", "portion"),
    [
        (Style(), 25),
        (Style(), 7),
        (Style(shuffle=5), 60),
        (Style(encoding="windows-1251", mark=False), 25),
        (Style(version="3.1", formed_at="2027-01-02T03:04:05"), 25),
        (Style(version="2.05", encoding="windows-1251", mark=False, shuffle=9), 13),
    ],
    ids=["same", "other portions", "permuted", "windows-1251", "other schema", "all at once"],
)
def test_the_same_catalogue_in_other_clothes_writes_nothing(style: Style, portion: int) -> None:
    # GIVEN a catalogue that has come
    stack = imported()
    before = stack.shop.said()
    stack.writes()
    # WHEN the same goods come again
    exported = stack.program(portion=portion).export(SHOP, style)
    stack.settle_down()
    # THEN nothing is written, and 1C reads of success
    assert exported.whole, exported.failures
    assert stack.writes() == {}
    assert stack.shop.said() == before
    assert {row.state for row in stack.rows_of()} == {State.DONE}


def test_the_same_file_under_another_name_writes_nothing() -> None:
    # GIVEN
    stack = imported()
    stack.writes()
    # WHEN 1C calls its files otherwise (interval exchange)
    files = [
        Sendable.of_bytes(f"{name[:6]}___{place}.xml", b"".join(content))
        for place, (name, content) in enumerate(portions(SHOP, Style(), size=30))
    ]
    stack.program(zips=False).push(files)
    stack.settle_down()
    # THEN
    assert stack.writes() == {}


def test_of_a_changed_catalogue_only_the_changes_are_written() -> None:
    # GIVEN a catalogue of which then every twentieth good is called and priced otherwise
    stack = imported()
    stack.writes()
    changed = replace(SHOP, changed=20)
    keys = {key for number in (0, 20, 40) for key in changed.offer_keys(number)}
    # WHEN it comes again
    stack.program(portion=10).export(changed)
    stack.settle_down()
    # THEN those are written and nothing else
    assert stack.writes() == {"products": 3, "prices": 2 * len(keys)}
    assert stack.shop.one("products", SHOP.key("good", 20)).name.endswith("(новый)")


def test_a_field_of_1c_is_changed_back_and_one_of_the_shop_is_left() -> None:
    # GIVEN a good of which a person changes the name, which is 1C's, and its place, which is not
    stack = imported()
    good = stack.shop.one("products", SHOP.key("good", 7))
    before = stack.shop.said()["products"][SHOP.key("good", 7)]
    edited = good.model_copy(update={"name": "Моё имя", "sort": 5, "preview": "Коротко"})
    stack.shop.records["products"][good.key] = edited
    stack.writes()
    # WHEN the shop says that it has changed
    stack.touch("products", good.key)
    # THEN 1C's name is back, exactly, and what 1C says nothing of stays
    now = stack.shop.said()["products"][SHOP.key("good", 7)]
    assert now == {**before, "sort": 5, "preview": "Коротко"}
    assert stack.writes() == {"products": 1}
    # AND the same hint once more writes nothing
    stack.touch("products", good.key)
    assert stack.writes() == {}


def test_what_only_the_shop_keeps_is_changed_without_an_answer() -> None:
    # GIVEN a change of nothing that 1C knows
    stack = imported()
    good = stack.shop.one("products", SHOP.key("good", 7))
    stack.shop.records["products"][good.key] = good.model_copy(update={"sort": 5})
    stack.writes()
    # WHEN
    stack.touch("products", good.key)
    # THEN nothing is written
    assert stack.writes() == {}


def test_stock_that_a_sale_has_changed_is_left_until_1c_says_otherwise() -> None:
    # GIVEN a figure that the shop has lowered by itself
    stack = imported()
    key = f"{SHOP.offer_keys(1)[0]}/{SHOP.key('warehouse', 0)}"
    row = stack.shop.one("stock", key)
    stack.shop.records["stock"][row.key] = row.model_copy(update={"on_hand": row.on_hand - 1})
    stack.writes()
    # WHEN the shop says so
    stack.touch("stock", row.key)
    # THEN the sale is not undone
    assert stack.writes() == {}
    assert stack.shop.one("stock", key).on_hand == row.on_hand - 1


def test_a_good_with_fields_that_the_shop_owns_is_updated_without_them() -> None:
    # GIVEN descriptions and groups that people keep in the shop
    settings = {"goods": {"owned_elsewhere": ["description", "sections"]}}
    stack = Stack(settings)
    stack.program().export(SHOP)
    stack.settle_down()
    good = stack.shop.one("products", SHOP.key("good", 20))
    written = good.model_copy(update={"description": "Наше описание"})
    stack.shop.records["products"][good.key] = written
    # WHEN 1C renames the good
    stack.program().export(replace(SHOP, changed=20))
    stack.settle_down()
    # THEN the new name is there beside the shop's own description
    now = stack.shop.one("products", SHOP.key("good", 20))
    assert now.name.endswith("(новый)")
    assert now.description == "Наше описание"
    assert now.sections is None
    assert stack.shop.records["sections"] == {}
