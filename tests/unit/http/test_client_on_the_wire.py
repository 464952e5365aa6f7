"""What the client puts on the wire, what it makes of odd answers, and what it keeps of both."""

from __future__ import annotations

import gzip
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import BaseModel
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import (
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)

from mostik.errors import ConfigurationError, Family, GiveUp, RetryLater, Unknown
from mostik.http.auth import Bearer
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import never_connected, open_session
from mostik.http.timeouts import Timeouts
from mostik.http.trail import Trail
from mostik.requestlog.entry import Direction, LogEntry
from tests.support.fault_server import FaultServer, Script, answers, hangs, pours, raw, resets

pytestmark = pytest.mark.loopback

KEY = "the-api-key-of-this-test"
READ = Endpoint("GET", "orders/{id}", Replay.SAFE)
CREATE = Endpoint("POST", "orders", Replay.UNSAFE)
KEYED = Endpoint("POST", "orders", Replay.KEYED)
OK = answers("200 OK", b'{"id": "1"}')


@dataclass
class Caller:
    """A client of a server, and what it did.

    Attributes:
        entries: the log.
        slept: waits between quick repeats, which take no time here.
        remaining: seconds that the invocation says it has left.
    """

    server: FaultServer
    remaining: float = 60.0
    read_timeout: float = 0.3
    entries: list[LogEntry] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = open_session(4, Reach(("127.0.0.0/8",)))

    @property
    def client(self) -> ApiClient:
        """The client, bound to a job."""
        client = ApiClient(
            connection="shop",
            base_url=self.server.url,
            session=self.session,
            auth=Bearer(KEY),
            dialect=Dialect(errors={}),
            redactor=Redactor([KEY]),
            effects=Effects(time.time, self.slept.append, lambda: 0.5),
            timeouts=Timeouts(connect=1.0, read=self.read_timeout, total=60.0),
            most_bytes=1_000_000,
        )
        trail = Trail(
            remaining=lambda: self.remaining,
            record_entry=self.entries.append,
            job="shop/orders/1",
            event="shop:msg_1",
            record="orders/1",
            trace="trace-1",
        )
        return client.following(trail)

    def read(self) -> Any:
        """Reads order 1."""
        return self.client.request(READ, path={"id": 1}).content

    def create(self, endpoint: Endpoint = CREATE) -> Any:
        """Creates an order."""
        return self.client.request(endpoint, body={"number": "А-1"}).content


@contextmanager
def calling(*scripts: Script) -> Iterator[Caller]:
    """A caller of a server with these scripts."""
    with FaultServer(scripts) as server:
        caller = Caller(server)
        with caller.session:
            yield caller


def test_a_call_is_sent_as_it_was_asked_for() -> None:
    # GIVEN a call with everything that a call can have
    with calling(OK) as caller:
        caller.client.request(
            Endpoint("PUT", "orders/{id}/lines", Replay.SAFE),
            path={"id": "a/b ж?"},
            query={"page": 2},
            body={"name": "Пётр"},
            headers={"X-Extra": "1"},
        )
        # THEN the wire saw one segment, our key, and JSON in UTF-8
        (head,) = caller.server.requests
        first, *headers = head.split("\r\n")
        assert first == "PUT /api/orders/a%2Fb%20%D0%B6%3F/lines?page=2 HTTP/1.1"
        assert f"Authorization: Bearer {KEY}" in headers
        assert "X-Extra: 1" in headers
        assert "Content-Type: application/json" in headers
        assert caller.entries[0].request.size == len('{"name": "Пётр"}'.encode())


def test_each_exchange_says_what_it_belongs_to_and_keeps_no_secret() -> None:
    # GIVEN a server that is down for a moment and repeats what it was sent
    repeats = answers("503 Busy", f'{{"seen": "{KEY}"}}'.encode(), f"X-Seen: {KEY}")
    with calling(repeats, answers("200 OK", b"{}", "Set-Cookie: session=abc")) as caller:
        caller.read()
        # THEN both exchanges are in the log, with their job, event, record and trace
        first, second = caller.entries
        assert (first.status, first.family, first.attempt) == (503, Family.RETRY_LATER, 1)
        assert (second.status, second.family, second.attempt) == (200, None, 2)
        for entry in caller.entries:
            assert (entry.endpoint, entry.direction) == ("orders/{id}", Direction.OUT)
            assert (entry.job, entry.event) == ("shop/orders/1", "shop:msg_1")
            assert (entry.record, entry.trace) == ("orders/1", "trace-1")
        # AND the key is nowhere, wherever the other side put it; nor is its cookie
        assert KEY not in repr(caller.entries)
        assert "abc" not in repr(second.response.headers)


