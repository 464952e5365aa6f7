"""The API gateway layer: one method per Bitrix24 REST method (version 2).

Every method is a POST of JSON to ``<webhook url><method>``. Sources: apidocs.bitrix24.ru,
crm/universal. Not tried on a real portal yet: every such assumption is in this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.models import (
    EntityType,
    Item,
    ItemEnvelope,
    ItemsEnvelope,
    Scope,
)
from mostik.errors import GiveUp
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.paging import Page

ITEM_ADD = Endpoint("POST", "crm.item.add", Replay.UNSAFE)
ITEM_GET = Endpoint("POST", "crm.item.get", Replay.SAFE)
ITEM_LIST = Endpoint("POST", "crm.item.list", Replay.SAFE)
ITEM_UPDATE = Endpoint("POST", "crm.item.update", Replay.SAFE)
SCOPE = Endpoint("POST", "scope", Replay.SAFE)

_WITHOUT_COUNT = -1
"""``start=-1`` spares the portal the count of all rows (list-methods-pecularities)."""


class Bitrix24:
    """Calls one portal.

    Args:
        api: a ready client, bound to a job.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def item_get(self, kind: EntityType, item_id: str) -> Item | None:
        """crm.item.get: one item, or ``None`` when the portal has none of this id."""
        if not item_id.isdecimal():
            return None
        try:
            envelope = self._api.fetch(
                ItemEnvelope, ITEM_GET, body={"entityTypeId": kind, "id": int(item_id)}
            )
        except GiveUp as error:
            if error.code is not None and error.code.casefold() == "not_found":
                return None
            raise
        return envelope.result.item

    def item_list(
        self, kind: EntityType, filters: Mapping[str, Any], *, after_id: int = 0
    ) -> Page[Item]:
        """crm.item.list: one page of at most 50 items with an id above ``after_id``."""
        envelope = self._api.fetch(
            ItemsEnvelope,
            ITEM_LIST,
            body={
                "entityTypeId": kind,
                "filter": {**filters, ">id": after_id},
                "order": {"id": "ASC"},
                "select": ["*"],
                "start": _WITHOUT_COUNT,
            },
        )
        items: Sequence[Item] = envelope.result.items
        return Page(items, cursor=str(items[-1].id) if items else None)

    def item_add(self, kind: EntityType, fields: Mapping[str, Any]) -> Item:
        """crm.item.add: creates an item. A repeat creates another one."""
        envelope = self._api.fetch(
            ItemEnvelope, ITEM_ADD, body={"entityTypeId": kind, "fields": dict(fields)}
        )
        return envelope.result.item

    def item_update(self, kind: EntityType, item_id: str, fields: Mapping[str, Any]) -> Item:
        """crm.item.update: sets fields of an item."""
        envelope = self._api.fetch(
            ItemEnvelope,
            ITEM_UPDATE,
            body={"entityTypeId": kind, "id": int(item_id), "fields": dict(fields)},
        )
        return envelope.result.item

    def scope(self) -> Scope:
        """scope: the rights that the webhook was given."""
        return self._api.fetch(Scope, SCOPE)
