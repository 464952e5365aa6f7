"""Sessions: old clients and new ones, versions agreed on, hours of work, one connection each."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from mostik.commerceml.calls import COOKIE
from mostik.commerceml.client import Manners
from mostik.commerceml.client_flow import Sendable, push_portion
from mostik.commerceml.client_reply import SiteRefuses
from mostik.commerceml.imports import State
from mostik.commerceml.protocol import Answer, Word
from mostik.commerceml.rules import FILE_LIMIT, Rules, agreed_schema, rules_from
from mostik.commerceml.sessions import LONGEST_SESSION_SECONDS, SESSION_SECONDS, noted
from tests.support.exchange import LOGIN, PASSWORD, Site, at_once, basic

INIT = "type=catalog&mode=init"


@pytest.fixture
def site() -> Site:
    return at_once(Site())


def cookie_of(answer: Answer) -> str:
    return f"{COOKIE}={answer.lines[1]}"


@pytest.mark.parametrize(
    ("manners", "what"),
    [
        (Manners(), "a modern client"),
        (Manners(knows_sessid=False), "no sessid"),
        (Manners(repeats_login=True), "the login with every call"),
        (Manners(repeats_login=True, keeps_cookie=False, knows_sessid=False), "no cookie"),
        (Manners(repeats_login=True, keeps_cookie=False), "no cookie, but a sessid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("schema", [None, "2.10"])
def test_old_clients_and_new_ones_get_through(
    site: Site, manners: Manners, what: str, schema: str | None
) -> None:
    # GIVEN a client with its habits
    client = site.client(schema=schema, manners=manners)
    # WHEN it sends a file
    pushed = push_portion(client, [Sendable.of_bytes("import.xml", b"<a></a>")])
    # THEN it is imported
    assert pushed.imported == ("import.xml",), what
    (row,) = site.imports.of("onec")
    assert row.state is State.DONE
    assert row.schema == schema


def test_a_client_with_neither_cookie_nor_login_is_told_to_begin_anew(site: Site) -> None:
    site.call()
    answer = site.call(INIT, login=None)
    assert answer.word is Word.FAILURE
    assert "начните обмен заново" in answer.lines[0]


def test_a_connection_may_insist_on_sessid() -> None:
    # GIVEN a connection whose owner has switched the check on
    site = at_once(Site(Rules(sessid_required=True)))
    document = [Sendable.of_bytes("import.xml", b"<a></a>")]
    # WHEN clients with and without come
    push_portion(site.client(), document)
    with pytest.raises(SiteRefuses, match="не передан sessid"):
        push_portion(site.client(manners=Manners(knows_sessid=False)), document)


def test_init_has_exactly_two_lines_and_no_third(site: Site) -> None:
    # GIVEN 1C that names no version
    answer = site.call(INIT, cookie=cookie_of(site.call()))
    # THEN it reads two lines: with an LF at the end it would see three, and refuse
    assert answer.body() == f"zip=yes\nfile_limit={FILE_LIMIT}".encode()


def test_init_has_four_lines_for_1c_that_names_a_version(site: Site) -> None:
    # GIVEN 1C that names one
    opened = site.call()
    answer = site.call(f"{INIT}&version=2.09", cookie=cookie_of(opened))
    # THEN it reads four, and the new sessid is as good as the first
    lines = answer.body().decode().split("\n")
    assert lines[:2] == ["zip=yes", f"file_limit={FILE_LIMIT}"]
    assert lines[3:] == ["version=2.09"]
    for sessid in (lines[2], opened.lines[2]):
        again = site.call(f"{INIT}&{sessid}", cookie=cookie_of(opened), login=None)
        assert again.word is Word.SUCCESS
    # AND one that it sends comes back
    echo = site.call(f"{INIT}&version=2.09&{lines[2]}", cookie=cookie_of(opened))
    assert parse_qs(lines[2])["sessid"][0] in echo.body().decode()


@pytest.mark.parametrize(
    ("asked", "agreed"),
    [
        ("2.08", "2.08"), ("2.09", "2.09"), ("2.10", "2.10"), ("2.1", "2.05"), ("3.1", "2.10"),
        ("2.04", "2.05"), ("1.0", "2.05"), ("", "2.10"), ("x", "2.10"), ("2.08.1", "2.10"),
        ("99999999999.1", "2.10"), ("2.٨", "2.10"),
    ],
)  # fmt: skip
def test_the_schema_is_the_newest_that_both_speak(asked: str, agreed: str) -> None:
    assert agreed_schema(asked) == agreed


@pytest.mark.parametrize("limit", [0, -1, 10**9, 500_000])
def test_a_limit_that_lambda_cannot_hold_is_never_offered(limit: int) -> None:
    # GIVEN any setting: 0 and less would mean "do not split" to 1C
    site = Site(Rules(file_limit=limit, zip=False))
    answer = site.call(INIT, cookie=cookie_of(site.call()))
    # THEN 1C splits
    lines = answer.body().decode().split("\n")
    assert lines[0] == "zip=no"
    assert 0 < int(lines[1].removeprefix("file_limit=")) <= FILE_LIMIT


@pytest.mark.parametrize(
    ("settings", "rules"),
    [
        ({}, Rules()),
        ({"exchange": None}, Rules()),
        ({"exchange": "x"}, Rules()),
        ({"exchange": {"sessid_required": True, "zip": 0, "file_limit": "9"}},
         Rules(sessid_required=True)),
        ({"exchange": {"hold_seconds": 5, "most_orders": 10.0, "unknown": 1}},
         Rules(hold_seconds=5.0, most_orders=10)),
        ({"exchange": {"idle_seconds": -5, "file_limit": True}}, Rules()),
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_left_as_usual(
    settings: dict[str, object], rules: Rules
) -> None:
    assert rules_from(settings) == rules


def test_a_session_that_is_used_goes_on_and_one_that_is_not_ends(site: Site) -> None:
    # GIVEN a session
    cookie = cookie_of(site.call())
    query = "type=catalog&mode=file&filename=a.xml"
    # WHEN it is used every five hours
    for _ in range(4):
        site.clock.advance(SESSION_SECONDS - 3_600)
        assert site.call(query, cookie=cookie, login=None, body=b"x").word is Word.SUCCESS
    # THEN it lives, until it has been unused for too long
    site.clock.advance(SESSION_SECONDS)
    assert site.call(query, cookie=cookie, login=None, body=b"x").word is Word.FAILURE


def test_no_session_lives_for_ever(site: Site) -> None:
    # GIVEN a session that is used all the time
    cookie = cookie_of(site.call())
    words = []
    for _ in range(LONGEST_SESSION_SECONDS // 3_600 + 1):
        site.clock.advance(3_600)
        words.append(site.call("type=catalog&mode=complete", cookie=cookie, login=None).word)
    # THEN it ends after a day
    assert words[0] is Word.SUCCESS
    assert words[-1] is Word.FAILURE


def test_a_session_of_an_earlier_release_is_begun_anew(site: Site) -> None:
    # GIVEN a row that the release before wrote
    cookie = cookie_of(site.call())
    (row,) = [row for row in site.table.rows("exchange#") if "sessids" in row]
    old = {name: row[name] for name in ("pk", "sk", "kind", "opened_at", "expires_at")}
    site.table.put({**old, "sessid": row["sessids"][0]})
    # THEN 1C is told to begin anew
    assert "заново" in site.call(INIT, cookie=cookie, login=None).lines[0]


@pytest.mark.parametrize(
    "header",
    [
        "a=b; {cookie}",
        "{cookie}; a=b",
        "{cookie};",
        " {cookie} ",
        "a=b, {cookie}",
        'bad name="x;y"; {cookie}',
        "=; ;;{cookie}",
    ],
)
def test_the_cookie_is_found_among_others(site: Site, header: str) -> None:
    cookie = cookie_of(site.call())
    answer = site.call(INIT, cookie=header.format(cookie=cookie), login=None)
    assert answer.word is Word.SUCCESS


def test_a_cookie_that_is_over_is_not_saved_by_a_login(site: Site) -> None:
    # GIVEN a session that is over, and a younger one of the same login
    old = cookie_of(site.call())
    site.clock.advance(SESSION_SECONDS)
    site.call()
    # WHEN the old cookie comes with the login
    answer = site.call(INIT, cookie=old)
    # THEN it does not slip into the other session
    assert answer.word is Word.FAILURE


def test_what_was_done_last_is_known(site: Site) -> None:
    # WHEN 1C exchanges
    first = site.clock()
    site.call()
    site.clock.advance(10)
    client = site.client("sale")
    client.check_auth()
    client.query()
    # THEN "nothing since" can be told of each
    seen = noted(site.table, "onec")
    assert {what: row["at"] - first for what, row in seen.items()} == {
        "catalog": 0, "sale": 10, "query": 10,
    }  # fmt: skip


def test_a_wrong_password_leaves_no_trace_in_the_log(site: Site) -> None:
    site.call(login=f"{LOGIN}:{PASSWORD}-wrong")
    site.call(INIT, login=None, headers={"authorization": basic(f"{LOGIN}:{PASSWORD}")})
    assert PASSWORD not in "".join(site.lines)


@pytest.mark.parametrize("kind", ["catalog", "sale", "reference"])
def test_an_unknown_mode_lists_those_that_exist(site: Site, kind: str) -> None:
    answer = site.call(f"type={kind}&mode=listen", cookie=cookie_of(site.call()))
    assert answer.word is Word.FAILURE
    assert "checkauth, init, file, import" in answer.lines[0]
