"""Applies a shape to an element: one pass over its children, whatever their order.

The two loops here are the inner loops of an import. They are written out, not nicely divided: what
a call costs a million times over was measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mostik.commerceml.element import Element, local_name
from mostik.commerceml.leaf import INSTANCE, Leaves
from mostik.commerceml.shapes import (
    BARE,
    BARE_OR_INTO,
    DONE,
    EACH,
    EACH_OR_INTO,
    INTO,
    LEAF,
    NUMBER,
    ONE,
    ROW,
    TEXT,
    TEXTS,
    Learned,
    Shape,
)

NAMESPACES = (
    "",
    "{urn:1C.ru:commerceml_2}",
    "{urn:1C.ru:commerceml_210}",
    "{urn:1C.ru:commerceml_3}",
)
_KEPT_CHARACTERS = 2_000
_KEPT_NAMES = 100
_MOST_VALUES = 10_000
_AS_WRITTEN = "description"
"""May be HTML, where ``&quot;`` is meant: nothing in it is unescaped twice."""

Fields = dict[str, Any]
_new: Any = tuple.__new__
_blank: Any = object.__new__
_set = object.__setattr__


class Walker(Leaves):
    """Reads elements into fields, and counts what it does not understand.

    Args:
        report: where it is counted.
    """

    def structure(self, element: Element, shape: Shape) -> Any:
        """Returns what one element becomes; of a record of its own, its fields."""
        if shape.flat:
            return self._flat(element, shape)
        if not shape.blank:
            fields = self.fields(element, shape)
            if shape.late:
                return fields
            if shape.finish is not None:
                shape.finish(fields)
            return made(fields, shape)
        out = shape.blank.copy()
        if element.keys():
            self.attributes(element, shape, out)
        if element.text:
            self._own_text(element.text, shape, out)
        self.fill(out, element, shape)
        for name in shape.lists:
            if out[name].__class__ is list:
                out[name] = tuple(out[name])
        return _new(shape.model, out.values())

    def fields(self, element: Element, shape: Shape) -> Fields:
        """Returns the fields of one element: of its attributes, own text and children."""
        out: Fields = {}
        if element.keys():
            self.attributes(element, shape, out)
        if element.text:
            self._own_text(element.text, shape, out)
        return self.fill(out, element, shape)

    def attributes(self, element: Element, shape: Shape, out: Fields) -> None:
        """Adds the fields of an element's attributes."""
        for name, written in element.items():
            step = shape.attributes.get(name)
            if step is not None:
                value: Any = written.strip()
                if step.op != TEXT:
                    value = self._value(step.op, value, shape, f"@{name}")
                if out.get(step.field) is None:
                    out[step.field] = value
            elif not name.startswith(INSTANCE):
                self.report.not_understood(f"{shape.name}@{local_name(name)}")

    def fill(self, out: Fields, children: Iterable[Element], shape: Shape) -> Fields:  # noqa: PLR0912 - see above
        """Adds the fields of some children to ``out``, and returns it."""
        learned = shape.learned
        for child in children:
            step = learned.get(child.tag)
            if step is None:
                step = self._step(child, shape, out)
                if step is None:
                    continue
            op, field, inner, _ = step
            if op <= LEAF:
                text = child.text
                if text is None or len(child) or child.tail or child.keys():
                    self._odd_leaf(child, shape)
                    text = text or ""
                text = text.strip()
                if op == TEXTS:
                    values = out.get(field)
                    if not values:
                        values = out[field] = []
                    if text:
                        values.append(self._unescaped(text) if "&" in text else text)
                elif out.get(field):
                    self._again(child, shape)
                elif op == TEXT:
                    if "&" in text and field != _AS_WRITTEN:
                        text = self._unescaped(text)
                    out[field] = text
                else:
                    out[field] = self._value(op, text, shape, child.tag)
                continue
            if child.tail:
                self._stray(child.tail, shape)
            if op == EACH:
                values = out.get(field)
                if not values:
                    values = out[field] = []
                values.append(
                    self._flat(child, inner) if inner.flat else self.structure(child, inner)
                )
            elif op == INTO:
                if field and not out.get(field):
                    out[field] = []
                if inner.rows is None:
                    self._into(child, inner, out)
                    continue
                rows = self._rows(child, inner, inner.rows)
                if rows is None:
                    self._into(child, inner, out)
                else:
                    out[field] += rows
            else:
                self._rarer(child, shape, out, step)
        return out

    def _rarer(self, child: Element, shape: Shape, out: Fields, step: Learned) -> None:
        op, field, inner, container = step
        if op == ONE:
            if out.get(field) is not None:
                self._again(child, shape)
            else:
                out[field] = self.structure(child, inner)
        elif op == EACH_OR_INTO and child.keys():
            out[field] = out.get(field) or []
            out[field].append(self.structure(child, inner))
        elif op == BARE or (op == BARE_OR_INTO and not len(child)):
            rows = out[field] = out.get(field) or []
            text = (child.text or "").strip()
            if child.keys():
                self._odd_leaf(child, shape)
            if text:
                quantity = self._value(NUMBER, text, shape, child.tag)
                rows.append(_new(inner.model, {**inner.blank, "quantity": quantity}.values()))
        elif op != DONE:
            out[field] = out.get(field) or []
            self._into(child, container, out)

    def _flat(self, element: Element, shape: Shape) -> Any:
        """A structure of texts alone, without a dictionary in between."""
        row = list(shape.blank.values())
        places = shape.places
        if element.text or element.keys():
            self._odd_flat(element, shape, row)
        for child in element:
            place = places.get(child.tag)
            if place is None:
                place = self._place(child, shape)
                if place is None:
                    continue
            text = child.text
            if text is None or len(child) or child.tail or child.keys():
                self._odd_leaf(child, shape)
                text = text or ""
            text = text.strip()
            if "&" in text:
                text = self._unescaped(text)
            if place < 0:
                if not row[place]:
                    row[place] = (text,) if text else ()
                elif text:
                    self._further(row, place, text, shape)
            elif row[place]:
                self._again(child, shape)
            else:
                row[place] = text
        return _new(shape.model, row)

    def _rows(  # noqa: PLR0912 - see above
        self, container: Element, shape: Shape, kind: Shape
    ) -> list[Any] | None:
        """The flat structures of a container in one go; ``None`` at the first thing that is odd:
        then they are read, and it is counted, one by one."""
        places = shape.places
        rows: list[Any] = []
        row: list[Any] = []
        texts = 0
        nodes = container.iter()
        next(nodes)
        if container.text or container.keys():
            return None
        for node in nodes:
            place = places.get(node.tag)
            if place is None:
                place = self._row_place(node, shape, kind)
                if place is None:
                    return None
            text = node.text
            if node.tail or node.keys():
                return None
            if place == ROW:
                if text:
                    return None
                row = list(kind.blank.values())
                rows.append(row)
                texts -= len(node)
                continue
            if len(node) or not row or row[place]:
                return None
            texts += 1
            if text:
                text = text.strip()
                if "&" in text:
                    text = self._unescaped(text)
            else:
                text = ""
            if place >= 0:
                row[place] = text
            elif text:
                row[place] = (text,)
        if texts or len(container) != len(rows):
            return None
        model = kind.model
        return [_new(model, row) for row in rows]

    def _row_place(self, node: Element, shape: Shape, kind: Shape) -> int | None:
        local = local_name(node.tag)
        if local in shape.steps:
            place = ROW
        elif local in kind.steps:
            place = kind.place(kind.steps[local])
        else:
            return None
        if node.tag[: -len(local)] in NAMESPACES:
            shape.places[node.tag] = place
        return place

    def _further(self, row: list[Any], place: int, text: str, shape: Shape) -> None:
        """A second value and those behind it; adding to a tuple is dear where there are many."""
        if len(row[place]) < _MOST_VALUES:
            row[place] = (*row[place], text)
        else:
            self.report.not_understood(f"{shape.name}/… (больше {_MOST_VALUES} значений)")

    def _odd_flat(self, element: Element, shape: Shape, row: list[Any]) -> None:
        names = list(shape.blank)
        out: Fields = {}
        self.attributes(element, shape, out)
        if element.text:
            self._own_text(element.text, shape, out)
        for name, value in out.items():
            row[names.index(name)] = value

    def _into(self, child: Element, inner: Shape, out: Fields) -> None:
        if child.keys():
            self.attributes(child, inner, out)
        if child.text:
            self._stray(child.text, inner)
        self.fill(out, child, inner)

    def _step(self, child: Element, shape: Shape, out: Fields) -> Learned | None:
        """Finds a child's step by its local name; counts the child where there is none."""
        local = local_name(child.tag)
        step = shape.steps.get(local)
        if step is None:
            self.report.not_understood(f"{shape.name}/{local}")
            text = (child.text or "").strip()
            if shape.keeps and text and not len(child):
                kept = out.setdefault("extra", {})
                if len(kept) < _KEPT_NAMES:
                    kept.setdefault(local, []).append(text[:_KEPT_CHARACTERS])
            if child.tail:
                self._stray(child.tail, shape)
            return None
        learned = step.learned()
        if child.tag[: -len(local)] in NAMESPACES:
            shape.learned[child.tag] = learned
        return learned

    def _place(self, child: Element, shape: Shape) -> int | None:
        local = local_name(child.tag)
        step = shape.steps.get(local)
        if step is None:
            self.report.not_understood(f"{shape.name}/{local}")
            return None
        place = shape.place(step)
        if child.tag[: -len(local)] in NAMESPACES:
            shape.places[child.tag] = place
        return place

    def _own_text(self, text: str, shape: Shape, out: Fields) -> None:
        text = text.strip()
        if not text:
            return
        if shape.text is None:
            self._stray(text, shape)
        elif not out.get(shape.text):
            out[shape.text] = self._unescaped(text) if "&" in text else text


def made(fields: Fields, shape: Shape) -> Any:
    """Returns the record that some fields are of; the fields are used up."""
    if "extra" in fields:
        extra = sorted(fields["extra"].items())
        fields["extra"] = tuple((name, tuple(texts)) for name, texts in extra)
    for name, value in fields.items():
        if value.__class__ is list:
            fields[name] = tuple(value)
    # A record's fields have plain defaults, which its class holds: to call it would set all thirty
    # one by one, and a frozen class does that slowly.
    record = _blank(shape.record)
    _set(record, "__dict__", fields)
    return record
