"""The API gateway layer: one site, by its REST and by its exchange.

REST is that of Bitrix24 (version 2) without a CRM; the exchange is the protocol of 1C. Not tried on
a real site yet: every such assumption is in the modules of the two.
"""

from __future__ import annotations

from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.models import Scope
from integrations.bitrix_site.exchange.session import Exchange
from integrations.bitrix_site.models import Settings
from integrations.bitrix_site.rest import RestApi
from integrations.bitrix_site.shelf import Shelf
from mostik.errors import ConfigurationError
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Replay
from mostik.integration import Storage

_SCOPE = Endpoint("POST", "scope", Replay.SAFE)


class Site:
    """Calls one site.

    Args:
        api: a ready client, bound to a job.
        settings: of the connection.
        storage: where what the site has told is kept; ``None``: nothing is.

    Attributes:
        settings: of the connection.
        exchange: the site as 1C works with it.
        shelf: what it has told; ``None``: nothing is kept.
    """

    def __init__(self, api: ApiClient, settings: Settings, storage: Storage | None = None) -> None:
        self.settings = settings
        self.exchange = Exchange(api, settings)
        self.shelf = (
            Shelf(storage.table, storage.connection, storage.clock) if storage is not None else None
        )
        self._api = RestApi(api, settings)
        self._rest = (
            Bitrix24(self._api, settings.for_rest()) if settings.webhook_url is not None else None
        )

    def scope(self) -> Scope:
        """scope: the rights that the inbound webhook was given."""
        return self._api.fetch(Scope, _SCOPE)


def rest_of(site: Site) -> Bitrix24:
    """Returns the site's REST.

    Raises:
        ConfigurationError: there is no webhook to call it by.
    """
    if site._rest is None:
        raise ConfigurationError("Enter webhook_url: REST is called by an inbound webhook.")
    return site._rest


def keeping(api: ApiClient, storage: Storage, settings: Settings) -> Site:
    """Returns the client of a stack that keeps things."""
    return Site(api, settings, storage)
