"""Orders of the site in canonical form, by the exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.bitrix_site.exchange.documents import (
    NotRead,
    file_of,
    laid_over,
    orders_in,
)
from integrations.bitrix_site.exchange.halved import sent_in_halves
from integrations.bitrix_site.exchange.session import Exchange, Place
from integrations.bitrix_site.models import Settings
from integrations.bitrix_site.shelf import Kept, Shelf
from mostik.commerce.order import ORDERS, Order
from mostik.errors import GiveUp, MostikError, WhoActs
from mostik.http.paging import Page
from mostik.integration import Blind, CreateOnce, Misfit, Write

_PAGE = 200
_FIRST = timedelta(days=1)
"""So far back changes are looked for at the first time; older orders are the business of a run."""
_OVERLAP = timedelta(minutes=1)
"""A change may be stored a little later than its time says."""
FRESH_SECONDS = 5.0
"""Of a look for one order that a hint has named."""
WRITE_SECONDS = 60.0
"""Of a look before orders are written: what the site has is not overwritten unseen, and a 1C beside
us is not disturbed with every chunk."""


class ExchangeOrders:
    """Orders of the site.

    Args:
        exchange: the site.
        shelf: keeps what it has told.
        settings: of the connection.
        connection: its id.

    Attributes:
        blind: a deleted order is nobody's news, and 1C is not told of orders that came from outside
            (``EXTERNAL_ORDER``).
    """

    holds = frozenset(
        {"status", "total", "comment", "flags.paid", "flags.cancelled"}
        | {"lines.name", "lines.quantity", "lines.price", "lines.vat.rate"}
        | {"delivery.cost", "payments.sum", "payments.paid", "shipments.shipped"}
    )

    def __init__(
        self, exchange: Exchange, shelf: Shelf, settings: Settings, connection: str
    ) -> None:
        self._exchange = exchange
        self._shelf = shelf
        self._settings = settings
        self._connection = connection
        made = set() if settings.is_shared else {Blind.MADE}
        self.blind = frozenset({Blind.GONE, *made})
        self._asked_at = float("-inf")
        self._unread: list[Misfit] = []

    # ── one ───────────────────────────────────────────────────────────────────────────────────

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``."""
        self._look(FRESH_SECONDS)
        found = self._kept([key]).get(key)
        if found is None and self._settings.is_shared and key.isdecimal():
            self._take(self._exchange.order(key).document, tells=False)
            found = self._kept([key]).get(key)
        return found.record if found is not None else None

    def find(self, system: str, key: str) -> Order | None:
        """See ``Resource.find``: only orders that came from there carry such a key."""
        return self._found(system, [key]).get(key)

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``. A repeat changes the order that the first time has made: its key
        on the site is made of the one there."""
        return self._one(Write(record), system, once)

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``."""
        return self._one(Write(record, key), system, once)

    def from_state(self, content: Mapping[str, Any]) -> Order:
        """See ``Resource.from_state``."""
        del content
        raise GiveUp("The site sends hints, never whole orders.", who=WhoActs.DEVELOPER)

    # ── many ──────────────────────────────────────────────────────────────────────────────────

    def pull(self) -> None:
        """Asks the site for what has changed, and keeps it to be told: whoever asked may be a run
        that writes nothing."""
        self._unread = []
        if self._settings.is_shared:
            until = self._asked()
            self._shelf.ask_from(ORDERS, until)
            for found in self._exchange.changes(until - _OVERLAP, self._now()):
                self._take(found.document, tells=True)
                if found.last is not None and found.last.at > until:
                    until = found.last.at
                    self._shelf.ask_from(ORDERS, until)
        else:
            self._exchange.pull_orders(self._took_all)
        self._asked_at = self._shelf.now()

    def untold(self) -> Sequence[tuple[str, int]]:
        """Returns the orders that have changed, whoever asked: key and number of the change."""
        return self._shelf.untold(ORDERS)

    def told(self, changes: Sequence[tuple[str, int]]) -> None:
        """Takes it that those changes are under way."""
        self._shelf.told(ORDERS, changes)

    def page(self, cursor: str | None, since: datetime | None) -> Page[Order | Misfit]:
        """See ``Listed.page``: what the site has told, once it was asked anew. All orders are asked
        for page by page, where the site can be: there may be many years of them."""
        if since is None and self._settings.is_shared:
            return self._walked(Place.of(cursor))
        if cursor is None:
            self.pull()
        rows, after = self._shelf.page(ORDERS, Order, cursor, _PAGE)
        earliest = since.timestamp() if since is not None else float("-inf")
        items: list[Order | Misfit] = [_dated(one) for one in rows if one.changed >= earliest]
        return Page([*items, *(self._unread if cursor is None else ())], after)

    def read_many(self, keys: Sequence[str]) -> Mapping[str, Order | MostikError]:
        """See ``Bulk.read_many``."""
        self._look(WRITE_SECONDS)
        return {key: one.record for key, one in self._kept(keys).items()}

    def find_many(self, system: str, keys: Sequence[str]) -> Mapping[str, Order | MostikError]:
        """See ``Bulk.find_many``."""
        return dict(self._found(system, keys))

    def write_many(
        self, writes: Sequence[Write[Order]], system: str, once: CreateOnce
    ) -> Sequence[Order | MostikError]:
        """See ``Bulk.write_many``: one file; where the site refuses it, halves of it."""
        del once
        answers: dict[int, Order | MostikError] = {}
        ready: dict[int, Order] = {}
        keys = [write.key or self._key(system, write.record.key) for write in writes]
        present = self._kept(keys)
        for place, (write, key) in enumerate(zip(writes, keys, strict=True)):
            known = present.get(key)
            try:
                wanted = self._wanted(write.record, known, key, system)
                self._file([wanted])
            except MostikError as error:
                answers[place] = error
            else:
                ready[place] = wanted
        answers.update(sent_in_halves(ready, self._send))
        return [answers[place] for place in range(len(writes))]

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _walked(self, place: Place) -> Page[Order | Misfit]:
        """A page of all orders. What is newer than the changes that were asked for is told too: it
        is no news to the next question any more, which begins behind it."""
        self._unread = []
        found, following = self._exchange.some_changes(place, self._now())
        news = found.last if found.last is not None and found.last.at > self._asked() else None
        keys = self._take(found.document, tells=news is not None)
        if news is not None:
            self._shelf.ask_from(ORDERS, news.at)
        kept = self._kept(keys)
        items: list[Order | Misfit] = [_dated(kept[key]) for key in keys if key in kept]
        return Page([*items, *self._unread], str(following) if following is not None else None)

    def _asked(self) -> datetime:
        """Up to when changes were asked for, by the site's clock on the wall."""
        return self._shelf.asked(ORDERS) or self._now() - _FIRST

    def _now(self) -> datetime:
        now = datetime.fromtimestamp(self._shelf.now(), self._settings.time_zone)
        return now.replace(tzinfo=None)

    def _take(self, content: bytes, *, tells: bool) -> list[str]:
        """Keeps the orders of an answer. Returns their keys."""
        orders: list[Order] = []
        for one in orders_in(content, self._settings, self._connection):
            if isinstance(one, NotRead):
                self._unread.append(Misfit(one.key, one.error))
            else:
                orders.append(one)
        self._shelf.put(ORDERS, self._with_owner(orders), tells=tells)
        return [one.key for one in orders]

    def _took_all(self, content: bytes) -> bool:
        """Keeps the orders of an answer, to be told. Returns whether each of it could be read."""
        self._take(content, tells=True)
        return not self._unread

    def _one(self, write: Write[Order], system: str, once: CreateOnce) -> Order:
        if write.key is not None:
            self._look(WRITE_SECONDS)
        [answer] = self.write_many([write], system, once)
        if isinstance(answer, MostikError):
            raise answer
        return answer

    def _wanted(self, record: Order, known: Kept[Order] | None, key: str, system: str) -> Order:
        before = known.record if known is not None else None
        wanted = laid_over(record, before, key, self._settings, self._connection)
        external = {**wanted.external_ids}
        if before is None:
            external = {system: record.key}
        date = wanted.date or datetime.fromtimestamp(self._shelf.now(), UTC)
        return wanted.model_copy(update={"external_ids": external, "date": date})

    def _send(self, orders: Sequence[Order]) -> None:
        name = f"orders-{orders[0].key}_{len(orders)}.xml"
        self._exchange.push_orders(name, self._file(orders))
        self._shelf.put(ORDERS, orders)

    def _file(self, orders: Sequence[Order]) -> bytes:
        now = datetime.fromtimestamp(self._shelf.now(), UTC)
        return file_of(orders, self._settings, self._connection, now)

    def _key(self, system: str, key: str) -> str:
        return f"{self._settings.order_prefix}{system}-{key}"

    def _found(self, system: str, keys: Sequence[str]) -> Mapping[str, Order]:
        own = {self._key(system, key): key for key in keys}
        return {own[key]: one.record for key, one in self._kept(list(own)).items()}

    def _kept(self, keys: Sequence[str]) -> Mapping[str, Kept[Order]]:
        return self._shelf.get_many(ORDERS, Order, keys)

    def _look(self, seconds: float) -> None:
        if self._shelf.now() - self._asked_at >= seconds:
            self.pull()

    def _with_owner(self, orders: Sequence[Order]) -> Sequence[Order]:
        """Keys elsewhere of orders that came from there stay with them."""
        known = self._kept([one.key for one in orders])
        return [
            one.model_copy(update={"external_ids": known[one.key].record.external_ids})
            if one.key in known and known[one.key].record.external_ids
            else one
            for one in orders
        ]


def _dated(one: Kept[Order]) -> Order:
    """With the time at which it was seen to have changed: the site tells none."""
    return one.record.model_copy(update={"changed_at": datetime.fromtimestamp(one.changed, UTC)})
