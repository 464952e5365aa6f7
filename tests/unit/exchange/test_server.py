"""The exchange with 1C over ports in memory: login, session, and words for the 1C programmer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerceml.logins import FAILURES_A_MINUTE
from mostik.commerceml.protocol import Word, failure
from mostik.commerceml.server import COOKIE, SESSION_SECONDS
from tests.support.exchange import LOGIN, PASSWORD, Site, door


@pytest.fixture
def onec() -> Site:
    return Site()


@pytest.mark.parametrize("kind", ["catalog", "sale"])
def test_1c_logs_in_and_gets_a_cookie_and_a_session(onec: Site, kind: str) -> None:
    # WHEN 1C calls checkauth with its login
    answer = onec.call(f"type={kind}&mode=checkauth")
    # THEN the lines that it copies into its next requests follow, each ended by LF
    lines = answer.body().decode("windows-1251").split("\n")
    assert lines[:2] == ["success", COOKIE]
    assert len(lines[2]) == 32
    assert lines[3].startswith("sessid=")
    assert lines[-1] == ""
    assert (f"timestamp={int(onec.clock())}" in lines) is (kind == "catalog")


def test_the_table_opens_no_session(onec: Site) -> None:
    # WHEN a session was opened
    answer = onec.call()
    # THEN neither its token nor its sessid can be read from the table, which forgets it in time
    kept = repr(onec.table.rows("exchange#"))
    token, sessid = answer.lines[1], answer.lines[2].removeprefix("sessid=")
    assert token not in kept
    assert sessid not in kept
    ends = {row["expires_at"] for row in onec.table.rows("exchange#") if "expires_at" in row}
    assert ends == {int(onec.clock()) + SESSION_SECONDS}


@pytest.mark.parametrize("login", [None, "", "onec", "onec:", ":", f"other:{PASSWORD}", "onec:no"])
def test_a_wrong_login_reads_failure_and_nothing_else(onec: Site, login: str | None) -> None:
    # WHEN 1C calls with another login
    answer = onec.call(login=login)
    # THEN it reads failure, no session was opened, and the sentence does not say what was wrong
    assert (answer.word, answer.status) == (Word.FAILURE, 401)
    assert answer.lines == onec.call(connection="nobody").lines
    assert len(onec.table) == 0


@pytest.mark.parametrize("connection", ["nobody", "", "../admin", "ONEC", "x" * 40, "onec\n"])
def test_an_unknown_address_reads_like_a_wrong_login(onec: Site, connection: str) -> None:
    # THEN nobody learns which connections exist
    assert onec.call(connection=connection) == onec.call(login="onec:no")


def test_guessing_is_limited_and_a_right_login_elsewhere_is_not(onec: Site) -> None:
    # GIVEN an address that has tried very often
    for _ in range(FAILURES_A_MINUTE):
        assert onec.call(login="onec:no").status == 401
    # THEN it is told to wait, in 1C's words, whatever it tries: not even the right one is looked at
    for login in ("onec:no", f"{LOGIN}:{PASSWORD}"):
        limited = onec.call(login=login)
        assert (limited.word, limited.status) == (Word.FAILURE, 429)
    # AND the right login from elsewhere is let in, and a minute later from there, too
    assert onec.call(source_ip="203.0.113.8").word is Word.SUCCESS
    onec.clock.advance(61)
    assert onec.call().word is Word.SUCCESS


def test_an_office_whose_1c_has_logged_in_is_not_locked_out_by_a_wrong_one_beside_it(
    onec: Site,
) -> None:
    # GIVEN an address that knows the login
    assert onec.call().word is Word.SUCCESS
    # WHEN something else there tries a wrong one over and over
    for _ in range(FAILURES_A_MINUTE + 5):
        onec.call(login="onec:no")
    # THEN its 1C still gets in
    assert onec.call().word is Word.SUCCESS


def test_a_network_of_addresses_counts_as_one(onec: Site) -> None:
    # WHEN somebody guesses from ever new addresses of his IPv6 network
    for number in range(FAILURES_A_MINUTE):
        onec.call(login="onec:no", source_ip=f"2001:db8:1:2::{number:x}")
    # THEN the next one is not looked at
    assert onec.call(login="onec:no", source_ip="2001:db8:1:2:ffff::1").status == 429
    assert onec.call(login="onec:no", source_ip="2001:db8:1:3::1").status == 401


def test_asking_without_a_login_is_no_guess(onec: Site) -> None:
    # GIVEN a client that always asks without credentials first
    for _ in range(2 * FAILURES_A_MINUTE):
        onec.call(login=None)
    # THEN it is let in with them
    assert onec.call().word is Word.SUCCESS


def test_a_password_that_was_changed_a_moment_ago_works_at_once() -> None:
    # GIVEN a container that remembers the old password
    onec = Site()
    old = onec.secrets.documents["door/onec"]
    onec.secrets.documents["door/onec"] = door(password="the-new-one")
    onec.secrets.read = lambda name: old  # type: ignore[method-assign]  # noqa: ARG005 - a cache
    # WHEN 1C comes with the new one
    # THEN it is let in, and who has neither is not
    assert onec.call(login="onec:the-new-one").word is Word.SUCCESS
    assert onec.call(login="onec:no").status == 401


@pytest.mark.parametrize("document", ["junk", "{}", door(scheme="hmac"), door(scheme="no-such")])
def test_a_door_that_is_set_up_wrongly_is_the_administrators(onec: Site, document: str) -> None:
    # GIVEN a broken door document
    onec.secrets.documents["door/onec"] = document
    # WHEN 1C calls
    answer = onec.call()
    # THEN its programmer reads that it is not his fault, and the log says what is wrong, without
    # the password
    assert answer.word is Word.FAILURE
    assert "администратор" in answer.lines[0]
    assert any("set up wrongly" in line for line in onec.lines)
    assert PASSWORD not in "".join(onec.lines)


@pytest.mark.parametrize(("port", "operation"), [("secrets", "read"), ("table", "put")])
def test_a_busy_service_asks_to_repeat_the_exchange(onec: Site, port: str, operation: str) -> None:
    # GIVEN a service behind us that is away
    getattr(onec, port).fail_next(operation)
    # THEN 1C reads failure with a sentence that says so
    answer = onec.call()
    assert answer.word is Word.FAILURE
    assert "повторите" in answer.lines[0]


@pytest.mark.parametrize("query", ["", "type=catalog", "mode=checkauth", "type=x&mode=checkauth"])
def test_an_unknown_type_or_mode_is_answered_in_words(onec: Site, query: str) -> None:
    # WHEN 1C asks for something that does not exist
    answer = onec.call(query)
    # THEN the first line is failure and a sentence follows
    assert answer.word is Word.FAILURE
    assert answer.lines[0]


@given(
    query=st.text(max_size=60), cookie=st.text(max_size=60), login=st.none() | st.text(max_size=20)
)
def test_any_call_is_answered_with_one_of_three_words(
    query: str, cookie: str, login: str | None
) -> None:
    # GIVEN whatever arrives
    onec = Site()
    for asked in (query, f"type=catalog&mode=init&{query}", f"type=sale&mode=checkauth&{query}"):
        answer = onec.call(asked, cookie=cookie, login=login)
        # THEN line 1 is a word of the protocol, and the bytes are what the header says
        first = answer.body().decode("windows-1251").split("\n")[0]
        assert first in set(Word)


def test_what_windows_1251_lacks_is_escaped_and_lines_end_with_lf() -> None:
    # GIVEN an answer with a sign that the encoding does not know
    answer = replace(failure("Ошибка 😀"), lines=("Ошибка 😀", "b"))
    # THEN nothing breaks
    assert answer.body().decode("windows-1251") == "failure\nОшибка &#128512;\nb\n"
