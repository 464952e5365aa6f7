"""What each kind of token asks for and reads: pure."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote_plus

import jwt
import pytest
import requests

from mostik.errors import ConfigurationError
from mostik.http.auth import (
    ClientAuth,
    OAuth2ClientCredentials,
    OAuth2JwtBearer,
    OAuth2RefreshToken,
    Shown,
    Token,
    TokenAuth,
    TokenPlan,
    TwoStepLogin,
)
from mostik.http.auth.jwt_assertion import JwtAssertion

URL = "https://id.example/token"
NOW = 1_760_000_000.0
KEY = "an-hmac-secret-that-is-long-enough-for-sha-256"

CREDENTIALS = OAuth2ClientCredentials(URL, "me", "hush-hush", scope="a b")
REFRESHING = OAuth2RefreshToken(URL, "me", "hush-hush", "first-refresh")
BEARER = OAuth2JwtBearer(URL, JwtAssertion(KEY, "HS256", issuer="me", audience=URL))
LOGIN = TwoStepLogin(URL, {"login": "me", "password": "hush-hush"}, token="data.token")


@pytest.mark.parametrize("plan", [CREDENTIALS, REFRESHING, BEARER, LOGIN])
def test_every_kind_is_a_plan_and_shows_no_secret(plan: TokenPlan) -> None:
    assert isinstance(plan, TokenPlan)
    said = f"{plan!r} {plan.request(None, NOW)!r} {plan.read(_answer(), None, NOW)!r}"
    for secret in ("hush-hush", "first-refresh", KEY, "the-token"):
        assert secret not in said


def test_client_credentials_go_as_basic_auth_each_encoded_first() -> None:
    # GIVEN an id and a secret with what would split the pair
    plan = OAuth2ClientCredentials(URL, "m:e", "hush hush/ж", scope="a b")
    # WHEN
    request = plan.request(None, NOW)
    # THEN
    pair = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
    assert [unquote_plus(part) for part in pair.split(":")] == ["m:e", "hush hush/ж"]
    assert request.form == {"grant_type": "client_credentials", "scope": "a b"}
    assert (request.method, request.url) == ("POST", URL)


def test_client_credentials_may_go_in_the_body_with_further_fields() -> None:
    # GIVEN
    plan = OAuth2ClientCredentials(
        URL, "me", "hush-hush", client_auth=ClientAuth.BODY, extra={"audience": "api"}
    )
    # WHEN
    request = plan.request(None, NOW)
    # THEN
    assert request.headers == {}
    assert request.form == {
        "grant_type": "client_credentials",
        "audience": "api",
        "client_id": "me",
        "client_secret": "hush-hush",
    }


def test_a_refresh_uses_what_was_stored_or_what_a_person_entered() -> None:
    first, later = REFRESHING.request(None, NOW), REFRESHING.request("stored", NOW)
    assert first.form is not None
    assert later.form is not None
    assert first.form["refresh_token"] == "first-refresh"
    assert later.form["refresh_token"] == "stored"


def test_a_refresh_may_be_a_get_as_bitrix24_documents_it() -> None:
    # GIVEN
    plan = OAuth2RefreshToken(
        URL, "me", "hush-hush", "r", method="GET", client_auth=ClientAuth.BODY
    )
    # WHEN
    request = plan.request(None, NOW)
    # THEN
    assert (request.method, request.form, request.headers) == ("GET", None, {})
    assert request.query == {
        "grant_type": "refresh_token",
        "refresh_token": "r",
        "client_id": "me",
        "client_secret": "hush-hush",
    }


def test_a_public_client_has_no_secret_to_send() -> None:
    request = OAuth2RefreshToken(URL, "me", "", "r").request(None, NOW)
    assert request.headers == {}
    assert request.form == {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "me"}


@pytest.mark.parametrize(
    ("brought", "kept"), [("new", "new"), (None, "used"), ("", "used"), (7, "used")]
)
def test_a_refresh_token_stays_when_the_answer_brings_none(brought: Any, kept: str) -> None:
    token = REFRESHING.read({"access_token": "t", "refresh_token": brought}, "used", NOW)
    assert token.refresh == kept


def test_a_refresh_token_that_nobody_asked_for_is_not_kept() -> None:
    token = CREDENTIALS.read({"access_token": "t", "refresh_token": "r"}, None, NOW)
    assert token.refresh is None


def test_a_jwt_is_made_for_each_token_call() -> None:
    # WHEN
    request, next_one = BEARER.request(None, NOW), BEARER.request(None, NOW + 60)
    # THEN
    assert request.form is not None
    assert request.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        request.form["assertion"], KEY, ["HS256"], audience=URL, options={"verify_exp": False}
    )
    assert (claims["iss"], claims["iat"], claims["exp"]) == ("me", int(NOW), int(NOW) + 300)
    # AND no log may show it
    assert request.secrets == (request.form["assertion"],)
    assert next_one.secrets != request.secrets


@pytest.mark.parametrize("as_form", [True, False])
def test_a_login_call_sends_what_it_is_told(as_form: bool) -> None:
    request = TwoStepLogin(URL, {"login": "me", "password": "x"}, as_form=as_form).request(
        None, NOW
    )
    sent = request.form if as_form else request.content
    assert sent == {"login": "me", "password": "x"}
    assert (request.form is None) is not as_form


@pytest.mark.parametrize(
    ("said", "ends_in"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (1.5, 1.5),
        (None, None),
        ("soon", None),
        (True, None),
        (0, None),
        (-5, None),
        ("NaN", None),
        ("Infinity", None),
        ([3600], None),
        (1e300, 10 * 366 * 86_400.0),
        (10**400, None),
    ],
)
def test_a_life_that_is_junk_says_nothing(said: Any, ends_in: float | None) -> None:
    token = CREDENTIALS.read({"access_token": "t", "expires_in": said}, None, NOW)
    assert token.expires_at == (NOW + ends_in if ends_in is not None else None)


def test_the_life_of_a_login_is_what_the_answer_says_else_what_the_settings_say() -> None:
    # GIVEN
    plan = TwoStepLogin(URL, {}, token="data.token", expires_in="data.ttl", life=60.0)
    # THEN
    assert plan.read({"data": {"token": "t", "ttl": 600}}, None, NOW).expires_at == NOW + 600
    assert plan.read({"data": {"token": "t"}}, None, NOW).expires_at == NOW + 60
    assert TwoStepLogin(URL, {}).read({"token": "t"}, None, NOW).expires_at is None


@pytest.mark.parametrize(
    "content",
    [None, [], "t", {}, {"access_token": None}, {"access_token": 7}, {"access_token": " "}]
    + [{"access_token": text} for text in ("a\r\nX-Evil: 1", "т", "\x00")],
)
def test_no_usable_token_is_a_setting_to_correct(content: Any) -> None:
    with pytest.raises(ConfigurationError, match="'access_token'"):
        CREDENTIALS.read(content, None, NOW)


@pytest.mark.parametrize(
    ("life", "ahead", "at", "due"),
    [
        (3600.0, 120.0, 3479.0, False),
        (3600.0, 120.0, 3480.0, True),
        (60.0, 120.0, 53.0, False),
        (60.0, 120.0, 54.0, True),
        (3600.0, 0.0, 3599.0, False),
        (3600.0, 0.0, 3600.0, True),
        (None, 120.0, 1e9, False),
    ],
)
def test_when_a_token_is_due(life: float | None, ahead: float, at: float, due: bool) -> None:
    token = Token("t", NOW, NOW + life if life is not None else None)
    assert token.is_due(NOW + at, ahead) is due


def test_a_token_is_shown_where_the_api_wants_it() -> None:
    # GIVEN
    token = Token("t-1", NOW)
    # THEN
    assert _signed(Shown(), token).headers["Authorization"] == "Bearer t-1"
    assert _signed(Shown("X-Auth-Token", ""), token).headers["X-Auth-Token"] == "t-1"
    in_query = _signed(Shown(query="auth"), token)
    assert in_query.url == "https://api.example/orders?page=2&auth=t-1"
    assert "Authorization" not in in_query.headers


def test_a_stored_token_counts_for_the_credentials_that_got_it() -> None:
    others = [
        OAuth2ClientCredentials(URL, "me", "hush-hush"),
        OAuth2ClientCredentials(URL, "me", "other", scope="a b"),
        OAuth2ClientCredentials(URL, "you", "hush-hush", scope="a b"),
        OAuth2ClientCredentials(f"{URL}/2", "me", "hush-hush", scope="a b"),
    ]
    assert not [other for other in others if other.identity() == CREDENTIALS.identity()]


def _answer() -> dict[str, Any]:
    return {"access_token": "the-token", "data": {"token": "the-token"}, "expires_in": 60}


def _signed(shown: Shown, token: Token) -> requests.PreparedRequest:
    request = requests.Request("GET", "https://api.example/orders?page=2").prepare()
    return TokenAuth(shown, token)(request)
