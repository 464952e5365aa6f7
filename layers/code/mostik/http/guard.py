"""Where a connection may call: its own base URL, over TLS, at a public address, and nowhere else.

Two checks, because a name says nothing about where it leads: of the URL when it is saved and when a
client is built, and of the address on each new socket (dial.py). Own code instead of
``requests-hardened``, with the reasons: docs/decisions/2026-11-24-guard.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, urlsplit

import requests

from mostik.errors import ConfigurationError

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

_HOST = re.compile(r"[\w.-]+")
_NUMERIC = re.compile(r"0x[0-9a-f]*|\d+")
"""A last label like this makes the system read the whole host as an IPv4 address."""

_NEVER = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this host
        "169.254.0.0/16",  # link-local: metadata and container credentials
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "fd00:ec2::/32",  # metadata over IPv6
        "fe80::/10",  # link-local
        "ff00::/8",  # multicast
    )
)
"""Refused even inside an allowed network."""

_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        "100.64.0.0/10",  # carrier-grade NAT; clouds route it inside
        "168.63.129.16/32",  # Azure's own services behind every machine
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo and other protocols
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
    )
)
"""Beside what ``ipaddress`` calls not global: what some of its versions let through."""

_GLOBAL_IPV6 = IPv6Network("2000::/3")
"""Elsewhere lie loopback, mapped, translated (NAT64) and private addresses."""
_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_LAMBDA_RUNTIME_PORT = 9001
"""On loopback of every function: who can call it can steal or answer its events."""
_TLS_PORT = 443
_WIDEST = {4: 8, 6: 7}
"""10.0.0.0/8 and fc00::/7: a wider network is no network of a company's own."""


class AddressRefused(ConfigurationError):
    """The name in a URL leads to an address that this connection may not call; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a connection may call beside port 443 of public addresses.

    Attributes:
        networks: CIDR blocks of the company's own, where any port and plain HTTP are possible (an
            on-premises 1C, the local sandboxes).
        ports: further ports of public addresses, over TLS.

    Raises:
        ConfigurationError: a network or a port is none.
    """

    networks: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    _blocks: tuple[_Network, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_blocks", tuple(_block(text) for text in self.networks))
        if not all(0 < port < 65_536 for port in self.ports):
            raise ConfigurationError("An allowed port is a number from 1 to 65535.")

    def admits(self, address: str, scheme: str, port: int) -> bool:
        """Whether a socket may be opened to this address."""
        try:
            place = ip_address(address)
        except ValueError:
            return False
        if any(place in block for block in _NEVER) or _is_runtime(place, port):
            return False
        if any(place in block for block in self._blocks):
            return True
        return self._admits_port(scheme, port) and _is_public(place)

    def admits_name(self, scheme: str, port: int) -> bool:
        """Whether a host that is a name may be called so, as far as can be said before its address
        is known."""
        return bool(self._blocks) or self._admits_port(scheme, port)

    def _admits_port(self, scheme: str, port: int) -> bool:
        return scheme == "https" and (port == _TLS_PORT or port in self.ports)


def check_base_url(url: str, reach: Reach) -> SplitResult:
    """Checks the base URL of a connection, at save and before use.

    Args:
        url: the base URL.
        reach: of the connection.

    Raises:
        ConfigurationError: says what is wrong with the URL, without repeating it.
    """
    if not url.isprintable() or " " in url or "\\" in url:
        raise ConfigurationError("The address must not hold spaces, backslashes or line ends.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError("The address is not a URL: write https://host/path.") from None
    if "@" in parts.netloc:
        raise ConfigurationError("The address must not hold a user name or password.")
    if not parts.hostname:
        raise ConfigurationError("The address must be a whole URL: https://host/path.")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise ConfigurationError("The address must end with its path, without ?... or #...")
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError("The address must begin with https://.")
    if port is None:
        port = _TLS_PORT if parts.scheme == "https" else 80
    _check_host(parts, port, reach)
    return parts


def origin_of(base_url: str) -> str:
    """Returns scheme, host and port as ``requests`` will write them, with a slash: every URL of the
    connection begins with it.

    Raises:
        ConfigurationError: ``requests`` cannot read the URL.
    """
    prepared = requests.PreparedRequest()
    try:
        prepared.prepare_url(base_url, None)
    except (requests.exceptions.RequestException, UnicodeError):
        raise ConfigurationError("The address is not a URL: write https://host/path.") from None
    parts = urlsplit(prepared.url or "")
    return f"{parts.scheme}://{parts.netloc}/"


def _check_host(parts: SplitResult, port: int, reach: Reach) -> None:
    host = parts.hostname or ""
    try:
        literal: _Address | None = ip_address(host)
    except ValueError:
        literal = None
        label = host.rstrip(".").rpartition(".")[2]
        if not _HOST.fullmatch(host) or _NUMERIC.fullmatch(label):
            raise ConfigurationError(
                "The host in the address is neither a name nor an IP address."
            ) from None
    if literal is not None and reach.admits(host, parts.scheme, port):
        return
    if literal is None and reach.admits_name(parts.scheme, port):
        return
    if parts.scheme == "http":
        raise ConfigurationError(
            "The address must begin with https://; plain http is possible only to an address inside"
            " the connection's allowed networks."
        )
    if literal is not None and not reach.admits(host, parts.scheme, _TLS_PORT):
        raise ConfigurationError(
            "The address lies in a private or reserved network, which this connection may not call."
        )
    raise ConfigurationError(
        "The address must use port 443, or a port that this connection is allowed to use."
    )


def _block(text: str) -> _Network:
    try:
        block = ip_network(text, strict=False)
    except ValueError:
        raise ConfigurationError(
            "An allowed network is written as a CIDR block, such as 10.0.0.0/8."
        ) from None
    if block.prefixlen < _WIDEST[block.version]:
        raise ConfigurationError("An allowed network is at most as wide as 10.0.0.0/8 or fc00::/7.")
    return block


def _is_public(place: _Address) -> bool:
    if isinstance(place, IPv6Address) and place not in _GLOBAL_IPV6:
        return False
    return place.is_global and not any(place in block for block in _NOT_PUBLIC)


def _is_runtime(place: _Address, port: int) -> bool:
    return port == _LAMBDA_RUNTIME_PORT and any(place in block for block in _LOOPBACK)
