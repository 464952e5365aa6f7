"""Deals and contacts behave as the documentation of ``crm.item.*`` says."""

from __future__ import annotations

from typing import Any

import pytest

from local.sandbox.portal import PortalConfig, PortalSandbox, UserField
from tests.support.sandbox import FakeClock, PortalInProcess

DEAL, CONTACT = 2, 3
PHONE = {"typeId": "PHONE", "valueType": "WORK", "value": "+79990000001"}
EMAIL = {"typeId": "EMAIL", "valueType": "HOME", "value": "anna@example.test"}


def _update(rest: PortalInProcess, type_: int, id_: int, **fields: Any) -> tuple[int, Any]:
    return rest("crm.item.update", {"entityTypeId": type_, "id": id_, "fields": fields})


def test_an_added_deal_comes_back_whole_with_number_ids_and_the_portals_zone(
    rest: PortalInProcess, clock: FakeClock
) -> None:
    # GIVEN
    clock.now = 1_795_490_000.0

    # WHEN
    deal = rest.add(
        DEAL,
        title="Order 1001",
        opportunity="12345.50",
        isManualOpportunity="Y",
        currencyId="RUB",
        contactIds=["4", 5],
        originatorId="shop",
        originId="1001",
        no_such_field="x",
    )

    # THEN
    assert deal["id"] == 1
    assert deal["opportunity"] == 12345.5
    assert deal["contactIds"] == [4, 5]
    assert deal["contactId"] == 4
    assert (deal["originatorId"], deal["originId"]) == ("shop", "1001")
    assert (deal["stageId"], deal["stageSemanticId"], deal["closed"]) == ("NEW", "P", "N")
    assert deal["createdTime"] == deal["updatedTime"] == "2026-11-24T06:13:20+03:00"
    assert deal["entityTypeId"] == DEAL
    assert "no_such_field" not in deal


def test_missing_names_are_filled_in(rest: PortalInProcess) -> None:
    assert rest.add(DEAL)["title"] == "Deal #1"
    assert rest.add(CONTACT)["lastName"] == "Contact #1"


def test_a_whole_amount_is_a_whole_number(rest: PortalInProcess) -> None:
    assert repr(rest.add(DEAL, opportunity=10000.0)["opportunity"]) == "10000"


def test_phones_and_emails_of_a_contact_are_added_and_never_replaced(
    rest: PortalInProcess,
) -> None:
    # GIVEN
    contact = rest.add(CONTACT, name="Анна", fm=[PHONE, EMAIL])

    # WHEN
    _, body = _update(rest, CONTACT, contact["id"], fm=[{**PHONE, "id": 1}])
    changed = body["result"]["item"]

    # THEN
    assert (contact["hasPhone"], contact["hasEmail"]) == ("Y", "Y")
    assert (contact["phone"], contact["phoneWork"]) == ("+79990000001", "+79990000001")
    assert (contact["email"], contact["emailHome"]) == ("anna@example.test", "anna@example.test")
    assert [(one["id"], one["typeId"]) for one in changed["fm"]] == [
        (1, "PHONE"),
        (2, "EMAIL"),
        (3, "PHONE"),
    ]


def test_an_update_moves_the_time_and_the_author(rest: PortalInProcess, clock: FakeClock) -> None:
    # GIVEN
    deal = rest.add(DEAL, title="a")
    clock.turn(60)

    # WHEN
    edited = rest.portal.edit(DEAL, deal["id"], {"stageId": "WON"})

    # THEN
    assert edited["updatedTime"] > deal["updatedTime"]
    assert (edited["updatedBy"], edited["createdBy"]) == (7, 1)
    assert (edited["stageSemanticId"], edited["closed"]) == ("S", "Y")
    assert (edited["previousStageId"], edited["movedBy"]) == ("NEW", 7)


