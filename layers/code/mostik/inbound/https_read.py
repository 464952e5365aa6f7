"""Reads one small public document over https: the real half of ``mostik.inbound.keys``.

Imported only where a door needs keys from elsewhere. No redirects, no proxy, a public address
only, and the address that was checked is the one that is called.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from mostik.inbound.keys import https_host

LARGEST = 64 * 1024
"""Bytes; a JWKS or a certificate is a few KB."""

SECONDS = 3.0
"""For each of connecting and reading: the sender of the webhook is waiting meanwhile."""


def addresses_of(host: str) -> list[str]:
    """Every address of a host, as the system resolves it.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class PinnedConnection(http.client.HTTPSConnection):
    """Speaks TLS to ``host`` at one address, whatever the name resolves to meanwhile."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(host, timeout=SECONDS)
        self._address = address
        self._tls = ssl.create_default_context()

    def connect(self) -> None:
        """Opens the connection and checks the host's certificate."""
        plain = socket.create_connection((self._address, 443), timeout=SECONDS)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def https_read(
    url: str,
    *,
    resolve: Callable[[str], list[str]] = addresses_of,
    connect: Callable[[str, str], http.client.HTTPConnection] = PinnedConnection,
) -> bytes:
    """The body of a 200 answer of at most 64 KB.

    Args:
        url: plain https, no login, the usual port.
        resolve: addresses of a host.
        connect: a connection to a host at an address.

    Raises:
        OSError: anything else.
    """
    host = https_host(url)
    if host is None:
        raise OSError("not a plain https URL")
    addresses = resolve(host)
    if not addresses or not all(ipaddress.ip_address(text).is_global for text in addresses):
        raise OSError("the host is not a public one")
    parts = urlsplit(url)
    connection = connect(host, addresses[0])
    try:
        connection.request("GET", f"{parts.path or '/'}?{parts.query}".rstrip("?"))
        answer = connection.getresponse()
        body = answer.read(LARGEST + 1)
    except http.client.HTTPException as error:
        raise OSError("the answer is not HTTP") from error
    finally:
        connection.close()
    if answer.status != http.client.OK or len(body) > LARGEST:
        raise OSError(f"status {answer.status}, {len(body)} bytes")
    return body
