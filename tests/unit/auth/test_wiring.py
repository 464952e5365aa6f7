"""From settings to a signed call: what an integration's ``auth`` returns and what becomes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from integrations.http_api import integration as http_api
from integrations.http_api.models import Settings
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.connections.tokens import Tokens
from mostik.errors import ConfigurationError
from mostik.http.auth import Auth, HmacSigned, OAuth2ClientCredentials, TwoStepLogin
from mostik.http.client import Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.redact import Redactor
from mostik.integration import Integration
from tests.project.cloudformation import ROOT
from tests.support.api_router import ApiRouter, Call
from tests.support.clock import FakeClock
from tests.support.memory import MemorySecrets, state_table

CREDENTIAL = "credential-0000"
BASE = "https://stock.example/api/"
ORDER = Endpoint("GET", "orders/{id}", Replay.SAFE)
SETTINGS: Mapping[str, Any] = {
    "base_url": BASE,
    "orders": {"get": "orders/{id}", "statuses": {"open": "new"}},
}


def opened(
    settings: Mapping[str, Any],
    integration: Integration[Any, Any] = http_api,
    *,
    with_tokens: bool = True,
) -> OpenConnection:
    """The connection as a worker opens it."""
    clock, table = FakeClock(), state_table()
    secrets = MemorySecrets({"client/stock": json.dumps({"credential": CREDENTIAL})})
    effects = Effects(clock, clock.sleep, lambda: 0.5)
    book = ConnectionBook(table, clock)
    book.save(Connection("stock", "http_api", {**SETTINGS, **settings}))
    connections = OpenConnections(
        book,
        secrets,
        lambda _name: integration,
        effects,
        tokens=Tokens(secrets, table, effects) if with_tokens else None,
    )
    return connections.get("stock")


def called(connection: OpenConnection, **answers: Any) -> list[Call]:
    """Reads an order and returns what reached the other sides."""
    router = ApiRouter(BASE, {"GET orders/7": {"id": "7"}, **answers})
    connection.api._session.mount("https://", router)
    connection.api.request(ORDER, path={"id": "7"})
    return router.calls


def test_a_key_goes_into_the_address_when_the_settings_say_so() -> None:
    (call,) = called(opened({"auth": "api_key_query", "auth_query": "token"}))
    assert call.url == f"{BASE}orders/7?token={CREDENTIAL}"
    assert "Authorization" not in call.headers


def test_a_login_call_gives_the_token_that_the_calls_show() -> None:
    # GIVEN
    sign_in = {"path": "auth/login", "token": "data.token", "header": "X-Token", "prefix": ""}
    connection = opened({"auth": "login", "login": "me", "sign_in": sign_in})
    # WHEN
    login, order = called(connection, **{"POST auth/login": {"data": {"token": "t-1"}}})
    # THEN
    assert login.url == f"{BASE}auth/login"
    assert login.content == {"login": "me", "password": CREDENTIAL}
    assert order.headers["X-Token"] == "t-1"
    assert CREDENTIAL not in str(order.headers)


def test_client_credentials_are_a_plan_of_the_settings() -> None:
    # GIVEN
    settings = Settings.model_validate(
        {
            **SETTINGS,
            "auth": "oauth2_client_credentials",
            "login": "me",
            "credential": CREDENTIAL,
            "oauth2": {
                "url": "https://id.example/token",
                "client_auth": "body",
                "scope": "orders",
                "audience": "stock",
            },
        }
    )
    # WHEN
    plan = http_api.auth(settings)
    # THEN
    assert isinstance(plan, OAuth2ClientCredentials)
    request = plan.request(None, 0.0)
    assert request.url == "https://id.example/token"
    assert request.form == {
        "grant_type": "client_credentials",
        "scope": "orders",
        "audience": "stock",
        "client_id": "me",
        "client_secret": CREDENTIAL,
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": "oauth2_client_credentials", "login": "me"},
        {"auth": "oauth2_client_credentials", "oauth2": {"url": "https://id.example/token"}},
        {"auth": "login", "login": "me"},
        {"auth": "login", "sign_in": {"path": "login"}},
    ],
)
def test_an_auth_without_what_it_needs_is_refused_at_save(settings: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError, match="needs 'login' and the group"):
        Settings.model_validate({**SETTINGS, "credential": CREDENTIAL, **settings})


def test_a_signer_signs_with_the_clock_of_the_container() -> None:
    # GIVEN an integration that signs
    def auth(_settings: Settings) -> Auth:
        return HmacSigned(CREDENTIAL, template="{timestamp}{url}", timestamp="header:X-Time")

    # WHEN
    (call,) = called(opened({}, replace(http_api, auth=auth)))
    # THEN
    assert call.headers["X-Time"] == str(int(FakeClock()()))
    assert len(call.headers["X-Signature"]) == 64


@pytest.mark.parametrize(
    "url",
    ["http://stock.example/login", "https://me:pw@stock.example/login", "stock.example/login"],
)
def test_a_token_service_is_guarded_like_any_address(url: str) -> None:
    def auth(_settings: Settings) -> Auth:
        return TwoStepLogin(url, {"password": CREDENTIAL})

    with pytest.raises(ConfigurationError, match="address"):
        opened({}, replace(http_api, auth=auth))


def test_where_no_tokens_are_kept_a_plan_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="gets no tokens"):
        opened({"auth": "login", "login": "me", "sign_in": {"path": "x"}}, with_tokens=False)


def test_who_needs_no_jwt_and_no_aws_does_not_import_them() -> None:
    # WHEN an interpreter imports the ways to prove who we are
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import mostik.http.auth; "
        "print(sorted({'jwt', 'cryptography', 'botocore'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own text
        [sys.executable, "-I", "-c", code, str(ROOT / "layers/code")],
        capture_output=True,
        text=True,
        check=True,
    )
    # THEN
    assert done.stdout == "[]\n"


def test_a_redactor_learns_the_last_few_tokens() -> None:
    # GIVEN
    redactor = Redactor([CREDENTIAL])
    # WHEN
    for number in range(20):
        redactor.learn(f"access-token/{number:02}")
    redactor.learn("short")
    # THEN the newest are masked however they are written, the settings' own secrets always
    said = redactor.text(f"{CREDENTIAL} access-token%2F19 access-token\\/18 short")
    assert said == "[redacted] [redacted] [redacted] short"


def test_a_query_of_the_token_service_is_kept() -> None:
    # GIVEN a service that wants a parameter in its address
    def auth(_settings: Settings) -> Auth:
        return TwoStepLogin(f"{BASE}auth/login?tenant=7&x=", {"password": CREDENTIAL})

    # WHEN
    login, _ = called(
        opened({}, replace(http_api, auth=auth)), **{"POST auth/login": {"token": "t-1"}}
    )
    # THEN
    assert login.url == f"{BASE}auth/login?tenant=7&x="
