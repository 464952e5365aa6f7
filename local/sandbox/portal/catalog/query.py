"""``select``, ``filter``, ``order``, ``start`` of the lists of the catalogue.

Sources: the ``…list`` pages of b24restdocs ``api-reference/catalog``. They do not say what happens
to a field that there is none of, or that is written in another case (``ID``). Ours: it is refused
as ``crm.item.list`` refuses it; ``ignores_unknown_filters`` plays the other reading, which is the
more dangerous one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from local.sandbox.portal.catalog.fields import Schema
from local.sandbox.portal.catalog.table import Row, Table
from local.sandbox.portal.crm.values import number
from local.sandbox.portal.envelope import Reply, RestError, Stamp
from local.sandbox.portal.phpform import as_list, pairs

Test = Callable[[Row], bool]

# the longest first: `!=%` must not be read as `!` before a field named `=%…`
_OPERATORS = ("!=%", "!%=", "!@", "!=", "!%", ">=", "<=", "=%", "%=", ">", "<", "@", "%", "=", "!")
_PROPERTY = re.compile(r"property\d+")


class Lists:
    """Answers lists.

    Args:
        stamp: the portal's clock and zone.
        page_size: rows a page.
        lenient: whether unknown fields of filter and order are left out in silence.
    """

    def __init__(self, stamp: Stamp, page_size: int, lenient: bool) -> None:
        self._stamp = stamp
        self._page_size = page_size
        self._lenient = lenient

    def page(
        self,
        table: Table,
        params: Mapping[str, Any],
        *,
        schema: Schema | None = None,
        rows: Callable[[Row], bool] = lambda _row: True,
        show: Callable[[Row], Row] = lambda row: row,
    ) -> Reply:
        """One page of a list.

        Args:
            table: where the rows are.
            params: of the request.
            schema: how they are shown; by default as they are stored.
            rows: which of the table's rows belong to this list.
            show: a row as it is filtered and answered.

        Raises:
            RestError: ``0``, a required field is absent; ``INVALID_ARG_VALUE``, the filter or the
                order names what it may not.
        """
        shape = schema or table.schema
        conditions = dict(pairs(_a_map(params, "filter")))
        select = [str(name) for name in as_list(_a_map(params, "select"))]
        self._demand(shape, conditions, select)
        after, tests = self._tests(shape, conditions)
        found: Iterator[Row] = (
            show(table.rows[id_])
            for id_ in table.ids[bisect_right(table.ids, after) :]
            if rows(table.rows[id_])
        )
        kept = (row for row in found if all(test(row) for test in tests))
        ordered = self._ordered(shape, kept, params)
        start = _start(params.get("start"))
        if start < 0:
            page, total, following = list(islice(ordered, self._page_size)), None, None
        else:
            everything = list(ordered)
            page, total = everything[start : start + self._page_size], len(everything)
            end = start + self._page_size
            following = end if end < len(everything) else None
        names = _selected(shape, select)
        shown = [
            {
                name: value
                for name, value in row.items()
                if name in names or (_PROPERTY.fullmatch(name) and name in select)
            }
            for row in page
        ]
        return Reply({shape.plural: shown}, total, following)

    def _demand(self, shape: Schema, conditions: Mapping[str, Any], select: list[str]) -> None:
        missing = [name for name in shape.select_too if name not in select]
        if missing:
            raise RestError(0, f"Required select fields: {', '.join(missing)}")
        named = {_split(key)[1] for key in conditions}
        missing = [name for name in shape.filter_by if name not in named]
        if missing:
            raise RestError(0, f"Required filter fields: {', '.join(missing)}")

    def _tests(self, shape: Schema, conditions: Mapping[str, Any]) -> tuple[int, list[Test]]:
        after, tests = 0, []
        for key, value in conditions.items():
            operator, name = _split(key)
            if not self._known(shape, name, "filter"):
                continue
            if name == "id" and operator == ">":
                after = max(after, int(number(value or 0)))
            else:
                tests.append(self._test(shape, operator, name, value))
        return after, tests

    def _known(self, shape: Schema, name: str, where: str) -> bool:
        field = shape.fields.get(name)
        if (field is not None and field.type != "file") or _PROPERTY.fullmatch(name):
            return True
        if self._lenient:
            return False
        raise RestError(
            "INVALID_ARG_VALUE", f"Invalid {where}: field '{name}' is not allowed in {where}"
        )

    def _test(self, shape: Schema, operator: str, name: str, value: Any) -> Test:
        kind = shape.fields[name].type if name in shape.fields else "property"
        if operator in ("!", "!=", "!@", "!%", "!=%", "!%="):
            positive = {"!": "=", "!=": "=", "!@": "@"}.get(operator, operator[1:])
            test = self._test(shape, positive, name, value)
            return lambda row: not test(row)
        if operator in ("=", "@"):
            many = operator == "@" or isinstance(value, list | dict)
            if many and not (shape.takes_at if operator == "@" else shape.takes_lists):
                raise RestError(
                    "INVALID_ARG_VALUE", f"Invalid filter: field '{name}' has invalid value"
                )
            wanted = {self._comparable(kind, one) for one in (as_list(value) if many else [value])}
            return lambda row: not wanted.isdisjoint(self._values(kind, row.get(name)))
        if operator in ("%", "=%", "%="):
            pattern = f"%{value}%" if operator == "%" else str(value)
            like = re.compile(
                ".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL | re.IGNORECASE
            )
            return lambda row: like.fullmatch(str(row.get(name) or "")) is not None
        bound = self._comparable(kind, value["value"] if isinstance(value, dict) else value)
        return _compare(operator, name, bound)

    def _values(self, kind: str, value: Any) -> list[Any]:
        """The values of a row's field: a property's are objects, and may be several."""
        if kind == "property":
            return [str(one["value"]) for one in as_list([value] if isinstance(value, dict) else
                    value or [])] or [None]  # fmt: skip
        if isinstance(value, dict):  # parentId
            return [self._comparable(kind, value["value"])]
        return [self._comparable(kind, value)]

    def _comparable(self, kind: str, value: Any) -> Any:
        if value is None or value == "":
            return None
        try:
            if kind in ("integer", "double"):
                return number(value)
            return self._stamp.normalise(str(value)) if kind == "datetime" else str(value)
        except ValueError:
            raise RestError("INVALID_ARG_VALUE", "Invalid filter: invalid value") from None

    def _ordered(
        self, shape: Schema, found: Iterable[Row], params: Mapping[str, Any]
    ) -> Iterator[Row]:
        keys = [
            (name, str(direction).upper() == "DESC")
            for name, direction in pairs(_a_map(params, "order"))
            if self._known(shape, name, "order")
        ]
        if not keys or keys[0] == ("id", False):
            return iter(found)
        rows = list(found)
        for name, descending in reversed(keys):
            rows.sort(key=_sort_key(name), reverse=descending)
        return iter(rows)


def _a_map(params: Mapping[str, Any], name: str) -> Any:
    value = params.get(name)
    if value in (None, ""):
        return {}
    if not isinstance(value, list | dict):
        raise RestError(
            100,
            f"Invalid value {{string}} to match with parameter {{{name}}}."
            " Should be value of type array.",
        )
    return value


def _selected(shape: Schema, select: list[str]) -> frozenset[str]:
    if not select or "*" in select:
        return frozenset(shape.fields)
    return frozenset(name for name in select if name in shape.fields)


def _split(key: str) -> tuple[str, str]:
    for operator in _OPERATORS:
        if key.startswith(operator):
            return operator, key[len(operator) :]
    return "=", key


def _compare(operator: str, name: str, bound: Any) -> Test:
    if bound is None:
        bound = 0  # an empty value is 0, as PHP casts it
    return {
        ">": lambda row: row.get(name) is not None and row[name] > bound,
        ">=": lambda row: row.get(name) is not None and row[name] >= bound,
        "<": lambda row: row.get(name) is not None and row[name] < bound,
        "<=": lambda row: row.get(name) is not None and row[name] <= bound,
    }[operator]


def _sort_key(name: str) -> Callable[[Row], tuple[bool, Any]]:
    """Absent values come first, as they do in MySQL."""
    return lambda row: (row.get(name) is not None, row.get(name))


def _start(value: object) -> int:
    try:
        return int(str(value)) if value not in (None, "") else 0
    except ValueError:
        return 0
