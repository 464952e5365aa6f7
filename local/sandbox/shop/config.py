"""What a sandbox shop is set up with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

# a made-up sandbox value
DEFAULT_SECRET = "whsec_c2FuZGJveC1zaG9wLXNpZ25pbmcta2V5LTAwMDE="  # noqa: S105 # as said above


@dataclass(frozen=True, slots=True)
class ShopSubscription:
    """A webhook of the shop.

    Attributes:
        url: who is told.
        secret: ``whsec_`` and the base64 of the signing key.
        types: shell patterns of the event types that it wants.
    """

    url: str
    secret: str = DEFAULT_SECRET
    types: tuple[str, ...] = ("order.*",)


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """The shop's settings.

    Attributes:
        host: where it listens.
        port: 0 is a free one.
        api_key: what callers put after ``Bearer``.
        page_size: rows a page of a list when ``limit`` is absent.
        max_page_size: the largest ``limit``.
        latency: seconds that every answer takes longer.
        subscriptions: webhooks; more can be added while it runs.
        clock: unix seconds.
    """

    host: str = "127.0.0.1"
    port: int = 0
    api_key: str = "sandbox-shop-api-key"
    page_size: int = 50
    max_page_size: int = 200
    latency: float = 0.0
    subscriptions: tuple[ShopSubscription, ...] = ()
    clock: Callable[[], float] = time.time
