"""Watches a run and keeps the promises in mind: what was seen that must never be seen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.chaos.things import RESOURCE
from mostik.jobs.life import LEASE_MARGIN_SECONDS
from mostik.jobs.schedule import DEADLINE_SECONDS

_SHOWN = ("state", "version", "asked", "taken", "attempts", "crashes", "lookups", "owner", "due_at",
          "gate")  # fmt: skip
_GRACE = 60.0 + 600.0 + LEASE_MARGIN_SECONDS
"""A job that is due at its deadline is sent by the next tick and claimed when a worker has time."""


@dataclass
class Invocation:
    """One invocation of a function.

    Attributes:
        owner: its name.
        container: the process that it runs in.
        ends_at: true unix seconds when Lambda stops it.
        calls: external calls that it has sent.
        entries: log entries of such calls that it has written.
        lost: log entries that it has counted as lost.
    """

    owner: str
    container: str
    ends_at: float
    calls: int = 0
    entries: int = 0
    lost: int = 0


@dataclass
class Ledger:
    """What was seen.

    Attributes:
        clock: true unix seconds.
        tracing: keep a trace of every record.
        violations: broken promises, in words.
        attempts: (owner, record) of every attempt row that was written.
        kills: by boundary.
        traces: lines by record.
    """

    clock: Callable[[], float]
    tracing: bool = False
    violations: list[str] = field(default_factory=list)
    attempts: set[tuple[str, str]] = field(default_factory=set)
    kills: Counter[str] = field(default_factory=Counter)
    traces: dict[str, list[str]] = field(default_factory=dict)
    _rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _records: dict[str, str] = field(default_factory=dict)
    _claimed_by: dict[str, str] = field(default_factory=dict)

    def violated(self, text: str, record: str | None = None) -> None:
        """Notes a broken promise."""
        if len(self.violations) < 20:
            self.violations.append(text)
        self.trace(record, f"VIOLATION: {text}")

    def trace(self, record: str | None, text: str) -> None:
        """Notes what happened to a record."""
        if self.tracing and record is not None:
            self.traces.setdefault(record, []).append(f"{self.clock():.3f} {text}")

    def know(self, job: str, record: str) -> None:
        """A job that is about a record, whatever its payload says."""
        self._records[f"job#{job}"] = record

    def trace_all(self, run: Invocation, text: str) -> None:
        """Notes what happened to an invocation, in the traces of all its records."""
        if self.tracing:
            for owner, record in sorted(self.attempts):
                if owner == run.owner:
                    self.trace(record, text)

    def called(self, run: Invocation | None, connection: str, method: str, record: str) -> None:
        """An external call about a record is on its way."""
        self.trace(record, f"{run.owner if run else 'nobody'} {method} {connection}")
        if run is None:
            self.violated(f"{method} {connection} outside of an invocation", record)
            return
        run.calls += 1
        if (run.owner, record) not in self.attempts:
            self.violated(f"{method} {connection} for {record} without an earlier attempt", record)

        standing = self._rows.get(f"job#{record.replace('/', f'/{RESOURCE}/', 1)}")
        if standing is None:
            return
        if standing["state"] == "running" and standing["owner"] != run.owner:
            self.violated(f"{record} is in two hands: {standing['owner']} and {run.owner}", record)
        if standing["state"] != "running" and self._claimed_by.get(record) == run.owner:
            self.violated(f"{run.owner} works on {record}, which was taken from it", record)

    def ended(self, run: Invocation) -> None:
        """An invocation has come to its own end."""
        if run.entries + run.lost > run.calls:
            self.violated(f"{run.owner} logged {run.entries} of {run.calls} calls")
        if run.entries + run.lost < run.calls:
            missing = run.calls - run.entries - run.lost
            self.violated(f"{run.owner} was not killed and left {missing} calls out of the log")

    def wrote(self, operation: str, arguments: Sequence[Any], result: Any) -> None:
        """A call of the state table had its effect."""
        inserted = operation == "insert" and result is None
        replaced = operation == "replace" and result.done
        if inserted or replaced or operation == "put":
            self._row(arguments[0])
        elif operation == "remove" and result.done and arguments[0].startswith("job#"):
            self._rows.pop(arguments[0], None)
            self.trace(self._records.get(arguments[0]), "row removed")

    def _row(self, item: Mapping[str, Any]) -> None:
        pk = item["pk"]
        if not pk.startswith("job#"):
            return
        if item["payload"] and pk not in self._records:
            record = record_of(item["payload"])
            if record is not None:
                self._records[pk] = record
        record = self._records.get(pk, pk)
        state, owner = item["state"], item.get("owner")
        if self.tracing:
            said = ", ".join(
                f"{name}={item[name]}" for name in _SHOWN if item.get(name) is not None
            )
            self.trace(record, f"row {said}")
        before = self._rows.get(pk)
        if state == "running" and owner:
            self.attempts.add((owner, record))
            self._claimed_by[record] = owner
        was_held = state == "held" and before is not None and before["state"] == "running"
        if was_held and before is not None and item["attempts"] != before["attempts"] - 1:
            self.violated(f"being held counted as an attempt of {pk}", record)
        self._rows[pk] = item

    def count(self, *states: str) -> int:
        """Returns how many jobs stand in these states."""
        return sum(item["state"] in states for item in self._rows.values())

    def check_deadlines(self) -> None:
        """Nothing waits or runs past its deadline."""
        for pk, item in self._rows.items():
            first = item.get("first_attempt_at")
            if item["state"] not in ("waiting", "running") or first is None:
                continue
            late = self.clock() - first - (item.get("held_seconds") or 0.0) - DEADLINE_SECONDS
            if late > _GRACE:
                self.violated(f"{pk} is {item['state']} {late:.0f} s past its deadline")


def record_of(payload: str) -> str | None:
    """Returns ``connection/key`` of the record that a message is about, if it is about one."""
    document = json.loads(payload)
    if document.get("kind") not in ("touch", "event"):
        return None
    return f"{document['connection']}/{document['key']}"
