"""Variations of goods: what is sold, priced and counted where a good has several of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from integrations.bitrix24.catalog.directory import Directory, belongs
from integrations.bitrix24.catalog.endpoints import OFFERS, SKUS, Methods
from integrations.bitrix24.catalog.goods import GoodFields
from integrations.bitrix24.catalog.keys import References, code_of, keys_in
from integrations.bitrix24.catalog.lookup import Searched
from integrations.bitrix24.catalog.models import GoodRow, flag, read
from integrations.bitrix24.catalog.rowwise import Rowwise, each
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from mostik.commerce import catalog
from mostik.commerce.catalog import Variant
from mostik.commerce.record import Ref
from mostik.errors import MostikError
from mostik.integration import CreateOnce, Write


class Variants(Rowwise[Variant]):
    """Variations. Their key elsewhere (``good#characteristic``) is the external code, verbatim.
    The portal keeps no characteristics: what distinguishes them stands in name and properties."""

    holds = frozenset(
        {
            "parent", "name", "article", "barcodes", "unit", "vat.rate", "vat.included",
            "properties", "size", "sort", "active",
        }
    )  # fmt: skip
    time_field = "timestampX"

    def __init__(self, directory: Directory, connection: str) -> None:
        super().__init__(directory, connection)
        self._connection = connection

    @cached_property
    def _fields(self) -> GoodFields:
        return GoodFields(self.directory, self._connection, OFFERS)

    @cached_property
    def _parents(self) -> References:
        return References(
            self.portal,
            self.settings,
            self._connection,
            catalog.PRODUCTS,
            [self.directory.search(SKUS, brief=True)],
            accepts=lambda methods, row: belongs(methods, read(GoodRow, row)),
        )

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``."""
        return [self.directory.search(OFFERS)]

    def ready(self) -> None:
        """See ``Rowwise``: goods name their VAT rate by its id."""
        self.directory.learn_vats()

    def record_of(self, methods: Methods, row: Row) -> Variant | None:
        """See ``Rowwise``."""
        held = read(GoodRow, row)
        if not belongs(methods, held):
            return None
        return Variant(
            key=str(held.id),
            external_ids=keys_in(held.xml_id, held.id, self.settings),
            parent=Ref(key=held.parent) if held.parent else None,
            **self._fields.read(held),
        )

    def commands(
        self, writes: Sequence[Write[Variant]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """See ``Rowwise``."""
        records = [write.record for write in writes]
        self._fields.learn(records, system, once)
        self._parents.learn([record.parent for record in records], system)
        return each(writes, lambda write: self._command(write, system))

    def delete(self, key: str) -> None:
        """See ``Deletable``: it is only switched off, for orders may hold it."""
        for methods, row in self.directory.find_goods("id", [key], OFFERS):
            if row.active != "N":
                self.portal.call(methods.update, {"id": row.id, "fields": {"active": flag(False)}})

    def _command(self, write: Write[Variant], system: str) -> Command:
        record = write.record
        fields: dict[str, Any] = self._fields.write(OFFERS, record, system)
        if record.parent is not None:
            fields["parentId"] = int(self._parents.id_of(record.parent, system))
        if write.key is not None:
            return Command(OFFERS.update, {"id": int(write.key), "fields": fields})
        fields |= {
            "iblockId": self._fields.iblock,
            "xmlId": code_of(system, record.key, self.settings),
        }
        return Command(OFFERS.add, {"fields": fields})
