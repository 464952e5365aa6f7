"""Connections through the API: field errors, versions, who changed what, modes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mostik.admin.routing import PREFIX
from mostik.connections.connection import Mode
from mostik.inbound.door import parse_door
from tests.support.adminrig import AdminRig, Browser, by_password
from tests.support.rig import HERE

PATH = f"{PREFIX}/connections/{HERE}"
NEW = {"integration": "shelf", "settings": {"name": "new"}, "secrets": {"api_key": "key-of-new"}}


@pytest.fixture
def rig() -> AdminRig:
    return AdminRig()


@pytest.fixture
def anna(rig: AdminRig) -> Browser:
    return rig.browser("anna")


def wanted(version: int, **changes: Any) -> dict[str, Any]:
    return {"integration": "shelf", "settings": {"name": HERE}, "version": version, **changes}


def test_a_new_connection_is_saved_with_its_secret_and_never_shows_it(
    rig: AdminRig, anna: Browser
) -> None:
    # WHEN
    saved = anna.call("PUT", f"{PREFIX}/connections/fresh", NEW)
    # THEN
    assert saved.status == 200, saved.text
    assert saved.json["connection"]["version"] == 1
    assert saved.json["connection"]["changed_by"] == "anna@shop.example"
    assert json.loads(rig.secrets.documents["client/fresh"]) == {"api_key": "key-of-new"}
    assert "key-of-new" not in saved.text
    listed = anna.call("GET", f"{PREFIX}/connections")
    assert "fresh" in [one["id"] for one in listed.json["connections"]]
    assert "key-of-new" not in listed.text


@pytest.mark.parametrize(
    ("body", "field", "english", "russian"),
    [
        ({"settings": {}}, "settings.name", "Fill this in.", "Заполните это поле."),
        ({"settings": {"name": 5}}, "settings.name", "Enter text.", "Введите текст."),
        ({"settings": {"name": "a", "x": 1}}, "settings.x", "no such field", "поля нет"),
        ({"secrets": {}}, "secrets.api_key", "Fill this in.", "Заполните это поле."),
        ({"secrets": {"other": "x"}}, "secrets.other", "no such secret", "секрета нет"),
        (
            {"settings": {"name": "a", "api_key": "s3cr3t"}},
            "settings.api_key",
            "as a secret",
            "введите его в поле секрета",
        ),
        ({"limit_share": 0}, "limit_share", "more than 0", "больше 0"),
        ({"limit_share": 2}, "limit_share", "1.0 or less", "не больше 1.0"),
        ({"retention_days": 0}, "retention_days", "1 or more", "не меньше 1"),
        ({"retention_days": "x"}, "retention_days", "whole number", "целое число"),
        ({"networks": ["10.0.0.0/33"]}, "networks", "", ""),
        ({"networks": ["0.0.0.0/0"]}, "networks", "", ""),
        ({"schedule": {"sweep": 600}}, "schedule.sweep", "this name", "задания нет"),
        ({"integration": "nothing"}, "integration", "Existing: shelf", "интеграции нет"),
        ({"colour": "red"}, "colour", "no such field", "поля нет"),
    ],
)
def test_each_wrong_field_is_named_in_both_languages(
    rig: AdminRig, anna: Browser, body: dict[str, Any], field: str, english: str, russian: str
) -> None:
    # WHEN
    refused = anna.call("PUT", f"{PREFIX}/connections/fresh", {**NEW, **body})
    # THEN
    assert refused.status == 422, refused.text
    assert refused.headers["Content-Type"] == "application/problem+json"
    said = {one["field"]: one["messages"] for one in refused.json["errors"]}
    assert field in said
    assert english in said[field]["en"]
    assert russian in said[field]["ru"]
    assert "s3cr3t" not in refused.text
    assert rig.rig.book.now("fresh") is None
    assert "client/fresh" not in rig.secrets.documents


def test_what_a_validator_says_itself_is_said_in_both_languages(anna: Browser) -> None:
    refused = anna.call("PUT", f"{PREFIX}/connections/UPPER", NEW)
    assert refused.status == 422
    assert refused.json["errors"][0]["field"] == "connection"


def test_a_form_is_checked_without_saving(rig: AdminRig, anna: Browser) -> None:
    # WHEN
    checked = anna.call("POST", f"{PATH}/validate", wanted(1, retention_days=5))
    # THEN
    assert [one["field"] for one in checked.json["changes"]] == ["retention_days"]
    assert rig.rig.book.get(HERE).retention_days is None
    assert anna.call("POST", f"{PATH}/validate", wanted(1, settings={})).status == 422


def test_every_version_says_who_changed_what(rig: AdminRig, anna: Browser) -> None:
    # GIVEN two changes by two people
    assert anna.call("PUT", PATH, wanted(1, retention_days=5)).json["connection"]["version"] == 2
    body = wanted(2, retention_days=7, reason="the auditor wants it")
    assert rig.send("PUT", PATH, body, headers=by_password()).status == 200
    # WHEN
    versions = anna.call("GET", f"{PATH}/versions").json["versions"]
    # THEN
    assert [one["connection"]["version"] for one in versions] == [3, 2, 1]
    assert [one["connection"]["changed_by"] for one in versions] == [
        "admin",
        "anna@shop.example",
        "",
    ]
    assert versions[0]["changes"] == [{"field": "retention_days", "before": 5, "after": 7}]
    # AND the audit has the reason
    entry = anna.call("GET", f"{PREFIX}/audit", query={"connection": HERE}).json["entries"][0]
    assert (entry["action"], entry["outcome"]) == ("settings.save", "done")
    assert entry["reason"] == "the auditor wants it"
    assert entry["changes"] == [{"field": "retention_days", "before": 5, "after": 7}]


def test_two_people_do_not_overwrite_each_other(rig: AdminRig, anna: Browser) -> None:
    # GIVEN two who look at the same version
    assert anna.call("PUT", PATH, wanted(1, retention_days=5)).status == 200
    # WHEN the second one saves
    refused = anna.call("PUT", PATH, wanted(1, retention_days=9))
    # THEN
    assert refused.status == 409
    assert (refused.json["version"], refused.json["changed_by"]) == (2, "anna@shop.example")
    assert rig.rig.book.get(HERE).retention_days == 5
    # AND the audit shows the try
    entry = anna.call("GET", f"{PREFIX}/audit").json["entries"][0]
    assert (entry["action"], entry["outcome"]) == ("settings.save", "refused")


def test_a_new_connection_does_not_replace_one_that_exists(anna: Browser) -> None:
    assert anna.call("PUT", PATH, wanted(0)).status == 409


def test_saving_what_is_there_already_makes_no_version(anna: Browser) -> None:
    first = anna.call("PUT", PATH, wanted(1, retention_days=5)).json
    again = anna.call("PUT", PATH, wanted(2, retention_days=5)).json
    assert first["connection"]["version"] == again["connection"]["version"] == 2
    assert again["changes"] == []


def test_an_earlier_version_comes_back_as_a_new_one(rig: AdminRig, anna: Browser) -> None:
    # GIVEN
    anna.call("PUT", PATH, wanted(1, retention_days=5))
    anna.call("POST", f"{PATH}/mode", {"mode": "paused"})
    # WHEN
    restored = anna.call("POST", f"{PATH}/restore", {"restore": 1, "version": 3})
    # THEN its settings are back, and it is still paused
    assert restored.json["connection"]["version"] == 4
    assert rig.rig.book.get(HERE).retention_days is None
    assert rig.rig.book.get(HERE).mode is Mode.PAUSED
    assert anna.call("POST", f"{PATH}/restore", {"restore": 99, "version": 4}).status == 404


@pytest.mark.parametrize("mode", Mode)
def test_an_operator_sets_the_mode_and_again_changes_nothing(rig: AdminRig, mode: Mode) -> None:
    # GIVEN
    oleg = rig.browser("oleg")
    before = rig.rig.book.get(HERE).version
    # WHEN
    first = oleg.call("POST", f"{PATH}/mode", {"mode": mode.value}).json
    again = oleg.call("POST", f"{PATH}/mode", {"mode": mode.value}).json
    # THEN
    assert first["mode"] == again["mode"] == mode
    assert first["version"] == again["version"] == before + (mode is not Mode.LIVE)


def test_a_run_that_writes_is_not_started_in_dry_mode(rig: AdminRig) -> None:
    # GIVEN
    oleg = rig.browser("oleg")
    oleg.call("POST", f"{PATH}/mode", {"mode": "dry"})
    # WHEN
    refused = oleg.call("POST", f"{PREFIX}/runs", {"link": "link", "kind": "full"})
    # THEN
    assert refused.status == 409
    assert "dry mode" in refused.json["messages"]["en"]
    assert "пробном режиме" in refused.json["messages"]["ru"]
    assert oleg.call("POST", f"{PREFIX}/runs", {"link": "link", "kind": "dry"}).status == 202


def test_a_form_says_how_each_field_is_entered(anna: Browser) -> None:
    # WHEN
    [shelf] = anna.call("GET", f"{PREFIX}/integrations").json["integrations"]
    # THEN
    fields = {field["name"]: field for field in shelf["form"]}
    assert (fields["name"]["kind"], fields["name"]["required"]) == ("text", True)
    assert (fields["api_key"]["kind"], fields["api_key"]["default"]) == ("secret", None)


def test_the_door_follows_the_settings(rig: AdminRig, anna: Browser) -> None:
    # GIVEN a door of another scheme than the settings say now
    document = json.loads(rig.secrets.documents[f"door/{HERE}"])
    other = {**document, "scheme": "api_key", "parameters": {}}
    rig.secrets.documents[f"door/{HERE}"] = json.dumps(other)
    # WHEN
    saved = anna.call("PUT", PATH, wanted(1, retention_days=5))
    # THEN its scheme is the settings' again, with all of its secrets
    assert saved.status == 200, saved.text
    door = parse_door(rig.secrets.documents[f"door/{HERE}"])
    assert (door.scheme_name, [secret.id for secret in door.secrets]) == ("hmac", ["1"])


def test_nothing_is_saved_when_the_door_cannot_follow(rig: AdminRig, anna: Browser) -> None:
    # GIVEN a door with a parameter that the settings' scheme does not know
    document = json.loads(rig.secrets.documents[f"door/{HERE}"])
    other = {**document, "scheme": "jwt", "parameters": {"max_age": 60}}
    rig.secrets.documents[f"door/{HERE}"] = json.dumps(other)
    # WHEN
    refused = anna.call("PUT", PATH, wanted(1, retention_days=5))
    # THEN
    assert refused.status == 422
    assert rig.rig.book.get(HERE).retention_days is None
