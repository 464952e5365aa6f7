"""Elements that hold a text and nothing else: typed, and what is odd about them counted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from mostik.commerceml.element import Element, local_name
from mostik.commerceml.models import Fault
from mostik.commerceml.report import Report
from mostik.commerceml.shapes import FLAG, NUMBER, Shape
from mostik.commerceml.values import flag, is_empty_moment, moment, number, once_escaped

INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
"""Attributes of this namespace say nothing of the trade."""
_SHOWN_CHARACTERS = 100


class Leaves:
    """Reads texts.

    Args:
        report: where it is counted what is not understood.

    Attributes:
        faults: values that could not be read since this was last emptied.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.faults: list[Fault] = []

    def _value(
        self, op: int, text: str, shape: Shape, name: str
    ) -> bool | Decimal | datetime | None:
        """A typed value; a text that is none becomes a fault, an empty one nothing."""
        value: bool | Decimal | datetime | None
        if not text:
            return None
        if op == NUMBER:
            value = number(text)
        elif op == FLAG:
            value = flag(text)
        else:
            value = moment(text)
            if value is None and is_empty_moment(text):
                return None
        if value is None:
            path = f"{shape.name}{name}" if name[0] == "@" else f"{shape.name}/{local_name(name)}"
            self.report.doubted(path)
            self.faults.append(Fault(path, text[:_SHOWN_CHARACTERS]))
        return value

    def _unescaped(self, text: str) -> str:
        once = once_escaped(text)
        if once != text:
            self.report.mended["escaped twice"] += 1
        return once

    def _odd_leaf(self, child: Element, shape: Shape) -> None:
        """Counts what stands inside of a plain text, or behind it: markup, attributes."""
        if child.tail:
            self._stray(child.tail, shape)
        path = f"{shape.name}/{local_name(child.tag)}"
        for name in child.keys():  # noqa: SIM118 - an element iterates over its children
            if not name.startswith(INSTANCE):
                self.report.not_understood(f"{path}@{local_name(name)}")
        for inner in child:
            self.report.not_understood(f"{path}/{local_name(inner.tag)}")

    def _stray(self, text: str, shape: Shape) -> None:
        if text.strip():
            self.report.not_understood(f"{shape.name}/#text")

    def _again(self, child: Element, shape: Shape) -> None:
        """The first one counts; the others are counted."""
        self.report.not_understood(f"{shape.name}/{local_name(child.tag)} (ещё раз)")
