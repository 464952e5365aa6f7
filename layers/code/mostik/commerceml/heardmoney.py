"""What 1C has changed in the lines, the delivery and the sums of an order. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mostik.commerce.order import Delivery, Line, Order
from mostik.commerceml.mapping_orders import OrderWords, document, order
from mostik.commerceml.refusal import Refused

_CENT = Decimal("0.01")
_FINE = Decimal("0.00000001")
_PRICED = frozenset({"price", "quantity", "sum", "discount"})
_SAID_OF_A_LINE = ("variant", "name", "article", "unit", "unit_name", "vat")


def money_of(
    said: Order, given: Order | None, how: OrderWords, *, whole: bool = False
) -> Mapping[str, Any]:
    """Returns lines, total, delivery and discounts as 1C has changed them; nothing: it has not, or
    its sums do not agree.

    Args:
        said: the document as an order.
        given: the order that 1C was given.
        how: how that was written.
        whole: 1C has changed it before, so what it says counts even if it is as it was given.
    """
    if said.lines is None or said.total is None or given is None or difference(said):
        return {}
    try:
        baseline = order(document(given, how), how)
    except Refused:
        return {}  # 1C cannot have it from us
    if not whole and _money(said) == _money(baseline):
        return {}
    return {
        "lines": _lines(said.lines, baseline.lines or (), given.lines or ()),
        "total": said.total,
        "delivery": _delivery(said.delivery or (), baseline.delivery or (), given.delivery or ()),
        "discounts": (
            given.discounts if said.discounts == baseline.discounts else said.discounts or ()
        ),
    }


def difference(found: Order) -> Decimal:
    """Returns what lines and delivery, with the tax on top and without the discounts, differ from
    the total by."""
    if found.lines is None or found.total is None:
        return Decimal(0)
    parts = [
        (line.sum if line.sum is not None else line.computed, line.vat) for line in found.lines
    ]
    parts += [(one.cost or Decimal(0), one.vat) for one in found.delivery or ()]
    worth = Decimal(0)
    for amount, vat in parts:
        worth += amount
        if vat is not None and vat.included is False:
            worth += vat.sum or Decimal(0)
    off = sum((one.sum or Decimal(0) for one in found.discounts or ()), Decimal(0))
    return _cents(worth - off) - _cents(found.total.amount)


def _money(found: Order) -> tuple[Any, ...]:
    """What is compared: lines in any order, delivery, discounts, total."""
    lines = sorted(
        (
            line.key or "",
            line.variant.key if line.variant else "",
            line.name,
            *(_plain(getattr(line, name)) for name in ("quantity", "price", "sum", "discount")),
            _plain(line.vat.rate if line.vat else None),
        )
        for line in found.lines or ()
    )
    delivery = [(one.name or "", _plain(one.cost)) for one in found.delivery or ()]
    off = sum((one.sum or Decimal(0) for one in found.discounts or ()), Decimal(0))
    total = found.total
    return (lines, delivery, off, total and (_plain(total.amount), total.currency))


def _lines(
    said: Sequence[Line], baseline: Sequence[Line], given: Sequence[Line]
) -> tuple[Line, ...]:
    """1C's lines over those that it was given: what a document has no place for stays. Components
    of a kit that is still there are kept: they never went to 1C."""
    own = [line for line in given if line.kit is None]
    before = list(zip(baseline, own, strict=False))
    found: list[Line] = []
    for line in said:
        match = next((pair for pair in before if _is_same(line, pair[0])), None)
        if match is None:
            found.append(_priced(line))
        else:
            before.remove(match)
            found.append(_changed(line, *match))
    kits = {line.key for line in found if line.key}
    return (*found, *(line for line in given if line.kit is not None and line.kit in kits))


def _is_same(line: Line, before: Line) -> bool:
    if line.key and before.key:
        return line.key == before.key
    goods = (line.variant.key if line.variant else "", line.name)
    return goods == (before.variant.key if before.variant else "", before.name)


def _changed(line: Line, before: Line, given: Line) -> Line:
    news = {
        name: getattr(line, name)
        for name in _SAID_OF_A_LINE
        if getattr(line, name) != getattr(before, name) and getattr(line, name) is not None
    }
    if "vat" in news and line.vat is not None and before.vat is not None:
        same = (line.vat.rate, line.vat.included) == (before.vat.rate, before.vat.included)
        if same:  # its sum follows from the line's
            news["vat"] = given.vat and given.vat.model_copy(update={"sum": None})
    if any(getattr(line, name) != getattr(before, name) for name in _PRICED):
        priced = _priced(line)
        news |= {name: getattr(priced, name) for name in ("price", "quantity", "sum")}
        news |= {"base_price": priced.base_price, "discount": priced.discount}
        if priced.price == given.price:
            news |= {"base_price": given.base_price, "discount": given.discount}
    return given.model_copy(update=news)


def _priced(line: Line) -> Line:
    """A line whose price comes to its sum: 1C takes discounts off the sum alone."""
    if line.sum is None or not line.quantity or _cents(line.computed) == _cents(line.sum):
        return line
    price = (line.sum / line.quantity).quantize(_FINE, ROUND_HALF_UP).normalize() + Decimal(0)
    return line.model_copy(
        update={"price": price, "base_price": line.price, "discount": line.price - price}
    )


def _delivery(
    said: Sequence[Delivery], baseline: Sequence[Delivery], given: Sequence[Delivery]
) -> tuple[Delivery, ...]:
    priced = [one for one in given if one.cost is not None]
    free = [one for one in given if one.cost is None]
    found: list[Delivery] = []
    for place, one in enumerate(said):
        if place >= len(priced) or place >= len(baseline):
            found.append(one)
            continue
        changed = {
            name: getattr(one, name)
            for name in ("name", "cost", "vat")
            if getattr(one, name) != getattr(baseline[place], name)
        }
        found.append(priced[place].model_copy(update=changed))
    return (*found, *free)


def _plain(value: Decimal | None) -> str:
    return f"{value.normalize() + Decimal(0):f}" if value is not None else ""


def _cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
