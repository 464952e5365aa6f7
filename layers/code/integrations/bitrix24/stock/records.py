"""Stock records of a portal, their keys, and what they ask for. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from integrations.bitrix24.stock.levels import Level, Place, Target
from integrations.bitrix24.stock.quantities import Quantity
from mostik.commerce.record import Ref
from mostik.commerce.stock import Stock
from mostik.errors import GiveUp, WhoActs

NOTHING = Decimal(0)
_KEPT = Decimal("0.0001")
"""What the portal keeps of a quantity: a finer difference would make documents for ever."""


def target_of(record: Stock) -> Target:
    """Returns what a figure asks for.

    Raises:
        GiveUp: it says nothing.
    """
    if record.on_hand is None and record.available is None:
        raise GiveUp(
            "This figure says neither what there is nor what can be sold.", who=WhoActs.ADMIN
        )
    return Target(_kept(record.on_hand), _kept(record.available))


def reserved_more(target: Target, level: Level) -> GiveUp | None:
    """Returns why a place could not be brought to its target, where orders have reserved more."""
    if target.fits(level):
        return None
    return GiveUp(
        f"Orders of the portal have reserved {_shown(level.reserved)}, more than the"
        f" {_shown(target.on_hand or NOTHING)}"
        " that there should be: the stock was not lowered below that.",
        who=WhoActs.ADMIN,
    )


def second_figure() -> GiveUp:
    """Two figures came for one place of the portal: which of them counts, a person must say."""
    return GiveUp(
        "Two figures came for one place of the portal, so the second is not written: map the goods"
        " and warehouses of the other system to different ones, or let one sum come.",
        who=WhoActs.ADMIN,
    )


def of_place(place: Place, level: Level) -> Stock:
    """What is in a warehouse as a record."""
    product, store = place
    return Stock(
        key=f"{product}@{store}",
        owner=Ref(key=str(product)),
        warehouse=Ref(key=str(store)),
        on_hand=level.amount,
        reserved=level.reserved,
        available=level.free,
    )


def of_good(one: Quantity) -> Stock:
    """The one quantity of a good as a record."""
    return Stock(
        key=str(one.row.id),
        owner=Ref(key=str(one.row.id)),
        on_hand=one.level.amount,
        reserved=one.level.reserved,
        available=one.level.free,
    )


def place_of(key: str) -> tuple[int, int | None] | None:
    """Reads a key: the good, and the warehouse where one stands in it; ``None``: it is no key."""
    product, at, store = key.partition("@")
    if not (product.isascii() and product.isdecimal()):
        return None
    if not at:
        return int(product), None
    return (int(product), int(store)) if store.isascii() and store.isdecimal() else None


def _kept(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(_KEPT, ROUND_HALF_UP)


def _shown(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
