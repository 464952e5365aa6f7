"""Canonical orders and customers: what two systems agree on, in neither's words.

Money is ``Decimal`` with its currency, never float, and keeps the scale it came with. The full
model of the trade grows here; this is what a deal or an order needs to cross the bridge.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _no_float(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError("money and quantities must not be floats")
    return value


Amount = Annotated[Decimal, BeforeValidator(_no_float)]


class Canonical(BaseModel):
    """A canonical record.

    Attributes:
        key: its key in the system it was read from.
        external_ids: its keys elsewhere, by connection id.
        extra: fields of the source that this model has no place for, kept for the mapping.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    references: ClassVar[frozenset[str]] = frozenset()
    """Fields that are not compared: they point at other records, or never change."""

    key: str
    external_ids: Mapping[str, str] = Field(default_factory=dict)
    extra: Mapping[str, Any] = Field(default_factory=dict)

    def fingerprint(self) -> str:
        """Returns a hash of the content alone: two reads are equal when nothing that matters
        changed."""
        content = self.model_dump(exclude={"key", "external_ids", "extra", *self.references})
        canonical = json.dumps(_plain(content), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """Makes equal values equal text: 100 and 100.00 are the same amount."""
    match value:
        case Mapping():
            return {name: _plain(inner) for name, inner in value.items()}
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return value


class OrderStatus(StrEnum):
    """Where an order stands, in the trade's words."""

    NEW = "new"
    PAID = "paid"
    PACKED = "packed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Money(BaseModel):
    """An amount and its ISO 4217 currency."""

    model_config = ConfigDict(frozen=True)

    amount: Amount
    currency: str = Field(min_length=3, max_length=3)


class Customer(Canonical):
    """A person who buys."""

    name: str = ""
    phone: str = ""
    email: str = ""


class Order(Canonical):
    """An order. ``number`` is what people call it: not its key, and it never changes."""

    references = frozenset({"customer", "number"})

    number: str
    status: OrderStatus
    total: Money
    comment: str = ""
    customer: Customer | None = None
