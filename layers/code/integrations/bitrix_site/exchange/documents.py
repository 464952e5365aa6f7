"""Orders out of the site's files, and orders as files for the site. Pure.

The site deletes what a document of an order lacks: lines, and where a schema from 2.08 on was
agreed upon payments and shipments. So what is written is what the site last told, with what the
other side knows laid over it: something that the other side does not know is written as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO

from integrations.bitrix24.crm.mapping import status_map
from integrations.bitrix_site.models import Settings
from mostik.commerce.money import Vat
from mostik.commerce.order import (
    Delivery,
    Flags,
    Line,
    Order,
    OrderStatus,
    Payment,
    Shipment,
    StatusMap,
)
from mostik.commerceml.archive import Archive
from mostik.commerceml.mapping_orders import OrderWords, document, order
from mostik.commerceml.models import Rejected
from mostik.commerceml.models_orders import Document
from mostik.commerceml.reader import Reader
from mostik.commerceml.refusal import Refused
from mostik.commerceml.writer import ORDER, message
from mostik.errors import GiveUp, WhoActs

_OLD_SCHEMA = "2.05"


@dataclass(frozen=True, slots=True)
class NotRead:
    """A document that is no order that could be carried.

    Attributes:
        key: its key on the site.
        error: why.
    """

    key: str
    error: GiveUp


def statuses(settings: Settings) -> StatusMap:
    """Returns what the site's statuses stand for."""
    return status_map(settings.order_statuses, settings.more_statuses, back=settings.status_back)


def words_of(settings: Settings, connection: str, *, with_children: bool = False) -> OrderWords:
    """Returns how orders are said to the site: goods are called by their keys there."""
    return OrderWords(system=connection, zone=settings.time_zone, with_children=with_children)


def orders_in(content: bytes, settings: Settings, connection: str) -> Iterator[Order | NotRead]:
    """Yields the orders of an answer to ``query``.

    Raises:
        GiveUp: it is no CommerceML.
    """
    how = words_of(settings, connection)
    try:
        for found in _together(_documents(content)):
            if isinstance(found, Rejected):
                yield NotRead(found.key or "?", _rejected(found))
                continue
            if found.operation not in (ORDER, None):
                continue
            try:
                yield _meant(order(_ours(found, settings), how), settings)
            except GiveUp as error:
                yield NotRead(found.key, error)
    except Refused as refused:
        raise _unreadable(refused) from None


def file_of(
    orders: Sequence[Order], settings: Settings, connection: str, formed_at: datetime
) -> bytes:
    """Returns orders as one file.

    Raises:
        GiveUp: one of them cannot be written: its money does not agree, something is missing.
    """
    schema = settings.agreed_schema or _OLD_SCHEMA
    how = words_of(settings, connection, with_children=schema >= "2.08")
    try:
        written = [_named(document(one, how), settings) for one in orders]
        local = formed_at.astimezone(settings.time_zone)
        return b"".join(message(written, schema, local, encoding="utf-8"))
    except Refused as refused:
        raise GiveUp(
            f"The order cannot be written for the site: {refused}", who=WhoActs.ADMIN
        ) from None


def _rejected(found: Rejected) -> GiveUp:
    return GiveUp(
        f"The site tells of an order that nobody can find again ({found.kind}: {found.reason}).",
        who=WhoActs.EXTERNAL_ADMIN,
    )


def _ours(found: Document, settings: Settings) -> Document:
    """An order that came from outside: the site calls it by an id of its own, and says our key
    where 1C's number would be."""
    key = found.number_1c or ""
    return replace(found, key=key) if key.startswith(settings.order_prefix) else found


def _named(found: Document, settings: Settings) -> Document:
    """An order that the site did not have is known to it by our key from now on."""
    own = found.key.startswith(settings.order_prefix)
    return replace(found, number_1c=found.key) if own else found


