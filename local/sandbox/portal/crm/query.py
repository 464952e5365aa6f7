"""``filter``, ``order``, ``start`` of ``crm.item.list``, without touching more rows than needed.

The keyset form (``>id``, ``order[id]=ASC``, ``start=-1``) costs as much as its page, an equality on
``id`` or ``originId`` as much as its matches; anything else looks at every row once.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any

from local.sandbox.portal.crm.fields import EntityType, Field
from local.sandbox.portal.crm.store import Item, ItemStore
from local.sandbox.portal.crm.values import comparable
from local.sandbox.portal.envelope import RestError, Stamp
from local.sandbox.portal.phpform import as_list, pairs

Test = Callable[[Item], bool]

# the longest first: `!=%` must not be read as `!` before a field named `=%…`
OPERATORS = ("!=%", "!%=", "!@", "!=", "!%", ">=", "<=", "=%", "%=", ">", "<", "@", "%", "=", "!")
"""Before the name of a field in a filter."""


def run_query(
    store: ItemStore, params: Mapping[str, Any], stamp: Stamp, page_size: int
) -> tuple[list[Item], int | None, int | None]:
    """One page of items, how many there are, and where the next page starts.

    With ``start=-1`` nothing is counted: the last two are ``None``.

    Raises:
        RestError: ``INVALID_ARG_VALUE``, the filter or the order names what it may not.
    """
    query = _Query(store, stamp)
    test = query.compile(params.get("filter") or {})
    keys = _order(store.entity, params.get("order") or {})
    start = _start(params.get("start"))
    if keys and keys[0][0] != "id":
        found = _sorted(list(query.walk(test)), keys)
    elif start < 0:
        return list(islice(query.walk(test, _descends(keys)), page_size)), None, None
    elif test is None:
        page = list(islice(query.walk(None, _descends(keys), start), page_size))
        return page, *_counted(query.count(), start + page_size)
    else:
        found = list(query.walk(test, _descends(keys)))
    if start < 0:
        return found[:page_size], None, None
    return found[start : start + page_size], *_counted(len(found), start + page_size)


def _descends(keys: list[tuple[str, bool]]) -> bool:
    return bool(keys) and keys[0][1]


def _counted(total: int, following: int) -> tuple[int, int | None]:
    return total, following if following < total else None


class _Query:
    """Conditions on ``id`` and ``originId`` narrow the ids; the rest becomes a test of the row."""

    def __init__(self, store: ItemStore, stamp: Stamp) -> None:
        self._store = store
        self._stamp = stamp
        self._lower = 0
        self._upper = len(store.ids)
        self._only: list[int] | None = None

    def compile(self, conditions: object) -> Test | None:
        """Reads the outermost level of a filter: the level whose equalities may use an index."""
        logic, parts = self._parts(conditions)
        tests = []
        for operator, field, value in parts:
            if logic == "AND" and self._narrow(operator, field, value):
                continue
            tests.append(self._test(operator, field, value))
        tests += [self._nested(value) for key, value in pairs(conditions) if key.isdigit()]
        return _joined(tests, logic) if tests else None

    def count(self) -> int:
        """How many items the indexes leave."""
        _, lower, upper = self._window()
        return upper - lower

    def walk(self, test: Test | None, descending: bool = False, skip: int = 0) -> Iterator[Item]:
        """The matching items in the order of their ids, without the first ``skip`` candidates."""
        ids, lower, upper = self._window()
        order = range(upper - 1 - skip, lower - 1, -1) if descending else range(lower + skip, upper)
        found = (self._store.items[ids[index]] for index in order)
        return found if test is None else filter(test, found)

    def _window(self) -> tuple[list[int], int, int]:
        ids = self._store.ids
        if self._only is None:
            return ids, self._lower, max(self._lower, self._upper)
        if self._lower >= self._upper:
            return [], 0, 0
        first, last = ids[self._lower], ids[self._upper - 1]
        kept = [one for one in self._only if first <= one <= last]
        return kept, 0, len(kept)

    def _parts(self, conditions: object) -> tuple[str, list[tuple[str, Field, Any]]]:
        logic = "AND"
        parts = []
        for key, value in pairs(conditions):
            if key.lower() == "logic":
                logic = str(value).upper()
            elif not key.isdigit():
                operator, name = _split(key)
                parts.append((operator, self._field(name), value))
        return logic, parts

    def _nested(self, conditions: object) -> Test:
        logic, parts = self._parts(conditions)
        tests = [self._test(*part) for part in parts]
        tests += [self._nested(value) for key, value in pairs(conditions) if key.isdigit()]
        return _joined(tests, logic)

    def _field(self, name: str) -> Field:
        if name == "fm":
            raise RestError(100, "Multifield fm is not supported in filter")
        field = self._store.entity.fields.get(name)
        if field is None:
            raise RestError(
                "INVALID_ARG_VALUE", f"Invalid filter: field '{name}' is not allowed in filter"
            )
        return field

    def _value(self, field: Field, value: object) -> Any:
        try:
            return comparable(field, value, self._stamp)
        except ValueError:
            raise self._refused(field) from None

    @staticmethod
    def _refused(field: Field) -> RestError:
        return RestError(
            "INVALID_ARG_VALUE", f"Invalid filter: field '{field.name}' has invalid value"
        )

    def _narrow(self, operator: str, field: Field, value: object) -> bool:
        """Uses an index for a condition, and says whether that settles the condition."""
        ids = self._store.ids
        if field.name == "originId" and operator == "=" and value not in (None, ""):
            if isinstance(value, list | dict):
                return False
            self._keep(self._store.with_origin_id(str(value)))
            return True
        if field.name != "id":
            return False
        if operator in ("=", "@"):
            wanted = {self._value(field, one) for one in as_list(value)}
            self._keep(sorted(one for one in wanted if one in self._store.items))
            return True
        if operator not in (">", ">=", "<", "<="):
            return False
        bound = self._value(field, value) or 0  # an empty value is 0, as PHP casts it
        side = bisect_right if operator in (">", "<=") else bisect_left
        if operator.startswith(">"):
            self._lower = max(self._lower, side(ids, bound))
        else:
            self._upper = min(self._upper, side(ids, bound))
        return True

    def _keep(self, ids: list[int]) -> None:
        self._only = list(ids) if self._only is None else [one for one in self._only if one in ids]

    def _test(self, operator: str, field: Field, value: object) -> Test:
        if operator.startswith("!") or operator in ("=", "@", "%", "=%", "%="):
            negated = operator.startswith("!")
            test = self._positive(operator.removeprefix("!") or "=", field, value)
            return (lambda item: not test(item)) if negated else test
        if field.multiple:
            raise self._refused(field)
        bound = self._value(field, value)
        name = field.name
        if bound is None:
            bound = 0 if field.type not in ("string", "text", "date", "datetime") else ""
        return {
            ">": lambda item: item[name] is not None and item[name] > bound,
            ">=": lambda item: item[name] is not None and item[name] >= bound,
            "<": lambda item: item[name] is not None and item[name] < bound,
            "<=": lambda item: item[name] is not None and item[name] <= bound,
        }[operator]

    def _positive(self, operator: str, field: Field, value: object) -> Test:
        name = field.name
        if operator in ("=", "@"):
            wanted = {_empty_as_none(self._value(field, one)) for one in as_list(value)}
            if field.multiple:
                return lambda item: not wanted.isdisjoint(item[name] or [None])
            return lambda item: _empty_as_none(item[name]) in wanted
        pattern = str(value) if operator != "%" else f"%{value}%"
        like = re.compile(
            ".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL | re.IGNORECASE
        )
        return lambda item: (
            like.fullmatch("" if item[name] is None else str(item[name])) is not None
        )


def _joined(tests: list[Test], logic: str) -> Test:
    if len(tests) == 1:
        return tests[0]
    if logic == "OR":
        return lambda item: any(test(item) for test in tests)
    return lambda item: all(test(item) for test in tests)


def _split(key: str) -> tuple[str, str]:
    for operator in OPERATORS:
        if key.startswith(operator):
            return operator, key[len(operator) :]
    return "=", key


def _empty_as_none(value: object) -> object:
    return None if value == "" else value


def _start(value: object) -> int:
    try:
        return int(str(value)) if value not in (None, "") else 0
    except ValueError:
        return 0


def _order(entity: EntityType, order: object) -> list[tuple[str, bool]]:
    keys = []
    for name, direction in pairs(order):
        if name not in entity.fields or name == "fm":
            raise RestError(
                "INVALID_ARG_VALUE", f"Invalid order: field '{name}' is not allowed in order"
            )
        if str(direction).upper() not in ("ASC", "DESC"):
            raise RestError(
                "INVALID_ARG_VALUE",
                "Invalid order: allowed sort directions are `ASC, DESC`. "
                f"But got '{direction}' for field '{name}'",
            )
        keys.append((name, str(direction).upper() == "DESC"))
    return keys


def _sorted(items: list[Item], keys: list[tuple[str, bool]]) -> list[Item]:
    for name, descending in reversed(keys):
        # absent values come first, as they do in MySQL
        present = [item for item in items if item[name] is not None]
        absent = [item for item in items if item[name] is None]
        present.sort(key=itemgetter(name), reverse=descending)
        items = present + absent if descending else absent + present
    return items
