"""Goods (simple, with variations) and services."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from integrations.bitrix24.catalog.directory import Directory, belongs
from integrations.bitrix24.catalog.endpoints import (
    SECTIONS,
    SERVICES,
    SIMPLE,
    SKUS,
    Methods,
)
from integrations.bitrix24.catalog.goods import GoodFields
from integrations.bitrix24.catalog.keys import References, code_of, keys_in
from integrations.bitrix24.catalog.lookup import Searched
from integrations.bitrix24.catalog.models import GoodRow, flag, read
from integrations.bitrix24.catalog.rowwise import Rowwise, each
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import Row
from mostik.commerce import catalog
from mostik.commerce.catalog import Product, ProductType, TextFormat
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.integration import CreateOnce, Write

_KINDS = {
    ProductType.SIMPLE: SIMPLE,
    ProductType.WITH_VARIANTS: SKUS,
    ProductType.SERVICE: SERVICES,
}
_TYPES = {methods.listing.endpoint.path: type_ for type_, methods in _KINDS.items()}


class Products(Rowwise[Product]):
    """Goods and services. The portal tells the main section of a good only; others are written and
    never compared. Which multiple a good is sold in, and sets, cannot be written by REST."""

    holds = frozenset(
        {
            "name", "article", "slug", "type", "section", "unit", "vat.rate", "vat.included",
            "barcodes", "description", "description_format", "preview", "properties", "size",
            "sort", "active",
        }
    )  # fmt: skip
    time_field = "timestampX"

    def __init__(self, directory: Directory, connection: str) -> None:
        super().__init__(directory, connection)
        self._connection = connection

    @cached_property
    def _fields(self) -> GoodFields:
        return GoodFields(self.directory, self._connection, SIMPLE)

    @cached_property
    def _sections(self) -> References:
        where: Searched[Methods] = (SECTIONS, {"iblockId": self.directory.goods}, ("xmlId",))
        return References(self.portal, self.settings, self._connection, catalog.SECTIONS, [where])

    def lists(self) -> Sequence[Searched[Methods]]:
        """See ``Rowwise``."""
        return [self.directory.search(methods) for methods in (SIMPLE, SKUS, SERVICES)]

    def ready(self) -> None:
        """See ``Rowwise``: goods name their VAT rate by its id."""
        self.directory.learn_vats()

    def record_of(self, methods: Methods, row: Row) -> Product | None:
        """See ``Rowwise``."""
        held = read(GoodRow, row)
        if not belongs(methods, held):
            return None
        section = held.iblock_section_id
        html = held.detail_text_type == "html"
        return Product(
            key=str(held.id),
            external_ids=keys_in(held.xml_id, held.id, self.settings),
            type=_TYPES[methods.listing.endpoint.path],
            slug=held.code or "",
            section=Ref(key=str(section)) if section else None,
            description=held.detail_text or "",
            description_format=TextFormat.HTML if html else TextFormat.TEXT,
            preview=held.preview_text or "",
            **self._fields.read(held),
        )

    def commands(
        self, writes: Sequence[Write[Product]], system: str, once: CreateOnce
    ) -> Sequence[Command | MostikError]:
        """See ``Rowwise``."""
        records = [write.record for write in writes]
        self._fields.learn(records, system, once)
        self._sections.learn(
            [ref for record in records for ref in (record.section, *(record.sections or ()))],
            system,
        )
        kinds = self._kinds(writes)
        return each(writes, lambda write: self._command(write, system, kinds))

    def delete(self, key: str) -> None:
        """See ``Deletable``: it is only switched off, for orders may hold it."""
        for methods, row in self.directory.find_goods("id", [key], SIMPLE, SKUS, SERVICES):
            if row.active != "N":
                self.portal.call(methods.update, {"id": row.id, "fields": {"active": flag(False)}})

    def _kinds(self, writes: Sequence[Write[Product]]) -> dict[str, Methods]:
        """What the goods that are updated are on the portal: it never changes that."""
        kinds = {
            write.key: _KINDS[write.before.type]
            for write in writes
            if write.key is not None and write.before is not None and write.before.type in _KINDS
        }
        unknown = [write.key for write in writes if write.key is not None]
        unknown = [key for key in unknown if key not in kinds]
        if unknown:
            found = self.directory.find_goods("id", unknown, SIMPLE, SKUS, SERVICES, brief=True)
            kinds |= {str(row.id): methods for methods, row in found}
        return kinds

    def _command(self, write: Write[Product], system: str, kinds: dict[str, Methods]) -> Command:
        record = write.record
        if record.type is ProductType.KIT:
            raise GiveUp(
                f"The portal makes no sets by REST: make the set {record.name!r} there by hand, or"
                " let it come as its components.",
                who=WhoActs.ADMIN,
            )
        wanted = _KINDS[record.type] if record.type is not None else None
        if write.key is None:
            return self._adding(wanted or SIMPLE, record, system)
        methods = kinds.get(write.key)
        if methods is None:
            raise GiveUp("The portal has no such good any more.", who=WhoActs.ADMIN)
        if methods is SIMPLE and wanted is SKUS:
            return self._converting(write.key, record, system)
        if wanted is not None and wanted is not methods:
            raise GiveUp(
                f"The good {record.name!r} is of another kind on the portal, which never changes"
                " that: make a new one and match the two again.",
                who=WhoActs.ADMIN,
            )
        fields = self._good(methods, record, system)
        return Command(methods.update, {"id": int(write.key), "fields": fields})

    def _adding(self, methods: Methods, record: Product, system: str) -> Command:
        fields = self._good(methods, record, system)
        fields |= {
            "iblockId": self.directory.goods,
            "xmlId": code_of(system, record.key, self.settings),
        }
        return Command(methods.add, {"fields": fields})

    def _converting(self, key: str, record: Product, system: str) -> Command:
        """A simple good gained characteristics: a good with variations takes its place, and the
        simple one stays for the orders that hold it, switched off and without the code."""
        fields = self._good(SKUS, record, system)  # refuses before anything is changed
        code = code_of(system, record.key, self.settings)
        freed = {"active": flag(False), "xmlId": key}
        self.portal.call(SIMPLE.update, {"id": int(key), "fields": freed})
        # an earlier attempt whose answer was lost may have made it
        for _, row in self.directory.find_goods("xmlId", [code], SKUS, brief=True):
            return Command(SKUS.update, {"id": row.id, "fields": fields})
        fields |= {"iblockId": self.directory.goods, "xmlId": code}
        return Command(SKUS.add, {"fields": fields})

    def _good(self, methods: Methods, record: Product, system: str) -> dict[str, Any]:
        fields = self._fields.write(methods, record, system)
        if record.slug:
            fields["code"] = record.slug
        if record.section is not None:
            fields["iblockSectionId"] = int(self._sections.id_of(record.section, system))
        if record.sections:
            ids = [int(self._sections.id_of(ref, system)) for ref in record.sections]
            fields["IblockSection"] = ids
            fields.setdefault("iblockSectionId", ids[0])
        if record.description is not None:
            fields["detailText"] = record.description
        if record.preview is not None:
            fields["previewText"] = record.preview
        if record.description_format is not None:
            fields["detailTextType"] = record.description_format.value
            fields["previewTextType"] = record.description_format.value
        return fields
