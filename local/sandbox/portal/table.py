"""Rows of one kind, and the ``select``, ``filter``, ``order``, ``start`` of their list method.

Source: b24restdocs ``api-reference/sale/*/*-list.md`` and ``crm/requisites/*/*-list.md``. Ours,
where they are silent: a field that a filter of ``sale.*`` does not know is passed over without a
word (the documented request of ``sale.payment.list`` filters by fields that payments do not have),
so a caller that misspells one gets every row.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.sandbox.portal.envelope import Reply, RestError, Stamp
from local.sandbox.portal.phpform import as_list, pairs

Row = dict[str, Any]

_OPERATORS = ("!=%", "!%=", "!@", "!=", "!%", ">=", "<=", "=%", "%=", ">", "<", "@", "%", "=", "!")


class Table:
    """Rows by id, ids ascending, found at once by the fields in ``keyed_by``.

    Args:
        fields: name of a field → its type.
        stamp: the portal's zone, for times in filters.
        id_: name of the id.
        keyed_by: fields with an index.
        strict: an unknown field in filter, order or select is an error, not passed over.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        stamp: Stamp,
        *,
        id_: str = "id",
        keyed_by: Iterable[str] = (),
        strict: bool = False,
    ) -> None:
        self.fields = dict(fields)
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []
        self.last_id = 0
        self._stamp = stamp
        self._id = id_
        self._strict = strict
        self._index: dict[str, dict[str, list[int]]] = {name: {} for name in keyed_by}

    def insert(self, row: Row) -> Row:
        """Stores a new row under the next id."""
        self.last_id += 1
        row[self._id] = self.last_id
        self._take_in(row)
        return row

    def replace(self, row: Row) -> None:
        """Stores another version of a row."""
        id_ = row[self._id]
        self._unlink(self.rows[id_])
        self.rows[id_] = row
        self._link(row)

    def remove(self, id_: int) -> None:
        """Forgets a row."""
        self._unlink(self.rows.pop(id_))
        del self.ids[bisect_left(self.ids, id_)]

    def find(self, id_: object) -> Row | None:
        """The row of an id, as a caller spells it."""
        try:
            return self.rows.get(int(str(id_)))
        except ValueError:
            return None

    def where(self, name: str, value: object) -> list[Row]:
        """Rows whose indexed field has a value, in the order of ids."""
        return [self.rows[id_] for id_ in self._index[name].get(str(value), [])]

    def as_json(self) -> dict[str, Any]:
        """All rows, for a snapshot."""
        return {"rows": list(self.rows.values()), "last_id": self.last_id}

    def load(self, data: Mapping[str, Any]) -> None:
        """Takes over the rows of a snapshot."""
        for row in data["rows"]:
            self._take_in(row)
        self.last_id = data["last_id"]

    def __len__(self) -> int:
        return len(self.rows)

    # ── lists ─────────────────────────────────────────────────────────────────────────────────

    def page(self, params: Mapping[str, Any], size: int, *, upper: bool = False) -> Reply:
        """One page of bare rows with ``total`` and ``next``; ``start=-1`` counts nothing.

        Args:
            params: those of the list method.
            size: rows a page.
            upper: the parameters are spelled ``SELECT``, ``FILTER``, ``ORDER``.
        """
        names = ("SELECT", "FILTER", "ORDER") if upper else ("select", "filter", "order")
        select, conditions, order = (params.get(name) for name in names)
        found = self._sorted(self._matching(conditions or {}), order or {})
        start = _whole(params.get("start"))
        first = max(start, 0)
        rows = [self._selected(row, select) for row in found[first : first + size]]
        if start < 0:
            return Reply(rows)
        following = first + size
        return Reply(rows, len(found), following if following < len(found) else None)

    def _matching(self, conditions: object) -> list[Row]:
        lower, upper = 0, len(self.ids)
        only: set[int] | None = None
        tests: list[Callable[[Row], bool]] = []
        for key, value in pairs(conditions):
            operator, name = _split(key)
            if name not in self.fields:
                if self._strict:
                    raise self._unknown(name)
                continue
            if name == self._id and operator in (">", ">=", "<", "<="):
                side = bisect_right if operator in (">", "<=") else bisect_left
                at = side(self.ids, _whole(value))
                if operator.startswith(">"):
                    lower = max(lower, at)
                else:
                    upper = min(upper, at)
            elif operator in ("=", "@") and (name == self._id or name in self._index):
                ids = self._ids_of(name, as_list(value))
                only = ids if only is None else only & ids
            else:
                tests.append(self._test(operator, name, value))
        wanted = self.ids[lower:upper]
        if only is not None and wanted:
            first, last = wanted[0], wanted[-1]
            wanted = sorted(id_ for id_ in only if first <= id_ <= last)
        rows = [self.rows[id_] for id_ in wanted]
        return [row for row in rows if all(test(row) for test in tests)]

    def _ids_of(self, name: str, values: list[Any]) -> set[int]:
        if name == self._id:
            return {id_ for id_ in map(_whole, values) if id_ in self.rows}
        return {id_ for value in values for id_ in self._index[name].get(str(value), [])}

    def _test(self, operator: str, name: str, value: object) -> Callable[[Row], bool]:
        if operator.startswith("!"):
            positive = self._test(operator[1:] or "=", name, value)
            return lambda row: not positive(row)
        if operator in ("=", "@"):
            wanted = {self._comparable(name, one) for one in as_list(value)}
            return lambda row: self._comparable(name, row.get(name)) in wanted
        if operator in ("%", "=%", "%="):
            text = str(value) if operator != "%" else f"%{value}%"
            like = re.compile(".*".join(map(re.escape, text.split("%"))), re.DOTALL | re.IGNORECASE)
            return lambda row: like.fullmatch(str(row.get(name) or "")) is not None
        bound = self._comparable(name, value)
        return {
            ">": lambda row: self._comparable(name, row.get(name)) > bound,
            ">=": lambda row: self._comparable(name, row.get(name)) >= bound,
            "<": lambda row: self._comparable(name, row.get(name)) < bound,
            "<=": lambda row: self._comparable(name, row.get(name)) <= bound,
        }[operator]

    def _comparable(self, name: str, value: object) -> Any:
        kind = self.fields[name]
        if kind in ("integer", "double"):
            try:
                return float(str(value or 0))
            except ValueError:
                return 0.0
        if kind == "datetime" and value:
            try:
                return self._stamp.normalise(str(value))
            except ValueError:
                return ""
        return "" if value is None else str(value)

    def _sorted(self, rows: list[Row], order: object) -> list[Row]:
        for name, direction in reversed(pairs(order)):
            if name not in self.fields:
                if self._strict:
                    raise self._unknown(name)
                continue
            if str(direction).upper() not in ("ASC", "DESC"):
                raise RestError("ERROR_ARGUMENT", f"Invalid order `{direction}`")
            descending = str(direction).upper() == "DESC"
            if not (name == self._id and not descending):  # they are in that order already
                rows = sorted(rows, key=self._by(name), reverse=descending)
        return rows

    def _by(self, name: str) -> Callable[[Row], Any]:
        return lambda row: self._comparable(name, row.get(name))

    def _selected(self, row: Row, select: object) -> Row:
        names = [str(name) for name in as_list(select)] if select else ["*"]
        if "*" in names:
            return dict(row)
        unknown = [name for name in names if name not in self.fields]
        if unknown and self._strict:
            raise self._unknown(unknown[0])
        return {name: row.get(name) for name in names if name in self.fields}

    @staticmethod
    def _unknown(name: str) -> RestError:
        return RestError(100, f"Unknown field definition `{name}` ({name})")

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def _take_in(self, row: Row) -> None:
        self.ids.append(row[self._id])
        self.rows[row[self._id]] = row
        self._link(row)

    def _link(self, row: Row) -> None:
        for name, index in self._index.items():
            insort(index.setdefault(str(row.get(name)), []), row[self._id])

    def _unlink(self, row: Row) -> None:
        for name, index in self._index.items():
            index[str(row.get(name))].remove(row[self._id])


def _split(key: str) -> tuple[str, str]:
    for operator in _OPERATORS:
        if key.startswith(operator):
            return operator, key[len(operator) :]
    return "=", key


def _whole(value: object) -> int:
    try:
        return int(str(value)) if value not in (None, "") else 0
    except ValueError:
        return 0
