"""Mapping and merge together, as an engine uses them: each edit is one write, then all is equal."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mostik.commerce.money import Money
from mostik.commerce.order import Line, Order, OrderStatus
from mostik.mapping.side import Side
from mostik.merge.agreement import Agreement, agreed
from mostik.merge.merge import merge
from mostik.merge.policy import Owner, Policy
from tests.unit.mapping.tables import STATUSES, order, shop

OF = frozenset({"status", "comment", "total", "lines"})
POLICY = Policy(Owner.LEFT, of=OF, shares=frozenset({"lines"}))


class Pair:
    """An order of ours and one of a shop, which speaks JSON and counts kopecks."""

    def __init__(self) -> None:
        self.mapper = shop()
        self.left = order()
        self.right: Mapping[str, Any] = self.mapper.to(Side.RIGHT, self.left).content
        self.base: Agreement = agreed(self.left, self.as_ours(), POLICY)

    def as_ours(self) -> Order:
        """The shop's order in our terms; its values that say the same are spelled as ours."""
        record = self.mapper.to(Side.LEFT, self.right, self.left).record
        assert isinstance(record, Order)
        return record

    def exchange(self) -> set[Side]:
        """Merges once and writes what is to be written. Returns the sides that were written."""
        merged = merge(self.base, self.left, self.as_ours(), POLICY)
        assert merged.conflicts == ()
        written = {side for side in Side if merged.to(side)}
        if Side.RIGHT in written:
            told = merged.written(Side.RIGHT)
            self.right = {**self.right, **self.mapper.to(Side.RIGHT, told, self.right).content}
        if Side.LEFT in written:
            record = merged.written(Side.LEFT)
            assert isinstance(record, Order)
            self.left = record
        self.base = agreed(self.left, self.as_ours(), POLICY, before=self.base)
        return written


def test_two_statuses_for_one_are_one_write_over_a_hundred_exchanges() -> None:
    # GIVEN the shop has two statuses for our "packed", and has just set the second
    pair = Pair()
    pair.left = order(status=OrderStatus.PAID)
    pair.right = {**pair.right, "state": "PAID"}
    pair.base = agreed(pair.left, pair.as_ours(), POLICY)
    pair.right = {**pair.right, "state": "READY"}
    # WHEN the two exchange a hundred times
    writes = [pair.exchange() for _ in range(100)]
    # THEN our side was written once, and the shop never
    assert writes[0] == {Side.LEFT}
    assert not any(writes[1:])
    assert pair.left.status is OrderStatus.PACKED
    assert pair.right["state"] == "READY"


def test_our_new_status_is_written_once_and_stays() -> None:
    pair = Pair()
    pair.left = order(status=OrderStatus.SHIPPED)
    writes = [pair.exchange() for _ in range(100)]
    assert writes[0] == {Side.RIGHT}
    assert not any(writes[1:])
    assert pair.right["state"] == "SENT"


OURS = st.one_of(
    st.builds(lambda text: {"comment": text}, st.text(max_size=5)),
    st.builds(lambda status: {"status": status}, st.sampled_from(OrderStatus)),
    st.builds(
        lambda amount: {"total": Money(amount=amount, currency="RUB")},
        st.decimals(0, 999, places=2),
    ),
    st.builds(
        lambda price: {"lines": (Line(key="l1", name="Tea", quantity=Decimal(1), price=price),)},
        st.decimals(0, 999, places=2),
    ),
)
THEIRS = st.one_of(
    st.builds(lambda text: {"note": {"text": text}}, st.text(max_size=5)),
    st.builds(lambda one: {"state": one.right}, st.sampled_from(STATUSES.entries)),
    st.builds(lambda total: {"total": total}, st.integers(0, 99_999)),
    st.builds(
        lambda price: {"rows": [{"id": "l2", "title": "Cup", "count": "1,0", "price": price}]},
        st.integers(0, 9_999),
    ),
)
EDITS = st.lists(st.tuples(OURS | st.none(), THEIRS | st.none()), max_size=8)


@given(EDITS)
def test_whatever_both_sides_edit_they_end_equal_and_nothing_goes_round(
    edits: list[tuple[dict[str, Any] | None, dict[str, Any] | None]],
) -> None:
    # GIVEN an order that both sides have, and people who edit it on either side, or on both
    pair = Pair()
    for ours, theirs in edits:
        if ours is not None:
            pair.left = pair.left.model_copy(update=ours)
        if theirs is not None:
            pair.right = {**pair.right, **theirs}
        # WHEN the two exchange, and once more
        pair.exchange()
        again = pair.exchange()
        # THEN the second finds nothing, and both say the same
        assert again == set()
        assert pair.as_ours().content(OF) == pair.left.content(OF)
