"""Orders of a declared API in canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations.http_api.client import HttpApi
from integrations.http_api.mapping import changes, customer_from, laid_over, order_from
from integrations.http_api.models import ApiObject, Settings
from integrations.http_api.piece import UpdateMethod
from mostik.commerce.order import Order
from mostik.commerce.parties import Customer
from mostik.errors import GiveUp, Skip, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit


def orders(client: HttpApi, settings: Settings, connection: str) -> Orders:
    """Returns the orders of one API; they can be walked through where a list is declared."""
    listed = settings.orders is not None and settings.orders.list is not None
    return (ListedOrders if listed else Orders)(client, settings, connection)


class Orders:
    """Orders of one API."""

    def __init__(self, client: HttpApi, settings: Settings, connection: str) -> None:
        self._client = client
        if settings.orders is None:
            raise GiveUp(
                f"The connection {connection} declares no resource orders:"
                " add it to its resources.",
                who=WhoActs.ADMIN,
            )
        self._fields = settings.orders
        self._connection = connection

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``: the order and, where declared, its customer."""
        content = self._client.order(key)
        return self._order(content) if content is not None else None

    def find(self, system: str, key: str) -> Order | None:
        """A declared API carries no external keys: pairs are known from the other side."""
        del system, key
        return None

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """Orders are not created in a declared API."""
        del record, system, once
        raise Skip(f"The API of {self._connection} declares no way to create orders.")

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``."""
        del system, once
        if self._fields.update is None:
            raise Skip(f"The API of {self._connection} declares no way to update orders.")
        changed = changes(record, self._fields)
        if self._fields.update_method is UpdateMethod.PATCH:
            content = laid_over({}, changed)
        else:
            present = self._client.order(key)
            if present is None:
                raise GiveUp("The order is no longer there.", who=WhoActs.ADMIN, status=404)
            content = laid_over(present.model_dump(), changed)
        return order_from(self._client.update_order(key, content), self._fields, customer=None)

    def from_state(self, content: Mapping[str, Any]) -> Order:
        """See ``Resource.from_state``."""
        return self._order(ApiObject.model_validate(content))

    def _order(self, content: ApiObject) -> Order:
        return order_from(content, self._fields, self._customer(content))

    def _customer(self, content: ApiObject) -> Customer | None:
        fields = self._fields.customer
        key = content.at(fields.id_of_order) if fields is not None else None
        if fields is None or not isinstance(key, str | int):
            return None
        found = self._client.customer(str(key))
        return customer_from(str(key), found, fields) if found is not None else None


class ListedOrders(Orders):
    """Orders that can be walked through."""

    def page(self, cursor: str | None, since: datetime | None) -> Page[Order | Misfit]:
        """See ``Listed.page``; rows are whole, or each is read once more."""
        found = self._client.orders(cursor, since)
        items = [one for row in found.items if (one := self._listed(row)) is not None]
        return Page(items, found.cursor)

    def _listed(self, row: ApiObject) -> Order | Misfit | None:
        key = str(row.at(self._fields.id) or "")
        try:
            if self._fields.list is not None and not self._fields.list.whole:
                return self.read(key)
            return self._order(row)
        except GiveUp as error:
            if error.status is not None:
                raise  # it is the call that failed, not the row
            return Misfit(key, error)
