"""Values that stand for values: n to one, with a way back, and never a guess.

Several values may stand for one. Which of them is written on the way back is said, not guessed;
and a value that already stands for what the other side says is left alone. So "Готов к выдаче" does
not become "Отгружен" because 1C has one word for both, and nothing goes round in circles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mostik.mapping.side import Side, Way


class Unknown(StrEnum):
    """What becomes of a value that stands for nothing."""

    MISFIT = "misfit"
    """The record goes into quarantine with a sentence; a person adds the value."""
    PENDING = "pending"
    """It is tried again: something else will add the value."""
    LEAVE = "leave"
    """The field is left as it is on the other side."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of the left side and the value of the right side that it stands for.

    Attributes:
        left: as the left side spells it.
        right: as the right side spells it.
        way: which way it holds; of several entries for one value, one leads back.
        after: per side: the values from which that side may go to this one; absent: see
            ``Dictionary.back``.
        sets: per side: what writing this value there says as well (``flags.paid``: true).
        notifies: the sides that tell the customer when this value is written there.
    """

    left: str
    right: str
    way: Way = Way.BOTH
    after: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    sets: Mapping[Side, Mapping[str, Any]] = field(default_factory=dict)
    notifies: frozenset[Side] = frozenset()

    def of(self, side: Side) -> str:
        """The value on a side."""
        return self.left if side is Side.LEFT else self.right


class Answer(StrEnum):
    """What a dictionary says about a value."""

    WRITE = "write"
    KEEP = "keep"
    """The present value stands for it already."""
    REFUSE = "refuse"
    """The present value may not become the other one, or nobody may be told now."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Translation:
    """What becomes of one value.

    Attributes:
        answer: see ``Answer``.
        value: the value of the other side; of ``REFUSE`` the present one, of ``UNKNOWN`` none.
        sets: what is said as well, by path; only where something is written.
        why: a sentence, where the reader may wonder.
        tells: writing it tells the customer.
    """

    answer: Answer
    value: str | None
    sets: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Values of the left side and of the right side, in the order in which a record goes through
    them.

    Attributes:
        entries: what stands for what.
        back: a value may go back in that order.
        unknown: what becomes of a value that is not in it.
        noun: for sentences: "status".
    """

    entries: tuple[Entry, ...] = ()
    back: bool = True
    unknown: Unknown = Unknown.MISFIT
    noun: str = "value"

    def stands_for(self, value: str, to: Side) -> str | None:
        """Returns the value of side ``to`` that a value of its other side becomes."""
        entry = self._entry(value, to)
        return entry.of(to) if entry is not None else None

    def agree(self, left: str, right: str) -> bool:
        """Whether two values say the same: either stands for the other."""
        return (
            self.stands_for(left, Side.RIGHT) == right or self.stands_for(right, Side.LEFT) == left
        )

    def translate(
        self, value: str, to: Side, present: str | None = None, *, quiet: bool = False
    ) -> Translation:
        """Says what becomes of a value.

        Args:
            value: as the side that it comes from spells it.
            to: where it goes.
            present: what stands there now; ``None``: nothing, or it is not known.
            quiet: nobody may be told: a bulk run that was not allowed to notify customers.
        """
        if present is not None and self._agrees(value, present, to):
            return Translation(Answer.KEEP, present, why=self._kept(value, present, to))
        entry = self._entry(value, to)
        if entry is None:
            return Translation(Answer.UNKNOWN, None, why=self._unknown_text(value, to))
        wanted = entry.of(to)
        if present is not None and not self.allows(present, wanted, to):
            why = f"the {self.noun} may not go from {present!r} to {wanted!r}"
            return Translation(Answer.REFUSE, present, why=why)
        tells = to in entry.notifies
        if tells and quiet:
            why = f"{wanted!r} tells the customer, and a run over many records may not do that"
            return Translation(Answer.REFUSE, present, why=why)
        return Translation(Answer.WRITE, wanted, entry.sets.get(to, {}), tells=tells)

    def allows(self, present: str, wanted: str, on: Side) -> bool:
        """Whether a side may go from its present value to another one."""
        if present == wanted:
            return True
        places: dict[str, int] = {}
        for place, entry in enumerate(self.entries):
            places.setdefault(entry.of(on), place)
            if entry.of(on) == wanted and on in entry.after:
                return present in entry.after[on]
        if self.back or present not in places or wanted not in places:
            return True
        return places[wanted] > places[present]

    def faults(self) -> list[str]:
        """Returns what is wrong with it, in sentences."""
        found: list[str] = []
        if not self.entries:
            found.append("it has no entries")
        for to in Side:
            known: dict[str, Entry] = {}
            for entry in self.entries:
                if not entry.way.leads_to(to):
                    continue
                source, target = entry.of(to.other), entry.of(to)
                first = known.setdefault(source, entry)
                if first is not entry and first.of(to) == target:
                    found.append(f"{source!r} ↔ {target!r} stands there twice")
                elif first is not entry:
                    found.append(
                        f"{source!r} on the {to.other} becomes both {first.of(to)!r} and"
                        f" {target!r}: let one of the two lead the other way only"
                    )
        for entry in self.entries:
            for side, values in entry.after.items():
                all_values = {one.of(side) for one in self.entries}
                found += [
                    f"{entry.of(side)!r} may come after {value!r}, which the {side} does not have"
                    for value in values
                    if value not in all_values
                ]
        return found

    def _entry(self, value: str, to: Side) -> Entry | None:
        return next(
            (one for one in self.entries if one.way.leads_to(to) and one.of(to.other) == value),
            None,
        )

    def _agrees(self, value: str, present: str, to: Side) -> bool:
        left, right = (present, value) if to is Side.LEFT else (value, present)
        return self.agree(left, right)

    def _kept(self, value: str, present: str, to: Side) -> str:
        if self.stands_for(value, to) == present:
            return ""
        return f"{present!r} stands for {value!r} already"

    def _unknown_text(self, value: str, to: Side) -> str:
        known = sorted({one.of(to.other) for one in self.entries if one.way.leads_to(to)})
        listed = ", ".join(map(repr, known[:12])) + (" …" if len(known) > 12 else "")
        return (
            f"the {self.noun} {value!r} of the {to.other} side stands for nothing on the {to}"
            f" side; known are {listed or 'none'}"
        )
