"""Orders of a connection to 1C: written into the outbox, heard when 1C sends them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from integrations.onec import names
from integrations.onec.client import Onec
from integrations.onec.settings import Settings
from mostik.commerce.order import Order
from mostik.commerceml.cards import Card
from mostik.commerceml.heard import Ears, about, understood, view
from mostik.commerceml.heardmoney import difference
from mostik.commerceml.mapping_children import gathered
from mostik.commerceml.mapping_orders import OrderWords, order, order_writer
from mostik.commerceml.models_orders import Document
from mostik.commerceml.numbers import candidates
from mostik.commerceml.ordersettings import UnknownGoods
from mostik.commerceml.outgoing import Outgoing, as_given
from mostik.commerceml.words import Words, order_words
from mostik.commerceml.writer import ORDER
from mostik.errors import GiveUp, MostikError, Pending, WhoActs
from mostik.http.paging import Page
from mostik.integration import CreateOnce, Misfit, Write

_WIDEST_SCHEMA = "2.10"
"""What 1C refuses in one schema it refuses in each; this one has a place for everything."""

HOLDS = frozenset(
    {"status", "total", "comment", "flags", "date", "rate", "site", "requisite", "properties"}
    | {"lines", "discounts", "delivery", "payments", "shipments"}
)
"""What an order says to 1C; the buyer goes with it, and is no content of it."""


class OnecOrders:
    """Orders as 1C has them.

    Args:
        client: of the connection.
        settings: of the connection.
        connection: its id.
    """

    holds = HOLDS

    def __init__(self, client: Onec, settings: Settings, connection: str) -> None:
        self._pages = client.pages
        self._outgoing = Outgoing(client.storage.table, client.storage.clock)
        self._settings = settings
        self._connection = connection
        self._known: Words | None = None

    # ── Resource ──────────────────────────────────────────────────────────────────────────────

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``: as it was given, and what 1C has said since."""
        return self.read_many([key]).get(key)

    def find(self, system: str, key: str) -> Order | None:
        """See ``Resource.find``: 1C calls an order as the shop does that it comes from."""
        return self.read(key) if system == self._settings.target else None

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``: it goes into the outbox.

        Raises:
            Refused: 1C would refuse it, and with it all others.
            Pending: a good of it has not come from 1C yet, and the order is to wait for it.
        """
        del system, once  # a card is one, whoever writes it
        self._check(record)
        record = record.model_copy(update={"extra": {}})
        return view(self._outgoing.put(self._connection, record))

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``create``: it is given once more."""
        return self.create(record.model_copy(update={"key": key}), system, once)

    def from_state(self, content: Mapping[str, Any]) -> NoReturn:
        """1C sends no events."""
        del content
        raise GiveUp("1C sends files, no events.", who=WhoActs.DEVELOPER)

    # ── Bulk ──────────────────────────────────────────────────────────────────────────────────

    def read_many(self, keys: Sequence[str]) -> dict[str, Order]:
        """See ``Bulk.read_many``."""
        cards = self._outgoing.cards.get_many(self._connection, keys)
        return {key: view(card) for key, card in cards.items()}

    def find_many(self, system: str, keys: Sequence[str]) -> dict[str, Order]:
        """See ``find``."""
        return self.read_many(keys) if system == self._settings.target else {}

    def write_many(
        self, writes: Sequence[Write[Order]], system: str, once: CreateOnce
    ) -> Sequence[Order | MostikError]:
        """See ``Bulk.write_many``: one after the other, a bad order is no other's matter."""
        answers: list[Order | MostikError] = []
        for write in writes:
            record = write.record
            if write.key is not None:
                record = record.model_copy(update={"key": write.key})
            try:
                answers.append(self.create(record, system, once))
            except MostikError as error:
                answers.append(error)
        return answers

    # ── Listed ────────────────────────────────────────────────────────────────────────────────

    def page(self, cursor: str | None, since: datetime | None) -> Page[Order | Misfit]:
        """See ``Listed.page``: what is news in the documents that 1C has sent.

        Each is remembered with the order, which is read as it stands in 1C then.
        """
        found = self._pages.page(names.ORDERS, cursor, since)
        orders = [one for one in found.items if isinstance(one, Order)]
        cards = self._outgoing.cards.get_many(self._connection, [one.key for one in orders])
        items: list[Order | Misfit] = []
        for one in found.items:
            if isinstance(one, Order):
                items.append(self._heard(one, cards.get(one.key)))
            elif isinstance(one, Misfit):
                items.append(one)
        return Page(items, found.cursor)

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _heard(self, said: Order, card: Card | None) -> Order:
        ears = Ears(self._how, self._settings.orders, self._words.meanings)
        news = understood(said, card, ears)
        if card is not None:
            self._outgoing.say(self._connection, said.key, news, about(said))
        return news

    def _check(self, record: Order) -> None:
        if self._settings.orders.unknown_goods is UnknownGoods.WAIT:
            for line in record.lines or ():
                good = line.variant
                if good is not None and good.key_in(self._connection) is None:
                    raise Pending(
                        f"Order {record.number} waits: the good {good.key} of it has not come from"
                        " 1C.",
                        resource=names.PRODUCTS,
                        key=good.key,
                    )
        whole = replace(self._how, with_children=True)
        card = Card(self._connection, record.key, candidates(record)[0], record)
        order_writer(whole)(as_given(card), _WIDEST_SCHEMA)

    @property
    def _words(self) -> Words:
        if self._known is None:
            self._known = self._outgoing.words(self._connection)
        return self._known

    @property
    def _how(self) -> OrderWords:
        return words_of(self._settings, self._connection, self._words)


