"""``crm.item.list``: pages, filters, order, and what it costs."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.support.sandbox import FakeClock, PortalInProcess

DEAL, CONTACT = 2, 3


def _ids(rest: PortalInProcess, entity: int = DEAL, **params: Any) -> list[int]:
    items = rest.result("crm.item.list", {"entityTypeId": entity, **params})["items"]
    return [item["id"] for item in items]


def _deals(rest: PortalInProcess, count: int) -> None:
    rest.portal.seed(DEAL, [{"title": f"Deal {n}", "opportunity": n} for n in range(1, count + 1)])


def test_pages_have_fifty_rows_a_total_and_the_start_of_the_next(rest: PortalInProcess) -> None:
    # GIVEN
    _deals(rest, 120)

    # WHEN
    pages = [
        rest("crm.item.list", {"entityTypeId": DEAL, "start": start})[1] for start in (0, 50, 100)
    ]

    # THEN
    assert [len(page["result"]["items"]) for page in pages] == [50, 50, 20]
    assert [page["total"] for page in pages] == [120, 120, 120]
    assert [page.get("next") for page in pages] == [50, 100, None]


def test_pages_of_a_filtered_list_are_those_of_its_matches(rest: PortalInProcess) -> None:
    # GIVEN
    _deals(rest, 120)

    # WHEN
    _, page = rest(
        "crm.item.list", {"entityTypeId": DEAL, "filter": {">opportunity": 60}, "start": 50}
    )

    # THEN
    assert [item["id"] for item in page["result"]["items"]] == list(range(111, 121))
    assert (page["total"], page.get("next")) == (60, None)


def test_without_counting_there_is_neither_total_nor_next(rest: PortalInProcess) -> None:
    # GIVEN
    _deals(rest, 120)

    # WHEN
    _, page = rest(
        "crm.item.list",
        {"entityTypeId": DEAL, "order": {"id": "ASC"}, "filter": {">id": 60}, "start": -1},
    )

    # THEN
    assert [item["id"] for item in page["result"]["items"]] == list(range(61, 111))
    assert set(page) == {"result", "time"}


def test_keyset_pages_reach_every_row_once_also_when_rows_vanish_between(
    rest: PortalInProcess,
) -> None:
    # GIVEN
    _deals(rest, 130)
    last, seen = 0, []

    # WHEN
    while page := _ids(rest, filter={">id": last}, order={"id": "ASC"}, start=-1):
        seen += page
        last = page[-1]
        rest.result("crm.item.delete", {"entityTypeId": DEAL, "id": page[0]})

    # THEN
    assert seen == list(range(1, 131))


def test_a_keyset_page_costs_the_same_however_many_rows_there_are(rest: PortalInProcess) -> None:
    # GIVEN
    _deals(rest, 5000)
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    # WHEN
    sys.setprofile(count)
    try:
        _ids(rest, filter={">id": 4000}, order={"id": "ASC"}, start=-1, select=["id"])
    finally:
        sys.setprofile(None)

    # THEN
    assert calls < 1500, "fifty rows, not five thousand"


@pytest.fixture
def shop_deals(rest: PortalInProcess, clock: FakeClock) -> PortalInProcess:
    rest.add(DEAL, title="Стол", opportunity=100, originatorId="shop", originId="1", contactIds=[7])
    clock.turn(60)
    rest.add(DEAL, title="Стул", opportunity=200, originatorId="shop", originId="2", stageId="WON")
    clock.turn(60)
    rest.add(DEAL, title="Lamp 50%", opportunity=300, originatorId="1c", originId="2")
    clock.turn(60)
    rest.add(DEAL, title="lamp", opportunity=400.5)
    return rest


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"originId": "2"}, [2, 3]),
        ({"=originatorId": "shop", "=originId": "2"}, [2]),
        ({"originId": ["1", "2"]}, [1, 2, 3]),
        ({"@originId": ["1", "9"]}, [1]),
        ({"!@originId": ["1", "2"]}, [4]),
        ({"originId": ""}, [4]),
        ({"!originId": ""}, [1, 2, 3]),
        ({"originId": "absent"}, []),
        ({"id": 3}, [3]),
        ({"id": "3", "originId": "1"}, []),
        ({"@id": [4, 2, 99]}, [2, 4]),
        ({">id": 1, "<=id": "3"}, [2, 3]),
        ({">=id": 2, "<id": 3}, [2]),
        ({">id": 3, "<id": 2}, []),
        ({">id": ""}, [1, 2, 3, 4]),
        ({"@id": [1, 2, 3], ">id": 1}, [2, 3]),
        ({"!id": 2}, [1, 3, 4]),
        ({"!=id": [2, 3]}, [1, 4]),
        ({">opportunity": "200"}, [3, 4]),
        ({">=opportunity": 200, "<opportunity": 400.5}, [2, 3]),
        ({"opportunity": "400.50"}, [4]),
        ({"%title": "LAMP"}, [3, 4]),
        ({"!%title": "lamp"}, [1, 2]),
        ({"=%title": "Ст%"}, [1, 2]),
        ({"%=title": "%ул"}, [2]),
        ({"!=%title": "Ст%"}, [3, 4]),
        ({"stageId": "WON"}, [2]),
        ({"@stageId": ["WON", "LOSE"]}, [2]),
        ({"closed": "Y"}, [2]),
        ({"contactIds": 7}, [1]),
        ({"0": {"logic": "OR", "0": {"originId": "1"}, "1": {">opportunity": 300}}}, [1, 4]),
        ({"logic": "OR", "id": 1, "title": "lamp"}, [1, 4]),
    ],
)
def test_filters_choose_what_the_documentation_says(
    shop_deals: PortalInProcess, conditions: dict[str, Any], expected: list[int]
) -> None:
    counted = shop_deals("crm.item.list", {"entityTypeId": DEAL, "filter": conditions})[1]
    uncounted = _ids(shop_deals, filter=conditions, start=-1)

    assert [item["id"] for item in counted["result"]["items"]] == expected
    assert counted["total"] == len(expected)
    assert uncounted == expected


def test_times_compare_as_times_whatever_their_zone(shop_deals: PortalInProcess) -> None:
    # GIVEN
    second = shop_deals.portal.deals[1]["updatedTime"]

    # WHEN
    local = _ids(shop_deals, filter={">=updatedTime": second})
    utc = _ids(shop_deals, filter={">=updatedTime": f"{second[:11]}{_in_utc(second)}Z"})

    # THEN
    assert local == utc == [2, 3, 4]


def _in_utc(text: str) -> str:
    hours, rest = text[11:13], text[13:19]
    return f"{int(hours) - 3:02}{rest}"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"id": "DESC"}, [4, 3, 2, 1]),
        ({"opportunity": "desc"}, [4, 3, 2, 1]),
        ({"originId": "ASC", "id": "DESC"}, [4, 1, 3, 2]),
        ({"originId": "DESC", "opportunity": "ASC"}, [2, 3, 1, 4]),
    ],
)
def test_order_sorts_and_puts_absent_values_first(
    shop_deals: PortalInProcess, order: dict[str, str], expected: list[int]
) -> None:
    assert _ids(shop_deals, order=order) == expected


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        (
            {"filter": {"ID": 1}},
            "INVALID_ARG_VALUE",
            "Invalid filter: field 'ID' is not allowed in filter",
        ),
        (
            {"filter": {">ORIGIN_ID": 1}},
            "INVALID_ARG_VALUE",
            "Invalid filter: field 'ORIGIN_ID' is not allowed in filter",
        ),
        (
            {"filter": {"0": {"nope": 1}}},
            "INVALID_ARG_VALUE",
            "Invalid filter: field 'nope' is not allowed in filter",
        ),
        (
            {"filter": {">id": "x"}},
            "INVALID_ARG_VALUE",
            "Invalid filter: field 'id' has invalid value",
        ),
        (
            {"filter": {">opportunity": [1]}},
            "INVALID_ARG_VALUE",
            "Invalid filter: field 'opportunity' has invalid value",
        ),
        (
            {"order": {"ID": "ASC"}},
            "INVALID_ARG_VALUE",
            "Invalid order: field 'ID' is not allowed in order",
        ),
        (
            {"order": {"id": "UP"}},
            "INVALID_ARG_VALUE",
            "Invalid order: allowed sort directions are `ASC, DESC`. But got 'UP' for field 'id'",
        ),
    ],
)
def test_what_may_not_be_asked_is_refused_in_the_documented_words(
    rest: PortalInProcess, params: dict[str, Any], code: str, text: str
) -> None:
    status, body = rest("crm.item.list", {"entityTypeId": DEAL, **params})

    assert status == 400
    assert body == {"error": code, "error_description": text}


def test_the_multifield_cannot_be_filtered(rest: PortalInProcess) -> None:
    status, body = rest("crm.item.list", {"entityTypeId": CONTACT, "filter": {"fm": "x"}})

    assert (status, body["error"]) == (400, 100)


def test_select_gives_only_known_fields_and_the_multifield_only_with_all(
    rest: PortalInProcess,
) -> None:
    # GIVEN
    rest.add(CONTACT, name="Анна", fm=[{"value": "1"}])

    # WHEN
    some = rest.result(
        "crm.item.list", {"entityTypeId": CONTACT, "select": ["id", "name", "fm", "NAME"]}
    )
    whole = rest.result("crm.item.list", {"entityTypeId": CONTACT, "select": ["*"]})

    # THEN
    assert some["items"] == [{"id": 1, "name": "Анна"}]
    assert whole["items"][0]["fm"][0]["value"] == "1"
    assert whole["items"][0]["entityTypeId"] == CONTACT


def test_a_changed_external_key_is_found_under_its_new_value_only(rest: PortalInProcess) -> None:
    # GIVEN
    deal = rest.add(DEAL, originId="old")

    # WHEN
    rest.portal.edit(DEAL, deal["id"], {"originId": "new"})

    # THEN
    assert _ids(rest, filter={"originId": "old"}) == []
    assert _ids(rest, filter={"originId": "new"}) == [deal["id"]]
