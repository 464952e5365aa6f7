"""What a sandbox portal is set up with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from local.sandbox.portal.catalog.config import CatalogConfig
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


class Billing(StrEnum):
    """Whom the working time of a batch is charged to; the sources contradict each other."""

    METHODS = "methods"
    """Each nested command to its own method, the outer ``batch`` not at all (b24restdocs
    ``limits.md``)."""
    BATCH = "batch"
    """All of it to ``batch``, at least 0.1 s, and every nested answer shows that figure (measured
    by the authors of b24jssdk, pull request 539)."""


ALL_SCOPES = ("catalog", "crm", "sale", "user", "userfieldconfig")


@dataclass(frozen=True, slots=True)
class PortalApp:
    """The one application of the portal.

    Attributes:
        client_id: the application's code.
        client_secret: what it shows the authorization server, and never the portal.
        scopes: the rights that it asked for.
        user_id: who installs it.
        installed: ``False`` while an application with a page of its own has not called
            ``installFinish``: no event reaches it until then.
        status: ``L`` local, ``F`` free, ``T`` trial, ``P`` paid.
        redirect_uri: where ``/oauth/authorize/`` sends the browser.
        unpaid: the token server answers ``PAYMENT_REQUIRED``.
        spare_refresh: seconds for which a replaced refresh token still serves.
    """

    client_id: str = "local.5ab0cafe5ab0c4.00000001"
    client_secret: str = "sandbox0client0secret"  # noqa: S105 # a made-up sandbox value
    scopes: tuple[str, ...] = ALL_SCOPES
    user_id: int = 1
    installed: bool = True
    status: str = "L"
    redirect_uri: str | None = None
    unpaid: bool = False
    spare_refresh: float = 0.0


@dataclass(frozen=True, slots=True)
class UserField:
    """A user field of an entity type, under its camelCase name (``ufCrm_1721244707107``).

    Attributes:
        entity_type_id: 2, 3 or 4.
        name: its camelCase name.
        type: ``string``, ``enumeration``, ...
        multiple: it holds several values.
        label: what people call it.
        enum: values of an ``enumeration``: external id and text.
    """

    entity_type_id: int
    name: str
    type: str = "string"
    multiple: bool = False
    label: str = ""
    enum: tuple[tuple[str, str], ...] = ()


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
        billing: whom the working time of a batch is charged to.
        scopes: rights of the inbound webhook.
        admins: users who administer the portal.
        app: its application, when there is one.
        features: what ``feature.get`` says, by code; on a plan without it a feature is not there.
        selfhosted: a portal on the company's own server, where ``feature.get`` answers otherwise.
        license: the plan, as ``app.info`` names it.
        commercial: ``False``: the plan has no REST API at all.
        catalog: the trade catalogue on the first day.
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
    billing: Billing = Billing.METHODS
    scopes: tuple[str, ...] = ALL_SCOPES
    admins: tuple[int, ...] = (1,)
    app: PortalApp | None = None
    features: Mapping[str, bool] = field(
        default_factory=lambda: {"rest_offline_extended": True, "rest_auth_connector": True}
    )
    selfhosted: bool = False
    license: str = "ru_pro100"
    commercial: bool = True
    catalog: CatalogConfig = field(default_factory=CatalogConfig)
    subscriptions: tuple[Subscription, ...] = ()
    clock: Callable[[], float] = time.time
