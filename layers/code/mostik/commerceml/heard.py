"""What a document of 1C says about an order that it was given: what has changed there. Pure.

1C sends whole documents, mostly with nothing new in them, and forgets what it has no place for. So
a document is compared with the one that 1C was given: what is the same there is no news and is left
alone (``None``); what differs is 1C's. Facts (paid, shipped, cancelled) only ever become true.
While a change of the shop waits for 1C, its documents know nothing of that: then only facts count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from mostik.commerce.order import (
    Flags,
    Order,
    OrderProperty,
    OrderStatus,
    Payment,
    Shipment,
)
from mostik.commerceml.cards import Card
from mostik.commerceml.heardmoney import difference, money_of
from mostik.commerceml.mapping_orders import OrderWords
from mostik.commerceml.ordersettings import OrderSettings
from mostik.commerceml.values import moment

NUMBER, DATE = "Номер по 1С", "Дата по 1С"
PAID_NUMBER, PAID_AT = "Номер оплаты по 1С", "Дата оплаты по 1С"
SHIPPED_NUMBER, SHIPPED_AT = "Номер отгрузки по 1С", "Дата отгрузки по 1С"
ABOUT = (
    NUMBER, DATE, "Проведен", "ПометкаУдаления", "Отменен", PAID_NUMBER, PAID_AT, SHIPPED_NUMBER,
    SHIPPED_AT,
)  # fmt: skip
"""What 1C says of its own document (facts on the exchange protocol, 1C → site attributes)."""
_MONEY = ("lines", "total", "delivery", "discounts")
_SAID = ("status", "flags", "payments", "shipments", "properties", *_MONEY)
_UNOWNED = ("comment", "customer", "requisite", "date", "rate", "taxes", "site", *_SAID)
_PLACES = {status: place for place, status in enumerate(OrderStatus)}


@dataclass(frozen=True, slots=True)
class Ears:
    """How a connection understands what 1C says.

    Attributes:
        how: as the documents for 1C are written.
        settings: what the owner has decided.
        meanings: what the shop's statuses stand for, as far as the shop says so itself.
    """

    how: OrderWords
    settings: OrderSettings
    meanings: Mapping[str, OrderStatus] = field(default_factory=dict)


def view(card: Card) -> Order:
    """Returns an order as 1C's side of it stands: as it was given, and what 1C has said since."""
    said, order = _since(card), card.order
    if said is None:
        return order
    found = {name: one for name in _SAID if (one := getattr(said, name)) is not None}
    if said.status not in (None, order.status):
        found["stage"] = said.stage  # what the shop calls it now is not known
    return order.model_copy(update=found)


def _since(card: Card) -> Order | None:
    """What 1C has said since the shop last changed the order."""
    return card.said if card.said_at is not None and card.said_at >= card.put_at else None


def understood(said: Order, card: Card | None, ears: Ears) -> Order:
    """Returns what is news in a document of 1C, compared with the shop's last word: a document that
    comes again says the same again. Once 1C has changed lines or chosen a status, its word on those
    counts as a whole, so that it may change them back.

    Args:
        said: the document as an order (``mapping_orders.order``).
        card: what is known of the order; ``None``: it was never given, then the document stands for
            itself.
        ears: how it is understood.
    """
    facts = _facts(said.flags)
    news: dict[str, Any]
    if card is None:
        news = dict.fromkeys(_MONEY) if difference(said) else {}
        news |= {"flags": facts, "status": _status(_chosen(said, None, ears), facts, None, ears)}
        return said.model_copy(update=news)
    latest, before = card.order, _since(card)
    chosen = _chosen(said, card, ears)
    news = dict.fromkeys(_UNOWNED)
    news |= {
        "number": card.order.number,
        "stage": said.stage if chosen is not None else None,
        "status": _status(chosen, facts, card.order.status, ears),
        "flags": _flags(facts, latest.flags),
        "payments": _payments(said, facts, latest, ears),
        "shipments": _shipments(said, facts, latest, ears),
        "properties": _properties(said, latest, ears.settings.number_property),
    }
    if card.mark is None and ears.settings.lines:
        changed = before is not None and before.lines is not None
        news |= money_of(said, card.in_1c, ears.how, whole=changed)
    return said.model_copy(update=news)


def about(said: Order) -> Mapping[str, str]:
    """Returns what 1C says of its own document, by name."""
    found = {name: _attribute(said, name) for name in ABOUT}
    return {name: value for name, value in found.items() if value}


# ── facts ─────────────────────────────────────────────────────────────────────────────────────


def _facts(flags: Flags | None) -> Flags | None:
    """What has happened. That something has not is no news: 1C says so of whatever it is not
    told."""
    if flags is None:
        return None
    names = ("paid", "cancelled", "shipped", "delivery_allowed")
    true = {name: True for name in names if getattr(flags, name)}
    if not true:
        return None
    return Flags(**true, cancel_reason=flags.cancel_reason if flags.cancelled else None)


def _flags(facts: Flags | None, latest: Flags | None) -> Flags | None:
    if facts is None:
        return None
    known = {name: value for name, value in facts.model_dump().items() if value is not None}
    return (latest or Flags()).model_copy(update=known)