def words_of(settings: Settings, connection: str, words: Words | None = None) -> OrderWords:
    """Returns how a connection says orders to 1C."""
    return order_words(connection, settings.tz, settings.orders, words or Words())


# ── what 1C sends ─────────────────────────────────────────────────────────────────────────────


def orders_of(
    documents: Iterable[Document], settings: Settings, connection: str
) -> Iterator[Order | Misfit]:
    """Yields the orders that documents of 1C speak of, each once, as far as the documents go. Pure.

    A payment or a shipment that comes by itself belongs to the order that it was made from. Orders
    are kept until the last document is read, because one may be spoken of twice.

    Args:
        documents: of one file, in its order.
        settings: of the connection.
        connection: its id.
    """
    how = words_of(settings, connection)
    orders: dict[str, Order] = {}
    for found in gathered(documents):
        own = found if found.operation in (ORDER, None) else _around(found)
        if own is None or not own.key:
            yield _without_order(found)
            continue
        said = _named(order(own, how), settings.target)
        orders[said.key] = _over(orders.get(said.key), said)
    yield from orders.values()


def problems_of(orders: Iterable[Order]) -> Iterator[str]:
    """Yields a sentence for each order whose sums do not agree, for the 1C programmer: of those
    only what has happened to the order is believed (``heard``)."""
    for one in orders:
        off = difference(one)
        if off:
            yield (
                f"Заказ {one.number}: строки и доставка расходятся с суммой документа на {off:.2f};"
                " приняты только статус, оплата и отгрузка."
            )


def _around(found: Document) -> Document | None:
    """A document that says nothing but that something was done because of an order."""
    if not found.basis:
        return None
    return Document(key=found.basis, operation=ORDER, children=(found,))


def _without_order(found: Document) -> Misfit:
    text = (
        f"Документ «{found.operation or ''}» № {found.number or '?'} пропущен: не указано, к какому"
        " заказу он относится."
    )
    return Misfit(found.key or found.number or "?", GiveUp(text, who=WhoActs.EXTERNAL_ADMIN))


def _over(before: Order | None, said: Order) -> Order:
    """What a file says of one order in two documents: the later one where it says something."""
    if before is None:
        return said
    names_of_parts = ("payments", "shipments")
    known = {
        name: value
        for name in type(said).model_fields
        if (value := getattr(said, name)) not in (None, "", {})
    }
    for name in names_of_parts:
        parts = {one.key: one for one in getattr(before, name) or ()}
        parts |= {one.key: one for one in getattr(said, name) or ()}
        known[name] = tuple(parts.values()) or None
    return before.model_copy(update={**known, "extra": {**before.extra, **said.extra}})


def _named(said: Order, target: str) -> Order:
    """Lines, payments and shipments have the keys that the shop gave them."""
    parts: dict[str, Any] = {}
    for name in ("lines", "payments", "shipments"):
        own = getattr(said, name)
        if own is not None:
            parts[name] = tuple(
                one.model_copy(update={"external_ids": {target: one.key}}) if one.key else one
                for one in own
            )
    return said.model_copy(update=parts)


Factory = Callable[[Onec, Settings, str], OnecOrders]
ORDERS: Mapping[str, Factory] = {names.ORDERS: OnecOrders}
