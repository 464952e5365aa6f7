"""Makes records of fields, and counts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mostik.commerceml.element import Element
from mostik.commerceml.models import Fault, Head, Message, Record, Rejected
from mostik.commerceml.report import Report
from mostik.commerceml.shapes import Shape
from mostik.commerceml.shapes_goods import (
    CATEGORY,
    GROUP,
    OFFER,
    PRICE_TYPE,
    PRODUCT,
    PROPERTY,
    UNIT_OF_MEASURE,
    WAREHOUSE,
)
from mostik.commerceml.shapes_orders import DOCUMENT
from mostik.commerceml.walk import Fields, Walker, made

_LONGEST_KEY = 255
_REMOVED = ("Удален", "Удалён")
# A shape is no key of a dictionary: two of them may be equal.
_KINDS = {
    id(shape): kind
    for shape, kind in (
        (PRODUCT, "products"),
        (OFFER, "offers"),
        (GROUP, "groups"),
        (PROPERTY, "properties"),
        (PRICE_TYPE, "price_types"),
        (WAREHOUSE, "warehouses"),
        (CATEGORY, "categories"),
        (UNIT_OF_MEASURE, "units"),
        (DOCUMENT, "documents"),
    )
}


class Branch(NamedTuple):
    """Fields that wait for those around them."""

    fields: Fields
    faults: tuple[Fault, ...]


class Records:
    """Yields records.

    Args:
        report: counts them.
        walker: reads their fields, and remembers what it could not read.
        emit: takes them.
    """

    def __init__(
        self,
        report: Report,
        walker: Walker,
        emit: Callable[[Message | Head | Record | Rejected], None],
    ) -> None:
        self._report = report
        self._walker = walker
        self._emit = emit

    def read(self, element: Element, shape: Shape) -> None:
        """Reads one element and yields its record."""
        fields = self._walker.fields(element, shape)
        self.make(fields, shape, self.faults() if self._walker.faults else ())

    def faults(self) -> tuple[Fault, ...]:
        """Returns what could not be read since this was last asked; their order says nothing."""
        faults = tuple(sorted(self._walker.faults))
        self._walker.faults.clear()
        return faults

    def make(self, fields: Fields, shape: Shape, faults: tuple[Fault, ...]) -> None:
        """Yields the record that some fields are of, or says why it is none."""
        found = self._report.found
        found[_KINDS[id(shape)]] += 1
        if shape.finish is not None:
            shape.finish(fields)
        if fields.get("status") in _REMOVED:
            fields["deleted"] = True
        if fields.get("deleted"):
            found["deleted"] += 1
        if shape is OFFER:
            found["prices"] += len(fields.get("prices") or ())
            found["stock_rows"] += len(fields.get("stock") or ())
        key = fields.get("key")
        if not key or len(key) > _LONGEST_KEY:
            reason = f"длина Ид больше {_LONGEST_KEY}" if key else "нет Ид"
            self._report.rejected[f"{shape.name}: {reason}"] += 1
            self._emit(Rejected(shape.name, (key or "")[:_LONGEST_KEY], reason))
            return
        if faults:
            fields["faults"] = faults
        self._emit(made(fields, shape))