def _chosen(said: Order, card: Card | None, ears: Ears) -> OrderStatus | None:
    """The status that a manager has chosen in 1C; ``None``: it only repeats what it was given."""
    if not said.stage:
        return None
    if card is not None:
        given = {card.order.stage, card.base.stage if card.base is not None else None}
        before = _since(card)
        if said.stage in given and (before is None or before.stage is None):
            return None
    return ears.settings.statuses.get(said.stage) or ears.meanings.get(said.stage)


def _status(
    chosen: OrderStatus | None, facts: Flags | None, present: OrderStatus | None, ears: Ears
) -> OrderStatus | None:
    """The chosen status, or the one that what has happened stands for, whichever is further;
    ``None``: no news."""
    if facts is not None and facts.cancelled:
        return OrderStatus.CANCELLED
    happened = None
    if facts is not None and ears.settings.facts:
        happened = OrderStatus.SHIPPED if facts.shipped else None
        happened = happened or (OrderStatus.PAID if facts.paid else None)
    if happened is not None and not _is_further(happened, present):
        happened = None
    if chosen is None or happened is None:
        return chosen or happened
    return max(chosen, happened, key=_PLACES.__getitem__)


def _is_further(status: OrderStatus, present: OrderStatus | None) -> bool:
    return present is None or _PLACES[status] > _PLACES[present]


def _payments(
    said: Order, facts: Flags | None, latest: Order, ears: Ears
) -> tuple[Payment, ...] | None:
    """Payments after 1C has spoken: those that it tells of, else all of them where it says that the
    order is paid. None is taken away. ``None``: no news, or the shop tells of no payments."""
    if latest.payments is None:
        return None
    if said.payments is not None:
        found = _joined(latest.payments, said.payments)
        return found if found != latest.payments else None
    if facts is None or not facts.paid:
        return None
    at = _moment(said, PAID_AT, ears.how.zone)
    number = _attribute(said, PAID_NUMBER)
    if not latest.payments and latest.total is not None:
        total = latest.total
        whole = Payment(
            key=number or PAID_NUMBER, number=number, sum=total.amount, currency=total.currency,
            paid=True, paid_at=at,
        )  # fmt: skip
        return (whole,)
    paid = tuple(
        one
        if one.paid or one.returned
        else one.model_copy(update={"paid": True, "paid_at": at or one.paid_at})
        for one in latest.payments
    )
    return paid if paid != latest.payments else None


def _shipments(
    said: Order, facts: Flags | None, latest: Order, ears: Ears
) -> tuple[Shipment, ...] | None:
    """Shipments after 1C has spoken; see ``_payments``. None is made where the shop has none: it
    would need a delivery service."""
    if latest.shipments is None:
        return None
    if said.shipments is not None:
        found = _joined(latest.shipments, said.shipments)
        return found if found != latest.shipments else None
    if facts is None or not facts.shipped:
        return None
    at = _moment(said, SHIPPED_AT, ears.how.zone)
    shipped = tuple(
        one
        if one.shipped or one.cancelled
        else one.model_copy(
            update={"shipped": True, "allowed": True, "shipped_at": at or one.shipped_at}
        )
        for one in latest.shipments
    )
    return shipped if shipped != latest.shipments else None


def _joined(latest: Sequence[Any], said: Sequence[Any]) -> tuple[Any, ...]:
    """Parts of the shop with what 1C says of them; further ones of 1C behind."""
    by_name = {_name(one): one for one in said if _name(one)}
    joined = [_with(one, by_name.pop(_name(one), None)) for one in latest]
    nameless = [one for one in said if not _name(one) and one not in joined]
    return (*joined, *by_name.values(), *nameless)


def _name(part: Any) -> str | None:
    """What a part is known by: its key, or the code of a property."""
    found: str | None = part.code if isinstance(part, OrderProperty) else part.key
    return found


def _with(part: Any, news: Any | None) -> Any:
    if news is None:
        return part
    kept = {"key", "external_ids", "extra", "number"}
    known = {name: getattr(news, name) for name in type(news).model_fields if name not in kept}
    true = {name: value for name, value in known.items() if value not in (None, False)}
    return part.model_copy(update=true)


def _properties(said: Order, latest: Order, code: str | None) -> tuple[OrderProperty, ...] | None:
    number = _attribute(said, NUMBER)
    if code is None or not number:
        return None
    standing = next((one for one in latest.properties or () if one.code == code), None)
    if standing is not None and standing.value == number:
        return None
    others = tuple(one for one in latest.properties or () if one.code != code)
    return (*others, OrderProperty(code=code, name=NUMBER, value=number))


def _attribute(said: Order, name: str) -> str | None:
    values = said.extra.get(name)
    return str(values[0]) if values else None


def _moment(said: Order, name: str, zone: tzinfo) -> datetime | None:
    written = _attribute(said, name)
    found = moment(written.removesuffix("Z")) if written else None
    return found.replace(tzinfo=zone) if found is not None else None
