from __future__ import annotations

import http.client
from typing import cast

import pytest

from mostik.inbound.https_read import LARGEST, https_read
from mostik.inbound.keys import CachedFetch, host_within, https_host


class Server:
    """Counts its readers; answers with a number, or fails."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False
        self.now = 1000.0

    def read(self, url: str) -> bytes:
        self.asked.append(url)
        if self.down:
            raise OSError("down")
        return str(len(self.asked)).encode()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def fetch(server: Server) -> CachedFetch:
    return CachedFetch(server.read, most=2, clock=lambda: server.now)


def test_keys_are_read_once_an_hour(server: Server, fetch: CachedFetch) -> None:
    # GIVEN keys that were read
    assert fetch("https://a/") == b"1"
    # WHEN they are asked for within the hour, and after it
    server.now += 3599
    within = fetch("https://a/")
    server.now += 1
    after = fetch("https://a/")
    # THEN only the second asks again
    assert (within, after) == (b"1", b"2")


def test_an_unknown_key_asks_again_but_not_at_will(server: Server, fetch: CachedFetch) -> None:
    # GIVEN keys that were read half a minute ago
    fetch("https://a/")
    server.now += 30
    # WHEN fresher ones are wanted, now and a minute later
    early = fetch("https://a/", 60)
    server.now += 30
    late = fetch("https://a/", 60)
    # THEN a flood of unknown key ids costs one reading a minute
    assert (early, late) == (b"1", b"2")


def test_a_failure_is_remembered_for_a_minute(server: Server, fetch: CachedFetch) -> None:
    # GIVEN a publisher that is down
    server.down = True
    # WHEN its keys are wanted three times in a minute
    for _ in range(3):
        with pytest.raises(OSError, match="could not be read"):
            fetch("https://a/")
        server.now += 20
    # THEN it was asked once, and once it is back its keys are read
    assert len(server.asked) == 1
    server.down = False
    assert fetch("https://a/") == b"2"


def test_the_cache_keeps_few(server: Server, fetch: CachedFetch) -> None:
    # GIVEN a cache for two
    for url in ("https://a/", "https://b/", "https://c/"):
        fetch(url)
    # WHEN the oldest and the newest are wanted
    fetch("https://c/")
    fetch("https://a/")
    # THEN the oldest had to go
    assert server.asked == ["https://a/", "https://b/", "https://c/", "https://a/"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.paypal.com/v1/cert", "api.paypal.com"),
        ("https://API.PayPal.com:443/c", "api.paypal.com"),
        ("http://api.paypal.com/c", None),
        ("https://user@api.paypal.com/c", None),
        ("https://api.paypal.com:444/c", None),
        ("https://api.paypal.com:x/c", None),
        ("https://evil.example\\.paypal.com/", None),
        ("https://api.paypal.com /", None),
        ("https://[", None),
        ("https://пример.example/", None),
        ("//api.paypal.com/c", None),
        ("", None),
    ],
)
def test_only_a_plain_https_url_has_a_host(url: str, host: str | None) -> None:
    # GIVEN a URL
    # WHEN its host is asked for
    # THEN there is one only if every reader would see the same
    assert https_host(url) == host


@pytest.mark.parametrize(
    ("host", "within"),
    [
        ("paypal.com", True),
        ("api.paypal.com", True),
        ("notpaypal.com", False),
        ("paypal.com.evil.example", False),
        (None, False),
    ],
)
def test_a_host_is_within_a_domain_by_whole_labels(host: str | None, within: bool) -> None:
    # GIVEN a host
    # WHEN it is asked whether it is PayPal's
    # THEN a likeness is not enough
    assert host_within(host, "paypal.com") is within


class Answer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self._body = body

    def read(self, size: int) -> bytes:
        return self._body[:size]


class Connection:
    """Stands in for a TLS connection."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []
        self.closed = False

    def request(self, method: str, target: str) -> None:
        self.asked.append((method, target))

    def getresponse(self) -> Answer:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed = True


def read_over(
    answer: Answer | Exception,
    url: str = "https://keys.example/a?b=c",
    addresses: tuple[str, ...] = ("93.184.216.34",),
) -> tuple[bytes, Connection, list[tuple[str, str]]]:
    connection, made = Connection(answer), list[tuple[str, str]]()

    def connect(host: str, address: str) -> http.client.HTTPConnection:
        made.append((host, address))
        return cast(http.client.HTTPConnection, connection)

    body = https_read(url, resolve=lambda _host: list(addresses), connect=connect)
    return body, connection, made


def test_a_small_answer_is_read_from_the_address_that_was_checked() -> None:
    # GIVEN a publisher with a public address
    # WHEN its keys are read
    body, connection, made = read_over(Answer(200, b"keys"))
    # THEN the checked address was called, once, and the connection closed
    assert body == b"keys"
    assert made == [("keys.example", "93.184.216.34")]
    assert connection.asked == [("GET", "/a?b=c")]
    assert connection.closed


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, b""),
        Answer(404, b"no"),
        Answer(200, b"x" * (LARGEST + 1)),
        http.client.BadStatusLine("junk"),
        TimeoutError("slow"),
    ],
    ids=["redirect", "absent", "too large", "no HTTP", "slow"],
)
def test_any_other_answer_is_an_os_error(answer: Answer | Exception) -> None:
    # GIVEN a publisher that redirects, fails, floods or is slow
    # WHEN its keys are read
    # THEN the failure is of the one kind that a scheme expects
    with pytest.raises(OSError):  # noqa: PT011 - the kind is the promise
        read_over(answer)


@pytest.mark.parametrize(
    "addresses",
    [
        (),
        ("10.0.0.1",),
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("93.184.216.34", "10.0.0.1"),
    ],
)
def test_a_host_with_a_private_address_is_not_called(addresses: tuple[str, ...]) -> None:
    # GIVEN a host that resolves to a private address, alone or among others
    # WHEN its keys are read
    # THEN no connection is made
    with pytest.raises(OSError, match="not a public one"):
        read_over(Answer(200, b"keys"), addresses=addresses)


def test_a_url_that_is_not_plain_https_is_not_called() -> None:
    # GIVEN a plain http URL
    # WHEN it is read
    # THEN no connection is made
    with pytest.raises(OSError, match="not a plain https URL"):
        read_over(Answer(200, b"keys"), url="http://keys.example/")
