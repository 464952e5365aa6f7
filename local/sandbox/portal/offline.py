"""The queue of offline events: the newest entry per object until somebody has read it.

Source: b24restdocs ``api-reference/events/offline-events.md`` and ``event-offline-*.md``. Ours,
where it is silent: an entry that a reader holds (``PROCESS_ID``) is not changed any more, so a
change meanwhile makes a second one; ``process_id`` given to ``event.offline.get`` shows the entries
of that process again; on a plan without the extended mode ``clear=0`` is not heard, the entries go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local.sandbox.portal.envelope import Stamp
from local.sandbox.portal.phpform import as_list, pairs

PAGE = 50
_OPERATIONS = ("!=", ">=", "<=", "=", "!", ">", "<")
_FILTERED = ("ID", "TIMESTAMP_X", "EVENT_NAME", "MESSAGE_ID", "PROCESS_ID", "ERROR")
_NUMBERS = ("ID", "ERROR")


@dataclass(slots=True)
class Entry:
    """One row of the queue."""

    id: int
    event: str
    data: Mapping[str, Any] | bool
    message_id: str
    connector: str
    at: float
    process_id: str = ""
    error: int = 0


@dataclass
class OfflineQueue:
    """The queue of one application.

    Attributes:
        stamp: writes times.
        clock: unix seconds.
        entries: rows in the order of their ids.
    """

    stamp: Stamp
    clock: Callable[[], float]
    entries: list[Entry] = field(default_factory=list)
    _last_id: int = 0
    _processes: int = 0

    def push(self, event: str, fields: Mapping[str, object], connector: str) -> bool:
        """Adds an event, or moves the time of the one that waits. Returns whether it is new."""
        data = {"FIELDS": {name: str(value) for name, value in fields.items()}}
        object_id = fields.get("ID", "")
        said = json.dumps([event, str(object_id), fields.get("ENTITY_TYPE_ID")], default=str)
        message_id = hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()
        now = self.clock()
        for entry in self.entries:
            same = (entry.message_id, entry.connector, entry.process_id)
            if same == (message_id, connector, ""):
                entry.at, entry.data = now, data
                return False
        self._last_id += 1
        self.entries.append(Entry(self._last_id, event, data, message_id, connector, now))
        return True

    def get(
        self,
        *,
        connector: str,
        filters: object,
        order: object,
        limit: int,
        keep: bool,
        process_id: str,
        errors: bool,
    ) -> tuple[str | None, list[dict[str, Any]]]:
        """Takes the next entries: removes them, or keeps them hidden under a process id."""
        if process_id:
            chosen = [e for e in self.entries if e.process_id == process_id]
        else:
            waiting = [e for e in self.entries if not e.process_id and e.connector == connector]
            chosen = self._sorted(self._filtered(waiting, filters), order or {"TIMESTAMP_X": "ASC"})
            self._processes += 1
            process_id = hashlib.sha256(f"process/{self._processes}".encode()).hexdigest()[:32]
        chosen = [entry for entry in chosen if bool(entry.error) is errors or not errors][:limit]
        if not keep:
            self._drop(chosen)
            return None, [self._row(entry) for entry in chosen]
        for entry in chosen:
            entry.process_id = process_id
        return process_id, [self._row(entry) for entry in chosen]

    def clear(self, process_id: str, ids: Iterable[object], messages: Iterable[object]) -> None:
        """Removes entries of a process: those of the ids, else of the message ids, else all."""
        wanted, named = {str(one) for one in ids}, {str(one) for one in messages}
        self._drop(
            [
                entry
                for entry in self.entries
                if entry.process_id == process_id
                and (str(entry.id) in wanted if wanted else not named or entry.message_id in named)
            ]
        )

    def mark(self, process_id: str, messages: Iterable[object]) -> None:
        """Marks entries of a process as erroneous; they stay hidden."""
        named = {str(one) for one in messages}
        for entry in self.entries:
            if entry.process_id == process_id and entry.message_id in named:
                entry.error = 1

    def listed(
        self, filters: object, order: object, start: int
    ) -> tuple[list[dict[str, Any]], int, int | None]:
        """One page of all entries, the number of all, and where the next page begins."""
        rows = self._sorted(self._filtered(self.entries, filters), order or {"ID": "ASC"})
        page = [
            {**self._row(entry), "PROCESS_ID": entry.process_id, "ERROR": str(entry.error)}
            for entry in rows[start : start + PAGE]
        ]
        following = start + PAGE if start + PAGE < len(rows) else None
        return page, len(rows), following

    def _row(self, entry: Entry) -> dict[str, Any]:
        return {
            "ID": str(entry.id),
            "TIMESTAMP_X": self.stamp.at(entry.at),
            "EVENT_NAME": entry.event,
            "EVENT_DATA": entry.data,
            "EVENT_ADDITIONAL": False,
            "MESSAGE_ID": entry.message_id,
        }

    def _filtered(self, entries: Iterable[Entry], filters: object) -> list[Entry]:
        kept = list(entries)
        for name, wanted in pairs(filters):
            operation = next((one for one in _OPERATIONS if name.startswith(one)), "")
            column = name.removeprefix(operation)
            if column not in _FILTERED:
                continue  # as with every filter of the older methods: unknown fields say nothing
            kept = [entry for entry in kept if self._holds(entry, column, operation, wanted)]
        return kept

    def _holds(self, entry: Entry, column: str, operation: str, wanted: object) -> bool:
        found = self._value(entry, column)
        values = as_list(wanted)
        if operation in ("", "="):
            return any(found == _as(column, one) for one in values)
        if operation in ("!", "!="):
            return all(found != _as(column, one) for one in values)
        bound: Any = _as(column, values[0])
        return bool(
            {">": found > bound, "<": found < bound, ">=": found >= bound, "<=": found <= bound}[
                operation
            ]
        )

    def _value(self, entry: Entry, column: str) -> Any:
        row = {**self._row(entry), "PROCESS_ID": entry.process_id, "ERROR": entry.error}
        return _as(column, row[column])

    def _sorted(self, entries: list[Entry], order: object) -> list[Entry]:
        for column, direction in reversed(pairs(order)):
            if column in _FILTERED:
                entries = sorted(
                    entries,
                    key=partial(self._value, column=column),
                    reverse=str(direction).upper() == "DESC",
                )
        return entries

    def _drop(self, gone: Iterable[Entry]) -> None:
        ids = {entry.id for entry in gone}
        self.entries = [entry for entry in self.entries if entry.id not in ids]


def _as(column: str, value: object) -> Any:
    if column not in _NUMBERS:
        return str(value)
    text = str(value)
    return int(text) if text.isdigit() else -1
