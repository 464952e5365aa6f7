"""Opens the sockets of a session: each to an address that was checked, and to no other.

The name is resolved once for a new socket, every address that the connection may not call is left
out, and the socket is opened to one of the rest; nothing is resolved again afterwards. The address
is pinned for the life of that socket. TLS still names the host and checks its certificate: only the
socket is ours, the rest is urllib3's.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from mostik.http.guard import AddressRefused, Reach

Resolve = Callable[[str, int], Sequence[tuple[str, int]]]
"""Returns the addresses and ports that a host and port lead to, the best first.

Raises:
    OSError: the host has none.
"""

_MOST_ADDRESSES = 3
"""So many are tried; they share the time to connect."""


def resolved(host: str, port: int) -> Sequence[tuple[str, int]]:
    """Asks the system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(place[0]), int(place[1])) for *_, place in found]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who decides where the sockets of one session lead.

    Attributes:
        reach: of the connection.
        resolve: finds the addresses of a name.
    """

    reach: Reach
    resolve: Resolve

    def open(self, connection: HTTPConnection, scheme: str) -> socket.socket:
        """Opens the socket of a connection.

        Raises:
            AddressRefused: the name leads nowhere that may be called.
            HTTPError: as urllib3 says that there is no connection.
        """
        host, port = connection.host, connection.port
        try:
            places = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            reason = socket.gaierror(*error.args[:2])
            raise NameResolutionError(host, connection, reason) from error
        good = [place for place in places if self.reach.admits(place[0], scheme, port)]
        if not good:
            raise AddressRefused(
                "The name in the address leads into a private or reserved network, or to a port,"
                " which this connection may not call; nothing was sent. If it is right, allow the"
                " network for this connection; if not, correct the address."
            )
        return _connected(connection, good[:_MOST_ADDRESSES])


def _connected(connection: HTTPConnection, places: Sequence[tuple[str, int]]) -> socket.socket:
    whole = connection.timeout
    share = whole / len(places) if isinstance(whole, int | float) else whole
    failure: OSError = OSError("no address")
    for place in places:
        try:
            return create_connection(
                place,
                share,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no connection in time") from failure
    raise NewConnectionError(connection, f"no connection: {failure}") from failure


class _Plain(HTTPConnection):
    """A connection cannot be made without a watch."""

    def __init__(self, *args: Any, watch: Watch, **options: Any) -> None:
        super().__init__(*args, **options)
        self._watch = watch

    def _new_conn(self) -> socket.socket:
        return self._watch.open(self, "http")


class _Tls(HTTPSConnection):
    """A connection cannot be made without a watch."""

    def __init__(self, *args: Any, watch: Watch, **options: Any) -> None:
        super().__init__(*args, **options)
        self._watch = watch

    def _new_conn(self) -> socket.socket:
        return self._watch.open(self, "https")


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class WatchedPools(PoolManager):
    """Connection pools whose sockets a watch opens; a pool per host, as urllib3 keeps them."""

    def __init__(self, watch: Watch, **options: Any) -> None:
        super().__init__(**options)
        self._watch = watch
        self.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        context = self.connection_pool_kw if request_context is None else request_context
        return super()._new_pool(scheme, host, port, {**context, "watch": self._watch})
