"""What the tests of the sandbox's catalogue share."""

from __future__ import annotations

from typing import Any

from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.portal.catalog.config import CatalogConfig, Inventory
from tests.support.sandbox import PortalInProcess

GOODS, OFFERS = 23, 24


def a_shop(inventory: Inventory = Inventory.OFF, **how: Any) -> PortalInProcess:
    """A portal with three warehouses and three price types, called without sockets."""
    config = CatalogConfig(
        inventory=inventory,
        stores=("Main", "North", "South"),
        price_types=("BASE", "WHOLESALE", "STAFF"),
        **how,
    )
    return PortalInProcess(PortalSandbox(PortalConfig(rate_limit=None, catalog=config)))


def a_good(rest: PortalInProcess, **fields: Any) -> dict[str, Any]:
    """A simple good."""
    added: dict[str, Any] = rest.result(
        "catalog.product.add", {"fields": {"iblockId": GOODS, "name": "Lamp", **fields}}
    )["element"]
    return added


def listed(rest: PortalInProcess, kind: str = "product", **params: Any) -> list[dict[str, Any]]:
    """Goods of a kind."""
    method = f"catalog.product.{kind}.list" if kind != "product" else "catalog.product.list"
    plural = {"product": "products", "sku": "units", "offer": "offers", "service": "services"}
    iblock = OFFERS if kind == "offer" else GOODS
    conditions = {"iblockId": iblock, **params.pop("filter", {})}
    select = ["id", "iblockId", *params.pop("select", ())]
    rows: list[dict[str, Any]] = rest.result(
        method, {"select": select, "filter": conditions, **params}
    )[plural[kind]]
    return rows
