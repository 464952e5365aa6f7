"""What the exchange needs to know of orders: which are for 1C, how they are written, that they
were taken.

``Outbox`` and ``Paper`` are seams: the outbox decides what is given (echoes and orders that 1C
would refuse are left out there, with their reason), the paper writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mostik.ports import Item, Table

if TYPE_CHECKING:
    from mostik.commerce.order import Order

_ROW_SECONDS = 35 * 86_400


@dataclass(frozen=True, slots=True)
class Offer:
    """An order for 1C.

    Attributes:
        order: as it stands now.
        mark: its place in the outbox: later changes sort after earlier ones, as text.
    """

    order: Order
    mark: str


@dataclass(frozen=True, slots=True)
class Handed:
    """What one answer to ``query`` held, until 1C says ``success``.

    Attributes:
        session: the upload of the session that asked.
        at: unix seconds of the query.
        mark: of the last offer; everything up to it is given.
        given: key and mark of each order.
        left_out: order numbers that could not be written, with the reason.
        taken: 1C said that it has them.
    """

    connection: str
    session: str
    at: float
    mark: str | None
    given: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    taken: bool = False


@dataclass(frozen=True, slots=True)
class SaleInfo:
    """The three lists of ``sale/info``, each of pairs of id and name."""

    statuses: Sequence[tuple[str, str]] = ()
    pay_systems: Sequence[tuple[str, str]] = ()
    deliveries: Sequence[tuple[str, str]] = ()


class Outbox(Protocol):
    """Orders that wait for 1C."""

    def orders_for(self, connection: str) -> Iterable[Offer]:
        """Yields the orders that 1C has not taken, oldest change first, one at a time."""
        ...

    def left_out(self, handed: Handed) -> None:
        """Hears of orders that could not be written, as soon as they were not."""
        ...

    def taken(self, handed: Handed) -> None:
        """Hears that 1C has taken an answer; may hear it again."""
        ...

    def info(self, connection: str) -> SaleInfo:
        """Returns what ``sale/info`` tells 1C."""
        ...


class Paper(Protocol):
    """Writes CommerceML. Every piece is in ``encoding``."""

    encoding: str

    def begin(self, schema: str, at: float) -> bytes:
        """Returns the declaration and the root's start tag."""
        ...

    def order(self, order: Order, schema: str) -> bytes:
        """Returns one document.

        Raises:
            Refused: 1C would refuse it, and with it all others.
        """
        ...

    def end(self) -> bytes:
        """Returns the root's end tag."""
        ...

    def info(self, info: SaleInfo) -> bytes:
        """Returns the whole document of ``sale/info``."""
        ...


class Handovers:
    """What was given to 1C and what it has taken.

    Rows: ``exchange#<connection>`` / ``#handed/<session>`` holds what a session was given. What
    ``success`` commits are the marks of its *query*: what changed in between is given next time.

    Args:
        table: the state table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def hand(self, handed: Handed) -> None:
        """Remembers what a session was given last."""
        self._table.put(_item(handed))

    def handed(self, connection: str, session: str) -> Handed | None:
        """Returns what a session was given last."""
        item = self._table.get(_partition(connection), f"#handed/{session}")
        return None if item is None else _from_item(item)

    def of(self, connection: str) -> Iterator[Handed]:
        """Yields what was given, newest first: which call took an order, and whether it is sure."""
        after: str | None = None
        while True:
            page = self._table.query(
                _partition(connection),
                first="#handed/",
                last="#handed/~",
                after=after,
                newest_first=True,
            )
            yield from map(_from_item, page.items)
            after = page.after
            if after is None:
                return

    def commit(self, handed: Handed) -> None:
        """Remembers that 1C has taken what it was given."""
        self._table.put({**_item(handed), "taken": True})


def _partition(connection: str) -> str:
    return f"exchange#{connection}"


def _item(handed: Handed) -> Item:
    return {
        "pk": _partition(handed.connection),
        "sk": f"#handed/{handed.session}",
        "at": handed.at,
        "mark": handed.mark,
        "given": [list(pair) for pair in handed.given],
        "left_out": [list(pair) for pair in handed.left_out],
        "taken": handed.taken,
        "expires_at": int(handed.at + _ROW_SECONDS),
    }


def _from_item(item: Item) -> Handed:
    return Handed(
        connection=str(item["pk"]).partition("#")[2],
        session=str(item["sk"]).rpartition("/")[2],
        at=item["at"],
        mark=item["mark"],
        given=tuple((key, mark) for key, mark in item["given"]),
        left_out=tuple((number, why) for number, why in item["left_out"]),
        taken=item["taken"],
    )
