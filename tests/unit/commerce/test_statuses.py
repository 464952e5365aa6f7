"""A status map: several stages may stand for one status, and none goes back unless allowed."""

from __future__ import annotations

import pytest

from mostik.commerce.order import Direction, OrderStatus, StatusMap, StatusRule

RULES = (
    StatusRule(stage="NEW", status=OrderStatus.NEW),
    StatusRule(stage="CALL", status=OrderStatus.NEW, direction=Direction.IN),
    StatusRule(stage="PAID", status=OrderStatus.PAID),
    StatusRule(stage="AUTO", status=OrderStatus.SHIPPED, direction=Direction.OUT),
    StatusRule(stage="LOST", status=OrderStatus.CANCELLED, after=("NEW", "CALL")),
)
MAP = StatusMap(rules=RULES)


def test_a_stage_that_stands_for_the_status_already_is_kept() -> None:
    assert MAP.stage_for(OrderStatus.NEW, "CALL") == "CALL"
    assert MAP.stage_for(OrderStatus.NEW, "PAID") == "NEW"
    assert MAP.stage_for(OrderStatus.PACKED) is None


def test_a_rule_holds_its_way_only() -> None:
    assert MAP.status_of("CALL") is OrderStatus.NEW
    assert MAP.status_of("AUTO") is None
    assert MAP.stage_for(OrderStatus.SHIPPED) == "AUTO"


@pytest.mark.parametrize(
    ("present", "stage", "allowed"),
    [
        (None, "PAID", True),
        ("NEW", "PAID", True),
        ("PAID", "NEW", False),
        ("PAID", "PAID", True),
        ("NEW", "LOST", True),
        ("PAID", "LOST", False),
        ("unheard of", "NEW", True),
    ],
)
def test_a_status_goes_forward_or_where_its_rule_allows(
    present: str | None, stage: str, allowed: bool
) -> None:
    assert MAP.allows(present, stage) is allowed


def test_a_map_may_let_statuses_go_back() -> None:
    assert StatusMap(rules=RULES, back=True).allows("PAID", "NEW")
