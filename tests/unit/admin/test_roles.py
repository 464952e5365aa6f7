"""Every route and every role: what is not allowed is refused before its input is looked at."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest

from mostik.admin.roles import Role
from mostik.admin.routing import PREFIX, Rule
from tests.support.adminrig import LOGINS, AdminRig, Browser, by_password

VIEWER = {
    "GET /session", "GET /openapi", "GET /overview", "GET /integrations", "GET /connections",
    "GET /connections/<connection>", "GET /connections/<connection>/versions",
    "GET /connections/<connection>/secrets", "GET /connections/<connection>/door", "GET /log",
    "GET /log/<entry>", "GET /jobs/failed", "POST /jobs/failed/count", "GET /jobs/waiting",
    "GET /jobs/held", "GET /jobs/one", "GET /jobs/replays", "GET /jobs/replays/<replay>",
    "GET /links", "GET /runs", "GET /runs/<run>", "GET /quarantine", "GET /records",
    "GET /records/one", "GET /audit", "GET /errors", "GET /exchange",
    "GET /exchange/<connection>/sessions", "GET /exchange/<connection>/sessions/<session>",
    "GET /exchange/<connection>/orders", "GET /exchange/<connection>/calls",
    "GET /conflicts", "GET /conflicts/count", "GET /conflicts/one", "GET /links/<link>/matching",
    "GET /links/<link>/document", "POST /links/<link>/preview",
    "GET /alerts", "GET /runs/<run>/diff", "GET /links/<link>/comparison",
    "GET /comparisons/<comparison>/differences",
}  # fmt: skip
OPERATOR = {
    "POST /connections/<connection>/mode", "POST /connections/<connection>/check",
    "POST /connections/<connection>/discover", "POST /connections/<connection>/test",
    "POST /connections/<connection>/open", "POST /log/<entry>/reveal", "POST /log/<entry>/replay",
    "POST /jobs/reveal", "POST /jobs/replay", "POST /jobs/replays",
    "POST /jobs/replays/<replay>/cancel", "POST /runs", "POST /runs/<run>/approve",
    "POST /runs/<run>/cancel", "POST /quarantine/retry", "POST /quarantine/drop",
    "POST /records/reveal", "POST /records/touch",
    "POST /exchange/<connection>/sessions/<session>/again",
    "POST /exchange/<connection>/orders/again", "POST /conflicts/reveal", "POST /conflicts/decide",
    "POST /conflicts/pair", "POST /conflicts/make", "POST /conflicts/leave",
    "POST /links/<link>/matching", "GET /links/<link>/matching/rows",
    "POST /links/<link>/matching/rows", "GET /links/<link>/matching/sheet",
    "POST /links/<link>/matching/sheet", "POST /links/<link>/preview/reveal",
    "POST /runs/<run>/pause", "POST /runs/<run>/resume", "POST /links/<link>/pause",
    "POST /links/<link>/resume", "POST /links/<link>/comparison",
    "POST /comparisons/<comparison>/go-on", "POST /comparisons/<comparison>/repair",
}  # fmt: skip
ADMIN = {
    "PUT /connections/<connection>", "POST /connections/<connection>/validate",
    "POST /connections/<connection>/restore", "PUT /connections/<connection>/secrets/<name>",
    "POST /connections/<connection>/secrets/back", "POST /connections/<connection>/door/secrets",
    "DELETE /connections/<connection>/door/secrets/<name>", "GET /connections/<connection>/export",
    "POST /imports/plan", "POST /imports", "POST /records/relink", "POST /records/unlink",
    "POST /links/<link>/matching/approve", "POST /links/<link>/matching/waive",
    "POST /links/<link>/document/check", "PUT /links/<link>/document",
}  # fmt: skip
MAY = {Role.VIEWER: VIEWER, Role.OPERATOR: VIEWER | OPERATOR, Role.ADMIN: VIEWER | OPERATOR | ADMIN}
ROUTES = sorted(VIEWER | OPERATOR | ADMIN)
_EXAMPLES = {"connection": "here", "entry": "0" * 26, "replay": "0" * 26, "run": "0" * 26,
             "session": "0" * 26, "link": "link", "comparison": "0" * 26}  # fmt: skip


@cache
def rig() -> AdminRig:
    """One admin for the whole table: nothing here succeeds in changing it."""
    return AdminRig()


@cache
def browser(role: Role) -> Browser:
    return rig().browser(LOGINS[role])


def path_of(route: str) -> tuple[str, str]:
    method, _, path = route.partition(" ")
    filled = re.sub(r"<(\w+)>", lambda found: _EXAMPLES.get(found[1], "name"), path)
    return method, PREFIX + filled


def test_the_table_names_every_route() -> None:
    assert {f"{rule.method} {rule.path}" for rule in rig().api.rules} == set(ROUTES)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ROUTES)
def test_a_role_may_what_the_table_says_and_nothing_else(route: str, role: Role) -> None:
    # GIVEN a request whose input is wrong, where it has one
    method, path = path_of(route)
    body = {"nonsense": True} if method != "GET" else None
    # WHEN
    reply = browser(role).call(method, path, body)
    # THEN whoever may not is told so; whoever may gets an answer about the input
    if route in MAY[role]:
        assert reply.status not in (401, 403), reply.text
        assert reply.status < 500, reply.text
    else:
        assert reply.status == 403
        needed = Role(reply.json["needs"])
        assert not role.covers(needed)
        assert route in MAY[needed]


@pytest.mark.parametrize("route", ROUTES)
def test_a_stranger_may_nothing(route: str) -> None:
    method, path = path_of(route)
    reply = rig().send(method, path)
    assert reply.status == 401
    assert reply.json["login"] == "/admin/login"


@pytest.mark.parametrize("route", ROUTES)
def test_the_generated_password_may_everything(route: str) -> None:
    method, path = path_of(route)
    body = {"nonsense": True} if method != "GET" else None
    assert rig().send(method, path, body, headers=by_password()).status not in (401, 403)


def test_what_is_no_route_is_not_found_for_everybody_who_has_signed_in() -> None:
    for role in Role:
        assert browser(role).call("GET", f"{PREFIX}/nothing").status == 404
        other = browser(role).call("DELETE", f"{PREFIX}/connections")
        assert (other.status, other.headers["Allow"]) == (405, "GET")
    assert rig().send("GET", f"{PREFIX}/nothing").status == 401


def test_a_higher_role_covers_a_lower_one() -> None:
    order = list(Role)
    for place, role in enumerate(order):
        assert [role.covers(other) for other in order] == [
            number <= place for number in range(len(order))
        ]


def test_a_rule_fits_its_own_path_only() -> None:
    rule = Rule("GET", "/connections/<connection>", Role.VIEWER)
    assert rule.fits("GET", "/admin/api/connections/a")
    assert not rule.fits("GET", "/admin/api/connections/a/b")
    assert not rule.fits("PUT", "/admin/api/connections/a")


def test_the_description_names_the_role_of_every_operation() -> None:
    document = json.loads(browser(Role.VIEWER).call("GET", f"{PREFIX}/openapi").text)
    said = {
        f"{method.upper()} {path.removeprefix(PREFIX)}".replace("{", "<").replace("}", ">"): op[
            "x-role"
        ]
        for path, item in document["paths"].items()
        for method, op in item.items()
    }
    assert set(said) == set(ROUTES)
    for route, role in said.items():
        assert [route in MAY[one] for one in Role] == [one.covers(Role(role)) for one in Role]
