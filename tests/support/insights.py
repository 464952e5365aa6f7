"""The part of CloudWatch Logs Insights that template.yaml's queries use, over lines in memory.

Anything else in a query is an error, so a query that AWS would read in another way is not taken for
a good one. Source of the language: Amazon CloudWatch Logs user guide, "Logs Insights QL".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
"""A record: fields by name. What is absent is not in it."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d+)?(?![\w.]))"""
    r"""|(?P<name>@?[A-Za-z_][\w.]*)|(?P<span>\d+[smhd]\b)|(?P<sign>!=|<=|>=|[=<>(),\[\]*]))"""
)
_WORDS = frozenset({"and", "or", "not", "in", "as", "by", "into", "asc", "desc"})
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class QueryError(ValueError):
    """The query says something that this part of the language does not know."""


@dataclass(frozen=True, slots=True)
class Line:
    """One log event."""

    at: float
    message: str


def ask(query: str, lines: Iterable[Line], **parameters: str) -> list[Row]:
    """Runs a query over lines.

    Args:
        query: with ``{{name}}`` where a parameter is.
        lines: the log, in any order.
        parameters: their values.

    Raises:
        QueryError: see there.
    """
    for name, value in parameters.items():
        query = query.replace("{{" + name + "}}", value)
    if "{{" in query:
        raise QueryError(f"a parameter has no value: {query}")
    rows = [_discovered(line) for line in lines]
    for step in query.split("|"):
        rows = _step(_Tokens(step), rows)
    return rows


def _discovered(line: Line) -> Row:
    """The fields that Insights finds in a line of JSON by itself."""
    row: Row = {"@timestamp": line.at, "@message": line.message}
    try:
        document = json.loads(line.message)
    except ValueError:
        return row
    if isinstance(document, dict):
        _flatten("", document, row)
    return row


def _flatten(path: str, value: Any, row: Row) -> None:
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in inner:
            _flatten(f"{path}.{name}" if path else str(name), item, row)
    elif value is not None:
        row[path] = value


class _Tokens:
    """A step of a query, read from left to right."""

    def __init__(self, text: str) -> None:
        self._found: list[tuple[str, str]] = []
        place = 0
        text = text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None or match.lastgroup is None:
                raise QueryError(f"not understood: {text[place:]!r}")
            self._found.append((match.lastgroup, match[match.lastgroup]))
            place = match.end()

    @property
    def kind(self) -> str:
        """What comes next; empty at the end."""
        return self._found[0][0] if self._found else ""

    @property
    def next(self) -> str:
        """The text that comes next."""
        return self._found[0][1] if self._found else ""

    def take(self, wanted: str | None = None) -> str:
        """Reads one token."""
        if not self._found or (wanted is not None and self.next.lower() != wanted):
            raise QueryError(f"expected {wanted or 'more'} and found {self.next!r}")
        return self._found.pop(0)[1]

    def took(self, wanted: str) -> bool:
        """Reads a token if it is this one."""
        found = self.next.lower() == wanted
        if found:
            self.take()
        return found

    def name(self) -> str:
        """Reads a field's name."""
        if self.kind != "name" or self.next.lower() in _WORDS:
            raise QueryError(f"expected a field and found {self.next!r}")
        return self.take()

    def listed(self, read: Callable[[], Any]) -> list[Any]:
        """Reads what is parted by commas."""
        found = [read()]
        while self.took(","):
            found.append(read())
        return found


def _step(tokens: _Tokens, rows: list[Row]) -> list[Row]:
    command = tokens.take().lower()
    steps: Mapping[str, Callable[[_Tokens, list[Row]], list[Row]]] = {
        "filter": _filter,
        "fields": _fields,
        "unnest": _unnest,
        "stats": _stats,
        "sort": _sort,
        "limit": lambda tokens, rows: rows[: int(tokens.take())],
    }
    if command not in steps:
        raise QueryError(f"unknown command: {command!r}")
    rows = steps[command](tokens, rows)
    if tokens.kind:
        raise QueryError(f"too much: {tokens.next!r}")
    return rows


def _value(row: Row, name: str) -> Any:
    """A field, or what lies at a path in one that ``jsonParse`` or ``unnest`` made."""
    if name in row:
        return row[name]
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        found = row.get(".".join(parts[:length]))
        for part in parts[length:]:
            found = found.get(part) if isinstance(found, dict) else None
        if found is not None:
            return found
    return None


Condition = Callable[[Row], bool]


def _filter(tokens: _Tokens, rows: list[Row]) -> list[Row]:
    holds = _either(tokens)
    return [row for row in rows if holds(row)]


def _either(tokens: _Tokens) -> Condition:
    parts = [_both(tokens)]
    while tokens.took("or"):
        parts.append(_both(tokens))
    return lambda row: any(part(row) for part in parts)


