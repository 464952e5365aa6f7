"""Orders of the trade as documents for 1C, and 1C's documents as orders.

Money agrees to 0.00 or the order is refused: lines and delivery, with the tax that comes on top and
without the order's discounts, are the total. An order's discount is spread over its lines, the
remainder on the largest, under a name of its own: on the way back it is put together again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from mostik.commerce.money import Discount as OrderDiscount
from mostik.commerce.money import Vat
from mostik.commerce.order import Delivery, Flags, Line, Order, Payment
from mostik.commerceml import models_orders as words
from mostik.commerceml.mapping_children import (
    POSITION,
    children,
    payments_of,
    position_of,
    shipments_of,
)
from mostik.commerceml.mapping_parties import buyer_of, party_of, requisite_of
from mostik.commerceml.mapping_states import attributes_of, flags_of, stage_of, total_of
from mostik.commerceml.models import Attribute, Tax
from mostik.commerceml.models_goods import BaseUnit
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.writer import ORDER, document_bytes

DELIVERY_KEY = "ORDER_DELIVERY"
ORDER_DISCOUNT = "Скидка на заказ"
NO_VAT = "Без НДС"
_CENT = Decimal("0.01")
_PRICE = Decimal("0.0001")
"""1C keeps a price with four digits; a line's sum is said beside it."""
_PIECE = BaseUnit(code="796", full_name="Штука", international="PCE", text="шт")


@dataclass(frozen=True, slots=True)
class OrderWords:
    """How a connection says things to 1C.

    Attributes:
        system: the connection of 1C: goods and buyers are called as it calls them.
        zone: of dates and times; 1C's own have none.
        statuses: names of the statuses by id, as ``sale/info`` lists them.
        site: which shop of several, as ``[s1] Name``.
        with_children: payments and shipments go as documents of their own; old clients refuse that.
        known_goods: a good goes by the key that 1C calls it, or by its name alone: the shop's key
            would make a second good there.
        catalog: key of the catalogue that those goods are in, as 1C names it.
    """

    system: str = "1c"
    zone: tzinfo = UTC
    statuses: Mapping[str, str] = field(default_factory=dict)
    site: str | None = None
    with_children: bool = False
    known_goods: bool = False
    catalog: str | None = None


def order_writer(how: OrderWords) -> Callable[[Order, str], bytes]:
    """Returns what writes one order for a schema; it raises ``Refused`` for a bad one."""
    return lambda order, schema: document_bytes(document(order, how), schema)


def document(order: Order, how: OrderWords) -> words.Document:
    """Returns an order as a document.

    Raises:
        Refused: its money does not agree, or something is missing that 1C needs.
    """
    name = f"Заказ {order.number}"
    if order.total is None or order.lines is None:
        raise Refused(Why.ORDER, f"{name}: нет строк или суммы.")
    lines = [_line(one, how) for one in order.lines if one.kit is None]
    lines += [_delivery(one) for one in order.delivery or () if one.cost is not None]
    discount = sum((one.sum or Decimal(0) for one in order.discounts or ()), Decimal(0))
    lines = _spread(lines, _rounded(discount))
    total = sum((one.amount or Decimal(0) for one in lines), Decimal(0))
    total += sum((_on_top(one) for one in lines), Decimal(0))
    if _rounded(total) != _rounded(order.total.amount):
        raise Refused(
            Why.ORDER,
            f"{name}: строки и доставка дают {total:.2f}, сумма {order.total.amount:.2f}.",
        )
    date = order.date.astimezone(how.zone).replace(tzinfo=None) if order.date else None
    return words.Document(
        key=order.key,
        number=order.number,
        date=date.replace(microsecond=0) if date else None,
        operation=ORDER,
        role="Продавец",
        currency=order.total.currency,
        rate=order.rate if order.rate is not None else Decimal(1),
        amount=_rounded(total),
        parties=(party_of(order, how.system),),
        comment=order.comment,
        lines=tuple(lines),
        taxes=_taxes(lines),
        payments=_payments(order, how),
        attributes=_attributes(order, how),
        children=(children(order, lines, how.zone) or None) if how.with_children else None,
    )


