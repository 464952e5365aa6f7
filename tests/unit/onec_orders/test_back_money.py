"""What 1C changes in the lines and sums of an order comes to the shop, on portals too; and nothing
that it merely repeats."""

from __future__ import annotations

from decimal import Decimal

from integrations.onec.orders import problems_of
from mostik.commerce.order import (
    Flags,
    Order,
    OrderStatus,
    Payment,
)
from mostik.sync.verdict import Verdict
from tests.unit.onec_orders.cases import CASES, VAT_IN, a_line, an_order, courier
from tests.unit.onec_orders.world import ONEC, PlainShop, PortalShop, World, plain, taken

D = Decimal
UNPAID = Payment(key="p1", name="Карта", sum=D(100), currency="RUB", paid=False)


# ── lines and sums ────────────────────────────────────────────────────────────────────────────


def test_a_quantity_that_a_manager_changes_in_1c_is_the_shops() -> None:
    # GIVEN an order with delivery, a kit and a gift
    order = an_order(
        "500",
        a_line("100", "2", base_price=D(110), discount=D(10)),
        a_line("0", key="l2", kit="l1"),
        a_line("0", key="l3", gift=True),
        delivery=(courier("300"),),
    )
    world, number = plain(order)
    # WHEN a manager sells one instead of two
    world.onec.ledger.sell(number, 0, D(1))
    [result] = world.send()
    # THEN the line and the total are 1C's, and all else is what it was
    assert result.verdict is Verdict.UPDATED
    after = world.in_shop("15")
    assert after.total is not None
    assert after.lines is not None
    assert after.total.amount == D("400.00")
    assert [(line.key, line.quantity, line.price, line.discount) for line in after.lines] == [
        ("l1", D(1), D(100), D(10)),
        ("l3", D(1), D(0), None),
        ("l2", D(1), D(0), None),
    ]
    assert after.lines[1].gift
    assert after.lines[2].kit == "l1"
    assert after.delivery == order.delivery
    assert after.comment == order.comment
    # AND a second pass writes nothing
    [again] = world.send([number])
    assert again.verdict is Verdict.UNCHANGED


def test_a_manager_may_change_lines_and_status_back() -> None:
    # GIVEN an order of which 1C has sold one instead of two, and that it has packed
    world = World(PlainShop(), orders={"statuses": {"N": "new", "P": "packed"}})
    number = taken(world, an_order("200", a_line("100", "2"), stage="N"))
    world.onec.ledger.sell(number, 0, D(1))
    world.onec.ledger.choose(number, "P")
    world.send()
    assert world.in_shop("15").status is OrderStatus.PACKED
    assert world.touch("15").verdict is Verdict.ECHOED
    # WHEN both are changed back there
    world.onec.ledger.sell(number, 0, D(2))
    world.onec.ledger.choose(number, "N")
    [result] = world.send()
    # THEN the shop follows, although 1C says now just what it was given once
    assert result.verdict is Verdict.UPDATED
    after = world.in_shop("15")
    assert [line.quantity for line in after.lines or ()] == [D(2)]
    assert after.total is not None
    assert (after.total.amount, after.status) == (D(200), OrderStatus.NEW)


def test_a_document_that_is_imported_again_says_the_same_again() -> None:
    # GIVEN a payment and a quantity whose first import came to nothing
    order = an_order("200", a_line("100", "2"), payments=(UNPAID,), flags=Flags())
    world, number = plain(order)
    world.onec.ledger.sell(number, 0, D(1))
    world.onec.ledger.pay(number)
    content = world.onec.ledger.export()
    assert content is not None
    world.listed(world.keep(world.read(content)))
    assert world.in_shop("15") == order
    # WHEN a person imports the file again
    [result] = world.hear(content)
    # THEN the shop has both
    assert result.verdict is Verdict.UPDATED
    after = world.in_shop("15")
    assert (after.flags, [line.quantity for line in after.lines or ()]) == (
        Flags(paid=True),
        [D(1)],
    )


def test_what_is_given_again_is_what_1c_has_made_of_the_order() -> None:
    # GIVEN an order that 1C has changed and shipped, and the shop follows
    world, number = plain(an_order("200", a_line("100", "2"), stage="N", flags=Flags()))
    world.onec.ledger.sell(number, 0, D(1))
    world.onec.ledger.ship(number)
    world.send()
    # WHEN a person has it given again
    world.outgoing.give_again(ONEC, ["15"])
    assert world.take().loaded == [number]
    # THEN 1C's own change is not undone, and no status is told that nobody knows any more
    held = world.onec.ledger.order(number)
    assert (held.order.amount, [line.quantity for line in held.order.lines]) == (D(100), [D(1)])
    assert "Статуса заказа ИД" not in held.order.attributes


def test_lines_stay_the_shops_where_the_owner_wants_that() -> None:
    order = an_order("200", a_line("100", "2"), flags=Flags())
    world, number = plain(order, orders={"lines": False})
    world.onec.ledger.sell(number, 0, D(1))
    world.onec.ledger.pay(number)
    world.send()
    after = world.in_shop("15")
    assert after.lines == order.lines
    assert after.total == order.total
    assert after.flags == Flags(paid=True)


