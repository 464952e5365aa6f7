"""Says a record of one side in the terms of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from mostik.commerce.record import Canonical, Part
from mostik.errors import MostikError, WhoActs
from mostik.mapping.apply import Applied, apply
from mostik.mapping.path import Path, clear, path, put, read
from mostik.mapping.shape import Shape
from mostik.mapping.side import Side
from mostik.mapping.table import Rest, Rule, Table
from mostik.mapping.trace import Outcome, Problem, Step, error_of


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a mapping must know of the moment.

    Attributes:
        bulk: a run over many records.
        may_notify: it was switched on that such a run tells customers.
    """

    bulk: bool = False
    may_notify: bool = False

    @property
    def quiet(self) -> bool:
        """Whether nobody may be told."""
        return self.bulk and not self.may_notify


SINGLE = Occasion()
_PART_KEYS = frozenset({"key", "external_ids"})
_List = tuple[Path, Path, frozenset[str]]
"""A list of one side, the list of the other that is made of it, and which keys a rule writes."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record in the terms of the other side.

    Attributes:
        content: what is said there, as plain fields.
        record: the same as a canonical record; ``None``: the side is free JSON, or there are
            problems.
        steps: why each field says what it says, in the order of the rules.
        problems: what cannot be said.
    """

    content: Mapping[str, Any]
    record: Canonical | None
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...] = ()

    def error(self, resource: str = "mapping") -> MostikError | None:
        """Returns why the record cannot be carried over, ``None`` when it can."""
        return error_of(self.problems, resource)

    @property
    def tells(self) -> bool:
        """Whether writing it tells the customer something."""
        return any(step.tells for step in self.steps)


class RecordMapper(Protocol):
    """What a Python mapper of an integration must offer to stand in for a table."""

    def to(
        self, side: Side, record: Any, present: Any = None, occasion: Occasion = SINGLE
    ) -> Mapped:
        """See ``Mapper.to``."""
        ...


@dataclass(frozen=True, slots=True)
class Mapper:
    """Maps by a table.

    Attributes:
        table: which field becomes which.
        left: the fields of the left side.
        right: the fields of the right side.
    """

    table: Table
    left: Shape
    right: Shape
    _leading: Mapping[Side, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)
    _lists: Mapping[Side, tuple[_List, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        leading = {side: self.table.leading_to(side) for side in Side}
        object.__setattr__(self, "_leading", leading)
        lists = {side: tuple(self._lists_of(side, leading[side])) for side in Side}
        object.__setattr__(self, "_lists", lists)

    def shape(self, side: Side) -> Shape:
        """The fields of a side."""
        return self.left if side is Side.LEFT else self.right

    def _lists_of(self, side: Side, rules: tuple[Rule, ...]) -> Iterator[_List]:
        """Lists of parts that rules make of lists of parts."""
        if self.shape(side).model is None or self.shape(side.other).model is None:
            return
        written = {where.field for rule in rules for where in rule.at(side)}
        seen: set[Path] = set()
        for rule in rules:
            for source, target in zip(rule.at(side.other), rule.at(side), strict=False):
                into = target.last_list()
                if into is None or into in seen or not self._is_parts(side, into):
                    continue
                seen.add(into)
                own = {name for name in _PART_KEYS if f"{into.field}.{name}" in written}
                outof = source.last_list()
                if outof is not None:
                    yield outof, into, frozenset(own)

    def _is_parts(self, side: Side, where: Path) -> bool:
        model = self.shape(side).at(where).model
        return model is not None and issubclass(model, Part)

    def to(
        self,
        side: Side,
        record: Canonical | Mapping[str, Any],
        present: Canonical | Mapping[str, Any] | None = None,
        occasion: Occasion = SINGLE,
    ) -> Mapped:
        """Says a record in the terms of a side.

        Args:
            side: whose terms.
            record: of the other side.
            present: what stands on ``side`` now. Values of it that say the same already are kept
                as they are spelled there.
            occasion: what kind of run it is.
        """
        draft = self._begun(side, record)
        applied = [
            apply(rule, self.table, side, record, present, quiet=occasion.quiet)
            for rule in self._leading[side]
        ]
        for one in applied:
            for where in one.rule.at(side):
                clear(draft, where)
        for one in applied:
            for said in one.said:
                put(draft, said.where, said.value)
        self._carry_keys(side, record, draft)
        steps = tuple(step for one in applied for step in one.steps)
        problems = [problem for one in applied for problem in one.problems]
        _take_effects(draft, applied)
        shape = self.shape(side)
        if shape.model is None:
            return Mapped(_plain(draft), None, steps, tuple(problems))
        made: Canonical | None = None
        if not problems:
            try:
                made = shape.model.model_validate(draft)
            except ValidationError as error:
                problems += _unfit(error, shape)
        return Mapped(draft, made, steps, tuple(problems))

    def _carry_keys(self, side: Side, record: Any, draft: dict[str, Any]) -> None:
        """Parts that become parts stay who they are, as the record does."""
        for source, target, written in self._lists[side]:
            for name in sorted(_PART_KEYS - written):
                keys = read(record, source.inner(name))
                if isinstance(keys, tuple) and any(keys):
                    put(draft, target.inner(name), tuple(one or None for one in keys))

    def _begun(self, side: Side, record: Canonical | Mapping[str, Any]) -> dict[str, Any]:
        """What is said before any rule: who it is, and the rest where that is carried."""
        if not isinstance(record, Canonical):
            return {}
        model = self.shape(side).model
        if model is None:
            return {}
        known = {name: getattr(record, name) for name in type(record).model_fields}
        carried = self.table.rest is Rest.CARRY
        return {
            name: _opened(value)
            for name, value in known.items()
            if value is not None
            and name in model.model_fields
            and (name in record.meta or carried)
            and (name != "extra" or carried)
        }


def _take_effects(draft: dict[str, Any], applied: list[Applied]) -> None:
    """What values say beside themselves: a status that means "paid" sets the flag as well."""
    for one in applied:
        for where, value in one.sets.items():
            put(draft, path(where), value)


def _opened(value: Any) -> Any:
    """A model as a draft that can be changed; references and plain values stay."""
    match value:
        case Canonical() | BaseModel():
            fields = type(value).model_fields
            inner = {name: _opened(getattr(value, name)) for name in fields}
            return {name: one for name, one in inner.items() if one is not None}
        case Mapping():
            return {name: _opened(one) for name, one in value.items()}
        case tuple() | list():
            return [_opened(one) for one in value]
    return value


def _unfit(error: ValidationError, shape: Shape) -> list[Problem]:
    """Names the fields, never what they hold."""
    found: dict[str, Problem] = {}
    for one in error.errors():
        where = ".".join(map(str, one["loc"])) or "the record"
        missing = one["type"] == "missing"
        text = (
            f"{where}: {shape.name} must have it, and the mapping says nothing of it."
            if missing
            else f"{where}: {shape.name} does not take what the mapping makes of it ({one['msg']})."
        )
        found[where] = Problem(where, text, WhoActs.ADMIN)
    return list(found.values())


def _plain(value: Any) -> Any:
    """A draft as JSON has it: amounts as texts, times in ISO 8601, references by key."""
    match value:
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case Decimal():
            return f"{value:f}"
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case BaseModel():
            return getattr(value, "key", None) or value.model_dump(mode="json")
    return value


def explained(mapped: Mapped) -> list[str]:
    """Returns a preview in lines, problems last."""
    lines = [str(step) for step in mapped.steps if step.outcome is not Outcome.REFUSED]
    return lines + [problem.text for problem in mapped.problems]
