"""Price types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.bitrix24.catalog.endpoints import PRICE_TYPES, Methods
from integrations.bitrix24.catalog.keys import code_of, keys_in
from integrations.bitrix24.catalog.lookup import Searched
from integrations.bitrix24.catalog.models import PriceTypeRow, read, said
from integrations.bitrix24.catalog.rowwise import Rowwise, each
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from mostik.commerce.prices import PriceType
from mostik.errors import MostikError
from mostik.integration import CreateOnce, Write


class PriceTypes(Rowwise[PriceType]):
    """Price types. Which one is the base is left to people: orders are priced by it.

    How many there may be depends on the portal's plan.
    """

    holds = frozenset({"name", "sort"})
    time_field = "timestampX"

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``."""
        return [(PRICE_TYPES, {}, ())]

    def record_of(self, methods: Methods, row: Row) -> PriceType | None:
        """See ``Rowwise``."""
        del methods
        held = read(PriceTypeRow, row)
        return PriceType(
            key=str(held.id),
            external_ids=keys_in(held.xml_id, held.id, self.settings),
            changed_at=held.timestamp_x,
            name=held.name or "",
            base=said(held.base),
            sort=held.sort,
        )

    def commands(
        self, writes: Sequence[Write[PriceType]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """See ``Rowwise``."""
        del once
        return each(writes, lambda write: self._command(write, system))

    def _command(self, write: Write[PriceType], system: str) -> Command:
        record = write.record
        fields: dict[str, Any] = {"name": record.name or record.key}  # demanded in every change
        if record.sort is not None:
            fields["sort"] = record.sort
        if write.key is not None:
            return Command(PRICE_TYPES.update, {"id": int(write.key), "fields": fields})
        fields["xmlId"] = code_of(system, record.key, self.settings)
        return Command(PRICE_TYPES.add, {"fields": fields})
