"""A link that follows from settings, written down: it says the same, takes the place of the other,
and leaves it again."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.errors import Skip
from mostik.integration import Bond
from mostik.linkdoc.yamlfile import dump, load
from mostik.sync.bonds import Bonds
from mostik.sync.brakes import Brakes
from mostik.sync.link import End, Link, Links, Side, documented, link_of
from mostik.sync.linkbook import REPLACES, LinkBook
from mostik.sync.run import RunKind
from mostik.sync.written import written
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, ShelfSettings
from tests.unit.sync.stories import finished, linked, stocked

BOND = Bond("here-things", RESOURCE, THERE, RESOURCE, retires_there=True)
SETTINGS = ShelfSettings.model_validate({"name": "x", "api_key": "y"})
flags = st.booleans()


@given(
    both=flags, creates=flags, restores=flags, owned=flags, news=flags, deletes=flags,
    retires=flags, percent=st.integers(0, 100),
)  # fmt: skip
def test_what_settings_say_of_a_link_a_document_says_too(
    both: bool,
    creates: bool,
    restores: bool,
    owned: bool,
    news: bool,
    deletes: bool,
    retires: bool,
    percent: int,
) -> None:
    # GIVEN any link that can follow from settings
    bond = Bond(
        "onec-price_types", "price_types", "portal", "price_types",
        creates_here=both and creates, creates_there=creates, updates_here=both,
        restores_there=restores, owned_there=both and owned, news_alone=news,
        deletes_there=deletes, retires_there=retires, brakes={"creates_percent": percent},
    )  # fmt: skip
    link = link_of(bond, "onec")
    # WHEN it is written down, as a file, and read again
    [found] = load(dump(written(link)))
    assert found.document == written(link), found.problems
    read = documented(found.document, matched=True)
    # THEN it joins, creates, updates, deletes and brakes the same
    named = ("left", "right", "creates", "owner", "news", "updates", "deletes", "retires", "brakes",
             "lag", "matched")  # fmt: skip
    assert [getattr(read, name) for name in named] == [getattr(link, name) for name in named]
    # AND a side that gets its own back is the only one that may change anything
    assert found.document.owner.is_strict is (restores and not both)
    assert written(read) == found.document


def test_a_link_that_creates_where_it_changes_nothing_cannot_be_written_down() -> None:
    # GIVEN
    link = Link("odd", End("a", "x"), End("b", "x"), creates=frozenset({Side.LEFT}),
                updates=frozenset({Side.RIGHT}), brakes=Brakes())  # fmt: skip
    # THEN
    with pytest.raises(Skip, match="creates or deletes where it changes nothing"):
        written(link)


def test_a_document_takes_the_place_of_the_link_that_follows_from_settings_and_leaves_it() -> None:
    # GIVEN a link that follows from settings, and what an import does with each file
    rig = Rig()
    links = Links(rig.table, rig.clock)
    book = LinkBook(links, rig.table, rig.clock)
    found = replace(rig.offers(), bonds=lambda _settings, _connection: [BOND])
    bonds = Bonds(links, lambda _name: found.resources)
    bonds.keep(HERE, found, SETTINGS)
    # WHEN it is exported and applied with one more word
    document = book.document(BOND.id).model_copy(update={"title": "Things"})
    applied = book.apply(document, by="vera")
    # THEN the document is what imports go by from then on, and nothing has to be matched anew
    assert applied.changes[0] == f"{REPLACES} {HERE}."
    assert applied.link.matched
    kept = bonds.keep(HERE, found, SETTINGS)
    assert kept[RESOURCE] == links.get(BOND.id) == applied.link
    assert kept[RESOURCE].document is not None
    # AND other ends are refused, since imports would not find it there
    strange = document.model_copy(update={"right": document.left})
    with pytest.raises(Skip, match="choose another id"):
        LinkBook(Fresh(rig, link_of(BOND, HERE)), rig.table, rig.clock).apply(strange, by="vera")
    # WHEN it is removed
    book.remove(BOND.id)
    # THEN the settings say again what it is
    assert bonds.keep(HERE, found, SETTINGS)[RESOURCE] == link_of(BOND, HERE)
    with pytest.raises(Skip, match="change those"):
        book.remove(BOND.id)


class Fresh(Links):
    """Links of which one follows from settings."""

    def __init__(self, rig: Rig, link: Link) -> None:
        super().__init__(rig.table, rig.clock)
        self.save(link)


WAYS = list(product(("settings", "document"), (True, False)))


@pytest.mark.parametrize(("said_by", "restores"), WAYS)
def test_an_edit_on_the_other_side_ends_alike_by_settings_and_by_document(
    said_by: str, restores: bool
) -> None:
    # GIVEN a thing on both sides of a link in one direction
    rig = stocked(Rig(), 1)
    links = Links(rig.table, rig.clock)
    link = link_of(replace(BOND, restores_there=restores), HERE)
    if said_by == "document":
        link = documented(written(link), matched=True)
    links.remove("link")
    links.save(link)
    rig.restart()

    def run(side: Side) -> None:
        finished(rig, rig.desk.start(BOND.id, RunKind.FULL, side=side))

    run(Side.LEFT)
    there = linked(rig, "0000").key
    # WHEN a person changes it there
    rig.there.put(there, "mine")
    run(Side.RIGHT)
    # THEN it is changed back, or left alone, and never comes here
    assert linked(rig, "0000").text == ("text 0" if restores else "mine")
    assert rig.here.things["0000"].text == "text 0"
    # WHEN this side changes it
    rig.here.put("0000", "text 1")
    run(Side.LEFT)
    assert linked(rig, "0000").text == "text 1"
    # AND when it is gone here, it is switched off there
    del rig.here.things["0000"]
    run(Side.LEFT)
    assert rig.there.things[there].active is False
