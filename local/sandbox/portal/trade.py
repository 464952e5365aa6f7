"""Orders, requisites and what else of the portal is about selling, as one thing that it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.sandbox.portal.config import PortalConfig
from local.sandbox.portal.crm.directories import directory_methods
from local.sandbox.portal.crm.duplicates import duplicate_methods
from local.sandbox.portal.crm.fields import COMPANY
from local.sandbox.portal.crm.items import CrmItems
from local.sandbox.portal.crm.requisites import Requisites
from local.sandbox.portal.crm.rows import Rows
from local.sandbox.portal.envelope import Stamp
from local.sandbox.portal.methods import Method
from local.sandbox.portal.sale.deals import DealOrders
from local.sandbox.portal.sale.methods import sale_methods
from local.sandbox.portal.sale.orders import Orders
from local.sandbox.portal.sale.parts import Parts
from local.sandbox.portal.sale.store import Fire, Product, Store


class Trade:
    """The online store and the CRM's product rows, requisites and directories.

    Args:
        config: the portal's settings.
        stamp: its clock and zone.
        items: its CRM records.
        fire: tells subscribers about an event.
    """

    def __init__(self, config: PortalConfig, stamp: Stamp, items: CrmItems, fire: Fire) -> None:
        self._config = config
        self._stamp = stamp
        self._items = items
        self.store = Store(config, stamp, fire)
        self.orders = Orders(self.store)
        self.parts = Parts(self.store, self.orders)
        self.rows = Rows(items, stamp, self._product, config.page_size)
        self.requisites = Requisites(items, stamp, config.page_size)
        self._deals = DealOrders(self.store, self.orders, self.parts, items, self.rows)

    def sells(self, product: Product) -> None:
        """Gives the online store a catalogue."""
        self.store.product = product

    def _product(self, id_: int) -> Mapping[str, Any] | None:
        return self.store.product(id_)

    def methods(self) -> dict[str, Method]:
        """All methods by name."""
        size = self._config.page_size
        return {
            **sale_methods(self.store, self.orders, self.parts, size, self._deals.automation),
            **self._deals.methods(),
            **self.rows.methods(),
            **self.requisites.methods(),
            **duplicate_methods(self._items),
            **directory_methods(self._config, self._stamp, lambda: self._items.currencies),
        }

    def clear(self) -> None:
        """As on the first day."""
        self.store.clear()
        self.rows.clear()
        self.requisites.clear()

    def snapshot(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "store": self.store.snapshot(),
            "rows": self.rows.table.as_json(),
            "requisites": self.requisites.requisites.as_json(),
            "banks": self.requisites.banks.as_json(),
            "addresses": self.requisites.addresses.as_json(),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Everything from a snapshot."""
        self.clear()
        self.store.restore(data["store"])
        self.rows.table.load(data["rows"])
        self.requisites.requisites.load(data["requisites"])
        self.requisites.banks.load(data["banks"])
        self.requisites.addresses.load(data["addresses"])

    def state(self) -> dict[str, Any]:
        """What a test or a demo may want to compare."""
        return {
            **self.store.as_state(),
            "companies": list(self._items.stores[COMPANY]),
            "rows": list(self.rows.table.rows.values()),
            "requisites": list(self.requisites.requisites.rows.values()),
        }