@pytest.mark.parametrize("lost", [resets, raw(b""), hangs], ids=["reset", "closed", "silent"])
def test_a_keyed_write_and_a_read_are_repeated_when_their_answer_is_lost(lost: Script) -> None:
    # WHEN the answer to a create with an idempotency key is lost
    with calling(lost, OK) as caller:
        # THEN it is sent once more
        assert caller.create(KEYED) == {"id": "1"}
        assert len(caller.server.requests) == 2
    # WHEN no answer to a read comes
    with calling(lost) as caller:
        with pytest.raises(RetryLater):
            caller.read()
        # THEN three tries with short waits are the most that one attempt makes
        assert len(caller.server.requests) == len(caller.entries) == 3
        assert all(0 < wait < 1 for wait in caller.slept)


def test_a_redirect_takes_our_key_nowhere() -> None:
    # GIVEN a server that points at another one
    with (
        FaultServer([OK]) as other,
        calling(answers("302 Found", b"", f"Location: {other.url}orders/1")) as caller,
    ):
        # THEN a person is told, and the other server saw nothing
        with pytest.raises(ConfigurationError):
            caller.read()
        assert other.requests == []


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:99999/", "", "//"])
def test_a_hostile_redirect_is_a_redirect_like_any_other(location: str) -> None:
    # GIVEN a place that no reader of URLs likes
    with calling(answers("301 Moved", b"", f"Location: {location}")) as caller:
        # THEN it is not even looked at
        with pytest.raises(ConfigurationError):
            caller.read()
        assert [entry.status for entry in caller.entries] == [301]


def test_the_body_of_a_redirect_is_not_read_without_end() -> None:
    # GIVEN a redirect that comes with very much
    def redirects(connection: Any) -> None:
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 999999999\r\n\r\n"
        )
        pours(100_000_000)(connection)

    with calling(redirects) as caller, pytest.raises(GiveUp):
        # THEN no more than the limit is read
        caller.read()


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":1', b"\xff\xfe", b"9" * 10_000])
def test_json_that_breaks_a_careless_parser_is_not_understood(body: bytes) -> None:
    # GIVEN such an answer
    with calling(answers("200 OK", body)) as caller:
        # THEN it is one error in the log, and a create may have happened
        with pytest.raises(Unknown):
            caller.create()
        assert [entry.family for entry in caller.entries] == [Family.UNKNOWN]


def test_half_a_surrogate_pair_in_an_answer_can_be_stored() -> None:
    # GIVEN JSON that escapes half an emoji, as text cut by another program does
    with calling(answers("200 OK", rb'{"name": "cut \ud83d"}')) as caller:
        # THEN neither the record nor the log entry breaks what comes after
        assert caller.read()["name"].encode()
        assert caller.entries[0].response.body


def test_an_answer_without_a_body_is_an_answer() -> None:
    # GIVEN 204
    with calling(answers("204 No Content", b"")) as caller:
        # THEN there is no content
        assert caller.read() is None


def test_a_compressed_answer_is_read_and_a_broken_one_is_a_lost_one() -> None:
    # GIVEN gzip, and what only says so
    packed = answers("200 OK", gzip.compress(b'{"id": "1"}'), "Content-Encoding: gzip")
    broken = answers("200 OK", b"not gzip at all", "Content-Encoding: gzip")
    with calling(packed, broken) as caller:
        # THEN the first is JSON again, and the second may have been anything
        assert caller.read() == {"id": "1"}
        with pytest.raises(Unknown):
            caller.create()


