"""Price types and prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from mostik.commerce.catalog import PRODUCTS, UNITS, VARIANTS
from mostik.commerce.record import Amount, Canonical, Ref

PRICE_TYPES, PRICES = "price_types", "prices"


class PriceType(Canonical):
    """A kind of price: retail, wholesale.

    Attributes:
        name: for people.
        currency: ISO 4217.
        vat_included: its prices hold the tax.
        base: the one that is used when nothing else is said.
    """

    name: str = ""
    currency: str | None = None
    vat_included: bool | None = None
    base: bool | None = None
    sort: int | None = None


class Price(Canonical):
    """One price of one good. Absent is not deleted; 0 is not absent.

    Attributes:
        owner: the good or variant.
        type: which kind of price; an unknown one leaves the price pending.
        amount: for one ``unit``.
        currency: ISO 4217.
        unit: what is sold for it; ``None``: the good's own unit.
        coefficient: how many of the good's own units that is.
        min_quantity: from this quantity on.
        max_quantity: up to this one.
        vat_included: it holds the tax; ``None``: as its type says.
    """

    refers: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "owner": (VARIANTS, PRODUCTS),
        "type": (PRICE_TYPES,),
        "unit": (UNITS,),
    }

    owner: Ref
    type: Ref
    amount: Amount
    currency: str | None = None
    unit: Ref | None = None
    coefficient: Amount | None = None
    min_quantity: Amount | None = None
    max_quantity: Amount | None = None
    vat_included: bool | None = None

    def measure(self) -> Decimal | None:
        """Its amount."""
        return self.amount

    def group(self) -> str | None:
        """Its price type."""
        return self.type.key
