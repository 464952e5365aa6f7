"""Everything that the online store of the portal holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.sandbox.portal.config import PortalConfig
from local.sandbox.portal.envelope import Stamp
from local.sandbox.portal.sale import directories
from local.sandbox.portal.sale.fields import (
    BASKET,
    ORDER,
    PAYMENT,
    PROPERTY_VALUE,
    SHIPMENT,
    SHIPMENT_ITEM,
)
from local.sandbox.portal.table import Row, Table

Fire = Callable[[str, Mapping[str, object]], None]
Product = Callable[[int], Mapping[str, Any] | None]
"""``name``, ``price``, ``measure``, ``xmlId`` of a good by its id; ``None``: there is none."""

_TABLES = (
    "orders",
    "baskets",
    "payments",
    "shipments",
    "shipment_items",
    "values",
    "payment_items",
)


def any_product(id_: int) -> Mapping[str, Any] | None:
    """A catalogue in which every id is a good at a price of 100."""
    return {"name": f"Product {id_}", "price": 100, "measure": 796, "xmlId": str(id_)}


class Store:
    """Tables and directories of the online store.

    Attributes:
        product: the catalogue; every id is a good until the portal has one.
        links: (order id, owner type, owner id), as ``crm.orderentity`` holds them.
        makes_deals: the portal's own automation makes a deal of every new order.
    """

    def __init__(self, config: PortalConfig, stamp: Stamp, fire: Fire) -> None:
        self.config = config
        self.stamp = stamp
        self.fire = fire
        self.product: Product = any_product
        self.makes_deals = False
        self.clear()

    def clear(self) -> None:
        """No orders, and the directories of the first day."""
        stamp = self.stamp
        by_order = ("orderId",)
        self.orders = Table(ORDER.types, stamp, keyed_by=("xmlId",))
        self.baskets = Table(BASKET.types, stamp, keyed_by=by_order)
        self.payments = Table(PAYMENT.types, stamp, keyed_by=by_order)
        self.shipments = Table(SHIPMENT.types, stamp, keyed_by=by_order)
        self.shipment_items = Table(SHIPMENT_ITEM.types, stamp, keyed_by=("orderDeliveryId",))
        self.values = Table(PROPERTY_VALUE.types, stamp, keyed_by=by_order)
        self.payment_items = Table(
            {"id": "integer", "paymentId": "integer", "rowId": "integer", "quantity": "double"},
            stamp,
            keyed_by=("paymentId",),
        )
        self.links: list[tuple[int, int, int]] = []
        self.person_types = directories.person_types()
        self.properties = directories.properties()
        self.statuses = directories.statuses()
        self.pay_systems = directories.pay_systems()
        self.deliveries = directories.deliveries()
        self._last_xml_id = 0

    def snapshot(self) -> dict[str, Any]:
        """All rows as JSON."""
        tables: dict[str, Any] = {name: getattr(self, name).as_json() for name in _TABLES}
        return {**tables, "links": [list(link) for link in self.links], "xml": self._last_xml_id}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Takes over the rows of a snapshot."""
        self.clear()
        for name in _TABLES:
            getattr(self, name).load(data[name])
        self.links = [(order, kind, owner) for order, kind, owner in data["links"]]
        self._last_xml_id = data["xml"]

    def new_xml_id(self) -> str:
        """What the portal fills in where a caller gives no external id."""
        self._last_xml_id += 1
        return f"bx_{0x65DF53066C000 + self._last_xml_id:x}"

    def as_state(self) -> dict[str, list[Row]]:
        """Rows for a test or a demo to compare."""
        return {
            "orders": list(self.orders.rows.values()),
            "basket": list(self.baskets.rows.values()),
            "payments": list(self.payments.rows.values()),
            "shipments": list(self.shipments.rows.values()),
        }
