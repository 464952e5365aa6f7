"""What is wrong with a table, said before it is saved: every fault with the place it is at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mostik.commerce.record import Canonical
from mostik.mapping.functions.catalogue import FUNCTIONS
from mostik.mapping.functions.function import Function
from mostik.mapping.path import Path, path
from mostik.mapping.shape import Kind, Shape, Spot
from mostik.mapping.side import Side
from mostik.mapping.table import Apply, AsIs, Constant, Rest, Rule, Table, Template, Translate


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is wrong with a table.

    Attributes:
        where: the place in it: ``fields[2].left``.
        text: a sentence.
        warning: it may be saved all the same.
    """

    where: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


def faults(table: Table, left: Shape, right: Shape) -> Sequence[Fault]:
    """Returns all that is wrong with a table between two shapes; empty: it can be used."""
    shapes = {Side.LEFT: left, Side.RIGHT: right}
    found: list[Fault] = []
    for name, dictionary in table.dictionaries.items():
        found += [Fault(f"dictionaries.{name}", text) for text in dictionary.faults()]
    for number, rule in enumerate(table.rules):
        found += _Checked(rule, f"fields[{number}]", table, shapes).faults()
    for side in Side:
        found += _twice(table, side)
        found += _unmapped(table, side, shapes)
    if table.rest is Rest.CARRY and left.model is not right.model and table.rules:
        found.append(
            Fault(
                "rest",
                "the two sides hold different records, so only what the rules name goes over:"
                " say leave",
            )
        )
    return found


def _twice(table: Table, side: Side) -> Iterator[Fault]:
    seen: dict[Path, int] = {}
    for number, rule in enumerate(table.rules):
        for where in rule.at(side) if rule.leads_to(side) else ():
            first = seen.setdefault(where, number)
            if first != number:
                text = f"{where} is written by fields[{first}] already"
                yield Fault(f"fields[{number}].{side}", text)


def _unmapped(table: Table, side: Side, shapes: dict[Side, Shape]) -> Iterator[Fault]:
    rules = table.leading_to(side)
    if table.rest is Rest.CARRY or not rules:
        return
    written = {where.segments[0].name for rule in rules for where in rule.at(side)}
    told = Canonical.meta if shapes[side.other].model is not None else frozenset()
    for name in sorted(shapes[side].required() - written - told):
        text = f"{shapes[side].name} must have {name!r}, and no rule writes it"
        yield Fault("fields", text)


