"""A declared rename: the one redirect that is followed, because the vendor moves accounts inside
its own zones.

Nothing of a Location is ever requested as it came: it is compared as text with the URL that was
sent, and only a host that passes is taken from it. So two readers of URLs cannot disagree, and a
credential in the path goes to the vendor's zones or nowhere.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import requests

from mostik.errors import ConfigurationError
from mostik.http.guard import origin_of
from mostik.http.result import Result

_MOVED_TEXT = (
    "The external system has moved to https://{host}: enter the new address in this connection's"
    " settings. Until then its calls are sent there."
)
_MOVED = (301, 302)
_HTTPS = re.compile(r"https://([^/]+)(/.*)")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NO_ACCOUNTS = ("www",)
"""The vendor's own site."""


@dataclass(frozen=True, slots=True)
class Rename:
    """What an integration declares about accounts that change their address.

    Attributes:
        zones: the vendor's domains, each with its leading dot; an account is one label below.
    """

    zones: tuple[str, ...]

    def new_host(self, status: int, location: str | None, sent: str) -> str | None:
        """Returns the account's new host, ``None`` when an answer is no rename.

        Args:
            status: of the answer.
            location: its header.
            sent: the URL that was called.
        """
        if status not in _MOVED or location is None:
            return None
        was, now = _HTTPS.fullmatch(sent), _HTTPS.fullmatch(location)
        if was is None or now is None or was[2] != now[2] or was[1] == now[1]:
            return None
        return now[1] if self._is_account(was[1]) and self._is_account(now[1]) else None

    def _is_account(self, host: str) -> bool:
        label, dot, rest = host.partition(".")
        return (
            dot + rest in self.zones
            and _LABEL.fullmatch(label) is not None
            and label not in _NO_ACCOUNTS
        )


def followed(rename: Rename, result: Result, sent: str, connection: str) -> Result:
    """Returns a result that says where the call is to be made once more, when it is a rename.

    Args:
        rename: what the integration declares.
        result: of the call.
        sent: the URL that was called.
        connection: its gate.
    """
    location = next((v for k, v in result.headers.items() if k.lower() == "location"), None)
    host = rename.new_host(result.status or 0, location, sent)
    if host is None:
        return result
    error = ConfigurationError(_MOVED_TEXT.format(host=host), gate=connection)
    return replace(result, error=error, moved_to=host)


@dataclass(frozen=True, slots=True)
class Base:
    """What every URL of a client begins with.

    Attributes:
        url: the base URL, ends with a slash; it begins with the origin.
        origin: see ``origin_of``.
    """

    url: str
    origin: str

    @classmethod
    def of(cls, base_url: str) -> Base:
        """Returns the base of a checked base URL."""
        origin = origin_of(base_url)
        url = origin + urlsplit(base_url).path[1:]
        return cls(url if url.endswith("/") else url + "/", origin)

    def holds(self, url: str | None) -> bool:
        """Whether a URL is on this scheme, host and port. Compared as text, so that no two readers
        of URLs can disagree."""
        return url is not None and url.startswith(self.origin)

    def at(self, host: str) -> Base:
        """Returns this base on another host."""
        origin = f"https://{host}/"
        return Base(origin + self.url.removeprefix(self.origin), origin)

    def moved(self, request: requests.Request, host: str) -> requests.Request:
        """Returns a request of this origin as it is sent to another host, not signed yet."""
        moved = copy(request)
        moved.url = self.at(host).origin + str(request.url).removeprefix(self.origin)
        moved.auth = None
        return moved


class Home:
    """Where a client's API is now; shared by all that were made of one client.

    Args:
        base: where it is by the settings.
    """

    __slots__ = ("base",)

    def __init__(self, base: Base) -> None:
        self.base = base
