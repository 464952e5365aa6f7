"""Which calls make an order's basket say what it should.

Pure. An item that is there is matched by our external key, by its key here, by its good; one that
is not wanted any more is taken out. A line whose sum does not divide into whole cents becomes two
items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from integrations.bitrix24.crm.money import Portion, cents, portions, with_tax, worths
from integrations.bitrix24.sale.client import BASKET_ADD, BASKET_DELETE, BASKET_UPDATE
from integrations.bitrix24.sale.mapping import HUNDRED, base_of
from integrations.bitrix24.sale.models import BasketItem, OrderWords
from integrations.bitrix24.transport.batch import Command
from mostik.commerce.order import Line, Order


@dataclass(frozen=True, slots=True)
class Wanted:
    """A basket item as it should be."""

    line: str
    xml_id: str
    fields: Mapping[str, Any]
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Basket:
    """What the basket needs.

    Attributes:
        commands: calls.
        keeps: ids of items that are there, by their external id.
    """

    commands: Sequence[Command] = ()
    keeps: Mapping[str, int] = field(default_factory=dict)


def wanted_items(order: Order, products: Mapping[str, int]) -> Sequence[Wanted]:
    """Returns the basket items of an order: prices with tax, in whole cents, as they were agreed
    (``customPrice``), so that they are never recomputed and add up exactly."""
    items: list[Wanted] = []
    lines = order.lines or ()
    for place, (line, worth) in enumerate(zip(lines, worths(order), strict=True)):
        key = line.key or str(place + 1)
        product = products.get(line.variant.key, 0) if line.variant is not None else 0
        for number, portion in enumerate(portions(worth, line.quantity), 1):
            items.append(
                Wanted(
                    key,
                    key if number == 1 else f"{key}~{number}",
                    _fields(line, portion, product, (place + 1) * 10 + number - 1),
                    portion.quantity,
                )
            )
    return items


def basket(
    order: Order, words: OrderWords, wanted: Sequence[Wanted], connection: str, tag: str
) -> Basket:
    """Returns what makes the basket say what is wanted.

    Args:
        order: whose lines are wanted; without lines nothing is done.
        words: the order as it is.
        wanted: see ``wanted_items``.
        connection: id of this connection.
        tag: makes the names of commands unique among orders.
    """
    if order.lines is None:
        return Basket((), {one.xml_id or "": one.id for one in words.basket})
    matched = _matched(order.lines, words.basket, wanted, connection)
    stays = _in_order(matched, len(wanted))
    commands: list[Command] = []
    keeps: dict[str, int] = {}
    for number, one in enumerate(wanted):
        present = matched.get(number)
        if present is None:
            fields = {**one.fields, "orderId": words.id, "currency": words.currency}
            new = {**fields, "xmlId": one.xml_id}
            commands.append(Command(BASKET_ADD, {"fields": new}, f"{tag}basket{number}"))
            continue
        keeps[one.xml_id] = present.id
        changed = _changed(one.fields, present)
        if stays:
            changed.pop("sort", None)
        if base_of(present.xml_id) != one.line and number in matched:
            changed = {**changed, "xmlId": one.xml_id}
        if changed:
            commands.append(Command(BASKET_UPDATE, {"id": present.id, "fields": changed}))
    used = {one.id for one in matched.values()}
    for present in words.basket:
        if present.id not in used:
            commands.append(Command(BASKET_DELETE, {"id": present.id}))
    return Basket(commands, keeps)


def _fields(line: Line, portion: Portion, product: int, sort: int) -> dict[str, Any]:
    base = with_tax(line.base_price, line) if line.base_price is not None else portion.price
    base = max(cents(base), portion.price)
    vat = line.vat
    rate = vat.rate / HUNDRED if vat is not None and vat.rate is not None else None
    fields: dict[str, Any] = {
        "productId": product,
        "name": line.name,
        "quantity": portion.quantity,
        "customPrice": "Y",
        "price": portion.price,
        "basePrice": base,
        "discountPrice": base - portion.price,
        "vatRate": "" if rate is None else rate,
        "vatIncluded": "Y",
        "sort": sort,
    }
    if line.unit is not None and line.unit.key.isdecimal():
        fields["measureCode"] = line.unit.key
        fields["measureName"] = line.unit_name or line.unit.name or line.unit.key
    return fields


def _matched(
    lines: Sequence[Line],
    present: Sequence[BasketItem],
    wanted: Sequence[Wanted],
    connection: str,
) -> dict[int, BasketItem]:
    free = sorted(present, key=lambda one: (one.sort or 0, one.id))
    here = {
        line.key or str(place + 1): line.external_ids.get(connection)
        for place, line in enumerate(lines)
    }
    matched: dict[int, BasketItem] = {}

    def by_xml_id(one: Wanted, item: BasketItem) -> bool:
        return item.xml_id == one.xml_id

    def by_key_here(one: Wanted, item: BasketItem) -> bool:
        known = here.get(one.line)
        return known is not None and known in (str(item.id), base_of(item.xml_id))

    def by_good(one: Wanted, item: BasketItem) -> bool:
        product = one.fields["productId"]
        same = item.product_id == product if product else item.name == one.fields["name"]
        return bool(same) and item.quantity == one.quantity

    def by_name(one: Wanted, item: BasketItem) -> bool:
        return bool(item.name == one.fields["name"])

    for rule in (by_xml_id, by_key_here, by_good, by_name):
        for number, one in enumerate(wanted):
            if number not in matched:
                found = next((item for item in free if rule(one, item)), None)
                if found is not None:
                    matched[number] = found
                    free.remove(found)
    return matched


def _in_order(matched: Mapping[int, BasketItem], count: int) -> bool:
    """Whether the items that are wanted are all there, one behind the other as they should be:
    then their places are left alone, whatever numbers they have."""
    places = [(item.sort or 0, item.id) for _, item in sorted(matched.items())]
    return len(matched) == count and places == sorted(places)


def _changed(fields: Mapping[str, Any], present: BasketItem) -> dict[str, Any]:
    there = {
        "name": present.name or "",
        "quantity": present.quantity,
        "price": present.price,
        "basePrice": present.base_price,
        "discountPrice": present.discount_price,
        "vatRate": "" if present.vat_rate is None else present.vat_rate,
        "vatIncluded": present.vat_included,
        "sort": present.sort,
    }
    if fields["vatRate"] == there["vatRate"] == "":
        del there["vatIncluded"]  # of no tax: it says nothing
    changed = {name: fields[name] for name, value in there.items() if fields[name] != value}
    prices = ("price", "basePrice", "discountPrice")
    if any(name in changed for name in prices):
        # basePrice = price + discountPrice holds for the three together
        changed |= {name: fields[name] for name in (*prices, "customPrice")}
    return changed
