"""The site's own export of its catalogue (``get_catalog``), as canonical records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from integrations.bitrix24.catalog.keys import keys_in
from integrations.bitrix_site.exchange.goods import (
    ExchangePrices,
    ExchangePriceTypes,
    ExchangeProducts,
    ExchangeProperties,
    ExchangeSections,
    ExchangeStock,
    ExchangeVariants,
    ExchangeWarehouses,
)
from integrations.bitrix_site.exchange.pushed import narrowed
from integrations.bitrix_site.models import Settings
from integrations.bitrix_site.shelf import Shelf
from mostik.commerce.catalog import (
    PRODUCTS,
    PROPERTIES,
    SECTIONS,
    VARIANTS,
    Product,
    PropertyDef,
    Variant,
)
from mostik.commerce.prices import PRICE_TYPES, PRICES, PriceType
from mostik.commerce.record import Canonical
from mostik.commerce.stock import STOCK, WAREHOUSES
from mostik.commerceml import models_goods as words
from mostik.commerceml.mapping_catalog import (
    owner_key,
    product,
    property_def,
    section,
    variant,
    warehouse,
)
from mostik.commerceml.mapping_offers import price_type, prices, stock
from mostik.commerceml.models import Rejected
from mostik.commerceml.reader import Reader
from mostik.commerceml.refusal import Refused
from mostik.errors import GiveUp, WhoActs
from mostik.integration import Misfit

_HOLDS: Mapping[str, frozenset[str]] = {
    SECTIONS: ExchangeSections.holds,
    PROPERTIES: ExchangeProperties.holds,
    PRODUCTS: ExchangeProducts.holds,
    VARIANTS: ExchangeVariants.holds,
    PRICE_TYPES: ExchangePriceTypes.holds,
    PRICES: ExchangePrices.holds,
    WAREHOUSES: ExchangeWarehouses.holds,
    STOCK: ExchangeStock.holds,
}
_KINDS: Mapping[str, Sequence[str]] = {
    "Группа": (SECTIONS,),
    "Свойство": (PROPERTIES,),
    "Товар": (PRODUCTS,),
    "ТипЦены": (PRICE_TYPES,),
    "Склад": (WAREHOUSES,),
    "Предложение": (VARIANTS, PRICES, STOCK),
}
"""What an element may be, when all that is known of it is its name."""
_AT_ONCE = 500
GoodT = TypeVar("GoodT", Product, Variant)


class Walk:
    """One reading of the site's catalogue; its parts come one after the other.

    Args:
        shelf: takes the records.
        settings: of the connection.
        name: of this walk.

    Attributes:
        misfits: what cannot be read, by the resources that it may be of.
    """

    def __init__(self, shelf: Shelf, settings: Settings, name: str) -> None:
        self._shelf = shelf
        self._settings = settings
        self._name = name
        self._definitions: dict[str, PropertyDef] = {}
        self._types: dict[str, PriceType] = {}
        self.misfits: dict[str, list[Misfit]] = {}

    def take(self, part: bytes) -> None:
        """Takes one part.

        Raises:
            GiveUp: it is no CommerceML.
            RetryLater: the shelf did not take all of it.
        """
        found: dict[str, list[Canonical]] = {}
        try:
            for one in Reader([part]):
                if isinstance(one, Rejected):
                    self._note(one)
                    continue
                for resource, record in self._records(one):
                    found.setdefault(resource, []).append(record)
        except Refused as refused:
            raise GiveUp(
                f"The site's catalogue is no CommerceML that can be read: {refused}",
                who=WhoActs.EXTERNAL_ADMIN,
            ) from None
        for resource, records in found.items():
            latest = list({record.key: record for record in records}.values())
            for start in range(0, len(latest), _AT_ONCE):
                kept = [self._narrow(resource, one) for one in latest[start : start + _AT_ONCE]]
                self._shelf.put(resource, kept, walk=self._name)

    def _note(self, found: Rejected) -> None:
        error = GiveUp(
            f"The site's catalogue has a record that nobody can find again ({found.kind}:"
            f" {found.reason}).",
            who=WhoActs.EXTERNAL_ADMIN,
        )
        for resource in _KINDS.get(found.kind, ()):
            self.misfits.setdefault(resource, []).append(Misfit(found.key or "?", error))

    def _records(self, found: Any) -> Iterable[tuple[str, Canonical]]:
        match found:
            case words.Group():
                yield SECTIONS, section(found)
            case words.Property():
                definition = property_def(found)
                self._definitions[definition.key] = definition
                yield PROPERTIES, definition
            case words.PriceType():
                kind, _ = price_type(found)
                self._types[kind.key] = kind
                yield PRICE_TYPES, kind
            case words.Warehouse():
                yield WAREHOUSES, warehouse(found)
            case words.Product():
                good, _ = product(found, self._definitions)
                yield PRODUCTS, _active(good)
            case words.Offer():
                yield from self._offer(found)

    def _offer(self, found: words.Offer) -> Iterable[tuple[str, Canonical]]:
        if "#" in owner_key(found):
            own, _ = variant(found, self._definitions)
            if isinstance(own, Variant):
                yield VARIANTS, _active(own)
        for price in prices(found, self._types)[0]:
            yield PRICES, price
        for level in stock(found, free=False):
            yield STOCK, level

    def _narrow(self, resource: str, record: Canonical) -> Canonical:
        external = keys_in(record.key, -1, self._settings)
        return narrowed(record, _HOLDS[resource], external_ids=external)


def _active(good: GoodT) -> GoodT:
    """A good with a mark of deletion is switched off, and there all the same."""
    return good.model_copy(update={"active": not good.deleted, "deleted": False})
