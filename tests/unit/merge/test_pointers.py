"""Lines of shipments and components of kits name lines of the order by the keys of each side."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mostik.commerce.order import Line, Order, Shipment, ShipmentLine
from mostik.mapping.side import Side
from mostik.merge.agreement import agreed
from mostik.merge.identity import Systems
from mostik.merge.merge import merge
from mostik.merge.policy import Owner, Policy
from mostik.sync.decide import Attempt, Next, after_looking
from mostik.sync.link import End, Link

POLICY = Policy(Owner.LEFT)
ENDS = Systems("shop", "portal")


def line(key: str, name: str, **more: Any) -> Line:
    return Line(key=key, name=name, price=Decimal(4), quantity=Decimal(2), **more)


def shipment(key: str, inside: dict[str, int], **more: Any) -> Shipment:
    lines = tuple(ShipmentLine(line=one, quantity=Decimal(n)) for one, n in inside.items())
    return Shipment(key=key, lines=lines, **more)


def order(lines: tuple[Line, ...], *shipments: Shipment) -> Order:
    return Order(key="7", number="A-7", lines=lines, shipments=shipments)


OURS = order((line("l1", "Tea"), line("l2", "Cup")), shipment("s1", {"l1": 2, "l2": 1}))
THEIRS = order(
    (
        line("71", "Tea", external_ids={"shop": "l1"}),
        line("72", "Cup", external_ids={"shop": "l2"}),
    ),
    shipment("91", {"71": 2, "72": 1}, external_ids={"shop": "s1"}),
)
BASE = agreed(OURS, THEIRS, POLICY, ENDS)


def inside(record: Any) -> list[dict[str, Decimal]]:
    """What is in each shipment."""
    return [{one.line: one.quantity for one in shipment.lines} for shipment in record.shipments]


def test_two_sides_that_have_shipped_the_same_lines_agree_whatever_the_lines_are_called() -> None:
    assert merge(BASE, OURS, THEIRS, POLICY, ENDS).is_quiet
    assert merge(None, OURS, THEIRS, POLICY, ENDS).is_quiet


def test_another_quantity_shipped_goes_over_in_the_words_of_the_side_that_it_comes_from() -> None:
    # GIVEN the portal has shipped one cup more, and of the tea one less
    theirs = order(
        THEIRS.lines or (), shipment("91", {"71": 1, "72": 2}, external_ids={"shop": "s1"})
    )
    # WHEN it is merged
    merged = merge(BASE, OURS, theirs, POLICY, ENDS)
    # THEN our side is told in the keys of the portal, beside which ours stand
    told = merged.written(Side.LEFT)
    assert isinstance(told, Order)
    assert inside(told) == [{"71": 1, "72": 2}]
    assert [(one.key, one.external_ids["shop"]) for one in told.lines or ()] == [
        ("71", "l1"),
        ("72", "l2"),
    ]
    assert merged.to_right == ()


def test_our_shipment_goes_to_the_portal_in_our_own_words() -> None:
    ours = order(OURS.lines or (), shipment("s1", {"l1": 1}))
    told = merge(BASE, ours, THEIRS, POLICY, ENDS).written(Side.RIGHT)
    assert inside(told) == [{"l1": 1}]


def test_a_line_and_its_shipment_that_are_new_over_there_come_together() -> None:
    # GIVEN a line that was added there, and shipped at once
    theirs = order(
        (*(THEIRS.lines or ()), line("73", "Spoon")),
        *(THEIRS.shipments or ()),
        shipment("92", {"73": 2}),
    )
    # WHEN it is merged
    merged = merge(BASE, OURS, theirs, POLICY, ENDS)
    # THEN the new shipment names the new line by its key over there
    told = merged.written(Side.LEFT)
    assert isinstance(told, Order)
    assert inside(told)[1] == {"73": 2}
    assert [one.key for one in told.lines or ()] == ["71", "72", "73"]
    # AND once it is written here, both say the same
    written = order(
        (*(OURS.lines or ()), line("l3", "Spoon", external_ids={"portal": "73"})),
        *(OURS.shipments or ()),
        shipment("s2", {"l3": 2}, external_ids={"portal": "92"}),
    )
    assert merge(BASE, written, theirs, POLICY, ENDS).is_quiet


def test_the_components_of_a_kit_name_it_in_the_words_that_they_come_in() -> None:
    ours = order((line("l1", "Box"), line("l2", "Cup", kit="l1")))
    theirs = order(
        (
            line("71", "Box", external_ids={"shop": "l1"}),
            line("72", "Big cup", kit="71", external_ids={"shop": "l2"}),
        )
    )
    base = agreed(ours, ours, POLICY, ENDS)
    told = merge(base, ours, theirs, POLICY, ENDS).written(Side.LEFT)
    assert isinstance(told, Order)
    assert [(one.key, one.kit) for one in told.lines or ()] == [("71", None), ("72", "71")]


def test_without_a_mapping_an_order_that_says_the_same_in_other_keys_is_not_written() -> None:
    # GIVEN a link without a document, and two orders that differ in nothing but the lines' keys
    assert OURS.differs_from(THEIRS, system="portal") == {"shipments"}
    link = Link("orders", End("shop", "orders"), End("portal", "orders"))
    decided = after_looking(link, Side.LEFT, OURS, None, THEIRS, Attempt(), None)
    assert decided is Next.AGREE
