"""The API gateway layer: a portal by its areas.

``portal`` carries the calls (transport/portal.py); each area adds one plain method per REST method
(version 2). Every method is a POST of JSON to ``<webhook url><method>``. Not tried on a real portal
yet: every such assumption is in the clients of the areas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.bitrix24.app.client import App
from integrations.bitrix24.catalog.directory import Directory
from integrations.bitrix24.crm.client import Crm
from integrations.bitrix24.models import Scope, Settings
from integrations.bitrix24.sale.client import Sale
from integrations.bitrix24.transport.portal import Portal
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.gate import Lane

SCOPE = Endpoint("POST", "scope", Replay.SAFE)
_NO_WORK = "mostik"


class Bitrix24:
    """Calls one portal.

    Args:
        api: a ready client, bound to a job.
        settings: of the connection.

    Attributes:
        portal: calls, batches and lists.
        app: rights, plan, the application and its events.
        catalog: what the trade catalogue consists of.
        crm: deals, contacts, companies.
        sale: orders of the online store.
        slow: the portal in the lowest lane, for what takes a call each.
        work: id of the piece of work, the same in all its attempts.
        user: id of the user behind the inbound webhook; ``None``: there is none.
    """

    def __init__(self, api: ApiClient, settings: Settings) -> None:
        self._api = api
        self.settings = settings
        self.portal = Portal(api, own_mark(settings))
        self.app = App(self.portal)
        self.catalog = Directory(self.portal, settings)
        self.crm = Crm(self.portal)
        self.sale = Sale(self.portal)
        in_no_hurry = replace(api.trail, lane=Lane.BACKFILL)
        self.slow = Portal(api.following(in_no_hurry), own_mark(settings))
        self.work = api.trail.ask or api.trail.job or _NO_WORK
        self.user = user_of(settings)

    def scope(self) -> Scope:
        """scope: the rights that the webhook was given."""
        return self._api.fetch(Scope, SCOPE)


def own_mark(settings: Settings) -> Mapping[str, Any]:
    """What every request of an application carries, so that its own writes do not come back to it
    by the offline queue (offline-events, how to avoid cycles)."""
    if not settings.is_app or not settings.auth_connector:
        return {}
    return {"auth_connector": settings.auth_connector}


def user_of(settings: Settings) -> int | None:
    """The user in whose name an inbound webhook acts: its URL says it."""
    if settings.webhook_url is None:
        return None
    parts = settings.webhook_url.get_secret_value().strip("/").split("/")
    return int(parts[-2])
