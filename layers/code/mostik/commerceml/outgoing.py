"""The outbox of orders: what waits for 1C, in the order of change; one row for each order.

Rows: ``outbox#<connection>`` / ``<mark>`` names an order whose card (``cards``) has that mark. A
mark is a ULID. The row is written before the card: a worker that dies between the two leaves a row
that no card knows, which is skipped, and the change is carried again.

A row goes when 1C has said ``success`` about its mark; so a change that was stored slowly, with an
older mark than one that is taken already, is given all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, takewhile

from mostik.commerce.order import Order, OrderProperty
from mostik.commerceml.cards import Card, Cards
from mostik.commerceml.heard import view
from mostik.commerceml.numbers import Numbers
from mostik.commerceml.outbox import Handed, Handovers, Offer, SaleInfo
from mostik.commerceml.sessions import noted
from mostik.commerceml.suspects import portion
from mostik.commerceml.words import Words, words_from, words_item
from mostik.ids import time_of, ulid
from mostik.ports import Busy, Clock, Table

SHOWN_NUMBER = "Номер заказа на сайте"
_PAGE = 50
_TRIES = 8
_HISTORY = 30
_VAIN = "1С несколько раз получила этот заказ отдельно от других и не подтвердила приём."
_NEXT = 0.0015
"""Seconds that make the next millisecond of a mark, whatever the float rounds."""
_UNKNOWN_SECONDS = 3_600.0
"""A row that no card knows after so long was left by a worker that has died."""


class Outgoing:
    """Orders for 1C over the state table; it is the exchange's ``Outbox``.

    Args:
        table: the state table.
        clock: unix seconds.
        new_mark: makes a mark of unix seconds.
    """

    def __init__(self, table: Table, clock: Clock, new_mark: Callable[[float], str] = ulid) -> None:
        self._table = table
        self._clock = clock
        self._new_mark = new_mark
        self._last_mark = ""
        self._numbers = Numbers(table)
        self._handovers = Handovers(table)
        self.cards = Cards(table)

    # ── the shop's side ───────────────────────────────────────────────────────────────────────

    def put(self, connection: str, order: Order) -> Card:
        """Has an order given to 1C as it is now; an older change of it that waits is given no more.

        Raises:
            Refused: it is too large.
            Busy: it is changed by many at once.
        """
        for _ in range(_TRIES):
            now = self._clock()
            seen = self.cards.get(connection, order.key)
            mark = self._mark(now, seen)
            self._table.put(_row(connection, mark, order.key))
            card = seen or Card(
                connection, order.key, self._numbers.claim(connection, order, now), order
            )
            date = card.order.date if card.order.date is not None else order.date
            changed = replace(
                card,
                order=order.model_copy(update={"date": date}),
                base=card.in_1c,
                mark=mark,
                trouble="",
                postponed_at=None,
                put_at=now,
            )
            stored = self.cards.save(changed, now)
            if stored is not None:
                if seen is not None and seen.mark is not None:
                    self._table.remove(_partition(connection), seen.mark)
                return stored
            self._table.remove(_partition(connection), mark)
        raise Busy("the order changes too often to be written now")

    def say(self, connection: str, key: str, order: Order, about: Mapping[str, str]) -> None:
        """Remembers what 1C says of an order."""
        now = self._clock()

        def said(card: Card) -> Card:
            if card.said == order and card.about == about:
                return card
            return replace(card, said=order, about=dict(about), said_at=now)

        self.cards.change(connection, key, now, said)

    # ── 1C's side: ``Outbox`` ─────────────────────────────────────────────────────────────────

    def orders_for(self, connection: str) -> Iterable[Offer]:
        """See ``Outbox.orders_for``."""
        allowed = portion(islice(self._handovers.of(connection), _HISTORY))
        if allowed.suspect is not None and self._waits_behind(connection, allowed.suspect[1]):
            self._let_past(connection, *allowed.suspect)
        return islice(self._offers(connection), allowed.most)

    def left_out(self, handed: Handed) -> None:
        """See ``Outbox.left_out``: what cannot be written is set aside with the reason."""
        written = {key for key, _ in handed.given}
        for number, why in handed.left_out:
            for key in self._numbers.keys(handed.connection, number):
                if key not in written:
                    self._aside(handed.connection, key, why, until=handed.mark)

    def taken(self, handed: Handed) -> None:
        """See ``Outbox.taken``."""
        now = self._clock()

        def changed(mark: str, card: Card) -> Card:
            taken = replace(
                card, taken_at=now, session=handed.session, trouble="", postponed_at=None
            )
            if card.mark == mark:
                return replace(taken, mark=None, base=None)
            if card.mark is not None and card.mark > mark:
                return replace(taken, base=None)  # 1C has the version in between
            return card  # heard before

        for key, mark in handed.given:
            self.cards.change(handed.connection, key, now, partial(changed, mark))
            self._table.remove(_partition(handed.connection), mark)

    def info(self, connection: str) -> SaleInfo:
        """See ``Outbox.info``."""
        return self.words(connection).info

    # ── the shop's words ──────────────────────────────────────────────────────────────────────

    def words(self, connection: str) -> Words:
        """Returns what the shop calls its statuses, pay systems and delivery services."""
        places = _words_place(connection), _catalog_place(connection)
        rows = {row["sk"]: row for row in self._table.get_many(places)}
        words, catalog = (rows.get(sk) for _, sk in places)
        known = [str(key) for key in catalog["keys"]] if catalog else []
        # Of several nobody says in which one a good is, and a wrong one is worse than none.
        return replace(words_from(words), catalog=known[0] if len(known) == 1 else "")

    def learn(self, connection: str, words: Words) -> None:
        """Remembers what the shop calls them."""
        pk, sk = _words_place(connection)
        self._table.put({"pk": pk, "sk": sk, **words_item(words)})

    def goods_are_in(self, connection: str, catalogs: Iterable[str]) -> None:
        """Remembers the catalogues that 1C keeps its goods in."""
        pk, sk = _catalog_place(connection)
        row = self._table.get(pk, sk)
        known = list(row["keys"]) if row else []
        wanted = sorted({*known, *catalogs})
        if wanted != known:
            self._table.put({"pk": pk, "sk": sk, "keys": wanted})

    # ── people ────────────────────────────────────────────────────────────────────────────────

    def give_again(self, connection: str, keys: Iterable[str]) -> Sequence[Card]:
        """Has orders given to 1C once more, as they stand. Returns their cards."""
        found: list[Card] = []
        for key in dict.fromkeys(keys):
            card = self.cards.get(connection, key)
            if card is not None:
                found.append(self._again(card))
        return found

    def keys_of(self, connection: str, number: str) -> Sequence[str]:
        """Returns the keys of the orders with a number, of 1C or of the shop, newest first."""
        return self._numbers.keys(connection, number)

    def given_since(self, connection: str, at: float) -> Sequence[str]:
        """Returns the keys of the orders that were given since then (unix seconds), in the order in
        which they were."""
        since = takewhile(lambda handed: handed.at >= at, self._handovers.of(connection))
        given = [key for handed in reversed(list(since)) for key, _ in handed.given]
        return list(dict.fromkeys(given))

    def waiting(self, connection: str, *, most: int = 1_000) -> Sequence[Card]:
        """Returns the cards that wait for 1C, the oldest change first."""
        return list(islice(self._waiting(connection), most))

    def waits_since(self, connection: str) -> float | None:
        """Returns when the oldest change was made that 1C has not taken; ``None``: none waits."""
        oldest = next(iter(self._waiting(connection, page=5)), None)
        return time_of(oldest.mark) if oldest is not None and oldest.mark is not None else None

    # ── inner works ───────────────────────────────────────────────────────────────────────────

    def _mark(self, now: float, seen: Card | None) -> str:
        """A mark behind the card's own and behind those made here before, whatever the clocks
        say."""
        mark = self._new_mark(now)
        before = max(self._last_mark, (seen.mark or "") if seen is not None else "")
        if mark <= before:
            mark = self._new_mark(time_of(before) + _NEXT)
        self._last_mark = mark
        return mark

    def _again(self, card: Card) -> Card:
        if card.mark is not None:
            return card
        return self.put(card.connection, view(card))

    def _offers(self, connection: str) -> Iterator[Offer]:
        for card in self._waiting(connection):
            if card.mark is not None:
                yield Offer(as_given(card), card.mark)

    def _waiting(self, connection: str, *, page: int = _PAGE) -> Iterator[Card]:
        after: str | None = None
        while True:
            rows = self._table.query(_partition(connection), after=after, limit=page)
            marks = {str(item["sk"]): str(item["key"]) for item in rows.items}
            cards = self.cards.get_many(connection, list(marks.values()))
            for mark, key in marks.items():
                card = cards.get(key)
                if card is not None and card.mark == mark:
                    yield card
                else:
                    self._sweep(connection, mark, card)
            after = rows.after
            if after is None:
                return

    def _sweep(self, connection: str, mark: str, card: Card | None) -> None:
        """Removes a row whose order has moved on, or whose worker has died."""
        behind = card is not None and card.mark is not None and mark < card.mark
        if behind or time_of(mark) < self._clock() - _UNKNOWN_SECONDS:
            self._table.remove(_partition(connection), mark)

    def _waits_behind(self, connection: str, mark: str) -> bool:
        return any(card.mark != mark for card in islice(self._waiting(connection, page=5), 2))

    def _let_past(self, connection: str, key: str, mark: str) -> None:
        """Lets others past an order that 1C does not confirm; the second time it is set aside."""
        card = self.cards.get(connection, key)
        if card is None or card.mark != mark:
            return
        success = noted(self._table, connection).get("success")
        success_at = float(success["at"]) if success is not None else 0.0
        if card.postponed_at is not None and card.postponed_at < success_at:
            self._aside(connection, key, _VAIN, until=mark)
            return
        now = self._clock()
        later = self._mark(now, card)
        self._table.put(_row(connection, later, key))
        if self.cards.save(replace(card, mark=later, postponed_at=now), now) is not None:
            self._table.remove(_partition(connection), mark)

    def _aside(self, connection: str, key: str, why: str, *, until: str | None) -> None:
        marks: list[str] = []

        def aside(card: Card) -> Card:
            marks.clear()
            if card.mark is None or (until is not None and card.mark > until):
                return card
            marks.append(card.mark)
            return replace(card, mark=None, trouble=why)

        if self.cards.change(connection, key, self._clock(), aside) is not None:
            for mark in marks:
                self._table.remove(_partition(connection), mark)


def as_given(card: Card) -> Order:
    """Returns an order as 1C is given it: under its number there."""
    order = card.order
    if card.number == order.number:
        return order
    shown = OrderProperty(name=SHOWN_NUMBER, value=order.number)
    properties = (*(order.properties or ()), shown)
    return order.model_copy(update={"number": card.number, "properties": properties})


def _row(connection: str, mark: str, key: str) -> Mapping[str, str]:
    return {"pk": _partition(connection), "sk": mark, "key": key}


def _partition(connection: str) -> str:
    return f"outbox#{connection}"


def _words_place(connection: str) -> tuple[str, str]:
    return f"exchange#{connection}", "#words"


def _catalog_place(connection: str) -> tuple[str, str]:
    return f"exchange#{connection}", "#catalog"
