"""The odd shop's clients and orders, for the acceptance suite."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from local.connections import oddshop_settings
from local.sandbox.oddshop import OddConfig, OddShop
from local.sandbox.server import Call
from mostik.commerce.money import Money
from mostik.commerce.order import Line, Order, OrderStatus
from mostik.commerce.parties import Customer
from mostik.commerce.record import Canonical
from tests.integrations.acceptance.played import Clock, Plays, ahead_of

LISTING, ORDERS_PATH = "/v2/clients", "/v2/orders"


def declared(**more: Any) -> dict[str, Any]:
    """The settings of a connection to an odd shop."""
    return {**oddshop_settings("https://odd.example", page=10), **more}


class OddClients:
    """See ``Played``."""

    resource = "customers"
    many = 23
    vital = frozenset[str]()
    required = "client_no"
    nonsense: str | None = None

    def __init__(self, clock: Clock, **odd: Any) -> None:
        self.ahead = 0.0
        self.sandbox = OddShop(OddConfig(clock=ahead_of(clock, self), **odd))
        self.settings: Mapping[str, Any] = declared()

    def lists(self, call: Call) -> bool:
        """See ``Played.lists``."""
        return (call.verb, call.path) == ("GET", LISTING)

    def writes(self, call: Call) -> bool:
        """See ``Played.writes``."""
        return call.verb != "GET"

    def creates(self, call: Call) -> bool:
        """See ``Played.creates``."""
        return (call.verb, call.path) == ("POST", LISTING)

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        said = {"fio": text, "tel": "8 (903) 123-45-67", "bonus": 7}
        return str(self.sandbox.create("clients", said)["client_no"])

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.sandbox.edit("clients", int(key), {"fio": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.sandbox.remove("clients", int(key))

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {str(row["client_no"]): row["fio"] for row in self.sandbox.rows("clients")}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        rows = self.sandbox.rows("clients")
        return {str(row["client_no"]): {"bonus": row["bonus"]} for row in rows}[key]

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        return Customer(key=key, name=text, phone="+79031234567")

    def saying(self, record: Canonical, text: str) -> Canonical:
        """See ``Played.saying``."""
        return record.model_copy(update={"name": text})

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        assert isinstance(record, Customer)
        return record.name


class OddOrders:
    """The odd shop's orders; what they say is their note. See ``Played``."""

    resource = "orders"
    many = 23
    vital = frozenset[str]()
    required = "code"
    nonsense: str | None = None

    def __init__(self, clock: Clock) -> None:
        self.ahead = 0.0
        self.sandbox = OddShop(OddConfig(clock=ahead_of(clock, self), stale_share=0.0))
        self.settings: Mapping[str, Any] = declared()

    def lists(self, call: Call) -> bool:
        """See ``Played.lists``."""
        return (call.verb, call.path) == ("GET", ORDERS_PATH)

    def writes(self, call: Call) -> bool:
        """See ``Played.writes``."""
        return call.verb != "GET"

    def creates(self, call: Call) -> bool:
        """See ``Played.creates``."""
        return (call.verb, call.path) == ("POST", ORDERS_PATH)

    def make(self, text: str) -> str:
        """See ``Played.make``."""
        position = {"title": "Чайник", "qty": 2, "price": 5_000}
        said = {"code": f"№ {text}", "sum": 10_000, "cur": "RUB", "note": text}
        return str(self.sandbox.create("orders", {**said, "positions": [position]})["order_no"])

    def edit(self, key: str, text: str) -> None:
        """See ``Played.edit``."""
        self.sandbox.edit("orders", int(key), {"note": text})

    def remove(self, key: str) -> None:
        """See ``Played.remove``."""
        self.sandbox.remove("orders", int(key))

    def texts(self) -> Mapping[str, str]:
        """See ``Played.texts``."""
        return {str(row["order_no"]): row["note"] for row in self.sandbox.rows("orders")}

    def besides(self, key: str) -> Mapping[str, Any]:
        """See ``Played.besides``."""
        [row] = [row for row in self.sandbox.rows("orders") if str(row["order_no"]) == key]
        return {name: one for name, one in row.items() if name not in ("note", "modified")}

    def record(self, key: str, text: str) -> Canonical:
        """See ``Played.record``."""
        line = Line(name="Чайник", quantity=Decimal(2), price=Decimal(50))
        total = Money(amount=Decimal(100), currency="RUB")
        return Order(
            key=key,
            number=f"A-{key}",
            status=OrderStatus.NEW,
            comment=text,
            total=total,
            lines=(line,),
        )

    def saying(self, record: Canonical, text: str) -> Canonical:
        """See ``Played.saying``."""
        return record.model_copy(update={"comment": text})

    def text_of(self, record: Canonical) -> str:
        """See ``Played.text_of``."""
        assert isinstance(record, Order)
        return record.comment or ""


def clients(clock: Clock) -> OddClients:
    """The odd shop; its stale answers have a test of their own."""
    return OddClients(clock, stale_share=0.0)


PLAYS: Plays = {"clients": clients, "orders": OddOrders}
