"""The client over real sockets: every fault has its family, and one log entry for each exchange."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from mostik.errors import ConfigurationError, GiveUp, MostikError, RateLimited, RetryLater, Unknown
from mostik.http.auth import Bearer
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.timeouts import Timeouts
from mostik.http.trail import Trail
from mostik.requestlog.entry import LogEntry
from tests.support.clock import FakeClock
from tests.support.fault_server import (
    FaultServer,
    Script,
    answers,
    bomb,
    drips,
    hangs,
    pours,
    raw,
    resets,
)

pytestmark = pytest.mark.loopback

READ = Endpoint("GET", "things/{id}", Replay.SAFE)
CREATE = Endpoint("POST", "things", Replay.UNSAFE)
KEY = "the-api-key-0000"
LOOPBACK = Reach(("127.0.0.0/8",))
OK = answers("200 OK", b'{"id": "1"}')
ELSEWHERE = "Location: http://169.254.169.254/latest/meta-data/"


@dataclass
class Caller:
    """A client of a fault server, and what it wrote to the log."""

    server: FaultServer
    clock: FakeClock = field(default_factory=FakeClock)
    entries: list[LogEntry] = field(default_factory=list)
    remaining: float = 80.0

    def client(self, **options: Any) -> ApiClient:
        """The client."""
        client = ApiClient(
            connection="shop",
            base_url=self.server.url,
            session=open_session(2, LOOPBACK),
            auth=Bearer(KEY),
            dialect=Dialect(errors={}),
            redactor=Redactor([KEY]),
            effects=Effects(self.clock, self.clock.sleep, lambda: 0.5),
            timeouts=Timeouts(connect=1.0, read=0.3, total=1.0),
            **options,
        )
        return client.following(Trail(lambda: self.remaining, self.entries.append, job="job-1"))

    def read(self, **options: Any) -> Any:
        """Reads a thing."""
        return self.client(**options).request(READ, path={"id": "1"}).content

    def create(self) -> Any:
        """Creates a thing, which must not be done twice."""
        return self.client().request(CREATE, body={"name": "x"}).content


@contextmanager
def calling(*scripts: Script) -> Iterator[Caller]:
    """A caller of a server with these scripts."""
    with FaultServer(scripts) as server:
        yield Caller(server)


def test_an_answer_is_read_and_logged_without_the_key() -> None:
    # GIVEN a server that answers
    with calling(OK) as caller:
        # WHEN a thing is read
        assert caller.read() == {"id": "1"}
        # THEN there is one entry, by the endpoint's template and without the key
        (entry,) = caller.entries
        assert (entry.status, entry.endpoint, entry.family) == (200, "things/{id}", None)
        assert KEY not in repr(entry)
        assert KEY in caller.server.requests[0]


@pytest.mark.parametrize(
    ("script", "for_a_read", "for_an_unsafe_write"),
    [
        pytest.param(resets, RetryLater, Unknown, id="reset"),
        pytest.param(hangs, RetryLater, Unknown, id="no answer"),
        pytest.param(raw(b""), RetryLater, Unknown, id="closed"),
        pytest.param(raw(b"junk\r\n\r\n"), RetryLater, Unknown, id="no HTTP"),
        pytest.param(
            raw(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"id":'), RetryLater, Unknown,
            id="short body",
        ),
        pytest.param(
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), RetryLater,
            Unknown, id="wrong chunk",
        ),
        pytest.param(
            answers("200 OK", b"<html>", "Content-Type: text/html"), RetryLater, Unknown,
            id="a page",
        ),
        pytest.param(answers("500 Oops"), RetryLater, Unknown, id="500"),
        pytest.param(answers("502 Bad", b"<html>"), RetryLater, Unknown, id="502"),
        pytest.param(answers("503 Busy"), RetryLater, Unknown, id="503"),
        pytest.param(answers("429 Slow", b"{}", "Retry-After: 60"), RateLimited, RateLimited,
                     id="429"),
        pytest.param(answers("401 No"), ConfigurationError, ConfigurationError, id="401"),
        pytest.param(answers("403 No"), ConfigurationError, ConfigurationError, id="403"),
        pytest.param(answers("404 No"), GiveUp, GiveUp, id="404"),
        pytest.param(answers("410 Gone"), ConfigurationError, ConfigurationError, id="410"),
        pytest.param(answers("422 No"), GiveUp, GiveUp, id="422"),
        pytest.param(answers("302 Found", b"", ELSEWHERE), ConfigurationError, ConfigurationError,
                     id="redirect"),
        pytest.param(pours(100_000_000), GiveUp, Unknown, id="100 MB"),
        pytest.param(bomb(200_000_000), GiveUp, Unknown, id="gzip bomb"),
    ],
)  # fmt: skip
def test_every_fault_has_its_family(
    script: Script, for_a_read: type[MostikError], for_an_unsafe_write: type[MostikError]
) -> None:
    # GIVEN a server with one fault
    with calling(script) as caller:
        # WHEN a thing is read
        # THEN what happens next is clear
        with pytest.raises(for_a_read) as read:
            caller.read()
        assert type(read.value) is for_a_read
    with calling(script) as caller:
        # WHEN a thing is created that must not be created twice
        # THEN what may have happened is not repeated, and the request was sent once
        with pytest.raises(for_an_unsafe_write) as written:
            caller.create()
        assert type(written.value) is for_an_unsafe_write
        assert len(caller.server.requests) == 1
        assert getattr(written.value, "gate", None) == "shop"


def test_a_slow_drip_ends_with_the_total_timeout() -> None:
    # GIVEN a server that sends a byte now and then, and a clock that runs while it does
    with calling(drips) as caller:
        began = caller.clock()
        caller.clock = _Running(began)
        # WHEN a thing is read
        # THEN the answer is given up although no two bytes were far apart
        with pytest.raises(RetryLater):
            caller.read()


def test_a_quick_repeat_helps_a_read_and_each_try_is_logged() -> None:
    # GIVEN a server that recovers after two faults
    with calling(answers("503 Busy"), resets, OK) as caller:
        # WHEN a thing is read
        assert caller.read() == {"id": "1"}
        # THEN three tries are in the log, numbered
        assert [entry.attempt for entry in caller.entries] == [1, 2, 3]
        assert [entry.status for entry in caller.entries] == [503, None, 200]


def test_a_limit_is_waited_out_when_it_is_short_even_for_an_unsafe_write() -> None:
    # GIVEN a server that refuses once, which is certainly no effect
    with calling(answers("429 Slow", b"{}", "Retry-After: 1"), OK) as caller:
        # WHEN a thing is created
        assert caller.create() == {"id": "1"}
        # THEN the second try came after what was asked for
        assert caller.clock.slept == [1.0]


def test_a_long_limit_goes_to_the_job_at_once() -> None:
    # GIVEN a server that asks for a minute
    with calling(answers("429 Slow", b"{}", "Retry-After: 60"), OK) as caller:
        # WHEN a thing is read
        with pytest.raises(RateLimited) as limited:
            caller.read()
        # THEN nobody sleeps here
        assert limited.value.retry_after == 60.0
        assert caller.clock.slept == []


def test_a_server_that_is_not_there_has_seen_nothing() -> None:
    # GIVEN a port where nobody listens
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with calling(OK) as caller:
        client = caller.client()
        nowhere = ApiClient(
            connection="shop",
            base_url=f"http://127.0.0.1:{port}/",
            session=open_session(1, LOOPBACK),
            auth=None,
            dialect=Dialect(errors={}),
            redactor=Redactor(),
            effects=Effects(caller.clock, caller.clock.sleep, lambda: 0.5),
        )
        del client
        # WHEN a thing is created
        # THEN it may be tried again, unsafe as it is
        with pytest.raises(RetryLater):
            nowhere.request(CREATE, body={})


def test_no_call_is_begun_without_time_for_its_outcome() -> None:
    # GIVEN an invocation that is nearly over
    with calling(OK) as caller:
        caller.remaining = 3.5
        # WHEN a thing is read
        # THEN it is left to the next run, and nothing was sent
        with pytest.raises(RetryLater, match="no time left"):
            caller.read()
        assert caller.server.requests == []


def test_cookies_and_proxies_of_the_machine_play_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a proxy in the environment and a server that sets a cookie
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setitem(os.environ, "no_proxy", "")
    with calling(answers("200 OK", b"{}", "Set-Cookie: a=b")) as caller:
        client = caller.client()
        # WHEN two calls are made over one session
        client.request(READ, path={"id": "1"})
        client.request(READ, path={"id": "2"})
        # THEN both came straight, and no cookie went back
        assert len(caller.server.requests) == 2
        assert "cookie" not in "".join(caller.server.requests).lower()


@pytest.mark.parametrize("value", ["../admin", "a/b", "a?b=c", "a#b", "a%2Fb", "ж", "a b"])
def test_a_key_stays_one_segment_of_the_path(value: str) -> None:
    # GIVEN a key that looks like more than a key
    with calling(OK) as caller:
        # WHEN it is asked for
        caller.client().request(READ, path={"id": value})
        # THEN the path has the segments of the template
        path = caller.server.requests[0].split(" ")[1]
        assert path.startswith("/api/things/")
        assert path.count("/") == 3
        assert "?" not in path


class _Running(FakeClock):
    """A clock that moves a little whenever it is looked at."""

    def __call__(self) -> float:
        self.advance(0.01)
        return super().__call__()
