"""A link that a person has written down: mapping, filters, owners, conflicts and the gate."""

from __future__ import annotations

from typing import Any

import pytest

from mostik.errors import Skip
from mostik.jobs.message import Touch
from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.yamlfile import load
from mostik.sync.link import Links, Side
from mostik.sync.linkbook import Applied, LinkBook
from mostik.sync.run import Run, RunKind, RunState
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pairs
from tests.support.rig import HERE, THERE, Rig
from tests.support.shelf import RESOURCE, Shelf
from tests.unit.sync.stories import finished, linked

TEXT = """\
id: things
left: {connection: here, resource: things}
right: {connection: there, resource: things}
creates: [left, right]
schedule: {every_minutes: null, full_at: null}
"""
STATUSES = """\
fields:
- {left: text, right: text, dictionary: statuses}
dictionaries:
  statuses:
    noun: status
    entries:
    - {left: new, right: N}
    - {left: shipped, right: READY}
    - {left: shipped, right: SENT, way: to_left}
"""


def document(more: str = "") -> LinkDocument:
    """The link of these stories, with more said about it."""
    [found] = load(TEXT + more)
    assert found.document is not None, found.problems
    return found.document


def book(rig: Rig) -> LinkBook:
    """Links of a rig."""
    return LinkBook(Links(rig.table, rig.clock), rig.table, rig.clock)


def applied(rig: Rig, more: str = "", *, settled: bool = True) -> Applied:
    """Applies the link, and lets it write."""
    found = book(rig).apply(document(more), by="vera")
    if settled:
        book(rig).settle("things")
    rig.restart()
    return found


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    return rig


def run(rig: Rig, kind: RunKind = RunKind.FULL, side: Side = Side.LEFT) -> Run:
    """Makes a run and waits for its end."""
    return finished(rig, rig.desk.start("things", kind, side=side))


def counts(made: Run) -> dict[Verdict, int]:
    """What a run has come to."""
    assert made.totals is not None
    return dict(made.totals.counts)


def edit(shelf: Shelf, key: str, **changes: Any) -> None:
    """A person changes a thing."""
    shelf.things[key] = shelf.things[key].model_copy(update=changes)


def exchange(rig: Rig) -> None:
    """Touches the one thing of each side."""
    for key in list(rig.here.things):
        rig.touch(key)
    for key in list(rig.there.things):
        rig.send(Touch(THERE, RESOURCE, key, f"event-{key}", rig.clock()))
    rig.settle_down()


def twins(rig: Rig, more: str = "") -> str:
    """One thing on both sides that agree about it. Returns its key there."""
    applied(rig, more)
    rig.here.put("1", "a")
    edit(rig.here, "1", active=True)
    run(rig)
    there = linked(rig, "1").key
    edit(rig.there, there, active=True)
    exchange(rig)
    return there


def test_a_record_is_said_in_the_words_of_the_other_side_and_the_second_run_is_quiet(
    rig: Rig,
) -> None:
    # GIVEN statuses that the other side spells in its own way
    applied(rig, STATUSES)
    rig.here.put("1", "new")
    # WHEN two runs are made each way
    first = run(rig)
    again = [run(rig), run(rig, side=Side.RIGHT)]
    # THEN the thing was created in their words, and nothing goes round
    assert counts(first) == {Verdict.CREATED: 1}
    assert linked(rig, "1").text == "N"
    assert [counts(one) for one in again] == [{Verdict.UNCHANGED: 1}, {Verdict.ECHOED: 1}]
    assert (rig.here.updates, rig.there.updates) == (0, 0)


def test_a_status_loop_over_a_hundred_exchanges_is_one_write(rig: Rig) -> None:
    # GIVEN "READY" and "SENT" are both "shipped" here
    applied(rig, STATUSES)
    rig.here.put("1", "new")
    run(rig)
    there = linked(rig, "1").key
    # WHEN they set the second, and a hundred exchanges follow
    edit(rig.there, there, text="SENT")
    for _ in range(100):
        exchange(rig)
    # THEN it was written here once, and theirs stays as they have spelled it
    assert rig.here.texts() == {"1": "shipped"}
    assert rig.there.texts() == {there: "SENT"}
    assert (rig.here.updates, rig.there.updates) == (1, 0)


def test_two_people_who_change_two_fields_both_get_what_they_want(rig: Rig) -> None:
    # GIVEN one changes the text here, and another switches it off there
    there = twins(rig)
    edit(rig.here, "1", text="b")
    edit(rig.there, there, active=False)
    rig.here.updates = rig.there.updates = 0
    # WHEN
    exchange(rig)
    # THEN each side has both, by one write each
    for thing in (rig.here.things["1"], rig.there.things[there]):
        assert (thing.text, thing.active) == ("b", False)
    assert (rig.here.updates, rig.there.updates) == (1, 1)


@pytest.mark.parametrize(("owner", "text"), [("left", "ours"), ("right", "theirs")])
def test_a_field_that_both_have_changed_goes_where_its_owner_says(
    rig: Rig, owner: str, text: str
) -> None:
    there = twins(rig, f"owners: {{text: {owner}}}\n")
    edit(rig.here, "1", text="ours")
    edit(rig.there, there, text="theirs")
    exchange(rig)
    assert (rig.here.texts(), rig.there.texts()) == ({"1": text}, {there: text})


