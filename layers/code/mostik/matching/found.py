"""The table of a matching: every record of both sides stands in it, with what became of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mostik.mapping.side import Side


class State(StrEnum):
    """What became of a record."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    """There are candidates; a person chooses."""
    ONLY_LEFT = "only left"
    ONLY_RIGHT = "only right"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a pair, or a record of one side.

    Attributes:
        state: see ``State``.
        left: key of the left record, if any.
        right: key of the right record, if any.
        rule: what has matched them, or what asks.
        candidates: of an ambiguous one: keys of the other side, some of them where there are many.
        why: a sentence, where the reader may wonder.
        left_title: for people.
        right_title: for people.
    """

    state: State
    left: str | None = None
    right: str | None = None
    rule: str = ""
    candidates: tuple[str, ...] = ()
    why: str = ""
    left_title: str = ""
    right_title: str = ""

    @property
    def side(self) -> Side:
        """Whose record it is; the left one of a pair."""
        return Side.LEFT if self.left is not None else Side.RIGHT

    @property
    def key(self) -> str:
        """The key of that record."""
        return self.left if self.left is not None else self.right or ""


@dataclass(frozen=True, slots=True)
class Found:
    """The whole table.

    Attributes:
        rows: matched, ambiguous, only left, only right, in this order.
        titles: per side: key → title.
    """

    rows: Sequence[Row]
    titles: Mapping[Side, Mapping[str, str]] = field(default_factory=dict)

    def of(self, state: State) -> Sequence[Row]:
        """The rows of a state."""
        return [row for row in self.rows if row.state is state]

    @property
    def counts(self) -> Mapping[State, int]:
        """How many rows of each state."""
        return Counter(row.state for row in self.rows)

    @property
    def version(self) -> str:
        """A hash of it: a sheet is read only into the table that it was written from."""
        content = hashlib.sha256()
        for row in self.rows:
            line = "\x1f".join((row.state, row.left or "", row.right or "", *row.candidates))
            content.update(line.encode(errors="surrogatepass") + b"\n")
        return content.hexdigest()[:10]
