"""What 1C says has happened to an order comes to the shop, and nothing that it merely repeats,
forgets or does not know yet."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations.onec.orders import orders_of
from local.sandbox.onec.program import Habits
from mostik.commerce.order import (
    Flags,
    Order,
    OrderProperty,
    OrderStatus,
    Payment,
    Shipment,
    ShipmentLine,
)
from mostik.commerceml.models import Attribute
from mostik.commerceml.models_orders import Document
from mostik.commerceml.outbox import SaleInfo
from mostik.commerceml.words import Words
from mostik.integration import Misfit
from mostik.sync.verdict import Verdict
from tests.unit.onec_orders.cases import PLACED, a_line, an_order, paid
from tests.unit.onec_orders.world import ONEC, PlainShop, World, plain, taken

D = Decimal
UNPAID = Payment(key="p1", name="Карта", sum=D(100), currency="RUB", paid=False)


# ── facts ─────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_in_1c_makes_the_order_paid() -> None:
    # GIVEN an order that is not paid
    world, number = plain(an_order("100", a_line("100"), payments=(UNPAID,), flags=Flags()))
    # WHEN money arrives in 1C
    world.onec.ledger.pay(number, date="2026-11-25T12:00:00")
    [result] = world.send()
    # THEN its payment is paid since then, Moscow time, and its status follows
    assert result.verdict is Verdict.UPDATED
    order = world.in_shop("15")
    assert order.payments is not None
    [payment] = order.payments
    assert (payment.key, payment.paid, payment.sum) == ("p1", True, D(100))
    assert payment.paid_at is not None
    assert payment.paid_at.isoformat() == "2026-11-25T12:00:00+03:00"
    assert (order.status, order.flags) == (OrderStatus.PAID, Flags(paid=True))
    # AND the echo of it does not go back to 1C
    assert world.touch("15").verdict is Verdict.ECHOED
    assert world.take().loaded == []


def test_an_order_without_payments_gets_one_and_one_that_knows_none_does_not() -> None:
    for payments in ((), None):
        world, number = plain(an_order("100", a_line("100"), payments=payments))
        world.onec.ledger.pay(number)
        world.send()
        found = world.in_shop("15").payments
        if payments is None:
            assert found is None
        else:
            assert found is not None
            assert [(one.sum, one.paid) for one in found] == [(D(100), True)]


def test_a_shipment_in_1c_ships_what_the_shop_has_to_ship() -> None:
    line = (ShipmentLine(line="l1", quantity=D(1)),)
    order = an_order(
        "100", a_line("100"), shipments=(Shipment(key="s1", shipped=False, lines=line),)
    )
    world, number = plain(order)
    world.onec.ledger.ship(number)
    world.send()
    after = world.in_shop("15")
    assert after.shipments is not None
    assert [(one.key, one.shipped, one.lines) for one in after.shipments] == [("s1", True, line)]
    assert after.status is OrderStatus.SHIPPED


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_what_is_cancelled_or_marked_for_deletion_in_1c_is_cancelled_and_never_deleted(
    how: str,
) -> None:
    world, number = plain(an_order("100", a_line("100"), flags=Flags(paid=True)))
    getattr(world.onec.ledger, how)(number)
    world.send()
    order = world.in_shop("15")
    assert order.status is OrderStatus.CANCELLED
    assert order.flags == Flags(paid=True, cancelled=True)
    assert not order.deleted


def test_that_something_has_not_happened_in_1c_takes_nothing_back() -> None:
    # GIVEN an order that the shop has cancelled, paid and shipped; 1C was told none of it yet
    order = an_order("100", a_line("100"), status=OrderStatus.NEW, flags=Flags())
    world, number = plain(order)
    done = Flags(paid=True, shipped=True, cancelled=True)
    world.place(order.model_copy(update={"status": OrderStatus.CANCELLED, "flags": done}))
    # WHEN 1C sends its own document: not cancelled, not paid
    [result] = world.send([number])
    # THEN nothing is taken back
    assert result.verdict is Verdict.UNCHANGED
    assert (world.in_shop("15").status, world.in_shop("15").flags) == (OrderStatus.CANCELLED, done)


def test_a_fact_moves_a_status_forward_alone() -> None:
    world, number = plain(an_order("100", a_line("100"), status=OrderStatus.SHIPPED))
    world.onec.ledger.pay(number)
    world.send()
    assert world.in_shop("15").status is OrderStatus.SHIPPED


def test_facts_leave_the_status_alone_where_the_owner_wants_that() -> None:
    world, number = plain(an_order("100", a_line("100"), flags=Flags()), orders={"facts": False})
    world.onec.ledger.pay(number)
    world.send()
    assert world.in_shop("15").status is OrderStatus.NEW
    assert world.in_shop("15").flags == Flags(paid=True)


# ── statuses ──────────────────────────────────────────────────────────────────────────────────


def test_a_status_that_a_manager_chooses_in_1c_is_the_shops() -> None:
    # GIVEN a shop that says what its statuses mean, and an owner who knows one more
    world = World(PlainShop(), orders={"statuses": {"X": "cancelled"}})
    meanings = {"N": OrderStatus.NEW, "P": OrderStatus.PACKED}
    statuses = (("N", "Принят"), ("P", "Собран"))
    world.outgoing.learn(ONEC, Words(SaleInfo(statuses), meanings, 1.0))
    number = taken(world, an_order("100", a_line("100"), stage="N"))
    assert world.onec.ledger.order(number).order.attributes["Статус заказа"] == "[N] Принят"
    for chosen, expected in (("P", OrderStatus.PACKED), ("X", OrderStatus.CANCELLED)):
        # WHEN a manager chooses one
        world.onec.ledger.choose(number, chosen)
        [result] = world.send()
        # THEN the shop has it
        assert result.verdict is Verdict.UPDATED
        assert world.in_shop("15").status is expected


def test_a_status_that_1c_repeats_is_no_news() -> None:
    # GIVEN 1C that has the order as new; the shop has packed it since, 1C has not taken that yet
    world = World(PlainShop(), orders={"statuses": {"N": "new", "P": "packed"}})
    order = an_order("100", a_line("100"), stage="N")
    number = taken(world, order)
    packed = {"stage": "P", "status": OrderStatus.PACKED}
    world.place(order.model_copy(update=packed))
    # WHEN 1C sends its document, which repeats the old status
    world.send([number])
    # THEN the order stays packed
    assert world.in_shop("15").status is OrderStatus.PACKED


def test_a_status_that_nobody_knows_is_left_alone() -> None:
    world, number = plain(an_order("100", a_line("100"), stage="N"))
    world.onec.ledger.choose(number, "UNKNOWN")
    [result] = world.send()
    assert result.verdict is Verdict.UNCHANGED
    assert world.in_shop("15").status is OrderStatus.NEW


# ── documents of their own ────────────────────────────────────────────────────────────────────


def test_a_payment_that_is_absent_in_1c_is_not_deleted_and_a_new_one_is_added() -> None:
    # GIVEN an order with two payments, which 1C has
    order = an_order("100", a_line("100"), payments=(paid("60"), paid("40", "p2")))
    world, _ = plain(order, orders={"documents": True}, habits=Habits(schema="2.10"))
    # WHEN 1C sends a document that tells of one of them and of a third
    documents = [
        Document(
            key="15",
            number="15",
            operation="Заказ товара",
            children=(
                _payment("p1", "60"),
                _payment("n-1", "15"),
            ),
        )
    ]
    found = list(orders_of(documents, world.settings, ONEC))
    [result] = world.run(world.keep(found))
    # THEN all three are there
    assert result.verdict is Verdict.UPDATED
    payments = world.in_shop("15").payments or ()
    assert [(one.key, one.sum, one.paid) for one in payments] == [
        ("p1", D(60), True),
        ("p2", D(40), True),
        ("n-1", D(15), True),
    ]


def test_a_payment_that_comes_by_itself_belongs_to_the_order_that_it_was_made_from() -> None:
    world, _ = plain(an_order("100", a_line("100"), payments=(UNPAID,)))
    alone = _payment("p1", "100", basis="15")
    found = list(orders_of([alone], world.settings, ONEC))
    world.run(world.keep(found))
    payments = world.in_shop("15").payments or ()
    assert [(one.key, one.paid) for one in payments] == [("p1", True)]


def test_an_order_that_a_file_speaks_of_twice_is_one() -> None:
    world, _ = plain(an_order("100", a_line("100"), payments=(UNPAID,), flags=Flags()))
    cancelled = (Attribute("Отменен", ("true",)),)
    documents = [
        Document(key="15", number="15", operation="Заказ товара", attributes=cancelled),
        _payment("p1", "100", basis="15"),
    ]
    [one] = orders_of(documents, world.settings, ONEC)
    assert isinstance(one, Order)
    assert one.number == "15"
    assert one.flags == Flags(cancelled=True)
    assert [payment.key for payment in one.payments or ()] == ["p1"]


def test_a_document_of_no_order_is_named_and_left_out() -> None:
    world = World(PlainShop())
    [one] = orders_of([_payment("p1", "100")], world.settings, ONEC)
    assert isinstance(one, Misfit)
    assert "не указано, к какому заказу" in str(one.error)


def test_an_order_that_was_born_in_1c_is_not_made_in_the_shop() -> None:
    # GIVEN a document of an order that the shop has never had
    world = World(PlainShop())
    line = Attribute("Проведен", ("true",))
    documents = [Document(key="0f2d", number="УТ-7", operation="Заказ товара", attributes=(line,))]
    # WHEN 1C sends it
    [result] = world.run(world.keep(list(orders_of(documents, world.settings, ONEC))))
    # THEN it stays in 1C
    assert result.verdict is Verdict.SKIPPED
    assert "only in onec" in result.why


# ── who speaks when ───────────────────────────────────────────────────────────────────────────


def test_what_1c_says_is_not_lost_when_the_shop_changes_meanwhile() -> None:
    # GIVEN a run that has listed a payment of 1C
    order = an_order("100", a_line("100"), payments=(UNPAID,), flags=Flags())
    world, number = plain(order)
    world.onec.ledger.pay(number)
    content = world.onec.ledger.export()
    assert content is not None
    listed = world.listed(world.keep(world.read(content)))
    # WHEN an event of the shop is carried before the run's chunk is
    world.place(order.model_copy(update={"comment": "Позвонить"}))
    world.clock.advance(1)
    world.carry_listed(listed)
    # THEN both are there
    after = world.in_shop("15")
    assert (after.comment, after.flags) == ("Позвонить", Flags(paid=True))
    assert world.take().loaded == [number]


def test_what_1c_has_told_is_given_back_to_it_with_the_next_change() -> None:
    # GIVEN an order that 1C has paid
    order = an_order("100", a_line("100"), payments=(UNPAID,), flags=Flags())
    world, number = plain(order)
    world.onec.ledger.pay(number)
    world.send()
    # WHEN the buyer changes something
    changed = world.in_shop("15").model_copy(update={"comment": "Позвонить"})
    world.place(changed)
    # THEN 1C gets the order as paid
    assert world.take().loaded == [number]
    assert world.onec.ledger.order(number).order.attributes["Заказ оплачен"] == "true"


def test_1cs_own_number_is_kept_and_shown_where_the_owner_wants_it() -> None:
    # GIVEN a shop with a field for it
    known = (OrderProperty(code="FLOOR", name="Этаж", value="3"),)
    order = an_order("100", a_line("100"), properties=known)
    world, number = plain(order, orders={"number_property": "NUMBER_1C"})
    # WHEN 1C sends the order
    world.onec.ledger.post(number)
    [result] = world.send()
    # THEN the field shows it, and the others are what they were
    assert result.verdict is Verdict.UPDATED
    shown = {one.code: one.value for one in world.in_shop("15").properties or ()}
    assert shown == {"FLOOR": "3", "NUMBER_1C": "ИМ-00000001"}
    card = world.outgoing.cards.get(ONEC, "15")
    assert card is not None
    assert card.about["Номер по 1С"] == "ИМ-00000001"
    assert card.about["Проведен"] == "true"
    # AND once
    [again] = world.send([number])
    assert again.verdict is Verdict.UNCHANGED


def test_a_buyer_is_the_shops_whatever_1c_calls_him() -> None:
    # GIVEN 1C that has renamed the counterparty
    world, number = plain(an_order("100", a_line("100"), flags=Flags()))
    world.onec.ledger.pay(number)
    content = world.onec.ledger.export()
    assert content is not None
    text = content.decode("windows-1251").replace("Пётр Петров", "Розничный покупатель")
    # WHEN its document comes
    world.hear(text.encode("windows-1251"))
    # THEN the payment is news, the name is not
    after = world.in_shop("15")
    assert after.customer is not None
    assert (after.customer.name, after.flags) == ("Пётр Петров", Flags(paid=True))


def _payment(key: str, amount: str, basis: str | None = None) -> Document:
    return Document(
        key=key,
        number=key,
        date=PLACED.replace(tzinfo=None),
        operation="Выплата безналичных денег",
        currency="RUB",
        amount=D(amount),
        basis=basis,
        attributes=(Attribute("Оплачен", ("true",)),),
    )
