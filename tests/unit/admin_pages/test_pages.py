"""The pages: every one renders for every role, in both languages, and shows no more than text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote, urlencode

import pytest

from mostik.admin.pages.site import SAID_COOKIE
from mostik.admin.pages.visit import Route
from mostik.admin.roles import Role
from tests.support.adminrig import HOST, LOGINS, PUBLIC, AdminRig, Browser, Reply
from tests.support.rig import HERE
from tests.support.shelf import RESOURCE

PAYLOAD = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
ATTACK = re.compile(r"<script>alert|<img src=x")
PLACES = (
    "", "/connections", f"/connections/{HERE}", "/connections/new", f"/connections/{HERE}/settings",
    f"/pulse/{HERE}", "/log", "/log/news", "/jobs", "/jobs?state=waiting", "/jobs?state=held",
    "/record", "/record?q=1", "/sync", "/sync/quarantine?link=link",
    "/exchange", "/exchange/orders", "/sync/conflicts", "/sync/conflicts?link=link",
    "/sync/links/link/matching", "/sync/links/link/compare", "/mapping", "/audit", "/errors",
)  # fmt: skip


def open_page(
    browser: Browser, place: str, *, language: str = "en", part: str = "", **headers: str
) -> Reply:
    path, _, query = place.partition("?")
    pairs = dict(one.split("=", 1) for one in query.split("&")) if query else None
    own = {"accept": "text/html", "accept-language": language, **headers}
    if part:
        own |= {"hx-request": "true", "hx-target": part}
    return browser.call("GET", f"/admin{path}", query=pairs, headers=own)


def send_form(browser: Browser, place: str, fields: Mapping[str, str], **headers: str) -> Reply:
    own = {"accept": "text/html", "content-type": "application/x-www-form-urlencoded", **headers}
    own["x-csrf-token"] = ""  # a plain form has no headers of its own
    return browser.call("POST", f"/admin{place}", urlencode(fields), headers=own)


@cache
def quiet() -> AdminRig:
    """An admin that nobody changes."""
    return AdminRig()


@cache
def visitor(role: Role) -> Browser:
    return quiet().browser(LOGINS[role])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", PLACES)
def test_every_page_is_there_for_every_role(place: str, role: Role) -> None:
    reply = open_page(visitor(role), place)
    assert reply.status == 200, reply.text[-500:]
    assert reply.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("place", PLACES)
def test_every_page_speaks_russian(place: str) -> None:
    reply = open_page(visitor(Role.ADMIN), place, language="ru-RU,ru;q=0.9")
    assert reply.status == 200
    if "<html" in reply.text:
        assert '<html lang="ru"' in reply.text
        assert "Обзор" in reply.text


@pytest.mark.parametrize("place", PLACES)
def test_a_page_holds_no_script_or_style_of_its_own_and_no_absolute_address(place: str) -> None:
    # THEN the policy has nothing to forbid, and a prefix of the emulator does no harm
    text = open_page(visitor(Role.ADMIN), place).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)
    assert not re.search(r'(?:href|src|action|hx-get|hx-post)="(?:/|https?:)', text)


def test_a_stranger_signs_in_and_comes_back() -> None:
    rig = AdminRig()
    reply = open_page(rig.browser(), "/log?q=status:5xx")
    place = quote("/admin/log?q=status%3A5xx", safe="")
    assert (reply.status, reply.headers["Location"]) == (303, f"../admin/login?to={place}")


def test_a_tool_that_asks_the_same_address_gets_json() -> None:
    reply = quiet().send("GET", "/admin/health")
    assert reply.status == 401
    assert "json" in reply.headers["Content-Type"]


def test_what_is_not_there_is_said_in_words() -> None:
    for place, part in (("/nothing", ""), ("/connections/none", ""), ("/connections/none", "x")):
        reply = open_page(visitor(Role.VIEWER), place, part=part)
        assert reply.status == 404
        assert "class=" in reply.text


def test_a_form_without_the_token_or_of_another_page_changes_nothing() -> None:
    rig = AdminRig()
    admin = rig.browser(LOGINS[Role.ADMIN])
    for fields, headers in (
        ({"mode": "paused"}, {}),
        ({"mode": "paused", "csrf": "wrong"}, {}),
        ({"mode": "paused", "csrf": admin.csrf}, {"origin": "https://evil.example"}),
    ):
        assert send_form(admin, f"/connections/{HERE}/mode", fields, **headers).status == 403
    assert rig.rig.book.get(HERE).mode.value == "live"


def test_an_operator_pauses_and_a_viewer_may_not() -> None:
    rig = AdminRig()
    viewer, operator = (rig.browser(LOGINS[role]) for role in (Role.VIEWER, Role.OPERATOR))
    path = f"/connections/{HERE}/mode"
    refused = send_form(viewer, path, {"mode": "paused", "csrf": viewer.csrf})
    assert refused.status == 403
    assert "/mode" not in open_page(viewer, f"/connections/{HERE}").text
    done = send_form(operator, path, {"mode": "paused", "csrf": operator.csrf})
    assert (done.status, done.headers["Location"]) == (303, f"../../../admin/connections/{HERE}")
    assert rig.rig.book.get(HERE).mode.value == "paused"
    # THEN the next page says so once
    assert SAID_COOKIE in operator.cookies
    assert "The connection is now" in open_page(operator, f"/connections/{HERE}").text
    assert "The connection is now" not in open_page(operator, f"/connections/{HERE}").text


def test_settings_are_entered_corrected_shown_as_a_difference_and_saved() -> None:
    rig = AdminRig()
    admin = rig.browser(LOGINS[Role.ADMIN])
    fields = {"csrf": admin.csrf, "integration": "shelf", "version": "0", "id": "fresh"}
    # WHEN a required field is missing THEN the message stands at the field and nothing is saved
    wrong = send_form(admin, "/connections/new", {**fields, "secrets.api_key": "key-0000-canary"})
    assert wrong.status == 422
    assert 'aria-invalid="true" aria-describedby="wrong-settings.name"' in wrong.text
    assert "key-0000-canary" not in wrong.text
    # WHEN it is corrected and looked over THEN the difference is shown and still nothing is saved
    right = {**fields, "settings.name": PAYLOAD, "secrets.api_key": "key-0000-canary"}
    review = send_form(
        admin, "/connections/new", right, **{"hx-request": "true", "hx-target": "review"}
    )
    assert review.status == 200
    assert "&lt;script&gt;alert" in review.text
    assert not ATTACK.search(review.text)
    assert "key-0000-canary" not in review.text
    assert rig.rig.book.now("fresh") is None
    # WHEN it is saved
    assert send_form(admin, "/connections/new", right).status == 303
    saved = rig.rig.book.get("fresh")
    assert saved.settings == {"name": PAYLOAD}
    for place in ("/connections/fresh", "/connections/fresh/settings", "/audit", ""):
        text = open_page(admin, place).text
        assert not ATTACK.search(text)
        assert "key-0000-canary" not in text


def test_what_others_have_sent_is_shown_as_text() -> None:
    # GIVEN a payload in every place that somebody outside can write to
    rig = AdminRig()
    rig.rig.here.put(PAYLOAD, PAYLOAD)
    admin = rig.browser(LOGINS[Role.ADMIN])
    fields = {"csrf": admin.csrf, "resource": RESOURCE, "key": PAYLOAD}
    sent = send_form(admin, f"/connections/{HERE}/test", fields)
    assert sent.status == 303
    rig.rig.there.errors[PAYLOAD] = ValueError(PAYLOAD)
    rig.rig.work()
    # THEN no page holds it but escaped
    seen = 0
    places = ["", "/log", "/jobs", "/record", "/audit", "/sync"]
    for place in [*places, f"/record?q={PAYLOAD}", f"/log?q={PAYLOAD}", f"/errors?q={PAYLOAD}"]:
        path, _, value = place.partition("?q=")
        reply = admin.call(
            "GET", f"/admin{path}", query={"q": value} if value else None,
            headers={"accept": "text/html"},
        )  # fmt: skip
        assert reply.status == 200
        assert not ATTACK.search(reply.text), place
        seen += "&lt;script&gt;alert" in reply.text
    assert seen >= 4


def test_a_file_is_kept_for_a_year_and_is_there_for_strangers() -> None:
    text = open_page(visitor(Role.VIEWER), "").text
    for address in re.findall(r'"(?:\.\./)*admin/(static/[^"?]+)\?v=', text):
        reply = quiet().send("GET", f"/admin/{address}", headers={"host": HOST, "origin": PUBLIC})
        assert reply.status == 200
        assert "immutable" in reply.headers["Cache-Control"]
    assert quiet().send("GET", "/admin/static/../site.py").status == 401


def test_language_and_theme_are_chosen_and_lead_back_to_our_own_page_only() -> None:
    rig = AdminRig()
    viewer = rig.browser(LOGINS[Role.VIEWER])
    fields = {"csrf": viewer.csrf, "language": "ru", "theme": "dark", "back": "/admin/log"}
    assert send_form(viewer, "/look", fields).headers["Location"] == "../admin/log"
    text = open_page(viewer, "/log").text
    assert '<html lang="ru" data-theme="dark">' in text
    for place in ("//evil.example", "https://evil.example", "/admin//evil.example", "/other"):
        assert send_form(viewer, "/look", {**fields, "back": place}).headers[
            "Location"
        ] == "../admin"  # fmt: skip


def test_routes_are_named_once() -> None:
    routes: list[Route] = list(quiet().front.site.routes)  # type: ignore[attr-defined]  # Pages is narrower
    assert len({(route.method, route.path) for route in routes}) == len(routes)
