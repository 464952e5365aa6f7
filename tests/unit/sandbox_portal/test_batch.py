"""``batch``: chains, errors of single commands, and the shapes that PHP gives the answer."""

from __future__ import annotations

from local.sandbox.faults import Fault, FaultKind
from tests.support.sandbox import PortalInProcess, command

DEAL, CONTACT = 2, 3
ADD_CONTACT = command("crm.item.add", ("entityTypeId", "3"), ("fields[name]", "Анна & Ко"))


def test_a_later_command_uses_what_an_earlier_one_returned(rest: PortalInProcess) -> None:
    # GIVEN
    add_deal = command(
        "crm.item.add",
        ("entityTypeId", "2"),
        ("fields[title]", "for $result[contact][item][name], no. $result[contact][item][id]"),
        ("fields[contactIds][0]", "$result[contact][item][id]"),
    )

    # WHEN
    answer = rest.batch({"contact": ADD_CONTACT, "deal": add_deal})

    # THEN
    assert rest.portal.deals[0]["title"] == "for Анна & Ко, no. 1"
    assert rest.portal.deals[0]["contactIds"] == [1]
    assert answer["result"]["deal"]["item"]["id"] == 1


def test_a_whole_list_can_be_handed_on(rest: PortalInProcess) -> None:
    # GIVEN
    rest.add(DEAL, contactIds=[4, 5])
    copy = command(
        "crm.item.add",
        ("entityTypeId", "2"),
        ("fields[contactIds]", "$result[a][item][contactIds]"),
    )

    # WHEN
    rest.batch({"a": "crm.item.get?entityTypeId=2&id=1", "b": copy})

    # THEN
    assert rest.portal.deals[1]["contactIds"] == [4, 5]


def test_keyset_pages_can_be_chained_in_one_batch(rest: PortalInProcess) -> None:
    # GIVEN
    rest.portal.seed(DEAL, [{} for _ in range(130)])

    # WHEN
    pages = rest.batch(
        {
            f"c{page}": command(
                "crm.item.list",
                ("entityTypeId", "2"),
                ("start", "-1"),
                ("order[id]", "ASC"),
                ("filter[>id]", f"$result[c{page - 1}][items][49][id]" if page else "0"),
                ("select[0]", "id"),
            )
            for page in range(3)
        }
    )["result"]

    # THEN
    ids = [item["id"] for page in pages.values() for item in page["items"]]
    assert ids == list(range(1, 131))


def test_errors_stand_beside_results_and_the_rest_goes_on(rest: PortalInProcess) -> None:
    # WHEN
    answer = rest.batch(
        {
            "bad": "crm.item.get?entityTypeId=2&id=9",
            "nope": "crm.no.such",
            "nested": "batch",
            "good": ADD_CONTACT,
        }
    )

    # THEN
    assert {key: error["error"] for key, error in answer["result_error"].items()} == {
        "bad": "NOT_FOUND",
        "nope": "ERROR_METHOD_NOT_FOUND",
        "nested": "ERROR_BATCH_METHOD_NOT_ALLOWED",
    }
    assert set(answer["result"]) == set(answer["result_time"]) == {"good"}


def test_halt_ends_at_the_first_error(rest: PortalInProcess) -> None:
    answer = rest.batch({"bad": "crm.item.get?entityTypeId=2&id=9", "good": ADD_CONTACT}, halt=1)

    assert set(answer["result_error"]) == {"bad"}
    assert answer["result"] == []
    assert rest.portal.contacts == []


def test_empty_maps_are_lists_and_so_are_maps_with_number_keys(rest: PortalInProcess) -> None:
    # WHEN
    named = rest.batch({"c0": ADD_CONTACT})
    numbered = rest.result("batch", {"cmd": {"0": ADD_CONTACT, "1": ADD_CONTACT}})
    listed = rest.result("batch", {"cmd": [ADD_CONTACT, "crm.no.such", ADD_CONTACT]})

    # THEN
    assert named["result_error"] == named["result_total"] == named["result_next"] == []
    assert isinstance(named["result"], dict)
    assert [one["item"]["id"] for one in numbered["result"]] == [2, 3]
    assert set(listed["result"]) == {"0", "2"}
    assert set(listed["result_error"]) == {"1"}


def test_totals_and_next_pages_are_given_per_command(rest: PortalInProcess) -> None:
    # GIVEN
    rest.portal.seed(DEAL, [{} for _ in range(60)])

    # WHEN
    answer = rest.batch({"a": "crm.item.list?entityTypeId=2", "b": "crm.item.list?entityTypeId=3"})

    # THEN
    assert answer["result_total"] == {"a": 60, "b": 0}
    assert answer["result_next"] == {"a": 50}


def test_every_command_beyond_the_fiftieth_is_refused(rest: PortalInProcess) -> None:
    # WHEN
    answer = rest.batch({f"c{n}": ADD_CONTACT for n in range(52)})

    # THEN
    assert len(rest.portal.contacts) == 50
    assert {key: error["error"] for key, error in answer["result_error"].items()} == {
        "c50": "ERROR_BATCH_LENGTH_EXCEEDED",
        "c51": "ERROR_BATCH_LENGTH_EXCEEDED",
    }


def test_a_reference_that_leads_nowhere_is_empty(rest: PortalInProcess) -> None:
    # WHEN
    add = command(
        "crm.item.add", ("entityTypeId", "2"), ("fields[originId]", "$result[bad][item][id]")
    )
    rest.batch({"bad": "crm.item.get?entityTypeId=2&id=9", "add": add})

    # THEN
    assert rest.portal.deals[0]["originId"] == ""


def test_a_scripted_error_can_hit_single_commands(rest: PortalInProcess) -> None:
    # GIVEN
    rest.portal.faults.add(
        Fault("crm.item.add", FaultKind.STATUS, after=1, error="OPERATION_TIME_LIMIT", status=429)
    )

    # WHEN
    answer = rest.batch(dict.fromkeys("abc", ADD_CONTACT))

    # THEN
    assert answer["result_error"]["b"]["error"] == "OPERATION_TIME_LIMIT"
    assert set(answer["result"]) == {"a", "c"}


def test_a_form_encoded_batch_is_decoded_twice(rest: PortalInProcess) -> None:
    # GIVEN
    inner = command("crm.item.add", ("entityTypeId", "3"), ("fields[name]", "A&B"))
    form = command("", ("halt", "0"), ("cmd[x]", inner)).removeprefix("?")

    # WHEN
    path = f"/rest/1/{rest.portal.config.secret}/batch"
    rest.raw(path, form.encode(), "application/x-www-form-urlencoded")

    # THEN
    assert rest.portal.contacts[0]["name"] == "A&B"
    assert rest.portal.calls == {"batch": 1, "crm.item.add": 1}