@dataclass(frozen=True, slots=True)
class _Checked:
    """One rule, looked at."""

    rule: Rule
    where: str
    table: Table
    shapes: dict[Side, Shape]

    def faults(self) -> list[Fault]:
        """All that is wrong with it."""
        found: list[Fault] = []
        spots: dict[Side, list[Spot]] = {}
        for side in Side:
            spots[side] = []
            for one in self.rule.at(side):
                try:
                    spots[side].append(self.shapes[side].at(one))
                except ValueError as error:
                    found.append(Fault(f"{self.where}.{side}", str(error)))
                else:
                    found += self._place(side, one)
        if found:
            return found
        found += self._direction()
        match self.rule.by:
            case AsIs():
                found += self._as_is(spots)
            case Constant(value):
                found += self._constant(value, [*spots[Side.LEFT], *spots[Side.RIGHT]])
            case Translate(name):
                found += self._translate(name, spots)
            case Template() as template:
                found += self._template(template)
            case Apply() as applied:
                found += self._apply(applied, spots)
        found += self._depths()
        return found

    def _place(self, side: Side, one: Path) -> Iterator[Fault]:
        shape = self.shapes[side]
        first = one.segments[0].name
        writes = self.rule.leads_to(side)
        known = shape.model is not None and self.shapes[side.other].model is not None
        if writes and known and first in Canonical.meta - {"extra"}:
            text = f"{one} says something about the record and cannot be written"
            yield Fault(f"{self.where}.{side}", text)
        elif writes and not shape.holds_field(one.field):
            text = f"{shape.name} cannot hold {one}, so this is never written"
            yield Fault(f"{self.where}.{side}", text, warning=True)

    def _direction(self) -> Iterator[Fault]:
        if isinstance(self.rule.by, Constant) and self.rule.left and self.rule.right:
            yield Fault(self.where, "a constant has a path on one side only")
        elif not any(self.rule.leads_to(side) for side in Side):
            yield Fault(self.where, "it writes nothing: it needs a field to write and one to read")

    def _depths(self) -> Iterator[Fault]:
        both = [*self.rule.left, *self.rule.right]
        if len({one.depth for one in both}) > 1:
            text = "all of its paths must go through the same number of []"
            yield Fault(self.where, text)

    def _as_is(self, spots: dict[Side, list[Spot]]) -> Iterator[Fault]:
        left, right = spots[Side.LEFT], spots[Side.RIGHT]
        if len(left) != len(right):
            yield Fault(self.where, "without a function it takes one path on each side")
            return
        for one, two in zip(left, right, strict=True):
            if one.many is not two.many and Kind.ANY not in (one.kind, two.kind):
                yield Fault(self.where, "a list and a single value: put [] or [0] to one of them")
            elif not _fits(one, two):
                text = f"a {one.kind.value} does not become a {two.kind.value}: name a function"
                yield Fault(self.where, text)

    def _constant(self, value: object, spots: list[Spot]) -> Iterator[Fault]:
        for spot in spots:
            allowed = _CONSTANTS.get(spot.kind, (str, int, bool))
            listed = f" one of {', '.join(spot.values)}" if spot.values else f" a {spot.kind.value}"
            if type(value) not in allowed or (spot.values and value not in spot.values):
                yield Fault(f"{self.where}.constant", f"it must be{listed}, not {value!r}")

    def _translate(self, name: str, spots: dict[Side, list[Spot]]) -> Iterator[Fault]:
        dictionary = self.table.dictionaries.get(name)
        if dictionary is None:
            known = ", ".join(sorted(self.table.dictionaries)) or "none"
            text = f"there is no dictionary {name!r}; there are: {known}"
            yield Fault(f"{self.where}.dictionary", text)
            return
        if len(self.rule.left) != 1 or len(self.rule.right) != 1:
            yield Fault(self.where, "a dictionary takes one path on each side")
            return
        for side in Side:
            allowed = spots[side][0].values
            strange = {one.of(side) for one in dictionary.entries} - set(allowed)
            if allowed and strange:
                text = (
                    f"{self.rule.at(side)[0]} of the {side} takes only {', '.join(allowed)}; the"
                    f" dictionary {name!r} has {', '.join(sorted(strange))}"
                )
                yield Fault(f"{self.where}.{side}", text)
            for entry in dictionary.entries:
                yield from self._effects(entry.sets.get(side, {}), side, name)

    def _effects(self, sets: object, side: Side, name: str) -> Iterator[Fault]:
        for text in sets if isinstance(sets, dict) else ():
            try:
                self.shapes[side].at(path(text))
            except ValueError as error:
                yield Fault(f"dictionaries.{name}", f"what it sets: {error}")

    def _template(self, template: Template) -> Iterator[Fault]:
        try:
            inside = template.paths
        except ValueError as error:
            yield Fault(f"{self.where}.template", str(error))
            return
        if not inside:
            yield Fault(f"{self.where}.template", "it has no braces: that is a constant")
        if self.rule.left and self.rule.right:
            if inside not in (self.rule.left, self.rule.right):
                text = "with a path on both sides, one of them is the only one in its braces"
                yield Fault(f"{self.where}.template", text)
            return
        target = Side.LEFT if self.rule.left else Side.RIGHT
        for one in inside:
            try:
                self.shapes[target.other].at(one)
            except ValueError as error:
                yield Fault(f"{self.where}.template", str(error))
            if one.depth:
                text = f"{one}: a template takes single values"
                yield Fault(f"{self.where}.template", text)

    def _apply(self, applied: Apply, spots: dict[Side, list[Spot]]) -> Iterator[Fault]:
        function = FUNCTIONS.get(applied.function)
        if function is None:
            known = ", ".join(sorted(FUNCTIONS))
            text = f"there is no function {applied.function!r}; there are: {known}"
            yield Fault(f"{self.where}.by", text)
            return
        for side in Side:
            for text in function.faults(applied.options(side)):
                yield Fault(f"{self.where}.{side}_options", text)
            yield from self._kinds(function, side, spots[side])
        warning = function.warns(function.filled(applied.left), function.filled(applied.right))
        if warning is not None:
            yield Fault(self.where, warning, warning=True)

    def _kinds(self, function: Function, side: Side, spots: list[Spot]) -> Iterator[Fault]:
        if not 1 <= len(spots) <= function.most_paths:
            most = function.most_paths
            text = f"{function.name} takes {'one path' if most == 1 else f'up to {most} paths'}"
            yield Fault(f"{self.where}.{side}", text)
            return
        for one, spot in zip(self.rule.at(side), spots, strict=True):
            if spot.many:
                text = f"{one} is a list: write {one}[] for each of it"
                yield Fault(f"{self.where}.{side}", text)
            elif spot.kind not in function.kinds | {Kind.TEXT}:
                text = f"{function.name} takes no {spot.kind.value}, which {one} is"
                yield Fault(f"{self.where}.{side}", text)


def _fits(one: Spot, two: Spot) -> bool:
    if Kind.ANY in (one.kind, two.kind):
        return True
    if one.kind is Kind.OBJECT and two.kind is Kind.OBJECT:
        return one.model is two.model
    if {one.kind, two.kind} == {Kind.TEXT, Kind.REFERENCE}:
        return False
    return one.kind is two.kind


_CONSTANTS: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.NUMBER: (int, str),
    Kind.BOOLEAN: (bool,),
    Kind.MOMENT: (str,),
    Kind.DAY: (str,),
    Kind.REFERENCE: (str,),
    Kind.OBJECT: (),
}
"""What a constant may be, as the file of a link spells it; a number is never a float."""
