"""What the tests of stock share: figures, goods that lie about, a portal that sells meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from local.sandbox.portal.catalog.config import Inventory
from mostik.commerce.stock import Stock
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.world import Job, a_good, name_store

TARGETS = {"lamp": "10", "cable": "0", "preorder": "-3", "sand": "2.5"}
STORES = {1: "main", 2: "north", 3: "south"}


def a_record(good: str, store: str | None, on_hand: str, **more: Any) -> Stock:
    return Stock(
        key=f"{good}@{store}", owner=good, warehouse=store, on_hand=Decimal(on_hand), **more
    )


def the_targets() -> list[Write[Stock]]:
    """10, 0, -3 and 2.5 in each of three warehouses."""
    return [
        Write(a_record(good, store, amount))
        for good, amount in TARGETS.items()
        for store in STORES.values()
    ]


def fill(job: Job) -> dict[str, int]:
    """Four goods that lie about, none of them as they should."""
    for number, code in STORES.items():
        name_store(job, number, code)
    ids = {good: a_good(job, good, canBuyZero="Y") for good in TARGETS}
    catalog = job.there.catalog
    if catalog.inventory is Inventory.ON:
        for good, store, amount in (("lamp", 1, 7), ("lamp", 2, 25), ("cable", 3, 4)):
            catalog.move(ids[good], store, amount)
    else:
        catalog.goods.rows[ids["lamp"]]["quantity"] = 7
    return ids


def by_place(job: Job) -> dict[tuple[int, int], float]:
    return {(row["productId"], row["storeId"]): row["amount"] for row in job.table("stock")}


def drafts(job: Job) -> list[dict[str, Any]]:
    return [row for row in job.table("documents") if row["status"] != "Y"]


@contextmanager
def a_sale_before(job: Job, method: str, sale: Callable[[], None]) -> Iterator[None]:
    """The portal sells right before the first call of a method is worked on."""
    methods = job.there._methods
    real = methods[method]
    sold: list[bool] = []

    def selling_first(*call: Any) -> Any:
        if not sold:
            sold.append(True)
            sale()
        return real(*call)

    methods[method] = selling_first
    yield
    methods[method] = real


def moved(job: Job) -> dict[tuple[int, int], float]:
    """What all conducted documents together have moved."""
    sums: dict[tuple[int, int], float] = {}
    for document in job.table("documents"):
        for element in job.table("elements"):
            if element["docId"] != document["id"]:
                continue
            sign = 1 if document["docType"] == "S" else -1
            place = element["elementId"], element["storeTo"] or element["storeFrom"]
            sums[place] = sums.get(place, 0) + sign * element["amount"]
    return sums
