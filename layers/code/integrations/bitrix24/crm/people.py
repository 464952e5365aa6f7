"""Contacts as customers: found by external key, phone or e-mail before any is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.bitrix24.crm.client import (
    ITEM_GET,
    Crm,
    add_item,
    get_item,
    is_absent,
    is_id,
    item_in,
    item_of,
    update_item,
)
from integrations.bitrix24.crm.duplicates import Finder
from integrations.bitrix24.crm.models import EntityType, Item
from integrations.bitrix24.crm.parties import (
    EMAIL,
    PHONE,
    contact_fields,
    customer_from,
    new_ways,
    plain,
    ways,
)
from integrations.bitrix24.fit import fitted, listed
from integrations.bitrix24.models import Settings
from integrations.bitrix24.transport.batch import Command
from mostik.commerce.parties import Customer
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, Write

KIND = EntityType.CONTACT


def changed_since(since: datetime | None) -> Mapping[str, Any]:
    """Returns the condition on the time of change that crm.item.list knows."""
    return {} if since is None else {">=updatedTime": since}


def no_state() -> GiveUp:
    """Bitrix24's events carry ids only."""
    return GiveUp("A portal's events carry no state.", who=WhoActs.DEVELOPER)


class Contacts:
    """Contacts of a portal in canonical form.

    Args:
        crm: the gateway.
        settings: of the connection.
        connection: its id.
    """

    holds = frozenset(
        {"name", "phone", "email", "first_name", "last_name", "middle_name", "phones", "emails"}
        | {"comment"}
    )
    shares = True
    """Several accounts of one buyer in a shop are one here."""

    def __init__(self, crm: Crm, settings: Settings, connection: str) -> None:
        self._crm = crm
        self._connection = connection
        self._finder = Finder(crm, KIND, settings.several_found)

    def read(self, key: str) -> Customer | None:
        """See ``Resource.read``."""
        item = self._crm.get(KIND, key)
        return customer_from(item) if item is not None else None

    def find(self, system: str, key: str) -> Customer | None:
        """See ``Resource.find``."""
        item = self._finder.by_key(system, key)
        return customer_from(item) if item is not None else None

    def create(self, record: Customer, system: str, once: CreateOnce) -> Customer:
        """See ``Resource.create``: two orders of one buyer must not make two contacts, so the right
        to make one is a phone's or an e-mail's, where there is one."""
        return once(
            f"{self._connection}/customers/{_identity(record, system)}",
            lambda: self._present(record, system),
            lambda: customer_from(self._crm.add(KIND, _new_fields(record, system))),
        )

    def update(self, key: str, record: Customer, system: str, once: CreateOnce) -> Customer:
        """See ``Resource.update``: phones and e-mails are added, never replaced."""
        del system, once
        present = self._crm.get(KIND, key)
        if present is None:
            raise _gone(key)
        return customer_from(self._crm.update(KIND, key, _fields(record, present)))

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""
        self._crm.delete(KIND, key)

    def from_state(self, content: Mapping[str, Any]) -> Customer:
        """See ``no_state``."""
        del content
        raise no_state()

    # ── many at once ──────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[Customer | Misfit]:
        """See ``Listed.page``."""
        found = self._crm.page(KIND, changed_since(since), cursor)
        entries = [listed(row["id"], _as_customer(item_in(row))) for row in found.items]
        return Page(entries, found.cursor)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Customer | MostikError]:
        """See ``Bulk.read_many``."""
        return {key: _as_customer(item) for key, item in self._items(keys).items()}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Customer | MostikError]:
        """See ``Bulk.find_many``."""
        return {key: _as_customer(item) for key, item in self._finder.by_keys(system, keys).items()}

    def write_many(
        self, writes: Sequence[Write[Customer]], system: str, once: CreateOnce
    ) -> Sequence[Customer | MostikError]:
        """See ``Bulk.write_many``. Those with one phone or e-mail are written one after another:
        the first one makes the contact, the others find it."""
        answers: dict[int, Customer | MostikError] = {}
        first: dict[str, int] = {}
        later: list[int] = []
        for at, write in enumerate(writes):
            if write.key is None and first.setdefault(_identity(write.record, system), at) != at:
                later.append(at)
        now = [at for at in range(len(writes)) if at not in set(later)]
        present = self._present_of([writes[at] for at in now], system)
        commands: dict[int, Command] = {}
        for at, found in zip(now, present, strict=True):
            if isinstance(found, MostikError):
                answers[at] = found
            elif found is not None:
                fields = _fields(writes[at].record, found, system)
                commands[at] = update_item(KIND, str(found.id), fields)
            elif writes[at].key is not None:
                answers[at] = _gone(writes[at].key or "")
            else:
                commands[at] = add_item(KIND, _new_fields(writes[at].record, system))
        outcomes = self._crm.portal.batch(list(commands.values()))
        for at, outcome in zip(commands, outcomes, strict=True):
            answers[at] = _as_customer(item_of(outcome, commands[at].endpoint))
        for at in later:
            try:
                answers[at] = self.create(writes[at].record, system, once)
            except MostikError as error:
                answers[at] = error
        return [answers[at] for at in range(len(writes))]

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _present(self, record: Customer, system: str) -> Customer | None:
        """Who the buyer is already; that one learns what it lacks, an external key too."""
        item = self._finder.by_key(system, record.key)
        if item is None and any(ways(record).values()):
            item = self._finder.by_ways(record)
        if item is None:
            return None
        fields = _lacking(record, item, system)
        return customer_from(self._crm.update(KIND, str(item.id), fields) if fields else item)

    def _present_of(
        self, writes: Sequence[Write[Customer]], system: str
    ) -> Sequence[Item | MostikError | None]:
        by_id = self._items([one.key for one in writes if one.key is not None])
        new = [one.record for one in writes if one.key is None]
        by_key = self._finder.by_keys(system, [one.key for one in new])
        unknown = [one for one in new if one.key not in by_key]
        by_ways = dict(
            zip([one.key for one in unknown], self._finder.by_ways_of(unknown), strict=True)
        )
        return [
            by_id.get(one.key)
            if one.key is not None
            else by_key.get(one.record.key) or by_ways.get(one.record.key)
            for one in writes
        ]

    def _items(self, keys: Sequence[str]) -> Mapping[str, Item | MostikError]:
        known = [key for key in dict.fromkeys(keys) if is_id(key)]
        outcomes = self._crm.portal.batch([get_item(KIND, key) for key in known]) if known else []
        read = {
            key: item_of(outcome, ITEM_GET) for key, outcome in zip(known, outcomes, strict=True)
        }
        return {
            key: item
            for key, item in read.items()
            if not (isinstance(item, MostikError) and is_absent(item))
        }


