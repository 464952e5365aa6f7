"""Canonical records: what counts as a change, what two sides are compared by."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mostik.commerce.catalog import File, Product, PropertyValue
from mostik.commerce.fields import common
from mostik.commerce.money import Money, Vat
from mostik.commerce.order import Delivery, Line, Order, OrderStatus
from mostik.commerce.parties import Customer, valid_inn, valid_ogrn
from mostik.commerce.prices import Price
from mostik.commerce.record import Ref
from mostik.commerce.stock import Stock

LINES = (
    Line(key="1", variant="v1", quantity="2", price="10.50"),
    Line(key="2", variant="v2", quantity="1", price="0", gift=True),
    Line(key="3", name="Delivery", quantity="1", price="300"),
)


def an_order(**fields: Any) -> Order:
    return Order(key="1", number="A-1", **fields)


def test_a_fingerprint_of_the_first_release_still_stands() -> None:
    # GIVEN what the first release wrote into pairs
    order = an_order(status=OrderStatus.NEW, total=Money(amount="100.00", currency="RUB"))
    # THEN it is the same, so an upgrade has nobody look at every record anew
    assert order.fingerprint() == "1bb7ad8b1375d177776d3dc87d57485b"


def test_a_field_that_is_not_known_is_neither_a_change_nor_a_difference() -> None:
    # GIVEN two sides, one of which does not know the lines
    whole = an_order(status=OrderStatus.NEW, lines=LINES)
    less = an_order(status=OrderStatus.NEW)
    # THEN what it does not know does not count
    assert less.differs_from(whole) == frozenset()
    assert whole.differs_from(less) == {"lines"}
    assert an_order(status=OrderStatus.NEW, lines=None).fingerprint() == less.fingerprint()
    assert an_order(lines=()).fingerprint() != an_order().fingerprint()


@given(st.randoms())
def test_the_order_and_the_keys_of_lines_do_not_count(shuffler: random.Random) -> None:
    # GIVEN the same lines in another order, with keys of another side
    lines = list(LINES)
    shuffler.shuffle(lines)
    other = [line.model_copy(update={"key": f"x{line.key}"}) for line in lines]
    # THEN it is the same order
    assert an_order(lines=LINES).fingerprint() == an_order(lines=tuple(other)).fingerprint()


def test_the_same_good_twice_is_not_the_same_as_once() -> None:
    assert an_order(lines=(LINES[0], LINES[0])).differs_from(an_order(lines=(LINES[0],)))


def test_amounts_and_times_are_equal_by_value() -> None:
    # GIVEN one moment in two zones, and one sum in two scales
    moscow = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))
    here = an_order(date=moscow, total=Money(amount="1E+2", currency="RUB"))
    there = an_order(
        date=datetime(2026, 1, 1, tzinfo=UTC), total=Money(amount="100.00", currency="RUB")
    )
    # THEN
    assert here.fingerprint() == there.fingerprint()


def test_zero_vat_is_not_without_vat() -> None:
    assert (
        Product(key="1", vat=Vat(rate=0)).fingerprint() != Product(key="1", vat=Vat()).fingerprint()
    )


@pytest.mark.parametrize("kind", [Money, Price, Stock, Line])
def test_a_float_is_refused_where_money_or_quantities_stand(kind: Any) -> None:
    fields = {"key": "1", "owner": "p", "type": "t", "amount": 0.1, "currency": "RUB",
              "on_hand": 0.1, "price": 0.1}  # fmt: skip
    with pytest.raises(ValidationError, match="floats"):
        kind(**{name: value for name, value in fields.items() if name in kind.model_fields})


def test_two_sides_are_compared_by_what_both_can_hold() -> None:
    # GIVEN a side that holds of lines only their price
    here = an_order(lines=LINES[:1], comment="one")
    there = an_order(lines=(LINES[0].model_copy(update={"name": "other"}),), comment="two")
    of = common(frozenset({"lines", "comment"}), frozenset({"lines.price"}))
    # THEN
    assert of == frozenset({"lines.price"})
    assert here.differs_from(there, of) == frozenset()
    assert here.fingerprint(of) == there.fingerprint(of)


FIELDS = st.frozensets(st.sampled_from(["a", "a.b", "a.b.c", "d", "d.e"]), max_size=4)


@given(FIELDS | st.none(), FIELDS | st.none())
def test_what_two_sides_hold_in_common_does_not_depend_on_the_side(
    left: frozenset[str] | None, right: frozenset[str] | None
) -> None:
    both = common(left, right)
    assert both == common(right, left)
    assert common(left, left) == left
    if both is not None:
        assert common(both, left) == both


def test_references_are_compared_in_the_keys_of_the_other_side() -> None:
    # GIVEN a good whose section has another key there
    here = Product(key="1", section=Ref(key="s1", external_ids={"portal": "12"}))
    there = Product(key="77", section="12")
    # THEN they are equal once that key is known
    assert here.differs_from(there, system="portal") == frozenset()
    assert here.differs_from(there) == {"section"}


def test_addresses_of_files_are_no_content_and_hashes_are() -> None:
    one = Product(key="1", files=(File(key="a", hash="h", url="https://x/?secret"),))
    assert one.fingerprint() == Product(key="1", files=(File(hash="h"),)).fingerprint()
    assert one.differs_from(Product(key="1", files=(File(hash="other"),)))


def test_the_computed_total_counts_a_kit_once_and_the_delivery() -> None:
    # GIVEN a kit with its components, and a delivery
    lines = (
        Line(key="1", price="500", quantity="2"),
        Line(key="2", price="250", quantity="4", kit="1"),
    )
    order = an_order(lines=lines, delivery=(Delivery(cost="300"),))
    # THEN
    assert order.computed == Decimal(1300)
    assert an_order().computed is None


def test_a_record_survives_the_way_through_json() -> None:
    # GIVEN
    product = Product(
        key="1",
        name="Стол",
        properties=(PropertyValue(property="c", values=("red", True), enums=("e1",)),),
        changed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    # THEN
    again = Product.model_validate(product.model_dump(mode="json"))
    assert again == product
    assert again.fingerprint() == product.fingerprint()


def test_a_customer_keeps_what_is_written_and_what_is_main() -> None:
    customer = Customer(key="1", name="Анна", phone="+79990000001", phones=("+79990000001", "+7"))
    assert customer.phones == ("+79990000001", "+7")


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("7707083893", True),
        ("500100732259", True),
        ("7707083894", False),
        ("12", False),
        ("²" * 10, False),
    ],
)
def test_the_check_digits_of_an_inn(number: str, right: bool) -> None:
    assert valid_inn(number) is right


@pytest.mark.parametrize(
    ("number", "right"),
    [("1027700132195", True), ("1027700132196", False), ("304500116000157", True), ("1", False)],
)
def test_the_check_digit_of_an_ogrn(number: str, right: bool) -> None:
    assert valid_ogrn(number) is right
