"""Every method of the platform against its documented request and response.

Source: apidocs.bitrix24.ru, the page of each method (read 2026-09); typed anew, values made up.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from integrations.bitrix24.app.models import AppInfo, Bound, OfflineEvent, Taken
from integrations.bitrix24.app.tokens import AppTokens
from mostik.errors import ConfigurationError
from tests.integrations.bitrix24.app.world import DOMAIN, AppWorld
from tests.support.sandbox import PortalInProcess

HANDLER = "https://www.my-domain.com/handler/"
_ENTRY = {
    "ID": "1",
    "TIMESTAMP_X": "2024-07-18T12:32:31+02:00",
    "EVENT_NAME": "ONCRMCOMPANYADD",
    "EVENT_DATA": False,
    "EVENT_ADDITIONAL": False,
    "MESSAGE_ID": "1",
}
_QUEUED = {**_ENTRY, "PROCESS_ID": "", "ERROR": "0"}
_INFO = {
    "ID": 5,
    "CODE": "vendor.app",
    "VERSION": 4,
    "STATUS": "F",
    "INSTALLED": True,
    "PAYMENT_EXPIRED": "N",
    "DAYS": None,
    "LANGUAGE_ID": "de",
    "LICENSE": "de_ent10000",
    "LICENSE_TYPE": "ent10000",
    "LICENSE_FAMILY": "ent",
}
PAIR = {
    "access_token": "ydtj8pho532wydb5ixk78ol7uqlb7sch",
    "client_endpoint": f"https://{DOMAIN}/rest/",
    "domain": "oauth.bitrix.info",
    "expires": 1780319382,
    "expires_in": 3600,
    "member_id": "a223c6b3710f85df22e9377d6c4f7553",
    "refresh_token": "3s6lr4kr3cv2od4v853gvrchb875bwxb",
    "scope": "crm,entity,im,task",
    "server_endpoint": "https://oauth.bitrix.info/rest/",
    "status": "F",
    "user_id": 67,
}

# method, request, documented result
PAGES: list[tuple[str, dict[str, Any], Any]] = [
    ("event.bind", {"event": "ONCRMLEADADD", "handler": HANDLER}, True),
    ("event.unbind", {"event": "ONCRMDEALADD", "handler": HANDLER}, {"count": 1}),
    (
        "event.get",
        {},
        [{"event": "ONCRMLEADADD", "handler": HANDLER, "auth_type": "0", "offline": 0}],
    ),
    (
        "event.offline.get",
        {"filter": {"=EVENT_NAME": "ONCRMCOMPANYADD", ">=ID": 1}, "auth_connector": "BxTest"},
        {"process_id": None, "events": [_ENTRY]},
    ),
    ("event.offline.list", {"filter": {"ERROR": 0}, "order": {"ID": "DESC"}}, [_QUEUED]),
    ("event.offline.clear", {"process_id": "yh3gu929sf0d32lsfysqas2y1hlpp09q", "id": [2]}, True),
    (
        "event.offline.error",
        {"process_id": "yh3gu929sf0d32lsfysqas2y1hlpp09q", "message_id": [2]},
        True,
    ),
    ("feature.get", {"CODE": "rest_offline_extended"}, {"value": "Y"}),
    ("app.info", {}, _INFO),
    ("user.admin", {}, True),
    ("scope", {}, ["crm"]),
    ("crm.settings.mode.get", {}, 2),
]


def shape(value: Any) -> Any:
    """What a caller can rely on: names and kinds. A boolean may stand for what is not there."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


class Portal:
    """A portal with one event bound and one entry in its queue, for the source key ``BxTest``."""

    def __init__(self) -> None:
        self.world = AppWorld(portal_is={"selfhosted": False})
        self.token = self.world.there.install_app()["access_token"]
        self.rest = PortalInProcess(self.world.there)
        bus = self.world.there.events
        bus.bind("ONCRMDEALADD", handler=HANDLER)
        self.world.there.offline.push("ONCRMCOMPANYADD", {"ID": "7"}, "BxTest")

    def __call__(self, method: str, params: dict[str, Any]) -> tuple[int, Any]:
        body = json.dumps({"auth": self.token, **params}).encode()
        return self.rest.raw(f"/rest/{method}", body)


