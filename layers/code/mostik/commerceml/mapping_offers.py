"""Prices and stock of offers in the trade's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from mostik.commerce.prices import Price, PriceType
from mostik.commerce.record import Ref
from mostik.commerce.stock import Stock
from mostik.commerceml import models_goods as words
from mostik.commerceml.mapping_catalog import Doubt, owner_key
from mostik.commerceml.values import currency


def price_type(found: words.PriceType) -> tuple[PriceType, tuple[Doubt, ...]]:
    """Returns a price type, and what of it is not understood."""
    code = currency(found.currency) if found.currency else None
    doubts: tuple[Doubt, ...] = ()
    if found.currency and code is None:
        doubts = (Doubt("ТипЦены", found.key, f"Неизвестная валюта: {found.currency[:20]}"),)
    included = [one.included for one in found.taxes if one.included is not None]
    return PriceType(
        key=found.key,
        version=found.version,
        deleted=bool(found.deleted),
        name=found.name or "",
        currency=code,
        vat_included=included[0] if included else None,
    ), doubts


def prices(
    offer: words.Offer, types: Mapping[str, PriceType]
) -> tuple[tuple[Price, ...], tuple[Doubt, ...]]:
    """Returns the prices that an offer states; those that it does not state are not deleted.

    Args:
        offer: as the file has it.
        types: price types by key, for the currency of a price that names none.
    """
    owner = owner_key(offer)
    found: list[Price] = []
    doubts: list[Doubt] = []
    for one in offer.prices or ():
        written = one.currency or ""
        kind = types.get(one.type or "")
        code = currency(written) if written else (kind.currency if kind else None)
        if not one.type:
            doubts.append(Doubt("Цена", owner, "Цена без ИдТипаЦены"))
        elif one.amount is None:
            doubts.append(Doubt("Цена", owner, f"Цена без ЦенаЗаЕдиницу, тип {one.type}"))
        elif written and code is None:
            doubts.append(Doubt("Цена", owner, f"Неизвестная валюта: {written[:20]}"))
        else:
            from_quantity = "" if one.min_quantity is None else f"/{one.min_quantity.normalize():f}"
            found.append(
                Price(
                    key=f"{owner}/{one.type}{from_quantity}",
                    owner=Ref(key=owner),
                    type=Ref(key=one.type),
                    amount=one.amount,
                    currency=code,
                    unit=Ref(key=one.unit) if one.unit else None,
                    coefficient=one.coefficient,
                    min_quantity=one.min_quantity,
                    max_quantity=one.max_quantity,
                )
            )
    return tuple(found), tuple(doubts)


def stock(offer: words.Offer, *, free: bool, as_of: datetime | None = None) -> tuple[Stock, ...]:
    """Returns the stock that an offer states, one record a warehouse.

    Args:
        offer: as the file has it.
        free: 1C sends what can be sold; else what lies there.
        as_of: the moment of the figures, with a zone.
    """
    owner = owner_key(offer)
    sums: dict[str | None, Decimal] = {}
    for row in offer.stock or ():
        if row.quantity is not None:
            place = row.warehouse or None
            sums[place] = sums.get(place, Decimal(0)) + row.quantity
    if not sums and offer.quantity is not None:
        sums[None] = offer.quantity
    return tuple(
        Stock(
            key=f"{owner}/{place}" if place else owner,
            owner=Ref(key=owner),
            warehouse=Ref(key=place) if place else None,
            on_hand=None if free else quantity,
            available=quantity if free else None,
            as_of=as_of,
        )
        for place, quantity in sums.items()
    )