def test_1c_does_not_undo_a_change_of_the_shop_that_it_has_not_taken_yet() -> None:
    # GIVEN an order that 1C has with two of a good; the buyer wants three by now
    order = an_order("200", a_line("100", "2"), flags=Flags())
    world, number = plain(order)
    three = an_order("300", a_line("100", "3"), flags=Flags())
    world.place(three)
    # WHEN 1C sends its document, with one of it and paid
    world.onec.ledger.sell(number, 0, D(1))
    world.onec.ledger.pay(number)
    world.send()
    # THEN only the payment is news
    after = world.in_shop("15")
    assert (after.lines, after.total) == (three.lines, three.total)
    assert after.flags == Flags(paid=True)
    # AND 1C gets what the buyer wants
    assert world.take().loaded == [number]
    assert world.onec.ledger.order(number).order.amount == D(300)


def test_sums_that_do_not_agree_are_left_out_and_told_but_a_payment_is_not() -> None:
    # GIVEN a document of 1C whose sum is not that of its lines
    world, number = plain(an_order("200", a_line("100", "2"), flags=Flags()))
    world.onec.ledger.sell(number, 0, D(1))
    world.onec.ledger.pay(number)
    content = world.onec.ledger.export()
    assert content is not None
    broken = content.replace(b"100.00<", b"130.00<", 1)
    # WHEN it comes
    found = [one for one in world.read(broken) if isinstance(one, Order)]
    world.hear(broken)
    # THEN the sums are the shop's, the payment is taken, and a sentence says so
    after = world.in_shop("15")
    assert after.total is not None
    assert (after.total.amount, after.flags) == (D(200), Flags(paid=True))
    [sentence] = problems_of(found)
    assert sentence.startswith("Заказ 15: строки и доставка расходятся с суммой")


def test_a_discount_that_1c_gives_makes_the_price_that_it_comes_to() -> None:
    # GIVEN a document whose line costs less than price × quantity
    world, number = plain(an_order("240", a_line("120", "2", vat=VAT_IN)))
    content = world.onec.ledger.export(numbers=[number])
    assert content is not None
    text = content.decode("windows-1251").replace(">240.00<", ">216.00<")
    # WHEN it comes
    world.hear(text.encode("windows-1251"))
    # THEN the shop's line comes to the same sum
    [line] = world.in_shop("15").lines or ()
    assert (line.quantity, line.price, line.base_price, line.discount) == (
        D(2), D(108), D(120), D(12),
    )  # fmt: skip
    assert line.sum == D(216)


# ── portals ───────────────────────────────────────────────────────────────────────────────────


def test_a_deal_follows_1c_and_its_rows_do_too() -> None:
    # GIVEN a deal with delivery, which 1C has
    world = World(PortalShop.of(order_as="deal", deal_payments=True))
    order = an_order("500", a_line("100", "2", vat=VAT_IN), delivery=(courier("300"),))
    key = world.place(order)
    [number] = world.take().loaded
    # WHEN a manager sells one, and it is paid
    world.onec.ledger.sell(number, 0, D(1))
    world.onec.ledger.pay(number)
    [result] = world.send()
    # THEN the deal says so
    assert result.verdict is Verdict.UPDATED, result
    after = world.in_shop(key)
    assert after.total is not None
    assert (after.total.amount, after.status) == (D(400), OrderStatus.PAID)
    assert [(line.quantity, line.price) for line in after.lines or ()] == [(D(1), D(100))]
    assert [(one.name, one.cost) for one in after.delivery or ()] == [("Курьер", D(300))]
    # AND neither side has anything to say any more
    assert world.touch(key).verdict is Verdict.ECHOED
    [again] = world.send([number])
    assert again.verdict is Verdict.UNCHANGED, again


def test_an_order_of_the_online_store_follows_1c_with_payment_and_shipment() -> None:
    # GIVEN an order of the store, not paid, with a shipment
    shop = PortalShop.of(order_as="order")
    world = World(shop)
    order = an_order(
        "500", a_line("100", "2", vat=VAT_IN), delivery=(courier("300"),),
        payments=(UNPAID.model_copy(update={"sum": D(500)}),),
    )  # fmt: skip
    key = world.place(order)
    [number] = world.take().loaded
    # WHEN it is paid and shipped in 1C
    world.onec.ledger.pay(number)
    world.onec.ledger.ship(number)
    [result] = world.send()
    # THEN the store's payment is paid, its shipment is out, and its price is what it was
    assert result.verdict is Verdict.UPDATED, result
    store = shop.job.there.trade.store
    assert [row["paid"] for row in store.payments.rows.values()] == ["Y"]
    assert [row["deducted"] for row in store.shipments.rows.values()] == ["Y"]
    after = world.in_shop(key)
    assert after.total is not None
    assert (after.total.amount, after.status) == (D(500), OrderStatus.SHIPPED)
    # AND neither side has anything to say any more
    writes = shop.writes()
    assert world.touch(key).verdict is Verdict.ECHOED
    [again] = world.send([number])
    assert again.verdict is Verdict.UNCHANGED, again
    assert shop.writes() == writes
    assert world.take().loaded == []


def test_an_order_of_the_store_whose_quantity_1c_changes_comes_to_1cs_sum() -> None:
    world = World(PortalShop.of(order_as="order"))
    key = world.place(CASES["mixed VAT"])
    [number] = world.take().loaded
    world.onec.ledger.sell(number, 1, D(2))
    [result] = world.send()
    assert result.verdict is Verdict.UPDATED, result
    after = world.in_shop(key)
    assert after.total is not None
    assert after.total.amount == D(440)
    assert [line.quantity for line in after.lines or ()] == [D(1), D(2), D(1)]
    [again] = world.send([number])
    assert again.verdict is Verdict.UNCHANGED, again