def laid_over(
    record: Order, before: Order | None, key: str, settings: Settings, connection: str
) -> Order:
    """Returns the order as the site shall have it.

    Args:
        record: what the other side says.
        before: what the site last told; ``None``: it does not have the order.
        key: of the order on the site.
        settings: of the connection.
        connection: its id.
    """
    known = statuses(settings)
    present = before.stage if before is not None else None
    stage = known.stage_for(record.status, present) if record.status is not None else present
    if stage is None or not known.allows(present, stage):
        stage = present
    base = before or record
    cancelled = record.status is OrderStatus.CANCELLED or bool(
        record.flags is not None and record.flags.cancelled
    )
    lines = record.lines if record.lines is not None else base.lines
    whole = record if record.lines is not None else base
    delivery = whole.delivery if whole.delivery is not None else base.delivery
    shipments = _shipments(record.shipments, before)
    had_cost = before is not None and any(one.cost for one in before.delivery or ())
    if not had_cost and not any(one.cost for one in delivery or ()):
        delivery = _free(shipments)
    return base.model_copy(
        update={
            "key": key,
            "number": base.number,
            "stage": stage,
            "status": known.status_of(stage or "") or record.status,
            "comment": record.comment if record.comment is not None else base.comment,
            "flags": _flags(record, base.flags, cancelled=cancelled),
            "lines": _lines(lines, before, connection),
            "total": whole.total if whole.total is not None else base.total,
            "delivery": delivery,
            "discounts": whole.discounts,
            "payments": _payments(record.payments, before, connection),
            "shipments": shipments,
        }
    )


# ── reading ────────────────────────────────────────────────────────────────────────────────────


def _documents(content: bytes) -> Iterator[Document | Rejected]:
    if content.startswith(b"PK"):
        archive = Archive(BytesIO(content))
        for name in archive.names:
            if name.lower().endswith(".xml"):
                yield from _of_xml(archive.pieces(name))
        return
    yield from _of_xml([content])


def _of_xml(pieces: Iterable[bytes]) -> Iterator[Document | Rejected]:
    for found in Reader(pieces):
        if isinstance(found, Document | Rejected):
            yield found


def _together(found: Iterable[Document | Rejected]) -> Iterator[Document | Rejected]:
    """Documents of one container are an order and what was done because of it."""
    waiting: list[Document] = []
    for one in found:
        if isinstance(one, Rejected):
            yield one
            continue
        if waiting and (one.container is None or one.container != waiting[0].container):
            yield _whole(waiting)
            waiting = []
        waiting.append(one)
        if one.container is None:
            yield _whole(waiting)
            waiting = []
    if waiting:
        yield _whole(waiting)


def _whole(documents: Sequence[Document]) -> Document:
    own = next((one for one in documents if one.operation == ORDER), documents[0])
    children = tuple(one for one in documents if one is not own)
    return replace(own, children=(*(own.children or ()), *children) or None)


def _meant(found: Order, settings: Settings) -> Order:
    """The order in the trade's words: its status, and its flags as they follow from it."""
    flags = found.flags or Flags()
    status = statuses(settings).status_of(found.stage or "")
    if flags.cancelled:
        status = OrderStatus.CANCELLED
    if status is None:
        raise GiveUp(
            f"The status {found.stage!r} of the site stands for no order status: add it to the"
            " statuses of the connection.",
            who=WhoActs.ADMIN,
        )
    lines = found.lines
    if lines is not None:
        # A site writes the tax of each line that has one.
        lines = tuple(
            one if one.vat is not None else one.model_copy(update={"vat": Vat()}) for one in lines
        )
    delivery = found.delivery
    if delivery is None and lines is not None:
        delivery = _free(found.shipments)
    return found.model_copy(
        update={"status": status, "flags": flags, "lines": lines, "delivery": delivery}
    )


def _free(shipments: tuple[Shipment, ...] | None) -> tuple[Delivery, ...]:
    """What an order says of its delivery that has no line for it: it costs nothing."""
    return (Delivery(cost=Decimal(0)),) if shipments else ()


