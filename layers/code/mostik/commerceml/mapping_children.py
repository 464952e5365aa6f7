"""Payments and shipments of an order as documents of their own, and back.

They go to 1C only where a connection asks for them: an old client refuses a whole answer for one
document that is no order. What 1C does not send is not known; nothing is deleted by absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import Decimal

from mostik.commerce.order import Order, Payment, Shipment, ShipmentLine
from mostik.commerce.record import Ref
from mostik.commerceml.mapping_states import attributes_of, flag_in
from mostik.commerceml.models_orders import Document, Line
from mostik.commerceml.values import currency
from mostik.commerceml.writer import ORDER

CASHLESS, CASH, ACQUIRING = (
    "Выплата безналичных денег",
    "Выплата наличных денег",
    "Эквайринговая операция",
)
REFUNDS = ("Возврат безналичных денег", "Возврат наличных денег")
SHIPMENT = "Отпуск товара"
POSITION = "НомерПозицииКорзины"
_PAYMENTS = (CASHLESS, CASH, ACQUIRING)


def children(order: Order, lines: Iterable[Line], zone: tzinfo) -> tuple[Document, ...]:
    """Returns the payments and shipments of an order.

    Args:
        order: the order.
        lines: its lines as the document has them.
        zone: of dates.
    """
    by_position = {position_of(line): line for line in lines}
    found = [
        Document(
            key=one.key or f"{order.key}/payment/{place}",
            number=one.number or one.key,
            date=_local(one.paid_at or order.date, zone),
            operation=REFUNDS[0] if one.returned else CASHLESS,
            role="Продавец",
            currency=one.currency or (order.total.currency if order.total else None),
            rate=Decimal(1),
            amount=one.sum,
            basis=order.key,
            attributes=attributes_of(
                ("Оплачен", bool(one.paid)),
                ("Метод оплаты", one.name),
                ("Метод оплаты ИД", one.system.key if one.system else None),
                ("Номер транзакции", one.transaction),
            ),
        )
        for place, one in enumerate(order.payments or (), 1)
    ]
    found += [
        Document(
            key=one.key or f"{order.key}/shipment/{place}",
            number=one.number or one.key,
            date=_local(one.shipped_at or order.date, zone),
            operation=SHIPMENT,
            role="Продавец",
            currency=order.total.currency if order.total else None,
            rate=Decimal(1),
            basis=order.key,
            lines=tuple(
                replace(by_position[row.line], quantity=row.quantity)
                for row in one.lines or ()
                if row.line in by_position
            ),
            attributes=attributes_of(
                ("Отгружен", bool(one.shipped)),
                ("Доставка разрешена", one.allowed),
                ("Идентификатор отправления", one.tracking),
            ),
        )
        for place, one in enumerate(order.shipments or (), 1)
    ]
    return tuple(found)


def payments_of(found: Document, zone: tzinfo) -> tuple[Payment, ...] | None:
    """Returns the payments that a document tells of; ``None``: it tells of none. 2.09 may tell of
    one twice: a document of its own says more than an ``Оплата`` of its number."""
    kinds = (*_PAYMENTS, *REFUNDS)
    documents = [child for child in found.children or () if child.operation in kinds]
    numbers = {child.number for child in documents}
    own = [
        Payment(
            key=one.number,
            number=one.number,
            transaction=one.transaction or None,
            paid=True,
            paid_at=_aware(one.date, zone),
            sum=one.amount,
            name=one.system,
            system=Ref(key=one.system_key) if one.system_key else None,
        )
        for one in found.payments or ()
        if one.number not in numbers
    ]
    for child in documents:
        system = child.attribute("Метод оплаты ИД")
        paid = flag_in(child, "Оплачен")
        own.append(
            Payment(
                key=child.key or None,
                number=child.number,
                transaction=child.attribute("Номер транзакции"),
                paid=True if paid is None else paid,
                paid_at=_aware(child.date, zone) if paid is not False else None,
                returned=True if child.operation in REFUNDS else None,
                sum=child.amount,
                currency=currency(child.currency) if child.currency else None,
                name=child.attribute("Метод оплаты"),
                system=Ref(key=system) if system else None,
            )
        )
    return tuple(own) or None


def shipments_of(found: Document, zone: tzinfo) -> tuple[Shipment, ...] | None:
    """Returns the shipments that a document tells of; ``None``: it tells of none."""
    positions = {line.key: position_of(line) for line in found.lines or ()}
    own = []
    for child in found.children or ():
        if child.operation != SHIPMENT:
            continue
        shipped = flag_in(child, "Отгружен")
        own.append(
            Shipment(
                key=child.key or None,
                number=child.number,
                shipped=True if shipped is None else shipped,
                shipped_at=_aware(child.date, zone) if shipped is not False else None,
                allowed=flag_in(child, "Доставка разрешена"),
                tracking=child.attribute("Идентификатор отправления"),
                lines=tuple(
                    ShipmentLine(
                        line=position_of(line) or positions.get(line.key) or line.key,
                        quantity=line.quantity if line.quantity is not None else Decimal(0),
                    )
                    for line in child.lines or ()
                ),
            )
        )
    return tuple(own) or None


def gathered(documents: Iterable[Document]) -> Iterator[Document]:
    """Puts the documents of one container together: those made from an order become its children.

    Documents outside of containers, and those whose order is not beside them, stay as they are.
    """
    waiting: list[Document] = []
    for document in documents:
        if waiting and waiting[0].container != document.container:
            yield from _together(waiting)
            waiting = []
        if document.container is None:
            yield document
        else:
            waiting.append(document)
    yield from _together(waiting)


def position_of(line: Line) -> str | None:
    """Returns the key of the order's line that a line is."""
    for one in line.attributes or ():
        if one.name == POSITION and one.values:
            return one.values[0]
    return None


def _together(documents: list[Document]) -> Iterator[Document]:
    orders = [one for one in documents if one.operation == ORDER]
    for order in orders:
        own = tuple(
            one
            for one in documents
            if one.operation != ORDER
            and (one.basis == order.key or (not one.basis and len(orders) == 1))
        )
        yield replace(order, children=(*(order.children or ()), *own)) if own else order
    keys = {order.key for order in orders}
    for one in documents:
        alone = one.operation != ORDER and one.basis not in keys
        if alone and not (not one.basis and len(orders) == 1):
            yield one


def _local(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0) if moment else None


def _aware(moment: datetime | None, zone: tzinfo) -> datetime | None:
    return moment.replace(tzinfo=zone) if moment else None
