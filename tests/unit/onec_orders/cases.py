"""Orders as shops have them: every way in which money can fail to agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mostik.commerce.money import Discount, Money, Vat
from mostik.commerce.order import (
    Delivery,
    Flags,
    Line,
    LineProperty,
    Order,
    OrderProperty,
    OrderStatus,
    Payment,
    Shipment,
    ShipmentLine,
)
from mostik.commerce.parties import (
    Address,
    BankAccount,
    Customer,
    LegalForm,
    RequisitePart,
)
from mostik.commerce.record import Ref

D = Decimal
PLACED = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)
GOOD = "cbcf498f-55bc-11d9-848a-00112f43529a"
VAT_IN, VAT_TEN, VAT_TOP = (
    Vat(rate=D(20), included=True),
    Vat(rate=D(10), included=True),
    Vat(rate=D(20), included=False),
)
NONE, NOUGHT = Vat(rate=None), Vat(rate=D(0), included=True)


def a_line(price: str, quantity: str = "1", key: str = "l1", **more: Any) -> Line:
    """A line of the one good that came from 1C."""
    fields = {
        "key": key,
        "variant": Ref(key="g1", external_ids={"onec": GOOD}),
        "name": f"Чай {key}",
        "price": D(price),
        "quantity": D(quantity),
    }
    return Line(**{**fields, **more})


def courier(cost: str, vat: Vat | None = None, **more: Any) -> Delivery:
    """A delivery by courier."""
    return Delivery(name="Курьер", cost=D(cost), vat=vat, **more)


def paid(amount: str, key: str = "p1", **more: Any) -> Payment:
    """A payment that was made."""
    return Payment(key=key, name="Карта", sum=D(amount), currency="RUB", paid=True, **more)


def an_order(total: str, *lines: Line, **more: Any) -> Order:
    """An order that is new."""
    fields = {
        "key": "15",
        "number": "15",
        "status": OrderStatus.NEW,
        "total": Money(amount=D(total), currency=more.pop("currency", "RUB")),
        "date": PLACED,
        "customer": Customer(key="7", name="Пётр Петров", phone="+79001112233", email="a@b.ru"),
        "lines": lines,
    }
    return Order(**{**fields, **more})


def numbered(number: str, total: str = "100", **more: Any) -> Order:
    """An order of one line, by its number."""
    return an_order(total, a_line(total), key=number, number=number, **more)


def firm(inn: str = "7707083893", form: LegalForm = LegalForm.COMPANY) -> RequisitePart:
    """A buyer that is registered."""
    return RequisitePart(
        form=form, name="Заря", full_name="ООО «Заря»", inn=inn, kpp="770701001",
        ogrn="1027700132195", addresses=(Address(full="101000, Москва, Мясницкая, 1"),),
        accounts=(BankAccount(account="40702810900000000001", bank="Банк", bic="044525225"),),
    )  # fmt: skip


CASES: Mapping[str, Order] = {
    # ── one line ──────────────────────────────────────────────────────────────────────────────
    "one line": an_order("100", a_line("100")),
    "a kopeck": an_order("0.01", a_line("0.01")),
    "many of one": an_order("99999.00", a_line("99.999", "1000", sum=D("99999.00"))),
    "0.333 kg": an_order("33.30", a_line("100", "0.333")),
    "0.333 kg that does not divide": an_order("33.23", a_line("99.80", "0.333")),
    "33.3333 x 3": an_order("100.00", a_line("33.3333", "3", sum=D("100.00"))),
    "a pack of 12": an_order(
        "240",
        a_line("120", "2", unit=Ref(key="778"), unit_name="упак (12 шт)"),
    ),
    # ── VAT ───────────────────────────────────────────────────────────────────────────────────
    "VAT in the price": an_order("120", a_line("120", vat=VAT_IN)),
    "VAT on top": an_order("120", a_line("100", vat=VAT_TOP)),
    "VAT on top that rounds": an_order("40.00", a_line("33.33", vat=VAT_TOP)),
    "VAT on top of three": an_order("36.04", a_line("10.01", "3", vat=VAT_TOP)),
    "without VAT": an_order("100", a_line("100", vat=NONE)),
    "VAT of nought": an_order("100", a_line("100", vat=NOUGHT)),
    "VAT of 10": an_order("110", a_line("110", vat=VAT_TEN)),
    "mixed VAT": an_order(
        "330",
        a_line("120", vat=VAT_IN),
        a_line("110", key="l2", vat=VAT_TEN),
        a_line("100", key="l3", vat=NONE),
    ),
    "VAT in and on top": an_order(
        "240", a_line("120", vat=VAT_IN), a_line("100", key="l2", vat=VAT_TOP)
    ),
    # ── discounts ─────────────────────────────────────────────────────────────────────────────
    "a discount of a line": an_order("180", a_line("90", "2", base_price=D(100), discount=D(10))),
    "a discount of a line with VAT": an_order(
        "180", a_line("90", "2", base_price=D(100), discount=D(10), vat=VAT_IN)
    ),
    "a discount of the order": an_order(
        "109.99",
        a_line("33.33"),
        a_line("33.33", key="l2"),
        a_line("53.33", key="l3"),
        discounts=(Discount(name="Акция", sum=D(10)),),
    ),
    "a discount of the order that does not divide": an_order(
        "200.00", a_line("100", "3"), discounts=(Discount(name="Акция", sum=D(100)),)
    ),
    "a discount of the order with VAT": an_order(
        "200.00",
        a_line("120", vat=VAT_IN),
        a_line("110", key="l2", vat=VAT_TEN),
        discounts=(Discount(name="Акция", sum=D(30)),),
    ),
    "discounts of line and order": an_order(
        "150.00",
        a_line("80", "2", base_price=D(100), discount=D(20)),
        discounts=(Discount(name="Купон", sum=D(10), coupon="ТЕПЛО"),),
    ),
    "a discount but not of the delivery": an_order(
        "390.00",
        a_line("100"),
        discounts=(Discount(name="Акция", sum=D(10)),),
        delivery=(courier("300"),),
    ),
    # ── delivery ──────────────────────────────────────────────────────────────────────────────
    "delivery for nothing": an_order(
        "100", a_line("100"), delivery=(Delivery(name="Самовывоз", cost=D(0)),)
    ),
    "delivery that is paid": an_order("400", a_line("100"), delivery=(courier("300"),)),
    "delivery with VAT": an_order("460", a_line("100"), delivery=(courier("360", VAT_IN),)),
    "delivery to an address": an_order(
        "400",
        a_line("100"),
        delivery=(courier("300", address=Address(full="Тверь, Советская, 7")),),
    ),
    # ── goods ─────────────────────────────────────────────────────────────────────────────────
    "a kit": an_order(
        "100",
        a_line("100"),
        a_line("0", key="l2", kit="l1"),
        a_line("0", "2", key="l3", kit="l1"),
    ),
    "a gift": an_order("100", a_line("100"), a_line("0", key="l2", gift=True)),
    "a line outside of the catalogue": an_order(
        "105", a_line("100"), Line(key="l2", name="Пакет", price=D(5))
    ),
    "a good of the shop alone": an_order(
        "100", a_line("100", variant=Ref(key="55", name="Свой товар"))
    ),
    "a good twice": an_order("200", a_line("100"), a_line("100", key="l2")),
    "a good twice at two prices": an_order("190", a_line("100"), a_line("90", key="l2")),
    "what the buyer chose": an_order(
        "100",
        a_line("100", properties=(LineProperty(name="Гравировка", code="TEXT", value="Оле"),)),
    ),
    "marking codes": an_order("100", a_line("100", codes=("010460043993125621",))),
    "fifty lines": an_order(
        "2550.00", *(a_line(str(place * 2), key=f"l{place}") for place in range(1, 51))
    ),
    # ── payments, shipments ───────────────────────────────────────────────────────────────────
    "paid": an_order(
        "100", a_line("100"), payments=(paid("100"),), flags=Flags(paid=True),
        status=OrderStatus.PAID,
    ),
    "two payments": an_order(
        "100", a_line("100"),
        payments=(paid("60"), Payment(key="p2", name="Наличные", sum=D(40), paid=False)),
    ),
    "paid too much": an_order("100", a_line("100"), payments=(paid("120"),)),
    "a partial shipment": an_order(
        "200",
        a_line("100"),
        a_line("50", "2", key="l2"),
        shipments=(
            Shipment(
                key="s1", number="21", shipped=True,
                lines=(ShipmentLine(line="l2", quantity=D(1)),),
            ),
            Shipment(
                key="s2", shipped=False,
                lines=(ShipmentLine(line="l1", quantity=D(1)),),
            ),
        ),
    ),
    "a return": an_order(
        "100", a_line("100"),
        payments=(paid("100"), paid("100", "p2", returned=True, refund_of="p1")),
    ),
    "cancelled": an_order(
        "100", a_line("100"), status=OrderStatus.CANCELLED,
        flags=Flags(cancelled=True, cancel_reason="Передумал"),
    ),
    # ── buyers ────────────────────────────────────────────────────────────────────────────────
    "a firm with INN and KPP": an_order("120", a_line("120", vat=VAT_IN), requisite=firm()),
    "a sole trader": an_order(
        "100", a_line("100"), requisite=firm("500100732259", LegalForm.SOLE_TRADER)
    ),
    "nobody in particular": an_order("100", a_line("100"), customer=None),
    # ── money and numbers ─────────────────────────────────────────────────────────────────────
    "EUR": an_order("100", a_line("100"), currency="EUR", rate=D("98.7654")),
    "a number of 11 characters": an_order("100", a_line("100"), number="ИМ-00000015"),
    "a number of 14 characters": an_order("100", a_line("100"), number="2026-11-000015"),
    "a comment with signs": an_order("100", a_line("100"), comment="«Ёлка» & <b>😀</b>"),
    "own fields": an_order(
        "100", a_line("100"), properties=(OrderProperty(code="FLOOR", name="Этаж", value="3"),)
    ),
}  # fmt: skip
