"""Orders of the online store in canonical form, alone or bound to a deal each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.bitrix24.crm.goods import Goods
from integrations.bitrix24.crm.models import text_of
from integrations.bitrix24.crm.people import no_state
from integrations.bitrix24.fit import fitted, listed
from integrations.bitrix24.models import Settings
from integrations.bitrix24.sale.basket import Basket, Wanted, basket, wanted_items
from integrations.bitrix24.sale.client import (
    ORDER_ADD,
    ORDER_UPDATE,
    ORDERS,
    Sale,
    get_order,
    order_in,
)
from integrations.bitrix24.sale.mapping import (
    code_of,
    new_order_fields,
    order_fields,
    order_from,
)
from integrations.bitrix24.sale.models import OrderWords
from integrations.bitrix24.sale.parts import payments, values
from integrations.bitrix24.sale.shipping import shipments
from integrations.bitrix24.transport.batch import Command, Done, Outcome, Refused
from integrations.bitrix24.transport.php import as_map
from mostik.commerce.order import Order
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, Write


@dataclass(slots=True)
class Work:
    """One order on its way to what it should be.

    Attributes:
        record: what it should be.
        words: what it is.
        items: its basket items as they should be.
        basket: what the basket needs.
        ids: of its basket items, by external id.
    """

    record: Order
    words: OrderWords
    items: Sequence[Wanted]
    basket: Basket
    ids: dict[str, int]


class SaleOrders:
    """Orders of the online store in canonical form.

    Args:
        sale: the gateway.
        settings: of the connection.
        connection: its id.
        goods: finds the goods of lines.
    """

    holds = frozenset(
        {"status", "total", "comment", "manager_comment", "flags.paid", "flags.cancelled"}
        | {"lines.name", "lines.quantity", "lines.price", "lines.vat.rate"}
        | {"delivery.cost", "payments.sum", "payments.paid", "shipments.shipped"}
    )

    def __init__(self, sale: Sale, settings: Settings, connection: str, goods: Goods) -> None:
        self._sale = sale
        self._goods = goods
        self._settings = settings
        self._connection = connection

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``."""
        words = self._sale.get(key)
        return self._order(words) if words is not None else None

    def find(self, system: str, key: str) -> Order | None:
        """See ``Resource.find``."""
        found = self._sale.with_code([code_of(system, key)]).get(code_of(system, key))
        if isinstance(found, MostikError):
            raise found
        return self.read(found) if found is not None else None

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``: the order, then its parts. What fails behind the order is made
        good by the next attempt, which finds it."""
        del once  # its record is claimed by one worker at a time
        products = self._goods.of(record, system)
        words = self._sale.add(new_order_fields(record, self._settings, system))
        return self._order(self.filled(words, record, products))

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``: parts that are as they should be are not written again."""
        del once
        words = self._sale.get(key)
        if words is None:
            raise _gone(key)
        products = self._goods.of(record, system)
        fields = order_fields(record, self._settings, words)
        if fields:
            self._sale.update(key, fields)
        return self._order(self.filled(words, record, products))

    def delete(self, key: str) -> None:
        """See ``Deletable.delete``."""
        self._sale.delete(key)

    def from_state(self, content: Mapping[str, Any]) -> Order:
        """See ``no_state``."""
        del content
        raise no_state()

    # ── many at once ──────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[Order | Misfit]:
        """See ``Listed.page``. A part that is saved saves its order, and moves its time."""
        filters = {} if since is None else {">=dateUpdate": since}
        found = self._sale.portal.rows(ORDERS, filters, select=ORDERS.select, cursor=cursor)
        keys = [text_of(row, "id") for row in found.items]
        read = self._read(keys)
        entries = [listed(key, self._answer(read[key])) for key in keys if key in read]
        return Page(entries, found.cursor)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Order | MostikError]:
        """See ``Bulk.read_many``."""
        return {key: self._answer(one) for key, one in self._read(keys).items()}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Order | MostikError]:
        """See ``Bulk.find_many``."""
        found = self._sale.with_code([code_of(system, key) for key in keys])
        ids = {code: one for code, one in found.items() if isinstance(one, str)}
        read = self._read(list(ids.values()))
        answers: dict[str, Order | MostikError] = {}
        for key in keys:
            one = found.get(code_of(system, key))
            if isinstance(one, MostikError):
                answers[key] = one
            elif one is not None and one in read:
                answers[key] = self._answer(read[one])
        return answers

    def write_many(
        self, writes: Sequence[Write[Order]], system: str, once: CreateOnce
    ) -> Sequence[Order | MostikError]:
        """See ``Bulk.write_many``. In four rounds: orders, parts, shipments, what it has come
        to."""
        del once
        answers: dict[int, Order | MostikError] = {}
        present = self._sale.get_many([one.key for one in writes if one.key is not None])
        commands: dict[int, Command] = {}
        products: dict[int, Mapping[str, int]] = {}
        self._goods.learn((one.record for one in writes), system)
        for at, write in enumerate(writes):
            try:
                products[at] = self._goods.of(write.record, system)
                commands[at] = self._own(write, present, system)
            except MostikError as error:
                answers[at] = error
        works: dict[int, Work] = {}
        outcomes = self._sale.portal.batch(list(commands.values())) if commands else []
        for at, outcome in zip(commands, outcomes, strict=True):
            words = order_in(outcome, commands[at].endpoint)
            if isinstance(words, MostikError):
                answers[at] = words
                continue
            known = present.get(writes[at].key or "")
            whole = known if isinstance(known, OrderWords) else words
            works[at] = self._work(writes[at].record, whole, products[at], f"o{at}_")
        answers |= self._run(works)
        read = self._sale.get_many(
            [str(work.words.id) for at, work in works.items() if at not in answers]
        )
        for at, work in works.items():
            if at not in answers:
                key = str(work.words.id)
                answers[at] = self._answer(read[key]) if key in read else _gone(key)
        return [answers[at] for at in range(len(writes))]

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def filled(self, words: OrderWords, record: Order, products: Mapping[str, int]) -> OrderWords:
        """Gives an order its parts. Returns it as it is then.

        Raises:
            MostikError: what a call raised.
        """
        failed = self._run({0: self._work(record, words, products, "")})
        if 0 in failed and isinstance(failed[0], MostikError):
            raise failed[0]
        whole = self._sale.get(str(words.id))
        if whole is None:
            raise _gone(str(words.id))
        return whole

    def _own(
        self, write: Write[Order], present: Mapping[str, OrderWords | MostikError], system: str
    ) -> Command:
        if write.key is None:
            fields = new_order_fields(write.record, self._settings, system)
            return Command(ORDER_ADD, {"fields": fields})
        words = present.get(write.key)
        if words is None:
            raise _gone(write.key)
        if isinstance(words, MostikError):
            raise words
        fields = order_fields(write.record, self._settings, words)
        if not fields:
            return get_order(write.key)
        return Command(ORDER_UPDATE, {"id": words.id, "fields": fields})

    def _work(
        self, record: Order, words: OrderWords, products: Mapping[str, int], tag: str
    ) -> Work:
        items = wanted_items(record, products)
        needs = basket(record, words, items, self._connection, tag)
        return Work(record, words, items, needs, dict(needs.keeps))

    def _run(self, works: Mapping[int, Work]) -> dict[int, Order | MostikError]:
        """Carries out what orders need. Returns the errors of those that failed."""
        failed: dict[int, Order | MostikError] = {}
        first: dict[int, Sequence[Command]] = {}
        for at, work in works.items():
            try:
                first[at] = [
                    *work.basket.commands,
                    *payments(work.record, work.words, self._settings, self._connection),
                    *values(work.record, work.words, self._properties_of(work.record)),
                ]
            except MostikError as error:
                failed[at] = error
        for at, outcomes in self._sent(first).items():
            refused = _first_error(outcomes)
            if refused is not None:
                failed[at] = refused
                continue
            works[at].ids.update(_added(first[at], outcomes))
        second: dict[int, Sequence[Command]] = {}
        for at, work in works.items():
            if at in failed:
                continue
            try:
                second[at] = shipments(
                    work.record,
                    work.words,
                    self._settings,
                    work.items,
                    work.ids,
                    self._connection,
                    f"o{at}_",
                )
            except MostikError as error:
                failed[at] = error
        for at, outcomes in self._sent(second).items():
            refused = _first_error(outcomes)
            if refused is not None:
                failed[at] = refused
        return failed

    def _sent(self, commands: Mapping[int, Sequence[Command]]) -> Mapping[int, Sequence[Outcome]]:
        flat = [one for part in commands.values() for one in part]
        outcomes = self._sale.portal.batch(flat) if flat else []
        found: dict[int, Sequence[Outcome]] = {}
        begin = 0
        for at, part in commands.items():
            found[at] = outcomes[begin : begin + len(part)]
            begin += len(part)
        return found

    def _properties_of(self, record: Order) -> Sequence[Any]:
        says_any = record.customer is not None or record.properties or record.delivery
        return self._sale.properties() if says_any else ()

    def _read(self, keys: Sequence[str]) -> Mapping[str, OrderWords | MostikError]:
        """Orders with what all of them need to be understood."""
        read = self._sale.get_many(keys)
        if any(isinstance(one, OrderWords) and one.values for one in read.values()):
            self._sale.properties()
        return read

    def _order(self, words: OrderWords) -> Order:
        properties = self._sale.properties() if words.values else ()
        return order_from(words, self._settings, properties)

    def _answer(self, words: OrderWords | MostikError) -> Order | MostikError:
        return words if isinstance(words, MostikError) else fitted(self._order, words)


def _first_error(outcomes: Sequence[Outcome]) -> MostikError | None:
    return next((one.error for one in outcomes if isinstance(one, Refused)), None)


def _added(commands: Sequence[Command], outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Ids of basket items that were just added, by the external id that they were given."""
    ids: dict[str, int] = {}
    for command, outcome in zip(commands, outcomes, strict=True):
        item = as_map(outcome.value).get("basketItem") if isinstance(outcome, Done) else None
        if isinstance(item, Mapping) and "id" in item and command.name is not None:
            ids[str(command.params["fields"]["xmlId"])] = int(str(item["id"]))
    return ids


def _gone(key: str) -> GiveUp:
    return GiveUp(f"The portal has no order {key} any more.", who=WhoActs.ADMIN)
