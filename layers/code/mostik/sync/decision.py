"""What a person has decided about a record, kept with its pair until it is carried out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from mostik.mapping.side import Side
from mostik.merge.choice import Choice

_GONE = {side: f"(gone on the {side})" for side in Side}
"""Stands among the open paths of a record that one side has deleted and the other has changed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person has decided.

    Attributes:
        by: who.
        at: when, unix seconds.
        choices: by path: whose value stays, and what it was decided about.
        outrun: the record was changed after it, so it was not carried out: decide anew.
    """

    by: str
    at: float
    choices: Mapping[str, Choice]
    outrun: bool = False

    @property
    def waiting(self) -> Mapping[str, Choice]:
        """What is still to be carried out."""
        return {} if self.outrun else self.choices

    def outrun_at(self, paths: Collection[str]) -> Self | None:
        """Returns what remains of it once it was tried: what the record has outrun."""
        left = {path: choice for path, choice in self.choices.items() if path in paths}
        return replace(self, choices=left, outrun=True) if left else None

    def as_item(self) -> dict[str, Any]:
        """Returns it as a row holds it."""
        choices = {path: [one.side.value, one.mark] for path, one in self.choices.items()}
        item: dict[str, Any] = {"by": self.by, "at": self.at, "choices": choices}
        return {**item, "outrun": True} if self.outrun else item

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Reads it back."""
        choices = {path: Choice(Side(side), mark) for path, (side, mark) in item["choices"].items()}
        return cls(str(item["by"]), float(item["at"]), choices, bool(item.get("outrun", False)))


def gone_on(side: Side) -> str:
    """Returns the path that stands for a whole record which a side has deleted."""
    return _GONE[side]


def where_gone(paths: Collection[str]) -> Side | None:
    """Returns the side that has deleted the record whose open paths these are, if one has."""
    if not paths:
        return None
    return next((side for side, path in _GONE.items() if path in paths), None)


def deletes(decision: Decision | None, side: Side) -> bool:
    """Whether a person has said that what a side has deleted is deleted on the other one too."""
    choice = decision.waiting.get(_GONE[side]) if decision is not None else None
    return choice is not None and choice.side is side


def undecided(paths: Collection[str], outrun: Decision | None = None) -> str:
    """Returns what a person must decide, in a sentence.

    Args:
        paths: what is open.
        outrun: what was decided about it and not carried out.
    """
    gone = where_gone(paths)
    if gone is not None:
        text = f"It is gone on the {gone} side, and was changed on the other one since"
    else:
        text = f"Both sides have changed {', '.join(paths)}"
    text = f"{text}: a person decides."
    if outrun is not None and outrun.outrun:
        told = ", ".join(path for path in outrun.choices if path not in _GONE.values())
        about = f" about {told}" if told else ""
        text = f"{text} What {outrun.by} has decided{about} was not done: it was changed after."
    return text
