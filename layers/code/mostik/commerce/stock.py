"""Warehouses and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import AwareDatetime

from mostik.commerce.catalog import PRODUCTS, VARIANTS
from mostik.commerce.parties import Address
from mostik.commerce.record import Amount, Canonical, Ref

WAREHOUSES, STOCK = "warehouses", "stock"


class Warehouse(Canonical):
    """A warehouse or a shop.

    Attributes:
        name: for people.
        code: its code on the side that it was read from.
        address: where it is.
        shop: people can collect orders there.
        sort: its place.
    """

    name: str = ""
    code: str | None = None
    address: Address | None = None
    phone: str | None = None
    shop: bool | None = None
    sort: int | None = None


class Stock(Canonical):
    """How much of a good is in a warehouse. Negative figures and fractions happen.

    Attributes:
        owner: the good or variant.
        warehouse: where; ``None``: the sum over all, where a side has no warehouses.
        on_hand: what lies there.
        reserved: what of it is promised.
        available: what can be sold.
        as_of: the moment of the figures.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "owner": (VARIANTS, PRODUCTS),
        "warehouse": (WAREHOUSES,),
    }
    references: ClassVar[frozenset[str]] = frozenset({"as_of"})

    owner: Ref
    warehouse: Ref | None = None
    on_hand: Amount | None = None
    reserved: Amount | None = None
    available: Amount | None = None
    as_of: AwareDatetime | None = None

    def group(self) -> str | None:
        """Its warehouse."""
        return self.warehouse.key if self.warehouse is not None else None
