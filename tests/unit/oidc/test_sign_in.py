"""Signing in and out, sessions, and pages that speak in somebody else's name."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from mostik.admin.front import HEADERS
from mostik.admin.signin.door import BEGUN_COOKIE, CSRF_HEADER, SESSION_COOKIE
from mostik.admin.signin.sessions import SESSION_SECONDS
from tests.support.adminrig import (
    ISSUER,
    LOGINS,
    PASSWORD,
    PUBLIC,
    SIGN_IN,
    AdminRig,
    by_password,
)

SESSION = "/admin/api/session"
PAUSE = "/admin/api/connections/here/mode"


@pytest.fixture(scope="module")
def shared() -> AdminRig:
    """For tests that leave nothing behind."""
    return AdminRig()


@pytest.mark.parametrize("role", sorted(LOGINS))
def test_each_user_gets_the_role_of_their_group(shared: AdminRig, role: str) -> None:
    # GIVEN
    browser = shared.browser()
    # WHEN
    ended = browser.sign_in(LOGINS[role], "/admin/log?status=5xx")
    # THEN they are where they wanted to be, with the role of their highest group
    assert (ended.status, ended.headers["Location"]) == (302, f"{PUBLIC}/admin/log?status=5xx")
    me = browser.call("GET", SESSION).json
    assert (me["role"], me["name"]) == (role, f"{LOGINS[role]}@shop.example")
    assert BEGUN_COOKIE not in browser.cookies


def test_a_sign_in_is_begun_with_pkce_state_and_nonce(shared: AdminRig) -> None:
    # WHEN
    begun = shared.send("GET", "/admin/login")
    # THEN
    query = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
    assert begun.headers["Location"].startswith(f"{ISSUER}/authorize?")
    assert query["redirect_uri"] == f"{PUBLIC}/admin/callback"
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    state, nonce, verifier, _ = begun.cookies[BEGUN_COOKIE].split(".")
    assert (query["state"], query["nonce"]) == (state, nonce)
    assert verifier not in begun.headers["Location"]


def test_cookies_belong_to_this_host_and_scripts_cannot_read_them(shared: AdminRig) -> None:
    # WHEN somebody signs in
    answer = shared.front.resolve(
        {
            "rawPath": "/admin/login",
            "headers": {},
            "requestContext": {"domainName": "a.example", "http": {"method": "GET"}},
        },
        None,
    )
    # THEN
    [cookie] = answer["cookies"]
    assert cookie.startswith("__Host-")
    for part in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax"):
        assert part in cookie.split("; ")


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/", "//evil.example", "/other", "/admin\\@evil", "/admin/\r\nX: y", ""],
)
def test_nobody_is_sent_elsewhere_after_signing_in(shared: AdminRig, place: str) -> None:
    assert shared.browser().sign_in("vera", place).headers["Location"] == f"{PUBLIC}/admin"


def test_a_code_serves_the_browser_that_began_and_once() -> None:
    # GIVEN two browsers, and the answer to the first one's sign-in
    rig = AdminRig()
    first, second = rig.browser(), rig.browser()
    begun = first.call("GET", "/admin/login")
    second.call("GET", "/admin/login")
    query = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
    back = dict(parse_qsl(urlsplit(rig.provider.sign_in(query, "anna")).query))
    # WHEN the second one, and one without a cookie, bring it
    assert second.call("GET", "/admin/callback", query=back).status == 400
    assert rig.send("GET", "/admin/callback", query=back).status == 400
    # THEN only the first one gets in, and once
    assert first.call("GET", "/admin/callback", query=back).status == 302
    first.cookies[BEGUN_COOKIE] = begun.cookies[BEGUN_COOKIE]
    assert first.call("GET", "/admin/callback", query=back).status == 403


def test_whoever_says_no_at_the_provider_is_told_so(shared: AdminRig) -> None:
    browser = shared.browser()
    begun = browser.call("GET", "/admin/login")
    state = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))["state"]
    query = {"state": state, "error": "access_denied"}
    reply = browser.call("GET", "/admin/callback", query=query)
    assert (reply.status, reply.json["title"]) == (403, "The identity provider said no.")


def test_somebody_without_a_group_has_no_role() -> None:
    # GIVEN a document that calls the groups otherwise
    rig = AdminRig()
    rig.secrets.documents["sign-in"] = json.dumps(
        {**json.loads(SIGN_IN), "roles": {"bosses": "admin"}}
    )
    # WHEN
    ended = rig.browser().sign_in("anna")
    # THEN
    assert ended.status == 403
    assert "no role" in ended.json["title"]


def test_a_session_ends_after_a_working_day() -> None:
    # GIVEN
    rig = AdminRig()
    browser = rig.browser("anna")
    # WHEN
    rig.clock.advance(SESSION_SECONDS - 1)
    assert browser.call("GET", SESSION).status == 200
    rig.clock.advance(2)
    # THEN
    assert browser.call("GET", SESSION).status == 401


def test_signing_out_ends_the_session_everywhere() -> None:
    # GIVEN a session whose cookie somebody has copied
    rig = AdminRig()
    browser = rig.browser("anna")
    copied = {SESSION_COOKIE: browser.session}
    # WHEN
    assert browser.call("POST", "/admin/logout").status == 303
    # THEN
    assert SESSION_COOKIE not in browser.cookies
    assert rig.send("GET", SESSION, cookies=copied).status == 401


def test_the_table_holds_no_name_that_opens_a_session() -> None:
    rig = AdminRig()
    browser = rig.browser("anna")
    assert browser.session not in json.dumps(rig.rig.table.rows(), default=str)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://mostik.example"},
        {CSRF_HEADER: "wrong"},
        {CSRF_HEADER: ""},
    ],
)
def test_a_foreign_page_changes_nothing(headers: dict[str, str]) -> None:
    # GIVEN somebody who has signed in
    rig = AdminRig()
    browser = rig.browser("anna")
    # WHEN a request comes in their name
    reply = browser.call("POST", PAUSE, {"mode": "paused"}, headers=headers)
    # THEN
    assert reply.status == 403
    assert rig.rig.book.get("here").mode == "live"


def test_a_request_that_does_not_say_where_it_is_from_changes_nothing() -> None:
    # GIVEN a request with cookie and token, as no browser sends it
    rig = AdminRig()
    browser = rig.browser("anna")
    headers = {CSRF_HEADER: browser.csrf}
    # WHEN
    reply = rig.send("POST", PAUSE, {"mode": "paused"}, headers=headers, cookies=browser.cookies)
    # THEN
    assert reply.status == 403


def test_a_browser_that_knows_the_password_is_not_used_by_a_foreign_page() -> None:
    # GIVEN a browser that adds the password by itself
    rig = AdminRig()
    for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        headers = {**by_password(), **foreign}
        # THEN
        assert rig.send("POST", PAUSE, {"mode": "paused"}, headers=headers).status == 403
    # AND the command line, which says nothing of the kind, may
    assert rig.send("POST", PAUSE, {"mode": "paused"}, headers=by_password()).status == 200


def test_guessing_is_slowed_down_for_one_address_only() -> None:
    # GIVEN somebody who guesses
    rig = AdminRig()
    wrong = by_password("guess")
    answers = [rig.send("GET", SESSION, headers=wrong).status for _ in range(11)]
    # THEN
    assert answers == [401] * 10 + [429]
    limited = rig.send("GET", "/admin/login")
    assert limited.status == 429
    assert int(limited.headers["Retry-After"]) >= 1
    # AND not even the right password is looked at from there
    assert rig.send("GET", SESSION, headers=by_password()).status == 429
    # AND others sign in, and so does the guesser's address after a minute
    assert rig.send("GET", "/admin/login", address="192.0.2.201").status == 302
    rig.clock.advance(60)
    assert rig.send("GET", "/admin/login").status == 302


def test_addresses_of_one_ipv6_net_count_as_one() -> None:
    rig = AdminRig()
    for number in range(10):
        assert rig.send("GET", "/admin/login", address=f"2001:db8::{number:x}").status == 302
    assert rig.send("GET", "/admin/login", address="2001:db8::ffff").status == 429


def test_without_a_sign_in_document_it_is_said_what_is_missing() -> None:
    rig = AdminRig()
    del rig.secrets.documents["sign-in"]
    reply = rig.send("GET", "/admin/login")
    assert reply.status == 503
    assert "sign-in" in reply.json["title"]
    # AND the command line still gets in
    assert rig.send("GET", SESSION, headers=by_password()).status == 200


def test_an_identity_provider_that_is_away_is_no_defect() -> None:
    rig = AdminRig()
    rig.calls.away = True
    assert rig.send("GET", "/admin/login").status == 503


def test_every_answer_carries_the_strict_headers(shared: AdminRig) -> None:
    for path in ("/admin/login", SESSION, "/admin/health", "/admin/callback"):
        headers = shared.send("GET", path).headers
        assert {name: headers[name] for name in HEADERS} == dict(HEADERS)
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_older_routes_still_want_the_password(shared: AdminRig) -> None:
    assert shared.send("GET", "/admin/health").status == 401
    assert shared.send("GET", "/admin/health", headers=by_password()).status == 200
    assert shared.send("GET", "/admin/log", headers=by_password(PASSWORD + "x")).status == 401
