"""Deals as canonical orders, with their goods, delivery and payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.bitrix24.crm.client import (
    ROWS_SET,
    Crm,
    add_item,
    item_in,
    item_of,
    of_one,
    rows_in,
    set_rows,
    update_item,
)
from integrations.bitrix24.crm.deals import Deal, DealReader
from integrations.bitrix24.crm.duplicates import Finder
from integrations.bitrix24.crm.goods import Goods
from integrations.bitrix24.crm.mapping import (
    deal_fields,
    new_deal_fields,
    order_from,
    user_values,
)
from integrations.bitrix24.crm.models import EntityType, Item
from integrations.bitrix24.crm.payments import settle
from integrations.bitrix24.crm.people import Contacts, changed_since, no_state
from integrations.bitrix24.crm.rows import are_there, wanted_rows, with_ids
from integrations.bitrix24.crm.userfields import UserField, chosen, user_fields
from integrations.bitrix24.fit import fitted, listed
from integrations.bitrix24.models import Settings
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.php import Ref
from mostik.commerce.order import Order
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, Write

KIND = EntityType.DEAL


class Deals:
    """Deals of a portal in canonical form.

    Args:
        crm: the gateway.
        settings: of the connection.
        connection: its id.
        goods: finds the goods of lines.
    """

    holds = frozenset(
        {"status", "total", "comment", "lines.name", "lines.quantity", "lines.price"}
        | {"lines.vat.rate", "lines.vat.included", "delivery.name", "delivery.cost"}
        | {"payments.sum", "payments.paid", "properties"}
    )

    def __init__(self, crm: Crm, settings: Settings, connection: str, goods: Goods) -> None:
        self._crm = crm
        self._settings = settings
        self._goods = goods
        self._connection = connection
        self._contacts = Contacts(crm, settings, connection)
        self._finder = Finder(crm, KIND, settings.several_found)
        self._reader = DealReader(crm, payments=settings.deal_payments)
        self._fields: Sequence[UserField] | None = None

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``."""
        deal = self._reader.deal(key)
        return self._order(deal) if deal is not None else None

    def find(self, system: str, key: str) -> Order | None:
        """See ``Resource.find``."""
        item = self._finder.by_key(system, key)
        return self._order(self._reader.whole(item)) if item is not None else None

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``: the contact first, then the deal that points at it, then its
        goods. What fails behind the deal is made good by the next attempt, which finds it.

        The deal itself needs no lease: its order is claimed by one worker at a time.
        """
        products = self._goods.of(record, system)
        fields = self._new(record, system)
        contact = self._contact_of(record, system, once)
        if contact is not None:
            fields["contactIds"] = [int(contact)]
        return self._order(self._filled(Deal(self._crm.add(KIND, fields), ()), record, products))

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``: rows that are as they should be are not written again."""
        del once
        deal = self._reader.deal(key)
        if deal is None:
            raise _gone(key)
        products = self._goods.of(record, system)
        item = self._crm.update(KIND, key, self._changed(record, deal))
        return self._order(self._filled(Deal(item, deal.rows), record, products))

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""
        self._crm.delete(KIND, key)

    def from_state(self, content: Mapping[str, Any]) -> Order:
        """See ``no_state``."""
        del content
        raise no_state()

    # ── many at once ──────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[Order | Misfit]:
        """See ``Listed.page``. Goods are asked for with each deal that was listed."""
        found = self._crm.page(KIND, changed_since(since), cursor)
        items = [item_in(row) for row in found.items]
        wholes = iter(self._reader.wholes([one for one in items if isinstance(one, Item)]))
        self._user_fields()
        entries: list[Order | Misfit] = []
        for row, item in zip(found.items, items, strict=True):
            deal = next(wholes) if isinstance(item, Item) else item
            entries.append(listed(row["id"], self._answer(deal)))
        return Page(entries, found.cursor)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Order | MostikError]:
        """See ``Bulk.read_many``."""
        self._user_fields()
        return {key: self._answer(deal) for key, deal in self._reader.deals(keys).items()}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Order | MostikError]:
        """See ``Bulk.find_many``."""
        self._user_fields()
        found = self._finder.by_keys(system, keys)
        items = {key: item for key, item in found.items() if isinstance(item, Item)}
        wholes = dict(zip(items, self._reader.wholes(list(items.values())), strict=True))
        return {
            key: self._answer(wholes[key]) if key in wholes else _as_error(item)
            for key, item in found.items()
        }

    def write_many(
        self, writes: Sequence[Write[Order]], system: str, once: CreateOnce
    ) -> Sequence[Order | MostikError]:
        """See ``Bulk.write_many``. A deal and its goods travel in one batch."""
        contacts = self._contacts_of(writes, system, once)
        present = self._reader.deals([one.key for one in writes if one.key is not None])
        self._goods.learn((one.record for one in writes), system)
        commands: list[Command] = []
        spans: dict[int, tuple[int, int]] = {}
        answers: dict[int, Order | MostikError] = {}
        for at, write in enumerate(writes):
            begin = len(commands)
            try:
                commands += self._written(at, write, system, contacts, present)
            except MostikError as error:
                answers[at] = error
            else:
                spans[at] = (begin, len(commands))
        outcomes = self._crm.portal.batch(commands) if commands else []
        for at, (begin, end) in spans.items():
            known = _known(present.get(writes[at].key or ""))
            deal = _deal_of(commands[begin:end], outcomes[begin:end], known)
            answers[at] = self._paid(deal, writes[at].record)
        return [answers[at] for at in range(len(writes))]

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _written(
        self,
        at: int,
        write: Write[Order],
        system: str,
        contacts: Mapping[int, str | MostikError],
        present: Mapping[str, Deal | MostikError],
    ) -> Sequence[Command]:
        products = self._goods.of(write.record, system)
        wanted = wanted_rows(write.record, self._settings, products)
        if write.key is None:
            fields = self._new(write.record, system)
            contact = contacts.get(at)
            if isinstance(contact, MostikError):
                raise contact
            if contact is not None:
                fields["contactIds"] = [int(contact)]
            name = f"deal{at}"
            commands = [add_item(KIND, fields, name)]
            return [*commands, set_rows(Ref(name, "item", "id"), wanted)] if wanted else commands
        deal = present.get(write.key)
        if deal is None:
            raise _gone(write.key)
        if isinstance(deal, MostikError):
            raise deal
        commands = [update_item(KIND, write.key, self._changed(write.record, deal))]
        rows = None if wanted is None else with_ids(wanted, deal.rows)
        if rows is None or are_there(rows, deal.rows):
            return commands
        return [*commands, set_rows(write.key, rows)]

    def _paid(self, deal: Deal | MostikError, record: Order) -> Order | MostikError:
        try:
            if isinstance(deal, MostikError):
                return deal
            return self._order(self._settled(deal, record))
        except MostikError as error:
            return error

    def _filled(self, deal: Deal, record: Order, products: Mapping[str, int]) -> Deal:
        """Gives a deal its goods and payments."""
        wanted = wanted_rows(record, self._settings, products)
        rows = None if wanted is None else with_ids(wanted, deal.rows)
        if rows is not None and not are_there(rows, deal.rows):
            deal = Deal(deal.item, self._crm.set_rows(str(deal.item.id), rows))
        return self._settled(deal, record)

    def _settled(self, deal: Deal, record: Order) -> Deal:
        if not self._settings.deal_payments or not record.payments:
            return deal
        payments = settle(self._crm.portal, str(deal.item.id), record.payments, self._connection)
        return Deal(deal.item, deal.rows, payments)

    def _contact_of(self, record: Order, system: str, once: CreateOnce) -> str | None:
        ref = record.customer_ref
        if ref is not None and ref.key_in(self._connection) is not None:
            return ref.key_in(self._connection)
        if record.customer is not None and not record.customer.anonymous:
            return self._contacts.create(record.customer, system, once).key
        found = self._contacts.find(system, ref.key) if ref is not None else None
        return found.key if found is not None else None

    def _contacts_of(
        self, writes: Sequence[Write[Order]], system: str, once: CreateOnce
    ) -> Mapping[int, str | MostikError]:
        """Contacts of those orders that are new, by their place."""
        found: dict[int, str | MostikError] = {}
        asked: dict[int, Write[Any]] = {}
        for at, write in enumerate(writes):
            record, ref = write.record, write.record.customer_ref
            if write.key is not None:
                continue
            known = ref.key_in(self._connection) if ref is not None else None
            if known is not None:
                found[at] = known
            elif record.customer is not None and not record.customer.anonymous:
                asked[at] = Write(record.customer)
        answers = self._contacts.write_many(list(asked.values()), system, once) if asked else []
        for at, answer in zip(asked, answers, strict=True):
            found[at] = answer if isinstance(answer, MostikError) else answer.key
        return found

    def _order(self, deal: Deal) -> Order:
        return order_from(deal.item, self._settings, deal.rows, deal.payments, self._user_fields())

    def _new(self, record: Order, system: str) -> dict[str, Any]:
        fields = new_deal_fields(record, self._settings, system)
        return {**fields, **user_values(record, self._user_fields())}

    def _changed(self, record: Order, deal: Deal) -> dict[str, Any]:
        fields = deal_fields(record, self._settings, deal.item.stage_id)
        return {**fields, **user_values(record, self._user_fields())}

    def _user_fields(self) -> Sequence[UserField]:
        """The user fields that the settings name; asked for once a job."""
        if self._fields is None:
            codes = self._settings.user_fields
            known = user_fields(self._crm.portal, KIND) if codes else {}
            self._fields = chosen(known, codes)
        return self._fields

    def _answer(self, deal: Deal | MostikError) -> Order | MostikError:
        return deal if isinstance(deal, MostikError) else fitted(self._order, deal)


def _deal_of(
    commands: Sequence[Command], outcomes: Sequence[Outcome], before: Deal | None
) -> Deal | MostikError:
    """What a batch has made of one deal: the item, and its rows if they were written."""
    item = item_of(outcomes[0], commands[0].endpoint)
    if isinstance(item, MostikError):
        return item
    if len(outcomes) == 1:
        return Deal(item, before.rows if before is not None else ())
    match outcomes[1]:
        case Refused(error):
            return of_one(error, f"deal {item.id}")
        case Done(value):
            try:
                return Deal(item, rows_in(value, ROWS_SET))
            except MostikError as error:
                return error


def _known(deal: Deal | MostikError | None) -> Deal | None:
    return deal if isinstance(deal, Deal) else None


def _as_error(found: Item | MostikError) -> MostikError:
    assert isinstance(found, MostikError)  # noqa: S101 - for the type checker: items are wholes
    return found


def _gone(key: str) -> GiveUp:
    return GiveUp(f"The portal has no deal {key} any more.", who=WhoActs.ADMIN)
