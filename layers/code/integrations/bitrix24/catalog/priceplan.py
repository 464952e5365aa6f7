"""Which calls bring the prices of one good to what they should be. Pure.

``catalog.price.modify`` sets all prices of a good in one call, and deletes every price that it is
not told of (apidocs.bitrix24.ru, catalog/price/catalog-price-modify). So it is only used where the
wanted prices are all that stand; anything else is added or updated one by one, and a price that is
not wanted is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from integrations.bitrix24.catalog.endpoints import PRICE_MODIFY, PRICES
from integrations.bitrix24.catalog.models import PriceRow
from integrations.bitrix24.transport.batch import Command

CENTS = Decimal("0.01")
"""What the portal keeps of a price."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A price that a good shall have.

    Attributes:
        type: id of the price type.
        amount: in the portal's precision.
        currency: ISO 4217.
    """

    type: int
    amount: Decimal
    currency: str

    def is_said_by(self, row: PriceRow) -> bool:
        """Whether it stands already."""
        return row.price == self.amount and row.currency == self.currency


@dataclass(frozen=True, slots=True)
class Plan:
    """What to call for one good.

    Attributes:
        commands: the calls.
        of: for each wanted price the number of its command; ``None``: it stands.
    """

    commands: Sequence[Command]
    of: Sequence[int | None]


def rounded(amount: Decimal) -> Decimal:
    """Returns an amount as the portal keeps it."""
    return amount.quantize(CENTS, ROUND_HALF_UP)


def standing(rows: Sequence[PriceRow], type_id: int) -> PriceRow | None:
    """The good's price of a type, for any quantity."""
    return next(
        (
            row
            for row in rows
            if row.catalog_group_id == type_id and not row.quantity_from and not row.quantity_to
        ),
        None,
    )


def plan(product: int, rows: Sequence[PriceRow], wanted: Sequence[Wanted]) -> Plan:
    """Returns what to call.

    Args:
        product: id of the good.
        rows: all its prices as they stand now.
        wanted: at most one of each type.
    """
    changed = [
        number
        for number, one in enumerate(wanted)
        if (row := standing(rows, one.type)) is None or not one.is_said_by(row)
    ]
    if len(changed) > 1 and _lists_all_that_stands(rows, wanted):
        return Plan([_modify(product, rows, wanted)], [0] * len(wanted))
    commands: list[Command] = []
    of: list[int | None] = [None] * len(wanted)
    for number in changed:
        of[number] = len(commands)
        commands.append(_single(product, standing(rows, wanted[number].type), wanted[number]))
    return Plan(commands, of)


def _lists_all_that_stands(rows: Sequence[PriceRow], wanted: Sequence[Wanted]) -> bool:
    types = {one.type for one in wanted}
    return all(
        row.catalog_group_id in types and standing(rows, row.catalog_group_id) is row
        for row in rows
    )


def _modify(product: int, rows: Sequence[PriceRow], wanted: Sequence[Wanted]) -> Command:
    prices = []
    for one in wanted:
        price: dict[str, Any] = {"catalogGroupId": one.type, **_said(one)}
        row = standing(rows, one.type)
        if row is not None:
            price["id"] = row.id
        prices.append(price)
    return Command(PRICE_MODIFY, {"fields": {"product": {"id": product, "prices": prices}}})


def _single(product: int, row: PriceRow | None, one: Wanted) -> Command:
    if row is not None:
        return Command(PRICES.update, {"id": row.id, "fields": _said(one)})
    fields = {"productId": product, "catalogGroupId": one.type, **_said(one)}
    return Command(PRICES.add, {"fields": fields})


def _said(one: Wanted) -> Mapping[str, str]:
    """Amount and currency are demanded together; an amount travels as text, never as a float."""
    return {"price": f"{one.amount:f}", "currency": one.currency}