def _both(tokens: _Tokens) -> Condition:
    parts = [_one(tokens)]
    while tokens.took("and"):
        parts.append(_one(tokens))
    return lambda row: all(part(row) for part in parts)


def _one(tokens: _Tokens) -> Condition:
    if tokens.took("not"):
        inner = _one(tokens)
        return lambda row: not inner(row)
    if tokens.took("("):
        within = _either(tokens)
        tokens.take(")")
        return within
    if tokens.next.lower() == "ispresent":
        tokens.take()
        tokens.take("(")
        present = tokens.name()
        tokens.take(")")
        return lambda row: _value(row, present) is not None
    name = tokens.name()
    if tokens.took("in"):
        tokens.take("[")
        among = tokens.listed(lambda: _literal(tokens))
        tokens.take("]")
        return lambda row: _value(row, name) in among
    sign = tokens.take()
    if sign not in _COMPARE:
        raise QueryError(f"not a comparison: {sign!r}")
    wanted = _literal(tokens)
    return lambda row: _compares(_COMPARE[sign], _value(row, name), wanted)


def _compares(compare: Callable[[Any, Any], bool], found: Any, wanted: Any) -> bool:
    """A field that is absent, or of another kind, compares with nothing."""
    numbers = isinstance(found, int | float) and isinstance(wanted, int | float)
    return (numbers or isinstance(found, type(wanted))) and compare(found, wanted)


def _literal(tokens: _Tokens) -> Any:
    kind, text = tokens.kind, tokens.take()
    if kind == "text":
        return text[1:-1]
    if kind == "number":
        return float(text) if "." in text else int(text)
    raise QueryError(f"not a value: {text!r}")


def _fields(tokens: _Tokens, rows: list[Row]) -> list[Row]:
    def read() -> tuple[str, str | None]:
        name = tokens.name()
        if name != "jsonParse":
            return name, None
        tokens.take("(")
        source = tokens.name()
        tokens.take(")")
        tokens.take("as")
        return tokens.name(), source

    wanted = tokens.listed(read)
    for row in rows:
        for name, source in wanted:
            if source is not None:
                row[name] = json.loads(row[source])
    return rows


def _unnest(tokens: _Tokens, rows: list[Row]) -> list[Row]:
    name = tokens.name()
    tokens.take("into")
    into = tokens.name()
    made = []
    for row in rows:
        found = _value(row, name)
        items = found if isinstance(found, list) else [found]
        made += [{**row, into: item} for item in items if item is not None]
    return made


Reckon = Callable[[Sequence[Row]], Any]


def _stats(tokens: _Tokens, rows: list[Row]) -> list[Row]:
    wanted = tokens.listed(lambda: _aggregate(tokens))
    by = tokens.listed(lambda: _group(tokens)) if tokens.took("by") else []
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(of(row) for _, of in by), []).append(row)
    return [
        {name: value for (name, _), value in zip(by, key, strict=True) if value is not None}
        | {name: reckon(group) for name, reckon in wanted}
        for key, group in groups.items()
    ]


def _aggregate(tokens: _Tokens) -> tuple[str, Reckon]:
    function = tokens.name()
    tokens.take("(")
    field = tokens.take("*") if tokens.next == "*" else tokens.name()
    share = float(_literal(tokens)) if tokens.took(",") else None
    tokens.take(")")
    tokens.take("as")
    return tokens.name(), _reckoning(function, field, share)


def _reckoning(function: str, field: str, share: float | None) -> Reckon:
    if function == "count" and field == "*":
        return len

    def values(rows: Sequence[Row]) -> list[Any]:
        return [value for row in rows if (value := _value(row, field)) is not None]

    def percentile(rows: Sequence[Row]) -> Any:
        ordered = sorted(values(rows))
        return ordered[max(math.ceil(len(ordered) * (share or 0) / 100), 1) - 1]

    known: Mapping[str, Reckon] = {
        "sum": lambda rows: sum(values(rows)),
        "avg": lambda rows: sum(values(rows)) / len(values(rows)),
        "max": lambda rows: max(values(rows)),
        "pct": percentile,
    }
    if function not in known or (share is not None) != (function == "pct"):
        raise QueryError(f"unknown reckoning: {function}({field})")
    return known[function]


def _group(tokens: _Tokens) -> tuple[str, Callable[[Row], Any]]:
    name = tokens.name()
    if name != "bin":
        return name, lambda row: _value(row, name)
    tokens.take("(")
    if tokens.kind != "span":
        raise QueryError(f"not a span: {tokens.next!r}")
    span = tokens.take()
    tokens.take(")")
    seconds = int(span[:-1]) * _SECONDS[span[-1]]
    return f"bin({span})", lambda row: row["@timestamp"] // seconds * seconds


def _sort(tokens: _Tokens, rows: list[Row]) -> list[Row]:
    name = tokens.name()
    down = not tokens.took("asc") and tokens.took("desc")
    return sorted(rows, key=lambda row: _value(row, name), reverse=down)
