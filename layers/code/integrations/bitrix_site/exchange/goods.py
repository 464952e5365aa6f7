"""Groups, properties, goods, variants, prices and stock of the site by the exchange."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from integrations.bitrix_site.exchange.catalogue import (
    amount_of,
    catalogue,
    classifier,
    offers,
)
from integrations.bitrix_site.exchange.pushed import Pushed, by_owner, narrowed, newest
from mostik.commerce.catalog import (
    PRODUCTS,
    PROPERTIES,
    SECTIONS,
    UNITS,
    VARIANTS,
    Product,
    PropertyDef,
    PropertyValue,
    Section,
    Unit,
    Variant,
)
from mostik.commerce.prices import PRICE_TYPES, PRICES, Price, PriceType
from mostik.commerce.record import Ref
from mostik.commerce.stock import STOCK, WAREHOUSES, Stock, Warehouse
from mostik.commerceml.xmlout import Leaf
from mostik.errors import GiveUp, WhoActs

MeasuredT = TypeVar("MeasuredT", Product, Variant)
_DEEPEST = 20


class ExchangeSections(Pushed[Section]):
    """Groups of goods."""

    resource, kind, file = SECTIONS, Section, "import"
    holds = frozenset({"parent", "name"})

    def own(self, record: Section, key: str, system: str) -> Section:
        """See ``Pushed.own``."""
        parent = self.here(record.parent, system, SECTIONS) if record.parent else None
        return narrowed(
            record, self.holds, key=key, parent=parent, external_ids={system: record.key}
        )

    def parts(self, records: Sequence[Section]) -> Iterable[Leaf]:
        """See ``Pushed.parts``: with the groups above them, in which they stand."""
        whole = {one.key: one for one in records}
        missing = {one.parent.key for one in records if one.parent} - set(whole)
        for _ in range(_DEEPEST):
            if not missing:
                break
            found = self.shelf.get_many(SECTIONS, Section, missing)
            whole |= {key: one.record for key, one in found.items()}
            above = {one.record.parent.key for one in found.values() if one.record.parent}
            missing = above - set(whole)
        return [classifier(self.settings.catalog_key, list(whole.values()))]


class ExchangeProperties(Pushed[PropertyDef]):
    """Properties of goods."""

    resource, kind, file = PROPERTIES, PropertyDef, "import"
    holds = frozenset({"name", "type", "multiple", "values.name"})

    def own(self, record: PropertyDef, key: str, system: str) -> PropertyDef:
        """See ``Pushed.own``."""
        return narrowed(record, self.holds, key=key, external_ids={system: record.key})

    def parts(self, records: Sequence[PropertyDef]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        return [classifier(self.settings.catalog_key, properties=records)]


class ExchangeUnits(Pushed[Unit]):
    """Units of measure. Their codes (ОКЕИ) travel with goods; nothing is sent of them alone."""

    resource, kind, file, sends = UNITS, Unit, "import", False
    holds = frozenset({"code"})

    def own(self, record: Unit, key: str, system: str) -> Unit:
        """See ``Pushed.own``."""
        code = _okei(record.code) or _okei(key)
        if code is None:
            raise GiveUp(
                f"A site knows units by their codes (ОКЕИ), and {record.code or key!r} is none.",
                who=WhoActs.ADMIN,
            )
        return Unit(key=code, code=code, external_ids={system: record.key})

    def parts(self, records: Sequence[Unit]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        del records
        return ()

    def key_of(self, system: str, key: str) -> str:
        """See ``Pushed.key_of``."""
        return _okei(key) or super().key_of(system, key)


class _Measured(Pushed[MeasuredT]):
    """What is counted in units."""

    def _unit(self, unit: Ref | None) -> Ref | None:
        if unit is None:
            return None
        code = _okei(unit.key_in(self.connection) or unit.key)
        return Ref(key=code, name=unit.name) if code is not None else None


class ExchangeProducts(_Measured[Product]):
    """Goods."""

    resource, kind, file = PRODUCTS, Product, "import"
    holds = frozenset(
        {"name", "article", "section", "unit", "vat.rate", "barcodes", "description", "properties"}
        | {"active"}
    )

    def own(self, record: Product, key: str, system: str) -> Product:
        """See ``Pushed.own``."""
        values = record.properties
        if values is not None:
            values = tuple(self._value(one, system) for one in values)
        return narrowed(
            record,
            self.holds,
            key=key,
            external_ids={system: record.key},
            section=self.here(record.section, system, SECTIONS) if record.section else None,
            unit=self._unit(record.unit),
            properties=values,
        )

    def parts(self, records: Sequence[Product]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        return [catalogue(self.settings.catalog_key, records)]

    def _value(self, value: PropertyValue, system: str) -> PropertyValue:
        about = self.here(value.property, system, PROPERTIES)
        return PropertyValue(property=about, values=value.values, enums=value.enums)


class ExchangeVariants(_Measured[Variant]):
    """Offers of goods with characteristics. Their keys say their goods: ``good#characteristic``."""

    resource, kind, file = VARIANTS, Variant, "offers"
    holds = frozenset({"parent", "name", "article", "barcodes", "unit", "active"})

    def own(self, record: Variant, key: str, system: str) -> Variant:
        """See ``Pushed.own``."""
        if record.parent is None:
            raise GiveUp("An offer without its good cannot be sent to a site.", who=WhoActs.ADMIN)
        parent = self.here(record.parent, system, PRODUCTS)
        if "#" not in key:
            key = f"{parent.key}#{key}"
        return narrowed(
            record,
            self.holds | {"characteristics", "vat"},
            key=key,
            external_ids={system: record.key},
            parent=parent,
            unit=self._unit(record.unit),
        )

    def parts(self, records: Sequence[Variant]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        return [offers(self.settings.catalog_key, variants=records)]


class ExchangePriceTypes(Pushed[PriceType]):
    """Price types. The site makes those that it does not have."""

    resource, kind, file = PRICE_TYPES, PriceType, "offers"
    holds = frozenset({"name"})

    def own(self, record: PriceType, key: str, system: str) -> PriceType:
        """See ``Pushed.own``."""
        return narrowed(record, self.holds, key=key, external_ids={system: record.key})

    def parts(self, records: Sequence[PriceType]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        return [offers(self.settings.catalog_key, named=records)]


class ExchangeWarehouses(Pushed[Warehouse]):
    """Warehouses. The site makes those that it does not have."""

    resource, kind, file = WAREHOUSES, Warehouse, "offers"
    holds = frozenset({"name"})

    def own(self, record: Warehouse, key: str, system: str) -> Warehouse:
        """See ``Pushed.own``."""
        return narrowed(record, self.holds, key=key, external_ids={system: record.key})

    def parts(self, records: Sequence[Warehouse]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        return [offers(self.settings.catalog_key, named=records)]


class ExchangePrices(Pushed[Price]):
    """Prices. The site deletes those of an offer that a file does not state, so all of them go."""

    resource, kind, file = PRICES, Price, "offers"
    holds = frozenset({"owner", "type", "amount", "currency", "min_quantity"})

    def own(self, record: Price, key: str, system: str) -> Price:
        """See ``Pushed.own``: its key is made of those of its good and its type."""
        del key
        owner = self.here(record.owner, system, VARIANTS, PRODUCTS)
        kind = self.here(record.type, system, needs=False)
        return narrowed(
            record,
            self.holds,
            key=f"{owner.key}/{kind.key}{_from_quantity(record)}",
            external_ids={system: record.key},
            owner=owner,
            type=kind,
            currency=record.currency or self.settings.currency,
        )

    def parts(self, records: Sequence[Price]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        groups = by_owner(records, lambda one: one.owner.key)
        whole = {
            owner: newest(rows, self.shelf.below(PRICES, Price, f"{owner}/"))
            for owner, rows in groups.items()
        }
        return [offers(self.settings.catalog_key, prices=whole)]

    def key_of(self, system: str, key: str) -> str:
        """See ``Pushed.key_of``: made of those of its good and its type."""
        return "/".join(super(ExchangePrices, self).key_of(system, one) for one in key.split("/"))


class ExchangeStock(Pushed[Stock]):
    """Stock, by warehouse or as a sum. What is in the other warehouses goes with it."""

    resource, kind, file = STOCK, Stock, "offers"
    holds = frozenset({"owner", "warehouse", "on_hand"})

    def own(self, record: Stock, key: str, system: str) -> Stock:
        """See ``Pushed.own``: its key is made of those of its good and its warehouse."""
        del key
        owner = self.here(record.owner, system, VARIANTS, PRODUCTS)
        place = self.here(record.warehouse, system, needs=False) if record.warehouse else None
        return narrowed(
            record,
            self.holds,
            key=f"{owner.key}/{place.key}" if place else owner.key,
            external_ids={system: record.key},
            owner=owner,
            warehouse=place,
            on_hand=amount_of(record),
        )

    def parts(self, records: Sequence[Stock]) -> Iterable[Leaf]:
        """See ``Pushed.parts``."""
        groups = by_owner(records, lambda one: one.owner.key)
        whole = {
            owner: newest(rows, self.shelf.below(STOCK, Stock, f"{owner}/"))
            if any(one.warehouse is not None for one in rows)
            else rows
            for owner, rows in groups.items()
        }
        return [offers(self.settings.catalog_key, stock=whole)]

    def key_of(self, system: str, key: str) -> str:
        """See ``Pushed.key_of``: made of those of its good and its warehouse."""
        return "/".join(super(ExchangeStock, self).key_of(system, one) for one in key.split("/"))


KINDS: tuple[type[Pushed[Any]], ...] = (
    ExchangeSections,
    ExchangeProperties,
    ExchangeUnits,
    ExchangeProducts,
    ExchangeVariants,
    ExchangePriceTypes,
    ExchangePrices,
    ExchangeWarehouses,
    ExchangeStock,
)


def _okei(text: str) -> str | None:
    """A unit's code without zeros in front; ``None``: it is none."""
    return str(int(text)) if text.isascii() and text.isdecimal() else None


def _from_quantity(price: Price) -> str:
    if price.min_quantity is None:
        return ""
    return f"/{price.min_quantity.normalize():f}"
