"""Alerts in the state table: ``alerts`` / ``open#<cause>`` and ``closed#<time>#<cause>``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mostik.alerts.alert import Alert
from mostik.alerts.trouble import Kind, Trouble
from mostik.errors import WhoActs
from mostik.jobs.row import time_key
from mostik.ports import Item, Table

_PARTITION = "alerts"
_OPEN, _CLOSED = "open#", "closed#"
_KEPT_SECONDS = 35 * 86_400


class Alerts:
    """Keeps alerts.

    Args:
        table: the state table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self) -> Mapping[str, Alert]:
        """Returns the alerts that are not over, by cause."""
        found: dict[str, Alert] = {}
        after: str | None = None
        while True:
            page = self._table.query(
                _PARTITION, first=_OPEN, last=f"{_OPEN}~", after=after, limit=1_000
            )
            found |= {str(item["sk"]).removeprefix(_OPEN): _from_item(item) for item in page.items}
            after = page.after
            if after is None:
                return found

    def closed(self, limit: int = 20) -> Sequence[Alert]:
        """Returns the latest of those that are over, newest first."""
        page = self._table.query(
            _PARTITION, first=_CLOSED, last=f"{_CLOSED}~", newest_first=True, limit=limit
        )
        return [_from_item(item) for item in page.items]

    def keep(self, alert: Alert) -> None:
        """Writes an alert as it is now."""
        cause = alert.trouble.cause
        item = _item(alert)
        if alert.closed_at is None:
            self._table.put({"pk": _PARTITION, "sk": f"{_OPEN}{cause}", **item})
            return
        place = f"{_CLOSED}{time_key(alert.closed_at)}#{cause}"
        ends = int(alert.closed_at + _KEPT_SECONDS)
        self._table.put({"pk": _PARTITION, "sk": place, **item, "expires_at": ends})
        self._table.remove(_PARTITION, f"{_OPEN}{cause}")

    def looked_at(self) -> float:
        """Returns when it was last looked what is wrong, unix seconds."""
        item = self._table.get(_PARTITION, "looked")
        return float(item["at"]) if item is not None else 0.0

    def look(self, now: float) -> None:
        """Remembers that it is being looked."""
        self._table.put({"pk": _PARTITION, "sk": "looked", "at": now})


def _item(alert: Alert) -> dict[str, Any]:
    trouble = alert.trouble
    fields = {
        "told_at": alert.told_at,
        "gone_at": alert.gone_at,
        "closed_at": alert.closed_at,
    }
    return {
        "kind": trouble.kind.value,
        "about": trouble.about,
        "why": trouble.why,
        "who": trouble.who.value,
        "since": trouble.since,
        "what": trouble.what,
        "count": trouble.count,
        "more": trouble.more,
        "samples": list(trouble.samples),
        "opened_at": alert.opened_at,
        **{name: value for name, value in fields.items() if value is not None},
    }


def _from_item(item: Item) -> Alert:
    def seconds(name: str) -> float | None:
        return float(item[name]) if item.get(name) is not None else None

    trouble = Trouble(
        Kind(item["kind"]),
        item["about"],
        item["why"],
        WhoActs(item["who"]),
        float(item["since"]),
        item["what"],
        int(item["count"]),
        bool(item["more"]),
        tuple(item["samples"]),
    )
    return Alert(
        trouble,
        float(item["opened_at"]),
        seconds("told_at"),
        seconds("gone_at"),
        seconds("closed_at"),
    )
