"""What both sandboxes are made of: uvicorn in a thread, scripted faults, control endpoints.

A subclass says what a request is answered with; this module reads the request, lets the faults have
their way with it and writes the answer, or resets the connection instead of one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.sandbox.control import CONTROL_PREFIX, control_routes
from local.sandbox.deliveries import DeliverySender
from local.sandbox.faults import Fault, FaultKind, FaultScript

_START_SECONDS = 10.0
_STOP_SECONDS = 2.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST instead of FIN


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the played API."""

    verb: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    client: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_json(
        cls, data: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
    ) -> Answer:
        """An answer in compact UTF-8 JSON."""
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return cls(status, text.encode(), headers=headers)


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol that shows the application its transport, so it can be cut."""

    # asyncio.Protocol declares a BaseTransport here; uvicorn narrows it the same way
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remembers the transport where every scope of this connection gets a copy from."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


async def cut(scope: Scope, receive: Receive) -> None:
    """Resets the connection: the client gets no byte of an answer, not even a clean end."""
    transport: asyncio.Transport = scope["state"]["transport"]
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass  # uvicorn would answer 500 if the application returned before it saw the end


class Sandbox(ABC):
    """An HTTP server on loopback that plays somebody else's API.

    Args:
        host: where it listens; only loopback makes sense.
        port: 0 is a free one.
        clock: unix seconds; every time that the sandbox shows or counts with comes from it.
        latency: seconds that every answer of the played API takes longer.
    """

    fault_target: ClassVar[str]
    """The key of a control request that names a fault's target."""
    fault_verb: ClassVar[str | None] = None
    """The key of a control request that names a fault's HTTP method, if there is one."""

    def __init__(
        self, *, host: str, port: int, clock: Callable[[], float] = time.time, latency: float = 0.0
    ) -> None:
        self.clock = clock
        self.latency = latency
        self.lock = threading.RLock()
        self.faults = FaultScript()
        self.deliveries = DeliverySender(clock=clock)
        self.requests = 0
        self.refused = 0
        self.calls: Counter[str] = Counter()
        self._host = host
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._late: set[asyncio.Task[None]] = set()
        self._control = Starlette(routes=control_routes(self))

    # ── the life of the server ────────────────────────────────────────────────────────────────

    def start(self) -> Self:
        """Listens and returns when requests are answered.

        Raises:
            OSError: the port is taken.
            RuntimeError: the server did not come up.
        """
        # asyncio switches Nagle's delay off only for sockets whose protocol is named
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self._host, self._port))
        except OSError:
            sock.close()
            raise
        self._port = int(sock.getsockname()[1])
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                http=CuttableProtocol,
                loop="asyncio",
                ws="none",
                interface="asgi3",
                proxy_headers=False,
                lifespan="off",
                log_config=None,
                log_level=logging.WARNING,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [sock]},
            name=type(self).__name__,
            daemon=True,
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError(f"{type(self).__name__} did not start on port {self._port}")
            time.sleep(0.005)
        self.deliveries.start()
        return self

    def stop(self) -> None:
        """Stops listening; calls that still wait are dropped after a moment."""
        self.deliveries.stop()
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(timeout=_STOP_SECONDS)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(timeout=_STOP_SECONDS)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"{self._host}:{self._port}"

    @property
    def url(self) -> str:
        """The root of the server, without a slash at its end."""
        return f"http://{self.address}"

    # ── what a sandbox says about itself ──────────────────────────────────────────────────────

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Does the work of one call. Runs under ``lock``."""

    @abstractmethod
    def target_of(self, call: Call) -> str:
        """What a fault's pattern is matched with."""

    @abstractmethod
    def scripted_error(self, fault: Fault) -> Answer:
        """The vendor's error body for a fault of kind ``status``."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Everything that a test or a demo may want to compare. Runs under ``lock``."""

    @abstractmethod
    def snapshot(self) -> dict[str, Any]:
        """All records as JSON, for the next start. Runs under ``lock``."""

    @abstractmethod
    def restore(self, data: Mapping[str, Any]) -> None:
        """Takes over the records of a snapshot. Runs under ``lock``."""

    @abstractmethod
    def clear(self) -> None:
        """Forgets all records. Runs under ``lock``."""

    @abstractmethod
    def actions(self) -> Mapping[str, Callable[[Any], Any]]:
        """Control actions: name in ``POST /_sandbox/{name}`` → function of its JSON.

        A ``ValueError`` or ``KeyError`` of an action is answered 400.
        """

    def reset(self) -> None:
        """Back to the first day: no records, faults, deliveries or counts. Subscriptions stay."""
        with self.lock:
            self.clear()
            self.faults.clear()
            self.deliveries.forget()
            self.requests = self.refused = 0
            self.calls.clear()

    # ── one call ──────────────────────────────────────────────────────────────────────────────

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(CONTROL_PREFIX):
            await self._control(scope, receive, send)
            return
        request = Request(scope, receive)
        call = Call(
            verb=request.method,
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers={k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]},
            body=await request.body(),
            client=scope["client"][0] if scope["client"] else "",
        )
        fault = self.faults.take(self.target_of(call), call.verb)
        answer = await self._answer(call, fault)
        if answer is None:
            await cut(scope, receive)
        else:
            await _write(answer, send)

    async def _answer(self, call: Call, fault: Fault | None) -> Answer | None:
        kind = fault.kind if fault else None
        if fault and kind in (FaultKind.STATUS, FaultKind.HTML, FaultKind.JUNK, FaultKind.DOWN):
            with self.lock:
                self.requests += 1
                self.refused += kind is FaultKind.STATUS and fault.status in (429, 503)
            return self._instead(fault)
        if fault and kind is FaultKind.LATE_WORK:
            late = asyncio.create_task(self._work_later(call, fault.seconds))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
            return None
        if fault and kind is FaultKind.DELAY:
            await asyncio.sleep(fault.seconds)
        if self.latency:
            await asyncio.sleep(self.latency)
        with self.lock:
            self.requests += 1
            answer = self.answer(call)
        if fault and kind is FaultKind.LATE_ANSWER:
            await asyncio.sleep(fault.seconds)
        return None if kind is FaultKind.LOST_ANSWER else answer

    async def _work_later(self, call: Call, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with self.lock:
            self.requests += 1
            self.answer(call)

    def _instead(self, fault: Fault) -> Answer | None:
        retry = (("Retry-After", fault.retry_after),) if fault.retry_after is not None else ()
        match fault.kind:
            case FaultKind.STATUS:
                scripted = self.scripted_error(fault)
                return Answer(scripted.status, scripted.body, scripted.content_type, retry)
            case FaultKind.HTML:
                page = f"<html><head><title>{fault.status}</title></head><body>nginx</body></html>"
                return Answer(fault.status, page.encode(), "text/html", retry)
            case FaultKind.JUNK:
                return Answer(fault.status, b'{"result":{"items":[{"id":')
            case _:
                return None


async def _write(answer: Answer, send: Send) -> None:
    headers = [
        (b"content-type", answer.content_type.encode("latin-1")),
        (b"content-length", str(len(answer.body)).encode("ascii")),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
