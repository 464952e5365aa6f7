"""Which elements are records, and in which order what is complete is taken out of the tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

from mostik.commerceml.element import Element, local_name
from mostik.commerceml.groups import Groups
from mostik.commerceml.models import Head, Message, Record, Rejected
from mostik.commerceml.models_goods import PropertyVariant
from mostik.commerceml.records import Branch, Records
from mostik.commerceml.refusal import Limits, Refused, Why
from mostik.commerceml.report import Report
from mostik.commerceml.shapes import Shape
from mostik.commerceml.shapes_goods import (
    CATEGORY,
    HEADS,
    OFFER,
    PRICE_TYPE,
    PRODUCT,
    PROPERTY,
    UNIT_OF_MEASURE,
    VARIANT,
    WAREHOUSE,
)
from mostik.commerceml.shapes_orders import DOCUMENT
from mostik.commerceml.values import moment
from mostik.commerceml.walk import Fields, Walker

ROOT = "КоммерческаяИнформация"
PARTS = frozenset(HEADS)
EVENTS = (
    "Товар", "Предложение", "Документ", "Группа", "Свойство", "СвойствоНоменклатуры",
    "Справочник", "Вариант", "Контейнер", *HEADS,
)  # fmt: skip
_PROPERTIES = ("Свойство", "СвойствоНоменклатуры")
_HOMES = {"Товар": ("Товары", PRODUCT), "Предложение": ("Предложения", OFFER)}
_LISTS = {
    "price_types": PRICE_TYPE,
    "warehouses": WAREHOUSE,
    "categories": CATEGORY,
    "units": UNIT_OF_MEASURE,
}
_ROOT_ATTRIBUTES = frozenset(
    (
        "ВерсияСхемы", "ДатаФормирования", "Ид", "ФорматДаты", "ФорматВремени",
        "РазделительДатаВремя", "ФорматСуммы", "ФорматКоличества", "ПараметрПакета",
    )
)  # fmt: skip
_SEPARATOR = re.compile(r"ЧРД\s*=\s*([.,])")
Emit = Callable[[Message | Head | Record | Rejected], None]


class Levels:
    """Hears of the end of elements that may be records, and yields those that are.

    Args:
        report: counts.
        limits: bounds.
        emit: takes what is found.

    Attributes:
        taken: how many elements have been read and taken out of the tree.
    """

    def __init__(self, report: Report, limits: Limits, emit: Emit) -> None:
        self.taken = 0
        self._report = report
        self._limits = limits
        self._emit = emit
        self._walker = Walker(report)
        self._records = Records(report, self._walker, emit)
        self._groups = Groups(self._records, self._walker, limits)
        self._home: Element | None = None
        self._reading: Shape = PRODUCT
        self._done: set[Element] = set()
        self._heads: dict[Element, Fields] = {}
        self._variants: dict[Element, list[PropertyVariant]] = {}
        self._began = False
        self._containers = 0
        self._in_part = 0

    def ended(self, element: Element) -> None:
        """Reads an element that has just ended, if it is a record here."""
        parent = element.getparent()
        if parent is None or parent is not self._home:
            self._elsewhere(element, parent)
            return
        # The straight way: a good or an offer beside the one before.
        self._records.read(element, self._reading)
        self._take(element, parent)

    def closed(self, root: Element) -> None:
        """Reads what is left when the file has ended."""
        self._begin(root)
        if local_name(root.tag) == ROOT:
            self._leftovers(root)

    def _elsewhere(self, element: Element, parent: Element | None) -> None:
        name = local_name(element.tag)
        above = _ancestors(parent)
        names = [local_name(one.tag) for one in above]
        if names and names[-1] == ROOT:
            names.pop()
        if name in PARTS:
            if not names:
                self._part(element, above)
        elif not names or names == ["Контейнер"]:
            if name in ("Документ", "Контейнер"):
                self._document(element, name, above)
        elif names[-1] not in PARTS:
            return
        elif name in _HOMES and len(names) == 2 and names[0] == _HOMES[name][0]:
            self._enter(above)
            self._home, self._reading = above[0], _HOMES[name][1]
            self._records.read(element, self._reading)
            self._take(element, above[0])
        elif name == "Группа" and names[0] == "Группы" and _within_groups(names[1:]):
            self._enter(above)
            for child in element:
                self._leftovers(child, only=("Группы", "Свойства"))
            self._groups.add(element, above[1] if len(names) > 2 else None)
            self._take(element, above[0])
        elif name in _PROPERTIES and names[0] == "Свойства" and _within_groups(names[1:]):
            self._enter(above)
            self._property(element, above, names)
        elif names[0] == "ВариантыЗначений" and len(names) > 2 and names[1] in _PROPERTIES:
            variant = self._walker.structure(element, VARIANT)
            self._variants.setdefault(above[1], []).append(variant)
            self._take(element, above[0])

    def _take(self, element: Element, parent: Element) -> None:
        """Removes what stands before an element that was read."""
        done = self._done
        while (before := element.getprevious()) is not None:
            if before in done:
                done.discard(before)
            else:
                self._unknown(before, local_name(parent.tag))
            parent.remove(before)
        done.add(element)
        self.taken += 1
        self._in_part += 1
        if self.taken > self._limits.records:
            raise Refused(Why.TOO_LARGE, "В файле слишком много записей.")

    def _property(self, element: Element, above: list[Element], names: list[str]) -> None:
        for child in element:
            self._leftovers(child, only=("ВариантыЗначений",))
        fields = self._walker.fields(element, PROPERTY)
        variants = self._variants.pop(element, None)
        if variants:
            fields["variants"] = [*variants, *fields.get("variants", ())]
        branch = Branch(fields, self._records.faults())
        if len(names) == 2:
            self._groups.property(branch)
        else:
            self._groups.add_property(above[1], branch)
        self._take(element, above[0])

    def _document(self, element: Element, name: str, above: list[Element]) -> None:
        self._enter(above)
        if name == "Контейнер":
            self._leftovers(element)
            self._containers += 1
        else:
            fields = self._walker.fields(element, DOCUMENT)
            if above and local_name(above[0].tag) == "Контейнер":
                fields["container"] = self._containers + 1
            self._records.make(fields, DOCUMENT, self._records.faults())
        if above:
            self._take(element, above[0])

    def _part(self, element: Element, above: list[Element]) -> None:
        """A classifier, catalogue or package has ended."""
        self._enter(above)
        name = local_name(element.tag)
        shape = HEADS[name]
        fields = self._heads.pop(element, {})
        records = self._in_part
        self._head_fields(element, element, fields)
        self._walker.attributes(element, shape, fields)
        if element.text and element.text.strip():
            self._report.not_understood(f"{name}/#text")
        for list_name in _LISTS:
            fields.pop(list_name, None)
        extra = fields.pop("extra", {})
        kept = tuple((key, tuple(texts)) for key, texts in sorted(extra.items()))
        faults = self._records.faults()
        self._emit(Head(kind=name, records=records, faults=faults, extra=kept, **fields))
        for child in list(element):
            self._done.discard(child)
            element.remove(child)
        self._home = None
        if above:
            self._take(element, above[0])
        self._in_part = 0

    def _enter(self, above: list[Element]) -> None:
        """Reads what is complete beside the elements that stand above a record."""
        if above:
            self._begin(above[-1])
        for element, parent in pairwise(above):
            if element.getprevious() is None:
                continue
            before = list(_before(element))
            if local_name(parent.tag) in PARTS:
                self._head_fields(parent, before, self._heads.setdefault(parent, {}))
            for one in before:
                if one in self._done:
                    self._done.discard(one)
                elif local_name(parent.tag) not in PARTS:
                    if local_name(one.tag) != "Группы":
                        continue  # its parent is read as a whole
                    self._leftovers(one)
                parent.remove(one)

    def _head_fields(self, part: Element, children: Iterable[Element], fields: Fields) -> None:
        """Reads children of a part that are no records, and yields the lists among them."""
        shape = HEADS[local_name(part.tag)]
        children = list(children)
        for child in children:
            self._leftovers(child, only=("Товары", "Предложения", "Группы", "Свойства"))
        self._walker.fill(fields, children, shape)
        faults = self._records.faults()
        for name, record in _LISTS.items():
            rows: list[Fields] = fields.get(name) or []
            for row in rows:
                self._records.make(row, record, faults)
            rows.clear()

    def _leftovers(self, element: Element, only: tuple[str, ...] = ()) -> None:
        """Counts what is in a container of records and is none."""
        name = local_name(element.tag)
        if only and name not in only:
            return
        if element.text and element.text.strip():
            self._report.not_understood(f"{name}/#text")
        for child in element:
            if child in self._done:
                self._done.discard(child)
            elif not (name == "ВариантыЗначений" and local_name(child.tag) == "Значение"):
                self._unknown(child, name)

    def _unknown(self, element: Element, parent: str) -> None:
        self._report.not_understood(f"{parent}/{local_name(element.tag)}")

    def _begin(self, root: Element) -> None:
        if self._began:
            return
        self._began = True
        attributes = dict(root.items())
        name = local_name(root.tag)
        if name == ROOT:
            for attribute in attributes:
                if attribute not in _ROOT_ATTRIBUTES and not attribute.startswith("{"):
                    self._report.not_understood(f"{ROOT}@{attribute}")
        separator = _SEPARATOR.search(attributes.get("ФорматСуммы", ""))
        self._report.version = attributes.get("ВерсияСхемы", "").strip()
        self._report.formed_at = moment(attributes.get("ДатаФормирования", "").strip())
        self._emit(
            Message(
                root=name,
                namespace=root.tag[: -len(name)].strip("{}"),
                version=self._report.version,
                formed_at=self._report.formed_at,
                separator=separator[1] if separator else ".",
                attributes=tuple(sorted(attributes.items())),
            )
        )


def _ancestors(element: Element | None) -> list[Element]:
    found: list[Element] = []
    while element is not None:
        found.append(element)
        element = element.getparent()
    return found


def _before(element: Element) -> Iterable[Element]:
    found: list[Element] = []
    before = element.getprevious()
    while before is not None:
        found.append(before)
        before = before.getprevious()
    return reversed(found)


def _within_groups(names: list[str]) -> bool:
    """Whether names that begin behind ``Группы`` lead up to a part, group in group."""
    return len(names) % 2 == 1 and names[:-1] == ["Группа", "Группы"] * (len(names) // 2)
