"""Two records that were equal once: what goes where, what is overruled, what a person decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mostik.commerce.order import Line, Order, Payment
from mostik.commerce.parties import Customer
from mostik.commerce.record import Ref
from mostik.mapping.side import Side
from mostik.merge.agreement import Agreement, agreed
from mostik.merge.choice import Choice
from mostik.merge.identity import Systems
from mostik.merge.merge import merge
from mostik.merge.policy import Owner, Policy
from mostik.merge.result import Conflict, Overruled
from tests.unit.merge.replicas import Edit, edited, first, line_of, order, said, settled, twin


def both(left: list[Edit], right: list[Edit], policy: Policy | None = None) -> Any:
    """Merges what two people have done to one order."""
    policy = policy or Policy()
    ours, theirs, base = first(policy)
    return merge(base, edited(ours, left), edited(theirs, right), policy)


def test_an_edit_of_one_side_goes_to_the_other() -> None:
    # GIVEN each side has changed another field, and another line
    merged = both(
        [Edit(("comment",), "x"), Edit(("lines", "l1", "price"), Decimal(9))],
        [Edit(("site",), "s1"), Edit(("lines", "l2", "name"), "Cup")],
    )
    # WHEN they are merged
    # THEN both say all of it, and nothing was lost or asked
    assert said(merged.left) == said(merged.right)
    assert [(one.path, one.after) for one in merged.to_right] == [
        ("comment", "x"),
        ("lines[l1].price", Decimal(9)),
    ]
    assert [(one.path, one.after) for one in merged.to_left] == [
        ("site", "s1"),
        ("lines[l2].name", "Cup"),
    ]
    assert merged.conflicts == merged.overruled == ()


@pytest.mark.parametrize(
    ("owner", "kept", "lost"),
    [
        (Owner.LEFT, "ours", Side.RIGHT),
        (Owner.RIGHT, "theirs", Side.LEFT),
        (Owner.ONLY_LEFT, "ours", Side.RIGHT),
        (Owner.ONLY_RIGHT, "theirs", Side.LEFT),
    ],
)
def test_of_two_edits_the_owner_of_the_field_wins_and_the_other_is_listed(
    owner: Owner, kept: str, lost: Side
) -> None:
    # GIVEN both sides have changed a field that one of them owns
    policy = Policy(owners={"comment": owner})
    merged = both([Edit(("comment",), "ours")], [Edit(("comment",), "theirs")], policy)
    # WHEN they are merged
    # THEN the owner's word stands on both sides, and what it overrules is listed
    assert merged.left.comment == merged.right.comment == kept
    gone = "ours" if kept == "theirs" else "theirs"
    assert merged.overruled == (Overruled("comment", lost, gone, kept),)


def test_without_an_owner_a_person_decides_and_nothing_is_written() -> None:
    # GIVEN both sides have changed a field that nobody owns
    merged = both(
        [Edit(("comment",), "ours"), Edit(("site",), "s1")], [Edit(("comment",), "theirs")]
    )
    # WHEN they are merged
    # THEN that field stays as it is on each side; others go on
    assert merged.conflicts == (Conflict("comment", "ours", "theirs"),)
    assert (merged.left.comment, merged.right.comment) == ("ours", "theirs")
    assert said(merged.right)["site"] == "s1"


def test_a_strict_owner_undoes_what_the_other_side_alone_has_changed() -> None:
    # GIVEN prices that the left side alone may change
    policy = Policy(owners={"lines.price": Owner.ONLY_LEFT})
    merged = both([], [Edit(("lines", "l1", "price"), Decimal(1))], policy)
    # WHEN the right side has changed one
    # THEN it gets the old one back, which is listed
    assert [one.path for one in merged.to_right] == ["lines[l1].price"]
    assert [one.path for one in merged.overruled] == ["lines[l1].price"]
    assert said(merged.right) == said(order())


def test_equal_edits_are_no_conflict() -> None:
    # GIVEN both sides made the same change, and added the same line under keys of their own
    merged = both(
        [Edit(("comment",), "x"), Edit(("lines", "l8"), ("Cup", "2"))],
        [Edit(("comment",), "x"), Edit(("lines", "m8"), ("Cup", "2"))],
    )
    # WHEN they are merged
    # THEN there is nothing to do
    assert merged.is_quiet
    assert merged.conflicts == ()


def test_a_removed_line_is_removed_and_an_added_one_is_added() -> None:
    # GIVEN the left side has removed a line, the right side has added one
    merged = both([Edit(("lines", "l1"), None)], [Edit(("lines", "m7"), ("Cup", "2"))])
    # WHEN they are merged
    # THEN both have the same lines
    assert said(merged.left) == said(merged.right)
    assert [(one.path, one.after) for one in merged.to_right] == [("lines[l1]", None)]
    assert [one.path for one in merged.to_left] == ["lines[+m7]"]


@pytest.mark.parametrize(
    ("owner", "lines"), [(Owner.LEFT, 2), (Owner.RIGHT, 3), (Owner.PERSON, None)]
)
def test_a_line_that_one_side_removed_and_the_other_edited_is_a_conflict(
    owner: Owner, lines: int | None
) -> None:
    # GIVEN the left side has removed a line whose price the right side has changed
    policy = Policy(owner=owner)
    merged = both(
        [Edit(("lines", "l1"), None)], [Edit(("lines", "l1", "price"), Decimal(1))], policy
    )
    # WHEN they are merged
    # THEN the owner decides, else a person
    assert bool(merged.conflicts) is (lines is None)
    if lines is not None:
        assert len(merged.left.lines) == len(merged.right.lines) == lines
        assert [one.path for one in merged.overruled] == ["lines[l1]"]


def test_a_payment_that_is_absent_is_not_deleted() -> None:
    # GIVEN both agree on a payment
    paid = (Payment(key="p1", external_ids={"right": "r1"}, sum=Decimal(5)),)
    left = order(payments=paid)
    right = twin(left).model_copy(
        update={"payments": (Payment(key="r1", external_ids={"left": "p1"}, sum=Decimal(5)),)}
    )
    base = agreed(left, right, Policy())
    # WHEN the right side no longer tells of it
    merged = merge(base, left, right.model_copy(update={"payments": ()}))
    # THEN it stays where it is, and is not written again
    assert merged.is_quiet
    # WHEN the left side changes it
    more = paid[0].model_copy(update={"sum": Decimal(6)})
    told = merge(
        base,
        left.model_copy(update={"payments": (more,)}),
        right.model_copy(update={"payments": ()}),
    )
    # THEN the right side is told
    assert [one.path for one in told.to_right] == ["payments[p1]"]


def test_what_a_side_does_not_know_is_told_once() -> None:
    # GIVEN a right side that does not tell comments of the shop
    left, right = order(manager_comment="call"), twin(order(manager_comment=None))
    policy = Policy()
    told = merge(None, left, right, policy)
    assert [one.path for one in told.to_right] == ["manager_comment"]
    # WHEN it was told, and still does not tell
    base = agreed(left, right, policy)
    again = merge(base, left, right, policy)
    changed = merge(base, left.model_copy(update={"manager_comment": "later"}), right, policy)
    # THEN it is not told again until the comment changes
    assert again.is_quiet
    assert [one.path for one in changed.to_right] == ["manager_comment"]
    # WHEN the left side forgets it, which is no change
    forgot = merge(base, left.model_copy(update={"manager_comment": None}), right, policy)
    assert forgot.is_quiet


def test_a_value_that_a_side_spells_differently_is_no_change() -> None:
    # GIVEN the right side cuts comments to four letters, and both have agreed on that
    left, right = order(comment="ring twice"), twin(order(comment="ring"))
    base = agreed(left, right, Policy())
    # WHEN nothing is changed, and then the left side changes it
    assert merge(base, left, right).is_quiet
    merged = merge(base, left.model_copy(update={"comment": "do not ring"}), right)
    # THEN the edit goes to the right side
    assert [(one.path, one.after) for one in merged.to_right] == [("comment", "do not ring")]


def test_phones_are_united_and_never_replaced() -> None:
    # GIVEN each side has added a phone
    left = Customer(key="1", phones=("+1", "+2"))
    right = Customer(key="2", phones=("+3", "+1"))
    base = agreed(Customer(key="1", phones=("+1",)), Customer(key="2", phones=("+1",)), Policy())
    # WHEN they are merged
    merged = merge(base, left, right)
    # THEN both have all of them, their own first
    assert isinstance(merged.left, Customer)
    assert isinstance(merged.right, Customer)
    assert merged.left.phones == ("+1", "+2", "+3")
    assert merged.right.phones == ("+3", "+1", "+2")
    assert merged.conflicts == ()


def test_references_are_compared_in_the_keys_of_the_left_side() -> None:
    # GIVEN a good that the two sides know under different keys
    left = order(lines=(Line(key="l1", variant=Ref(key="G1")),))
    good = Ref(key="501", external_ids={"onec": "G1"})
    right = twin(order(lines=())).model_copy(
        update={"lines": (Line(key="r1", external_ids={"onec": "l1"}, variant=good),)}
    )
    systems = Systems("onec", "portal")
    # WHEN they are merged, never having been so before
    merged = merge(None, left, right, Policy(), systems)
    # THEN both say the same
    assert merged.is_quiet
    assert merge(agreed(left, right, Policy(), systems), left, right, Policy(), systems).is_quiet


def test_a_side_without_foreign_keys_gives_a_new_line_back_and_it_is_known() -> None:
    # GIVEN a right side that keeps no keys of the left side
    def strange(record: Order, keys: str) -> Order:
        lines = zip(record.lines or (), keys, strict=True)
        return record.model_copy(
            update={
                "lines": tuple(
                    line.model_copy(update={"key": key, "external_ids": {}}) for line, key in lines
                )
            }
        )

    left = order(lines=(line_of("l1"), line_of("l2", "Cup")))
    right = strange(left, "ab")
    base = agreed(left, right, Policy())
    # WHEN the left side adds a line, the right side is written, and then drops the first
    more = order(lines=(*(left.lines or ()), line_of("l3", "Pot")))
    told = merge(base, more, right)
    back = strange(more, "abc")
    base = agreed(more, back, Policy(), before=base)
    dropped = back.model_copy(update={"lines": (back.lines or ())[1:]})
    merged = merge(base, more, dropped)
    # THEN the line was added once, and the right one is removed
    assert [one.path for one in told.to_right] == ["lines[l3]"]
    assert [(one.path, one.after) for one in merged.to_left] == [("lines[l1]", None)]
    assert merged.to_right == ()


def test_only_what_both_sides_can_hold_is_merged() -> None:
    # GIVEN sides that share comments and names of lines
    policy = Policy(of=frozenset({"comment", "lines.name"}))
    merged = both(
        [Edit(("site",), "x"), Edit(("lines", "l1", "price"), Decimal(1))],
        [Edit(("lines", "l1", "name"), "Cup")],
        policy,
    )
    # WHEN they are merged
    # THEN nothing else is written
    assert merged.to_right == ()
    assert [one.path for one in merged.to_left] == ["lines[l1].name"]


def test_a_conflict_stays_until_it_is_settled() -> None:
    # GIVEN a conflict beside a field that went over
    policy = Policy()
    left, right, base = first(policy)
    left = edited(left, [Edit(("comment",), "ours"), Edit(("site",), "s1")])
    right = edited(right, [Edit(("comment",), "theirs")])
    merged = merge(base, left, right, policy)
    base = settled(base, merged, policy)
    # WHEN nothing else happens, and then a person takes one of the two
    again = merge(base, merged.left, merged.right, policy)
    chosen = edited(right.model_copy(update={"site": "s1"}), [Edit(("comment",), "ours")])
    done = merge(base, merged.left, chosen, policy)
    # THEN it is the same conflict, and then none
    assert [one.path for one in again.conflicts] == ["comment"]
    assert again.is_quiet
    assert done.conflicts == ()
    assert done.is_quiet


def test_an_agreement_survives_its_row() -> None:
    # GIVEN an agreement in which one field is spelled differently
    base = agreed(order(), twin(order(comment="ring")), Policy())
    # WHEN it is stored and read
    again = Agreement.from_item(base.as_item())
    # THEN it says the same, and equal digests were stored once
    assert again == base
    assert set(base.as_item()["left"]) == {"comment"}


def test_a_side_is_handed_a_record_in_the_keys_of_the_other() -> None:
    # GIVEN a line that only the left side has changed, and one that only it has added
    left, right, base = first(Policy())
    left = edited(left, [Edit(("lines", "l1", "name"), "Cup"), Edit(("lines", "l7"), ("Pot", "1"))])
    right = edited(right, [Edit(("lines", "m7"), ("Jug", "1"))])
    # WHEN they are merged
    merged = merge(base, left, right)
    # THEN the right side gets keys of the left side, with its own beside them, and the reverse
    told = merged.written(Side.RIGHT)
    assert isinstance(told, Order)
    assert [(line.key, dict(line.external_ids)) for line in told.lines or ()] == [
        ("l1", {"right": "rl1"}),
        ("l2", {"right": "rl2"}),
        ("l3", {"right": "rl3"}),
        ("l7", {}),
        (None, {"right": "m7"}),
    ]
    told = merged.written(Side.LEFT)
    assert isinstance(told, Order)
    assert [(line.key, dict(line.external_ids)) for line in told.lines or ()] == [
        ("rl1", {"left": "l1"}),
        ("rl2", {"left": "l2"}),
        ("rl3", {"left": "l3"}),
        (None, {"left": "l7"}),
        ("m7", {}),
    ]


def test_a_list_whose_parts_have_no_keys_is_compared_as_a_whole() -> None:
    # GIVEN lines without keys, in another order on the right side
    tea, cup = Line(name="Tea"), Line(name="Cup")
    left, right = order(lines=(tea, cup)), order(lines=(cup, tea))
    base = agreed(left, right, Policy())
    # WHEN nothing is changed, and then the right side adds one
    quiet = merge(base, left, right)
    more = merge(base, left, order(lines=(cup, tea, Line(name="Pot"))))
    # THEN order says nothing, and the whole list goes over
    assert quiet.is_quiet
    assert [one.path for one in more.to_left] == ["lines"]
    assert said(more.left) == said(more.right)


def test_parts_that_have_one_key_on_both_sides_are_one() -> None:
    # GIVEN a link whose mapping says that lines have one key, and different words for one
    policy = Policy(Owner.LEFT, shares=frozenset({"lines"}))
    left, right = order(), order(lines=(line_of("l1", "Tea, black"), *(order().lines or ())[1:]))
    # WHEN they are merged for the first time, with an owner
    merged = merge(None, left, right, policy)
    # THEN that line is told its name, and none is added
    assert [(one.path, one.after) for one in merged.to_right] == [("lines[l1].name", "Tea")]
    assert merged.to_left == ()


def test_a_person_decides_about_one_field_and_one_line_and_the_rest_stays_open() -> None:
    # GIVEN three disputes: two fields, and a line that one side has removed and the other changed
    policy = Policy(Owner.PERSON)
    ours, theirs, base = first(policy)
    left = edited(ours, [Edit(("comment",), "x"), Edit(("site",), "s1")])
    right = edited(theirs, [Edit(("comment",), "y"), Edit(("site",), "s2")])
    left = edited(left, [Edit(("lines", "l1", "price"), Decimal(9))])
    right = edited(right, [Edit(("lines", "l1"), None)])
    open_ones = merge(base, left, right, policy).conflicts
    assert [one.path for one in open_ones] == ["comment", "site", "lines[l1]"]
    marks = {one.path: one.mark for one in open_ones}
    # WHEN a person decides about two of them, and about the third as it was once
    choices = {
        "comment": Choice(Side.RIGHT, marks["comment"]),
        "lines[l1]": Choice(Side.RIGHT, marks["lines[l1]"]),
        "site": Choice(Side.LEFT, "another"),
    }
    merged = merge(base, left, right, policy, choices=choices)
    # THEN theirs stays and the line goes; the third is open, and known to be outrun
    assert [one.path for one in merged.to_left] == ["comment", "lines[l1]"]
    assert merged.to_right == ()
    assert (said(merged.left)["comment"], len(said(merged.left)["lines"])) == ("y", 2)
    assert [one.path for one in merged.conflicts] == ["site"]
    assert merged.outrun == ("site",)
    # AND the other way round the line comes back
    choices["lines[l1]"] = Choice(Side.LEFT, marks["lines[l1]"])
    merged = merge(base, left, right, policy, choices=choices)
    assert [one.path for one in merged.to_right] == ["lines[l1]"]