def order(found: words.Document, how: OrderWords) -> Order:
    """Returns the order that a document is. What 1C does not say is not known: an absent payment or
    shipment is not deleted."""
    lines: list[Line] = []
    delivery: list[Delivery] = []
    spread = Decimal(0)
    for place, one in enumerate(found.lines or ()):
        share = sum(
            (cut.amount or Decimal(0) for cut in one.discounts or () if cut.name == ORDER_DISCOUNT),
            Decimal(0),
        )
        spread += share
        amount = None if one.amount is None else one.amount + share
        if one.key == DELIVERY_KEY:
            delivery.append(Delivery(name=one.name, cost=amount, vat=_vat(one)))
        else:
            lines.append(_line_back(one, amount, place))
    date = found.date.replace(tzinfo=how.zone) if found.date else None
    return Order(
        key=found.key,
        version=found.version,
        deleted=bool(found.deleted),
        number=found.number or "",
        stage=stage_of(found),
        total=total_of(found),
        comment=found.comment or "",
        date=date,
        rate=found.rate,
        customer=buyer_of(found, how.system),
        requisite=next(filter(None, map(requisite_of, found.parties or ())), None),
        lines=tuple(lines) if found.lines is not None else None,
        delivery=tuple(delivery) if delivery else None,
        discounts=(OrderDiscount(name=ORDER_DISCOUNT, sum=spread),) if spread else None,
        flags=flags_of(found),
        payments=payments_of(found, how.zone),
        shipments=shipments_of(found, how.zone),
        extra={one.name: list(one.values) for one in found.attributes or ()},
    )


def _line(line: Line, how: OrderWords) -> words.Line:
    key = ""
    if line.variant is not None:
        own = "" if how.known_goods else line.variant.key
        key = line.variant.key_in(how.system) or own
    amount = line.sum if line.sum is not None else line.computed
    discount = line.discount
    cuts: tuple[words.Discount, ...] | None = None
    if discount:
        cut = _rounded(discount * line.quantity)
        cuts = (words.Discount(name="Скидка на товар", amount=cut, included=True),)
    kinds = ("ВидНоменклатуры", "ТипНоменклатуры")
    attributes = [Attribute(kind, ("Товар",)) for kind in kinds]
    if line.key:
        attributes.append(Attribute(POSITION, (line.key,)))
    attributes += [
        Attribute(f"СвойствоКорзины#{one.code or one.name}", (one.value,))
        for one in line.properties or ()
    ]
    return words.Line(
        key=key,
        catalog=how.catalog if key else None,
        name=line.name,
        article=line.article,
        unit=BaseUnit(code=line.unit.key, text=line.unit_name or "") if line.unit else _PIECE,
        price=_priced(line.price),
        quantity=line.quantity,
        amount=_rounded(amount),
        taxes=_line_taxes(line.vat, _rounded(amount)),
        discounts=cuts,
        attributes=tuple(attributes),
    )


def _delivery(one: Delivery) -> words.Line:
    cost = _rounded(one.cost or Decimal(0))
    kinds = ("ВидНоменклатуры", "ТипНоменклатуры")
    return words.Line(
        key=DELIVERY_KEY,
        name=one.name or "Доставка заказа",
        unit=_PIECE,
        price=cost,
        quantity=Decimal(1),
        amount=cost,
        taxes=_line_taxes(one.vat, cost),
        attributes=tuple(Attribute(kind, ("Услуга",)) for kind in kinds),
    )


def _line_taxes(vat: Vat | None, amount: Decimal) -> tuple[Tax, ...] | None:
    """The sum is the source's own where it says one."""
    if vat is None:
        return None
    included = vat.included is not False
    if vat.rate is None:
        return (Tax(name="НДС", rate=NO_VAT, included=included, amount=Decimal("0.00")),)
    base = Decimal(100) + vat.rate if included else Decimal(100)
    tax = vat.sum if vat.sum is not None else amount * vat.rate / base
    rate = f"{vat.rate.normalize():f}"
    return (Tax(name="НДС", rate=rate, included=included, amount=_rounded(tax)),)


def _spread(lines: list[words.Line], discount: Decimal) -> list[words.Line]:
    """Takes an order's discount off its goods by their share, the remainder off the largest."""
    goods = [one for one in lines if one.key != DELIVERY_KEY and one.amount]
    whole = sum((one.amount or Decimal(0) for one in goods), Decimal(0))
    if not discount or not whole:
        return lines
    shares = {id(one): _rounded(discount * (one.amount or Decimal(0)) / whole) for one in goods}
    largest = max(goods, key=lambda one: one.amount or Decimal(0))
    shares[id(largest)] += discount - sum(shares.values(), Decimal(0))
    return [_cut(one, shares[id(one)]) if id(one) in shares else one for one in lines]


