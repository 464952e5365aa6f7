"""Where a connection may call: hostile URLs, hostile addresses behind names, allowed networks."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests_hardened.ip_filter import filter_host  # type: ignore[import-untyped]  # no stubs

from mostik.errors import ConfigurationError, MostikError
from mostik.http.auth import Bearer
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.dial import WatchedPools
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import AddressRefused, Reach, check_base_url, origin_of
from mostik.http.redact import Redactor
from mostik.http.rename import Base
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.requestlog.entry import LogEntry
from tests.support.api_router import ApiRouter
from tests.support.clock import FakeClock

READ = Endpoint("GET", "things", Replay.SAFE)
CREATE = Endpoint("POST", "things", Replay.UNSAFE)
PUBLIC = Reach()
ON_SITE = Reach(("10.0.0.0/8", "fd00::/8", "127.0.0.0/8"))

HOSTILE_URLS = [
    # no URL, or more than one reading of it
    "", "portal", "//portal.example/", "https://", "https:///path", "https:portal.example",
    "https://x.example/ a", "https://x.example/\n", "https://x.example/\tb", "https://x.example\\@evil.example/",
    "https://x.example\u2028/", "https://[::1/", "https://x.example:99999/", "https://x.example:port/",
    "https://x.example%2f@evil.example/", "https://ex%61mple.com/", "https://x.example,evil.example/",
    "https://*.example/", "https://x.example;evil/", "https://x.example／evil/",
    # other schemes
    "ftp://portal.example/", "file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "data:,x",
    "dict://x.example:11211/", "ldap://x.example/", "unix:///var/run/docker.sock", "ws://x.example/",
    # user info, query, fragment
    "https://a:b@x.example/", "https://user@x.example/", "https://@x.example/", "https://:@x.example/",
    "https://x.example#@evil.example/", "https://x.example/#a", "https://x.example/?a=b",
    "https://x.example/?", "https://x.example/#",
    # plain HTTP and other ports
    "http://portal.example/", "http://8.8.8.8/", "http://localhost/", "https://portal.example:8443/",
    "https://portal.example:80/", "https://portal.example:22/", "https://portal.example:0/",
    "https://8.8.8.8:6379/",
    # addresses that are not public, however they are written
    "http://127.0.0.1/", "HTTP://127.0.0.1/", "https://127.0.0.1/", "https://127.0.0.1:9001/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/",
    "https://169.254.170.2/", "https://100.64.0.1/", "https://0.0.0.0/", "https://255.255.255.255/",
    "https://224.0.0.1/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
    "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fd00:ec2::254]/", "https://[fc00::1]/",
    "https://[ff02::1]/", "https://[::127.0.0.1]/",
    "https://0/", "https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://0177.0.0.1/",
    "https://0x7f.1/", "https://127.0.0.1./", "https://1.2.3.4.5/", "https://example.0x7f/",
]  # fmt: skip

HOSTILE_ADDRESSES = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3",  # noqa: S104 - none is bound
    "10.1.2.3", "172.31.255.255", "192.168.0.1",
    "169.254.169.254", "169.254.170.2", "169.254.0.1", "100.64.0.1", "100.100.100.200",
    "100.127.255.255", "168.63.129.16", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.251", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:8.8.8.8", "::ffff:0:7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::1",
    "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::1", "2002:a00:1::1", "2002:808:808::1", "3fff::1", "4000::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
    "no address", "",
]  # fmt: skip


class Names:
    """A resolver that is told what a name leads to, and counts how often it was asked."""

    def __init__(self, *answers: list[tuple[str, int]] | Exception) -> None:
        self._answers = answers
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> list[tuple[str, int]]:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


class Caller:
    """A client, and what it wrote to the log."""

    def __init__(
        self, url: str, names: Names, reach: Reach = PUBLIC, auth: Bearer | None = None
    ) -> None:
        clock = FakeClock()
        self.entries: list[LogEntry] = []
        self.api = ApiClient(
            connection="shop",
            base_url=url,
            session=open_session(2, reach, names),
            auth=auth or Bearer("hush-hush"),
            dialect=Dialect(errors={}),
            redactor=Redactor(["hush-hush"]),
            effects=Effects(clock, clock.sleep, lambda: 0.5),
            trail=Trail(record_entry=self.entries.append),
        )


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_url_that_a_connection_must_not_have_is_refused_in_words(url: str) -> None:
    with pytest.raises(ConfigurationError, match="address") as refused:
        check_base_url(url, PUBLIC)
    # AND the words do not repeat it: it may hold a secret
    assert len(url) <= 8 or url not in refused.value.text


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_a_name_that_leads_to_a_hostile_address_is_not_called(address: str) -> None:
    # GIVEN a name of an attacker's (no socket can be opened in this test)
    caller = Caller("https://innocent.example/v1/", Names([(address, 443)]))
    # WHEN something is created there
    with pytest.raises(AddressRefused, match="nothing was sent") as refused:
        caller.api.request(CREATE, body={})
    # THEN a person is asked, and the log says so without the key
    assert refused.value.gate == "shop"
    (entry,) = caller.entries
    assert (entry.status, entry.family) == (None, refused.value.family)
    assert "hush-hush" not in repr(entry)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_a_public_address_is_called_over_tls_at_its_port_only(address: str) -> None:
    assert PUBLIC.admits(address, "https", 443)
    assert not PUBLIC.admits(address, "http", 80)
    assert not PUBLIC.admits(address, "https", 8443)
    assert Reach(ports=(8443,)).admits(address, "https", 8443)
    assert not Reach(ports=(80,)).admits(address, "http", 80)
    # A network of one's own opens nothing elsewhere.
    assert not ON_SITE.admits(address, "http", 80)


@given(st.ip_addresses(), st.sampled_from([80, 443, 8080, 9001]))
def test_whatever_requests_hardened_refuses_is_refused_here(place: Any, port: int) -> None:
    if not _oracle_admits(str(place), port):
        assert not PUBLIC.admits(str(place), "https", port)


@given(st.ip_addresses(), st.sampled_from(["http", "https"]), st.integers(1, 65_535))
def test_nothing_but_public_addresses_and_ones_own_networks_is_called(
    place: Any, scheme: str, port: int
) -> None:
    reach = Reach(("10.20.0.0/16",), (8443,))
    if reach.admits(str(place), scheme, port):
        on_site = str(place).startswith("10.20.")
        assert on_site or (place.is_global and scheme == "https" and port in (443, 8443))


@pytest.mark.parametrize(
    ("url", "reach"),
    [
        ("https://portal.example/rest/1/x/", PUBLIC),
        ("https://portal.example:443/", PUBLIC),
        ("HTTPS://Portal.Example/", PUBLIC),
        ("https://портал.рф/rest/", PUBLIC),
        ("https://xn--80aswg.xn--p1ai/", PUBLIC),
        ("https://my_portal.example/", PUBLIC),
        ("https://8.8.8.8/", PUBLIC),
        ("https://[2606:4700::1111]/", PUBLIC),
        ("https://portal.example:8443/", Reach(ports=(8443,))),
        ("http://127.0.0.1:8080/", ON_SITE),
        ("http://10.1.2.3/1c/", ON_SITE),
        ("http://[fd00::1]/", ON_SITE),
        ("http://1c.office.example:8080/base/", ON_SITE),
    ],
)
def test_an_address_over_tls_or_inside_an_allowed_network_is_taken(url: str, reach: Reach) -> None:
    assert check_base_url(url, reach).hostname
    # AND every URL below it begins with its origin, as requests writes it
    base = Base.of(url)
    prepared = requests.Request("GET", base.url + "a/b%20c?d=ж").prepare().url
    assert base.holds(prepared)
    assert base.origin == origin_of(url)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.170.2", "224.0.0.1", "0.0.0.1", "fe80::1", "fd00:ec2::254",
     "ff02::1"],
)  # fmt: skip
def test_no_allowed_network_opens_metadata_link_local_or_multicast(address: str) -> None:
    reach = Reach(
        ("169.254.0.0/16", "224.0.0.0/8", "0.0.0.0/8", "fe80::/10", "fd00::/8", "ff00::/8")
    )
    assert not reach.admits(address, "http", 80)


def test_the_runtime_of_a_function_is_never_called() -> None:
    assert ON_SITE.admits("127.0.0.1", "http", 9000)
    assert not ON_SITE.admits("127.0.0.1", "http", 9001)
    assert ON_SITE.admits("10.0.0.1", "http", 9001)


@pytest.mark.parametrize(
    ("networks", "ports", "words"),
    [
        (("10.0.0.0/99",), (), "CIDR"),
        (("office",), (), "CIDR"),
        (("0.0.0.0/0",), (), "at most as wide"),
        (("::/0",), (), "at most as wide"),
        ((), (0,), "port"),
        ((), (65_536,), "port"),
    ],
)
def test_a_network_or_port_that_is_none_is_said_in_words(
    networks: tuple[str, ...], ports: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Reach(networks, ports)


def test_plain_http_by_name_goes_to_an_allowed_network_only() -> None:
    # GIVEN a 1C by its name on site, and a name that leads outside
    for address in ("8.8.8.8", "192.168.0.1"):
        caller = Caller("http://1c.office.example/", Names([(address, 80)]), ON_SITE)
        with pytest.raises(AddressRefused):
            caller.api.request(READ)


class Asked(Reach):
    """Admits nothing, and notes what it was asked."""

    asked: list[tuple[str, str, int]] = []  # noqa: RUF012 - emptied by its test

    def admits(self, address: str, scheme: str, port: int) -> bool:
        self.asked.append((address, scheme, port))
        return False


def test_what_is_checked_is_the_socket_that_would_be_opened() -> None:
    Asked.asked.clear()
    # GIVEN a resolver that names several addresses
    names = Names([("192.0.2.1", 1), ("2001:db8::1", 2)])
    for url, scheme, port in (
        ("https://a.example/", "https", 443),
        ("https://a.example:8443/", "https", 8443),
        ("http://a.example/", "http", 80),
    ):
        with pytest.raises(AddressRefused):
            Caller(url, names, Asked(("10.0.0.0/8",), (8443,))).api.request(READ)
        # THEN each is checked with the scheme and port that were asked for
        assert Asked.asked[-2:] == [("192.0.2.1", scheme, port), ("2001:db8::1", scheme, port)]


@pytest.mark.parametrize(
    "link", ["//evil.example/x", "https://evil.example/", "http://api.example/"]
)
def test_a_link_elsewhere_is_not_even_signed(link: str) -> None:
    # GIVEN a client whose signatures are noted
    signed: list[str] = []

    class Noting(Bearer):
        def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
            signed.append(str(r.url))
            return super().__call__(r)

    caller = Caller("https://api.example/v1/", Names([]), auth=Noting("hush-hush"))
    # WHEN a page elsewhere is asked for
    with pytest.raises(ValueError, match="leaves"):
        caller.api.request(READ, link=link)
    # THEN
    assert signed == []


@pytest.mark.parametrize("error", [OSError("no name"), UnicodeError("label too long")])
def test_a_name_that_leads_nowhere_has_seen_nothing(error: Exception) -> None:
    # GIVEN a name without an address
    names = Names(error)
    # WHEN something is created there
    with pytest.raises(MostikError) as failed:
        Caller("https://gone.example/", names).api.request(CREATE, body={})
    # THEN it may be tried again, unsafe as it is
    assert failed.value.family == "retry_later"  # type: ignore[attr-defined]  # each family has it


def test_no_signature_takes_a_call_elsewhere() -> None:
    # GIVEN a signer that is broken or hostile
    class Rewriting(requests.auth.AuthBase):
        def __init__(self, url: str) -> None:
            self._url = url

        def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
            r.url = self._url
            return r

    for url in (
        "https://evil.example/v1/",
        "https://api.example@evil.example/",
        "http://api.example/",
    ):
        session = open_session(1)
        router = ApiRouter("https://api.example/v1/", {})
        session.mount("https://", router)
        session.mount("http://", router)
        clock = FakeClock()
        api = ApiClient(
            connection="shop",
            base_url="https://api.example/v1/",
            session=session,
            auth=Rewriting(url),
            dialect=Dialect(errors={}),
            redactor=Redactor(),
            effects=Effects(clock, clock.sleep, lambda: 0.5),
        )
        # THEN nothing is sent
        with pytest.raises(ValueError, match="leaves"):
            api.request(READ)
        assert router.calls == []


def test_a_session_takes_no_proxy_and_no_socket_without_a_watch() -> None:
    session = open_session(1)
    session.proxies = {"https": "http://127.0.0.1:3128"}
    with pytest.raises(ValueError, match="proxy"):
        session.get("https://api.example/", timeout=1)
    # AND urllib3 cannot make a connection of ours that nobody watches
    pools: Any = session.get_adapter("https://api.example/")
    assert isinstance(pools.poolmanager, WatchedPools)
    for pool in pools.poolmanager.pool_classes_by_scheme.values():
        with pytest.raises(TypeError, match="watch"):
            pool("api.example").ConnectionCls("api.example")


def test_the_oracle_refuses_less_than_we_do() -> None:
    # It takes what it should, or the property would hold for nothing; and it lets through what a
    # translator on the way may read as an IPv4 address: one reason why the guard is our own.
    assert _oracle_admits("8.8.8.8", 443)
    assert not _oracle_admits("10.0.0.1", 443)
    for address in ("::7f00:1", "::ffff:0:7f00:1", "fec0::1"):
        assert _oracle_admits(address, 443)
        assert not PUBLIC.admits(address, "https", 443)


def _oracle_admits(address: str, port: int) -> bool:
    """What requests-hardened says of an address; it would resolve it, which no test may."""

    def literal(host: str, at: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, at))]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", literal)
        try:
            filter_host(address, port, allow_loopback=False)
        except requests.RequestException:
            return False
    return True
