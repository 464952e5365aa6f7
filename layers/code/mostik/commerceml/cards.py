"""What is known of each order that goes to 1C: as it stands, what 1C has of it, what 1C said.

Rows: ``order-card#<connection>`` / ``=<key>``. The card decides; the rows of the outbox only say in
which order the cards are given.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from mostik.commerce.order import Order
from mostik.commerceml.refusal import Refused, Why
from mostik.ports import Busy, Item, Table

KEPT_SECONDS = 730 * 86_400
"""After so long without a change a card is swept away; an order that changes later is given as a
new one, under the same number."""
_MOST_BYTES = 320_000
"""Of all contents of a card, packed: a row has 400 KB at most."""
_TRIES = 8
_PAGE = 100


class Standing(StrEnum):
    """Where an order stands on its way to 1C."""

    WAITING = "waiting"
    """It changed, and 1C has not taken that yet."""
    TAKEN = "taken"
    SET_ASIDE = "set aside"
    """1C would refuse it, and with it all others; ``Card.trouble`` says why."""


@dataclass(frozen=True, slots=True)
class Card:
    """An order on its way to 1C.

    Attributes:
        connection: of 1C.
        key: of the order in the shop; 1C sends it back as ``Ид``.
        number: under which 1C has it; never changes.
        order: as the shop has it.
        mark: its place in the outbox; ``None``: 1C has taken it, or it is set aside.
        base: what 1C has of it while a change waits; ``None``: nobody knows, or the same.
        said: what 1C last said of it, as the shop understands it.
        about: 1C's own number and date of it, whether it is posted, ...
        trouble: why it is set aside.
        put_at: unix seconds of the last change in the shop.
        said_at: when 1C last said something.
        taken_at: when 1C last took it.
        session: in which session that was.
        postponed_at: when others were let past it, because 1C did not confirm it.
        version: of the row; ``None``: not stored yet.
    """

    connection: str
    key: str
    number: str
    order: Order
    mark: str | None = None
    base: Order | None = None
    said: Order | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    put_at: float = 0.0
    said_at: float | None = None
    taken_at: float | None = None
    session: str | None = None
    postponed_at: float | None = None
    version: int | None = None

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        if self.mark is not None:
            return Standing.WAITING
        return Standing.SET_ASIDE if self.trouble else Standing.TAKEN

    @property
    def in_1c(self) -> Order | None:
        """What 1C has of it, where that is known."""
        if self.mark is not None or self.trouble:
            return self.base
        return self.order if self.taken_at is not None else None


class Cards:
    """Cards over the state table.

    Args:
        table: the state table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, connection: str, key: str) -> Card | None:
        """Returns a card."""
        item = self._table.get(*_place(connection, key))
        return None if item is None else _from_item(item)

    def get_many(self, connection: str, keys: Sequence[str]) -> Mapping[str, Card]:
        """Returns cards by key; those that do not exist are left out."""
        if not keys:
            return {}
        items = self._table.get_many([_place(connection, key) for key in dict.fromkeys(keys)])
        return {card.key: card for card in map(_from_item, items)}

    def of(self, connection: str) -> Iterator[Card]:
        """Yields all cards of a connection."""
        after: str | None = None
        while True:
            page = self._table.query(_partition(connection), after=after, limit=_PAGE)
            yield from map(_from_item, page.items)
            after = page.after
            if after is None:
                return

    def save(self, card: Card, now: float) -> Card | None:
        """Stores a card over the version that was seen.

        Returns:
            It with its new version; ``None``: another one stands by now.

        Raises:
            Refused: the order is too large.
        """
        stored = replace(card, version=(card.version or 0) + 1)
        item = _item(stored, now)
        if card.version is None:
            done = self._table.insert(item) is None
        else:
            done = self._table.replace(item, card.version).done
        return stored if done else None

    def change(
        self, connection: str, key: str, now: float, change: Callable[[Card], Card]
    ) -> Card | None:
        """Changes a card over whatever stands; ``change`` is pure and may be asked again.

        Returns:
            The card; ``None``: there is none.

        Raises:
            Busy: it is changed by many at once.
        """
        for _ in range(_TRIES):
            card = self.get(connection, key)
            if card is None:
                return None
            changed = change(card)
            if changed == card:
                return card
            stored = self.save(changed, now)
            if stored is not None:
                return stored
        raise Busy("the order changes too often to be written now")


def _partition(connection: str) -> str:
    return f"order-card#{connection}"


def _place(connection: str, key: str) -> tuple[str, str]:
    return _partition(connection), f"={key}"


def _item(card: Card, now: float) -> Item:
    contents = {
        name: _packed(order)
        for name, order in (("order", card.order), ("base", card.base), ("said", card.said))
        if order is not None
    }
    if sum(map(len, contents.values())) > _MOST_BYTES:
        raise Refused(Why.TOO_LARGE, f"Заказ {card.order.number} слишком велик для обмена.")
    pk, sk = _place(card.connection, card.key)
    known: Mapping[str, Any] = {
        "mark": card.mark,
        "about": dict(card.about) or None,
        "trouble": card.trouble or None,
        "said_at": card.said_at,
        "taken_at": card.taken_at,
        "session": card.session,
        "postponed_at": card.postponed_at,
    }
    return {
        "pk": pk,
        "sk": sk,
        "number": card.number,
        "put_at": card.put_at,
        "version": card.version,
        "expires_at": int(now + KEPT_SECONDS),
        **contents,
        **{name: value for name, value in known.items() if value is not None},
    }


def _from_item(item: Item) -> Card:
    return Card(
        connection=str(item["pk"]).partition("#")[2],
        key=str(item["sk"])[1:],
        number=item["number"],
        order=_unpacked(item, "order") or Order(key=str(item["sk"])[1:], number=item["number"]),
        mark=item.get("mark"),
        base=_unpacked(item, "base"),
        said=_unpacked(item, "said"),
        about=item.get("about", {}),
        trouble=item.get("trouble", ""),
        put_at=float(item["put_at"]),
        said_at=item.get("said_at"),
        taken_at=item.get("taken_at"),
        session=item.get("session"),
        postponed_at=item.get("postponed_at"),
        version=int(item["version"]),
    )


def _packed(order: Order) -> bytes:
    content = order.model_dump(mode="json", exclude_none=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(errors="surrogatepass"), 6)


def _unpacked(item: Item, name: str) -> Order | None:
    """An order as it was stored. One that another release has spelled in its own way is not known:
    an order without lines is set aside, and its next change makes it good."""
    if name not in item:
        return None
    text = zlib.decompress(bytes(item[name])).decode(errors="surrogatepass")
    try:
        return Order.model_validate(json.loads(text))
    except ValidationError:
        return None
