"""A resource whose records are the rows of one or several lists of the portal.

What is left to the single resource: which lists, how a row becomes a record, and what a record says
in the portal's words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic

from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.catalog.endpoints import Methods
from integrations.bitrix24.catalog.keys import code_of
from integrations.bitrix24.catalog.lookup import (
    Searched,
    by_value,
    matching,
    one_of_them,
    outcome_row,
)
from integrations.bitrix24.fit import fitted, listed
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from integrations.bitrix24.transport.portal import Portal
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, RecordT, Write


class Rowwise(ABC, Generic[RecordT]):
    """Reads and writes records with few calls.

    Args:
        directory: the portal's directories, and the way to it.
        connection: id of this connection.
    """

    key_field = "xmlId"
    """Where the key of the other system stands."""
    time_field: str | None = None
    """When a row was changed, where the portal says it."""

    def __init__(self, directory: Directory, connection: str) -> None:
        self.directory = directory
        self.portal: Portal = directory.portal
        self.settings = directory.settings
        self.connection = connection

    # ── what a resource says ──────────────────────────────────────────────────────────────────

    @abstractmethod
    def lists(self) -> Sequence[Searched[Methods]]:
        """The lists that hold its records."""

    @abstractmethod
    def record_of(self, methods: Methods, row: Row) -> RecordT | None:
        """Reads a row; ``None``: it belongs to another resource."""

    @abstractmethod
    def commands(
        self, writes: Sequence[Write[RecordT]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """Returns what to call for each write, or why it cannot be written."""

    def ready(self) -> None:
        """Reads what every row needs, so that its failing is not taken for that of a row."""

    def completed(self, records: Sequence[RecordT]) -> Sequence[RecordT]:
        """Adds what the rows do not tell."""
        return records

    def code_of(self, system: str, key: str) -> str | None:
        """What stands in ``key_field`` of a record that is ``key`` in ``system``; ``None``: that
        cannot be."""
        return code_of(system, key, self.settings)

    # ── Resource ──────────────────────────────────────────────────────────────────────────────

    def read(self, key: str) -> RecordT | None:
        """See ``Resource.read``."""
        return _settled(self.read_many([key]).get(key))

    def find(self, system: str, key: str) -> RecordT | None:
        """See ``Resource.find``."""
        return _settled(self.find_many(system, [key]).get(key))

    def create(self, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """See ``Resource.create``."""
        return _there(self.write_many([Write(record)], system, once)[0])

    def update(self, key: str, record: RecordT, system: str, once: CreateOnce) -> RecordT:
        """See ``Resource.update``."""
        return _there(self.write_many([Write(record, key)], system, once)[0])

    def from_state(self, content: Mapping[str, Any]) -> RecordT:
        """The portal's events carry ids only."""
        del content
        raise GiveUp("A portal's events carry no state.", who=WhoActs.DEVELOPER)

    # ── Listed ────────────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[RecordT | Misfit]:
        """See ``Listed.page``: the lists one after another; the cursor says in which one."""
        lists = self.lists()
        place, _, after = (cursor or "0.").partition(".")
        if not place.isdecimal() or int(place) >= len(lists):
            raise GiveUp(
                "The list cannot go on from this cursor: begin anew.", who=WhoActs.DEVELOPER
            )
        number = int(place)
        methods, filters, select = lists[number]
        changed = {}
        if since is not None and self.time_field is not None:
            changed = {f">={self.time_field}": since}
        found = self.portal.rows(
            methods.listing, {**filters, **changed}, select=select, cursor=after or None
        )
        self.ready()
        read: list[RecordT | Misfit] = []
        for row in found.items:
            record = fitted(self.record_of, methods, row)
            if record is not None:
                read.append(listed(row.get("id"), record))
        whole = iter(self.completed([one for one in read if not isinstance(one, Misfit)]))
        items = [one if isinstance(one, Misfit) else next(whole) for one in read]
        following = f"{number}.{found.cursor}" if found.cursor is not None else None
        if following is None and number + 1 < len(lists):
            following = f"{number + 1}."
        return Page(items, following)

    # ── Bulk ──────────────────────────────────────────────────────────────────────────────────

    def read_many(self, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """See ``Bulk.read_many``."""
        ids = [key for key in keys if key.isascii() and key.isdecimal()]
        found: dict[str, RecordT | MostikError] = {}
        records: list[RecordT] = []
        self.ready()
        for methods, row in matching(self.portal, self.lists(), "id", ids) if ids else ():
            record = fitted(self.record_of, methods, row)
            if isinstance(record, MostikError):
                found[str(row["id"])] = record
            elif record is not None:
                records.append(record)
        return found | {record.key: record for record in self.completed(records)}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, RecordT | MostikError]:
        """See ``Bulk.find_many``."""
        codes = {key: code for key in keys if (code := self.code_of(system, key)) is not None}
        if not codes:
            return {}
        matches = matching(self.portal, self.lists(), self.key_field, [*codes.values()])
        kinds = {str(row["id"]): methods for methods, row in matches}
        rows = by_value([row for _, row in matches], self.key_field)
        found: dict[str, RecordT | MostikError] = {}
        single: dict[str, RecordT] = {}
        self.ready()
        for key, code in codes.items():
            records: list[RecordT] = []
            for row in rows.get(code, ()):
                kind = kinds[str(row["id"])]
                record = fitted(self.record_of, kind, row)
                if isinstance(record, MostikError):
                    found[key] = record
                elif record is not None:
                    records.append(record)
            several = one_of_them([record.key for record in records], system, key)
            if several is not None:
                found[key] = several
            elif records and key not in found:
                single[key] = records[0]
        whole = {record.key: record for record in self.completed(list(single.values()))}
        return found | {key: whole[record.key] for key, record in single.items()}

    def write_many(
        self, writes: Sequence[Write[RecordT]], system: str, once: CreateOnce
    ) -> Sequence[RecordT | MostikError]:
        """See ``Bulk.write_many``."""
        planned = self.commands(writes, system, once)
        ready = [one for one in planned if isinstance(one, Command)]
        outcomes = iter(self.portal.batch(ready))
        answers: list[RecordT | MostikError] = []
        for one in planned:
            if not isinstance(one, Command):
                answers.append(one)
                continue
            row = outcome_row(next(outcomes))
            answers.append(row if isinstance(row, MostikError) else self._written(one, row))
        return self.afterwards(writes, answers, system, once)

    def afterwards(
        self,
        writes: Sequence[Write[RecordT]],
        answers: Sequence[RecordT | MostikError],
        system: str,
        once: CreateOnce,
    ) -> Sequence[RecordT | MostikError]:
        """Writes what hangs on the records, and completes them."""
        del writes, system, once
        kept = [one for one in answers if not isinstance(one, MostikError)]
        whole = iter(self.completed(kept))
        return [one if isinstance(one, MostikError) else next(whole) for one in answers]

    def _written(self, command: Command, row: Row) -> RecordT | MostikError:
        method = command.endpoint.path.rpartition(".")[0]
        for methods, _, _ in self.lists():
            if methods.listing.endpoint.path.rpartition(".")[0] == method:
                record = self.record_of(methods, row)
                if record is not None:
                    return record
        return GiveUp("The portal answered with another kind of record.", who=WhoActs.DEVELOPER)


def each(writes: Sequence[Write[RecordT]], command: Any) -> list[Command | MostikError]:
    """Returns the command for each write, an error where it cannot be written."""
    planned: list[Command | MostikError] = []
    for write in writes:
        try:
            planned.append(command(write))
        except MostikError as error:
            planned.append(error)
    return planned


def _settled(found: RecordT | MostikError | None) -> RecordT | None:
    if isinstance(found, MostikError):
        raise found
    return found


def _there(written: RecordT | MostikError) -> RecordT:
    if isinstance(written, MostikError):
        raise written
    return written
