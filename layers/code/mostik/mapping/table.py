"""A mapping as a table: which field of one side becomes which field of the other, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from typing import Any

from mostik.mapping.dictionary import Dictionary
from mostik.mapping.functions.function import Options
from mostik.mapping.path import Path, path
from mostik.mapping.side import Side, Way


@dataclass(frozen=True, slots=True)
class AsIs:
    """The value goes over as it is."""

    def __str__(self) -> str:
        return "as it is"


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is always the same; nothing is read."""

    value: Any

    def __str__(self) -> str:
        return "constant"


@dataclass(frozen=True, slots=True)
class Translate:
    """By a dictionary."""

    dictionary: str

    def __str__(self) -> str:
        return f"dictionary {self.dictionary}"


@dataclass(frozen=True, slots=True)
class Template:
    """A text with paths in braces: ``{last_name} {first_name}``. With one pair of braces it can be
    read back."""

    text: str

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths in its braces.

        Raises:
            ValueError: it is no template.
        """
        pieces = Formatter().parse(self.text)
        found = [(name, spec, turn) for _, name, spec, turn in pieces if name is not None]
        if any(spec or turn for _, spec, turn in found):
            raise ValueError(f"{self.text!r}: braces hold a path and nothing else")
        return tuple(path(name) for name, _, _ in found)

    @property
    def around(self) -> tuple[str, str]:
        """What stands before and behind its only braces."""
        pieces = [*Formatter().parse(self.text)]
        tail = pieces[1][0] if len(pieces) > 1 else ""
        return pieces[0][0], tail

    def __str__(self) -> str:
        return "template"


@dataclass(frozen=True, slots=True)
class Apply:
    """By a function of the library, with options for each side."""

    function: str
    left: Options = field(default_factory=dict)
    right: Options = field(default_factory=dict)

    def options(self, side: Side) -> Options:
        """The options of a side."""
        return self.left if side is Side.LEFT else self.right

    def __str__(self) -> str:
        return self.function


By = AsIs | Constant | Translate | Template | Apply


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        left: where it is on the left side; empty where the left side is not concerned.
        right: the same on the right side.
        by: how one becomes the other.
        way: which way the rule holds.
        required: without a value the record is not carried over.
    """

    left: tuple[Path, ...]
    right: tuple[Path, ...]
    by: By = AsIs()
    way: Way = Way.BOTH
    required: bool = False

    def at(self, side: Side) -> tuple[Path, ...]:
        """Its paths on a side."""
        return self.left if side is Side.LEFT else self.right

    def leads_to(self, side: Side) -> bool:
        """Whether it writes to a side."""
        return self.way.leads_to(side) and bool(self.at(side)) and self._can_lead_to(side)

    def name_on(self, side: Side) -> str:
        """What people call it: the paths that it writes."""
        return ", ".join([one.text for one in self.at(side)])

    def _can_lead_to(self, side: Side) -> bool:
        match self.by:
            case Constant():
                return not self.at(side.other)
            case Template() as template:
                return not self.at(side.other) or len(template.paths) == 1
        return bool(self.at(side.other))


class Rest(StrEnum):
    """What becomes of fields that no rule names."""

    CARRY = "carry"
    """They go over as they are: both sides speak of the same kind of record."""
    LEAVE = "leave"
    """They are not known to the other side."""


@dataclass(frozen=True, slots=True)
class Table:
    """A whole mapping.

    Attributes:
        rules: its rows, in order.
        dictionaries: by name.
        rest: what becomes of fields that no rule names.
    """

    rules: tuple[Rule, ...] = ()
    dictionaries: Mapping[str, Dictionary] = field(default_factory=dict)
    rest: Rest = Rest.CARRY

    def leading_to(self, side: Side) -> tuple[Rule, ...]:
        """The rules that write to a side."""
        return tuple(rule for rule in self.rules if rule.leads_to(side))

    @property
    def version(self) -> str:
        """A hash of all that it says: equal tables have equal versions."""
        text = json.dumps(_plain(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    match value:
        case Path():
            return str(value)
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case tuple() | list():
            return [_plain(element) for element in value]
        case frozenset() | set():
            return sorted(str(element) for element in value)
        case str() | bool() | int() | None:
            return value
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is not None:
        said = {name: _plain(getattr(value, name)) for name in fields}
        return {"is": type(value).__name__, **said}
    return f"{type(value).__name__} {value}"
