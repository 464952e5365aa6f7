"""What a job needs to know of the portal besides its records: catalogues, VAT rates, properties.

Read when it is first needed, and remembered for a while: a touch of one good shall not cost three
calls for lists that have not changed for months. What is *written* goes by properties that this job
has read itself, for another worker may have added some a moment ago; a good that was *read* by an
older list lacks the new ones, which is not taken for their being empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property

from integrations.bitrix24.catalog.endpoints import (
    CATALOGS,
    ENUMS,
    OFFERS,
    PROPERTIES,
    SERVICES,
    SIMPLE,
    SKUS,
    VATS,
    Methods,
)
from integrations.bitrix24.catalog.lookup import Searched, everything, matching, value_of
from integrations.bitrix24.catalog.models import (
    CatalogRow,
    EnumRow,
    GoodRow,
    PropertyRow,
    VatRow,
    read,
)
from integrations.bitrix24.catalog.settings import CatalogSettings
from integrations.bitrix24.transport.batch import Command
from integrations.bitrix24.transport.listing import ROWS, Walk
from integrations.bitrix24.transport.portal import Portal
from mostik.commerce.money import Vat
from mostik.errors import ConfigurationError, GiveUp, WhoActs

GOOD_FIELDS = (
    "type", "name", "xmlId", "code", "active", "sort", "iblockSectionId", "measure", "vatId",
    "vatIncluded", "detailText", "detailTextType", "previewText", "timestampX",
)  # fmt: skip
_SIZES = ("weight", "length", "width", "height")
_STOCK = ("quantity", "quantityReserved", "quantityTrace", "canBuyZero")
EXTRA_FIELDS: Mapping[str, tuple[str, ...]] = {
    SIMPLE.listing.endpoint.path: (*_SIZES, *_STOCK),
    OFFERS.listing.endpoint.path: (*_SIZES, *_STOCK, "parentId"),
    SKUS.listing.endpoint.path: (),
    SERVICES.listing.endpoint.path: (),
}
TYPES: Mapping[str, tuple[int, ...]] = {
    SIMPLE.listing.endpoint.path: (1,),
    SKUS.listing.endpoint.path: (3, 6),
    OFFERS.listing.endpoint.path: (4, 5),
    SERVICES.listing.endpoint.path: (7,),
}
"""``type`` of the rows that belong to each list: one may show those of another too."""


CATALOGS_SECONDS = 300.0
"""So old what is known of catalogues and VAT rates may be: an administrator changes them."""
PROPERTIES_SECONDS = 60.0
_CATALOGS, _VATS, _PROPERTIES, _ENUMS = "catalogs", "vats", "properties", "enums"


class Directory:
    """The portal's directories.

    Args:
        portal: calls it for one job.
        settings: of the catalogue.
    """

    def __init__(self, portal: Portal, settings: CatalogSettings) -> None:
        self.portal = portal
        self.settings = settings
        self._memory = portal.memory
        self._read_here: set[int] = set()

    def forget(self) -> None:
        """Nothing that was known before this job counts, as when the connection is checked."""
        self._memory.forget()

    # ── catalogues ────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _catalogs(self) -> list[CatalogRow]:
        def rows() -> list[CatalogRow]:
            return [read(CatalogRow, row) for row in everything(self.portal, CATALOGS, {})]

        return self._memory.of(_CATALOGS, "", CATALOGS_SECONDS, rows)

    @cached_property
    def goods(self) -> int:
        """Id of the catalogue of goods.

        Raises:
            ConfigurationError: there is none, or several and the settings name none of them.
        """
        own = {row.iblock_id: row for row in self._catalogs if row.product_iblock_id is None}
        wanted = self.settings.catalog_id
        if wanted is not None:
            if wanted in own:
                return wanted
            raise ConfigurationError(
                f"The portal has no catalogue of goods {wanted}; it has: {_named(own)}."
            )
        if len(own) == 1:
            return next(iter(own))
        raise ConfigurationError(
            f"The portal has several catalogues of goods: enter which one is meant ({_named(own)})."
            if own
            else "The portal shows no catalogue: give the right to see it."
        )

    @cached_property
    def offers(self) -> int | None:
        """Id of the catalogue of their variations; ``None``: there is none."""
        return next(
            (row.iblock_id for row in self._catalogs if row.product_iblock_id == self.goods), None
        )

    def iblock_of(self, methods: Methods) -> int:
        """Id of the catalogue in which a kind of goods is kept.

        Raises:
            GiveUp: the portal keeps no variations.
        """
        if methods is not OFFERS:
            return self.goods
        if self.offers is None:
            raise GiveUp(
                "The portal has no catalogue of variations: it cannot keep this good.",
                who=WhoActs.EXTERNAL_ADMIN,
            )
        return self.offers

    # ── goods ─────────────────────────────────────────────────────────────────────────────────

    def search(self, methods: Methods, *, brief: bool = False) -> Searched[Methods]:
        """How a kind of goods is looked for."""
        iblock = self.iblock_of(methods)
        path = methods.listing.endpoint.path
        if brief:
            return methods, {"iblockId": iblock}, ("xmlId", "type", *_brief(path))
        properties = [f"property{row.id}" for row in self.properties(iblock)]
        return methods, {"iblockId": iblock}, (*GOOD_FIELDS, *EXTRA_FIELDS[path], *properties)

    def kinds(self, *methods: Methods) -> list[Methods]:
        """Those of the kinds that the portal can keep."""
        return [one for one in methods if one is not OFFERS or self.offers is not None]

    def find_goods(
        self, field: str, values: list[str], *kinds: Methods, brief: bool = False
    ) -> list[tuple[Methods, GoodRow]]:
        """Returns the goods of some kinds whose field is one of the values."""
        lists = [self.search(one, brief=brief) for one in self.kinds(*kinds)]
        return [
            (methods, row)
            for methods, raw in matching(self.portal, lists, field, values)
            if (row := read(GoodRow, raw)) and belongs(methods, row)
        ]

    # ── VAT ───────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def vats(self) -> Mapping[int, VatRow]:
        """The VAT rates by id."""

        def rows() -> list[VatRow]:
            return [read(VatRow, row) for row in everything(self.portal, VATS, {})]

        return {row.id: row for row in self._memory.of(_VATS, "", CATALOGS_SECONDS, rows)}

    def learn_vats(self) -> None:
        """Reads the VAT rates, unless they are known."""
        _ = self.vats

    def vat_of(self, row: GoodRow) -> Vat | None:
        """What a good's row says of its tax; ``None``: nothing, the catalogue's rate holds."""
        if not row.vat_id or row.vat_id not in self.vats:
            return None
        rate = None if row.vat_id == self._without else self.vats[row.vat_id].rate
        return Vat(rate=rate, included=row.vat_included == "Y")

    def vat_id(self, vat: Vat) -> int:
        """Returns the id of the rate that a tax has.

        Raises:
            GiveUp: the portal has none.
        """
        if vat.rate is None:
            if self._without is not None:
                return self._without
        else:
            for row in self.vats.values():
                same = row.rate is not None and row.rate == vat.rate
                if same and row.active != "N" and row.id != self._without:
                    return row.id
        wanted = "«without VAT»" if vat.rate is None else f"{_percent(vat.rate)} %"
        raise GiveUp(
            f"The portal has no VAT rate {wanted}: add it under the settings of its catalogue.",
            who=WhoActs.EXTERNAL_ADMIN,
        )

    @cached_property
    def _without(self) -> int | None:
        if self.settings.no_vat_id is not None:
            return self.settings.no_vat_id
        return next((row.id for row in self.vats.values() if row.rate is None), None)

    # ── properties ────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _properties(self) -> dict[int, list[PropertyRow]]:
        return {}

    def properties(self, iblock: int) -> list[PropertyRow]:
        """The properties of a catalogue."""
        if iblock not in self._properties:
            found = self._memory.held(_PROPERTIES, iblock, PROPERTIES_SECONDS)
            if found is None:
                rows = everything(self.portal, PROPERTIES.listing, {"iblockId": iblock})
                found = [read(PropertyRow, row) for row in rows]
                self._memory.keep(_PROPERTIES, iblock, found)
                self._read_here.add(iblock)
            self._properties[iblock] = found
        return self._properties[iblock]

    def about_to_write(self) -> None:
        """From here on properties count that this job has read itself."""
        if self._properties.keys() - self._read_here:
            self.forget_properties()

    def property_with(self, iblock: int, code: str) -> PropertyRow | None:
        """The property with this code."""
        return next((row for row in self.properties(iblock) if row.code == code), None)

    def forget_properties(self) -> None:
        """They were changed: they are read again."""
        self._properties.clear()
        self._read_here.clear()
        self._enums.clear()
        self._memory.forget(_PROPERTIES, _ENUMS)

    @cached_property
    def _enums(self) -> dict[int, list[EnumRow]]:
        return {}

    def forget_enums(self, property_ids: Iterable[int]) -> None:
        """The values of these lists were changed: they are read again."""
        for id_ in property_ids:
            self._enums.pop(id_, None)
        self._memory.forget(_ENUMS)

    def learn_enums(self, property_ids: Iterable[int]) -> None:
        """Reads the values of several list properties in one request."""
        unknown = []
        for id_ in dict.fromkeys(property_ids):
            if id_ in self._enums:
                continue
            found = self._memory.held(_ENUMS, id_, PROPERTIES_SECONDS)
            if found is None:
                unknown.append(id_)
            else:
                self._enums[id_] = found
        walks = [Walk(ENUMS.listing, {"propertyId": id_}) for id_ in unknown]
        commands = [Command(walk.listing.endpoint, walk.params(0)) for walk in walks]
        for id_, walk, outcome in zip(unknown, walks, self.portal.batch(commands), strict=True):
            rows = walk.rows_in(value_of(outcome))
            if len(rows) == ROWS:
                rows = everything(self.portal, ENUMS.listing, walk.filters)
            self._enums[id_] = [read(EnumRow, row) for row in rows]
            self._memory.keep(_ENUMS, id_, self._enums[id_])

    def enums(self, property_id: int) -> list[EnumRow]:
        """The values of a list property, read once."""
        self.learn_enums([property_id])
        return self._enums[property_id]


def belongs(methods: Methods, row: GoodRow) -> bool:
    """Whether a row belongs to the list that showed it."""
    return row.type is None or row.type in TYPES[methods.listing.endpoint.path]


def _brief(path: str) -> tuple[str, ...]:
    return _STOCK if _STOCK[0] in EXTRA_FIELDS[path] else ()


def _named(rows: Mapping[int, CatalogRow]) -> str:
    return ", ".join(f"{id_} ({row.name})" for id_, row in rows.items()) or "none"


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f}"
