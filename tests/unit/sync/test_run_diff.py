"""What a dry run shows: each record that would change, field by field, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mostik.commerce.parties import Customer
from mostik.errors import GiveUp, WhoActs
from mostik.http.redact import Redactor
from mostik.sync.content import Contents
from mostik.sync.differences import Disputed, FieldChange
from mostik.sync.link import Links, Side
from mostik.sync.results import Results
from mostik.sync.run import Run, RunKind
from mostik.sync.rundiff import LONGEST_VALUE, RecordDiff, RunDiffs, diffs_of
from mostik.sync.verdict import Result, Verdict
from mostik.worker.masking import Masks
from tests.support.rig import Rig
from tests.unit.sync.stories import finished, linked, relinked, run_of, stocked
from tests.unit.sync.test_documents import STATUSES, applied, edit, twins


def diffs(rig: Rig) -> RunDiffs:
    """What runs of a rig would change."""
    return RunDiffs(Results(rig.table), Contents(rig.blobs))


def shown(rig: Rig, run: Run) -> Sequence[RecordDiff]:
    """All that a run would change, read page by page."""
    found: list[RecordDiff] = []
    after: str | None = None
    while True:
        page = diffs(rig).page(run.id, after=after, limit=7)
        found += page.records
        after = page.after
        if after is None:
            return found


@pytest.fixture
def rig() -> Rig:
    return stocked(Rig(), 60)


def test_a_dry_run_keeps_each_change_with_both_values(rig: Rig) -> None:
    # GIVEN things on both sides, one of them changed here and one only here
    run_of(rig, RunKind.FULL)
    there = linked(rig, "0001").key
    rig.here.put("0001", "changed")
    rig.here.put("new", "fresh")
    # WHEN
    made = run_of(rig, RunKind.DRY)
    # THEN just these stand there, with what would change where
    by_key = {one.key: one for one in shown(rig, made)}
    assert set(by_key) == {"0001", "new"}
    assert by_key["0001"].verdict is Verdict.UPDATED
    assert by_key["0001"].changes == (FieldChange("text", Side.RIGHT, "text 1", "changed"),)
    assert by_key["new"].verdict is Verdict.CREATED
    assert by_key["new"].changes == (FieldChange("text", Side.RIGHT, None, "fresh"),)
    assert diffs(rig).fields(made.id) == {"right:text": 2}
    # AND nothing was written
    assert rig.there.things[there].text == "text 1"


def test_what_would_be_taken_back_is_shown_on_the_side_that_is_told(rig: Rig) -> None:
    # GIVEN a link whose right side wins, and a thing that both have changed
    relinked(rig, owner=Side.RIGHT)
    run_of(rig, RunKind.FULL)
    there = linked(rig, "0001").key
    rig.here.put("0001", "ours")
    rig.there.put(there, "theirs")
    # WHEN
    made = run_of(rig, RunKind.DRY)
    # THEN
    [one] = shown(rig, made)
    assert one.changes == (FieldChange("text", Side.LEFT, "ours", "theirs"),)


def test_pages_follow_one_another_and_none_is_shown_twice(rig: Rig) -> None:
    made = run_of(rig, RunKind.DRY)
    found = shown(rig, made)
    assert [one.key for one in found] == sorted(rig.here.things)
    only = diffs(rig).page(made.id, verdict=Verdict.CONFLICT)
    assert (only.records, only.after) == ([], None)


def test_what_could_not_be_carried_over_is_shown_with_the_reason(rig: Rig) -> None:
    # GIVEN a shelf that cannot be read at one thing: two there carry its key
    rig.there.refusals["find"] = [GiveUp("Two of them carry this key.", who=WhoActs.ADMIN)]
    # WHEN
    made = run_of(rig, RunKind.DRY)
    # THEN
    [bad] = [one for one in shown(rig, made) if one.verdict is Verdict.QUARANTINED]
    assert bad.why == "Two of them carry this key."
    assert bad.changes == ()


def test_when_the_blobs_are_gone_it_says_so(rig: Rig) -> None:
    made = run_of(rig, RunKind.DRY)
    for row in Results(rig.table).chunks(made.id)[:1]:
        rig.blobs.objects.pop(f"bodies/runs/{made.id}/{row.page}.{row.number}.diff.{row.diff}")
    page = diffs(rig).page(made.id, limit=100)
    assert (page.expired, len(page.records)) == (1, 10)


def test_of_a_link_with_a_document_each_side_is_shown_in_its_own_terms(rig: Rig) -> None:
    # GIVEN one is changed here, another field of it there, and a third is in dispute
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    there = twins(rig, "owner: person\n")
    edit(rig.here, "1", text="ours")
    edit(rig.there, there, active=False)
    # WHEN
    made = finished(rig, rig.desk.start("things", RunKind.DRY))
    # THEN both ways stand there
    [one] = shown(rig, made)
    assert set(one.changes) == {
        FieldChange("text", Side.RIGHT, "a", "ours"),
        FieldChange("active", Side.LEFT, True, False),
    }
    # AND a field that both have changed is in dispute, and told to nobody
    edit(rig.there, there, text="theirs")
    [one] = shown(rig, finished(rig, rig.desk.start("things", RunKind.DRY)))
    assert one.verdict is Verdict.CONFLICT
    assert one.disputes == (Disputed("text", "ours", "theirs"),)
    assert [change.path for change in one.changes] == ["active"]


def test_a_mapped_value_is_shown_as_the_side_spells_it() -> None:
    rig = Rig()
    Links(rig.table, rig.clock).remove("link")
    applied(rig, STATUSES)
    rig.here.put("1", "new")
    finished(rig, rig.desk.start("things", RunKind.FULL))
    edit(rig.here, "1", text="shipped")
    [one] = shown(rig, finished(rig, rig.desk.start("things", RunKind.DRY)))
    assert one.changes == (FieldChange("text", Side.RIGHT, "N", "READY"),)


def hide(content: Any) -> Any:
    return Masks(lambda: [Redactor(["a-secret-value"])]).content(content)


def test_personal_data_and_secrets_are_masked_before_they_are_stored() -> None:
    # GIVEN a customer whose name, phone and comment would change
    changes = (
        FieldChange("name", Side.RIGHT, "Vera Ivanova", "Vera Petrova"),
        FieldChange("phones", Side.RIGHT, ["+79001112233"], ["+79001112244"]),
        FieldChange("addresses[7].street", Side.RIGHT, "Lenina", None),
        FieldChange("comment", Side.RIGHT, "a-secret-value", "call vera@example.com"),
        FieldChange("active", Side.RIGHT, True, False),
    )
    result = Result("7", Verdict.UPDATED, "It has a-secret-value.", changes=changes)
    # WHEN
    [one] = diffs_of([result], Customer.__name__, hide)
    # THEN it is seen that they change, and not what they say
    assert "Vera" not in str(one)
    assert "+7900" not in str(one)
    assert "Lenina" not in str(one)
    assert "a-secret-value" not in str(one)
    assert "vera@" not in str(one)
    assert [change.path for change in one.changes] == [change.path for change in changes]
    assert one.changes[-1] == changes[-1]


def test_a_name_of_a_good_is_no_personal_data_and_long_values_are_cut() -> None:
    text = "x" * 1_000
    change = FieldChange("name", Side.RIGHT, "Tea", "Green tea")
    long = FieldChange("description", Side.RIGHT, None, text)
    result = Result("7", Verdict.UPDATED, changes=(change, long))
    [one] = diffs_of([result], "Product", hide)
    assert one.changes[0] == change
    assert one.changes[1].after == f"{text[:LONGEST_VALUE]}… (1000 characters)"


def test_what_does_not_change_is_not_kept() -> None:
    results = [Result("1", Verdict.UNCHANGED), Result("2", Verdict.ECHOED), Result("3", None)]
    assert diffs_of(results, "Product", hide) == []
