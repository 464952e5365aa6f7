"""Tries both ways into the site and says which works, and what to switch on for the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.bitrix24.catalog.checks import catalog_checks
from integrations.bitrix_site.client import Site, rest_of
from integrations.bitrix_site.models import Settings, Transport
from mostik.commerceml.client_reply import ProtocolBroken, SiteRefuses
from mostik.errors import ConfigurationError, GiveUp, MostikError
from mostik.integration import Check

_NOT_FOUND = 404
_NEEDED = {
    "sale": "the orders of the shop",
    "catalog": "goods, prices and stock",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way into the site.

    Attributes:
        title: what it is called.
        tried: there is what it takes to try it.
        works: it does.
        advice: what to do for it.
    """

    title: str
    tried: bool
    works: bool
    advice: str = ""


def check(site: Site, settings: Settings) -> Iterable[Check]:
    """Yields one line for each thing that is needed."""
    scopes, rest = _rest(site, settings)
    exchange = _exchange(site, settings)
    chosen = rest if settings.transport is Transport.REST else exchange
    other = exchange if chosen is rest else rest
    yield Check(f"The site works {chosen.title}", chosen.works, chosen.advice)
    if not chosen.works and other.works:
        yield Check(
            f"The chosen way is the one that works: the site answers {other.title}",
            ok=False,
            advice=f"Change transport, or do this: {chosen.advice}",
        )
    elif other.tried:
        yield Check(f"The site works {other.title} too", other.works, other.advice)
    else:
        yield Check(f"Nothing was entered to work {other.title}, and nothing has to be", ok=True)
    if chosen.works and chosen is rest:
        yield from _rights(site, scopes)
    if chosen.works and chosen is exchange:
        yield from _manners(site, settings)


def _rest(site: Site, settings: Settings) -> tuple[list[str], Way]:
    title = "by its REST"
    if settings.webhook_url is None:
        advice = "Make an inbound webhook on the site and enter its URL as webhook_url."
        return [], Way(title, tried=False, works=False, advice=advice)
    try:
        return site.scope().result, Way(title, tried=True, works=True)
    except GiveUp as error:
        closed = error.status == _NOT_FOUND and error.code is None
        advice = (
            "REST is closed on this site: there is nothing at /rest/. Install the module rest"
            " and its urlrewrite rule, or choose exchange, which every site with the module of"
            " the shop has."
            if closed
            else f"REST does not answer as it should: {error.text}"
        )
    except MostikError as error:
        advice = str(error)
    return [], Way(title, tried=True, works=False, advice=advice)


def _exchange(site: Site, settings: Settings) -> Way:
    title = "by the exchange with 1C"
    if settings.exchange_login is None or settings.exchange_password is None:
        advice = (
            "Enter exchange_login and exchange_password of a user who may exchange with 1C"
            " (Shop, Settings, Integration with 1C, groups)."
        )
        return Way(title, tried=False, works=False, advice=advice)
    try:
        site.exchange.try_login()
    except ProtocolBroken:
        advice = (
            f"{settings.script} answers with a page instead of the words of the exchange: look"
            " whether the path is right and nothing (a warning of PHP, a page of the site) is put"
            " before its answer."
        )
    except MostikError as error:
        advice = str(error)
    else:
        return Way(title, tried=True, works=True)
    return Way(title, tried=True, works=False, advice=advice)


def _rights(site: Site, scopes: list[str]) -> Iterator[Check]:
    for scope, purpose in _NEEDED.items():
        yield Check(
            f"The inbound webhook may use {scope}",
            scope in scopes,
            f"Tick {scope} under the rights of the inbound webhook; without it there are no"
            f" {purpose}.",
        )
    rest = rest_of(site)
    admin: bool | None = None
    try:
        admin = rest.app.is_admin()
    except (GiveUp, ConfigurationError):
        yield Check(
            "REST is half open: user.* is refused, so nobody can say whose rights the webhook has",
            ok=False,
            advice="Tick user under the rights of the inbound webhook, or make sure yourself that"
            " an administrator has made it: others may read orders and goods but write none.",
        )
    if admin is not None:
        yield Check(
            "The user of the webhook administers the site",
            admin,
            "Goods and orders can be written by an administrator only: let an administrator make"
            " the inbound webhook.",
        )
    if "catalog" in scopes:
        yield from catalog_checks(rest.catalog)


def _manners(site: Site, settings: Settings) -> Iterator[Check]:
    login = site.exchange.try_login()
    yield Check(
        "The module of the exchange protects its sessions (sessid)",
        login.sessid is not None,
        "It is an old module: it gives no sessid. Orders and goods go all the same; an update of"
        " the module sale makes it safer.",
    )
    if settings.is_shared:
        yield _beside_1c(site)
        yield Check(f"Orders are looked for every {settings.poll_minutes} minutes", ok=True)
        return
    yield from _schema(site, settings)


def _beside_1c(site: Site) -> Check:
    title = "1C exchanges with this site too, and does not notice that Mostik looks for orders"
    try:
        site.exchange.try_changes(datetime.now(UTC).replace(tzinfo=None))
    except MostikError as error:
        advice = (
            "The site does not tell its orders as to a Bitrix24 (type=crm of the exchange):"
            f" {error} Update the module sale, or copy the script and choose mode own."
        )
        return Check(title, ok=False, advice=advice)
    return Check(title, ok=True)


def _schema(site: Site, settings: Settings) -> Iterator[Check]:
    if settings.agreed_schema is None:
        return
    try:
        terms = site.exchange.try_terms()
    except (SiteRefuses, ProtocolBroken) as error:
        yield Check("The site tells its terms for files", ok=False, advice=str(error))
        return
    yield Check(
        "The module of the exchange knows newer schemas: payments and shipments travel",
        terms.schema is not None,
        "It is an old module: it names no schema. Leave schema_version empty; payments and"
        " shipments then come as marks of the order, not as documents.",
    )
