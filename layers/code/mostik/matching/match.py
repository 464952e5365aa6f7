"""Matches two bases: one to one, in the order of the rules, or a person is asked.

A pair is made only where a mark stands for one record on each side, nothing that was seen before
speaks against it, and the two are not already in doubt with others. Everything else that shares a
mark is listed with its candidates. Nothing is matched because nothing better is left, or because it
is spelled alike by chance: marks are compared in one spelling.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mostik.mapping.side import Side
from mostik.matching.card import Card, Rule
from mostik.matching.found import Found, Row, State
from mostik.matching.keys import names_agree

MOST_CANDIDATES = 20
"""So many are listed for one record."""
MOST_SHARING = 200
"""Of records that share a mark with so many others only some are looked at: it says little."""


def match(left: Iterable[Card], right: Iterable[Card], rules: Sequence[Rule]) -> Found:
    """Matches two bases.

    Args:
        left: cards of the left side.
        right: cards of the right side.
        rules: in order.
    """
    work = _Work(
        {Side.LEFT: {one.key: one for one in left}, Side.RIGHT: {one.key: one for one in right}},
        tuple(rules),
    )
    for place, rule in enumerate(rules):
        earlier = tuple(one for one in rules[:place] if one.single)
        work.take(rule, earlier)
    return work.found()


@dataclass(slots=True)
class _Doubt:
    """What asks about a record.

    Attributes:
        rule: the first rule that asked.
        why: why nothing was decided.
        others: candidates.
    """

    rule: str
    why: str
    others: dict[str, None] = field(default_factory=dict)


Edges = Mapping[str, set[str]]


@dataclass(slots=True)
class _Work:
    cards: Mapping[Side, Mapping[str, Card]]
    rules: tuple[Rule, ...]
    partner: dict[Side, dict[str, str]] = field(default_factory=lambda: {one: {} for one in Side})
    by: dict[str, str] = field(default_factory=dict)
    doubts: dict[Side, dict[str, _Doubt]] = field(default_factory=lambda: {one: {} for one in Side})

    # ── one rule ───────────────────────────────────────────────────────────────────────────────

    def take(self, rule: Rule, earlier: Sequence[Rule]) -> None:
        """Applies a rule to what is not matched yet."""
        there, here, odd = self.edges(rule)
        pairs = [
            (one, next(iter(others)))
            for one, others in there.items()
            if len(others) == 1 and len(here[next(iter(others))]) == 1
        ]
        sure = [pair for pair in pairs if self.is_sure(*pair, rule, earlier)]
        for one, other in sure:
            self.pair(one, other, rule)
        done = set(sure)
        for one in sorted(there):
            for other in sorted(there[one]):
                if (one, other) not in done:
                    alone = len(there[one]) == 1 and len(here[other]) == 1
                    self.ask(one, other, rule, earlier, alone=alone)
        for one, other in odd:
            if one not in there and other not in here:
                self.ask(one, other, rule, earlier, alone=True)

    def edges(self, rule: Rule) -> tuple[Edges, Edges, list[tuple[str, str]]]:
        """Who shares a mark with whom; and who does, but has clearly another name."""
        indexes = {side: self.index(rule, side) for side in Side}
        shared = indexes[Side.LEFT].keys() & indexes[Side.RIGHT].keys()
        there: dict[str, set[str]] = defaultdict(set)
        here: dict[str, set[str]] = defaultdict(set)
        odd: list[tuple[str, str]] = []
        for mark in sorted(shared):
            lefts, rights = indexes[Side.LEFT][mark], indexes[Side.RIGHT][mark]
            for one in lefts:
                for other in rights if len(lefts) < MOST_SHARING else rights[:MOST_SHARING]:
                    if rule.by_name and not self.may_be(one, other):
                        odd.append((one, other))
                        continue
                    there[one].add(other)
                    here[other].add(one)
        return there, here, odd

    def may_be(self, one: str, other: str) -> bool:
        """Whether two people's names may be of one person."""
        return names_agree(self.cards[Side.LEFT][one].name, self.cards[Side.RIGHT][other].name)

    def index(self, rule: Rule, side: Side) -> Mapping[str, list[str]]:
        """Mark → keys of all records that have it, matched ones too: they may be doubles."""
        index: dict[str, list[str]] = defaultdict(list)
        for key, card in self.cards[side].items():
            for mark in card.of(rule.name).plain:
                index[mark].append(key)
        return index

    def is_sure(self, one: str, other: str, rule: Rule, earlier: Sequence[Rule]) -> bool:
        """Whether two that nobody else shares a mark with are one record."""
        if self.is_matched(one, other) or rule.only_asks:
            return False
        for side, key, wanted in ((Side.LEFT, one, other), (Side.RIGHT, other, one)):
            doubt = self.doubts[side].get(key)
            if doubt is not None and wanted not in doubt.others:
                return False
        return not self.against(one, other, rule, earlier)

    def against(self, one: str, other: str, rule: Rule, earlier: Sequence[Rule]) -> str:
        """What speaks against two being one record; "": nothing."""
        left, right = self.cards[Side.LEFT][one], self.cards[Side.RIGHT][other]
        for strong in earlier:
            ours, theirs = left.of(strong.name).plain, right.of(strong.name).plain
            if ours and theirs and not set(ours) & set(theirs):
                return f"the {strong.name} differs"
        if rule.by_name and not self.may_be(one, other):
            return "the names differ"
        return ""

    def is_matched(self, one: str, other: str) -> bool:
        return one in self.partner[Side.LEFT] or other in self.partner[Side.RIGHT]

    def pair(self, one: str, other: str, rule: Rule) -> None:
        self.partner[Side.LEFT][one] = other
        self.partner[Side.RIGHT][other] = one
        self.by[one] = rule.name
        self.doubts[Side.LEFT].pop(one, None)
        self.doubts[Side.RIGHT].pop(other, None)

    # ── doubts ─────────────────────────────────────────────────────────────────────────────────

    def ask(
        self, one: str, other: str, rule: Rule, earlier: Sequence[Rule], *, alone: bool
    ) -> None:
        """Lists two that share a mark and were not matched."""
        free_left = one not in self.partner[Side.LEFT]
        free_right = other not in self.partner[Side.RIGHT]
        if not free_left and not free_right:
            return
        if rule.only_asks and ((not alone and rule.by_name) or not (free_left and free_right)):
            return  # namesakes, or somebody that is known to be another
        reason = self.against(one, other, rule, earlier)
        if reason and (rule.only_asks or not (alone and free_left and free_right)):
            return  # many share a name, and something better tells these two apart
        if rule.only_asks and self.is_told_apart(one, other, rule):
            return
        why = reason or ("" if alone else f"several have this {rule.name}")
        if free_left:
            taken = self.partner[Side.RIGHT].get(other)
            self.doubt(Side.LEFT, one, other, rule, why, taken)
        if free_right:
            taken = self.partner[Side.LEFT].get(one)
            self.doubt(Side.RIGHT, other, one, rule, why, taken)

    def is_told_apart(self, one: str, other: str, rule: Rule) -> bool:
        """Whether both have a mark of another rule, and it differs: namesakes."""
        left, right = self.cards[Side.LEFT][one], self.cards[Side.RIGHT][other]
        for better in self.rules:
            if better.name == rule.name:
                break
            ours, theirs = left.of(better.name).plain, right.of(better.name).plain
            if better.parts and ours and theirs:
                return not set(ours) & set(theirs)
        return False

    def doubt(
        self, side: Side, key: str, other: str, rule: Rule, why: str, taken: str | None
    ) -> None:
        if taken is not None:
            why = f"{other!r}, which has the same {rule.name}, is matched with {taken!r}"
        doubt = self.doubts[side].setdefault(key, _Doubt(rule.name, why))
        if len(doubt.others) < MOST_CANDIDATES:
            doubt.others[other] = None

    # ── the table ──────────────────────────────────────────────────────────────────────────────

    def found(self) -> Found:
        """Returns the table."""
        rows = [
            Row(
                State.MATCHED,
                one,
                other,
                self.by[one],
                left_title=self.cards[Side.LEFT][one].title,
                right_title=self.cards[Side.RIGHT][other].title,
            )
            for one, other in self.partner[Side.LEFT].items()
        ]
        rows += [self.row(State.AMBIGUOUS, side, key) for side in Side for key in self.doubts[side]]
        for side, state in ((Side.LEFT, State.ONLY_LEFT), (Side.RIGHT, State.ONLY_RIGHT)):
            known = self.partner[side].keys() | self.doubts[side].keys()
            rows += [self.row(state, side, key) for key in self.cards[side] if key not in known]
        titles = {side: {key: one.title for key, one in self.cards[side].items()} for side in Side}
        return Found(rows, titles)

    def row(self, state: State, side: Side, key: str) -> Row:
        doubt = self.doubts[side].get(key)
        title = self.cards[side][key].title
        left = side is Side.LEFT
        return Row(
            state,
            key if left else None,
            None if left else key,
            doubt.rule if doubt else "",
            self.candidates(side, key, doubt) if doubt else (),
            doubt.why if doubt else "",
            title if left else "",
            "" if left else title,
        )

    def candidates(self, side: Side, key: str, doubt: _Doubt) -> tuple[str, ...]:
        """Candidates, those first that spell the mark alike. It says little: two twins may be
        spelled alike by chance."""
        exact = set(self.cards[side][key].of(doubt.rule).exact)
        theirs = self.cards[side.other]
        return tuple(
            sorted(doubt.others, key=lambda one: not exact & set(theirs[one].of(doubt.rule).exact))
        )
