"""What a document says of itself: flags, status, total. 1C says it in attributes."""

from __future__ import annotations

import re

from mostik.commerce.money import Money
from mostik.commerce.order import Flags
from mostik.commerceml.models import Attribute
from mostik.commerceml.models_orders import Document
from mostik.commerceml.values import currency, flag, moment

_STATUS = re.compile(r"\[([^\]]+)\]")


def stage_of(found: Document) -> str | None:
    """Returns the status's id: both spellings of its attribute, else the ``[N]`` of its name."""
    own = found.attribute("Статуса заказа ИД", "Статус заказа ИД", "Статус заказа Ид")
    if own:
        return own
    named = found.attribute("Статус заказа")
    in_brackets = _STATUS.match(named) if named else None
    return in_brackets[1] if in_brackets else (named or None)


def flags_of(found: Document) -> Flags | None:
    """Returns what has happened to the order; ``None`` in a flag is what 1C does not say.

    A date of payment or shipment is a fact; a mark of deletion cancels and deletes nothing.
    """
    cancelled = flag_in(found, "Отменен", "Отменён")
    if flag_in(found, "ПометкаУдаления") or found.deleted:
        cancelled = True
    paid = flag_in(found, "Заказ оплачен", "Оплачен")
    if _moment(found, "Дата оплаты по 1С"):
        paid = True
    shipped = flag_in(found, "Отгружен")
    if _moment(found, "Дата отгрузки по 1С"):
        shipped = True
    flags = Flags(
        paid=paid,
        cancelled=cancelled,
        shipped=shipped,
        delivery_allowed=flag_in(found, "Доставка разрешена"),
        cancel_reason=found.attribute("Причина отмены"),
    )
    return flags if flags != Flags() else None


def total_of(found: Document) -> Money | None:
    """Returns the declared total; ``None`` where it or its currency is not known."""
    code = currency(found.currency) if found.currency else None
    if found.amount is None or code is None:
        return None
    return Money(amount=found.amount, currency=code)


def flag_in(found: Document, *names: str) -> bool | None:
    """Returns what the first attribute of these names says; ``None``: there is none."""
    written = found.attribute(*names)
    return flag(written) if written else None


def attributes_of(*said: tuple[str, str | bool | None]) -> tuple[Attribute, ...]:
    """Returns attributes; what is not known, and an empty text, has none."""
    found = []
    for name, value in said:
        if isinstance(value, bool):
            value = "true" if value else "false"  # noqa: PLW2901 - it becomes a text
        if name and value:
            found.append(Attribute(name, (value,)))
    return tuple(found)


def _moment(found: Document, name: str) -> bool:
    written = found.attribute(name)
    return bool(written and moment(written.removesuffix("Z")))
