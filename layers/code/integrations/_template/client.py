"""The API gateway layer: one plain method per external endpoint, each returning a model or one
page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations._template.models import ApiOrder
from mostik.errors import GiveUp
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Replay

ORDER_GET = Endpoint("GET", "orders/{id}", Replay.SAFE)
ORDER_CREATE = Endpoint("POST", "orders", Replay.UNSAFE)
ORDER_UPDATE = Endpoint("PATCH", "orders/{id}", Replay.SAFE)


class Client:
    """Calls one account of the API.

    Args:
        api: a ready client: auth, timeouts, repeats, limits and the log are done.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def order_get(self, key: str) -> ApiOrder | None:
        """Reads one order, ``None`` when there is none."""
        try:
            return self._api.fetch(ApiOrder, ORDER_GET, path={"id": key})
        except GiveUp as error:
            if error.status == 404:
                return None
            raise

    def order_create(self, content: Mapping[str, Any]) -> ApiOrder:
        """Creates an order. A repeat creates another one."""
        return self._api.fetch(ApiOrder, ORDER_CREATE, body=dict(content))

    def order_update(self, key: str, content: Mapping[str, Any]) -> ApiOrder:
        """Sets an order's fields."""
        return self._api.fetch(ApiOrder, ORDER_UPDATE, path={"id": key}, body=dict(content))
