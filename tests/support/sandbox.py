"""Fixtures for the sandboxes: a portal, a shop, a receiver of their events, a clock to turn.

A ``conftest.py`` makes them available with ``from tests.support.sandbox import …``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import pytest

from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.server import Call
from local.sandbox.shop import ShopConfig, ShopSandbox


@dataclass
class FakeClock:
    """Unix seconds that pass only when told to."""

    now: float = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now

    def turn(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class PortalInProcess:
    """Calls a portal without a socket: what its HTTP server would do, less the HTTP."""

    portal: PortalSandbox

    def raw(
        self,
        path: str,
        body: bytes = b"",
        content_type: str = "application/json",
        query: str = "",
        client: str = "127.0.0.1",
    ) -> tuple[int, Any]:
        call = Call("POST", path, query, {"content-type": content_type}, body, client)
        with self.portal.lock:
            answer = self.portal.answer(call)
        return answer.status, json.loads(answer.body) if "json" in answer.content_type else None

    def __call__(self, method: str, params: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        config = self.portal.config
        path = f"/rest/{config.user_id}/{config.secret}/{method}"
        return self.raw(path, json.dumps(params or {}).encode())

    def result(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        status, body = self(method, params)
        assert status == 200, body
        return body["result"]

    def add(self, entity_type_id: int, **fields: Any) -> dict[str, Any]:
        params = {"entityTypeId": entity_type_id, "fields": fields}
        item: dict[str, Any] = self.result("crm.item.add", params)["item"]
        return item

    def batch(self, commands: Mapping[str, str], halt: int = 0) -> Any:
        return self.result("batch", {"halt": halt, "cmd": commands})


def command(method: str, *parameters: tuple[str, str]) -> str:
    """One command of a batch, encoded as a client must encode it."""
    return f"{method}?{urlencode(parameters)}"


@dataclass
class Received:
    """One request that the receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class EventReceiver:
    """Somebody's endpoint for events: keeps what it gets and answers with ``status``."""

    status: int = 200
    received: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/events"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def portal() -> Iterator[PortalSandbox]:
    """A running portal without a request limit."""
    with PortalSandbox(PortalConfig(rate_limit=None)) as running:
        yield running


@pytest.fixture
def shop() -> Iterator[ShopSandbox]:
    """A running shop."""
    with ShopSandbox(ShopConfig()) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[EventReceiver]:
    """An endpoint for events."""
    with EventReceiver() as running:
        yield running


@pytest.fixture
def rest(clock: FakeClock) -> PortalInProcess:
    """A portal with a clock to turn, called without sockets; it has no request limit."""
    return PortalInProcess(PortalSandbox(PortalConfig(rate_limit=None, clock=clock)))
