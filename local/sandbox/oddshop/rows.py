"""The odd shop's rows, with what they were a moment ago."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
MOSCOW = ZoneInfo("Europe/Moscow")
SPELLING = "%d.%m.%Y %H:%M:%S"
STATES = (
    "new", "awaiting_payment", "paid", "assembling", "ready", "courier", "issued", "cancelled",
    "refused",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rows: its path, its key, what a row holds when nothing is said."""

    path: str
    key: str
    wrap: str
    empty: Mapping[str, Any]


ORDERS = Kind(
    "orders",
    "order_no",
    "order",
    {"code": "", "state": "new", "sum": 0, "cur": "RUB", "client": None, "note": "",
     "positions": [], "foreign_id": None, "courier_slip": ""},
)  # fmt: skip
CLIENTS = Kind(
    "clients",
    "client_no",
    "client",
    {"fio": "", "tel": "", "mail": "", "foreign_id": None, "bonus": 0},
)
KINDS = {kind.path: kind for kind in (ORDERS, CLIENTS)}


class RefusedError(Exception):
    """What the shop does not take, in words."""


@dataclass
class Rows:
    """The rows of one kind.

    Args:
        kind: of what.
        clock: the shop's own, in unix seconds.
    """

    kind: Kind
    clock: Callable[[], float]
    _last: int = 1000
    _history: dict[int, list[tuple[float, Row | None]]] = field(default_factory=dict)

    def at(self, moment: float) -> list[Row]:
        """The rows as they were then, what was changed last first: so pages drift."""
        found = [row for key in self._history if (row := self.one(key, moment)) is not None]
        found.sort(key=lambda row: (row["_at"], row[self.kind.key]), reverse=True)
        return found

    def one(self, key: int, moment: float) -> Row | None:
        """One row as it was then."""
        past = self._history.get(key, [])
        return next((row for since, row in reversed(past) if since <= moment), None)

    def put(self, key: int | None, said: Mapping[str, Any]) -> Row:
        """Creates a row, or replaces it whole: what is not said is empty then.

        Raises:
            KeyError: there is no such row.
            RefusedError: a field is unknown, or a state is.
        """
        now = self.clock()
        if key is not None and self.one(key, now) is None:
            raise KeyError(key)
        strange = sorted(set(said) - set(self.kind.empty) - {self.kind.key, "modified"})
        if strange:
            raise RefusedError(f"unknown fields: {', '.join(strange)}")
        if said.get("state", "new") not in STATES:
            raise RefusedError("unknown state")
        if not isinstance(said.get("sum", 0), int):
            raise RefusedError("sum must be a whole number of kopecks")
        if key is None:
            self._last += 1
            key = self._last
        row = {self.kind.key: key, **self.kind.empty}
        row |= {name: value for name, value in said.items() if name in self.kind.empty}
        self._history.setdefault(key, []).append((now, {**row, "_at": now}))
        return row

    def remove(self, key: int) -> None:
        """Deletes a row; nothing tells of it afterwards."""
        if self.one(key, self.clock()) is None:
            raise KeyError(key)
        self._history[key].append((self.clock(), None))

    def kept(self) -> dict[str, Any]:
        """What a file holds of them: as they are now, not what they were."""
        return {"last": self._last, "rows": self.at(self.clock())}

    def take(self, kept: Mapping[str, Any]) -> None:
        """Takes over what a file holds: numbers and times stay, and none is given twice."""
        self._last = kept["last"]
        rows = sorted(kept["rows"], key=lambda row: int(row[self.kind.key]))
        self._history = {row[self.kind.key]: [(row["_at"], dict(row))] for row in rows}


def shown(row: Row) -> Row:
    """A row as the API gives it: the time is Moscow's, and does not say so."""
    text = datetime.fromtimestamp(row["_at"], MOSCOW).strftime(SPELLING)
    return {**{name: value for name, value in row.items() if name != "_at"}, "modified": text}


def moment_of(text: str) -> float:
    """Reads a time as the API spells it.

    Raises:
        RefusedError: it is none.
    """
    try:
        bare = datetime.strptime(text, SPELLING)  # noqa: DTZ007 - the zone comes next
    except ValueError:
        raise RefusedError(f"a time looks like {SPELLING}") from None
    return bare.replace(tzinfo=MOSCOW).timestamp()
