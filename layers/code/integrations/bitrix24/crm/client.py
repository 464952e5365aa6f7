"""The API gateway layer of the CRM: one method per REST method (version 2).

Sources: apidocs.bitrix24.ru, crm/universal, crm/requisites, crm/duplicates. Not tried on a real
portal yet. What the documentation says of product rows: the portal works out ``xmlId`` itself and
passes over what is sent for it, so a row is known by its ``id`` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.bitrix24.crm.models import (
    EntityType,
    Item,
    ItemEnvelope,
    ItemResult,
    ProductRow,
    RowsEnvelope,
    RowsResult,
    understood,
)
from integrations.bitrix24.fit import fitted
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.listing import Listing, Row
from integrations.bitrix24.transport.php import Ref, as_list, as_map
from integrations.bitrix24.transport.portal import Portal
from mostik.errors import ConfigurationError, GiveUp, MostikError, WhoActs
from mostik.http.endpoint import Endpoint, Replay
from mostik.http.paging import Page

ITEM_ADD = Endpoint("POST", "crm.item.add", Replay.UNSAFE)
ITEM_GET = Endpoint("POST", "crm.item.get", Replay.SAFE)
ITEM_LIST = Endpoint("POST", "crm.item.list", Replay.SAFE)
ITEM_UPDATE = Endpoint("POST", "crm.item.update", Replay.SAFE)
ITEM_FM = Endpoint("POST", "crm.item.update", Replay.UNSAFE)
"""An update that adds phones or e-mails: a repeat adds them once more."""
ITEM_DELETE = Endpoint("POST", "crm.item.delete", Replay.SAFE)
ITEM_FIELDS = Endpoint("POST", "crm.item.fields", Replay.SAFE)
ROWS_LIST = Endpoint("POST", "crm.item.productrow.list", Replay.SAFE)
ROWS_SET = Endpoint("POST", "crm.item.productrow.set", Replay.SAFE)
DUPLICATES = Endpoint("POST", "crm.duplicate.findbycomm", Replay.SAFE)

_WITHOUT_COUNT = -1
_ROWS = 50
DEAL_OWNER = "D"
"""``ownerType`` of a deal's product rows."""
SEVERAL = 2
"""Rows that are enough to see that a key is not unique."""


def listing(kind: EntityType) -> Listing:
    """Returns how a kind of items is listed."""
    return Listing(ITEM_LIST, "items", select=("*",), fixed={"entityTypeId": kind})


def get_item(kind: EntityType, key: str, name: str | None = None) -> Command:
    """crm.item.get as a command."""
    return Command(ITEM_GET, {"entityTypeId": kind, "id": int(key)}, name)


def find_items(kind: EntityType, filters: Mapping[str, Any]) -> Command:
    """crm.item.list as a command: the first items that meet conditions."""
    return Command(
        ITEM_LIST,
        {
            "entityTypeId": kind,
            "filter": {**filters, ">id": 0},
            "order": {"id": "ASC"},
            "select": ["*"],
            "start": _WITHOUT_COUNT,
        },
    )


def add_item(kind: EntityType, fields: Mapping[str, Any], name: str | None = None) -> Command:
    """crm.item.add as a command. A repeat creates another item."""
    return Command(ITEM_ADD, {"entityTypeId": kind, "fields": dict(fields)}, name)


def update_item(kind: EntityType, key: str, fields: Mapping[str, Any]) -> Command:
    """crm.item.update as a command; without fields the item is read: the portal wants some."""
    if not fields:
        return get_item(kind, key)
    endpoint = ITEM_FM if fields.get("fm") else ITEM_UPDATE
    return Command(endpoint, {"entityTypeId": kind, "id": int(key), "fields": dict(fields)})


def list_rows(owner: str | int | Ref, name: str | None = None, after: int | Ref = 0) -> Command:
    """crm.item.productrow.list as a command: the first 50 rows of a deal behind a row."""
    return Command(
        ROWS_LIST,
        {
            "filter": {"=ownerType": DEAL_OWNER, "=ownerId": owner, ">id": after},
            "order": {"id": "asc"},
            "start": _WITHOUT_COUNT,
        },
        name,
    )


def set_rows(owner: str | int | Ref, rows: Sequence[Mapping[str, Any]]) -> Command:
    """crm.item.productrow.set as a command: replaces all rows of a deal."""
    return Command(ROWS_SET, {"ownerType": DEAL_OWNER, "ownerId": owner, "productRows": list(rows)})


