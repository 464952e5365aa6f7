"""What goods and variations have in common: fields, references, properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.catalog.directory import Directory, belongs
from integrations.bitrix24.catalog.endpoints import (
    MEASURES,
    OFFERS,
    PROPERTIES,
    SERVICES,
    SIMPLE,
    SKUS,
    Methods,
)
from integrations.bitrix24.catalog.keys import References
from integrations.bitrix24.catalog.lookup import fresh_row
from integrations.bitrix24.catalog.models import GoodRow, flag, read
from integrations.bitrix24.catalog.properties import type_of
from integrations.bitrix24.catalog.settings import CatalogSettings
from integrations.bitrix24.catalog.values import Values
from mostik.commerce import catalog
from mostik.commerce.catalog import Product, PropertyDef, Size, Variant
from mostik.commerce.record import Ref
from mostik.errors import GiveUp, WhoActs
from mostik.integration import CreateOnce

SIZES = ("weight", "length", "width", "height")


Good = Product | Variant


def unit_code(system: str, key: str, settings: CatalogSettings) -> str | None:
    """A unit is known by its ОКЕИ code, on every side."""
    del system, settings
    return str(int(key)) if key.isascii() and key.isdecimal() else None


def owners(
    directory: Directory,
    connection: str,
    kinds: Sequence[Methods] = (SIMPLE, OFFERS, SERVICES),
) -> References:
    """References to goods of some kinds, by default to whatever is sold: a good with variations is
    not, also where it was sold before it got them."""
    return References(
        directory.portal,
        directory.settings,
        connection,
        catalog.VARIANTS,
        [directory.search(one, brief=True) for one in directory.kinds(*kinds)],
        accepts=lambda methods, row: belongs(methods, read(GoodRow, row)),
        instead=[directory.search(SKUS, brief=True)],
        misplaced=has_variations,
    )


def has_variations(ref: Ref) -> GiveUp:
    """A price, a figure or a line names a good whose variations are what is sold."""
    return GiveUp(
        f"The good {ref.name or ref.key!r} has variations on the portal, and only those have prices"
        " and stock and stand in orders: let the other system name the variation (where the good"
        " has gained variations there, send it and its offers again).",
        who=WhoActs.ADMIN,
    )


class GoodFields:
    """Reads and writes the fields of goods of one catalogue.

    Args:
        directory: the portal's directories.
        connection: id of this connection.
        methods: a kind of goods that is kept in that catalogue.
    """

    def __init__(self, directory: Directory, connection: str, methods: Methods) -> None:
        self._directory = directory
        self._connection = connection
        self.iblock = directory.iblock_of(methods)
        self.values = Values(directory, connection, self.iblock)
        self._units = References(
            directory.portal,
            directory.settings,
            connection,
            catalog.UNITS,
            [(MEASURES, {}, ())],
            key_field="code",
            code=unit_code,
        )

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def read(self, row: GoodRow) -> dict[str, Any]:
        """Returns the canonical fields of a row."""
        settings = self._directory.settings
        article = self.values.texts(row, settings.article_property)
        size = {name: getattr(row, name) for name in SIZES}
        return {
            "active": row.active == "Y" if row.active is not None else None,
            "changed_at": row.timestamp_x,
            "name": row.name or "",
            "sort": row.sort,
            "article": None if article is None else (article[0] if article else ""),
            "barcodes": self.values.texts(row, settings.barcode_property),
            "unit": Ref(key=str(row.measure)) if row.measure else None,
            "vat": self._directory.vat_of(row),
            "size": Size(**size) if any(value is not None for value in size.values()) else None,
            "properties": self.values.of(row),
        }

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def learn(self, records: Sequence[Good], system: str, once: CreateOnce) -> None:
        """Looks up at once what the records refer to, and makes the properties for their article
        and barcodes."""
        self._units.learn([record.unit for record in records], system)
        settings = self._directory.settings
        if any(record.article for record in records):
            self._property(settings.article_property, "Артикул", once, multiple=False)
        if any(record.barcodes for record in records):
            self._property(settings.barcode_property, "Штрихкод", once, multiple=True)
        self.values.learn([one for record in records for one in record.properties or ()], system)

    def write(self, methods: Methods, record: Good, system: str) -> dict[str, Any]:
        """Returns what a record says in the portal's words, for a kind of goods.

        Raises:
            Pending: something that it refers to is not there yet.
            GiveUp: the portal cannot hold it.
        """
        settings = self._directory.settings
        fields: dict[str, Any] = {"name": record.name}
        if record.active is not None:
            fields["active"] = flag(record.active)
        if record.sort is not None:
            fields["sort"] = record.sort
        if record.article is not None:
            texts = [record.article] if record.article else []
            fields |= self.values.text_field(settings.article_property, texts)
        if record.barcodes is not None:
            fields |= self.values.text_field(settings.barcode_property, record.barcodes)
        if record.properties is not None:
            fields |= self.values.fields(record.properties, system)
        if methods is SKUS:
            return fields  # the rest belongs to its variations; the cloud refuses it here
        if record.unit is not None:
            fields["measure"] = int(self._units.id_of(record.unit, system))
        if record.vat is not None:
            fields["vatId"] = self._directory.vat_id(record.vat)
            if record.vat.included is not None:
                fields["vatIncluded"] = flag(record.vat.included)
        if record.size is not None and methods is not SERVICES:
            fields |= _sizes(record.size)
        return fields

    def _property(self, code: str, name: str, once: CreateOnce, *, multiple: bool) -> None:
        """Makes a property, whichever worker comes first: the portal would take a second one."""
        directory = self._directory
        if directory.property_with(self.iblock, code) is not None:
            return

        def find() -> PropertyDef | None:
            directory.forget_properties()
            row = directory.property_with(self.iblock, code)
            return None if row is None else PropertyDef(key=str(row.id), type=type_of(row))

        def create() -> PropertyDef:
            fields = {
                "iblockId": self.iblock,
                "name": name,
                "code": code,
                "propertyType": "S",
                "multiple": flag(multiple),
            }
            row = fresh_row(directory.portal.call(PROPERTIES.add, {"fields": fields}))
            directory.forget_properties()
            return PropertyDef(key=str(row["id"]))

        once(f"{self._connection}/properties/{self.iblock}/{code}", find, create)


def _sizes(size: Size) -> Mapping[str, str]:
    return {name: f"{value:f}" for name in SIZES if (value := getattr(size, name)) is not None}
