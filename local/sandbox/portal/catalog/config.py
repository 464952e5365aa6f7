"""What the trade catalogue of a sandbox portal is set up with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Inventory(StrEnum):
    """Whether the portal keeps its stock by documents."""

    ON = "on"
    OFF = "off"
    NOT_IN_PLAN = "not in plan"
    """As ``OFF``, and every inventory method is refused."""


@dataclass(frozen=True, slots=True)
class CatalogConfig:
    """The catalogue's settings on the first day.

    Attributes:
        goods: id of the information block of goods and services.
        offers: that of variations.
        inventory: whether stock is kept by documents; a person may switch it while it runs.
        stores: names of the warehouses, in the order of their ids.
        price_types: codes of the price types; the first is the base one.
        vat_rates: name and rate in percent; ``None`` is "no VAT".
        ignores_unknown_filters: the other reading of the documentation: a field that may not be
            filtered or sorted by is left out in silence, and the list holds everything.
    """

    goods: int = 23
    offers: int = 24
    inventory: Inventory = Inventory.OFF
    stores: tuple[str, ...] = ("Main",)
    price_types: tuple[str, ...] = ("BASE",)
    vat_rates: tuple[tuple[str, float | None], ...] = (
        ("No VAT", None),
        ("VAT 0%", 0),
        ("VAT 20%", 20),
    )
    ignores_unknown_filters: bool = False
