"""Asks the portal whether everything that the integration needs is there, and mends what it may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from integrations.bitrix24.app.bindings import choose_feed, mend
from integrations.bitrix24.catalog.checks import catalog_checks
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.crm.probe import probe
from integrations.bitrix24.models import Settings
from mostik.errors import ConfigurationError, GiveUp
from mostik.integration import Check

NEEDED_SCOPE = "crm"
WANTED_SCOPES = {
    "catalog": "goods, prices and stock",
    "sale": "orders of the online store",
    "user": "the names of users",
    "userfieldconfig": "the values of user fields",
}


def check(client: Bitrix24, settings: Settings) -> Iterable[Check]:
    """Yields one line for each thing that is needed."""
    scopes = client.app.scope()
    where = "the application" if settings.is_app else "the inbound webhook"
    yield Check(
        f"{where.capitalize()} may use CRM",
        NEEDED_SCOPE in scopes,
        f"Open {where} on the portal and tick CRM (crm) under its rights.",
    )
    for scope, purpose in WANTED_SCOPES.items():
        yield Check(
            f"{where.capitalize()} may use {scope}",
            scope in scopes,
            f"Tick {scope} under the rights of {where}; without it there are no {purpose}.",
        )
    yield from _rights(client, scopes)
    if "catalog" in scopes:
        yield from catalog_checks(client.catalog)
    yield from probe(client.crm, settings)
    if settings.is_app:
        yield from _application(client, settings, scopes)


def _rights(client: Bitrix24, scopes: list[str]) -> Iterator[Check]:
    try:
        admin = client.app.is_admin()
    except (GiveUp, ConfigurationError):
        admin = False
    needs = [scope for scope in ("catalog", "sale") if scope in scopes]
    if needs:
        yield Check(
            "Its user administers the portal",
            admin,
            "Goods, prices, stock and orders of the online store can be written by an administrator"
            " only: let an administrator make it.",
        )


def _application(client: Bitrix24, settings: Settings, scopes: list[str]) -> Iterator[Check]:
    info = client.app.info()
    yield Check(
        "The installation of the application is finished",
        info.INSTALLED,
        'Register it as "script only", or let its page call installFinish: until then the portal'
        " sends it no events.",
    )
    yield Check(
        "The application is paid",
        info.PAYMENT_EXPIRED != "Y",
        "The portal's administrator must pay for the application.",
    )
    yield Check(
        "The address for events is known",
        bool(settings.handler_url),
        "Enter handler_url: the portal must know where to send the application's events.",
    )
    feed = choose_feed(client.app, settings)
    yield Check(
        "The plan has offline events that lose nothing (rest_offline_extended)",
        feed.offline,
        "Events are told once and may get lost; the sweep finds what it can. The queue needs a"
        " plan that has it, and an administrator as the application's user.",
    )
    yield Check(
        "The plan lets own writes be marked (rest_auth_connector)",
        bool(feed.connector) or not settings.auth_connector,
        "Own writes come back as events and are recognised by what they say; that costs a read"
        " each. The mark needs the Professional plan or a higher one.",
    )
    mended = mend(client.app, settings, feed, scopes)
    told = ", ".join(f"{event} ({why})" for event, why in sorted(mended.refused.items()))
    yield Check(
        "The events are bound",
        not mended.refused,
        f"The portal does not let these be bound: {told}",
    )
