"""Whatever two people do: nothing is lost, nothing goes in circles, order does not matter."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from mostik.commerce.order import Order
from mostik.mapping.side import Side
from mostik.merge.agreement import Agreement, agreed
from mostik.merge.identity import Systems
from mostik.merge.merge import merge
from mostik.merge.policy import Owner, Policy
from mostik.merge.result import Merged
from tests.unit.merge.replicas import (
    FIELDS,
    LINE_KEYS,
    OWNERS,
    Edit,
    edited,
    edits,
    first,
    kept,
    known_as,
    order,
    said,
    settled,
    twin,
)

OURS = st.lists(edits(Side.LEFT), max_size=5)
THEIRS = st.lists(edits(Side.RIGHT), max_size=5)
NOBODY = Policy()


def merged_order(found: Merged, side: Side) -> Order:
    return kept(found.left if side is Side.LEFT else found.right, side)


def facts(record: Order) -> dict[tuple[str, ...], Any]:
    """What a record says, fact by fact; that a line is there is a fact as well."""
    found: dict[tuple[str, ...], Any] = {(name,): getattr(record, name) for name in FIELDS}
    if record.flags is not None:
        found |= {("flags", one): getattr(record.flags, one) for one in ("paid", "shipped")}
    for line in record.lines or ():
        key = known_as(line)
        found |= {("lines", key): True}
        found |= {("lines", key, one): getattr(line, one) for one in ("name", "price")}
    return found


def accounted(path: tuple[str, ...], merged: Merged) -> bool:
    """Whether a person or an owner had a say about a fact, or about the line that it is in."""
    listed = [one.path for one in merged.overruled] + [one.path for one in merged.conflicts]
    if path[0] != "lines":
        return ".".join(path) in listed
    lines = (f"lines[{path[1]}]", f"lines[+{path[1]}]")  # a new one of the right side has a plus
    return any(one.startswith(lines) for one in listed)


@given(OURS, THEIRS, OWNERS)
def test_after_a_merge_there_is_nothing_to_write(
    ours: list[Edit], theirs: list[Edit], policy: Policy
) -> None:
    # GIVEN any edits of both sides, under any owners
    left, right, base = first(policy)
    merged = merge(base, edited(left, ours), edited(right, theirs), policy)
    # WHEN both sides were written and are read again: their echo
    here, there = (merged_order(merged, side) for side in Side)
    again = merge(settled(base, merged, policy), here, there, policy)
    # THEN nothing is written, and the same conflicts stand
    assert again.is_quiet
    assert [one.path for one in again.conflicts] == [one.path for one in merged.conflicts]


@given(OURS, THEIRS, OWNERS)
def test_no_edit_is_lost_unless_it_is_listed(
    ours: list[Edit], theirs: list[Edit], policy: Policy
) -> None:
    # GIVEN any edits of both sides, under any owners
    left, right, base = first(policy)
    here, there = edited(left, ours), edited(right, theirs)
    # WHEN they are merged
    merged = merge(base, here, there, policy)
    # THEN what a side has newly said stands on both, or is among the overruled and the conflicts
    before = facts(order())
    results = [facts(merged_order(merged, side)) for side in Side]
    for record in (here, there):
        now = facts(record)
        for path, value in now.items():
            fresh = value is not None and before.get(path) != value
            if fresh and not accounted(path, merged):
                assert all(one.get(path) == value for one in results), path
        for path in before.keys() - now.keys():
            if len(path) == 2 and not accounted(path, merged):
                assert all(path not in one for one in results), path


@given(OURS, THEIRS, st.sampled_from([Owner.LEFT, Owner.RIGHT, Owner.ONLY_LEFT, Owner.ONLY_RIGHT]))
def test_with_an_owner_both_sides_end_equal(
    ours: list[Edit], theirs: list[Edit], owner: Owner
) -> None:
    # GIVEN any edits, and one owner of all; a side that forgets a field says nothing of it
    known = [one for one in (*ours, *theirs) if one.value is not None or len(one.where) > 1]
    assume(len(known) == len(ours) + len(theirs))
    policy = Policy(owner=owner)
    left, right, base = first(policy)
    # WHEN they are merged
    merged = merge(base, edited(left, ours), edited(right, theirs), policy)
    # THEN both say the same, and nobody is asked
    assert merged.conflicts == ()
    assert said(merged.left) == said(merged.right)


@given(OURS, THEIRS, OWNERS)
def test_it_does_not_matter_which_side_is_called_left(
    ours: list[Edit], theirs: list[Edit], policy: Policy
) -> None:
    # GIVEN any edits
    left, right, base = first(policy)
    here, there = edited(left, ours), edited(right, theirs)
    # WHEN they are merged, and once more with the sides exchanged
    merged = merge(base, here, there, policy)
    systems = Systems("right", "left")
    turned = Agreement(
        agreed(right, left, policy.mirrored, systems).left,
        agreed(right, left, policy.mirrored, systems).right,
        agreed(right, left, policy.mirrored, systems).parts,
    )
    mirrored = merge(turned, there, here, policy.mirrored, systems)
    # THEN each side ends with the same words
    assert said(mirrored.left) == said(merged.right)
    assert said(mirrored.right) == said(merged.left)
    assert len(mirrored.conflicts) == len(merged.conflicts)
    assert len(mirrored.overruled) == len(merged.overruled)


PLACES = [
    *((name,) for name in FIELDS),
    ("flags", "paid"),
    ("flags", "shipped"),
    *(("lines", key, name) for key in LINE_KEYS[:2] for name in ("name", "price")),
    ("lines", LINE_KEYS[2]),
    ("lines", "l7"),
    ("lines", "l8"),
]


@st.composite
def plans(draw: st.DrawFn) -> list[Edit]:
    """One edit for each of some places: whoever makes it makes the same."""
    chosen = draw(st.lists(st.sampled_from(PLACES), unique=True))
    planned: list[Edit] = []
    for where in chosen:
        match where:
            case ("flags", _):
                planned.append(Edit(where, True))
            case ("lines", key) if key == LINE_KEYS[2]:
                planned.append(Edit(where, None))
            case ("lines", key):
                planned.append(Edit(where, (f"Cup {key}", "3")))
            case (_, _, "price"):
                planned.append(Edit(where, draw(st.decimals(0, 99, places=2))))
            case _:
                planned.append(Edit(where, draw(st.text("xyz", min_size=1, max_size=3))))
    return planned


def as_replica(merged: Merged) -> Order:
    """What was merged, as a third replica has it: a line keeps the key that it was made under."""
    assert isinstance(merged.left, Order)
    lines = tuple(
        line.model_copy(update={"key": known_as(line), "external_ids": {}})
        for line in merged.left.lines or ()
    )
    return merged.left.model_copy(update={"lines": lines})


@given(plans(), st.data())
def test_merging_three_replicas_is_associative_where_edits_are_equal(
    plan: list[Edit], data: st.DataObject
) -> None:
    # GIVEN three replicas, each of which has made some of the same edits
    some = st.lists(st.sampled_from(plan), unique=True) if plan else st.just([])
    one, two, three = (edited(order(), data.draw(some)) for _ in range(3))
    same = Systems("left", "left")  # replicas of one side: their lines have the same keys
    base = agreed(order(), order(), NOBODY, same)
    # WHEN they are merged in either grouping
    one_two = as_replica(merge(base, one, two, NOBODY, same))
    two_three = as_replica(merge(base, two, three, NOBODY, same))
    first_pair = merge(base, one_two, three, NOBODY, same)
    last_pair = merge(base, one, two_three, NOBODY, same)
    # THEN the result is the same, and nobody is asked
    assert said(first_pair.left) == said(last_pair.left)
    assert said(first_pair.left) == said(first_pair.right)
    assert not first_pair.conflicts
    assert not last_pair.conflicts


@given(plans(), st.data())
def test_in_which_order_edits_arrive_does_not_matter(plan: list[Edit], data: st.DataObject) -> None:
    # GIVEN edits, each made on one of the sides, and two orders in which they arrive
    sides = data.draw(st.lists(st.sampled_from(Side), min_size=len(plan), max_size=len(plan)))
    made = list(zip(plan, sides, strict=True))
    orders = [data.draw(st.permutations(made)) for _ in range(2)]

    def played(sequence: list[tuple[Edit, Side]]) -> tuple[Any, Any]:
        left, right, base = first(NOBODY)
        for edit, side in sequence:
            if side is Side.LEFT:
                left = edit.done(left)
            else:
                right = edit.done(right)
            merged = merge(base, left, right, NOBODY)
            assert merged.conflicts == ()
            base = settled(base, merged, NOBODY)
            left, right = merged_order(merged, Side.LEFT), merged_order(merged, Side.RIGHT)
        return said(left), said(right)

    # WHEN each is played, and all at once
    results = [played(sequence) for sequence in orders]
    left, right, base = first(NOBODY)
    at_once = merge(
        base,
        edited(left, [edit for edit, side in made if side is Side.LEFT]),
        edited(right, [edit for edit, side in made if side is Side.RIGHT]),
    )
    # THEN all end the same, on both sides
    assert results[0] == results[1] == (said(at_once.left), said(at_once.right))
    assert results[0][0] == results[0][1]


@given(OURS)
def test_a_record_beside_its_own_twin_is_quiet(ours: list[Edit]) -> None:
    # GIVEN any order, and the same on the other side
    left = edited(order(), ours)
    right = twin(left)
    # WHEN they are merged, agreed before or never
    # THEN there is nothing to do
    assert merge(None, left, right).is_quiet
    assert merge(agreed(left, right, NOBODY), left, right).is_quiet
