"""The API gateway layer of a declared API: its endpoints come from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.http_api.models import ApiObject, Settings, UpdateMethod
from mostik.errors import GiveUp
from mostik.http.client import ApiClient
from mostik.http.endpoint import Endpoint, Replay


class HttpApi:
    """Calls one declared API.

    Args:
        api: a ready client, bound to a job.
        settings: where the endpoints are.
    """

    def __init__(self, api: ApiClient, settings: Settings) -> None:
        self._api = api
        self._orders = settings.orders

    def order(self, key: str) -> ApiObject | None:
        """Reads one order, ``None`` when there is none."""
        return self._read(self._orders.get, key)

    def customer(self, key: str) -> ApiObject | None:
        """Reads one customer, ``None`` when there is none or customers are not declared."""
        if self._orders.customer is None:
            return None
        return self._read(self._orders.customer.get, key)

    def update_order(self, key: str, content: Mapping[str, Any]) -> ApiObject:
        """Sets an order's fields, or replaces it where the API wants the whole object.

        Setting the same state twice has no second effect, so a repeat is safe.

        Raises:
            GiveUp: the settings declare no way to update.
        """
        method: UpdateMethod = self._orders.update_method
        endpoint = Endpoint(method.value, self._orders.update or "", Replay.SAFE)
        return self._api.fetch(ApiObject, endpoint, path={"id": key}, body=dict(content))

    def _read(self, path: str, key: str) -> ApiObject | None:
        try:
            return self._api.fetch(ApiObject, Endpoint("GET", path, Replay.SAFE), path={"id": key})
        except GiveUp as error:
            if error.status == 404:
                return None
            raise
