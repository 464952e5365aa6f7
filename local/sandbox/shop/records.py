"""The shop's records: what an order and a customer are, and where they are kept."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]
Check = Callable[[Any], str | None]

ORDER_STATUSES = ("new", "paid", "packed", "shipped", "cancelled")


class InvalidError(Exception):
    """A body that the shop does not take; ``problems`` is field → what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of records.

    Attributes:
        plural: its name in paths.
        singular: its name in event types.
        checks: writable fields → what refuses a value.
        defaults: what a new record has where the caller said nothing; other fields are required.
        first_id: number of the first record.
        make_id: number → id.
    """

    plural: str
    singular: str
    checks: Mapping[str, Check]
    defaults: Mapping[str, Any]
    first_id: int
    make_id: Callable[[int], str]


def _text(value: object) -> str | None:
    return None if isinstance(value, str) else "must be a string"


def _text_or_null(value: object) -> str | None:
    return None if value is None or isinstance(value, str) else "must be a string or null"


def _whole(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return "must be a whole number, not negative"
    return None


def _currency(value: object) -> str | None:
    if isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value):
        return None
    return "must be three capital letters"


def _status(value: object) -> str | None:
    return None if value in ORDER_STATUSES else f"must be one of {', '.join(ORDER_STATUSES)}"


_LINE: Mapping[str, Check] = {
    "sku": _text,
    "title": _text,
    "quantity": lambda value: None if isinstance(value, int | float) else "must be a number",
    "price_kopecks": _whole,
}


def _lines(value: object) -> str | None:
    if not isinstance(value, list):
        return "must be a list"
    for index, line in enumerate(value):
        if not isinstance(line, dict) or set(line) != set(_LINE):
            return f"line {index} must have exactly {', '.join(_LINE)}"
        for name, check in _LINE.items():
            if problem := check(line[name]):
                return f"line {index}: {name} {problem}"
    return None


ORDERS = Kind(
    plural="orders",
    singular="order",
    checks={
        "status": _status,
        "total_kopecks": _whole,
        "currency": _currency,
        "customer_id": _text_or_null,
        "comment": _text,
        "items": _lines,
    },
    defaults={"status": "new", "customer_id": None, "comment": "", "items": []},
    first_id=1001,
    make_id=str,
)

CUSTOMERS = Kind(
    plural="customers",
    singular="customer",
    checks={"full_name": _text, "phone": _text_or_null, "email": _text_or_null},
    defaults={"phone": None, "email": None},
    first_id=1,
    make_id=lambda number: f"C-{number}",
)

KINDS = {kind.plural: kind for kind in (ORDERS, CUSTOMERS)}

_READ_ONLY = frozenset({"id", "number", "created_at", "updated_at", "version"})


@dataclass
class Records:
    """The records of one kind, and their order of change.

    Args:
        kind: what they are.
        clock: unix seconds.
        exists: whether there is a customer with an id; orders may name only those.
    """

    kind: Kind
    clock: Callable[[], float]
    exists: Callable[[str], bool]
    rows: dict[str, Record] = field(default_factory=dict)
    _changes: list[tuple[str, int]] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def create(self, body: Mapping[str, Any]) -> Record:
        """Adds a record.

        Raises:
            InvalidError: a field is missing, unknown or wrong.
        """
        values = {**self.kind.defaults, **self._writable(body)}
        self._check(values, whole=True)
        number = self.kind.first_id + len(self.rows)  # nothing is ever deleted here
        id_ = self.kind.make_id(number)
        row: Record = {"id": id_}
        if self.kind is ORDERS:
            row["number"] = f"A-{number}"
        row |= {name: values[name] for name in self.kind.checks}
        now = self._now()
        row |= {"created_at": now, "updated_at": now, "version": 1}
        self.put(row)
        return row

    def put(self, row: Record) -> None:
        """Stores a new record, or one from a snapshot, in the order of their numbers."""
        number = self.kind.first_id + len(self.rows)
        self.rows[row["id"]] = row
        self._numbers[row["id"]] = number
        insort(self._changes, (row["updated_at"], number))

    def change(self, id_: str, body: Mapping[str, Any], *, whole: bool) -> tuple[Record, bool]:
        """Replaces (``whole``) or patches a record; says whether anything is different now.

        Raises:
            KeyError: there is no such record.
            InvalidError: a field is unknown or wrong, or missing when the whole is due.
        """
        old = self.rows[id_]
        values = self._writable(body)
        self._check(values, whole=whole)
        row = {**old, **values}
        if row == old:
            return old, False
        number = self._numbers[id_]
        del self._changes[bisect_left(self._changes, (old["updated_at"], number))]
        row |= {"updated_at": self._now(), "version": old["version"] + 1}
        self.rows[id_] = row
        insort(self._changes, (row["updated_at"], number))
        return row, True

    def page(
        self, updated_since: str | None, cursor: str | None, limit: int
    ) -> tuple[list[Record], str | None]:
        """Records in their order of change, and the cursor of the next page if there is one.

        Raises:
            InvalidError: the time or the cursor cannot be read.
        """
        first: tuple[str, int] = ("", 0)
        if updated_since:
            first = (_utc(updated_since), 0)
        if cursor:
            first = max(first, _read_cursor(cursor))
        at = bisect_left(self._changes, first)
        part = self._changes[at : at + limit + 1]
        rows = [self.rows[self.kind.make_id(number)] for _, number in part[:limit]]
        return rows, _write_cursor(part[limit]) if len(part) > limit else None

    def _writable(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if name not in _READ_ONLY}

    def _check(self, values: Mapping[str, Any], *, whole: bool) -> None:
        checks = self.kind.checks
        problems = {name: "is not known" for name in values if name not in checks}
        if whole:
            problems |= {name: "is required" for name in checks if name not in values}
        for name, check in checks.items():
            if name in values and (problem := check(values[name])):
                problems[name] = problem
        customer = values.get("customer_id")
        if isinstance(customer, str) and not self.exists(customer):
            problems["customer_id"] = f"there is no customer {customer}"
        if problems:
            raise InvalidError(problems)

    def _now(self) -> str:
        return iso(self.clock())


def iso(moment: float) -> str:
    """A unix time as the shop writes it: UTC with milliseconds and ``Z``."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidError({"updated_since": "must be an ISO 8601 time"}) from None
    return iso((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _write_cursor(change: tuple[str, int]) -> str:
    return base64.urlsafe_b64encode(f"{change[0]} {change[1]}".encode()).decode("ascii")


def _read_cursor(cursor: str) -> tuple[str, int]:
    try:
        moment, _, number = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return moment, int(number)
    except (binascii.Error, ValueError):
        raise InvalidError({"cursor": "is not one of ours"}) from None
