"""What people do in the portal's catalogue, for ``POST /_sandbox/…``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from local.sandbox.portal.catalog.config import Inventory
from local.sandbox.portal.catalog.state import Catalog


def catalog_actions(
    catalog: Catalog, lock: AbstractContextManager[Any]
) -> Mapping[str, Callable[[Any], Any]]:
    """``sell`` and ``reserve`` (``product``, ``quantity``, ``store``), ``inventory`` (``to``: on,
    off, not in plan)."""

    def sell(data: Any) -> Any:
        with lock:
            catalog.sell(int(data["product"]), float(data["quantity"]), int(data.get("store", 1)))
        return {"ok": True}

    def reserve(data: Any) -> Any:
        with lock:
            catalog.reserve(
                int(data["product"]), float(data["quantity"]), int(data.get("store", 1))
            )
        return {"ok": True}

    def inventory(data: Any) -> Any:
        with lock:
            catalog.switch_inventory(Inventory(data["to"]))
        return {"inventory": catalog.inventory.value}

    return {"sell": sell, "reserve": reserve, "inventory": inventory}
