"""Scripted faults hit what they name, as often as they say."""

from __future__ import annotations

import pytest

from local.sandbox.faults import Fault, FaultKind, FaultScript


def _kinds(script: FaultScript, *calls: str) -> list[FaultKind | None]:
    taken = [script.take(call) for call in calls]
    return [fault.kind if fault else None for fault in taken]


def test_a_fault_is_used_up_and_the_next_one_follows() -> None:
    # GIVEN
    script = FaultScript()
    script.add(Fault("crm.item.add", FaultKind.STATUS, times=2), Fault("*", FaultKind.JUNK))

    # WHEN
    kinds = _kinds(script, "crm.item.add", "crm.item.add", "crm.item.get", "crm.item.add")

    # THEN
    assert kinds == [FaultKind.STATUS, FaultKind.STATUS, FaultKind.JUNK, None]


def test_a_fault_without_a_number_stays_until_it_is_cleared() -> None:
    # GIVEN
    script = FaultScript()
    script.add(Fault("/api/v1/orders*", FaultKind.DOWN, times=None))

    # WHEN
    before = _kinds(script, "/api/v1/orders", "/api/v1/orders/1", "/api/v1/customers")
    script.clear()

    # THEN
    assert before == [FaultKind.DOWN, FaultKind.DOWN, None]
    assert _kinds(script, "/api/v1/orders") == [None]


def test_a_fault_can_let_calls_pass_first_and_mind_the_verb() -> None:
    # GIVEN
    script = FaultScript()
    script.add(Fault("/x", FaultKind.JUNK, verb="PUT", after=1))

    # WHEN
    taken = [script.take("/x", verb) for verb in ("GET", "PUT", "GET", "PUT", "PUT")]

    # THEN
    assert [fault is not None for fault in taken] == [False, False, False, True, False]


def test_a_fault_is_read_from_json_with_its_defaults() -> None:
    # WHEN
    limit = Fault.parse(
        {"method": "crm.item.add", "kind": "status", "times": 3, "error": "QUERY_LIMIT_EXCEEDED"},
        target="method",
        verb=None,
    )
    down = Fault.parse(
        {"path": "/api/*", "method": "get", "kind": "down"}, target="path", verb="method"
    )

    # THEN
    assert (limit.target, limit.status, limit.times) == ("crm.item.add", 503, 3)
    assert (down.verb, down.times) == ("GET", None)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"kind": "explode"}, "it must be one of"),
        ({"kind": "down", "sometimes": 1}, "unknown keys"),
        ({}, "it must be one of"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_what_would(
    data: dict[str, object], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        Fault.parse(data, target="method", verb=None)
