"""Pure functions between product rows of a deal and canonical lines.

A row has no key of its own that we could write (``xmlId`` is the portal's), so a line's key here is
the row's id, and lines from elsewhere are matched to rows that are there: by good and name, then by
place. A row's price holds the tax; delivery is a row known by its good or its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.bitrix24.crm.models import ProductRow
from integrations.bitrix24.crm.money import FINE, cents, price_for_one, with_tax, worths
from integrations.bitrix24.models import Settings
from mostik.commerce.money import Vat
from mostik.commerce.order import Delivery, Line, Order
from mostik.commerce.record import Ref

_ABSOLUTE = 1
"""``discountTypeId``: the discount is a sum."""
_SHOWN = Decimal("0.0001")
_SEPARATOR = ": "


@dataclass(frozen=True, slots=True)
class Goods:
    """What a deal's rows say: lines and deliveries, apart."""

    lines: tuple[Line, ...]
    delivery: tuple[Delivery, ...]


def goods_from(rows: Sequence[ProductRow], settings: Settings) -> Goods:
    """Reads the rows of a deal; its delivery is in no other place."""
    ordered = sorted(rows, key=lambda row: (row.sort, row.id))
    return Goods(
        tuple(_line(row) for row in ordered if not _is_delivery(row, settings)),
        tuple(_delivery(row, settings) for row in ordered if _is_delivery(row, settings)),
    )


def wanted_rows(
    order: Order, settings: Settings, products: Mapping[str, int]
) -> Sequence[dict[str, Any]] | None:
    """Returns the rows that an order asks for; ``None``: it does not know its lines.

    Args:
        order: with its own discounts spread over the lines here.
        settings: of the connection.
        products: ids of goods by their key in the order.
    """
    if order.lines is None:
        return None
    rows: list[dict[str, Any]] = []
    for line, worth in zip(order.lines, worths(order), strict=True):
        product = products.get(line.variant.key) if line.variant is not None else None
        rows.append(_row(line, worth, product))
    for delivery in order.delivery or ():
        if delivery.cost is not None:
            rows.append(_delivery_row(delivery, settings))
    return [{**row, "sort": (place + 1) * 10} for place, row in enumerate(rows)]


def with_ids(
    wanted: Sequence[Mapping[str, Any]], present: Sequence[ProductRow]
) -> Sequence[dict[str, Any]]:
    """Returns rows with the ids of those that they replace: a row that keeps its id stays in the
    deal's payments."""
    free = sorted(present, key=lambda row: (row.sort, row.id))
    found: dict[int, ProductRow] = {}
    for same in (_is_same_good, _is_same_name):
        for place, row in enumerate(wanted):
            if place in found:
                continue
            match = next((one for one in free if same(row, one)), None)
            if match is not None:
                found[place] = match
                free.remove(match)
    return [
        {**row, "id": found[place].id} if place in found else dict(row)
        for place, row in enumerate(wanted)
    ]


def are_there(wanted: Sequence[Mapping[str, Any]], present: Sequence[ProductRow]) -> bool:
    """Whether the rows of a deal say already what is wanted, so that nothing need be written."""
    if len(wanted) != len(present):
        return False
    ids = [row.get("id") for row in wanted]
    if sorted(one.id for one in present) != sorted(id_ for id_ in ids if id_ is not None):
        return False
    by_id = {row.id: row for row in present}
    return all(_says(by_id[row["id"]], row) for row in wanted)


def _line(row: ProductRow) -> Line:
    rate = row.tax_rate
    included = row.tax_included == "Y" if rate is not None else None
    share = 1 + rate / 100 if rate is not None and included is False else Decimal(1)
    price = _shown(row.price / share)
    base = _shown((row.price if row.price_brutto is None else row.price_brutto) / share)
    return Line(
        key=str(row.id),
        variant=Ref(key=str(row.product_id)) if row.product_id else None,
        name=row.product_name or "",
        unit=Ref(key=str(row.measure_code)) if row.measure_code else None,
        unit_name=row.measure_name,
        quantity=row.quantity,
        price=price,
        base_price=base,
        discount=base - price,
        vat=Vat(rate=rate, included=included),
        sort=row.sort,
    )


def _row(line: Line, worth: Decimal, product: int | None) -> dict[str, Any]:
    price = price_for_one(worth, line.quantity)
    vat = line.vat
    rate = vat.rate if vat is not None else None
    base = with_tax(line.base_price, line) if line.base_price is not None else price
    untaxed = (base - price) / (1 + rate / 100) if rate is not None else base - price
    row: dict[str, Any] = {
        "productName": line.name,
        "price": price,
        "quantity": line.quantity,
        "discountTypeId": _ABSOLUTE,
        "discountSum": max(untaxed, Decimal(0)).quantize(FINE).normalize() + Decimal(0),
        "taxIncluded": "N" if vat is not None and vat.included is False else "Y",
    }
    if product is not None:
        row["productId"] = product
    if rate is not None:
        row["taxRate"] = rate
    if line.unit is not None and line.unit.key.isdecimal():
        row["measureCode"] = int(line.unit.key)
    return row


def _delivery_row(delivery: Delivery, settings: Settings) -> dict[str, Any]:
    name = settings.delivery_row
    cost = cents(delivery.cost or Decimal(0))
    row: dict[str, Any] = {
        "productName": f"{name}{_SEPARATOR}{delivery.name}" if delivery.name else name,
        "price": cost,
        "quantity": Decimal(1),
        "discountTypeId": _ABSOLUTE,
        "discountSum": Decimal(0),
        "taxIncluded": "Y",
    }
    if delivery.vat is not None and delivery.vat.rate is not None:
        row["taxRate"] = delivery.vat.rate
    if settings.delivery_product is not None:
        row["productId"] = settings.delivery_product
    return row


def _delivery(row: ProductRow, settings: Settings) -> Delivery:
    name = (row.product_name or "").removeprefix(settings.delivery_row).removeprefix(_SEPARATOR)
    return Delivery(
        key=str(row.id),
        name=name or None,
        cost=cents(row.price * row.quantity),
        vat=Vat(rate=row.tax_rate, included=True if row.tax_rate is not None else None),
    )


def _is_delivery(row: ProductRow, settings: Settings) -> bool:
    if settings.delivery_product is not None and row.product_id == settings.delivery_product:
        return True
    name = row.product_name or ""
    return name == settings.delivery_row or name.startswith(settings.delivery_row + _SEPARATOR)


def _is_same_good(wanted: Mapping[str, Any], present: ProductRow) -> bool:
    return bool(
        wanted.get("productId", 0) == (present.product_id or 0)
        and wanted["productName"] == (present.product_name or "")
        and wanted["quantity"] == present.quantity
    )


def _is_same_name(wanted: Mapping[str, Any], present: ProductRow) -> bool:
    if wanted.get("productId") and wanted["productId"] == present.product_id:
        return True
    return bool(wanted["productName"] == (present.product_name or ""))


def _says(present: ProductRow, wanted: Mapping[str, Any]) -> bool:
    return bool(
        _is_same_good(wanted, present)
        and wanted["price"] == present.price
        and wanted["sort"] == present.sort
        and wanted.get("taxRate") == present.tax_rate
        and (wanted.get("taxRate") is None or wanted["taxIncluded"] == present.tax_included)
    )


def _shown(price: Decimal) -> Decimal:
    return price.quantize(_SHOWN).normalize() + Decimal(0)