def test_an_update_that_changes_nothing_saves_nothing(
    rest: PortalInProcess, clock: FakeClock
) -> None:
    # GIVEN
    deal = rest.add(DEAL, title="a", opportunity=5)
    clock.turn(60)

    # WHEN
    _, body = _update(rest, DEAL, deal["id"], title="a", opportunity="5.00")

    # THEN
    assert body["result"]["item"] == deal


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"stageId": "SHIPPED"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Stage"),
        ({"currencyId": "XXX"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Currency"),
        ({"categoryId": 9}, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Pipeline"),
        ({"opportunity": "much"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Amount"),
        ({"closedate": "tomorrow"}, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "End date"),
        ({"title": ["a"]}, "CRM_FIELD_ERROR_VALUE_NOT_VALID", "Name"),
        ({"contactIds": 4}, 100, "Expected iterable value for multiple field, but got integer"),
    ],
)
def test_a_value_that_the_portal_does_not_take_is_refused_and_nothing_is_added(
    rest: PortalInProcess, fields: dict[str, Any], code: str | int, text: str
) -> None:
    # WHEN
    status, body = rest("crm.item.add", {"entityTypeId": DEAL, "fields": fields})

    # THEN
    assert status == 400
    assert body["error"] == code
    assert text in body["error_description"]
    assert rest.portal.deals == []


def test_stages_of_another_funnel_carry_its_number(clock: FakeClock) -> None:
    # GIVEN
    funnels = {0: ("NEW", "WON", "LOSE"), 9: ("NEW", "WON", "LOSE")}
    rest = PortalInProcess(
        PortalSandbox(PortalConfig(rate_limit=None, clock=clock, funnels=funnels))
    )

    # WHEN
    deal = rest.add(DEAL, categoryId=9)
    _, body = _update(rest, DEAL, deal["id"], stageId="C9:LOSE")
    refused, _ = _update(rest, DEAL, deal["id"], stageId="NEW")

    # THEN
    assert deal["stageId"] == "C9:NEW"
    assert body["result"]["item"]["stageSemanticId"] == "F"
    assert refused == 400


def test_a_currency_can_be_enabled_while_the_portal_runs(rest: PortalInProcess) -> None:
    # GIVEN
    rest.portal.actions()["currencies"]({"add": ["XXX"], "remove": ["EUR"]})

    # WHEN
    deal = rest.add(DEAL, currencyId="XXX")

    # THEN
    assert deal["currencyId"] == "XXX"
    assert rest.portal.state()["currencies"] == ["RUB", "USD", "XXX"]


def test_dates_are_kept_in_the_portals_zone(rest: PortalInProcess) -> None:
    deal = rest.add(DEAL, begindate="2026-11-23T22:30:00Z", closedate="2026-11-30")

    assert deal["begindate"] == "2026-11-24T01:30:00+03:00"
    assert deal["closedate"] == "2026-11-30T00:00:00+03:00"


def test_booleans_are_letters(rest: PortalInProcess) -> None:
    values = [True, "true", "y", "Y", False, "False", 1, "N"]

    stored = [rest.add(DEAL, opened=value)["opened"] for value in values]

    assert stored == ["Y", "Y", "Y", "Y", "N", "N", "N", "N"]


def test_read_only_fields_are_ignored_but_an_id_in_an_update_is_an_error(
    rest: PortalInProcess,
) -> None:
    # GIVEN
    deal = rest.add(DEAL, id=77, createdBy=5, stageSemanticId="S")

    # WHEN
    status, body = _update(rest, DEAL, deal["id"], id=5)

    # THEN
    assert (deal["id"], deal["createdBy"], deal["stageSemanticId"]) == (1, 1, "P")
    assert status == 400
    assert "read-only" in body["error_description"]


def test_what_is_not_there_is_answered_as_documented(rest: PortalInProcess) -> None:
    calls: dict[str, dict[str, Any]] = {
        "crm.item.get": {"entityTypeId": 2, "id": 9},
        "crm.item.update": {"entityTypeId": 2, "id": 9, "fields": {"title": "x"}},
        "crm.item.delete": {"entityTypeId": 2, "id": 9},
        "crm.item.list": {"entityTypeId": 1268},
        "crm.item.add": {"entityTypeId": 2},
        "crm.item.fields": {},
        "crm.item.import": {},
    }
    refusals = {method: rest(method, params) for method, params in calls.items()}

    found = {
        method: (status, body["error"], body["error_description"])
        for method, (status, body) in refusals.items()
    }
    assert found == {
        "crm.item.get": (400, "NOT_FOUND", "Element not found"),
        "crm.item.update": (400, "NOT_FOUND", "Item not found"),
        "crm.item.delete": (400, "NOT_FOUND", "Item not found"),
        "crm.item.list": (400, "NOT_FOUND", "Smart process not found"),
        "crm.item.add": (400, 100, "Could not find value for parameter {fields}"),
        "crm.item.fields": (400, 100, "Could not find value for parameter {entityTypeId}"),
        "crm.item.import": (404, "ERROR_METHOD_NOT_FOUND", "Method not found!"),
    }


def test_a_deleted_item_is_gone_and_its_id_is_not_used_again(rest: PortalInProcess) -> None:
    # GIVEN
    rest.add(DEAL, originId="1")

    # WHEN
    result = rest.result("crm.item.delete", {"entityTypeId": DEAL, "id": 1})
    again = rest.add(DEAL, originId="1")

    # THEN
    assert result == []
    assert again["id"] == 2
    assert [deal["id"] for deal in rest.portal.deals] == [2]


def test_fields_describes_what_exists_and_user_fields_with_it(clock: FakeClock) -> None:
    # GIVEN
    rest = PortalInProcess(
        PortalSandbox(
            PortalConfig(
                rate_limit=None, clock=clock, user_fields=(UserField(DEAL, "ufCrm_1", "double"),)
            )
        )
    )

    # WHEN
    fields = rest.result("crm.item.fields", {"entityTypeId": DEAL})["fields"]
    deal = rest.add(DEAL, ufCrm_1="1.5")

    # THEN
    assert fields["id"] == {
        "type": "integer",
        "isRequired": False,
        "isReadOnly": True,
        "isImmutable": False,
        "isMultiple": False,
        "isDynamic": False,
        "title": "ID",
        "upperName": "ID",
    }
    assert fields["contactId"]["isDeprecated"] is True
    assert fields["contactIds"]["upperName"] == "CONTACT_IDS"
    assert fields["ufCrm_1"]["isDynamic"] is True
    assert "dateCreateShort" not in fields
    assert deal["ufCrm_1"] == 1.5


@pytest.mark.parametrize("suffix", ["", ".json", "/"])
def test_form_encoded_calls_and_calls_by_query_work_like_json(
    rest: PortalInProcess, suffix: str
) -> None:
    # GIVEN
    form = "fields[title]=A%26B&fields[contactIds][]=4&fields[contactIds][]=5"
    path = f"/rest/1/{rest.portal.config.secret}/crm.item.add{suffix}"

    # WHEN
    status, body = rest.raw(
        path, form.encode(), "application/x-www-form-urlencoded", "entityTypeId=2"
    )

    # THEN
    assert status == 200
    assert body["result"]["item"]["title"] == "A&B"
    assert body["result"]["item"]["contactIds"] == [4, 5]


def test_a_wrong_secret_and_a_missing_one_are_refused(rest: PortalInProcess) -> None:
    refused = [
        rest.raw("/rest/1/wrong/crm.item.list"),
        rest.raw(f"/rest/2/{rest.portal.config.secret}/crm.item.list"),
        rest.raw("/rest/crm.item.list"),
    ]

    assert [(status, body["error"]) for status, body in refused] == [
        (403, "INVALID_CREDENTIALS"),
        (403, "INVALID_CREDENTIALS"),
        (401, "NO_AUTH_FOUND"),
    ]


def test_every_answer_carries_the_time_block(rest: PortalInProcess, clock: FakeClock) -> None:
    # GIVEN
    clock.now = 1_795_490_000.25

    # WHEN
    _, body = rest("crm.item.fields", {"entityTypeId": DEAL})

    # THEN
    assert set(body["time"]) == {
        "start",
        "finish",
        "duration",
        "processing",
        "date_start",
        "date_finish",
        "operating_reset_at",
        "operating",
    }
    assert body["time"]["start"] == 1_795_490_000.25
    assert body["time"]["date_start"] == "2026-11-24T06:13:20+03:00"
    assert clock.now < body["time"]["operating_reset_at"] <= clock.now + 600


def test_a_restored_portal_goes_on_where_the_old_one_ended(rest: PortalInProcess) -> None:
    # GIVEN
    rest.add(CONTACT, name="Анна", fm=[PHONE])
    rest.add(DEAL, originId="1")
    rest.result("crm.item.delete", {"entityTypeId": DEAL, "id": 1})
    rest.add(DEAL, originId="2")
    fresh = PortalInProcess(PortalSandbox(rest.portal.config))

    # WHEN
    fresh.portal.restore(rest.portal.snapshot())

    # THEN
    assert fresh.portal.deals == rest.portal.deals
    assert fresh.portal.contacts == rest.portal.contacts
    assert fresh.add(DEAL)["id"] == 3
    assert fresh.add(CONTACT, fm=[PHONE])["fm"][0]["id"] == 2