# ── writing ────────────────────────────────────────────────────────────────────────────────────


def _flags(wanted: Order, present: Flags | None, *, cancelled: bool) -> Flags:
    told = (wanted.flags or Flags()).model_dump(exclude_none=True)
    if "paid" not in told and wanted.payments is not None and wanted.total is not None:
        paid = sum((one.sum or Decimal(0) for one in wanted.payments if one.paid), Decimal(0))
        told["paid"] = bool(wanted.payments) and paid >= wanted.total.amount
    if present is None:
        told.setdefault("paid", False)  # as the site has it, where nobody says anything else
    return (present or Flags()).model_copy(update={**told, "cancelled": cancelled})


def _lines(
    wanted: tuple[Line, ...] | None, before: Order | None, connection: str
) -> tuple[Line, ...] | None:
    """Lines under the keys that the site gave them: under another side's keys it would take one
    line for another."""
    if wanted is None:
        return None
    free = list(before.lines or ()) if before is not None else []
    rules: tuple[Callable[[Line, Line], bool], ...] = (
        lambda one, old: old.key is not None and one.external_ids.get(connection) == old.key,
        lambda one, old: (
            _good(one, connection) is not None
            and _good(one, connection) == _good(old, connection)
            and one.quantity == old.quantity
        ),
        lambda one, old: (
            _good(one, connection) is not None and _good(one, connection) == _good(old, connection)
        ),
        lambda one, old: bool(one.name) and one.name == old.name,
    )
    keys: dict[int, str | None] = {}
    for rule in rules:
        for place, one in enumerate(wanted):
            if place in keys:
                continue
            found = next((old for old in free if rule(one, old)), None)
            if found is not None:
                keys[place] = found.key
                free.remove(found)
    return tuple(
        one.model_copy(update={"key": keys.get(place)}) for place, one in enumerate(wanted)
    )


def _good(line: Line, connection: str) -> str | None:
    return (line.variant.key_in(connection) or line.variant.key) if line.variant else None


def _payments(
    wanted: tuple[Payment, ...] | None, before: Order | None, connection: str
) -> tuple[Payment, ...] | None:
    """The site's payments with what is known of them laid over, and new ones behind them."""
    free = list(before.payments or ()) if before is not None else []
    rules: tuple[Callable[[Payment, Payment], bool], ...] = (
        lambda one, old: (
            old.key is not None and old.key in (one.key, one.external_ids.get(connection))
        ),
        lambda one, old: one.sum == old.sum and bool(one.paid) == bool(old.paid),
        lambda one, old: one.sum == old.sum and not old.paid,
    )
    if not wanted:
        return tuple(free) or wanted
    merged: list[Payment] = []
    for one in wanted:
        found = None
        for rule in rules:
            found = next((old for old in free if rule(one, old)), None)
            if found is not None:
                free.remove(found)
                break
        known = one.model_dump(exclude_none=True, include={"sum", "currency", "paid", "paid_at"})
        merged.append(found.model_copy(update=known) if found is not None else one)
    return (*merged, *free)


def _shipments(
    wanted: tuple[Shipment, ...] | None, before: Order | None
) -> tuple[Shipment, ...] | None:
    """The site's shipments, shipped where the other side says so; none is made here."""
    present = before.shipments if before is not None else None
    if not present or not wanted:
        return present if before is not None else wanted
    shipped = all(one.shipped for one in wanted)
    tracking = next((one.tracking for one in wanted if one.tracking), None)
    return tuple(
        one.model_copy(
            update={"shipped": one.shipped or shipped, "tracking": one.tracking or tracking}
        )
        for one in present
    )


def _unreadable(refused: Refused) -> GiveUp:
    return GiveUp(
        f"The site's answer is no CommerceML that can be read: {refused}",
        who=WhoActs.EXTERNAL_ADMIN,
    )
