"""What people ask about orders for 1C: which call took one, did success come, give it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mostik.commerceml.cards import Card, Standing
from mostik.commerceml.outbox import Handed, Handovers
from mostik.commerceml.outgoing import Outgoing
from mostik.errors import ConfigurationError
from mostik.ids import time_of
from mostik.ports import Clock, Table

_MOST_CALLS = 2_000


@dataclass(frozen=True, slots=True)
class Call:
    """An answer to ``query`` that held an order.

    Attributes:
        session: of the exchange.
        at: unix seconds.
        confirmed: 1C said ``success``.
    """

    session: str
    at: float
    confirmed: bool


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order on its way to 1C, for people.

    Attributes:
        key: in the shop.
        number: in 1C's hands.
        shown: the number that the shop shows.
        standing: where it stands.
        since: when it last changed for 1C, unix seconds.
        trouble: why it is set aside.
        number_1c: 1C's own number of it.
        calls: answers that held it, newest first.
    """

    key: str
    number: str
    shown: str
    standing: Standing
    since: float
    trouble: str
    number_1c: str
    calls: Sequence[Call]


class OrderDesk:
    """Orders for 1C, as people see them.

    Args:
        table: the state table.
        clock: unix seconds.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._outgoing = Outgoing(table, clock)
        self._handovers = Handovers(table)

    def waiting(self, connection: str, *, most: int = 200) -> Sequence[OrderLine]:
        """Returns the orders that 1C has not taken, the oldest change first."""
        cards = self._outgoing.waiting(connection, most=most)
        return list(self._lines(connection, cards))

    def numbered(self, connection: str, numbers: Iterable[str]) -> Sequence[OrderLine]:
        """Returns the orders that have these numbers, in the shop or in 1C's hands.

        Raises:
            ConfigurationError: there is none of some number.
        """
        keys = self._keys(connection, numbers)
        cards = self._outgoing.cards.get_many(connection, keys)
        return list(self._lines(connection, [cards[key] for key in keys if key in cards]))

    def handed(self, connection: str, *, most: int = 20) -> Sequence[Handed]:
        """Returns the last answers to ``query``, newest first."""
        return list(islice(self._handovers.of(connection), most))

    def give_again(
        self, connection: str, numbers: Iterable[str] = (), since: float | None = None
    ) -> Sequence[Card]:
        """Has orders given to 1C once more, as they stand now; those that wait go on waiting.

        Args:
            connection: of 1C.
            numbers: which, in the shop or in 1C's hands.
            since: those that were given since then, too (unix seconds).

        Raises:
            ConfigurationError: there is none of some number.
        """
        keys = list(self._keys(connection, numbers))
        if since is not None:
            keys += self._outgoing.given_since(connection, since)
        return self._outgoing.give_again(connection, keys)

    def _keys(self, connection: str, numbers: Iterable[str]) -> Sequence[str]:
        found: dict[str, None] = {}
        for number in numbers:
            keys = self._outgoing.keys_of(connection, number)
            if not keys:
                raise ConfigurationError(
                    f"No order with the number {number!r} was given to 1C or waits for it."
                )
            found |= dict.fromkeys(keys)
        return list(found)

    def _lines(self, connection: str, cards: Sequence[Card]) -> Iterator[OrderLine]:
        calls = self._calls(connection, {card.key for card in cards})
        for card in cards:
            yield OrderLine(
                key=card.key,
                number=card.number,
                shown=card.order.number,
                standing=card.standing,
                since=time_of(card.mark) if card.mark is not None else card.put_at,
                trouble=card.trouble,
                number_1c=card.about.get("Номер по 1С", ""),
                calls=calls.get(card.key, ()),
            )

    def _calls(self, connection: str, keys: set[str]) -> dict[str, list[Call]]:
        found: dict[str, list[Call]] = {}
        if not keys:
            return found
        for handed in islice(self._handovers.of(connection), _MOST_CALLS):
            for key, _ in handed.given:
                if key in keys:
                    call = Call(handed.session, handed.at, handed.taken)
                    found.setdefault(key, []).append(call)
        return found
