"""What the sides really send, compared with what the link knows, and what a person says to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerce.order import Line, Order
from mostik.errors import Skip
from mostik.linkdoc.document import Contract
from mostik.mapping.shape import Kind
from mostik.ports import RemainingTime
from mostik.sync.drift import DriftKind, Finding
from mostik.sync.driftdesk import DriftDesk, DriftReport
from mostik.sync.link import Links, Side
from mostik.sync.sent import kind_of, sent
from mostik.sync.verdict import Verdict
from tests.support.rig import Rig
from tests.unit.sync.stories import linked
from tests.unit.sync.test_conflicts import desk as conflicts
from tests.unit.sync.test_documents import STATUSES, applied, book, counts, edit, run

PLENTY: RemainingTime = lambda: 600.0  # noqa: E731 - a value


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    return rig


def desk(rig: Rig) -> DriftDesk:
    """The desk of a rig."""
    return DriftDesk(
        Links(rig.table, rig.clock), book(rig), rig.table, rig.clock, conflicts(rig).open_ends
    )


def look(rig: Rig) -> DriftReport:
    """Makes a report."""
    rig.clock.advance(60)
    return desk(rig).look("things", PLENTY, by="vera")


def sends(rig: Rig, **extra: Any) -> None:
    """A thing on the left side carries fields that nobody has thought of."""
    number = len(rig.here.things) + 1
    rig.here.put(str(number), "new")
    edit(rig.here, str(number), extra=extra)


def of(report: DriftReport, kind: DriftKind, side: Side = Side.LEFT) -> list[Finding]:
    """The findings of a kind."""
    return [one for one in report.sides[side].open if one.kind is kind]


def test_a_field_that_nobody_takes_is_named_with_its_kind_and_a_row_for_the_mapping(
    rig: Rig,
) -> None:
    # GIVEN a mapping that knows one of two further fields
    applied(rig, "fields:\n- {left: extra.known, right: extra.known}\n")
    sends(rig, known="x", utm="spring")
    sends(rig, utm="autumn", empty="")
    # WHEN
    report = look(rig)
    # THEN the other one is named, and what says nothing is not
    [one] = of(report, DriftKind.UNKNOWN)
    assert (one.path, one.records, one.kinds) == ("extra.utm", 2, ("text",))
    assert one.offer == "- {left: extra.utm, right: extra.utm}"
    assert (report.sides[Side.LEFT].listed, report.sides[Side.LEFT].whole) == (2, True)
    assert of(report, DriftKind.UNKNOWN, Side.RIGHT) == []
    # AND the next report still says since when
    assert of(look(rig), DriftKind.UNKNOWN)[0].first_seen == report.at
    assert desk(rig).latest("things") is not None


def test_a_field_whose_kind_changes_from_one_report_to_the_next_is_told(rig: Rig) -> None:
    applied(rig)
    sends(rig, bonus="12")
    assert of(look(rig), DriftKind.RETYPED) == []
    edit(rig.here, "1", extra={"bonus": 12})
    [one] = of(look(rig), DriftKind.RETYPED)
    assert one.text == "It is number, and was text before."


def test_values_that_no_dictionary_knows_are_counted_with_what_becomes_of_them(rig: Rig) -> None:
    applied(rig, STATUSES)
    for key, text in (("1", "new"), ("2", "lost"), ("3", "lost"), ("4", "found")):
        rig.here.put(key, text)
    [one] = of(look(rig), DriftKind.VALUE)
    assert (one.path, one.records, one.values) == ("text", 3, ("lost", "found"))
    assert "quarantine" in one.text
    assert of(look(rig), DriftKind.VALUE, Side.RIGHT) == []


def test_what_the_mapping_must_have_and_a_broken_row_are_told(rig: Rig) -> None:
    applied(rig, "fields:\n- {left: extra.code, right: extra.code, required: true}\n")
    sends(rig, code="7")
    sends(rig)
    rig.here.put("3", "broken")
    rig.here.misfits.add("3")
    report = look(rig)
    [missing] = of(report, DriftKind.MISSING)
    assert (missing.path, missing.records) == ("extra.code", 1)
    [broken] = of(report, DriftKind.BROKEN)
    assert (broken.path, broken.text) == ("3", "This thing is broken.")


def test_a_field_that_is_discarded_is_not_named_again_and_the_document_says_so(rig: Rig) -> None:
    applied(rig)
    sends(rig, utm="spring")
    look(rig)
    # WHEN
    done = desk(rig).choose("things", Side.LEFT, "extra.utm", Contract.DISCARD, by="vera")
    # THEN it is a version of the link like any other, and the link may still write
    assert done.changes == ["Left end, beside it sends extra.utm: new, discard"]
    assert done.link.matched
    assert book(rig).document("things").left.drift == {"extra.utm": Contract.DISCARD}
    kept = desk(rig).latest("things")
    assert kept is not None
    for report in (kept, look(rig)):
        assert of(report, DriftKind.UNKNOWN) == []
    # AND it can be taken back
    desk(rig).choose("things", Side.LEFT, "extra.utm", None, by="vera")
    assert book(rig).document("things").left.drift == {}
    assert len(of(look(rig), DriftKind.UNKNOWN)) == 1


def test_a_record_that_carries_a_frozen_field_goes_into_quarantine_until_that_is_decided(
    rig: Rig,
) -> None:
    # GIVEN a frozen field, a thing that carries it and one that does not
    applied(rig)
    sends(rig, secret_price=1)
    sends(rig)
    look(rig)
    desk(rig).choose("things", Side.LEFT, "extra.secret_price", Contract.FREEZE, by="vera")
    rig.restart()
    # WHEN
    made = run(rig)
    # THEN
    assert counts(made) == {Verdict.QUARANTINED: 1, Verdict.CREATED: 1}
    [parked] = rig.parked.page("things").records
    assert "extra.secret_price" in parked.failure.text
    # AND once it is discarded, the record goes over
    desk(rig).choose("things", Side.LEFT, "extra.secret_price", Contract.DISCARD, by="vera")
    rig.restart()
    rig.touch("1")
    rig.settle_down()
    assert linked(rig, "1").text == "new"
    assert rig.parked.page("things").records == []


def test_what_no_report_names_cannot_be_decided_about(rig: Rig) -> None:
    applied(rig)
    sends(rig, utm="spring")
    look(rig)
    with pytest.raises(Skip, match=r"Named are: extra\.utm"):
        desk(rig).choose("things", Side.LEFT, "extra.other", Contract.FREEZE, by="vera")


def test_a_report_reads_no_more_than_it_may(rig: Rig) -> None:
    applied(rig)
    rig.here.page_size = 10
    for _ in range(40):
        sends(rig)
    report = desk(rig).look("things", PLENTY, by="vera", most=15)
    assert (report.sides[Side.LEFT].listed, report.sides[Side.LEFT].whole) == (20, False)
    in_a_hurry = desk(rig).look("things", lambda: 1.0, by="vera")
    assert in_a_hurry.sides[Side.LEFT].listed == 10


def test_fields_of_parts_are_named_through_their_list() -> None:
    order = Order(
        key="1", number="1", extra={"utm": "x"}, lines=(Line(key="l1", extra={"note": "red"}),)
    )
    assert dict(sent(order)) == {"extra.utm": "x", "lines[].extra.note": "red"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_every_value_of_json_is_of_one_kind_or_says_nothing(value: Any) -> None:
    kind = kind_of(value)
    assert (kind is None) == (value is None or value == "")
    assert kind in (None, Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.OBJECT)
