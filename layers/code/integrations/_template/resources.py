"""Orders in canonical form, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations._template.client import Client
from integrations._template.mapping import content_of, order_from
from integrations._template.models import ApiOrder, Settings
from mostik.commerce.order import Order
from mostik.integration import CreateOnce


class Orders:
    """Orders of one account."""

    def __init__(self, client: Client, settings: Settings, connection: str) -> None:
        del settings, connection  # nothing of them is needed here
        self._client = client

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``."""
        found = self._client.order_get(key)
        return order_from(found) if found is not None else None

    def find(self, system: str, key: str) -> Order | None:
        """See ``Resource.find``: look for the order that carries the external key, if the API
        can."""
        del system, key
        return None

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``."""
        del system, once
        return order_from(self._client.order_create(content_of(record)))

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``."""
        del system, once
        return order_from(self._client.order_update(key, content_of(record)))

    def from_state(self, content: Mapping[str, Any]) -> Order:
        """See ``Resource.from_state``."""
        return order_from(ApiOrder.model_validate(content))
