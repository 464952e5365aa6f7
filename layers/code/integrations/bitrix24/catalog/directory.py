"""What a job needs to know of the portal besides its records: catalogues, VAT rates, properties.

Read when it is first needed. Catalogues and VAT rates are remembered for a while: a touch of one
good shall not cost calls for what has not changed for months; where something is not among what was
remembered, it is read again before anybody is told so. Properties are read by each job: another
worker may have added one a moment ago, and a good that is read without it would look changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
_CATALOGS, _VATS = "catalogs", "vats"


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
        self._is_fresh = False

    def forget(self) -> None:
        """Nothing that was known before counts, as when the connection is checked."""
        self._memory.forget()
        self._is_fresh = True
        for name in ("_catalogs", "goods", "offers", "vats", "_without"):
            self.__dict__.pop(name, None)

    def _surely(self, look: Callable[[], int | None]) -> int | None:
        """Returns what is looked up in the directories, which are read again, once a job, before it
        is believed that they do not have it."""
        found = look()
        if found is not None or self._is_fresh:
            return found
        self.forget()
        return look()

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
        found = self._surely(self._only_catalogue)
        if found is not None:
            return found
        own, wanted = self._of_goods(), self.settings.catalog_id
        if wanted is not None:
            raise ConfigurationError(
                f"The portal has no catalogue of goods {wanted}; it has: {_named(own)}."
            )
        raise ConfigurationError(
            f"The portal has several catalogues of goods: enter which one is meant ({_named(own)})."
            if own
            else "The portal shows no catalogue: give the right to see it."
        )

    def _of_goods(self) -> Mapping[int, CatalogRow]:
        return {row.iblock_id: row for row in self._catalogs if row.product_iblock_id is None}

    def _only_catalogue(self) -> int | None:
        own, wanted = self._of_goods(), self.settings.catalog_id
        if wanted is not None:
            return wanted if wanted in own else None
        return next(iter(own)) if len(own) == 1 else None

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
        found = self._surely(lambda: self.offers)
        if found is None:
            raise GiveUp(
                "The portal has no catalogue of variations: it cannot keep this good.",
                who=WhoActs.EXTERNAL_ADMIN,
            )
        return found

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
        found = self._surely(lambda: self._vat_id(vat))
        if found is not None:
            return found
        wanted = "«without VAT»" if vat.rate is None else f"{_percent(vat.rate)} %"
        raise GiveUp(
            f"The portal has no VAT rate {wanted}: add it under the settings of its catalogue.",
            who=WhoActs.EXTERNAL_ADMIN,
        )

    def _vat_id(self, vat: Vat) -> int | None:
        if vat.rate is None:
            return self._without
        return next(
            (
                row.id
                for row in self.vats.values()
                if row.rate is not None
                and row.rate == vat.rate
                and row.active != "N"
                and row.id != self._without
            ),
            None,
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
        """The properties of a catalogue, read once a job."""
        if iblock not in self._properties:
            rows = everything(self.portal, PROPERTIES.listing, {"iblockId": iblock})
            self._properties[iblock] = [read(PropertyRow, row) for row in rows]
        return self._properties[iblock]

    def property_with(self, iblock: int, code: str) -> PropertyRow | None:
        """The property with this code."""
        return next((row for row in self.properties(iblock) if row.code == code), None)

    def forget_properties(self) -> None:
        """They were changed: they are read again."""
        self._properties.clear()
        self._enums.clear()

    @cached_property
    def _enums(self) -> dict[int, list[EnumRow]]:
        return {}

    def forget_enums(self, property_ids: Iterable[int]) -> None:
        """The values of these lists were changed: they are read again."""
        for id_ in property_ids:
            self._enums.pop(id_, None)

    def learn_enums(self, property_ids: Iterable[int]) -> None:
        """Reads the values of several list properties in one request."""
        unknown = [id_ for id_ in dict.fromkeys(property_ids) if id_ not in self._enums]
        walks = [Walk(ENUMS.listing, {"propertyId": id_}) for id_ in unknown]
        commands = [Command(walk.listing.endpoint, walk.params(0)) for walk in walks]
        for id_, walk, outcome in zip(unknown, walks, self.portal.batch(commands), strict=True):
            rows = walk.rows_in(value_of(outcome))
            if len(rows) == ROWS:
                rows = everything(self.portal, ENUMS.listing, walk.filters)
            self._enums[id_] = [read(EnumRow, row) for row in rows]

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
