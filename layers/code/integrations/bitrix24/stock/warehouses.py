"""Warehouses of a portal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.bitrix24.catalog.endpoints import STORES, Methods
from integrations.bitrix24.catalog.keys import code_of, keys_in
from integrations.bitrix24.catalog.lookup import Searched
from integrations.bitrix24.catalog.models import StoreRow, flag, read, said
from integrations.bitrix24.catalog.rowwise import Rowwise, each
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from mostik.commerce.parties import Address
from mostik.commerce.stock import Warehouse
from mostik.errors import MostikError
from mostik.integration import CreateOnce, Write


class Warehouses(Rowwise[Warehouse]):
    """Warehouses. How many there may be depends on the portal's plan."""

    holds = frozenset({"name", "code", "phone", "shop", "sort", "active"})
    time_field = "dateModify"

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``."""
        return [(STORES, {}, ())]

    def record_of(self, methods: Methods, row: Row) -> Warehouse | None:
        """See ``Rowwise``."""
        del methods
        held = read(StoreRow, row)
        return Warehouse(
            key=str(held.id),
            external_ids=keys_in(held.xml_id, held.id, self.settings),
            changed_at=held.date_modify,
            active=said(held.active),
            name=held.title or "",
            code=held.code or "",
            address=Address(full=held.address) if held.address else None,
            phone=held.phone or "",
            shop=said(held.issuing_center),
            sort=held.sort,
        )

    def commands(
        self, writes: Sequence[Write[Warehouse]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """See ``Rowwise``."""
        del once
        return each(writes, lambda write: self._command(write, system))

    def delete(self, key: str) -> None:
        """See ``Deletable``: it is only switched off, for stock may lie in it."""
        held = self.read(key)
        if held is not None and held.active is not False:
            self.portal.call(STORES.update, {"id": int(key), "fields": {"active": flag(False)}})

    def _command(self, write: Write[Warehouse], system: str) -> Command:
        record = write.record
        fields: dict[str, Any] = {"title": record.name}
        if record.address is not None and record.address.full:
            fields["address"] = record.address.full
        if record.code:
            fields["code"] = record.code
        if record.phone is not None:
            fields["phone"] = record.phone
        if record.shop is not None:
            fields["issuingCenter"] = flag(record.shop)
        if record.sort is not None:
            fields["sort"] = record.sort
        if record.active is not None:
            fields["active"] = flag(record.active)
        if write.key is not None:
            return Command(STORES.update, {"id": int(write.key), "fields": fields})
        fields.setdefault("address", record.name or record.key)  # demanded of a new one
        fields["xmlId"] = code_of(system, record.key, self.settings)
        return Command(STORES.add, {"fields": fields})
