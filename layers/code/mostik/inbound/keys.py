"""Public keys that live elsewhere: the port that reads them, and its cache.

A scheme never opens a connection by itself. Where a sender publishes its keys (JWKS, PayPal's
certificates), the scheme asks a ``Fetch`` that the composition root handed in, through a cache.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

Read = Callable[[str], bytes]
"""Reads one ``https`` URL without following redirects; raises ``OSError`` when it cannot."""

HOUR = 3600.0


class Fetch(Protocol):
    """Hands out what a URL held not longer than ``max_age`` seconds ago."""

    def __call__(self, url: str, max_age: float = HOUR) -> bytes:
        """The bytes at ``url``.

        Raises:
            OSError: they cannot be had.
        """
        ...


def https_host(url: str) -> str | None:
    """The host of a plain ``https`` URL on the usual port; ``None`` of anything else.

    A login in the URL, another port or a backslash are refused: readers of URLs differ on them.
    """
    if "\\" in url or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443):
        return None
    return parts.hostname


def host_within(host: str | None, domain: str) -> bool:
    """Whether ``host`` is ``domain`` or below it."""
    return host is not None and (host == domain or host.endswith(f".{domain}"))


class CachedFetch:
    """A ``Fetch`` that asks at most once per URL and period, failures included.

    Args:
        read: the real reading.
        failure_seconds: how long a failure is remembered; a burst of forged requests asks once.
        most: URLs kept; the oldest goes first.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        read: Read,
        *,
        failure_seconds: float = 60.0,
        most: int = 32,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._failure_seconds = failure_seconds
        self._most = most
        self._clock = clock
        self._kept: dict[str, tuple[float, bytes | None]] = {}

    def __call__(self, url: str, max_age: float = HOUR) -> bytes:
        """The bytes at ``url``, from the cache while they are fresh.

        Raises:
            OSError: the reading failed, now or less than ``failure_seconds`` ago.
        """
        now = self._clock()
        asked, held = self._kept.get(url, (0.0, None))
        if url not in self._kept or now - asked >= (
            self._failure_seconds if held is None else max_age
        ):
            held = self._ask(url, now)
        if held is None:
            raise OSError("the keys could not be read")
        return held

    def _ask(self, url: str, now: float) -> bytes | None:
        held: bytes | None
        try:
            held = self._read(url)
        except OSError:
            held = None
        self._kept.pop(url, None)
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[url] = (now, held)
        return held