def test_no_call_lasts_longer_than_the_invocation() -> None:
    # GIVEN 4.2 seconds that are left, three of them for the outcome, and a server that is silent
    with calling(hangs) as caller:
        caller.remaining, caller.read_timeout = 4.2, 30.0
        began = time.monotonic()
        with pytest.raises(Unknown):
            caller.create()
        # THEN the call ends in time
        assert time.monotonic() - began < 2.0


def test_a_password_file_of_the_machine_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # GIVEN a machine with a .netrc for this very host
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    # WHEN a call is made
    with calling(OK) as caller:
        caller.read()
        # THEN it carried our own key
        assert f"Authorization: Bearer {KEY}" in caller.server.requests[0]


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_key_never_leads_to_another_address(value: str) -> None:
    # GIVEN a key that every reader of URLs would resolve
    with calling(OK) as caller:
        # THEN the job fails, and nothing is sent
        with pytest.raises(GiveUp):
            caller.client.request(READ, path={"id": value})
        assert caller.server.requests == []


class Order(BaseModel):
    """What a reader needs."""

    id: str
    total: int


def test_an_answer_that_lacks_fields_names_them_and_not_their_values() -> None:
    # GIVEN an answer of another shape, with data in it
    with calling(answers("200 OK", b'{"id": ["+7 900 000"], "total": "much"}')) as caller:
        # WHEN it is read into a model
        with pytest.raises(GiveUp) as read:
            caller.client.fetch(Order, READ, path={"id": 1})
        # THEN a developer learns which fields, and no value
        assert "id, total" in read.value.text
        assert "900" not in read.value.text
        assert "much" not in read.value.text
        # AND what was created is looked up
        with pytest.raises(Unknown):
            caller.client.fetch(Order, CREATE, body={})


def test_a_long_body_is_kept_in_part_with_its_true_size() -> None:
    # GIVEN a long answer
    body = b'{"text": "' + b"x" * 400_000 + b'"}'
    with calling(answers("200 OK", body)) as caller:
        caller.read()
        # THEN the log does not keep it all, and says how much there was
        (entry,) = caller.entries
        assert entry.response.size == len(body)
        assert len(entry.response.body) <= 262_144


def test_of_a_long_list_the_log_keeps_whole_elements() -> None:
    # GIVEN an answer with thousands of rows, longer than the log keeps
    body = json.dumps({"rows": [{"id": number} for number in range(40_000)]}).encode()
    with calling(answers("200 OK", body)) as caller:
        caller.read()
        # THEN what it keeps is JSON: the first rows, and how many there were besides
        (entry,) = caller.entries
        assert entry.response.size == len(body)
        rows = json.loads(entry.response.body)["rows"]
        assert rows[:2] == [{"id": 0}, {"id": 1}]
        assert rows[-1] == f"... {40_000 - len(rows) + 1} more"


POOL = HTTPSConnectionPool("api.example")
CONNECTION = HTTPSConnection("api.example")


@pytest.mark.parametrize(
    ("reason", "never"),
    [
        (NewConnectionError(CONNECTION, "refused"), True),
        (NameResolutionError("api.example", CONNECTION, OSError()), True),  # type: ignore[arg-type]  # any error will do
        (SSLError(ssl.SSLCertVerificationError("expired")), True),
        (SSLError(ssl.SSLEOFError("the peer hung up")), False),
        (SSLError(ssl.SSLError("bad record")), False),
        (ProtocolError("cut"), False),
    ],
    ids=["refused", "no name", "certificate", "tls hang-up", "tls record", "cut"],
)
def test_only_what_was_certainly_not_sent_counts_as_never_connected(
    reason: Exception, never: bool
) -> None:
    # GIVEN a connection error as requests reports it; over TLS a peer that hangs up after it has
    # read the request is reported like a failed handshake
    error = requests.exceptions.ConnectionError(MaxRetryError(POOL, "/", reason))
    # THEN only the certain cases allow an unsafe write to be repeated
    assert never_connected(error) is never


@pytest.mark.parametrize("arguments", [(), ("words",), (OSError(),)])
def test_an_error_that_says_nothing_may_have_been_sent(arguments: tuple[Any, ...]) -> None:
    # GIVEN a connection error without a reason
    # THEN it is doubted
    assert not never_connected(requests.exceptions.ConnectionError(*arguments))
