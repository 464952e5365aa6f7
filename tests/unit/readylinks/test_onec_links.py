"""1C to a portal and 1C to a site, written down: the files say what the settings say, and what 1C
sends ends alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from integrations.onec.links import links_of
from integrations.onec.settings import Settings
from local import readylinks
from local.connections import ONEC_SETTINGS, ONEC_SITE_SETTINGS
from local.sandbox.onec.catalogue import Catalogue
from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.yamlfile import load
from mostik.registry import integration_named
from mostik.sync.link import Links, link_of
from mostik.sync.linkbook import LinkBook
from mostik.sync.written import written
from tests.integrations.bitrix_site.test_bitrix_site_whole_way import Town
from tests.support.onec_world import ONEC, SHOP, Stack

GOODS = 12


def documents(name: str, **renamed: str) -> list[LinkDocument]:
    """The links of a file, between other connections."""
    text = readylinks.text_of(name)
    for old, new in renamed.items():
        text = text.replace(f"connection: {old.replace('_', '-')}\n", f"connection: {new}\n")
        text = text.replace(f"id: {old.replace('_', '-')}-", f"id: {new}-")
    found = [one.document for one in load(text)]
    assert all(found)
    return [one for one in found if one is not None]


def write_down(stack: Stack, wanted: list[LinkDocument]) -> None:
    """A person applies the links of a file."""
    book = LinkBook(Links(stack.table, stack.clock), stack.table, stack.clock)
    for one in wanted:
        book.settle(book.apply(one, by="vera").link.id)
    stack.restart()


@pytest.mark.parametrize(
    ("name", "connection", "settings", "target"),
    [
        ("onec-portal", "onec", ONEC_SETTINGS, "bitrix24"),
        ("onec-site", "onec-site", ONEC_SITE_SETTINGS, "bitrix_site"),
    ],
)
def test_the_files_say_what_follows_from_the_settings(
    name: str, connection: str, settings: Mapping[str, Any], target: str
) -> None:
    # GIVEN the links that follow from the settings of the sandbox's 1C
    known = integration_named(target).resources
    bonds = links_of(Settings.model_validate(settings), connection)
    follow = [written(link_of(one, connection)) for one in bonds if one.there in known]
    # THEN the file says them, and no others
    assert documents(name) == follow


def test_what_1c_sends_ends_alike_by_settings_and_by_documents() -> None:
    # GIVEN two stacks, one with the links of the file
    by_settings, by_documents = Stack(), Stack()
    write_down(by_documents, documents("onec-portal", portal=SHOP))
    first = Catalogue(GOODS, pictures=1)
    later = Catalogue(GOODS, pictures=1, changed=3)
    for stack in (by_settings, by_documents):
        # WHEN 1C exports everything, people change a price there, and 1C exports changes
        assert stack.program().export(first).whole
        stack.settle_down()
        key, price = next(iter(stack.shop.records["prices"].items()))
        stack.shop.records["prices"][key] = price.model_copy(update={"amount": price.amount + 1})
        stack.touch("prices", key)
        assert stack.program().export(later).whole
        stack.settle_down()
        stack.writes()
        # THEN the same once more writes nothing
        assert stack.program().export(later).whole
        stack.settle_down()
        assert not stack.writes()
        assert not stack.defects
    # AND both shops say the same, with the price that 1C has said
    contents = [
        {
            name: {key: one.content() for key, one in kept.items()}
            for name, kept in stack.shop.records.items()
        }
        for stack in (by_settings, by_documents)
    ]
    assert contents[0] == contents[1]
    assert len(by_documents.shop.records["products"]) == GOODS
    links = {link.id: link for link in Links(by_documents.table, by_documents.clock).all()}
    assert all(link.document is not None for link in links.values())


def test_a_site_is_filled_over_links_that_are_written_down() -> None:
    # GIVEN an empty site behind a 1C, and the links of the file
    town = Town("rest")
    town.set({"goods": {"pictures": False}, "stock": {"enabled": False}})
    wanted = [
        one for one in documents("onec-site", onec_site=ONEC, site=SHOP) if "pictures" not in one.id
    ]
    write_down(town, wanted)
    # WHEN 1C exports everything, twice
    shop = Catalogue(products=GOODS, pictures=0)
    for _ in range(2):
        assert town.program(zips=False).export(shop).whole
        town.settle_down()
    # THEN the site has each good once, with its prices
    assert not town.defects
    catalog = town.ours.there.catalog
    keys = [row["xmlId"] for row in catalog.goods]
    offers = [row for row in catalog.goods if row["type"] in (4, 5)]
    active = [row for row in catalog.goods if row["active"] == "Y"]
    assert len(keys) == len(set(keys))
    assert len(active) - len(offers) == GOODS
    assert len(catalog.prices) >= GOODS
