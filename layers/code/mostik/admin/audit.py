"""The audit: who did what to what, when and why, and what changed. Never a secret's value.

An entry is written before the action and completed after it: an action that died in between is
visible as begun, and nothing is done that is not written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mostik.admin.roles import Caller
from mostik.ids import ulid
from mostik.ports import Clock, Item, Table

_PARTITION = "audit"
_KEPT_SECONDS = 400 * 86_400
_MOST_READ = 1_000
"""Entries that one page looks at for those that fit."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed; ``before`` and ``after`` are plain JSON."""

    field: str
    before: Any = None
    after: Any = None

    def as_item(self) -> dict[str, Any]:
        """Returns it as a row holds it."""
        return {"field": self.field, "before": self.before, "after": self.after}


@dataclass(slots=True)
class Note:
    """What an action adds to its entry.

    Attributes:
        changes: what it has changed.
        result: one sentence of what came of it.
    """

    changes: Sequence[Change] = ()
    result: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action.

    Attributes:
        id: a ULID of ``at``.
        at: unix seconds.
        who: name of the person or tool.
        subject: its unchanging id.
        role: that it had.
        action: ``settings.save``, ``secret.rotate``, ...
        about: what it was done to: ``connection/shop``, ``run/01...``.
        connection: whose thing that is, where it belongs to one.
        reason: as the person gave it.
        outcome: ``begun``, ``done`` or ``refused``.
        result: one sentence.
        changes: what changed.
    """

    id: str
    at: float
    who: str
    subject: str
    role: str
    action: str
    about: str
    connection: str | None
    reason: str = ""
    outcome: str = "begun"
    result: str = ""
    changes: Sequence[Change] = field(default=())


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first, and where to go on."""

    entries: Sequence[AuditEntry]
    after: str | None


class Audit:
    """The audit in the state table.

    Args:
        table: the state table.
        clock: unix seconds.
        new_id: makes ids.
    """

    def __init__(self, table: Table, clock: Clock, new_id: Callable[[float], str] = ulid) -> None:
        self._table = table
        self._clock = clock
        self._new_id = new_id

    @contextmanager
    def action(
        self,
        caller: Caller,
        action: str,
        about: str,
        *,
        connection: str | None = None,
        reason: str = "",
    ) -> Iterator[Note]:
        """Writes an action down before it is done, and how it ended.

        Raises:
            Busy: it cannot be written down, so it is not done.
        """
        now = self._clock()
        row: dict[str, Any] = {
            "pk": _PARTITION,
            "sk": self._new_id(now),
            "at": now,
            "who": caller.name,
            "subject": caller.subject,
            "role": caller.role.value,
            "action": action,
            "about": about,
            "connection": connection,
            "reason": reason,
            "outcome": "begun",
            "expires_at": int(now) + _KEPT_SECONDS,
        }
        self._table.put(row)
        note = Note()
        try:
            yield note
        except Exception as error:
            self._table.put({**row, "outcome": "refused", "result": type(error).__name__})
            raise
        changes = [change.as_item() for change in note.changes]
        self._table.put({**row, "outcome": "done", "result": note.result, "changes": changes})

    def page(
        self,
        *,
        connection: str | None = None,
        action: str | None = None,
        who: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> AuditPage:
        """Returns entries that fit, the newest first."""
        found: list[AuditEntry] = []
        read = 0
        while True:
            page = self._table.query(_PARTITION, newest_first=True, after=after, limit=limit)
            for item in page.items:
                entry = _from_item(item)
                fits = (
                    connection in (None, entry.connection)
                    and (action is None or entry.action.startswith(action))
                    and (who is None or who.casefold() in entry.who.casefold())
                )
                if fits:
                    found.append(entry)
                after = entry.id
                if len(found) >= limit:
                    return AuditPage(found, after)
            read += len(page.items)
            if page.after is None:
                return AuditPage(found, None)
            after = page.after
            if read >= _MOST_READ:
                return AuditPage(found, after)


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Returns the fields in which two groups of settings differ; nested ones by dotted names."""
    found: list[Change] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += [
                Change(f"{name}.{inner.field}", inner.before, inner.after)
                for inner in changes_between(old, new)
            ]
        elif old != new:
            found.append(Change(name, old, new))
    return found


def _from_item(item: Item) -> AuditEntry:
    return AuditEntry(
        id=item["sk"],
        at=float(item["at"]),
        who=item["who"],
        subject=item["subject"],
        role=item["role"],
        action=item["action"],
        about=item["about"],
        connection=item.get("connection"),
        reason=item.get("reason", ""),
        outcome=item.get("outcome", "begun"),
        result=item.get("result", ""),
        changes=[
            Change(one["field"], one.get("before"), one.get("after"))
            for one in item.get("changes", ())
        ],
    )
