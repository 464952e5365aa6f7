"""Rows of one kind: by id, in id order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any

from local.sandbox.portal.catalog.fields import Schema
from local.sandbox.portal.crm.values import number
from local.sandbox.portal.envelope import RestError, Stamp

Row = dict[str, Any]


class Table:
    """The rows of one kind. Ids only ever grow, so they stay sorted by appending."""

    def __init__(self, schema: Schema, first_id: int = 1) -> None:
        self.schema = schema
        self._first_id = first_id
        self.clear()

    def clear(self) -> None:
        """Forgets all rows and starts with the first id again."""
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []
        self.last_id = self._first_id - 1

    def add(self, row: Mapping[str, Any]) -> Row:
        """Stores a row under a fresh id."""
        self.last_id += 1
        kept = {**row, "id": self.last_id}
        self.rows[self.last_id] = kept
        self.ids.append(self.last_id)
        return kept

    def remove(self, id_: int) -> None:
        """Forgets a row."""
        del self.rows[id_]
        del self.ids[bisect_left(self.ids, id_)]

    def get(self, id_: object) -> Row | None:
        """A row by its id, ``None`` when there is none."""
        try:
            return self.rows.get(int(str(id_)))
        except ValueError:
            return None

    def where(self, **values: Any) -> Iterator[Row]:
        """The rows with these values, in id order."""
        for row in list(self):
            if all(row.get(name) == value for name, value in values.items()):
                yield row

    def __iter__(self) -> Iterator[Row]:
        return (self.rows[id_] for id_ in self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def snapshot(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {"rows": list(self), "last_id": self.last_id}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Everything from a snapshot."""
        self.rows = {row["id"]: dict(row) for row in data["rows"]}
        self.ids = sorted(self.rows)
        self.last_id = data["last_id"]


def written(schema: Schema, values: Mapping[str, Any], stamp: Stamp) -> Row:
    """What is stored of the fields of a request: unknown and read-only ones are left out.

    Raises:
        RestError: ``0``, a value has another type.
    """
    found: Row = {}
    for name, value in values.items():
        field = schema.fields.get(name)
        if field is None or field.read_only or field.type == "file":
            continue
        try:
            found[name] = _stored(field.type, value, stamp)
        except ValueError:
            raise RestError(0, f"Wrong format of field `{name}`") from None
    return found


def _stored(kind: str, value: object, stamp: Stamp) -> Any:
    if isinstance(value, list | dict):
        raise ValueError("a scalar is due")
    if kind == "char":
        return value if value in ("Y", "N", "D") else "N"  # "1", "true" and the like are not "Y"
    if value is None or value == "":
        return None
    if kind == "integer":
        return int(number(value))
    if kind == "double":
        return number(value)
    if kind == "datetime":
        return stamp.normalise(str(value))
    return ("1" if value else "") if isinstance(value, bool) else str(value)


def demand(schema: Schema, row: Mapping[str, Any]) -> None:
    """Refuses a new row that lacks a required field.

    Raises:
        RestError: ``0``, names those that are absent.
    """
    missing = [
        name for name, field in schema.fields.items() if field.required and row.get(name) is None
    ]
    if missing:
        raise RestError(0, f"Required fields: {', '.join(missing)}")
