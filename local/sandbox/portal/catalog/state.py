"""Everything that the trade catalogue holds, and how stock follows from it.

Ours, where the documentation is silent: ``quantity`` of a good is what may still be sold. With
inventory on it is the sum over the warehouses of ``amount`` less ``quantityReserved``; with
inventory off it is what was written, and a reservation moves some of it to ``quantityReserved``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.catalog.config import CatalogConfig, Inventory
from local.sandbox.portal.catalog.fields import (
    CATALOG,
    DOCUMENT,
    ELEMENT,
    ENUM,
    IMAGE,
    MEASURE,
    PRICE,
    PRICE_TYPE,
    PRODUCT,
    PROPERTY,
    RATIO,
    SECTION,
    STORE,
    STORE_PRODUCT,
    VAT,
)
from local.sandbox.portal.catalog.table import Row, Table
from local.sandbox.portal.crm.values import number
from local.sandbox.portal.envelope import Stamp

Fire = Callable[[str, Mapping[str, object]], None]

_DIGITS = 4
"""Decimals of a quantity on the portal."""
_MEASURES = (
    (6, "Metre", "m"),
    (112, "Litre", "l"),
    (163, "Gram", "g"),
    (166, "Kilogram", "kg"),
    (796, "Piece", "pc"),
)
_FIRST_PROPERTY = 97
_MORE_PHOTO = {"code": "MORE_PHOTO", "name": "Pictures", "propertyType": "F", "multiple": "Y"}


class Catalog:
    """The trade catalogue of a portal.

    Args:
        config: its settings on the first day.
        stamp: the portal's clock and zone.
        fire: tells subscribers about an event.
    """

    def __init__(self, config: CatalogConfig, stamp: Stamp, fire: Fire) -> None:
        self.config = config
        self.stamp = stamp
        self.fire = fire
        self.catalogs = Table(CATALOG)
        self.sections = Table(SECTION)
        self.properties = Table(PROPERTY, _FIRST_PROPERTY)
        self.enums = Table(ENUM)
        self.measures = Table(MEASURE)
        self.ratios = Table(RATIO)
        self.vats = Table(VAT)
        self.price_types = Table(PRICE_TYPE)
        self.prices = Table(PRICE)
        self.stores = Table(STORE)
        self.stock = Table(STORE_PRODUCT)
        self.goods = Table(PRODUCT)
        self.documents = Table(DOCUMENT)
        self.elements = Table(ELEMENT)
        self.images = Table(IMAGE)
        self.clear()

    def clear(self) -> None:
        """The first day: directories, and no goods."""
        self.inventory = self.config.inventory
        self.last_value = 9000
        for table in self.tables.values():
            table.clear()
        self._seed()

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        return {name: held for name, held in vars(self).items() if isinstance(held, Table)}

    def snapshot(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "inventory": self.inventory.value,
            "last_value": self.last_value,
            "tables": {name: table.snapshot() for name, table in self.tables.items()},
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Everything from a snapshot."""
        self.clear()
        self.inventory = Inventory(data["inventory"])
        self.last_value = data["last_value"]
        for name, saved in data["tables"].items():
            self.tables[name].restore(saved)

    def touch(self, good: Row) -> None:
        """A good was changed: its time, and its event."""
        good["timestampX"] = self.stamp.now()
        self.fire("CATALOG.PRODUCT.ON.UPDATE", {"ID": good["id"], "TYPE": good["type"]})

    # ── stock ─────────────────────────────────────────────────────────────────────────────────

    def held(self, product: int, store: int) -> Row:
        """The stock of a good in a warehouse; a row is made when there is none."""
        found = next(self.stock.where(productId=product, storeId=store), None)
        if found is not None:
            return found
        return self.stock.add(
            {"productId": product, "storeId": store, "amount": 0, "quantityReserved": 0}
        )

    def move(self, product: int, store: int, by: float) -> None:
        """Adds to what lies in a warehouse, or takes from it."""
        row = self.held(product, store)
        row["amount"] = _quantity(row["amount"] + by)
        self.recount(product)

    def recount(self, product: int) -> None:
        """Brings a good's quantity in line with its warehouses, where the portal keeps them."""
        good = self.goods.rows[product]
        if self.inventory is Inventory.ON:
            rows = list(self.stock.where(productId=product))
            reserved = _quantity(sum(row["quantityReserved"] or 0 for row in rows))
            good["quantityReserved"] = reserved
            good["quantity"] = _quantity(sum(row["amount"] for row in rows) - reserved)
        sellable = good.get("quantity") or 0
        free = good.get("canBuyZero") == "Y" or good.get("quantityTrace") == "N"
        good["available"] = "Y" if sellable > 0 or free else "N"

    def sell(self, product: int, quantity: float, store: int = 1) -> None:
        """A sale in the portal takes goods away, as a shipment does."""
        if self.inventory is Inventory.ON:
            self.move(product, store, -quantity)
        else:
            good = self.goods.rows[product]
            good["quantity"] = _quantity((good["quantity"] or 0) - quantity)
            self.recount(product)

    def reserve(self, product: int, quantity: float, store: int = 1) -> None:
        """An order in the portal reserves goods; a negative quantity frees them."""
        if self.inventory is Inventory.ON:
            row = self.held(product, store)
            row["quantityReserved"] = _quantity((row["quantityReserved"] or 0) + quantity)
            self.recount(product)
        else:
            good = self.goods.rows[product]
            good["quantity"] = _quantity((good["quantity"] or 0) - quantity)
            good["quantityReserved"] = _quantity((good["quantityReserved"] or 0) + quantity)
            self.recount(product)

    def switch_inventory(self, to: Inventory) -> None:
        """A person switches inventory management; stock that is there stays."""
        self.inventory = to
        for id_ in list(self.goods.ids):
            self.recount(id_)

    # ── the first day ─────────────────────────────────────────────────────────────────────────

    def _seed(self) -> None:
        now = self.stamp.now()
        goods, offers = self.config.goods, self.config.offers
        shared = {"iblockTypeId": 0, "lid": "s1", "subscription": "N", "vatId": None}
        link = self.properties.add(self._property(offers, "CML2_LINK", "Product", "E", now))
        for id_, name, parent in ((goods, "Goods", None), (offers, "Goods (offers)", goods)):
            self.catalogs.last_id = id_ - 1
            self.catalogs.add(
                {
                    **shared,
                    "iblockId": id_,
                    "name": name,
                    "productIblockId": parent,
                    "skuPropertyId": link["id"] if parent else None,
                }
            )
        for iblock in (goods, offers):
            self.properties.add({**self._property(iblock, "", "", "", now), **_MORE_PHOTO})
        for okei, title, symbol in _MEASURES:
            self.measures.add(
                {
                    "code": okei,
                    "isDefault": "Y" if okei == 796 else "N",
                    "measureTitle": title,
                    "symbol": symbol,
                    "symbolIntl": symbol,
                    "symbolLetterIntl": symbol.upper(),
                }
            )
        for name, rate in self.config.vat_rates:
            self.vats.add(
                {"name": name, "rate": rate, "active": "Y", "sort": 100, "timestampX": now}
            )
        by = {"createdBy": 1, "modifiedBy": 1, "dateCreate": now, "timestampX": now}
        for place, code in enumerate(self.config.price_types):
            base = "N" if place else "Y"
            self.price_types.add({**by, "name": code, "base": base, "sort": 100, "xmlId": code})
        for title in self.config.stores:
            self.stores.add({**_NEW_STORE, "title": title, "address": title, "dateCreate": now})

    def _property(self, iblock: int, code: str, name: str, kind: str, now: str) -> Row:
        return {
            **dict.fromkeys(PROPERTY.fields),
            "iblockId": iblock,
            "code": code,
            "name": name,
            "propertyType": kind,
            "active": "Y",
            "multiple": "N",
            "isRequired": "N",
            "listType": "L",
            "filtrable": "N",
            "searchable": "N",
            "sort": 500,
            "colCount": 30,
            "rowCount": 1,
            "timestampX": now,
        }


_NEW_STORE = {
    **dict.fromkeys(STORE.fields),
    "active": "Y",
    "issuingCenter": "N",
    "sort": 100,
    "userId": 1,
    "modifiedBy": 1,
}


def _quantity(value: float) -> int | float:
    return number(round(value, _DIGITS))
