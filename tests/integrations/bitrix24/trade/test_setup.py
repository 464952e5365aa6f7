"""What is found out at set-up: user fields, external keys that can be looked up, goods."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.bitrix24.crm.probe import probe
from local.sandbox.portal import PortalConfig, PortalSandbox, UserField
from mostik.commerce.order import OrderProperty
from mostik.commerce.record import Ref
from mostik.errors import ConfigurationError, GiveUp, Pending
from mostik.integration import Write
from tests.integrations.bitrix24.catalog.world import a_good
from tests.integrations.bitrix24.trade.orders import (
    SALE,
    SHOP,
    Job,
    a_job,
    a_line,
    an_order,
    carry,
    just_create,
)

FIELDS = (
    UserField(
        2, "ufCrmColor", "enumeration", label="Цвет", enum=(("red", "Красный"), ("b", "Синий"))
    ),
    UserField(2, "ufCrmTags", "enumeration", multiple=True, enum=(("x", "X"), ("y", "Y"))),
    UserField(2, "ufCrm_1721244707107", "string"),
)
CODES = ["UF_CRM_COLOR", "UF_CRM_TAGS", "UF_CRM_1721244707107"]


def _job(*codes: str) -> Job:
    there = PortalSandbox(PortalConfig(rate_limit=None, user_fields=FIELDS))
    return Job(there, {"user_fields": list(codes)})


def _said(*values: tuple[str, Any]) -> tuple[OrderProperty, ...]:
    return tuple(
        OrderProperty(code=code, values=value)
        if isinstance(value, tuple)
        else OrderProperty(code=code, value=value)
        for code, value in values
    )


def test_values_of_lists_are_carried_by_their_external_ids() -> None:
    # GIVEN
    job = _job(*CODES)
    properties = _said(
        ("UF_CRM_COLOR", "red"), ("UF_CRM_TAGS", ("x", "y")), ("UF_CRM_1721244707107", "текст")
    )
    # WHEN
    made = carry(job, "orders", an_order(properties=properties))
    # THEN the portal holds ids of its own, and we read what we have written
    (deal,) = job.there.deals
    assert deal["ufCrmColor"] not in ("red", None)
    assert deal["ufCrm_1721244707107"] == "текст"
    assert {one.code: one.values if one.values is not None else one.value
            for one in made.properties} == {
        "UF_CRM_COLOR": "red", "UF_CRM_TAGS": ("x", "y"), "UF_CRM_1721244707107": "текст",
    }  # fmt: skip


def test_a_value_that_a_list_lacks_is_named() -> None:
    job = _job(*CODES)
    with pytest.raises(GiveUp, match=r"UF_CRM_COLOR.*'green'"):
        carry(job, "orders", an_order(properties=_said(("UF_CRM_COLOR", "green"))))
    assert job.there.deals == []


def test_a_user_field_that_the_portal_lacks_is_a_matter_of_the_settings() -> None:
    job = _job("UF_CRM_NOBODY")
    with pytest.raises(ConfigurationError, match="UF_CRM_NOBODY"):
        carry(job, "orders", an_order())


def test_user_fields_that_nobody_has_named_cost_nothing() -> None:
    job = _job()
    made = carry(job, "orders", an_order(properties=_said(("UF_CRM_COLOR", "red"))))
    assert made.properties is None
    assert "crm.deal.userfield.list" not in job.there.calls


@pytest.mark.parametrize("settings", [{}, SALE])
def test_external_keys_that_can_be_looked_up_are_found_so(settings: dict[str, Any]) -> None:
    job = a_job(settings=settings)
    found = list(probe(job.client.crm, job.set))
    assert [check.ok for check in found] == [True] * (4 if settings else 3)
    assert job.sent == ["batch"]


def test_a_portal_that_does_not_filter_by_external_keys_is_found_out() -> None:
    # GIVEN an order of the store, and a portal that passes over conditions on its key
    job = a_job(settings=SALE)
    carry(job, "orders", an_order())
    del job.there.trade.store.orders.fields["xmlId"]
    # THEN
    failed = [check.name for check in probe(job.client.crm, job.set) if not check.ok]
    assert failed == ["External keys of orders can be looked up"]


def _with_goods(*keys: str) -> Any:
    lines = tuple(a_line(key, key, "1", "10", variant=Ref(key=key)) for key in keys)
    return an_order(lines=lines)


def test_a_good_that_no_link_knows_is_a_line_by_its_name() -> None:
    job = a_job()
    carry(job, "orders", _with_goods("cup"))
    assert [row["productId"] for row in job.there.trade.rows.table.rows.values()] == [0, 0]


def test_a_good_that_a_link_knows_is_taken_by_its_id() -> None:
    job = a_job()
    line = a_line("l1", "Чашка", "1", "10", variant=Ref(key="cup", external_ids={"portal": "77"}))
    made = carry(job, "orders", an_order(lines=(line,)))
    assert made.lines[0].variant == Ref(key="77")


@pytest.mark.parametrize(("settings", "name"), [({}, "orders"), (SALE, "orders")])
def test_an_order_waits_for_its_goods_where_it_shall(settings: dict[str, Any], name: str) -> None:
    # GIVEN a good of the catalogue, and one that is not there yet
    job = a_job(settings={**settings, "unknown_goods": "wait"})
    cup = a_good(job, "cup")
    # WHEN
    made = carry(job, name, _with_goods("cup"))
    # THEN
    assert made.lines[0].variant == Ref(key=str(cup))
    with pytest.raises(Pending, match="spoon"):
        carry(job, name, an_order("1002", lines=_with_goods("spoon").lines))
    # and in bulk the others go on
    writes = [
        Write(an_order("1003", lines=_with_goods("spoon").lines)),
        Write(an_order("1004", lines=_with_goods("cup").lines)),
    ]
    waits, goes = job.resource(name).write_many(writes, SHOP, just_create)
    assert isinstance(waits, Pending)
    assert goes.lines[0].variant == Ref(key=str(cup))
