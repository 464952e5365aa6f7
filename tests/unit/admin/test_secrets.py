"""Secrets: two versions with grace, never shown; canaries nowhere in what the API says or keeps."""

from __future__ import annotations

import json

import pytest

from mostik.admin.routing import PREFIX
from mostik.inbound.door import parse_door
from tests.support.adminrig import AdminRig, Browser
from tests.support.rig import HERE, THERE

PATH = f"{PREFIX}/connections/{HERE}"
CANARIES = {
    "client": "canary-CLIENT-7f3a91",
    "before": "canary-BEFORE-55e0c2",
    "door": "canary-DOOR-b81d44",
    "again": "canary-AGAIN-09aa17",
}


@pytest.fixture
def rig() -> AdminRig:
    return AdminRig()


@pytest.fixture
def anna(rig: AdminRig) -> Browser:
    return rig.browser("anna")


def set_secret(anna: Browser, value: str, grace: int = 0) -> int:
    body = {"value": value, "grace_seconds": grace}
    return anna.call("PUT", f"{PATH}/secrets/api_key", body).status


def test_a_secret_is_exchanged_and_the_one_before_works_until_the_grace_ends(
    rig: AdminRig, anna: Browser
) -> None:
    # WHEN
    assert set_secret(anna, "new-key-1", grace=3_600) == 200
    # THEN both are there for the worker, and none for anybody else
    document = json.loads(rig.secrets.documents[f"client/{HERE}"])
    assert document["api_key"] == "new-key-1"
    assert document["$previous"]["fields"] == {"api_key": f"key-of-{HERE}-0000"}
    [state] = anna.call("GET", f"{PATH}/secrets").json["secrets"]
    assert (state["name"], state["is_set"], state["set_by"]) == (
        "api_key",
        True,
        "anna@shop.example",
    )
    assert state["previous_until"] == "2025-10-09T09:53:20.000+00:00"
    # AND after it only the new one
    rig.clock.advance(3_601)
    [state] = anna.call("GET", f"{PATH}/secrets").json["secrets"]
    assert state["previous_until"] is None


def test_the_same_value_again_changes_nothing(rig: AdminRig, anna: Browser) -> None:
    set_secret(anna, "new-key-1", grace=60)
    document = rig.secrets.documents[f"client/{HERE}"]
    set_secret(anna, "new-key-1", grace=60)
    assert rig.secrets.documents[f"client/{HERE}"] == document


def test_a_mistake_is_taken_back_while_the_one_before_works(rig: AdminRig, anna: Browser) -> None:
    # GIVEN
    set_secret(anna, "typo", grace=60)
    # WHEN
    assert anna.call("POST", f"{PATH}/secrets/back", {}).status == 200
    # THEN
    document = json.loads(rig.secrets.documents[f"client/{HERE}"])
    assert document == {"api_key": f"key-of-{HERE}-0000"}
    assert anna.call("POST", f"{PATH}/secrets/back", {}).status == 409


def test_a_secret_that_the_settings_do_not_have_is_refused(anna: Browser) -> None:
    refused = anna.call("PUT", f"{PATH}/secrets/other", {"value": "x"})
    assert refused.json["errors"][0]["field"] == "secrets.other"


def test_a_door_takes_a_new_secret_and_the_one_before_until_the_grace_ends(
    rig: AdminRig, anna: Browser
) -> None:
    # WHEN
    body = {"id": "2", "value": "another-door-secret", "grace_seconds": 60}
    shown = anna.call("POST", f"{PATH}/door/secrets", body)
    # THEN
    assert shown.status == 200, shown.text
    door = parse_door(rig.secrets.documents[f"door/{HERE}"])
    now = int(rig.clock())
    assert [(one.id, one.not_after) for one in door.secrets] == [("2", None), ("1", now + 60)]
    assert [one["name"] for one in shown.json["secrets"]] == ["2", "1"]
    # AND the same again changes nothing, another value under its name is refused
    assert anna.call("POST", f"{PATH}/door/secrets", body).status == 200
    assert anna.call("POST", f"{PATH}/door/secrets", {**body, "value": "x"}).status == 409
    assert parse_door(rig.secrets.documents[f"door/{HERE}"]) == door


def test_a_leaked_door_secret_is_refused_at_once(rig: AdminRig, anna: Browser) -> None:
    assert anna.call("DELETE", f"{PATH}/door/secrets/1").status == 200
    assert parse_door(rig.secrets.documents[f"door/{HERE}"]).secrets == ()
    assert anna.call("DELETE", f"{PATH}/door/secrets/1").status == 404


def test_a_first_door_is_made_of_the_settings(rig: AdminRig, anna: Browser) -> None:
    # GIVEN a connection to which nothing comes in yet
    path = f"{PREFIX}/connections/{THERE}"
    assert anna.call("GET", f"{path}/door").json["exists"] is False
    # WHEN
    shown = anna.call("POST", f"{path}/door/secrets", {"id": "1", "value": "first-door-secret"})
    # THEN
    assert (shown.status, shown.json["scheme"]) == (200, "hmac")
    assert shown.json["address"] == f"/webhooks/{THERE}"
    [secret] = parse_door(rig.secrets.documents[f"door/{THERE}"]).secrets
    assert secret.value == "first-door-secret"


def test_no_secret_is_in_any_answer_row_or_line(rig: AdminRig, anna: Browser) -> None:
    # GIVEN canaries in every place that takes a secret
    set_secret(anna, CANARIES["before"])
    set_secret(anna, CANARIES["client"], grace=3_600)
    door = {"id": "2", "value": CANARIES["door"]}
    anna.call("POST", f"{PATH}/door/secrets", door)
    fresh = {
        "integration": "shelf",
        "settings": {"name": "fresh"},
        "secrets": {"api_key": CANARIES["again"]},
    }
    anna.call("PUT", f"{PREFIX}/connections/fresh", fresh)
    # WHEN everything that can be read is read
    said = [
        anna.call(rule.method, PREFIX + rule.path.replace("<connection>", HERE))
        for rule in rig.api.rules
        if rule.method == "GET" and "<" not in rule.path.replace("<connection>", "")
    ]
    said.append(anna.call("POST", f"{PATH}/check", {}))
    said.append(anna.call("PUT", f"{PREFIX}/connections/fresh", {**fresh, "settings": {"name": 5}}))
    said.append(anna.call("PUT", f"{PREFIX}/connections/fresh", {**fresh, "secrets": 5}))
    said.append(anna.call("PUT", f"{PATH}/secrets/api_key", {"value": 5}))
    said.append(anna.call("PUT", f"{PATH}/secrets/other", {"value": CANARIES["door"]}))
    # THEN none is in it, nor in a row, nor in a line of the log
    kept = json.dumps([*rig.rig.table.rows(), *rig.rig.log_table.rows()], default=repr)
    everything = "\n".join([*(reply.text for reply in said), kept, *rig.lines])
    assert len(said) > 20
    for canary in [*CANARIES.values(), anna.session]:
        assert canary not in everything
