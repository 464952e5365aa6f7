"""What a person has decided about a matching, and what the link may do then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mostik.mapping.side import Side
from mostik.matching.found import Found, Row, State

NEW, LEAVE = "new", "leave"


class Verdict(StrEnum):
    """What a person says about a row."""

    PAIR = "pair"
    """It is this one of the other side."""
    NEW = "new"
    """The other side does not have it: it may be created there."""
    LEAVE = "leave"
    """Neither paired nor created."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says about a row.

    Attributes:
        verdict: see ``Verdict``.
        key: of a pair: the key on the other side.
    """

    verdict: Verdict
    key: str = ""


Decisions = Mapping[int, Decision]
"""By the place of the row in the table. A row without one is accepted as it is."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What an approved matching comes to. Every record of both sides is in exactly one of these.

    Attributes:
        pairs: key on the left → key on the right: these become xref.
        to_create: per side: keys of that side which the other one does not have.
        left_alone: per side: keys that are neither paired nor created.
        undecided: per side: keys that a person has not decided; the link does not touch them.
        faults: decisions that cannot be, in sentences; with one the matching is not approved.
        candidates: per side: of an undecided key, those of the other side that it may be.
    """

    pairs: Mapping[str, str]
    to_create: Mapping[Side, frozenset[str]]
    left_alone: Mapping[Side, frozenset[str]]
    undecided: Mapping[Side, frozenset[str]]
    faults: tuple[str, ...] = ()
    candidates: Mapping[Side, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is open."""
        return not self.faults and not any(self.undecided.values())


def approve(found: Found, decisions: Decisions) -> Approval:
    """Returns what a table and a person's decisions come to.

    Args:
        found: the table.
        decisions: of a person.
    """
    work = _Approved()
    for place, row in enumerate(found.rows):
        decision = decisions.get(place)
        if decision is not None and decision.verdict is Verdict.PAIR:
            work.pair(row, decision.key, found)
    for place, row in enumerate(found.rows):
        work.settle(row, decisions.get(place))
    return work.done(found)


@dataclass(slots=True)
class _Approved:
    pairs: dict[str, str] = field(default_factory=dict)
    back: dict[str, str] = field(default_factory=dict)
    create: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})
    leave: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})
    faults: list[str] = field(default_factory=list)

    def pair(self, row: Row, other: str, found: Found) -> None:
        """Takes a pair that a person has chosen."""
        if other not in found.titles.get(row.side.other, {}):
            self.faults.append(f"{row.key!r}: there is no {other!r} on the {row.side.other} side.")
            return
        left, right = (row.key, other) if row.side is Side.LEFT else (other, row.key)
        self.join(left, right)

    def join(self, left: str, right: str) -> None:
        for one, two, known in ((left, right, self.pairs), (right, left, self.back)):
            standing = known.get(one)
            if standing is not None and standing != two:
                self.faults.append(
                    f"{one!r} is paired with both {standing!r} and {two!r}: choose one."
                )
                return
        self.pairs[left], self.back[right] = right, left

    def settle(self, row: Row, decision: Decision | None) -> None:
        """Takes everything else; a pair that a person has chosen elsewhere goes before."""
        keys = [(Side.LEFT, row.left), (Side.RIGHT, row.right)]
        free = [
            (side, key) for side, key in keys if key is not None and not self.is_paired(side, key)
        ]
        verdict = decision.verdict if decision is not None else None
        if verdict is None and row.state is State.MATCHED:
            if len(free) == 2 and row.left is not None and row.right is not None:
                self.join(row.left, row.right)
            return
        if verdict is None and row.state is State.AMBIGUOUS:
            return
        if verdict is Verdict.PAIR:
            return
        for side, key in free:
            (self.leave if verdict is Verdict.LEAVE else self.create)[side].add(key)

    def is_paired(self, side: Side, key: str) -> bool:
        return key in (self.pairs if side is Side.LEFT else self.back)

    def done(self, found: Found) -> Approval:
        undecided: dict[Side, frozenset[str]] = {}
        for side in Side:
            paired = self.pairs.keys() if side is Side.LEFT else self.back.keys()
            self.create[side] -= paired
            self.leave[side] -= paired
            both = self.create[side] & self.leave[side]
            self.faults += [f"{key!r} is both new and left alone: choose one." for key in both]
            settled = paired | self.create[side] | self.leave[side]
            undecided[side] = frozenset(found.titles.get(side, {}).keys() - settled)
        return Approval(
            self.pairs,
            {side: frozenset(keys) for side, keys in self.create.items()},
            {side: frozenset(keys) for side, keys in self.leave.items()},
            undecided,
            tuple(self.faults),
            {
                side: {
                    row.key: row.candidates
                    for row in found.rows
                    if row.candidates and row.side is side and row.key in undecided[side]
                }
                for side in Side
            },
        )


def words(approval: Approval, left: str, right: str) -> Sequence[str]:
    """Returns what an approval means, in sentences.

    Args:
        approval: the approval.
        left: what people call the left side.
        right: what people call the right side.
    """
    sentences = [
        f"{len(approval.pairs)} records are paired.",
        f"{len(approval.to_create[Side.LEFT])} of {left} may be created in {right}.",
        f"{len(approval.to_create[Side.RIGHT])} of {right} may be created in {left}.",
    ]
    if alone := sum(map(len, approval.left_alone.values())):
        sentences.append(f"{alone} are left alone.")
    if waiting := sum(map(len, approval.undecided.values())):
        sentences.append(f"{waiting} are not decided; the link does not touch them.")
    return sentences
