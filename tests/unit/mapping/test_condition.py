"""Which records a link takes."""

from __future__ import annotations

import pytest

from mostik.mapping.condition import Asked, Condition, refused_by
from mostik.mapping.path import path
from tests.unit.mapping.tables import ORDERS, order


@pytest.mark.parametrize(
    ("where", "test", "values", "holds"),
    [
        ("status", Asked.IS, ("packed",), True),
        ("status", Asked.NOT_IN, ("new", "paid"), True),
        ("status", Asked.IN, ("new", "paid"), False),
        ("total.amount", Asked.AT_LEAST, ("12",), True),
        ("total.amount", Asked.AT_MOST, ("11.99",), False),
        ("total.amount", Asked.IS, ("12.0",), True),
        ("date", Asked.AT_LEAST, ("2026-11-24T07:30:00+00:00",), True),
        ("date", Asked.AT_LEAST, ("2026-12-01",), False),
        ("lines[].name", Asked.IS, ("Cup",), True),
        ("lines[].name", Asked.IS_NOT, ("Cup",), False),
        ("site", Asked.KNOWN, (), False),
        ("comment", Asked.KNOWN, (), True),
        ("site", Asked.IS, ("s1",), False),
        ("site", Asked.IS_NOT, ("s1",), True),
        ("site", Asked.AT_MOST, ("5",), False),
    ],
)
def test_a_condition_holds_or_not(
    where: str, test: Asked, values: tuple[str, ...], holds: bool
) -> None:
    assert Condition(path(where), test, values).holds(order()) is holds


def test_a_record_that_is_not_taken_is_told_why() -> None:
    wanted = [Condition(path("status"), Asked.IN, ("new", "paid"))]
    assert refused_by(order(), wanted) == (
        "The link takes only what status in new, paid; here it is packed."
    )
    assert refused_by(order(), []) is None


def test_a_condition_is_checked_before_it_is_saved() -> None:
    assert Condition(path("status"), Asked.IS, ("a", "b")).faults(ORDERS) == ["is takes one value"]
    assert Condition(path("status"), Asked.IN).faults(ORDERS) == ["in takes at least one value"]
    assert Condition(path("status"), Asked.KNOWN, ("a",)).faults(ORDERS) == [
        "known is compared with nothing"
    ]
    [text] = Condition(path("stat"), Asked.KNOWN).faults(ORDERS)
    assert "no field 'stat'" in text
