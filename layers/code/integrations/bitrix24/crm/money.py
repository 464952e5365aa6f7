"""Sums that agree to 0.00: discounts spread over lines, prices for one that add up again.

Pure. A portal knows no discount of a whole order beside one's own price, so the lines carry it; and
it keeps a price for one, not the sum of a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from mostik.commerce.order import Line, Order

CENT = Decimal("0.01")
FINE = Decimal("0.00000001")
"""A product row shows its prices with eight digits (crm.item.productrow.list)."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of a line's quantity at one price for one."""

    quantity: Decimal
    price: Decimal

    @property
    def worth(self) -> Decimal:
        """What it comes to."""
        return self.quantity * self.price


def cents(amount: Decimal) -> Decimal:
    """Returns an amount in whole cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def gross(line: Line) -> Decimal:
    """Returns a line's price for one with its tax: a portal's prices hold it."""
    return with_tax(line.price, line)


def with_tax(price: Decimal, line: Line) -> Decimal:
    """Returns a price of a line with the line's tax, whether it held it or not."""
    vat = line.vat
    if vat is None or vat.included is not False or vat.rate is None:
        return price
    return price * (100 + vat.rate) / 100


def worths(order: Order) -> Sequence[Decimal]:
    """Returns what each line comes to in whole cents, the order's own discounts taken off.

    Components of a kit are worth nothing: the kit's line is what is paid. The discounts are spread
    by worth; what rounding leaves over goes to the largest line, and no line falls below zero while
    another is above.
    """
    lines = order.lines or ()
    plain = [ZERO if line.kit is not None else cents(gross(line) * line.quantity) for line in lines]
    return spread(plain, off(order, sum(plain, ZERO)))


def off(order: Order, goods: Decimal) -> Decimal:
    """Returns the order's own discounts as one sum, in whole cents."""
    total = ZERO
    for discount in order.discounts or ():
        if discount.sum is not None:
            total += discount.sum
        elif discount.percent is not None:
            total += goods * discount.percent / 100
    return cents(total)


def spread(worth: Sequence[Decimal], discount: Decimal) -> Sequence[Decimal]:
    """Returns sums with a discount taken off in proportion, exact to the cent.

    Args:
        worth: in whole cents.
        discount: in whole cents; more than everything takes everything.
    """
    total = sum((one for one in worth if one > 0), ZERO)
    discount = min(discount, total) if discount > 0 else discount
    if not discount or not total:
        return list(worth)
    shares = [
        (discount * one / total).quantize(CENT, ROUND_DOWN) if one > 0 else ZERO for one in worth
    ]
    rest = discount - sum(shares, ZERO)
    for place in sorted(range(len(worth)), key=lambda at: (-worth[at], at)):
        room = worth[place] - shares[place] if discount > 0 else rest
        part = min(rest, room) if discount > 0 else rest
        if worth[place] > 0:
            shares[place] += part
            rest -= part
        if not rest:
            break
    return [one - share for one, share in zip(worth, shares, strict=True)]


def price_for_one(worth: Decimal, quantity: Decimal) -> Decimal:
    """Returns a price with eight digits that comes to ``worth`` when it is rounded to cents."""
    if not quantity:
        return ZERO
    return (worth / quantity).quantize(FINE, ROUND_HALF_UP).normalize() + ZERO


def portions(worth: Decimal, quantity: Decimal) -> Sequence[Portion]:
    """Returns a quantity in one or two portions whose prices have whole cents and that come to
    ``worth`` exactly. A fraction (2.5 kg) stays whole and comes to it after rounding."""
    if not quantity:
        return [Portion(quantity, ZERO)]
    price = (worth / quantity).quantize(CENT, ROUND_DOWN)
    rest = worth - price * quantity
    if not rest:
        return [Portion(quantity, price)]
    if quantity != quantity.to_integral_value() or quantity < 0:
        return [Portion(quantity, price_for_one(worth, quantity))]
    dearer = abs(rest / CENT)
    if dearer >= quantity or dearer != dearer.to_integral_value():
        return [Portion(quantity, price_for_one(worth, quantity))]
    step = CENT if rest > 0 else -CENT
    return [Portion(quantity - dearer, price), Portion(dearer, price + step)]
