"""Units of measure: known by their ОКЕИ code, which is the key of both systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.bitrix24.catalog.endpoints import MEASURES, Methods
from integrations.bitrix24.catalog.lookup import Searched
from integrations.bitrix24.catalog.models import MeasureRow, read, said
from integrations.bitrix24.catalog.rowwise import Rowwise, each
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from mostik.commerce.catalog import Unit
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.integration import CreateOnce, Write


class Units(Rowwise[Unit]):
    """Units of measure.

    The portal has no packs: a unit's coefficient, and the multiple in which a good is sold, cannot
    be written. Which unit is the default one is left to people.
    """

    holds = frozenset({"code", "symbol", "name"})
    key_field = "code"

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``."""
        return [(MEASURES, {}, ())]

    def code_of(self, system: str, key: str) -> str | None:
        """See ``Rowwise``: other systems call a unit by its ОКЕИ code too."""
        del system
        return str(int(key)) if key.isascii() and key.isdecimal() else None

    def record_of(self, methods: Methods, row: Row) -> Unit | None:
        """See ``Rowwise``."""
        del methods
        held = read(MeasureRow, row)
        return Unit(
            key=str(held.id),
            code=str(held.code) if held.code is not None else "",
            symbol=held.symbol or "",
            name=held.measure_title or "",
            default=said(held.is_default),
        )

    def commands(
        self, writes: Sequence[Write[Unit]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """See ``Rowwise``."""
        del system, once
        return each(writes, self._command)

    def _command(self, write: Write[Unit]) -> Command:
        unit = write.record
        if not (unit.code.isascii() and unit.code.isdecimal()):
            raise GiveUp(
                f"The unit {unit.name or unit.key!r} has no ОКЕИ code, and the portal needs one.",
                who=WhoActs.ADMIN,
            )
        fields: dict[str, Any] = {"code": int(unit.code)}
        title = unit.name or unit.symbol
        if title:
            fields["measureTitle"] = title
        if unit.symbol is not None:
            fields["symbol"] = unit.symbol
        if write.key is not None:
            return Command(MEASURES.update, {"id": int(write.key), "fields": fields})
        return Command(MEASURES.add, {"fields": {"measureTitle": unit.code, **fields}})
