"""Reads one small public document over https: the real half of ``mostik.inbound.keys``.

Imported only where a door needs keys from elsewhere. No redirects, no proxy, a public address
only, and the address that was checked is the one that is called.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

from mostik.inbound.keys import https_host

LARGEST = 64 * 1024
"""Bytes; a JWKS or a certificate is a few KB."""

SECONDS = 3.0
"""For each of connecting and reading: the sender of the webhook is waiting meanwhile."""


def https_read(url: str) -> bytes:
    """The body of a 200 answer of at most 64 KB.

    Raises:
        OSError: anything else.
    """
    host = https_host(url)
    if host is None:
        raise OSError("not a plain https URL")
    parts = urlsplit(url)
    connection = _Pinned(host, _public_address(host))
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


class _Pinned(http.client.HTTPSConnection):
    def __init__(self, host: str, address: str) -> None:
        super().__init__(host, timeout=SECONDS)
        self._address = address
        self._tls = ssl.create_default_context()

    def connect(self) -> None:
        plain = socket.create_connection((self._address, 443), timeout=SECONDS)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def _public_address(host: str) -> str:
    found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(ipaddress.ip_address(text).is_global for text in addresses):
        raise OSError("the host is not a public one")
    return addresses[0]