@pytest.mark.parametrize(("method", "request_", "result"), PAGES, ids=[one[0] for one in PAGES])
def test_the_sandbox_answers_the_documented_request_with_what_is_documented(
    method: str, request_: dict[str, Any], result: Any
) -> None:
    # WHEN
    status, body = Portal()(method, request_)
    # THEN
    assert status == 200, body
    found = body["result"]
    if method.startswith("event.offline."):  # the pages show ``false`` where the data would be
        rows = found.get("events") if isinstance(found, dict) else found
        for row in rows if isinstance(rows, list) else []:
            assert row["EVENT_DATA"] == {"FIELDS": {"ID": "7"}}
            row["EVENT_DATA"] = False
    if method == "app.info":
        found["DAYS"] = None
    assert shape(found) == shape(result)
    assert body["time"]["date_start"]


ERRORS = [
    ("event.bind", {"event": "ONNOTHING", "handler": HANDLER}, 400, "ERROR_EVENT_NOT_FOUND"),
    ("feature.get", {}, 400, "CODE_EMPTY"),
]


@pytest.mark.parametrize(("method", "request_", "status", "code"), ERRORS)
def test_the_sandbox_refuses_as_documented(
    method: str, request_: dict[str, Any], status: int, code: str
) -> None:
    found, body = Portal()(method, request_)
    assert (found, body["error"]) == (status, code)


def test_app_info_is_for_applications() -> None:
    status, body = PortalInProcess(AppWorld().there)("app.info")
    assert (status, body["error"]) == (403, "ACCESS_DENIED")
    assert "Application context required" in body["error_description"]


READERS: list[tuple[Callable[[Any], Any], Any]] = [
    (Bound.model_validate, PAGES[2][2][0]),
    (Taken.model_validate, PAGES[3][2]),
    (OfflineEvent.model_validate, _QUEUED),
    (AppInfo.model_validate, _INFO),
]


@pytest.mark.parametrize(("read", "documented"), READERS)
def test_our_readers_take_the_documented_answer(
    read: Callable[[Any], Any], documented: Any
) -> None:
    assert read(documented)


def plan(member_id: str | None = None, host: str = DOMAIN) -> AppTokens:
    return AppTokens("https://oauth.bitrix.info/oauth/token/", "app.1", "secret", host, member_id)


def test_the_renewal_is_the_documented_request() -> None:
    # WHEN
    request = plan().request("nfhxkzk3gvrg375wl7u7xex9awz6o3k8", 0.0)
    # THEN a GET with everything in its query
    assert (request.method, request.url) == ("GET", "https://oauth.bitrix.info/oauth/token/")
    assert dict(request.query) == {
        "grant_type": "refresh_token",
        "client_id": "app.1",
        "client_secret": "secret",
        "refresh_token": "nfhxkzk3gvrg375wl7u7xex9awz6o3k8",
    }
    assert request.form is request.content is None


def test_the_documented_pair_is_read_and_its_end_is_not_noted() -> None:
    token = plan().read(PAIR, "old", 5.0)
    assert token.value == PAIR["access_token"]
    assert token.refresh == PAIR["refresh_token"]
    assert token.expires_at is None
    assert token.account is not None
    assert token.account["member_id"] == PAIR["member_id"]
    assert PAIR["refresh_token"] not in token.account.values()


@pytest.mark.parametrize(
    "wrong", [plan(member_id="another"), plan(host="other.bitrix24.ru"), plan(host="")]
)
def test_a_pair_of_another_portal_is_refused(wrong: AppTokens) -> None:
    with pytest.raises(ConfigurationError, match="another portal"):
        wrong.read(PAIR, "old", 5.0)


def test_a_portal_that_moved_keeps_its_member_id_and_its_tokens() -> None:
    moved = {**PAIR, "client_endpoint": "https://renamed.bitrix24.ru/rest/"}
    assert plan(member_id=str(PAIR["member_id"]).upper()).read(moved, "old", 5.0).value
