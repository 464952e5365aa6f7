"""Orders of a made-up shop, and a job that carries them to a portal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mostik.commerce.money import Discount, Money, Vat
from mostik.commerce.order import Delivery, Line, Order, OrderStatus, Payment
from mostik.commerce.parties import Customer
from mostik.errors import MostikError, Unknown
from mostik.integration import Resource, Write
from tests.integrations.bitrix24.catalog.world import SHOP, Job, a_job, just_create

SALE = {
    "order_as": "order",
    "payer_type": 3,
    "pay_system": 48,
    "delivery_service": 2,
}
BOTH = {**SALE, "order_as": "order+deal"}


def a_line(key: str, name: str, quantity: str, price: str, **more: Any) -> Line:
    """A line whose price holds 20 % of VAT."""
    vat = more.pop("vat", Vat(rate=Decimal(20), included=True))
    return Line(
        key=key, name=name, quantity=Decimal(quantity), price=Decimal(price), vat=vat, **more
    )


def an_order(key: str = "1001", **more: Any) -> Order:
    """An order of two lines with delivery: 3 × 100.00 + 1 × 49.90 + 300.00."""
    fields: dict[str, Any] = {
        "key": key,
        "number": f"A-{key}",
        "status": OrderStatus.NEW,
        "total": Money(amount=Decimal("649.90"), currency="RUB"),
        "comment": "Позвонить",
        "customer": Customer(
            key=f"c-{key}",
            name="Анна Иванова",
            phone=f"+7999{int(key):07d}",
            email=f"anna{key}@example.test",
        ),
        "lines": (a_line("l1", "Чашка", "3", "100"), a_line("l2", "Ложка", "1", "49.90")),
        "delivery": (Delivery(name="Курьер", cost=Decimal(300)),),
    }
    return Order(**{**fields, **more})


def paid(sum_: str, key: str = "p1", **more: Any) -> Payment:
    """A payment that was made."""
    return Payment(key=key, sum=Decimal(sum_), currency="RUB", paid=True, **more)


def off(sum_: str) -> Discount:
    """A discount of a whole order."""
    return Discount(name="Акция", sum=Decimal(sum_))


def carry(job: Job, name: str, record: Any) -> Any:
    """Writes a record as the core does: what the portal has already is brought up to date."""
    resource: Resource[Any] = job.resource(name)
    there = resource.find(SHOP, record.key)
    if there is None:
        return resource.create(record, SHOP, just_create)
    return resource.update(there.key, record, SHOP, just_create)


def carry_to_the_end(job: Job, name: str, record: Any, attempts: int = 30) -> Any:
    """Carries a record until an attempt gets its answer, each after a look-up."""
    for _ in range(attempts):
        try:
            return carry(job, name, record)
        except MostikError as error:
            last = error
    raise last


def carry_all(job: Job, name: str, records: list[Any], attempts: int = 30) -> None:
    """Carries many records until all have their answer: those of unknown outcome are looked up."""
    resource: Any = job.resource(name)
    left = list(records)
    for _ in range(attempts):
        if not left:
            return
        found = resource.find_many(SHOP, [record.key for record in left])
        writes = [
            Write(record, found[record.key].key if record.key in found else None) for record in left
        ]
        answers = resource.write_many(writes, SHOP, just_create)
        left = [
            record
            for record, answer in zip(left, answers, strict=True)
            if isinstance(answer, MostikError)
        ]
    assert not left


def unknown(answers: list[Any]) -> int:
    """How many answers were lost."""
    return sum(isinstance(answer, Unknown) for answer in answers)


Ask = Callable[[str, dict[str, Any]], Any]

__all__ = [
    "BOTH", "SALE", "SHOP", "Job", "a_job", "a_line", "an_order", "carry", "carry_all",
    "carry_to_the_end", "just_create", "off", "paid",
]  # fmt: skip
