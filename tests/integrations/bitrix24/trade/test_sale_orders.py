"""Orders of the online store: basket, payments, shipments, properties; alone or with a deal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from local.sandbox.faults import FaultKind
from mostik.commerce.money import Money, Vat
from mostik.commerce.order import Delivery, Flags, OrderStatus, Shipment, ShipmentLine
from mostik.commerce.parties import Customer
from mostik.commerce.record import Ref
from mostik.errors import GiveUp
from mostik.integration import Bulk, Deletable, Listed, Write
from tests.integrations.bitrix24.trade.orders import (
    BOTH,
    SALE,
    SHOP,
    a_job,
    a_line,
    an_order,
    carry,
    carry_all,
    carry_to_the_end,
    just_create,
    off,
    paid,
)
from tests.support.sandbox import PortalInProcess


def _store(job: Any) -> Any:
    return job.there.trade.store


def _basket(job: Any) -> list[dict[str, Any]]:
    return sorted(_store(job).baskets.rows.values(), key=lambda row: row["sort"])


def test_an_order_of_the_store_is_listed_written_in_bulk_and_deleted() -> None:
    orders = a_job(settings=SALE).resource("orders")
    assert isinstance(orders, Listed)
    assert isinstance(orders, Bulk)
    assert isinstance(orders, Deletable)


def test_an_order_is_made_with_all_its_parts_and_its_price_agrees() -> None:
    # GIVEN
    job = a_job(settings=SALE)
    # WHEN
    order = an_order(payments=(paid("649.90"),), flags=Flags(paid=True))
    made = carry(job, "orders", order)
    # THEN the portal's own total is the order's
    (there,) = _store(job).orders.rows.values()
    assert there["price"] == 649.9
    assert (there["xmlId"], there["id1c"], there["payed"]) == (f"{SHOP}:1001", "A-1001", "Y")
    # and no price is ever recomputed, VAT is a fraction, and the discount adds up
    assert [
        (row["name"], row["price"], row["vatRate"], row["customPrice"], row["xmlId"])
        for row in _basket(job)
    ] == [("Чашка", 100, 0.2, "Y", "l1"), ("Ложка", 49.9, 0.2, "Y", "l2")]
    # and the delivery's price is in the shipment and nowhere else
    (shipment,) = _store(job).shipments.rows.values()
    assert shipment["priceDelivery"] == 300
    # and the buyer is in the properties
    assert [one["value"] for one in _store(job).values.rows.values()] == [
        "Анна Иванова",
        "anna1001@example.test",
        "+79990001001",
    ]
    # and it comes back as the order it was
    assert made.number == "A-1001"
    assert (made.customer.name, made.customer.phone) == ("Анна Иванова", "+79990001001")
    assert made.total == order.total
    assert made.computed == Decimal("649.90")
    assert [(one.sum, one.paid) for one in made.payments] == [(Decimal("649.90"), True)]
    assert [(one.line, one.quantity) for one in made.shipments[0].lines] == [
        ("l1", Decimal(3)),
        ("l2", Decimal(1)),
    ]


def test_no_vat_and_zero_vat_are_told_apart() -> None:
    job = a_job(settings=SALE)
    lines = (
        a_line("l1", "Без НДС", "1", "10", vat=Vat(rate=None)),
        a_line("l2", "Ноль", "1", "10", vat=Vat(rate=Decimal(0), included=True)),
        a_line("l3", "Десять", "1", "10", vat=Vat(rate=Decimal(10), included=True)),
    )
    made = carry(job, "orders", an_order(lines=lines, delivery=None))
    assert [row["vatRate"] for row in _basket(job)] == [None, 0, 0.1]
    assert [line.vat.rate for line in made.lines] == [None, Decimal(0), Decimal(10)]


def test_a_line_whose_sum_does_not_divide_is_two_items_there_and_one_line_here() -> None:
    # GIVEN 100.00 off three cups: 200.00 / 3 is no whole number of cents
    job = a_job(settings=SALE)
    order = an_order(
        lines=(a_line("l1", "Чашка", "3", "100"),),
        discounts=(off("100"),),
        delivery=None,
        total=Money(amount=Decimal(200), currency="RUB"),
    )
    # WHEN
    made = carry(job, "orders", order)
    # THEN
    assert [(row["xmlId"], row["quantity"], row["price"]) for row in _basket(job)] == [
        ("l1", 1, 66.66),
        ("l1~2", 2, 66.67),
    ]
    assert _store(job).orders.rows[1]["price"] == 200
    assert [(line.key, line.quantity, line.sum) for line in made.lines] == [
        ("l1", Decimal(3), Decimal("200.00"))
    ]
    # and written once more it stays so
    carry(job, "orders", order)
    assert len(_basket(job)) == 2


def test_a_line_that_the_other_side_has_removed_is_taken_out_and_others_stay() -> None:
    # GIVEN
    job = a_job(settings=SALE)
    carry(job, "orders", an_order(payments=(paid("649.90"),)))
    # WHEN a line is gone, a quantity has changed, and payments and shipments are not told
    order = an_order(
        lines=(a_line("l1", "Чашка", "2", "100"),),
        delivery=None,
        total=Money(amount=Decimal(500), currency="RUB"),
    )
    carry(job, "orders", order)
    # THEN
    assert [(row["xmlId"], row["quantity"]) for row in _basket(job)] == [("l1", 2)]
    assert len(_store(job).payments) == 1
    assert len(_store(job).shipments) == 1
    assert _store(job).orders.rows[1]["price"] == 500


def test_an_order_of_the_portal_that_comes_back_edited_keeps_its_items() -> None:
    # GIVEN an order that a buyer has placed in the portal's store
    job = a_job(settings=SALE)
    rest = PortalInProcess(job.there)
    fields = {"lid": "s1", "personTypeId": 3, "currency": "RUB"}
    order_id = rest.result("sale.order.add", {"fields": fields})["order"]["id"]
    item = {"orderId": order_id, "productId": 7, "currency": "RUB", "quantity": 2, "price": 50}
    rest.result("sale.basketitem.add", {"fields": item})
    resource = job.resource("orders")
    order = resource.read(str(order_id))
    assert order.external_ids == {}
    # WHEN the other side sends it back under keys of its own, with another price
    line = order.lines[0].model_copy(
        update={"key": "1C-1", "external_ids": {"portal": order.lines[0].key}, "variant": None,
                "price": Decimal(60)}
    )  # fmt: skip
    total = Money(amount=Decimal(120), currency="RUB")
    changed = order.model_copy(update={"lines": (line,), "total": total, "discounts": None})
    resource.update(str(order_id), changed, SHOP, just_create)
    # THEN it is the same item
    (row,) = _basket(job)
    assert (row["id"], row["productId"], row["price"], row["quantity"]) == (1, 7, 60, 2)
    assert _store(job).orders.rows[order_id]["price"] == 120


def test_items_that_stand_as_they_should_are_not_numbered_anew() -> None:
    # GIVEN an order whose items a person has put where they are, one of them without a tax
    job = a_job(settings=SALE)
    key = carry(job, "orders", an_order()).key
    for place, row in enumerate(_basket(job)):
        row.update(sort=100 + place, vatRate=None, vatIncluded="N")
    before = [dict(row) for row in _basket(job)]
    # WHEN it is written as it is, with another comment
    there = job.resource("orders").read(key)
    changed = there.model_copy(update={"comment": "Позже"})
    job.resource("orders").update(key, changed, SHOP, just_create)
    # THEN no item was touched
    assert _basket(job) == before


def test_payments_and_shipments_are_matched_and_not_made_twice() -> None:
    # GIVEN two partial shipments, one with the price of the delivery
    job = a_job(settings=SALE)
    order = an_order(
        payments=(paid("400", "p1"), paid("249.90", "p2")),
        shipments=(
            Shipment(key="s1", lines=(ShipmentLine(line="l1", quantity=Decimal(1)),), shipped=True),
            Shipment(
                key="s2",
                lines=(
                    ShipmentLine(line="l1", quantity=Decimal(2)),
                    ShipmentLine(line="l2", quantity=Decimal(1)),
                ),
                tracking="RB123",
            ),
        ),
    )
    # WHEN
    for _ in range(3):
        made = carry(job, "orders", order)
    # THEN
    assert sorted(one["sum"] for one in _store(job).payments.rows.values()) == [249.9, 400]
    assert [one["priceDelivery"] for one in _store(job).shipments.rows.values()] == [300, 0]
    assert [one["deducted"] for one in _store(job).shipments.rows.values()] == ["Y", "N"]
    assert sorted(one["quantity"] for one in _store(job).shipment_items.rows.values()) == [1, 1, 2]
    assert [one.tracking for one in made.shipments] == [None, "RB123"]
    assert _store(job).orders.rows[1]["price"] == 649.9


def test_a_service_and_a_payment_system_of_the_portal_are_taken_by_their_ids_here() -> None:
    # GIVEN references that a mapping has resolved
    job = a_job(settings=SALE)
    cash = Ref(key="cash", external_ids={"portal": "6"})
    none = Ref(key="pickup", external_ids={"portal": "1"})
    order = an_order(
        payments=(paid("649.90", system=cash),),
        delivery=(Delivery(service=none, cost=Decimal(300)),),
    )
    # WHEN
    carry(job, "orders", order)
    # THEN
    assert _store(job).payments.rows[1]["paySystemId"] == 6
    assert _store(job).shipments.rows[1]["deliveryId"] == 1


def test_a_payment_without_a_system_says_what_to_enter() -> None:
    job = a_job(settings={**SALE, "pay_system": None})
    with pytest.raises(GiveUp, match="names no payment system"):
        carry(job, "orders", an_order(payments=(paid("649.90"),)))


def test_properties_that_are_not_ours_survive() -> None:
    # GIVEN an order whose address a person has filled in
    job = a_job(settings=SALE)
    carry(job, "orders", an_order())
    kept = [
        {"orderPropsId": one["orderPropsId"], "value": one["value"]}
        for one in _store(job).values.rows.values()
    ]
    there = {"id": 1, "propertyValues": [*kept, {"orderPropsId": 26, "value": "Тверская, 1"}]}
    PortalInProcess(job.there).result("sale.propertyvalue.modify", {"fields": {"order": there}})
    # WHEN the buyer's name changes
    customer = Customer(key="c-1001", name="Анна Петрова")
    carry(job, "orders", an_order(customer=customer))
    # THEN
    values = {one["code"]: one["value"] for one in _store(job).values.rows.values()}
    assert values["ADDRESS"] == "Тверская, 1"
    assert values["FIO"] == "Анна Петрова"


def test_a_cancelled_order_is_cancelled_and_not_deleted() -> None:
    job = a_job(settings=SALE)
    carry(job, "orders", an_order())
    flags = Flags(cancelled=True, cancel_reason="Передумал")
    carry(job, "orders", an_order(status=OrderStatus.CANCELLED, flags=flags))
    (order,) = _store(job).orders.rows.values()
    assert (order["canceled"], order["reasonCanceled"], order["statusId"]) == (
        "Y",
        "Передумал",
        "D",
    )
    assert job.resource("orders").read("1").status is OrderStatus.CANCELLED


def test_a_status_that_nobody_has_mapped_is_named() -> None:
    job = a_job(settings={**SALE, "more_statuses": {}})
    carry(job, "orders", an_order())
    PortalInProcess(job.there).result("sale.order.update", {"id": 1, "fields": {"statusId": "F"}})
    with pytest.raises(GiveUp, match="'F' of the online store"):
        job.resource("orders").read("1")


def test_an_order_that_is_gone_is_none() -> None:
    job = a_job(settings=SALE)
    orders = job.resource("orders")
    assert orders.read("5") is None
    assert orders.find(SHOP, "5") is None
    assert orders.read_many(["5", "", "x"]) == {}
    carry(job, "orders", an_order())
    orders.delete("1")
    orders.delete("1")
    assert orders.read("1") is None


def test_a_paid_order_cannot_be_deleted_and_says_why() -> None:
    job = a_job(settings=SALE)
    carry(job, "orders", an_order(payments=(paid("649.90"),)))
    with pytest.raises(GiveUp, match="active payments"):
        job.resource("orders").delete("1")


def test_a_portal_that_does_not_filter_by_the_key_is_not_written_to() -> None:
    # GIVEN a portal that passes over the condition and answers with every order
    job = a_job(settings=SALE)
    carry(job, "orders", an_order("1001"))
    del _store(job).orders.fields["xmlId"]
    # THEN nothing is taken for a match
    with pytest.raises(GiveUp, match="does not filter by external keys"):
        job.resource("orders").find(SHOP, "1002")


def test_a_hundred_orders_whose_every_answer_is_lost_are_a_hundred_orders() -> None:
    # GIVEN
    job = a_job(settings=SALE)
    job.breaks("*", FaultKind.LOST_ANSWER, times=400)
    # WHEN
    orders = [an_order(str(1000 + n), payments=(paid("649.90"),)) for n in range(100)]
    for order in orders:
        carry_to_the_end(job, "orders", order, attempts=500)
    # THEN nothing is there twice, no part is missing, and every price agrees
    store = _store(job)
    assert sorted(one["xmlId"] for one in store.orders.rows.values()) == [
        f"{SHOP}:{one.key}" for one in orders
    ]
    assert {one["price"] for one in store.orders.rows.values()} == {649.9}
    assert (len(store.baskets), len(store.payments), len(store.shipments)) == (200, 100, 100)
    assert len(store.shipment_items) == 200


def test_a_hundred_orders_in_bulk_with_lost_answers_are_a_hundred_orders() -> None:
    # GIVEN every third batch gets no answer
    job = a_job(settings=SALE)
    for after in range(0, 24, 2):
        job.breaks("batch", FaultKind.LOST_ANSWER, after=after)
    # WHEN
    orders = [an_order(str(1000 + n), payments=(paid("649.90"),)) for n in range(100)]
    carry_all(job, "orders", orders)
    # THEN
    store = _store(job)
    assert len(store.orders) == 100
    assert {one["price"] for one in store.orders.rows.values()} == {649.9}
    assert (len(store.baskets), len(store.payments), len(store.shipments)) == (200, 100, 100)


def test_many_orders_are_few_requests() -> None:
    job = a_job(settings=SALE)
    orders = [an_order(str(1000 + n)) for n in range(50)]
    answers = job.resource("orders").write_many([Write(one) for one in orders], SHOP, just_create)
    assert [answer.number for answer in answers] == [one.number for one in orders]
    assert len(job.sent) <= 12


def test_a_page_holds_whole_orders_and_only_those_that_have_changed() -> None:
    # GIVEN
    job = a_job(settings=SALE)
    carry_all(job, "orders", [an_order(str(1000 + n)) for n in range(60)])
    # WHEN
    page = job.resource("orders").page(None, None)
    # THEN
    assert len(page.items) == 60
    assert {len(order.lines) for order in page.items} == {2}
    later = page.items[0].changed_at.replace(year=page.items[0].changed_at.year + 1)
    assert list(job.resource("orders").page(None, later).items) == []


# ── order+deal ────────────────────────────────────────────────────────────────────────────────


def test_an_order_with_a_deal_is_bound_to_it_exactly_once() -> None:
    # GIVEN
    job = a_job(settings=BOTH)
    # WHEN the order is written three times
    for status in (OrderStatus.NEW, OrderStatus.PAID, OrderStatus.PAID):
        carry(job, "orders", an_order(status=status))
    # THEN
    assert _store(job).links == [(1, 2, 1)]
    (deal,) = job.there.deals
    assert (deal["stageId"], deal["opportunity"]) == ("PREPAYMENT_INVOICE", 649.9)
    assert len(job.there.contacts) == 1


def test_a_deal_that_the_portals_automation_has_made_is_taken() -> None:
    # GIVEN a portal that makes a deal of every new order
    job = a_job(settings=BOTH)
    _store(job).makes_deals = True
    # WHEN
    carry(job, "orders", an_order())
    # THEN there is no second one
    (deal,) = job.there.deals
    assert (deal["originatorId"], deal["originId"]) == (SHOP, "1001")
    assert _store(job).links == [(1, 2, deal["id"])]


def test_an_order_with_two_deals_is_for_a_person() -> None:
    job = a_job(settings=BOTH)
    carry(job, "orders", an_order())
    _store(job).links.append((1, 2, 99))
    with pytest.raises(GiveUp, match="bound to several deals"):
        carry(job, "orders", an_order(comment="!"))


def test_orders_with_deals_whose_answers_are_lost_are_there_once_and_bound_once() -> None:
    # GIVEN
    job = a_job(settings=BOTH)
    job.breaks("*", FaultKind.LOST_ANSWER, times=60)
    # WHEN
    for n in range(10):
        carry_to_the_end(job, "orders", an_order(str(1000 + n)), attempts=100)
    # THEN
    assert len(_store(job).orders) == len(job.there.deals) == len(_store(job).links) == 10
    assert len({owner for _, _, owner in _store(job).links}) == 10
