"""Orders of every kind from the shop to 1C and back: no sum differs, and a second pass writes
nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings

from integrations.bitrix24.crm.money import off, worths
from local.sandbox.onec.program import Habits
from mostik.commerce.money import Discount
from mostik.commerce.order import Order
from mostik.commerceml.heardmoney import difference
from mostik.sync.verdict import Verdict
from tests.integrations.bitrix24.trade.test_money import orders
from tests.unit.onec_orders.cases import CASES, PLACED
from tests.unit.onec_orders.world import PlainShop, PortalShop, Shop, World, written

SHOPS: dict[str, Callable[[], Shop]] = {
    "a plain shop": PlainShop,
    "deals": lambda: PortalShop.of(order_as="deal", deal_payments=True),
    "the online store": lambda: PortalShop.of(order_as="order"),
}
ZERO = Decimal("0.00")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("case", CASES)
def test_an_order_goes_to_1c_and_back_with_no_difference(case: str, shop: str) -> None:
    # GIVEN an order in the shop
    world = World(SHOPS[shop]())
    key = world.place(CASES[case])
    before = world.in_shop(key)
    # WHEN 1C takes it
    taken = world.take()
    # THEN 1C has it, and counts for itself what the shop says
    assert taken.refusal is None
    [number] = taken.loaded
    held = world.onec.ledger.order(number)
    assert held.difference == ZERO
    assert before.total is not None
    assert held.order.amount == before.total.amount
    assert len(number) <= 11
    # WHEN 1C sends it back as it is, with its own number
    world.onec.ledger.post(number)
    writes = world.shop.writes()
    [said] = world.said([number])
    [result] = world.send()
    # THEN its document adds up, to the same sum, and is no news
    assert said.lines
    assert (said.total, difference(said)) == (before.total, ZERO)
    assert result.verdict is Verdict.UNCHANGED, result
    # THEN nothing was written in the shop, and its sums are what they were
    assert world.shop.writes() == writes
    after = world.in_shop(key)
    assert after.content() == before.content()
    assert difference(rounded(after)) == ZERO
    # AND a second pass, in both directions, writes nothing
    assert world.touch(key).verdict is Verdict.UNCHANGED
    assert world.take().loaded == []
    [again] = world.send([number])
    assert again.verdict is Verdict.UNCHANGED
    assert world.shop.writes() == writes


@pytest.mark.parametrize("schema", ["2.07", "2.08", "2.09", "2.10"])
@pytest.mark.parametrize("case", CASES)
def test_each_schema_tells_1c_the_same_sums(case: str, schema: str) -> None:
    # GIVEN a 1C that knows payments and shipments as documents of their own
    world = World(PlainShop(), habits=Habits(schema=schema), orders={"documents": True})
    key = world.place(CASES[case])
    # WHEN it takes the order and sends it back
    [number] = world.take().loaded
    world.onec.ledger.post(number)
    # THEN no sum differs, and nothing is news
    assert world.onec.ledger.order(number).difference == ZERO
    assert written(world.send()) == []
    assert world.in_shop(key) == CASES[case]


def rounded(order: Order) -> Order:
    """An order whose tax on top has its sum, as a document says it."""
    lines = []
    for line in order.lines or ():
        vat = line.vat
        if vat is not None and vat.included is False and vat.rate is not None and vat.sum is None:
            tax = (line.computed * vat.rate / 100).quantize(Decimal("0.01"))
            vat = vat.model_copy(update={"sum": tax})
        amount = Decimal(0) if line.kit else line.sum
        lines.append(line.model_copy(update={"vat": vat, "sum": amount}))
    return order.model_copy(update={"lines": tuple(lines)})


@settings(max_examples=120, deadline=None)
@given(orders())
def test_any_order_comes_back_with_its_sums(order: Order) -> None:
    # GIVEN an order with lines, taxes, discounts and delivery of any kind
    assert order.total is not None
    lines = [one.model_copy(update={"name": f"{one.name} {one.key}"}) for one in order.lines or ()]
    whole = order.model_copy(
        update={"lines": tuple(lines), "date": PLACED, "discounts": summed(order)}
    )
    world = World(PortalShop.of(order_as="order"))
    # WHEN a portal has made of it what it can, and 1C takes it and sends it back
    key = world.place(whole)
    before = world.in_shop(key)
    [number] = world.take().loaded
    held = world.onec.ledger.order(number)
    world.onec.ledger.post(number)
    writes = world.shop.writes()
    [result] = world.send()
    # THEN no sum differs
    assert before.total is not None
    assert (held.difference, held.order.amount) == (ZERO, before.total.amount)
    assert result.verdict is Verdict.UNCHANGED, result
    assert world.shop.writes() == writes


def summed(order: Order) -> tuple[Discount, ...]:
    """The order's discounts as one sum, as shops give it."""
    off_goods = off(order, sum(worths(order.model_copy(update={"discounts": None})), Decimal(0)))
    return (Discount(name="Акция", sum=off_goods),) if off_goods else ()
