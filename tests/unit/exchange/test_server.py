"""The exchange with 1C over ports in memory: login, session, and words for the 1C programmer."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mostik.commerceml.protocol import Answer, Word, failure
from mostik.commerceml.server import COOKIE, SESSION_SECONDS, Exchange
from mostik.connections.connection import is_connection_id
from mostik.inbound.refusals import FAILURES_A_MINUTE, Refusals
from mostik.inbound.request import InboundRequest
from tests.support.clock import FakeClock
from tests.support.memory import MemorySecrets, state_table

LOGIN, PASSWORD = "onec", "пароль:with-colon"


def door(login: str = LOGIN, password: str = PASSWORD, scheme: str = "basic") -> str:
    secrets = [{"id": "1", "value": f"{login}:{password}"}]
    return json.dumps({"v": 1, "scheme": scheme, "secrets": secrets})


class OneC:
    """A site's side of the exchange, and 1C that calls it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.secrets = MemorySecrets({"door/onec": door()})
        self.table = state_table()
        self.lines: list[str] = []
        numbers = count(1)
        self.exchange = Exchange(
            secrets=self.secrets,
            table=self.table,
            refusals=Refusals(self.lines.append, self.clock),
            clock=self.clock,
            random_bytes=lambda size: next(numbers).to_bytes(size, "big"),
            is_connection_id=is_connection_id,
        )

    def call(
        self,
        query: str = "type=catalog&mode=checkauth",
        *,
        connection: str = "onec",
        login: str | None = f"{LOGIN}:{PASSWORD}",
        cookie: str | None = None,
    ) -> Answer:
        """One call, as 1C makes it."""
        headers = {} if login is None else {"authorization": basic(login)}
        if cookie is not None:
            headers["cookie"] = cookie
        request = InboundRequest(
            method="GET",
            url=f"https://api.example/exchange/{connection}?{query}",
            query=query,
            headers=headers,
            body=b"",
            source_ip="203.0.113.7",
            received_at=int(self.clock()),
        )
        return self.exchange.answer(connection, request)


def basic(login: str) -> str:
    return "Basic " + b64encode(login.encode()).decode()


@pytest.fixture
def onec() -> OneC:
    return OneC()


@pytest.mark.parametrize("kind", ["catalog", "sale"])
def test_1c_logs_in_and_gets_a_cookie_and_a_session(onec: OneC, kind: str) -> None:
    # WHEN 1C calls checkauth with its login
    answer = onec.call(f"type={kind}&mode=checkauth")
    # THEN the lines that it copies into its next requests follow, each ended by LF
    lines = answer.body().decode("windows-1251").split("\n")
    assert lines[:2] == ["success", COOKIE]
    assert len(lines[2]) == 32
    assert lines[3].startswith("sessid=")
    assert lines[-1] == ""
    assert (f"timestamp={int(onec.clock())}" in lines) is (kind == "catalog")


def test_the_table_opens_no_session(onec: OneC) -> None:
    # WHEN a session was opened
    answer = onec.call()
    # THEN neither its token nor its sessid can be read from the table, which forgets it in time
    kept = repr(onec.table.rows())
    token, sessid = answer.lines[1], answer.lines[2].removeprefix("sessid=")
    assert token not in kept
    assert sessid not in kept
    assert onec.table.rows()[0]["expires_at"] == int(onec.clock()) + SESSION_SECONDS


@pytest.mark.parametrize("login", [None, "", "onec", "onec:", ":", f"other:{PASSWORD}", "onec:no"])
def test_a_wrong_login_reads_failure_and_nothing_else(onec: OneC, login: str | None) -> None:
    # WHEN 1C calls with another login
    answer = onec.call(login=login)
    # THEN it reads failure, no session was opened, and the sentence does not say what was wrong
    assert (answer.word, answer.status) == (Word.FAILURE, 401)
    assert answer.lines == onec.call(connection="nobody").lines
    assert len(onec.table) == 0


@pytest.mark.parametrize("connection", ["nobody", "", "../admin", "ONEC", "x" * 40, "onec\n"])
def test_an_unknown_address_reads_like_a_wrong_login(onec: OneC, connection: str) -> None:
    # THEN nobody learns which connections exist
    assert onec.call(connection=connection) == onec.call(login="onec:no")


def test_only_failures_are_limited(onec: OneC) -> None:
    # GIVEN an address that has tried very often
    for _ in range(FAILURES_A_MINUTE):
        assert onec.call(login="onec:no").status == 401
    # THEN it is told to wait, in 1C's words
    limited = onec.call(login="onec:no")
    assert (limited.word, limited.status) == (Word.FAILURE, 429)
    # AND the right login is still let in
    assert onec.call().word is Word.SUCCESS


def test_a_password_that_was_changed_a_moment_ago_works_at_once() -> None:
    # GIVEN a container that remembers the old password
    onec = OneC()
    old = onec.secrets.documents["door/onec"]
    onec.secrets.documents["door/onec"] = door(password="the-new-one")
    onec.secrets.read = lambda name: old  # type: ignore[method-assign]  # noqa: ARG005 - a cache
    # WHEN 1C comes with the new one
    # THEN it is let in, and who has neither is not
    assert onec.call(login="onec:the-new-one").word is Word.SUCCESS
    assert onec.call(login="onec:no").status == 401


@pytest.mark.parametrize("document", ["junk", "{}", door(scheme="hmac"), door(scheme="no-such")])
def test_a_door_that_is_set_up_wrongly_is_the_administrators(onec: OneC, document: str) -> None:
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
def test_a_busy_service_asks_to_repeat_the_exchange(onec: OneC, port: str, operation: str) -> None:
    # GIVEN a service behind us that is away
    getattr(onec, port).fail_next(operation)
    # THEN 1C reads failure with a sentence that says so
    answer = onec.call()
    assert answer.word is Word.FAILURE
    assert "повторите" in answer.lines[0]


@pytest.mark.parametrize("query", ["", "type=catalog", "mode=checkauth", "type=x&mode=checkauth"])
def test_an_unknown_type_or_mode_is_answered_in_words(onec: OneC, query: str) -> None:
    # WHEN 1C asks for something that does not exist
    answer = onec.call(query)
    # THEN the first line is failure and a sentence follows
    assert answer.word is Word.FAILURE
    assert answer.lines[0]


def test_a_session_is_asked_for_and_ends(onec: OneC) -> None:
    # GIVEN a session
    token = onec.call().lines[1]
    query = "type=catalog&mode=init"
    no_session = onec.call(query)
    # THEN another mode is let through with its cookie, and not without, with a foreign one, at
    # another connection, or when it has ended
    onec.secrets.documents["door/other"] = door()
    assert onec.call(query, cookie=f"a=b; {COOKIE}={token}") != no_session
    assert onec.call(query, cookie=f"{COOKIE}={'0' * 32}") == no_session
    assert onec.call(query, cookie=f"{COOKIE}={token}", connection="other") == no_session
    onec.clock.advance(SESSION_SECONDS)
    assert onec.call(query, cookie=f"{COOKIE}={token}") == no_session


@given(
    query=st.text(max_size=60), cookie=st.text(max_size=60), login=st.none() | st.text(max_size=20)
)
def test_any_call_is_answered_with_one_of_three_words(
    query: str, cookie: str, login: str | None
) -> None:
    # GIVEN whatever arrives
    onec = OneC()
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
