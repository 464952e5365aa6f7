"""Money agrees to 0.00, whatever an order consists of."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.bitrix24.crm.money import cents, off, portions, price_for_one, spread, worths
from mostik.commerce.money import Discount, Money, Vat
from mostik.commerce.order import Delivery, Line, Order
from tests.integrations.bitrix24.trade.orders import SALE, a_job, carry

prices = st.decimals("0", "99999.99", places=2)
fine_prices = st.decimals("0", "9999.9999", places=4)
wholes = st.integers(1, 50).map(Decimal)
weights = st.decimals("0.001", "99.999", places=3)
rates = st.sampled_from([None, Decimal(0), Decimal(10), Decimal(20), Decimal(22)])


@st.composite
def lines(draw: st.DrawFn, quantities: st.SearchStrategy[Decimal] = wholes | weights) -> Line:
    """A line as some shop may have it."""
    rate = draw(rates)
    included = draw(st.booleans()) if rate is not None else None
    return Line(
        key=str(draw(st.uuids())),
        name=draw(st.sampled_from(["Чашка", "Ложка", "Блюдце"])),
        quantity=draw(quantities),
        price=draw(prices | fine_prices),
        vat=Vat(rate=rate, included=included),
    )


@st.composite
def orders(draw: st.DrawFn, quantities: st.SearchStrategy[Decimal] = wholes | weights) -> Order:
    """An order with discounts of its own and a delivery, whose total is what it comes to."""
    found = tuple(draw(st.lists(lines(quantities), min_size=1, max_size=6)))
    discounts = draw(
        st.lists(
            st.builds(Discount, sum=st.decimals("0", "5000", places=2))
            | st.builds(Discount, percent=st.decimals("0", "100", places=1)),
            max_size=2,
        )
    )
    delivery = draw(st.decimals("0", "999.99", places=2))
    order = Order(
        key="1",
        number="A-1",
        lines=found,
        discounts=tuple(discounts),
        delivery=(Delivery(cost=delivery),),
    )
    total = sum(worths(order), Decimal(0)) + delivery
    return order.model_copy(update={"total": Money(amount=total, currency="RUB")})


@given(orders())
def test_a_discount_is_taken_off_to_the_cent_and_no_line_becomes_negative(order: Order) -> None:
    plain = worths(order.model_copy(update={"discounts": None}))
    discount = min(off(order, sum(plain, Decimal(0))), sum(plain, Decimal(0)))
    worth = worths(order)
    assert sum(worth, Decimal(0)) == sum(plain, Decimal(0)) - discount
    assert all(Decimal(0) <= one <= before for one, before in zip(worth, plain, strict=True))


@given(st.lists(prices, min_size=1, max_size=8), prices)
def test_what_rounding_leaves_over_is_on_the_largest_line(
    worth: list[Decimal], discount: Decimal
) -> None:
    # GIVEN a discount that does not take everything
    total = sum(worth, Decimal(0))
    if discount >= total:
        return
    left = spread(worth, discount)
    # THEN every line but the largest has its share, less than a cent rounded off
    largest = max(range(len(worth)), key=lambda at: worth[at])
    for place, (before, after) in enumerate(zip(worth, left, strict=True)):
        exact = before - discount * before / total
        if place != largest:
            assert abs(after - exact) < Decimal("0.01")
    assert sum(left, Decimal(0)) == total - discount


@given(prices, wholes)
def test_portions_of_a_whole_quantity_come_to_the_sum_exactly(
    worth: Decimal, quantity: Decimal
) -> None:
    found = portions(worth, quantity)
    assert sum((one.quantity for one in found), Decimal(0)) == quantity
    assert sum((one.worth for one in found), Decimal(0)) == worth
    assert all(one.price == cents(one.price) for one in found)
    assert len(found) <= 2


@given(prices, weights)
def test_a_price_for_one_comes_to_the_sum_after_rounding(worth: Decimal, quantity: Decimal) -> None:
    assert cents(price_for_one(worth, quantity) * quantity) == worth


@settings(max_examples=60)
@given(orders())
def test_the_rows_of_a_deal_come_to_its_amount(order: Order) -> None:
    # GIVEN
    job = a_job()
    # WHEN
    carry(job, "orders", order)
    # THEN
    assert order.total is not None
    rows = job.there.trade.rows.table.rows.values()
    worth = sum(Decimal(str(row["price"])) * Decimal(str(row["quantity"])) for row in rows)
    assert abs(worth - order.total.amount) < Decimal("0.005")
    assert Decimal(str(job.there.deals[0]["opportunity"])) == order.total.amount


@settings(max_examples=60)
@given(orders(wholes))
def test_the_total_that_the_store_works_out_is_the_orders(order: Order) -> None:
    # GIVEN
    job = a_job(settings=SALE)
    # WHEN it is written twice
    carry(job, "orders", order)
    made = carry(job, "orders", order)
    # THEN the portal's own total is the order's, and what is read says so too
    assert order.total is not None
    (there,) = job.there.trade.store.orders.rows.values()
    assert Decimal(str(there["price"])) == order.total.amount
    assert cents(made.computed) == order.total.amount
    for row in job.there.trade.store.baskets.rows.values():
        parts = Decimal(str(row["price"])) + Decimal(str(row["discountPrice"]))
        assert Decimal(str(row["basePrice"])) == parts