def _cut(line: words.Line, share: Decimal) -> words.Line:
    amount = (line.amount or Decimal(0)) - share
    cut = words.Discount(name=ORDER_DISCOUNT, amount=share, included=True)
    taxes = line.taxes
    if taxes and taxes[0].rate != NO_VAT:
        vat = Vat(rate=Decimal(taxes[0].rate or 0), included=taxes[0].included)
        taxes = _line_taxes(vat, amount)
    return words.Line(
        **{
            **line.__dict__,
            "amount": amount,
            "taxes": taxes,
            "discounts": (*(line.discounts or ()), cut),
        }
    )


def _on_top(line: words.Line) -> Decimal:
    return sum(
        (one.amount or Decimal(0) for one in line.taxes or () if one.included is False), Decimal(0)
    )


def _taxes(lines: list[words.Line]) -> tuple[Tax, ...] | None:
    sums: dict[tuple[str, bool], Decimal] = {}
    for line in lines:
        for one in line.taxes or ():
            key = (one.rate or "", one.included is not False)
            sums[key] = sums.get(key, Decimal(0)) + (one.amount or Decimal(0))
    if not sums:
        return None
    return tuple(
        Tax(name="НДС", rate=rate, included=included, amount=amount)
        for (rate, included), amount in sorted(sums.items())
    )


def _payments(order: Order, how: OrderWords) -> tuple[words.OrderPayment, ...] | None:
    paid = [one for one in order.payments or () if one.paid]
    return (
        tuple(
            words.OrderPayment(
                number=one.number or one.key,
                transaction=one.transaction,
                date=_local(one.paid_at, how),
                amount=one.sum,
                system=one.name,
                system_key=one.system.key if one.system else None,
            )
            for one in paid
        )
        or None
    )


def _attributes(order: Order, how: OrderWords) -> tuple[Attribute, ...]:
    flags = order.flags or Flags()
    payment = next((one for one in order.payments or () if one.paid), None)
    payment = payment or next(iter(order.payments or ()), None) or Payment()
    paid_at = _local(payment.paid_at, how)
    stage = order.stage
    said: list[tuple[str, str | bool | None]] = [
        ("Метод оплаты", payment.name),
        ("Метод оплаты ИД", payment.system.key if payment.system else None),
        ("Номер платежного документа", payment.number),
        ("Дата оплаты", f"{paid_at:%Y-%m-%d %H:%M:%S}" if paid_at else None),
        ("Заказ оплачен", flags.paid),
        ("Доставка разрешена", flags.delivery_allowed),
        ("Отменен", bool(flags.cancelled)),
        ("Причина отмены", flags.cancel_reason),
        ("Статус заказа", f"[{stage}] {how.statuses.get(stage, '')}".strip() if stage else None),
        ("Статуса заказа ИД", stage),
        ("Сайт", how.site or order.site),
    ]
    for one in order.delivery or ():
        said.append(("Способ доставки", one.name))
        said.append(("Адрес доставки", one.address.full if one.address else None))
    said += [(one.name or one.code or "", one.value) for one in order.properties or ()]
    return attributes_of(*said)


def _line_back(one: words.Line, amount: Decimal | None, place: int) -> Line:
    quantity = one.quantity if one.quantity is not None else Decimal(1)
    key = position_of(one)
    cut = sum(
        (row.amount or Decimal(0) for row in one.discounts or () if row.name != ORDER_DISCOUNT),
        Decimal(0),
    )
    price = one.price if one.price is not None else Decimal(0)
    return Line.model_validate(
        {
            "key": key,
            "variant": {"key": one.key, "name": one.name} if one.key else None,
            "name": one.name or "",
            "article": one.article,
            "unit": {"key": one.unit.code} if one.unit and one.unit.code else None,
            "unit_name": (one.unit.text or None) if one.unit else None,
            "quantity": quantity,
            "price": price,
            "discount": cut / quantity if cut and quantity else None,
            "sum": amount,
            "vat": _vat(one),
            "sort": place,
        }
    )


def _vat(one: words.Line) -> Vat | None:
    tax = next((row for row in one.taxes or () if row.name.upper() == "НДС"), None)
    if tax is None:
        return None
    rate = (tax.rate or "").strip().rstrip("%")
    known = rate.replace(",", ".").replace(".", "", 1).isdecimal()
    return Vat(
        rate=Decimal(rate.replace(",", ".")) if known else None,
        included=tax.included,
        sum=tax.amount,
    )


def _local(moment: datetime | None, how: OrderWords) -> datetime | None:
    return moment.astimezone(how.zone).replace(tzinfo=None) if moment else None


def _priced(value: Decimal) -> Decimal:
    rounded = value.quantize(_PRICE, rounding=ROUND_HALF_UP)
    return value if value == rounded else rounded


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT, rounding=ROUND_HALF_UP)
