"""Sockets of a guarded session, over the wire: one resolution, pinned for the socket's life."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from mostik.errors import RetryLater
from mostik.http.client import ApiClient, Dialect, Effects
from mostik.http.dial import Resolve
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.guard import AddressRefused, Reach
from mostik.http.redact import Redactor
from mostik.http.session import GuardedSession, open_session
from mostik.http.timeouts import Timeouts
from tests.support.fault_server import FaultServer, Script, answers
from tests.support.tls import Certificate

pytestmark = [pytest.mark.loopback, pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])]

READ = Endpoint("GET", "things", Replay.SAFE)
CREATE = Endpoint("POST", "things", Replay.UNSAFE)
OK = answers("200 OK", b'{"id": "1"}')
HERE = Reach(("127.0.0.1/32",))
"""127.0.0.2 is somebody else's: what an attacker wants to be called."""


class Names:
    """A resolver that answers from a script, the last answer again and again.

    Attributes:
        asked: the hosts, in order.
    """

    def __init__(self, *answers: Sequence[tuple[str, int]]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> Sequence[tuple[str, int]]:
        answer = self._answers[min(len(self.asked), len(self._answers) - 1)]
        self.asked.append(host)
        return answer


def client_of(url: str, session: GuardedSession, timeouts: Timeouts | None = None) -> ApiClient:
    """A client without keys."""
    return ApiClient(
        connection="shop",
        base_url=url,
        session=session,
        auth=None,
        dialect=Dialect(errors={}),
        redactor=Redactor(),
        effects=Effects(time.time, lambda _seconds: None, lambda: 0.5),
        timeouts=timeouts or Timeouts(connect=1.0, read=1.0, total=5.0),
    )


def closes(script: Script) -> Script:
    """The same, and then the server hangs up."""

    def run(connection: socket.socket) -> None:
        script(connection)
        connection.shutdown(socket.SHUT_RDWR)

    return run


def test_a_name_is_resolved_once_for_many_calls() -> None:
    # GIVEN a resolver that answers otherwise from the second time on
    with FaultServer([OK]) as server:
        names = Names([("127.0.0.1", server.port)], [("127.0.0.2", server.port)])
        with open_session(2, HERE, names) as session:
            client = client_of("http://api.example/", session)
            # WHEN ten calls are made
            for _ in range(10):
                client.request(READ)
        # THEN one connection served them, and nobody asked again
        assert (len(server.requests), server.accepted, len(names.asked)) == (10, 1, 1)
        assert "Host: api.example" in server.requests[-1]


def test_a_name_that_is_rebound_between_two_sockets_is_not_followed() -> None:
    # GIVEN a server that hangs up, an attacker at another address on the same port, and a name that
    # leads to the attacker from the second resolution on
    with (
        FaultServer([closes(OK)]) as server,
        FaultServer([OK], host="127.0.0.2", port=server.port) as attacker,
    ):
        names = Names([("127.0.0.1", server.port)], [("127.0.0.2", server.port)])
        with open_session(2, HERE, names) as session:
            client = client_of("http://api.example/", session)
            client.request(READ)
            time.sleep(0.05)  # until the hang-up has arrived
            # WHEN the next socket is opened
            with pytest.raises(AddressRefused):
                client.request(CREATE, body={})
        # THEN the attacker has not seen so much as a connection
        assert (attacker.accepted, len(server.requests)) == (0, 1)


def test_of_several_addresses_only_the_good_ones_are_tried() -> None:
    # GIVEN a name with an attacker's address before the good one
    with (
        FaultServer([OK]) as server,
        FaultServer([OK], host="127.0.0.2", port=server.port) as attacker,
    ):
        names = Names([("127.0.0.2", server.port), ("127.0.0.1", server.port)])
        with open_session(2, HERE, names) as session:
            client_of("http://api.example/", session).request(READ)
        # THEN
        assert (attacker.accepted, server.accepted) == (0, 1)


def test_an_address_where_nobody_listens_is_not_the_end() -> None:
    # GIVEN two good addresses, the first of them dead
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]
    with FaultServer([OK]) as server:
        names = Names([("127.0.0.1", dead), ("127.0.0.1", server.port)])
        with open_session(2, HERE, names) as session:
            # THEN the second is called
            assert client_of("http://api.example/", session).request(READ).status == 200


def test_addresses_that_do_not_answer_share_the_time_to_connect() -> None:
    # GIVEN a listener whose queue is full, at four addresses
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        names = Names([("127.0.0.1", port)] * 4)
        began = time.monotonic()
        with open_session(2, HERE, names) as session:
            session.trust_env = False
            with pytest.raises(requests.exceptions.ConnectTimeout):
                session.get("http://api.example/", timeout=(0.6, 1.0))
        # THEN one call waits no longer than it was allowed to
        assert 0.4 < time.monotonic() - began < 1.5
        for one in waiting:
            one.close()


def test_localhost_by_its_name_is_called_when_it_is_allowed() -> None:
    # GIVEN the sandboxes' network, and the system's own resolver
    with FaultServer([OK]) as server, open_session(2, HERE) as session:
        # THEN
        url = f"http://localhost:{server.port}/"
        assert client_of(url, session).request(READ).status == 200
    # AND not when it is not
    with FaultServer([OK]) as server, open_session(2, Reach(("10.0.0.0/8",))) as session:
        with pytest.raises(AddressRefused):
            client_of(f"http://localhost:{server.port}/", session).request(READ)
        assert server.accepted == 0


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate of api.example that clients trust."""
    made = Certificate(tmp_path, ["api.example"])
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made.file))
    return made


def test_tls_names_the_host_and_checks_its_certificate_at_the_pinned_address(
    certificate: Certificate,
) -> None:
    # GIVEN a server at an address, with a certificate of its name only
    with FaultServer([OK], tls=certificate.server()) as server:
        names = Names([("127.0.0.1", server.port)])
        with open_session(2, HERE, names) as session:
            # WHEN it is called by its name, and by one that is not in the certificate
            right = client_of("https://api.example/", session)
            assert right.request(READ).content == {"id": "1"}
            right.request(READ)
            with pytest.raises(RetryLater):
                client_of("https://other.example/", session).request(CREATE, body={})
        # THEN it was asked for by name, one connection served both calls, and the other name was
        # not believed
        assert certificate.asked[:2] == ["api.example", "other.example"]
        assert (len(server.requests), names.asked[0]) == (2, "api.example")


def _rotating(port: int) -> Resolve:
    turns: list[Any] = []

    def resolve(_host: str, _port: int) -> Sequence[tuple[str, int]]:
        turns.append(None)
        return [("127.0.0.1" if len(turns) % 2 else "127.0.0.2", port)]

    return resolve


def test_a_name_that_rotates_keeps_its_connections() -> None:
    # GIVEN a round robin of two good addresses
    with FaultServer([OK]) as one, FaultServer([OK], host="127.0.0.2", port=one.port) as two:
        with open_session(2, Reach(("127.0.0.0/24",)), _rotating(one.port)) as session:
            client = client_of("http://api.example/", session)
            for _ in range(20):
                client.request(READ)
        # THEN no call opened a connection but the first
        assert one.accepted + two.accepted == 1
