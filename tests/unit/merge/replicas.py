"""Two sides that hold one order, and people who edit it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from mostik.commerce.order import Flags, Line, Order
from mostik.commerce.record import Canonical
from mostik.mapping.side import Side
from mostik.merge.agreement import Agreement, agreed
from mostik.merge.policy import Owner, Policy
from mostik.merge.result import Merged

FIELDS = ("comment", "manager_comment", "site")
LINE_KEYS = ("l1", "l2", "l3")
NEW_KEYS = {Side.LEFT: ("l7", "l8"), Side.RIGHT: ("m7", "m8")}
OF_LINES = frozenset({"comment", "manager_comment", "site", "lines", "flags"})


@dataclass(frozen=True)
class Edit:
    """What a person does: to a field, to a field of a line, to a line (``None``: removed)."""

    where: tuple[str, ...]
    value: Any

    def done(self, record: Order) -> Order:
        """Does it; a line that is not there is left alone."""
        match self.where:
            case ("flags", name):
                flags = (record.flags or Flags()).model_copy(update={name: self.value})
                return record.model_copy(update={"flags": flags})
            case (name,):
                return record.model_copy(update={name: self.value})
            case ("lines", key):
                lines = [line for line in record.lines or () if known_as(line) != key]
                if self.value is not None:
                    lines.append(line_of(key, *self.value))
                return record.model_copy(update={"lines": tuple(lines)})
            case ("lines", key, name):
                lines = [
                    line.model_copy(update={name: self.value}) if known_as(line) == key else line
                    for line in record.lines or ()
                ]
                return record.model_copy(update={"lines": tuple(lines)})
        raise AssertionError(self.where)


def known_as(line: Line) -> str:
    """What the tests call a line: the key that it was made under."""
    names = (*LINE_KEYS, *NEW_KEYS[Side.LEFT], *NEW_KEYS[Side.RIGHT])
    return next(one for one in (line.key, *line.external_ids.values()) if one in names)


def line_of(key: str, name: str = "Tea", price: str = "4.00") -> Line:
    """A line."""
    return Line(key=key, name=name, price=Decimal(price), quantity=Decimal(1))


def order(**changes: Any) -> Order:
    """The order as both sides have it."""
    fields: dict[str, Any] = {
        "key": "7",
        "number": "A-7",
        "comment": "ring twice",
        "manager_comment": "call",
        "site": "s0",
        "flags": Flags(paid=False, shipped=False),
        "lines": tuple(map(line_of, LINE_KEYS)),
    }
    return Order(**{**fields, **changes})


def twin(record: Order) -> Order:
    """The same order on the right side: lines have keys of their own there."""
    lines = tuple(
        line.model_copy(update={"key": f"r{line.key}", "external_ids": {"left": line.key}})
        for line in record.lines or ()
    )
    update = {"key": "77", "lines": lines if record.lines is not None else None}
    return record.model_copy(update=update)


def edited(record: Order, edits: Sequence[Edit]) -> Order:
    """The record after edits."""
    for edit in edits:
        record = edit.done(record)
    return record


def kept(record: Canonical, side: Side) -> Order:
    """The record as its side has it after a write: new lines have got keys of their own."""
    assert isinstance(record, Order)
    lines = tuple(
        line
        if line.key is not None
        else line.model_copy(update={"key": f"{side}-{line.external_ids[side.other]}"})
        for line in record.lines or ()
    )
    return record.model_copy(update={"lines": lines if record.lines is not None else None})


def settled(base: Agreement, merged: Merged, policy: Policy) -> Agreement:
    """What is agreed after both sides were written."""
    open_paths = [conflict.path for conflict in merged.conflicts]
    left, right = kept(merged.left, Side.LEFT), kept(merged.right, Side.RIGHT)
    return agreed(left, right, policy, before=base, unsettled=open_paths)


def said(record: Canonical) -> Any:
    """What a record says."""
    return record.content(OF_LINES)


TEXTS = st.sampled_from(["", "a", "b", "c"])
PRICES = st.sampled_from([Decimal(0), Decimal("4.0"), Decimal("5.5")])


@st.composite
def edits(draw: st.DrawFn, side: Side) -> Edit:
    """Any edit of a person on one side."""
    kind = draw(st.sampled_from(["field", "flag", "line field", "remove", "add", "unknown"]))
    match kind:
        case "field":
            return Edit((draw(st.sampled_from(FIELDS)),), draw(TEXTS))
        case "unknown":
            return Edit(("manager_comment",), None)
        case "flag":
            return Edit(("flags", draw(st.sampled_from(["paid", "shipped"]))), draw(st.booleans()))
        case "remove":
            return Edit(("lines", draw(st.sampled_from(LINE_KEYS))), None)
        case "add":
            key = draw(st.sampled_from(NEW_KEYS[side]))
            return Edit(("lines", key), (key + draw(TEXTS), draw(st.sampled_from(["1", "2"]))))
    key = draw(st.sampled_from(LINE_KEYS))
    name = draw(st.sampled_from(["name", "price"]))
    return Edit(("lines", key, name), draw(PRICES if name == "price" else TEXTS))


OWNERS = st.builds(
    Policy,
    owner=st.sampled_from(Owner),
    owners=st.dictionaries(
        st.sampled_from(["comment", "lines", "lines.price", "flags.paid"]),
        st.sampled_from(Owner),
        max_size=3,
    ),
)


def first(policy: Policy) -> tuple[Order, Order, Agreement]:
    """Both sides, and what they agree on."""
    left, right = order(), twin(order())
    return left, right, agreed(left, right, policy)
