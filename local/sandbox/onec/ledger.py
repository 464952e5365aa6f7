"""The orders of the sandbox 1C: loaded in one transaction, refused as UT11 refuses them.

One document that 1C cannot load, and none of the answer is loaded (facts on the exchange protocol,
orders); then ``success`` is never said and the site gives the same orders for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from local.sandbox.onec.documents import (
    ORDER,
    NotAnOrder,
    OrderOfSite,
    documents_of,
    with_quantity,
    written,
)
from local.sandbox.onec.paper import Node, Style, document

LONGEST_NUMBER = 11
"""Of the string that 1C keeps a number in."""
_OF_THE_SITE = (
    "Статус заказа", "Статуса заказа ИД", "Метод оплаты", "Метод оплаты ИД", "Сайт",
    "Доставка разрешена", "Способ доставки", "Адрес доставки",
)  # fmt: skip
"""Attributes of the site that 1C keeps with the order and sends back."""


@dataclass(frozen=True, slots=True)
class Held:
    """An order in 1C's base.

    Attributes:
        order: what the site sent, as 1C keeps it.
        number: 1C's own.
        posted: it is in the books. A change from the site takes it out again.
        status: id of the site's status that a manager chose.
        changed: since it was last sent to the site.
    """

    order: OrderOfSite
    number: str
    date: str
    posted: bool = False
    deleted: bool = False
    cancelled: bool = False
    closed: bool = False
    status: str | None = None
    paid: tuple[str, str] | None = None
    shipped: tuple[str, str] | None = None
    changed: bool = False

    @property
    def difference(self) -> Decimal:
        """What the site's sum and 1C's own differ by."""
        return self.order.amount - self.order.counted


@dataclass
class Ledger:
    """1C's base of orders.

    Attributes:
        held: orders by the site's number and date: that is how 1C finds them again.
        knows_children: it is a module that reads payments and shipments beside an order.
        created: how many were new.
        unposted: how many posted ones a change from the site took out of the books.
        ignored: how many changes came for closed ones.
    """

    held: dict[tuple[str, str], Held] = field(default_factory=dict)
    knows_children: bool = True
    created: int = 0
    unposted: int = 0
    ignored: int = 0

    def take(self, answer: bytes) -> list[str]:
        """Loads an answer to ``query``, all of it or nothing. Returns the orders' numbers.

        Raises:
            NotAnOrder: one document cannot be loaded.
        """
        found = list(documents_of(answer))
        for order in found:
            self._check(order)
        for order in found:
            self._load(order)
        return [order.number for order in found]

    def order(self, number: str) -> Held:
        """Returns the one order of a number."""
        matching = [one for one in self.held.values() if one.order.number == number]
        if len(matching) != 1:
            raise LookupError(f"{len(matching)} orders have the number {number}")
        return matching[0]

    def post(self, number: str) -> None:
        """A manager puts an order in the books."""
        self._change(number, posted=True)

    def choose(self, number: str, status: str) -> None:
        """A manager chooses one of the site's statuses."""
        self._change(number, status=status)

    def pay(self, number: str, paper: str = "ПБ-1", date: str = "2026-11-25T12:00:00") -> None:
        """A payment arrives."""
        self._change(number, paid=(paper, date))

    def ship(self, number: str, paper: str = "РТ-1", date: str = "2026-11-25T15:00:00") -> None:
        """The goods leave."""
        self._change(number, shipped=(paper, date))

    def cancel(self, number: str) -> None:
        """A manager cancels an order."""
        self._change(number, cancelled=True)

    def delete(self, number: str) -> None:
        """Somebody marks an order for deletion: it is unposted."""
        self._change(number, deleted=True, posted=False)

    def close(self, number: str) -> None:
        """A manager closes an order: the site cannot change it any more."""
        self._change(number, closed=True)

    def sell(self, number: str, place: int, quantity: Decimal) -> None:
        """A manager changes how much of a line is sold."""
        held = self.order(number)
        lines = [
            with_quantity(line, quantity) if at == place else line
            for at, line in enumerate(held.order.lines)
        ]
        self._change(number, order=replace(held.order, lines=tuple(lines)))

    def export(
        self, style: Style | None = None, *, numbers: Iterable[str] | None = None
    ) -> bytes | None:
        """Returns the file of what changed, or of orders by number. ``None``: there is nothing."""
        wanted = set(numbers) if numbers is not None else None
        orders = [
            one
            for one in self.held.values()
            if (one.changed if wanted is None else one.order.number in wanted)
        ]
        if not orders:
            return None
        style = style or Style(version="2.07", namespace="", encoding="windows-1251", mark=False)
        return b"".join(document(style, [_sent(one) for one in orders]))

    def sent(self) -> None:
        """The site has taken what changed."""
        self.held = {key: replace(one, changed=False) for key, one in self.held.items()}

    def _check(self, order: OrderOfSite) -> None:
        if order.operation != ORDER:
            raise NotAnOrder(f"Неизвестная хозяйственная операция: {order.operation}")
        if not order.currency:
            raise NotAnOrder(f"Не указана валюта документа {order.number}")
        if not order.number or not order.date or not order.time:
            raise NotAnOrder("Не указан номер или дата документа")
        if order.children and not self.knows_children:
            raise NotAnOrder(f"Неизвестный документ при заказе {order.number}")

    def _load(self, order: OrderOfSite) -> None:
        order = replace(order, number=order.number[:LONGEST_NUMBER])
        key = (order.number, order.date)
        standing = self.held.get(key)
        if standing is None:
            self.created += 1
            number = f"ИМ-{self.created:08d}"
            self.held[key] = Held(order, number, f"{order.date}T{order.time}")
        elif standing.closed:
            self.ignored += 1
        else:
            self.unposted += standing.posted
            self.held[key] = replace(standing, order=order, posted=False, status=None)

    def _change(self, number: str, **changes: object) -> None:
        held = self.order(number)
        key = (held.order.number, held.order.date)
        self.held[key] = replace(held, **changes, changed=True)  # type: ignore[arg-type]  # its own


def _sent(held: Held) -> Node:
    said: dict[str, str] = {
        "Номер по 1С": held.number,
        "Дата по 1С": held.date,
        "ПометкаУдаления": _flag(held.deleted),
        "Проведен": _flag(held.posted),
    }
    if held.paid is not None:
        said["Номер оплаты по 1С"], said["Дата оплаты по 1С"] = held.paid
    if held.shipped is not None:
        said["Номер отгрузки по 1С"], said["Дата отгрузки по 1С"] = held.shipped
    said["Отменен"] = _flag(held.cancelled)
    said |= _kept(held.order.attributes, held.status)
    return written(held.order, said)


def _kept(attributes: Mapping[str, str], status: str | None) -> dict[str, str]:
    kept = {name: attributes[name] for name in _OF_THE_SITE if name in attributes}
    if status is not None:
        kept["Статус заказа"] = f"[{status}]"
        kept["Статуса заказа ИД"] = status
    return kept


def _flag(value: bool) -> str:
    return "true" if value else "false"
