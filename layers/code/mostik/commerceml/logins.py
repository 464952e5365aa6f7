"""Who calls: the login of a connection's door, in constant time and only so often."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from mostik.errors import ConfigurationError, RejectReason, WebhookRejected
from mostik.inbound.door import parse_door
from mostik.inbound.request import InboundRequest
from mostik.ports import Clock, Secrets

FAILURES_A_MINUTE = 30
"""Wrong logins from one address; the rest of the minute its logins are not even looked at."""
_OF_A_KNOWN_ADDRESS = 10
"""So many times more from an address that has logged in: an office shares one."""
_WINDOW_SECONDS = 60.0
_KNOWN_SECONDS = 3_600.0
_MOST_ADDRESSES = 4_096
_NET_OF_IPV6 = 64


class Attempts:
    """Counts wrong logins by address, in the memory of one container.

    Args:
        clock: unix seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._known: OrderedDict[str, float] = OrderedDict()

    def refuses(self, address: str) -> bool:
        """Whether an address has failed so often that its login is not looked at."""
        address = _net(address)
        began, count = self._failures.get(address, (0.0, 0))
        now = self._clock()
        if now - began > _WINDOW_SECONDS:
            return False
        known = now - self._known.get(address, float("-inf")) <= _KNOWN_SECONDS
        return count >= FAILURES_A_MINUTE * (_OF_A_KNOWN_ADDRESS if known else 1)

    def failed(self, address: str) -> None:
        """Counts a wrong login."""
        address, now = _net(address), self._clock()
        began, count = self._failures.pop(address, (now, 0))
        if now - began > _WINDOW_SECONDS:
            began, count = now, 0
        self._failures[address] = (began, count + 1)
        _shorten(self._failures)

    def succeeded(self, address: str) -> None:
        """Remembers that an address knows a login."""
        address = _net(address)
        self._known.pop(address, None)
        self._known[address] = self._clock()
        _shorten(self._known)


class Logins:
    """Verifies Basic credentials against the door document of a connection.

    Args:
        secrets: door documents.
        attempts: limits guessing.
        is_connection_id: the pattern of connection ids.
    """

    def __init__(
        self, secrets: Secrets, attempts: Attempts, is_connection_id: Callable[[str], bool]
    ) -> None:
        self._secrets = secrets
        self._attempts = attempts
        self._is_connection_id = is_connection_id

    def verify(self, connection: str, request: InboundRequest) -> str:
        """Returns the id of the secret that proves the login.

        Raises:
            WebhookRejected: it is wrong, or this address has been wrong too often.
            ConfigurationError: the door document is.
        """
        address = request.source_ip
        if self._attempts.refuses(address):
            raise WebhookRejected(RejectReason.TOO_MANY_FAILURES)
        try:
            key_id = self._verify(connection, request)
        except WebhookRejected as rejected:
            # Many clients ask once without credentials, to be asked for them.
            if rejected.reason is not RejectReason.SIGNATURE_MISSING:
                self._attempts.failed(address)
            raise
        self._attempts.succeeded(address)
        return key_id

    def _verify(self, connection: str, request: InboundRequest) -> str:
        if not self._is_connection_id(connection):
            raise WebhookRejected(RejectReason.UNKNOWN_CONNECTION)
        name = f"door/{connection}"
        document = self._secrets.read(name)
        if document is None:
            raise WebhookRejected(RejectReason.UNKNOWN_CONNECTION)
        try:
            return _proven(document, request)
        except WebhookRejected:
            fresh = self._secrets.refresh(name)  # the password was changed just now?
            if fresh is None or fresh == document:
                raise
            return _proven(fresh, request)


def _proven(document: str, request: InboundRequest) -> str:
    door = parse_door(document)
    if door.scheme_name != "basic":
        raise ConfigurationError("the door of a 1C exchange must have the scheme 'basic'")
    return door.scheme.verify(request, door.live_secrets(request.received_at)).key_id


def _net(address: str) -> str:
    """An IPv6 sender owns a /64 and can change its address within it at will."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return address
    return str(ip_network((parsed, _NET_OF_IPV6), strict=False))


def _shorten(known: OrderedDict[str, Any]) -> None:
    while len(known) > _MOST_ADDRESSES:
        known.popitem(last=False)
