from __future__ import annotations

import pytest

from mostik.inbound.door import Door, passes
from mostik.inbound.filters import Filter
from tests.unit.inbound.samples import a_request

FORM = "event=ONCRMDEALADD&data%5BFIELDS%5D%5BID%5D=5"


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        (Filter("json:type", any_of=("order.created", "order.updated")), True),
        (Filter("json:type", any_of=("order.*",)), True),
        (Filter("json:type", any_of=("order",)), False),
        (Filter("json:type", any_of=("customer.*",)), False),
        (Filter("json:type", none_of=("order.updated",)), False),
        (Filter("json:type", none_of=("customer.*",)), True),
        (Filter("json:data.items.1.sku", any_of=("B",)), True),
        (Filter("json:data.items.7.sku", any_of=("B",)), False),
        (Filter("json:data.paid", any_of=("true",)), True),
        (Filter("json:data.total", any_of=("10.50",)), True),
        (Filter("json:absent", any_of=("*",)), False),
        (Filter("json:absent", none_of=("*",)), True),
        (Filter("header:X-Kind", any_of=("push",)), True),
        (Filter("header:X-Kind", any_of=("pull",)), False),
        (Filter("query:topic", any_of=("orders",)), True),
    ],
)
def test_a_rule_admits_what_it_names(rule: Filter, passed: bool) -> None:
    # GIVEN a JSON event and one rule
    request = a_request(
        '{"type":"order.updated","data":{"paid":true,"total":10.50,'
        '"items":[{"sku":"A"},{"sku":"B"}]}}',
        {"X-Kind": "push"},
        query="topic=orders",
    )
    # WHEN it is filtered
    verdict = passes(Door("hmac", filters=(rule,)), request)
    # THEN the verdict is the rule's, and a drop names the place
    assert verdict.passed is passed
    assert verdict.rule == (None if passed else rule.at)


def test_a_form_event_is_filtered_by_its_field() -> None:
    # GIVEN a rule over a form field
    door = Door("bitrix24", filters=(Filter("form:event", any_of=("ONCRMDEAL*",)),))
    # WHEN an event of a deal and one of a contact come
    verdicts = [passes(door, a_request(body)).passed for body in (FORM, FORM.replace("DEAL", "X"))]
    # THEN only the first passes
    assert verdicts == [True, False]


def test_every_rule_must_hold_and_the_first_that_does_not_is_named() -> None:
    # GIVEN two rules of which the second does not hold
    rules = (Filter("form:event", any_of=("ON*",)), Filter("form:source", any_of=("shop",)))
    # WHEN an event comes
    verdict = passes(Door("bitrix24", filters=rules), a_request(FORM))
    # THEN the second is what is counted
    assert (verdict.passed, verdict.rule) == (False, "form:source")


def test_a_body_that_cannot_be_read_equals_nothing() -> None:
    # GIVEN a rule over JSON and a body that is none
    door = Door("hmac", filters=(Filter("json:type", any_of=("*",)),))
    # WHEN it comes
    verdict = passes(door, a_request(b"\xff\xfe"))
    # THEN it is dropped, not refused: it was proved
    assert not verdict.passed
