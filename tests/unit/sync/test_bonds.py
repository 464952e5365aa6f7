"""Links that follow from settings; what a link does with changes that its source must not get."""

from __future__ import annotations

from dataclasses import replace

from mostik.integration import Bond
from mostik.sync.bonds import Bonds
from mostik.sync.link import End, Link, Links, Side, link_of
from mostik.sync.run import RunKind
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, ShelfSettings
from tests.unit.sync.stories import linked, relinked, run_of, stocked

BOND = Bond(
    "here-things", RESOURCE, THERE, RESOURCE, retires_there=True, brakes={"price_percent": 7}
)


def test_a_bond_becomes_a_link_that_is_kept_as_it_is() -> None:
    # GIVEN
    rig = Rig()
    links = Links(rig.table, rig.clock)
    # WHEN
    links.save(link_of(BOND, HERE))
    # THEN it is read back whole
    [found] = [link for link in Links(rig.table, rig.clock).all() if link.id == BOND.id]
    assert found == link_of(BOND, HERE)
    assert found.left == End(HERE, RESOURCE)
    assert found.creates == found.updates == found.deletes == found.retires == {Side.RIGHT}
    assert found.brakes.price_percent == 7
    assert found.derived


def test_links_follow_the_settings_and_no_other_link_is_touched() -> None:
    # GIVEN an integration whose settings want two links, of one of which the other side knows
    # nothing, and a link that a person has made
    rig = Rig()
    links = Links(rig.table, rig.clock)
    wanted = [BOND, Bond("here-none", "none", THERE, "none")]
    found = replace(rig.offers(), bonds=lambda _settings, _connection: list(wanted))
    bonds = Bonds(links, lambda _name: found.resources)
    settings = ShelfSettings.model_validate({"name": "x", "api_key": "y"})
    # WHEN
    assert set(bonds.keep(HERE, found, settings)) == {RESOURCE}
    # THEN
    assert {link.id for link in links.all()} == {"link", "here-things"}
    # WHEN the settings want none any more
    wanted.clear()
    bonds.keep(HERE, found, settings)
    # THEN the person's own stays
    assert {link.id for link in links.all()} == {"link"}


def test_a_link_that_was_made_a_moment_ago_is_found() -> None:
    # GIVEN a container that remembers all links of a minute
    rig = Rig()
    remembered = Links(rig.table, rig.clock)
    assert remembered.get("new") is None
    # WHEN another one makes a link
    Links(rig.table, rig.clock).save(Link("new", End(HERE, RESOURCE), End(THERE, RESOURCE)))
    # THEN
    assert remembered.get("new") is not None


def test_a_change_on_a_side_that_is_not_followed_is_changed_back() -> None:
    # GIVEN a link that changes nothing on the left, and a thing that both sides have
    rig = stocked(Rig(), 1)
    relinked(rig, creates=frozenset({Side.RIGHT}), updates=frozenset({Side.RIGHT}))
    run_of(rig, RunKind.FULL)
    thing = linked(rig, "0000")
    # WHEN it is changed there
    rig.there.put(thing.key, "mine")
    run_of(rig, RunKind.FULL, back=True)
    # THEN both say what the left side says
    assert linked(rig, "0000").text == "text 0"
    assert rig.here.things["0000"].text == "text 0"


def test_a_change_that_is_neither_followed_nor_changed_back_stays() -> None:
    # GIVEN
    rig = stocked(Rig(), 1)
    relinked(rig, creates=frozenset({Side.RIGHT}), updates=frozenset({Side.RIGHT}), restores=False)
    run_of(rig, RunKind.FULL)
    thing = linked(rig, "0000")
    # WHEN
    rig.there.put(thing.key, "mine")
    run = run_of(rig, RunKind.FULL, back=True)
    # THEN
    assert linked(rig, "0000").text == "mine"
    assert rig.here.things["0000"].text == "text 0"
    assert run.totals is not None
    assert {verdict.value: n for verdict, n in run.totals.counts.items()} == {"skipped": 1}
    # AND the left side's next change comes through
    rig.here.put("0000", "text 1")
    run_of(rig, RunKind.FULL)
    assert linked(rig, "0000").text == "text 1"


def test_what_is_gone_is_switched_off_even_if_people_have_changed_it() -> None:
    # GIVEN three things on both sides, one of which a person has changed there
    rig = stocked(Rig(), 3)
    right = frozenset({Side.RIGHT})
    relinked(rig, creates=right, updates=right, deletes=right, retires=right)
    run_of(rig, RunKind.FULL)
    thing = linked(rig, "0001")
    rig.there.put(thing.key, "mine")
    # WHEN it is gone here
    del rig.here.things["0001"]
    run_of(rig, RunKind.FULL)
    # THEN it is switched off, still there, and forgotten by the link
    assert rig.there.things[thing.key].active is False
    assert rig.there.deleted == []
    # WHEN it is back
    rig.here.put("0001", "text 1")
    run_of(rig, RunKind.FULL)
    # THEN it is the same thing
    assert linked(rig, "0001").key == thing.key
    assert linked(rig, "0001").text == "text 1"