class Crm:
    """Calls the CRM of one portal.

    Args:
        portal: carries the calls.
    """

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    def get(self, kind: EntityType, key: str) -> Item | None:
        """crm.item.get: one item, ``None`` when the portal has none of this id."""
        if not is_id(key):
            return None
        try:
            return self._item(get_item(kind, key))
        except GiveUp as error:
            if is_absent(error):
                return None
            raise

    def add(self, kind: EntityType, fields: Mapping[str, Any]) -> Item:
        """crm.item.add: creates an item. A repeat creates another one."""
        return self._item(add_item(kind, fields))

    def update(self, kind: EntityType, key: str, fields: Mapping[str, Any]) -> Item:
        """crm.item.update: sets fields of an item; phones and e-mails are added."""
        return self._item(update_item(kind, key, fields))

    def delete(self, kind: EntityType, key: str) -> None:
        """crm.item.delete: one that is not there is no error."""
        if not is_id(key):
            return
        try:
            self.portal.call(ITEM_DELETE, {"entityTypeId": kind, "id": int(key)})
        except GiveUp as error:
            if not is_absent(error):
                raise

    def rows_with_ids(self, kind: EntityType, ids: Sequence[int]) -> Sequence[Row]:
        """crm.item.list: the items of these ids, at most 50, as they came."""
        command = find_items(kind, {"@id": list(ids)})
        rows = as_list(as_map(self.portal.call(command.endpoint, command.params)).get("items"))
        return [as_map(row) for row in rows]

    def find(self, kind: EntityType, filters: Mapping[str, Any]) -> Sequence[Item]:
        """crm.item.list: the first items that meet conditions."""
        command = find_items(kind, filters)
        return items_in(self.portal.call(command.endpoint, command.params))

    def fields(self, kind: EntityType) -> Mapping[str, Any]:
        """crm.item.fields: what the items of a kind have."""
        result = self.portal.call(ITEM_FIELDS, {"entityTypeId": kind})
        return as_map(as_map(result).get("fields"))

    def page(self, kind: EntityType, filters: Mapping[str, Any], cursor: str | None) -> Page[Row]:
        """crm.item.list: one page, with ids above the cursor; its rows as they came, so that one
        that is not understood (``item_in``) hides no other."""
        return self.portal.rows(listing(kind), filters, cursor=cursor)

    def rows(self, owner: str) -> Sequence[ProductRow]:
        """crm.item.productrow.list: all rows of a deal."""
        return self.rows_behind(owner, ())

    def rows_behind(self, owner: str, known: Sequence[ProductRow]) -> Sequence[ProductRow]:
        """Completes the first rows of a deal; 50 of them may not be all."""
        rows = list(known)
        if known and len(known) < _ROWS:
            return rows
        while True:
            command = list_rows(owner, after=rows[-1].id if rows else 0)
            found = rows_in(self.portal.call(command.endpoint, command.params))
            rows += found
            if len(found) < _ROWS:
                return rows

    def set_rows(self, owner: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[ProductRow]:
        """crm.item.productrow.set: replaces all rows of a deal."""
        command = set_rows(owner, rows)
        return self.portal.fetch(RowsEnvelope, command.endpoint, command.params).result.rows

    def duplicates(self, kind: str, type_: str, values: Sequence[str]) -> Sequence[str]:
        """crm.duplicate.findbycomm: ids of those who have one of these phones or e-mails.

        The kind is always named: without it, 20 matches of one kind hide the others.
        """
        result = self.portal.call(
            DUPLICATES, {"type": type_, "values": list(values), "entity_type": kind}
        )
        return [str(one) for one in as_list(as_map(result).get(kind))]

    def _item(self, command: Command) -> Item:
        return self.portal.fetch(ItemEnvelope, command.endpoint, command.params).result.item


def is_id(key: str) -> bool:
    """Whether a key can be an id of the portal."""
    return key.isascii() and key.isdecimal() and len(key) < 19


def is_absent(error: MostikError) -> bool:
    """Whether an error says that there is no such record."""
    code = error.code if isinstance(error, GiveUp) else None
    return code is not None and code.casefold() in ("not_found", "200540400001")


def of_one(error: MostikError, what: str) -> MostikError:
    """Returns an error of one record as one of that record alone: inside of a batch "access denied"
    is about the record, and must not close the gate of all."""
    if isinstance(error, ConfigurationError) and (error.code or "").casefold() == "access_denied":
        return GiveUp(
            f"The user behind the webhook may not see or change {what} of the portal.",
            who=WhoActs.EXTERNAL_ADMIN,
        )
    return error


def item_in(row: Row) -> Item | GiveUp:
    """Reads one row of crm.item.list."""
    return fitted(understood, Item, row, ITEM_LIST)


def items_in(result: Any) -> Sequence[Item]:
    """Reads the items of crm.item.list."""
    rows = as_list(as_map(result).get("items"))
    return [understood(Item, row, ITEM_LIST) for row in rows]


def rows_in(result: Any, endpoint: Endpoint = ROWS_LIST) -> Sequence[ProductRow]:
    """Reads the rows of crm.item.productrow.list and set."""
    return understood(RowsResult, result, endpoint).rows


def item_of(outcome: Outcome, endpoint: Endpoint) -> Item | MostikError:
    """Reads the outcome of crm.item.get, add or update; an error is an answer."""
    match outcome:
        case Refused(error):
            return error
        case Done(value):
            try:
                return understood(ItemResult, value, endpoint).item
            except MostikError as error:
                return error
