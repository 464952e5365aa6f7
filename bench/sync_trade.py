"""Records as a shop has them, for the suite ``sync``: a customer, a good, an order, a price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from mostik.commerce.catalog import Product, PropertyValue
from mostik.commerce.money import Money, Vat
from mostik.commerce.order import Delivery, Flags, Line, Order, OrderStatus, Payment
from mostik.commerce.parties import Customer
from mostik.commerce.prices import Price
from mostik.commerce.record import Canonical, Ref

BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
_PROPERTIES = 6
_LINES = 3


def customer(number: int) -> Customer:
    """A person with a phone and an e-mail."""
    return Customer(
        key=_key(number),
        name=f"Соловьёв Семён {number}",
        phone=f"+7900{number:07}",
        email=f"{number}@example.com",
        comment="",
        changed_at=_changed(number),
    )


def good(number: int) -> Product:
    """A good with a description and six properties."""
    return Product(
        key=_key(number),
        name=f"Чайник резной {number}",
        article=f"AB-{number:05}-K",
        code=f"{number:011}",
        section=Ref(key=f"s{number % 50}"),
        unit=Ref(key="796"),
        vat=Vat(rate=Decimal(20), included=True),
        barcodes=(f"46{number:011}",),
        description="Закипает за две минуты. " * 10,
        properties=tuple(
            PropertyValue(property=Ref(key=f"p{place}"), values=(f"значение {number % 7}",))
            for place in range(_PROPERTIES)
        ),
        active=True,
        changed_at=_changed(number),
    )


def order(number: int) -> Order:
    """An order of three lines, with a payment and a delivery."""
    lines = tuple(
        Line(
            key=str(place),
            variant=Ref(key=f"v{place}"),
            name=f"Чайник резной {place}",
            unit=Ref(key="796"),
            quantity=Decimal(2),
            price=Decimal("10.50"),
            sum=Decimal(21),
        )
        for place in range(_LINES)
    )
    return Order(
        key=_key(number),
        number=str(number),
        status=OrderStatus.NEW,
        total=Money(amount=Decimal("363.00"), currency="RUB"),
        comment="До двери",
        customer_ref=Ref(key=_key(number // 3)),
        date=_changed(number),
        flags=Flags(paid=False, shipped=False),
        lines=lines,
        payments=(Payment(key="1", sum=Decimal("363.00"), currency="RUB", paid=False),),
        delivery=(Delivery(key="1", name="Курьер", cost=Decimal(300)),),
        changed_at=_changed(number),
    )


def price(number: int) -> Price:
    """A price of a good."""
    return Price(
        key=_key(number),
        owner=Ref(key=f"g{number}"),
        type=Ref(key="base"),
        amount=Decimal(100 + number),
        currency="RUB",
        changed_at=_changed(number),
    )


KINDS: Mapping[str, Callable[[int], Canonical]] = {
    "prices": price,
    "customers": customer,
    "goods": good,
    "orders": order,
}


def holds(record: Canonical) -> frozenset[str]:
    """What a side holds that knows just what a record says: fields, dotted inside of parts."""
    found: set[str] = set()
    for name, value in record.content().items():
        parts = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
        found |= {f"{name}.{inner}" for one in parts for inner in one} or {name}
    return frozenset(found)


def _key(number: int) -> str:
    return f"{number:06}"


def _changed(number: int) -> datetime:
    """An hour from one to the next: none is within the lag of another one."""
    return BEGIN - timedelta(hours=number)
