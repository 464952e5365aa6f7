"""What the sides of a link really send, compared with what the link knows of.

Fields that a side sends and the trade's model has no place for lie in a record's ``extra``. The
mapping may name them there; what nobody names, and nobody has decided about, is drift. So are
values that no dictionary knows, fields of which the mapping is told nothing, fields whose kind has
changed, and rows that are no records. What is to become of a field is said in the link's document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from mostik.commerce.record import Canonical
from mostik.linkdoc.compiled import table_of
from mostik.linkdoc.document import Contract
from mostik.mapping.dictionary import Unknown
from mostik.mapping.path import Path, path, read
from mostik.mapping.shape import Kind
from mostik.mapping.table import Rule, Table, Translate
from mostik.sync.link import Side
from mostik.sync.sent import kind_of, sent
from mostik.sync.shown import masked
from mostik.sync.terms import Terms

MOST_PATHS = 200
"""So many fields of a side are looked after."""
MOST_VALUES = 20
ENOUGH = 20
"""Of so many records one at least should say a field that the side is declared to have."""
_BECOMES = {
    Unknown.MISFIT: "the record goes into quarantine",
    Unknown.PENDING: "the record is tried again by itself",
    Unknown.LEAVE: "the field is left as it is on the other side",
}


class DriftKind(StrEnum):
    """What is not as the link knows it."""

    UNKNOWN = "unknown"
    """The side sends a field that nobody takes."""
    RETYPED = "retyped"
    """What such a field says is of another kind than before, or of several."""
    VALUE = "value"
    """A value that the dictionary does not know."""
    MISSING = "missing"
    """What the mapping must have, or the side is declared to have, is not said."""
    BROKEN = "broken"
    """A row that is no record."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the link knows it.

    Attributes:
        kind: see ``DriftKind``.
        path: where, as a mapping spells it; of a broken row: its key.
        records: how many of those that were read.
        kinds: of an unknown or retyped field: of what kinds its values are.
        values: of a dictionary: values that it does not know, personal data masked.
        contract: what a person has decided about the field.
        first_seen: when a report named it first, unix seconds.
        text: a sentence.
    """

    kind: DriftKind
    path: str
    records: int
    kinds: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    contract: Contract | None = None
    first_seen: float = 0.0
    text: str = ""

    @property
    def offer(self) -> str:
        """The row of a mapping that would take the field."""
        if self.kind not in (DriftKind.UNKNOWN, DriftKind.RETYPED):
            return ""
        return f"- {{left: {self.path}, right: {self.path}}}"


@dataclass(slots=True)
class Sent:
    """Collects what one side sends.

    Attributes:
        side: the side.
        terms: of the link; ``None``: it has no document.
        listed: rows that were read.
    """

    side: Side
    terms: Terms | None
    listed: int = 0
    _fields: dict[str, Counter[Kind]] = field(default_factory=dict)
    _values: dict[str, Counter[str]] = field(default_factory=dict)
    _dictionaries: dict[str, str] = field(default_factory=dict)
    _said: Counter[str] = field(default_factory=Counter)
    _broken: dict[str, str] = field(default_factory=dict)
    _rules: tuple[Rule, ...] = field(init=False)
    _table: Table = field(init=False)
    _watched: Mapping[str, Path] = field(init=False)

    def __post_init__(self) -> None:
        self._table = table_of(self.terms.document) if self.terms is not None else Table()
        self._rules = self._table.leading_to(self.side.other)
        read_by_rules = {where.text: where for rule in self._rules for where in rule.at(self.side)}
        declared = {name: path(name) for name in self._declared()}
        self._watched = {**declared, **read_by_rules}

    def take(self, record: Canonical) -> None:
        """Takes a record."""
        self.listed += 1
        seen: dict[str, set[Kind]] = {}
        for name, value in sent(record):
            kind = kind_of(value)
            if kind is not None:
                seen.setdefault(name, set()).add(kind)
        for name, kinds in seen.items():
            if name in self._fields or len(self._fields) < MOST_PATHS:
                self._fields.setdefault(name, Counter()).update(kinds)
        for name, where in self._watched.items():
            self._said[name] += any(True for _ in _flat(read(record, where)))
        for rule in self._rules:
            if isinstance(rule.by, Translate):
                for where in rule.at(self.side):
                    self._unknown_values(rule.by.dictionary, where, record)

    def take_broken(self, key: str, why: str) -> None:
        """Takes a row that is no record."""
        self.listed += 1
        if len(self._broken) < MOST_VALUES:
            self._broken[key] = why

    def findings(self, before: Sequence[Finding], now: float) -> Sequence[Finding]:
        """Returns what is not as the link knows it.

        Args:
            before: of the report before.
            now: unix seconds.
        """
        known = {(one.kind, one.path): one for one in before}
        kinds_before = {one.path: one.kinds for one in before if one.kinds}
        drift = self.terms.document.end(self.side).drift if self.terms is not None else {}
        found = [*self._unknown(drift, kinds_before), *self._missing(), *self._of_values()]
        found += [Finding(DriftKind.BROKEN, key, 1, text=why) for key, why in self._broken.items()]
        return [
            replace(one, first_seen=was.first_seen if was is not None else now)
            for one in found
            for was in (known.get((one.kind, one.path)),)
        ]

    # ── what was found ─────────────────────────────────────────────────────────────────────────

    def _unknown(
        self, drift: Mapping[str, Contract], before: Mapping[str, tuple[str, ...]]
    ) -> Iterator[Finding]:
        named = self._named()
        for where, kinds in sorted(self._fields.items()):
            if any(one == where or one.startswith((f"{where}.", f"{where}[")) for one in named):
                continue
            names = tuple(sorted(kind.value for kind in kinds))
            was = before.get(where)
            retyped = len(names) > 1 or (was is not None and was != names)
            kind = DriftKind.RETYPED if retyped else DriftKind.UNKNOWN
            text = "Nobody takes it."
            if retyped:
                text = f"It is {' or '.join(names)}" + (
                    f", and was {' or '.join(was)} before." if was and was != names else "."
                )
            number = max(kinds.values())
            yield Finding(kind, where, number, names, contract=drift.get(where), text=text)

    def _missing(self) -> Iterator[Finding]:
        required = {
            where.text for rule in self._rules if rule.required for where in rule.at(self.side)
        }
        for where in sorted(self._watched):
            lacking = self.listed - len(self._broken) - self._said[where]
            if where in required and lacking:
                text = "The mapping must have it: without it a record is not carried over."
                yield Finding(DriftKind.MISSING, where, lacking, text=text)
            elif lacking >= ENOUGH and not self._said[where]:
                text = "The side is said to have it, and no record says it."
                yield Finding(DriftKind.MISSING, where, lacking, text=text)

    def _of_values(self) -> Iterator[Finding]:
        for where, values in sorted(self._values.items()):
            shown = tuple(str(masked(where, one)) for one, _ in values.most_common(MOST_VALUES))
            name = self._dictionaries[where]
            becomes = _BECOMES[self._table.dictionaries[name].unknown]
            text = f"The dictionary {name} does not know it: {becomes}."
            yield Finding(DriftKind.VALUE, where, sum(values.values()), values=shown, text=text)

    def _unknown_values(self, name: str, where: Path, record: Canonical) -> None:
        dictionary = self._table.dictionaries[name]
        for value in _flat(read(record, where)):
            text = str(getattr(value, "value", value))
            if dictionary.stands_for(text, self.side.other) is None:
                self._dictionaries[where.text] = name
                values = self._values.setdefault(where.text, Counter())
                if text in values or len(values) < MOST_VALUES:
                    values[text] += 1

    # ── what the link knows ────────────────────────────────────────────────────────────────────

    def _named(self) -> frozenset[str]:
        return frozenset(where.text for rule in self._table.rules for where in rule.at(self.side))

    def _declared(self) -> frozenset[str]:
        """Whole fields that the side is declared to hold."""
        holds = self.terms.shapes[self.side].holds if self.terms is not None else None
        model = self.terms.shapes[self.side].model if self.terms is not None else None
        if holds is None or model is None:
            return frozenset()
        return frozenset(name for name in holds if name in model.model_fields)


def _flat(value: Any) -> Iterator[Any]:
    """What is said at a path: through lists, without what is not known."""
    if isinstance(value, tuple | list):
        for one in value:
            yield from _flat(one)
    elif value not in (None, ""):
        yield value
