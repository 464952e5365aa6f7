"""What a sandbox portal is set up with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.sandbox.portal.limiter import RateLimit

DEFAULT_STAGES = (
    "NEW",
    "PREPARATION",
    "PREPAYMENT_INVOICE",
    "EXECUTING",
    "FINAL_INVOICE",
    "WON",
    "LOSE",
)

ALL_EVENTS = "*"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An outgoing webhook of the portal.

    Attributes:
        event: ``ONCRMDEALUPDATE`` and the like; ``*`` is every event that the sandbox has.
        url: who is told.
        application_token: what proves the portal to the receiver.
        handler_id: ``event_handler_id`` in the event's body; the portal numbers it when absent.
    """

    event: str
    url: str
    application_token: str = "sandbox-application-token"  # noqa: S105 # a made-up sandbox value
    handler_id: int | None = None


@dataclass(frozen=True, slots=True)
class UserField:
    """A user field of an entity type, under its camelCase name (``ufCrm_1721244707107``)."""

    entity_type_id: int
    name: str
    type: str = "string"
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class PortalConfig:
    """The portal's settings.

    Attributes:
        host: where it listens.
        port: 0 is a free one.
        user_id: whose inbound webhook it is; that user is the author of every change by REST.
        secret: the last part of the webhook's URL.
        person_id: who makes the changes of ``POST /_sandbox/edit``.
        domain: what events say the portal's address is; by default ``host:port``.
        member_id: the portal's stable id in events.
        zone_offset_hours: the portal's time zone.
        currencies: enabled ones; the first is the default.
        funnels: stages of each deal funnel, in order; those of funnel ``n`` > 0 get ``Cn:`` in
            front.
        user_fields: user fields that exist.
        page_size: rows a page of a list; always 50 on a real portal.
        rate_limit: the request limit; ``None`` switches it off.
        operating_limit: seconds in ten minutes after which a method is blocked; ``None`` never.
        operating_cost: seconds that a call of a method is charged on top of its real time.
        latency: seconds that every answer takes longer.
        subscriptions: outgoing webhooks; more can be added while it runs.
        clock: unix seconds.
    """

    host: str = "127.0.0.1"
    port: int = 0
    user_id: int = 1
    secret: str = "sandbox0webhook0code"  # noqa: S105 # a made-up sandbox value
    person_id: int = 7
    domain: str | None = None
    member_id: str = "5ab0cafe5ab0cafe5ab0cafe5ab0cafe"
    zone_offset_hours: float = 3
    currencies: tuple[str, ...] = ("RUB", "USD", "EUR")
    funnels: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: {0: DEFAULT_STAGES})
    user_fields: tuple[UserField, ...] = ()
    page_size: int = 50
    rate_limit: RateLimit | None = field(default_factory=RateLimit)
    operating_limit: float | None = None
    operating_cost: Mapping[str, float] = field(default_factory=dict)
    latency: float = 0.0
    subscriptions: tuple[Subscription, ...] = ()
    clock: Callable[[], float] = time.time