def test_what_a_person_must_decide_is_written_on_neither_side_and_no_run_is_green(
    rig: Rig,
) -> None:
    # GIVEN nobody owns the text, and both have changed it
    there = twins(rig, "owner: person\n")
    edit(rig.here, "1", text="ours")
    edit(rig.there, there, text="theirs", active=False)
    # WHEN three runs are made
    runs = [run(rig), run(rig), run(rig, side=Side.RIGHT)]
    # THEN each counts the conflict, and what is not in doubt went over
    assert [one.state for one in runs] == [RunState.PARTIAL] * 3
    assert [counts(one) for one in runs] == [{Verdict.CONFLICT: 1}] * 3
    assert (rig.here.texts(), rig.there.texts()) == ({"1": "ours"}, {there: "theirs"})
    assert rig.here.things["1"].active is False
    # AND once a person has made one say what the other says, it is over
    edit(rig.here, "1", text="theirs")
    assert run(rig).state is RunState.DONE
    assert run(rig, side=Side.RIGHT).state is RunState.DONE


def test_a_link_that_goes_one_way_writes_nothing_back(rig: Rig) -> None:
    there = twins(rig)
    applied(rig, "direction: to_right\n")
    edit(rig.there, there, text="theirs")
    exchange(rig)
    assert rig.here.texts() == {"1": "a"}
    # AND the next change here goes over
    edit(rig.here, "1", text="ours")
    exchange(rig)
    assert rig.there.texts() == {there: "ours"}


def test_a_record_that_the_link_does_not_take_is_accounted_for_as_skipped(rig: Rig) -> None:
    # GIVEN a link that takes what is new
    document = TEXT.replace(
        "left: {connection: here, resource: things}",
        "left: {connection: here, resource: things, only: [{field: text, test: is, values: new}]}",
    )
    [found] = load(document)
    assert found.document is not None
    book(rig).apply(found.document, by="vera")
    book(rig).settle("things")
    rig.here.put("1", "new")
    rig.here.put("2", "old")
    # WHEN
    made = run(rig)
    rig.touch("2")
    rig.settle_down()
    # THEN
    assert counts(made) == {Verdict.CREATED: 1, Verdict.SKIPPED: 1}
    assert list(rig.there.texts().values()) == ["new"]


def test_a_value_that_no_dictionary_knows_lies_in_quarantine_until_the_mapping_knows_it(
    rig: Rig,
) -> None:
    # GIVEN a status that nobody has thought of
    applied(rig, STATUSES)
    rig.here.put("1", "lost")
    assert counts(run(rig)) == {Verdict.QUARANTINED: 1}
    [record] = rig.parked.page("things").records
    assert "text" in record.failure.text
    # WHEN a person adds it to the dictionary
    changed = applied(rig, STATUSES + "    - {left: lost, right: L}\n")
    # THEN the link says that it is mapped in another way, and the next run carries it over
    assert changed.remapped
    assert counts(run(rig)) == {Verdict.CREATED: 1}
    assert linked(rig, "1").text == "L"
    assert rig.parked.page("things").records == []


def test_another_mapping_is_applied_to_what_has_not_changed(rig: Rig) -> None:
    # GIVEN two sides that agree under one dictionary
    applied(rig, STATUSES)
    rig.here.put("1", "new")
    run(rig)
    # WHEN the word of the other side becomes another, and ours is the owner
    applied(
        rig,
        STATUSES.replace("{left: new, right: N}", "{left: new, right: FRESH}")
        + ("    - {left: new, right: N, way: to_left}\n"),
    )
    made = run(rig)
    # THEN theirs says the same already under it: nothing is written for the sake of spelling
    assert counts(made) == {Verdict.UNCHANGED: 1}
    # AND a new one is created by the new word
    rig.here.put("2", "new")
    run(rig)
    assert linked(rig, "2").text == "FRESH"


def test_before_it_is_matched_a_link_says_what_it_would_do_and_writes_nothing(rig: Rig) -> None:
    # GIVEN two filled bases and a link that was just applied
    applied(rig, settled=False)
    rig.here.put("1", "a")
    rig.there.put("x", "a")
    # WHEN a run, a touch and a dry run are made
    with pytest.raises(Skip, match="matched"):
        rig.desk.start("things", RunKind.FULL)
    rig.touch("1")
    rig.settle_down()
    dry = run(rig, RunKind.DRY)
    # THEN nothing is written, and the dry run says what would be
    assert rig.there.texts() == {"x": "a"}
    assert Pairs(rig.table).find("things", Side.LEFT, "1") is None
    assert counts(dry) == {Verdict.CREATED: 1}


def test_every_version_is_kept_and_the_same_one_twice_is_one(rig: Rig) -> None:
    # GIVEN a link, applied twice, and then changed
    applied(rig)
    again = book(rig).apply(document(), by="oleg")
    rig.clock.advance(60)
    changed = book(rig).apply(document("owner: right\n"), by="oleg")
    # THEN the repetition changes nothing, and both versions stand with who has made them
    assert again.changes == ()
    assert changed.changes == ["Who wins where both sides changed a field: was left, is right"]
    assert [one.by for one in book(rig).versions("things")] == ["oleg", "vera"]
    # AND it may still write; one that leads elsewhere may not
    assert changed.link.matched
    other = TEXT.replace("connection: there", "connection: elsewhere")
    [found] = load(other)
    assert found.document is not None
    moved = book(rig).apply(found.document, by="oleg")
    assert moved.new
    assert not moved.link.matched


def test_a_link_is_exported_as_it_was_applied(rig: Rig) -> None:
    applied(rig, STATUSES)
    links = Links(rig.table, rig.clock)
    [link] = links.all()
    assert link.left.connection == HERE
    assert book(rig).document("things") == document(STATUSES)
    assert link.version == document(STATUSES).version
