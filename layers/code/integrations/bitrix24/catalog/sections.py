"""Sections of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.catalog.endpoints import SECTIONS, Methods
from integrations.bitrix24.catalog.keys import References, code_of, keys_in
from integrations.bitrix24.catalog.lookup import Searched
from integrations.bitrix24.catalog.models import SectionRow, flag, read, said
from integrations.bitrix24.catalog.rowwise import Rowwise, each
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from mostik.commerce import catalog
from mostik.commerce.catalog import Section
from mostik.commerce.record import Ref
from mostik.errors import MostikError, Pending
from mostik.integration import CreateOnce, Write


class Sections(Rowwise[Section]):
    """Sections of the catalogue of goods. The portal keeps no time of their changes."""

    holds = frozenset({"parent", "top", "name", "code", "description", "sort", "active"})

    def __init__(self, directory: Directory, connection: str) -> None:
        super().__init__(directory, connection)
        self._parents = References(
            self.portal, self.settings, connection, catalog.SECTIONS, self.lists()
        )

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``."""
        return [(SECTIONS, {"iblockId": self.directory.goods}, ())]

    def record_of(self, methods: Methods, row: Row) -> Section | None:
        """See ``Rowwise``."""
        del methods
        held = read(SectionRow, row)
        parent = held.iblock_section_id
        return Section(
            key=str(held.id),
            external_ids=keys_in(held.xml_id, held.id, self.settings),
            active=said(held.active),
            parent=Ref(key=str(parent)) if parent else None,
            top=not parent,
            name=held.name or "",
            code=held.code or "",
            description=held.description or "",
            sort=held.sort,
        )

    def commands(
        self, writes: Sequence[Write[Section]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """See ``Rowwise``."""
        del once
        self._parents.learn([write.record.parent for write in writes], system)
        return each(writes, lambda write: self._command(write, system))

    def write_many(
        self, writes: Sequence[Write[Section]], system: str, once: CreateOnce
    ) -> Sequence[Section | MostikError]:
        """See ``Bulk.write_many``: a section that is made here may be the parent of another, so
        those whose parent is missing are tried again as long as that helps."""
        answers: list[Section | MostikError] = list(super().write_many(writes, system, once))
        while True:
            waiting = [
                number for number, answer in enumerate(answers) if isinstance(answer, Pending)
            ]
            made = {
                write.record.key: answer.key
                for write, answer in zip(writes, answers, strict=True)
                if isinstance(answer, Section)
            }
            helped = [
                number
                for number in waiting
                if isinstance(error := answers[number], Pending) and error.key in made
            ]
            if not helped:
                return answers
            for key, id_ in made.items():
                self._parents.put(system, key, id_)
            again = super().write_many([writes[number] for number in helped], system, once)
            for number, answer in zip(helped, again, strict=True):
                answers[number] = answer

    def delete(self, key: str) -> None:
        """See ``Deletable``: it is only hidden, for goods and sections of people may be in it."""
        held = self.read(key)
        if held is not None and held.active is not False:
            fields = {"iblockId": self.directory.goods, "name": held.name, "active": flag(False)}
            self.portal.call(SECTIONS.update, {"id": int(key), "fields": fields})

    def _command(self, write: Write[Section], system: str) -> Command:
        record = write.record
        # the portal demands both in every change
        fields: dict[str, Any] = {"iblockId": self.directory.goods, "name": record.name}
        if record.parent is not None:
            fields["iblockSectionId"] = int(self._parents.id_of(record.parent, system))
        elif record.top:
            fields["iblockSectionId"] = None
        if record.active is not None:
            fields["active"] = flag(record.active)
        if record.code:
            fields["code"] = record.code
        if record.sort is not None:
            fields["sort"] = record.sort
        if record.description is not None:
            fields["description"] = record.description
        if write.key is not None:
            return Command(SECTIONS.update, {"id": int(write.key), "fields": fields})
        fields["xmlId"] = code_of(system, record.key, self.settings)
        return Command(SECTIONS.add, {"fields": fields})
