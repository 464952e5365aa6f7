"""References of a record that is told back to the side that it was read from."""

from __future__ import annotations

from typing import Any

from mostik.commerce.order import Line, Order
from mostik.commerce.record import Ref
from mostik.merge.identity import owned


def test_every_reference_says_that_its_key_is_that_sides_own() -> None:
    # GIVEN an order whose buyer the other side knows, with a line that points at a good
    order = Order(
        key="7",
        number="7",
        customer_ref=Ref(key="1001", external_ids={"portal": "1"}),
        lines=(Line(name="Kettle", variant=Ref(key="g-1")),),
    )
    # WHEN
    told: Any = owned(order, "shop")
    # THEN
    assert told.customer_ref.external_ids == {"portal": "1", "shop": "1001"}
    assert told.lines[0].variant.key_in("shop") == "g-1"
    assert told.fingerprint() == order.fingerprint()
    # AND one that says so already is left alone
    assert owned(told, "shop") is told
