"""Where a connection may call: its own base URL, over TLS, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from mostik.errors import ConfigurationError


def check_base_url(url: str, networks: Sequence[str] = ()) -> SplitResult:
    """Checks the base URL of a connection, at save and before use.

    Args:
        url: the base URL.
        networks: CIDR blocks in which this connection may call plain HTTP by address (an
            on-premises 1C, the local sandboxes); everywhere else TLS is due.

    Raises:
        ConfigurationError: says what is wrong with the URL, without repeating it.
    """
    if not url.isprintable() or " " in url or "\\" in url:
        raise ConfigurationError("The address must not hold spaces, backslashes or line ends.")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigurationError("The address is not a URL: write https://host/path.") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("The address must not hold a user name or password.")
    if not parts.hostname:
        raise ConfigurationError("The address must be a whole URL: https://host/path.")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise ConfigurationError("The address must end with its path, without ?... or #...")
    if parts.scheme == "https":
        return parts
    if parts.scheme == "http" and _is_allowed(parts.hostname, networks):
        return parts
    raise ConfigurationError(
        "The address must begin with https://; plain http is possible only to an address inside the"
        " connection's allowed networks."
    )


def same_origin(base: SplitResult, url: str) -> bool:
    """Whether ``url`` is on the scheme, host and port that the connection was given."""
    other = urlsplit(url)
    return (other.scheme, other.hostname, other.port) == (base.scheme, base.hostname, base.port)


def _is_allowed(host: str, networks: Sequence[str]) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    try:
        return any(address in ip_network(network, strict=False) for network in networks)
    except ValueError:
        raise ConfigurationError(
            "An allowed network is written as a CIDR block, such as 10.0.0.0/8."
        ) from None
