"""Orders as deals: goods, delivery, VAT, statuses, payments, and nothing twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from local.sandbox.faults import FaultKind
from mostik.commerce.money import Money, Vat
from mostik.commerce.order import OrderStatus
from mostik.errors import GiveUp
from mostik.integration import Bulk, Deletable, Listed, Write
from tests.integrations.bitrix24.trade.orders import (
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


def _rows(job: Any) -> list[dict[str, Any]]:
    rows = job.there.trade.rows.table.rows.values()
    return sorted(rows, key=lambda row: (row["ownerId"], row["sort"]))


def test_a_deal_is_listed_written_in_bulk_and_deleted() -> None:
    deals = a_job().resource("orders")
    assert isinstance(deals, Listed)
    assert isinstance(deals, Bulk)
    assert isinstance(deals, Deletable)


def test_an_order_becomes_a_deal_with_its_goods_its_delivery_and_its_buyer() -> None:
    # GIVEN
    job = a_job()
    # WHEN
    made = carry(job, "orders", an_order())
    # THEN the deal has the order's own amount, in whole
    (deal,) = job.there.deals
    assert (deal["title"], deal["opportunity"]) == ("Заказ A-1001", 649.9)
    assert (deal["originatorId"], deal["originId"]) == (SHOP, "1001")
    # and its rows: prices with tax, the delivery as a row of its own
    assert [
        (row["productName"], row["quantity"], row["price"], row["taxRate"], row["taxIncluded"])
        for row in _rows(job)
    ] == [
        ("Чашка", 3, 100, 20, "Y"),
        ("Ложка", 1, 49.9, 20, "Y"),
        ("Доставка: Курьер", 1, 300, None, "Y"),
    ]
    # and points at the contact
    (contact,) = job.there.contacts
    assert deal["contactIds"] == [contact["id"]]
    # and comes back as the order it was
    assert made.key == "1"
    assert an_order().differs_from(made, job.resource("orders").holds) == frozenset()
    assert [line.name for line in made.lines] == ["Чашка", "Ложка"]
    assert [(one.name, one.cost) for one in made.delivery] == [("Курьер", Decimal(300))]


def test_without_vat_is_not_zero_percent() -> None:
    # GIVEN a line without VAT, one with 0 %, and one whose price does not hold its 20 %
    job = a_job()
    lines = (
        a_line("l1", "Без НДС", "1", "10", vat=Vat(rate=None)),
        a_line("l2", "Ноль", "1", "10", vat=Vat(rate=Decimal(0), included=True)),
        a_line("l3", "Сверху", "2", "100", vat=Vat(rate=Decimal(20), included=False)),
    )
    # WHEN
    made = carry(job, "orders", an_order(lines=lines, delivery=()))
    # THEN
    assert [(row["taxRate"], row["price"]) for row in _rows(job)] == [
        (None, 10),
        (0, 10),
        (20, 120),
    ]
    assert [(line.vat.rate, line.price) for line in made.lines] == [
        (None, Decimal(10)),
        (Decimal(0), Decimal(10)),
        (Decimal(20), Decimal(100)),
    ]


def test_a_discount_of_the_whole_order_is_in_the_rows() -> None:
    # GIVEN 100.00 off, and a quantity that it does not divide by
    job = a_job()
    order = an_order(discounts=(off("100"),), total=Money(amount=Decimal("549.90"), currency="RUB"))
    # WHEN
    carry(job, "orders", order)
    # THEN rows and amount agree to the cent
    worth = sum(Decimal(str(row["price"])) * Decimal(str(row["quantity"])) for row in _rows(job))
    assert round(worth, 2) == Decimal("549.90")


def test_the_same_good_twice_and_a_gift_stay_lines_of_their_own() -> None:
    job = a_job()
    lines = (
        a_line("l1", "Чашка", "1", "100"),
        a_line("l2", "Чашка", "1", "100"),
        a_line("l3", "Открытка", "1", "0"),
    )
    made = carry(job, "orders", an_order(lines=lines))
    assert [(line.name, line.price) for line in made.lines] == [
        ("Чашка", Decimal(100)),
        ("Чашка", Decimal(100)),
        ("Открытка", Decimal(0)),
    ]


def test_an_order_that_has_not_changed_is_not_written_to_the_rows_again() -> None:
    # GIVEN
    job = a_job()
    carry(job, "orders", an_order())
    before = job.there.calls["crm.item.productrow.set"]
    # WHEN
    carry(job, "orders", an_order(comment="Не звонить"))
    # THEN
    assert job.there.calls["crm.item.productrow.set"] == before
    assert job.there.deals[0]["comments"] == "Не звонить"


def test_a_row_that_stays_keeps_its_id_and_one_that_is_not_wanted_goes() -> None:
    # GIVEN
    job = a_job()
    carry(job, "orders", an_order())
    cup = _rows(job)[0]["id"]
    # WHEN a line is removed and the other one changes
    lines = (a_line("l1", "Чашка", "5", "90"),)
    carry(job, "orders", an_order(lines=lines))
    # THEN
    assert [(row["id"], row["productName"], row["quantity"]) for row in _rows(job)] == [
        (cup, "Чашка", 5),
        (_rows(job)[1]["id"], "Доставка: Курьер", 1),
    ]


def test_an_order_that_does_not_know_its_lines_leaves_the_rows_alone() -> None:
    job = a_job()
    carry(job, "orders", an_order())
    carry(job, "orders", an_order(lines=None, delivery=None))
    assert len(_rows(job)) == 3


def test_a_status_goes_forward_and_not_back() -> None:
    # GIVEN
    job = a_job()
    carry(job, "orders", an_order(status=OrderStatus.SHIPPED))
    # WHEN an older state comes late
    carry(job, "orders", an_order(status=OrderStatus.PAID))
    # THEN
    assert job.there.deals[0]["stageId"] == "WON"


def test_a_status_goes_back_where_that_is_allowed() -> None:
    job = a_job(settings={"status_back": True})
    carry(job, "orders", an_order(status=OrderStatus.SHIPPED))
    carry(job, "orders", an_order(status=OrderStatus.PAID))
    assert job.there.deals[0]["stageId"] == "PREPAYMENT_INVOICE"


def test_several_stages_stand_for_one_status() -> None:
    # GIVEN
    job = a_job(settings={"more_stages": {"FINAL_INVOICE": "packed"}})
    carry(job, "orders", an_order())
    # WHEN a person moves the deal to a stage that is only read
    job.there.edit(2, 1, {"stageId": "FINAL_INVOICE"})
    # THEN it is understood, and an order that says the same leaves it there
    assert job.resource("orders").read("1").status is OrderStatus.PACKED
    carry(job, "orders", an_order(status=OrderStatus.PACKED))
    assert job.there.deals[0]["stageId"] == "FINAL_INVOICE"


def test_a_deal_is_read_with_its_rows_in_one_request() -> None:
    job = a_job()
    carry(job, "orders", an_order())
    job.wire.sent.clear()
    job.resource("orders").read("1")
    assert job.sent == ["batch"]


def test_a_deal_with_more_than_fifty_rows_is_whole() -> None:
    job = a_job()
    lines = tuple(a_line(f"l{n}", f"Товар {n}", "1", "1") for n in range(120))
    made = carry(job, "orders", an_order(lines=lines, delivery=()))
    assert len(made.lines) == 120
    assert len(job.resource("orders").read("1").lines) == 120


def test_a_deal_that_is_gone_is_none_and_no_missing_right() -> None:
    # GIVEN a deleted deal, of which the portal says that its rows are forbidden
    job = a_job()
    carry(job, "orders", an_order())
    job.resource("orders").delete("1")
    # THEN
    assert job.resource("orders").read("1") is None
    assert job.resource("orders").read_many(["1", "x", ""]) == {}
    job.resource("orders").delete("1")  # no error


def test_two_deals_with_one_key_are_for_a_person() -> None:
    job = a_job()
    job.there.seed(2, [{"originatorId": SHOP, "originId": "1001"}] * 2)
    with pytest.raises(GiveUp, match="Several records"):
        job.resource("orders").find(SHOP, "1001")


def test_a_hundred_orders_whose_every_answer_is_lost_are_a_hundred_deals() -> None:
    # GIVEN a portal that does the work and loses the answer, of whatever is asked first
    job = a_job()
    job.breaks("*", FaultKind.LOST_ANSWER, times=200)
    # WHEN each order is carried until an attempt gets its answer
    orders = [an_order(str(1000 + n)) for n in range(100)]
    for order in orders:
        carry_to_the_end(job, "orders", order, attempts=300)
    # THEN
    assert sorted(deal["originId"] for deal in job.there.deals) == [one.key for one in orders]
    assert len(job.there.contacts) == 100
    assert len(_rows(job)) == 300


def test_a_hundred_orders_in_bulk_whose_every_answer_is_lost_are_a_hundred_deals() -> None:
    # GIVEN
    job = a_job()
    for after in range(0, 12, 2):
        job.breaks("batch", FaultKind.LOST_ANSWER, after=after)
    # WHEN
    orders = [an_order(str(1000 + n)) for n in range(100)]
    carry_all(job, "orders", orders)
    # THEN
    assert sorted(deal["originId"] for deal in job.there.deals) == [one.key for one in orders]
    assert len(job.there.contacts) == 100
    assert len(_rows(job)) == 300


def test_many_orders_are_few_requests() -> None:
    # GIVEN
    job = a_job()
    orders = [an_order(str(1000 + n)) for n in range(50)]
    # WHEN fifty orders of fifty buyers are made
    answers = job.resource("orders").write_many([Write(one) for one in orders], SHOP, just_create)
    # THEN contacts are looked up and made, deals and rows travel together
    assert [answer.number for answer in answers] == [one.number for one in orders]
    assert len(job.sent) <= 8


def test_a_page_is_whole_and_says_where_it_goes_on() -> None:
    # GIVEN
    job = a_job()
    orders = [an_order(str(1000 + n)) for n in range(60)]
    carry_all(job, "orders", orders)
    # WHEN
    page = job.resource("orders").page(None, None)
    # THEN by rising ids, whichever of two batches in flight was served first
    assert sorted(order.number for order in page.items) == [one.number for one in orders]
    assert [int(order.key) for order in page.items] == list(range(1, 61))
    assert {len(order.lines) for order in page.items} == {2}
    assert page.cursor is None


def test_only_what_has_changed_since_is_listed() -> None:
    # GIVEN
    job = a_job()
    carry(job, "orders", an_order("1001"))
    changed_at = job.resource("orders").read("1").changed_at
    # THEN
    page = job.resource("orders").page(None, changed_at)
    assert [order.number for order in page.items] == ["A-1001"]
    later = changed_at.replace(year=changed_at.year + 1)
    assert list(job.resource("orders").page(None, later).items) == []


def test_payments_of_a_deal_are_added_once_and_never_taken_away() -> None:
    # GIVEN payments are on, and the answer to the first one is lost
    job = a_job(settings={"deal_payments": True})
    order = an_order(payments=(paid("400", "p1"), paid("249.90", "p2")))
    job.breaks("batch", FaultKind.LOST_ANSWER, after=3)
    # WHEN the order is carried again and again
    for _ in range(3):
        made = carry_to_the_end(job, "orders", order)
    # THEN
    assert sorted((one.sum, one.paid) for one in made.payments) == [
        (Decimal("249.90"), True),
        (Decimal(400), True),
    ]
    # and one that the other side does not know stays
    carry(job, "orders", an_order(payments=(paid("400", "p1"),)))
    assert len(job.there.trade.store.payments) == 2


def test_a_deal_row_has_no_key_of_ours_so_lines_are_matched_by_what_they_are() -> None:
    # GIVEN rows that the portal has put into another order
    job = a_job()
    carry(job, "orders", an_order())
    first = {row["productName"]: row["id"] for row in _rows(job)}
    # WHEN the same lines come in another order
    lines = (a_line("l2", "Ложка", "1", "49.90"), a_line("l1", "Чашка", "3", "100"))
    carry(job, "orders", an_order(lines=lines))
    # THEN
    assert {row["productName"]: row["id"] for row in _rows(job)} == first
