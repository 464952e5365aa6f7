"""Orders to 1C and back: money agrees to 0.00 or the order stays here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mostik.commerce.money import Discount, Money, Vat
from mostik.commerce.order import (
    Delivery,
    Flags,
    Line,
    Order,
    Payment,
    Shipment,
    ShipmentLine,
)
from mostik.commerce.parties import Address, Customer, LegalForm, RequisitePart
from mostik.commerce.record import Ref
from mostik.commerceml.mapping_children import gathered
from mostik.commerceml.mapping_orders import OrderWords, document, order, order_writer
from mostik.commerceml.models import Attribute
from mostik.commerceml.models_orders import Document
from mostik.commerceml.refusal import Refused
from mostik.commerceml.writer import SCHEMAS, message
from tests.unit.commerceml.files import of, one

MOSCOW = OrderWords(zone=ZoneInfo("Europe/Moscow"), statuses={"N": "Принят"})
PAID_AT = datetime(2026, 11, 24, tzinfo=UTC)
D = Decimal


def an_order(total: str, lines: list[Line], **more: Any) -> Order:
    return Order(
        key="15",
        number="15",
        total=Money(amount=D(total), currency="RUB"),
        date=datetime(2026, 11, 24, 21, 30, tzinfo=UTC),
        customer=Customer(key="7", name="Пётр Петров", phone="+79001112233", email="a@b.ru"),
        lines=tuple(lines),
        **more,
    )


def a_line(price: str, quantity: str = "1", **more: Any) -> Line:
    return Line(
        key=more.pop("key", "l1"), variant=Ref(key="g#c"), name="Чай", price=D(price),
        quantity=D(quantity), **more,
    )  # fmt: skip


def there_and_back(given_order: Order, schema: str = "2.08") -> tuple[Document, Order]:
    written = b"".join(message([document(given_order, MOSCOW)], schema, datetime.now(UTC)))
    found = one(Document, written)
    return found, order(found, MOSCOW)


CASES = {
    "one line": an_order("100", [a_line("100")]),
    "a weight": an_order("33.30", [a_line("100", "0.333")]),
    "a third of a hundred": an_order("100.00", [a_line("33.3333", "3", sum=D("100.00"))]),
    "vat in": an_order("120", [a_line("120", vat=Vat(rate=D(20), included=True))]),
    "vat on top": an_order("120", [a_line("100", vat=Vat(rate=D(20), included=False))]),
    "without vat": an_order("100", [a_line("100", vat=Vat(rate=None))]),
    "vat of nought": an_order("100", [a_line("100", vat=Vat(rate=D(0), included=True))]),
    "mixed vat": an_order(
        "230",
        [
            a_line("120", vat=Vat(rate=D(20), included=True)),
            a_line("110", key="l2", vat=Vat(rate=D(10), included=True)),
        ],
    ),
    "a discount of a line": an_order(
        "180", [a_line("90", "2", base_price=D(100), discount=D(10))]
    ),
    "a discount of the order": an_order(
        "99.99",
        [a_line("33.33"), a_line("33.33", key="l2"), a_line("43.33", key="l3")],
        discounts=(Discount(sum=D(10)),),
    ),
    "delivery for nothing": an_order(
        "100", [a_line("100")], delivery=(Delivery(name="Самовывоз", cost=D(0)),)
    ),
    "delivery with vat": an_order(
        "460",
        [a_line("100")],
        delivery=(Delivery(name="Курьер", cost=D(360), vat=Vat(rate=D(20), included=True)),),
    ),
    "a gift": an_order("100", [a_line("100"), a_line("0", key="l2", gift=True)]),
    "a line outside of the catalogue": an_order("5", [Line(key="l1", name="Пакет", price=D(5))]),
    "a good twice": an_order("200", [a_line("100"), a_line("100", key="l2")]),
    "a kit": an_order("100", [a_line("100"), a_line("0", key="l2", kit="l1")]),
    "two payments": an_order(
        "100",
        [a_line("100")],
        payments=(
            Payment(key="p1", name="Карта", sum=D(60), paid=True, paid_at=PAID_AT),
            Payment(key="p2", name="Наличные", sum=D(40)),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("case", CASES)
def test_an_order_comes_back_with_the_same_money(case: str, schema: str) -> None:
    given_order = CASES[case]
    found, back = there_and_back(given_order, schema)
    assert back.total is not None
    assert given_order.total is not None
    # THEN lines and delivery are the total on the paper
    on_top = sum(
        (
            tax.amount or D(0)
            for line in found.lines or ()
            for tax in line.taxes or ()
            if not tax.included
        ),
        D(0),
    )
    assert sum((line.amount or D(0) for line in found.lines or ()), D(0)) + on_top == found.amount
    assert back.total.amount == given_order.total.amount
    # AND the lines are what they were; a kit's components stay at home
    own = [line for line in given_order.lines or () if line.kit is None]
    assert back.lines is not None
    assert [(line.key, line.quantity, line.price) for line in back.lines] == [
        (line.key, line.quantity, line.price) for line in own
    ]
    assert [line.variant.key if line.variant else None for line in back.lines] == [
        line.variant.key if line.variant else None for line in own
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 9)), min_size=1, max_size=5),
    st.integers(0, 100),
    st.integers(0, 50_000),
)
def test_any_discount_of_an_order_is_spread_to_the_last_kopeck(
    goods: list[tuple[int, int]], percent: int, delivery: int
) -> None:
    lines = [
        a_line(str(D(price).scaleb(-2)), str(quantity), key=str(place))
        for place, (price, quantity) in enumerate(goods)
    ]
    whole = sum((line.computed for line in lines), D(0))
    discount = (whole * percent / 100).quantize(D("0.01"))
    total = whole - discount + D(delivery).scaleb(-2)
    given_order = an_order(
        str(total), lines, discounts=(Discount(sum=discount),),
        delivery=(Delivery(name="Курьер", cost=D(delivery).scaleb(-2)),),
    )  # fmt: skip
    found, back = there_and_back(given_order)
    assert sum((line.amount or D(0) for line in found.lines or ()), D(0)) == total
    assert sum((one.sum or D(0) for one in back.discounts or ()), D(0)) == discount
    assert [line.sum for line in back.lines or ()] == [line.computed for line in lines]


def test_an_order_whose_money_does_not_agree_stays_here() -> None:
    with pytest.raises(Refused, match=r"100\.00"):
        document(an_order("100.01", [a_line("100")]), MOSCOW)


def test_times_are_those_of_the_zone() -> None:
    found, back = there_and_back(CASES["one line"])
    assert found.date is not None
    assert found.date.isoformat() == "2026-11-25T00:30:00"
    assert back.date == CASES["one line"].date


def test_a_buyer_has_a_stable_key_and_what_is_needed_to_find_it() -> None:
    _, back = there_and_back(CASES["one line"])
    assert back.customer is not None
    assert (back.customer.key, back.customer.phone, back.customer.email) == (
        "7", "+79001112233", "a@b.ru",
    )  # fmt: skip
    assert back.customer.external_ids == {"1c": "7##Пётр Петров"}


def test_a_firm_goes_with_its_tax_numbers() -> None:
    body = RequisitePart(
        form=LegalForm.COMPANY, name="Заря", full_name="ООО Заря", inn="7707083893",
        kpp="770701001",
        addresses=(Address(full="Москва", city="Москва"),),
    )  # fmt: skip
    given_order = CASES["one line"].model_copy(update={"requisite": body})
    found, back = there_and_back(given_order)
    assert found.parties is not None
    assert found.parties[0].official_name == "ООО Заря"
    assert back.requisite is not None
    assert (back.requisite.inn, back.requisite.kpp) == ("7707083893", "770701001")


def test_statuses_travel_in_both_spellings() -> None:
    given_order = CASES["one line"].model_copy(update={"stage": "N"})
    found, back = there_and_back(given_order)
    assert found.attribute("Статус заказа") == "[N] Принят"
    assert back.stage == "N"
    named = Document(key="1", attributes=(Attribute("Статус заказа", ("[F] Выполнен",)),))
    assert order(named, MOSCOW).stage == "F"


def test_what_1c_says_became_of_an_order() -> None:
    said = (
        ("Дата оплаты по 1С", "2026-11-24T10:00:00"), ("Дата отгрузки по 1С", "2026-11-24"),
        ("ПометкаУдаления", "false"), ("Отменен", "false"), ("Номер по 1С", "УТ-1"),
    )  # fmt: skip
    found = Document(key="1", number="1", attributes=tuple(Attribute(n, (v,)) for n, v in said))
    back = order(found, MOSCOW)
    assert back.flags == Flags(paid=True, shipped=True, cancelled=False)
    # AND what it does not say is not known: nothing is deleted by absence
    assert (back.lines, back.payments, back.shipments, back.deleted) == (None, None, None, False)
    assert back.extra["Номер по 1С"] == ["УТ-1"]


def test_an_empty_date_of_1c_is_no_payment() -> None:
    found = Document(key="1", attributes=(Attribute("Дата оплаты по 1С", ("0001-01-01",)),))
    assert order(found, MOSCOW).flags is None


def test_a_mark_of_deletion_cancels() -> None:
    found = Document(key="1", attributes=(Attribute("ПометкаУдаления", ("true",)),))
    assert order(found, MOSCOW).flags == Flags(cancelled=True)


@pytest.mark.parametrize("schema", ["2.08", "2.09", "2.10"])
def test_payments_and_a_partial_shipment_come_back(schema: str) -> None:
    # GIVEN an order, half paid and half shipped
    given_order = an_order(
        "200",
        [a_line("100"), a_line("50", "2", key="l2")],
        payments=(
            Payment(key="p1", number="11", name="Карта", sum=D(100), paid=True, paid_at=PAID_AT),
        ),
        shipments=(
            Shipment(
                key="s1",
                number="21",
                shipped=True,
                shipped_at=PAID_AT,
                lines=(ShipmentLine(line="l2", quantity=D(1)),),
            ),
        ),
    )
    how = replace(MOSCOW, with_children=True)
    written = b"".join(message([document(given_order, how)], schema, datetime.now(UTC)))
    # WHEN it comes back, in one container or as documents within the document
    (found,) = gathered(of(Document, written))
    back = order(found, how)
    # THEN both are what they were
    assert back.payments is not None
    (payment,) = back.payments
    assert (payment.key, payment.sum, payment.paid, payment.paid_at) == (
        "p1",
        D(100),
        True,
        PAID_AT,
    )
    assert back.shipments is not None
    (shipment,) = back.shipments
    assert (shipment.key, shipment.shipped, shipment.shipped_at) == ("s1", True, PAID_AT)
    assert [(row.line, row.quantity) for row in shipment.lines or ()] == [("l2", D(1))]


def test_payments_are_told_in_attributes_where_documents_of_their_own_are_not_wanted() -> None:
    found, _ = there_and_back(CASES["two payments"])
    assert found.children is None
    assert found.attribute("Метод оплаты") == "Карта"


def test_documents_of_a_container_without_its_order_stay_as_they_are() -> None:
    alone = Document(key="p", operation="Выплата наличных денег", basis="99", container=1)
    own = Document(key="1", operation="Заказ товара", container=1)
    other = Document(key="2", operation="Заказ товара")
    assert [one.key for one in gathered([own, alone, other])] == ["1", "p", "2"]


def test_the_writer_of_orders_is_the_seam_of_the_exchange() -> None:
    written = order_writer(MOSCOW)(CASES["one line"], "2.08")
    assert written.startswith("<Документ>".encode("cp1251"))
