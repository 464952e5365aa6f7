"""What matching keeps of a record: its key, its title and what it is known by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mostik.commerce.record import Canonical
from mostik.mapping.side import Side


@dataclass(frozen=True, slots=True)
class Marks:
    """What a record is known by under one rule.

    Attributes:
        exact: as it is spelled; puts candidates in order, and decides nothing.
        plain: in one spelling; what is equal here is shared.
    """

    exact: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()


NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class Card:
    """What matching keeps of a record.

    Attributes:
        key: of the record on its side.
        title: for people.
        marks: by rule.
        name: words of a person's name, where the record is one.
    """

    key: str
    title: str
    marks: Mapping[str, Marks] = field(default_factory=dict)
    name: tuple[str, ...] = ()

    def of(self, rule: str) -> Marks:
        """What it is known by under a rule."""
        return self.marks.get(rule, NO_MARKS)


@dataclass(frozen=True, slots=True)
class Context:
    """What the rules must know beside the record.

    Attributes:
        left: the connection of the left side.
        right: the connection of the right side.
        region: the country of phones without a code.
        zone: the zone of the day of an order.
        sections: per side: key of a section → its name; without one its ``Ref.name`` counts.
    """

    left: str
    right: str
    region: str = "RU"
    zone: str = "Europe/Moscow"
    sections: Mapping[Side, Mapping[str, str]] = field(default_factory=dict)

    def system(self, side: Side) -> str:
        """The connection of a side."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to tell that two records are one.

    Attributes:
        name: for people and for CSV: "article".
        marks: what a record is known by.
        single: a record has one such mark at the most, so two that differ are two records.
        only_asks: it never matches; it asks a person about two that nothing else tells apart.
        by_name: people who share it are the same only where their names agree; one that only asks
            does so where nobody else has the name.
        parts: two records whose marks differ are two things, so nobody is asked about them because
            of a weaker mark.
    """

    name: str
    marks: Callable[[Any, Context, Side], Marks]
    single: bool = False
    only_asks: bool = False
    by_name: bool = False
    parts: bool = True


def cards(
    records: Iterable[Canonical],
    rules: Sequence[Rule],
    context: Context,
    side: Side,
    title: Callable[[Any], str],
    name: Callable[[Any], tuple[str, ...]] = lambda _record: (),
) -> Iterator[Card]:
    """Yields the cards of records as they come; the records are not kept.

    Args:
        records: of one side; deleted ones are left out.
        rules: the rules of their kind.
        context: see ``Context``.
        side: which side.
        title: what people call a record.
        name: words of a person's name.
    """
    for record in records:
        if record.deleted:
            continue
        marks = {rule.name: rule.marks(record, context, side) for rule in rules}
        known = {one: found for one, found in marks.items() if found.exact or found.plain}
        yield Card(record.key, title(record), known, name(record))
