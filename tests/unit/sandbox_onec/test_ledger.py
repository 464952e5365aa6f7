"""The sandbox 1C's orders: as strict as UT11, or the tests with it would prove nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.sandbox.onec.documents import NotAnOrder
from local.sandbox.onec.ledger import Ledger
from mostik.commerce.money import Money
from mostik.commerce.order import Line, Order
from mostik.commerce.parties import Customer
from mostik.commerce.record import Ref
from mostik.commerceml.mapping_orders import OrderWords, document
from mostik.commerceml.mapping_orders import order as order_of
from mostik.commerceml.models_orders import Document
from mostik.commerceml.reader import Reader
from mostik.commerceml.writer import message

WORDS = OrderWords()
FORMED = datetime(2026, 11, 24, tzinfo=UTC)


def an_order(number: str, *, comment: str = "", price: str = "100.00") -> Order:
    return Order(
        key=number,
        number=number,
        comment=comment,
        total=Money(amount=Decimal(price) * 2, currency="RUB"),
        date=datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
        customer=Customer(key="7", name="Пётр Петров"),
        lines=(
            Line(
                key="1", variant=Ref(key="good#char"), name="Чай",
                price=Decimal(price), quantity=Decimal(2),
            ),
        ),
    )  # fmt: skip


def answer(*orders: Order, schema: str = "2.08") -> bytes:
    """What a site gives."""
    documents = [document(one, WORDS) for one in orders]
    return b"".join(message(documents, schema, FORMED))


def read_back(content: bytes | None) -> Sequence[Document]:
    assert content is not None
    return [one for one in Reader([content]) if isinstance(one, Document)]


def test_orders_are_loaded_and_found_again_by_number_and_date() -> None:
    # GIVEN a base that has loaded an order
    ledger = Ledger()
    assert ledger.take(answer(an_order("15"))) == ["15"]
    # WHEN the order comes again, changed, and another one of its number from another year
    other = an_order("15").model_copy(update={"date": datetime(2025, 1, 1, tzinfo=UTC)})
    ledger.take(answer(an_order("15", price="110.00"), other))
    # THEN the first is the same order, and the other is a second one
    assert ledger.created == 2
    amounts = [held.order.amount for held in ledger.held.values()]
    assert amounts == [Decimal("220.00"), Decimal("200.00")]
    assert all(held.difference == 0 for held in ledger.held.values())


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("<Валюта>RUB</Валюта>", "<Валюта></Валюта>", "Не указана валюта"),
        ("Заказ товара", "Отпуск товара", "Неизвестная хозяйственная операция"),
        ("<Номер>16</Номер>", "<Номер/>", "номер или дата"),
        ("<Сумма>200.00</Сумма>", "<Сумма>200,00 руб</Сумма>", "к типу Число"),
        ("</КоммерческаяИнформация>", "", "Не удалось прочитать"),
    ],
)
def test_one_bad_document_and_nothing_is_loaded(good: str, bad: str, words: str) -> None:
    # GIVEN an answer with a good order and one that 1C cannot load
    content = answer(an_order("15"), an_order("16")).decode("windows-1251")
    head, found, tail = content.rpartition(good)
    assert found
    broken = (head + bad + tail).encode("windows-1251")
    # WHEN it is loaded
    ledger = Ledger()
    with pytest.raises(NotAnOrder, match=words):
        ledger.take(broken)
    # THEN not even the good one is there
    assert not ledger.held


def test_a_module_that_knows_no_payments_refuses_them() -> None:
    # GIVEN an order with a payment beside it
    found = document(an_order("15"), WORDS)
    payment = replace(found, key="p1", number="p1", operation="Выплата безналичных денег")
    content = b"".join(message([replace(found, children=(payment,))], "2.08", FORMED))
    # THEN an old module loads nothing, and a new one loads the order
    with pytest.raises(NotAnOrder):
        Ledger(knows_children=False).take(content)
    ledger = Ledger()
    assert ledger.take(content) == ["15"]
    assert len(ledger.order("15").order.children) == 1


def test_a_number_is_cut_where_1c_cuts_it() -> None:
    # GIVEN an answer with a number of fourteen signs
    content = answer(an_order("12345678901")).replace(b"12345678901</", b"12345678901234</")
    # THEN 1C keeps eleven of them
    ledger = Ledger()
    ledger.take(content)
    assert ledger.order("12345678901").order.number == "12345678901"


def test_a_change_from_the_site_takes_a_posted_order_out_of_the_books() -> None:
    # GIVEN an order that a manager has posted, and one that is closed
    ledger = Ledger()
    ledger.take(answer(an_order("15"), an_order("16")))
    ledger.post("15")
    ledger.close("16")
    # WHEN the site sends both again
    ledger.take(answer(an_order("15"), an_order("16", price="1.00")))
    # THEN the one is unposted, and the other stays as it was closed
    assert (ledger.unposted, ledger.ignored) == (1, 1)
    assert not ledger.order("15").posted
    assert ledger.order("16").order.amount == 200


def test_what_1c_sends_back_is_its_own_sum_and_its_own_marks() -> None:
    # GIVEN an order that was posted, paid, shipped and given a status, and one that nobody touched
    ledger = Ledger()
    ledger.take(answer(an_order("15"), an_order("16")))
    ledger.post("15")
    ledger.pay("15", "ПБ-7")
    ledger.ship("15")
    ledger.choose("15", "F")
    # WHEN 1C sends what changed
    (found,) = read_back(ledger.export())
    # THEN it is that one alone, with what UT11 says of it
    assert found.attribute("Номер по 1С") == "ИМ-00000001"
    assert found.attribute("Проведен") == "true"
    assert found.attribute("Номер оплаты по 1С") == "ПБ-7"
    assert found.attribute("Отменен") == "false"
    back = order_of(found, WORDS)
    assert (back.number, back.stage, back.total) == ("15", "F", an_order("15").total)
    assert back.flags is not None
    assert (back.flags.paid, back.flags.shipped, back.flags.cancelled) == (True, True, False)
    assert [line.sum for line in back.lines or ()] == [Decimal("200.00")]
    # AND when it was sent, nothing is left to send
    ledger.sent()
    assert ledger.export() is None


def test_a_manager_who_sells_less_changes_the_sum() -> None:
    ledger = Ledger()
    ledger.take(answer(an_order("15")))
    ledger.sell("15", 0, Decimal(1))
    (found,) = read_back(ledger.export())
    assert found.amount == Decimal(100)
    assert [line.quantity for line in found.lines or ()] == [Decimal(1)]


@pytest.mark.parametrize("schema", ["2.05", "2.08", "2.09", "2.10"])
def test_every_schema_is_read(schema: str) -> None:
    ledger = Ledger()
    assert ledger.take(answer(an_order("15", comment="😀 ё"), schema=schema)) == ["15"]
    assert ledger.order("15").order.comment == "😀 ё"