def _identity(record: Customer, system: str) -> str:
    known = ways(record)
    for kind in (PHONE, EMAIL):
        if known[kind]:
            return plain(kind, known[kind][0])
    return f"{system}/{record.key}"


def _new_fields(record: Customer, system: str) -> dict[str, Any]:
    return {
        **contact_fields(record),
        "fm": new_ways(record, None),
        "originatorId": system,
        "originId": record.key,
    }


def _fields(record: Customer, present: Item, system: str | None = None) -> dict[str, Any]:
    fields = contact_fields(record)
    if system is not None and not present.origin_id:
        fields |= {"originatorId": system, "originId": record.key}
    added = new_ways(record, present)
    return {**fields, "fm": added} if added else fields


def _lacking(record: Customer, present: Item, system: str) -> dict[str, Any]:
    """What a contact that was found lacks: an external key, phones, e-mails; names stay as people
    on the portal have written them."""
    fields: dict[str, Any] = {}
    if not present.origin_id:
        fields |= {"originatorId": system, "originId": record.key}
    added = new_ways(record, present)
    return {**fields, "fm": added} if added else fields


def _as_customer(found: Item | MostikError) -> Customer | MostikError:
    return found if isinstance(found, MostikError) else fitted(customer_from, found)


def _gone(key: str) -> GiveUp:
    return GiveUp(f"The portal has no contact {key} any more.", who=WhoActs.ADMIN)
