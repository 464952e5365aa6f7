"""Deals as orders, contacts as customers: found by ``originatorId`` + ``originId``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.mapping import (
    contact_fields,
    customer_from,
    deal_fields,
    new_contact_fields,
    new_deal_fields,
    order_from,
)
from integrations.bitrix24.models import EntityType, Item, Settings
from mostik.commerce.order import Customer, Order
from mostik.errors import GiveUp, WhoActs
from mostik.integration import CreateOnce


class Contacts:
    """Contacts of a portal in canonical form."""

    def __init__(self, client: Bitrix24, settings: Settings, connection: str) -> None:
        del settings  # contacts need none
        self._client = client
        self._connection = connection

    def read(self, key: str) -> Customer | None:
        """See ``Resource.read``."""
        item = self._client.item_get(EntityType.CONTACT, key)
        return customer_from(item) if item is not None else None

    def find(self, system: str, key: str) -> Customer | None:
        """See ``Resource.find``."""
        item = _only(self._client, EntityType.CONTACT, system, key)
        return customer_from(item) if item is not None else None

    def create(self, record: Customer, system: str, once: CreateOnce) -> Customer:
        """See ``Resource.create``: two orders of one customer must not make two contacts."""
        return once(
            f"{self._connection}/contacts/{system}/{record.key}",
            lambda: self.find(system, record.key),
            lambda: customer_from(
                self._client.item_add(EntityType.CONTACT, new_contact_fields(record, system))
            ),
        )

    def update(self, key: str, record: Customer, system: str, once: CreateOnce) -> Customer:
        """See ``Resource.update``."""
        del system, once
        return customer_from(
            self._client.item_update(EntityType.CONTACT, key, contact_fields(record))
        )

    def from_state(self, content: Mapping[str, Any]) -> Customer:
        """Bitrix24's events carry ids only."""
        del content
        raise GiveUp("A portal's events carry no state.", who=WhoActs.DEVELOPER)


class Deals:
    """Deals of a portal as canonical orders."""

    def __init__(self, client: Bitrix24, settings: Settings, connection: str) -> None:
        self._client = client
        self._settings = settings
        self._contacts = Contacts(client, settings, connection)

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``."""
        item = self._client.item_get(EntityType.DEAL, key)
        return order_from(item, self._settings) if item is not None else None

    def find(self, system: str, key: str) -> Order | None:
        """See ``Resource.find``."""
        item = _only(self._client, EntityType.DEAL, system, key)
        return order_from(item, self._settings) if item is not None else None

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``: the contact first, then the deal that points at it.

        The deal itself needs no lease: its order is claimed by one worker at a time.
        """
        fields = new_deal_fields(record, self._settings, system)
        if record.customer is not None:
            contact = self._contacts.create(record.customer, system, once)
            fields["contactIds"] = [int(contact.key)]
        return order_from(self._client.item_add(EntityType.DEAL, fields), self._settings)

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``."""
        del system, once
        fields = deal_fields(record, self._settings)
        return order_from(self._client.item_update(EntityType.DEAL, key, fields), self._settings)

    def from_state(self, content: Mapping[str, Any]) -> Order:
        """Bitrix24's events carry ids only."""
        del content
        raise GiveUp("A portal's events carry no state.", who=WhoActs.DEVELOPER)


def _only(client: Bitrix24, kind: EntityType, system: str, key: str) -> Item | None:
    """Finds the one item that carries an external key; the portal promises no uniqueness."""
    page = client.item_list(kind, {"originatorId": system, "originId": key})
    if len(page.items) > 1:
        ids = ", ".join(str(item.id) for item in page.items[:5])
        raise GiveUp(
            f"Several records of the portal carry the same external key {system}:{key}"
            f" (ids {ids}): keep one and clear the key of the others.",
            who=WhoActs.ADMIN,
        )
    return page.items[0] if page.items else None
