"""The table as CSV, out and in, whatever a spreadsheet does to it; and what approval makes."""

from __future__ import annotations

import csv
import io

import pytest

from mostik.mapping.side import Side
from mostik.matching.approval import Approval, Decision, Verdict, approve, words
from mostik.matching.found import Found, Row, State
from mostik.matching.sheet import read, written

FOUND = Found(
    [
        Row(State.MATCHED, "1", "a", "article", left_title="=1+1", right_title="+7 903"),
        Row(State.AMBIGUOUS, "0012", None, "phone", ("b", "c"), "several have this phone"),
        Row(State.AMBIGUOUS, None, "b", "phone", ("0012",)),
        Row(State.AMBIGUOUS, None, "c", "phone", ("0012",)),
        Row(State.ONLY_LEFT, "-4", None, left_title='Чай "зелёный"; 100 г'),
        Row(State.ONLY_RIGHT, None, "d"),
    ],
    {
        Side.LEFT: {"1": "=1+1", "0012": "Иван", "-4": 'Чай "зелёный"; 100 г'},
        Side.RIGHT: {"a": "+7 903", "b": "Иван", "c": "И.", "d": ""},
    },
)


def cells(found: Found = FOUND) -> list[list[str]]:
    text = "".join(written(found)).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def filled(decisions: dict[int, str], separator: str = ";") -> str:
    """The sheet with decisions in lines, counted from 1."""
    rows = cells()
    place = rows[0].index("decision")
    for line, word in decisions.items():
        rows[line][place] = word
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


def approved(decisions: dict[int, str]) -> Approval:
    sheet = read(filled(decisions), FOUND)
    assert sheet.faults == []
    return approve(FOUND, sheet.decisions)


def test_a_sheet_holds_every_row_and_runs_nothing() -> None:
    # GIVEN titles and keys that look like formulas
    rows = cells()
    # WHEN the sheet is written
    # THEN each row is there, and what a spreadsheet would run is quoted
    assert len(rows) == len(FOUND.rows) + 1
    assert rows[0][0] == f"row ({FOUND.version})"
    assert rows[1][4:7] == ["'=1+1", "a", "'+7 903"]
    assert rows[2][7] == "b (Иван) | c (И.)"
    assert rows[5][3:5] == ["'-4", 'Чай "зелёный"; 100 г']


def test_a_sheet_that_nobody_filled_in_decides_nothing() -> None:
    # GIVEN an empty column of decisions
    approval = approved({})
    # WHEN it is approved
    # THEN matched ones are pairs, single ones are new, and what was asked stays open
    assert approval.pairs == {"1": "a"}
    assert approval.to_create == {Side.LEFT: {"-4"}, Side.RIGHT: {"d"}}
    assert approval.undecided == {Side.LEFT: {"0012"}, Side.RIGHT: {"b", "c"}}
    assert not approval.is_complete
    assert words(approval, "1C", "the portal") == [
        "1 records are paired.",
        "1 of 1C may be created in the portal.",
        "1 of the portal may be created in 1C.",
        "3 are not decided; the link does not touch them.",
    ]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("choice", ["b", "b (Иван)"])
def test_a_person_decides_in_the_sheet(separator: str, choice: str) -> None:
    # GIVEN a chosen candidate, another one that is new, one that is left alone
    sheet = read(filled({2: choice, 4: "NEW", 6: "leave"}, separator), FOUND)
    # WHEN it is approved
    approval = approve(FOUND, sheet.decisions)
    # THEN all of it holds, and the row of the chosen one needs no word of its own
    assert sheet.faults == []
    assert approval.pairs == {"1": "a", "0012": "b"}
    assert approval.to_create == {Side.LEFT: {"-4"}, Side.RIGHT: {"c"}}
    assert approval.left_alone == {Side.LEFT: set(), Side.RIGHT: {"d"}}
    assert approval.is_complete


def test_a_person_corrects_a_pair() -> None:
    # GIVEN a pair that is wrong: the left one belongs to another, the right one is new
    approval = approved({1: "d", 2: "a", 3: "new", 4: "new"})
    # WHEN it is approved
    # THEN the pairs are as the person says
    assert approval.pairs == {"1": "d", "0012": "a"}
    assert approval.to_create == {Side.LEFT: {"-4"}, Side.RIGHT: {"b", "c"}}
    assert approval.is_complete


def test_a_pair_may_be_parted() -> None:
    approval = approved({1: "new"})
    assert approval.pairs == {}
    assert approval.to_create == {Side.LEFT: {"1", "-4"}, Side.RIGHT: {"a", "d"}}


def test_a_key_that_lost_its_zeros_is_found_where_one_fits() -> None:
    # GIVEN a spreadsheet that made 12 of 0012
    approval = approved({3: "12", 4: "leave"})
    # WHEN it is read
    # THEN it is still that record
    assert approval.pairs == {"1": "a", "0012": "b"}


def test_two_decisions_that_cannot_both_be_are_faults() -> None:
    # GIVEN two rows that want the same record
    approval = approve(FOUND, {1: Decision(Verdict.PAIR, "b"), 4: Decision(Verdict.PAIR, "b")})
    # WHEN it is approved
    # THEN that is said, and nothing is complete
    assert approval.faults == ("'b' is paired with both '0012' and '-4': choose one.",)
    assert not approval.is_complete


@pytest.mark.parametrize(
    ("sheet", "fault"),
    [
        ("", "Line 1: this is no sheet of a matching: its first line is missing."),
        ("a;b\n1;2\n", "Line 1: this is no sheet of a matching: its first line is missing."),
        (
            filled({}).replace(FOUND.version, "0123456789"),
            "Line 1: this sheet was written for another matching: write it anew.",
        ),
        (
            filled({2: "zzz"}),
            "Line 3: 'zzz' is no record of the right side; write its key, new or leave.",
        ),
        (
            filled({2: "new"}).replace("\n2;", "\n;"),
            "Line 3: the number of its row is missing.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(sheet: str, fault: str) -> None:
    assert read(sheet, FOUND).faults == [fault]


def test_sheets_come_in_the_encodings_of_spreadsheets() -> None:
    # GIVEN a sheet as two spreadsheets save it
    text = filled({2: "b (Иван)"})
    # WHEN it is read
    # THEN both say the same
    for encoding in ("utf-8-sig", "cp1251"):
        assert read(text.encode(encoding), FOUND).decisions == {1: Decision(Verdict.PAIR, "b")}
