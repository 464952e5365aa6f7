"""Codes, tokens and their rotation, as the authorization server is documented."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from local.sandbox.portal import PortalApp, PortalConfig, PortalSandbox
from local.sandbox.server import Call
from tests.support.sandbox import FakeClock, PortalInProcess

APP = PortalApp(redirect_uri="https://mostik.example/app")


@pytest.fixture
def app_portal(clock: FakeClock) -> PortalInProcess:
    portal = PortalSandbox(PortalConfig(rate_limit=None, clock=clock, app=APP))
    return PortalInProcess(portal)


def token_call(rest: PortalInProcess, **fields: str) -> tuple[int, Any]:
    query = urlencode({"client_id": APP.client_id, "client_secret": APP.client_secret, **fields})
    call = Call("GET", "/oauth/token/", query, {}, b"", "127.0.0.1")
    answer = rest.portal.answer(call)
    return answer.status, json.loads(answer.body)


def as_app(rest: PortalInProcess, method: str, token: str, **params: Any) -> tuple[int, Any]:
    body = json.dumps({"auth": token, **params}).encode()
    return rest.raw(f"/rest/{method}", body)


def test_consent_gives_a_code_and_the_code_a_pair_once_within_thirty_seconds(
    app_portal: PortalInProcess, clock: FakeClock
) -> None:
    # GIVEN
    def consent() -> str:
        call = Call("GET", "/oauth/authorize/", f"client_id={APP.client_id}&state=s", {}, b"", "")
        location = dict(app_portal.portal.answer(call).headers)["Location"]
        return dict(parse_qsl(urlsplit(location).query))["code"]

    code, late = consent(), consent()

    # WHEN
    status, pair = token_call(app_portal, grant_type="authorization_code", code=code)
    again = token_call(app_portal, grant_type="authorization_code", code=code)
    clock.turn(31)
    too_late = token_call(app_portal, grant_type="authorization_code", code=late)

    # THEN
    assert status == 200
    assert pair["expires_in"] == 3600
    assert pair["member_id"] == app_portal.portal.config.member_id
    assert pair["client_endpoint"].endswith("/rest/")
    assert (
        again
        == too_late
        == (
            400,
            {"error": "invalid_grant", "error_description": "Invalid grant"},
        )
    )


def test_an_access_token_lives_an_hour_and_each_renewal_replaces_the_refresh_token(
    app_portal: PortalInProcess, clock: FakeClock
) -> None:
    # GIVEN
    first = app_portal.portal.install_app()
    assert as_app(app_portal, "app.info", first["access_token"])[0] == 200

    # WHEN
    clock.turn(3600)
    over = as_app(app_portal, "app.info", first["access_token"])
    _, second = token_call(
        app_portal, grant_type="refresh_token", refresh_token=first["refresh_token"]
    )
    old = token_call(app_portal, grant_type="refresh_token", refresh_token=first["refresh_token"])

    # THEN
    assert (over[0], over[1]["error"]) == (401, "expired_token")
    assert as_app(app_portal, "app.info", second["access_token"])[0] == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert old[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"client_secret": "wrong", "grant_type": "refresh_token"}, "invalid_client"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, "invalid_grant"),
    ],
)
def test_refusals_have_the_documented_codes(
    app_portal: PortalInProcess, fields: dict[str, str], code: str
) -> None:
    assert token_call(app_portal, **fields)[1]["error"] == code


def test_an_application_that_is_not_paid_gets_no_token(clock: FakeClock) -> None:
    # GIVEN
    app = PortalApp(unpaid=True)
    rest = PortalInProcess(PortalSandbox(PortalConfig(clock=clock, app=app)))

    # WHEN
    _, body = token_call(rest, grant_type="refresh_token", refresh_token="any")

    # THEN
    assert body == {"error": "PAYMENT_REQUIRED", "error_description": "Payment required"}


def test_a_removed_application_has_no_token_any_more(app_portal: PortalInProcess) -> None:
    # GIVEN
    auth = app_portal.portal.install_app()

    # WHEN
    app_portal.portal.platform.uninstall()

    # THEN
    status, body = as_app(app_portal, "app.info", auth["access_token"])
    assert (status, body["error"]) == (401, "NO_AUTH_FOUND")
