"""One set of resources over two transports: the settings say which of them carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from integrations.bitrix24.catalog.resources import CATALOG_RESOURCES
from integrations.bitrix24.resources import orders as rest_orders
from integrations.bitrix_site.client import Site, rest_of
from integrations.bitrix_site.exchange.goods import KINDS
from integrations.bitrix_site.exchange.orders import ExchangeOrders
from integrations.bitrix_site.exchange.pushed import Pushed
from integrations.bitrix_site.exchange.reading import Walk
from integrations.bitrix_site.models import Settings, Transport
from integrations.bitrix_site.shelf import Shelf
from mostik.commerce.order import ORDERS
from mostik.errors import ConfigurationError, GiveUp, WhoActs
from mostik.integration import Misfit, Resource

Factory = Callable[[Site, Settings, str], Resource[Any]]
_PUSHED: Mapping[str, type[Pushed[Any]]] = {kind.resource: kind for kind in KINDS}


def shelf_of(site: Site) -> Shelf:
    """Returns where a site's records are kept.

    Raises:
        ConfigurationError: this part of the stack keeps nothing.
    """
    if site.shelf is None:
        raise ConfigurationError(
            "This part of the stack keeps nothing of what the site tells.", who=WhoActs.DEVELOPER
        )
    return site.shelf


def orders(site: Site, settings: Settings, connection: str) -> Resource[Any]:
    """Orders of the site."""
    if settings.transport is Transport.REST:
        rest = rest_of(site)
        return rest_orders(rest, rest.settings, connection)
    return ExchangeOrders(site.exchange, shelf_of(site), settings, connection)


def _goods(name: str, site: Site, settings: Settings, connection: str) -> Resource[Any]:
    if settings.transport is Transport.REST:
        rest = rest_of(site)
        return CATALOG_RESOURCES[name](rest, rest.settings, connection)
    kind = _PUSHED.get(name)
    if kind is None:
        known = ", ".join(sorted([*_PUSHED, ORDERS]))
        raise GiveUp(
            f"By the exchange there are no {name} of their own. There are: {known}.",
            who=WhoActs.ADMIN,
        )
    shelf = shelf_of(site)

    def refresh(walk: str) -> Sequence[Misfit]:
        reading = Walk(shelf, settings, walk)
        for part in site.exchange.catalogue():
            reading.take(part)
        return reading.misfits.get(name, ())

    return kind(site.exchange, shelf, settings, connection, refresh)


RESOURCES: Mapping[str, Factory] = {
    ORDERS: orders,
    **{name: partial(_goods, name) for name in CATALOG_RESOURCES},
}
