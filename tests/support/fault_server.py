"""A server of raw sockets on loopback: it answers each request as a script says, faults too."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Self

Script = Callable[[socket.socket], None]
"""What is done with a connection once a whole request was read from it."""


def answers(status: str, body: bytes = b"{}", *headers: str) -> Script:
    """A whole answer, and the connection stays open."""

    def script(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        if not any(header.lower().startswith("content-type") for header in headers):
            lines.append("Content-Type: application/json")
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return script


def raw(content: bytes) -> Script:
    """Exactly these bytes, and then the connection is closed."""

    def script(connection: socket.socket) -> None:
        connection.sendall(content)
        connection.close()

    return script


def resets(connection: socket.socket) -> None:
    """The connection is reset after the request was read."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hangs(connection: socket.socket) -> None:
    """Nothing comes, until the client goes away."""
    connection.settimeout(5)
    _swallow(connection)


def drips(connection: socket.socket) -> None:
    """A byte now and then, for ever: no timeout between two bytes ends it."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    try:
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.02)
    except OSError:
        return


def pours(size: int) -> Script:
    """An answer of so many bytes, in pieces."""

    def script(connection: socket.socket) -> None:
        piece = b"x" * 65_536
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        try:
            for _ in range(size // len(piece)):
                connection.sendall(piece)
        except OSError:
            return

    return script


def bomb(size: int) -> Script:
    """A short gzip body that unpacks to so many bytes."""
    packed = gzip.compress(b"\0" * size, 9)
    return answers("200 OK", packed, "Content-Encoding: gzip")


class FaultServer:
    """Serves scripts in turn, one for each request; the last one again and again.

    Args:
        scripts: what it does.
        tls: speaks TLS.
        host: loopback address to listen on.
        port: to listen on; any when it is not said.

    Attributes:
        requests: the head of every request that was read whole.
        bodies: their bodies.
        accepted: connections that were made to it.
    """

    def __init__(
        self,
        scripts: Iterable[Script],
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._scripts = list(scripts)
        self._tls = tls
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self.accepted = 0
        self._listener = socket.create_server((host, port))
        self._thread = Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """Its address, with a path."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/api/"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while (request := _request(connection)) is not None:
                    self.bodies.append(request[1])
                    self.requests.append(request[0])
                    number = min(len(self.requests), len(self._scripts)) - 1
                    self._scripts[number](connection)
        except OSError:
            return


def _request(connection: socket.socket) -> tuple[str, bytes] | None:
    """Reads one request. Returns its head and body, ``None`` when the client has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        if not piece:
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65_536)
    return head.decode("latin-1"), body


def _swallow(connection: socket.socket) -> None:
    try:
        while connection.recv(65_536):
            pass
    except OSError:
        return
