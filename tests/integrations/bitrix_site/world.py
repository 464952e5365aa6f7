"""Sandbox sites, a connection of ours to each, and a 1C beside us; without sockets.

Everything between the integration and the wire is the real thing; the wire is a short one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from integrations.bitrix_site import integration
from integrations.bitrix_site.client import Site, keeping
from integrations.bitrix_site.models import Settings
from local.sandbox.onec.program import Habits, Program
from local.sandbox.onec.program import Site as SiteOfOneC
from local.sandbox.server import Call
from local.sandbox.site import SiteConfig, SiteSandbox, a_box
from mostik.commerce.catalog import Product
from mostik.commerce.money import Money, Vat
from mostik.commerce.order import Delivery, Line, Order, OrderStatus, Payment
from mostik.commerce.prices import Price
from mostik.commerce.record import Canonical, Ref
from mostik.commerce.stock import Stock
from mostik.commerceml.client_reply import HttpCall, HttpReply
from mostik.http.client import ApiClient, Effects
from mostik.http.guard import Reach
from mostik.http.redact import Redactor
from mostik.http.session import open_session
from mostik.http.trail import Trail
from mostik.integration import Check, Misfit, RecordT, Storage, Write, secret_values
from mostik.requestlog.entry import LogEntry
from tests.integrations.bitrix24.transport.world import PortalWire
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, state_table

OWN = "shop"
"""The connection to the site."""
ELSEWHERE = "onec"
"""The connection that records come from."""
ADDRESS = "https://shop.example"
LOGIN, PASSWORD = "exchange", "sandbox-exchange-0000"
CHUNK = 50
"""Records that the core writes at once."""
PERSON, CARD, COURIER, BY_HAND = 3, 48, 2, 1
WAYS = ("rest", "exchange")


@dataclass
class OurSite:
    """A site and a connection of ours to it.

    Attributes:
        there: the site.
        clock: of both.
        settings: of the connection, beside address and ways in.
        address: where the site listens; by default nobody is called, the wire is a short one.
    """

    there: SiteSandbox
    clock: FakeClock
    settings: dict[str, Any] = field(default_factory=dict)
    address: str = ADDRESS
    entries: list[LogEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        usual = {
            "address": self.address,
            "webhook_url": f"{self.address}/rest/1/{self.there.config.secret}/",
            "exchange_login": LOGIN,
            "exchange_password": PASSWORD,
            "payer_type": PERSON,
            "pay_system": CARD,
            "delivery_service": COURIER,
            "key_owner": ELSEWHERE,
        }
        given = {**usual, **self.settings}
        self.set = Settings.model_validate(
            {name: value for name, value in given.items() if value is not None}
        )
        self.table = state_table()
        session = open_session(4, Reach(("127.0.0.0/8",)))
        self.wire = PortalWire(self.there)
        session.mount("https://", self.wire)
        self._api = ApiClient(
            connection=OWN,
            base_url=integration.base_url(self.set),
            session=session,
            auth=integration.auth(self.set),  # type: ignore[arg-type]  # it has none
            dialect=integration.dialect,
            redactor=Redactor(secret_values(self.set)),
            effects=Effects(self.clock, self.clock.sleep, lambda: 0.5),
            most_bytes=integration.most_bytes,
        )

    def client(self) -> Site:
        """What a job works with."""
        trail = Trail(lambda: 900.0, self.entries.append, ask="run-7")
        storage = Storage(OWN, self.table, MemoryBlobs(), self.clock)
        return keeping(self._api.following(trail), storage, self.set)

    def resource(self, name: str) -> Any:
        """A resource as the core builds it for one job."""
        return integration.resources[name](self.client(), self.set, OWN)

    def checks(self) -> list[Check]:
        """What the administrator's check says."""
        return list(integration.check(self.client(), self.set))

    def missing(self) -> str:
        """What the check says is not there, and what to do, as one text."""
        return "\n".join(f"{one.name}: {one.advice}" for one in self.checks() if not one.ok)

    def options(self) -> Mapping[str, str]:
        """What the site remembers of the exchange."""
        return self.there.exchange.options


def a_site(site: SiteConfig | None = None, **settings: Any) -> OurSite:
    """A fresh site and our connection to it, on one clock."""
    clock = FakeClock()
    config = site or SiteConfig()
    portal = a_box(**{**_changes(config), "clock": clock})
    return OurSite(SiteSandbox(_with(config, portal=portal)), clock, settings)


def on(way: str, site: SiteConfig | None = None, **settings: Any) -> OurSite:
    """A site that is worked with by one of the two ways."""
    own = {"one_c": "own", **settings} if way == "exchange" else settings
    return a_site(site, transport=way, **own)


@contextmanager
def on_loopback(way: str) -> Iterator[OurSite]:
    """A site that listens, and our connection to it over the real wire."""
    with SiteSandbox(SiteConfig()) as there:
        yield OurSite(there, FakeClock(), {"transport": way, "one_c": "own"}, there.url)


def one_c(ours: OurSite, **habits: Any) -> Program:
    """A real 1C that exchanges with the site, at the first of its scripts."""
    script = ours.there.site.scripts[0]

    def http(call: HttpCall) -> HttpReply:
        parts = urlsplit(call.url)
        headers = {name.lower(): value for name, value in call.headers.items()}
        made = Call(call.method, parts.path, parts.query, headers, call.body, "10.0.0.7")
        with ours.there.lock:
            answer = ours.there.answer(made)
        return HttpReply(answer.status, {"content-type": answer.content_type}, answer.body)

    return Program(http, SiteOfOneC(f"{ADDRESS}{script}", LOGIN, PASSWORD), Habits(**habits))


# ── records ────────────────────────────────────────────────────────────────────────────────────


def just_create(name: str, find: Any, create: Any) -> Any:
    """``CreateOnce`` of a world with one worker."""
    del name
    found = find()
    return found if found is not None else create()


def write_all(resource: Any, records: Sequence[RecordT]) -> list[RecordT]:
    """Writes records as the core does: in chunks, what is there already is brought up to date."""
    written: list[Any] = []
    for start in range(0, len(records), CHUNK):
        chunk = records[start : start + CHUNK]
        found = resource.find_many(ELSEWHERE, [one.key for one in chunk])
        keys = [found[one.key].key if one.key in found else None for one in chunk]
        writes = [Write(one, key) for one, key in zip(chunk, keys, strict=True)]
        written += resource.write_many(writes, ELSEWHERE, just_create)
    errors = [one for one in written if isinstance(one, Exception)]
    assert not errors, errors[:3]
    return written


def read_all(resource: Any) -> list[Any]:
    """Reads a whole list as a run does."""
    items: list[Canonical | Misfit] = []
    cursor: str | None = None
    while True:
        page = resource.page(cursor, None)
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items


def goods(count: int) -> list[Product]:
    """Goods as 1C calls them."""
    return [
        Product(
            key=f"good-{number:04}",
            name=f"Кофемашина № {number}",
            article=f"KM-{number}",
            description=f"Описание {number}",
            unit=Ref(key="796"),
            vat=Vat(rate=Decimal(20), included=True),
        )
        for number in range(count)
    ]


def a_price(good: str, amount: str, kind: str = "retail") -> Price:
    """A price of a good."""
    return Price(
        key=f"{good}/{kind}",
        owner=Ref(key=good),
        type=Ref(key=kind, name="Розничная"),
        amount=Decimal(amount),
        currency="RUB",
    )


def a_level(good: str, amount: str, place: str | None = None) -> Stock:
    """The stock of a good."""
    return Stock(
        key=f"{good}/{place}" if place else good,
        owner=Ref(key=good),
        warehouse=Ref(key=place, name="Склад") if place else None,
        on_hand=Decimal(amount),
    )


def an_order(key: str, **more: Any) -> Order:
    """An order of two lines with delivery: 3 × 100.00 + 1 × 49.90 + 300.00."""
    vat = Vat(rate=Decimal(20), included=True)
    fields: dict[str, Any] = {
        "key": key,
        "number": f"A-{key}",
        "status": OrderStatus.NEW,
        "total": Money(amount=Decimal("649.90"), currency="RUB"),
        "comment": f"Позвонить {key}",
        "lines": (
            Line(key="l1", name="Чашка", quantity=Decimal(3), price=Decimal(100), vat=vat),
            Line(key="l2", name="Ложка", quantity=Decimal(1), price=Decimal("49.90"), vat=vat),
        ),
        "delivery": (Delivery(name="Курьер", cost=Decimal(300)),),
    }
    return Order(**{**fields, **more})


def buy(ours: OurSite, comment: str = "", *, paid: bool = False, price: float = 250.0) -> str:
    """A buyer of the shop orders two of something. Returns the order's id."""
    there = ours.there
    fields = {"lid": "s1", "personTypeId": PERSON, "currency": "RUB", "userDescription": comment}
    order = there.run("sale.order.add", fields=fields)["order"]["id"]
    line = {"orderId": order, "productId": 0, "currency": "RUB", "name": "Чайник"}
    there.run("sale.basketItem.add", fields={**line, "quantity": 2, "price": price})
    payment = {"orderId": order, "paySystemId": CARD, "sum": price * 2}
    there.run("sale.payment.add", fields={**payment, "paid": "Y" if paid else "N"})
    shipment = {"orderId": order, "deliveryId": BY_HAND, "allowDelivery": "N", "deducted": "N"}
    there.run("sale.shipment.add", fields=shipment)
    return str(order)


def change(ours: OurSite, order: str, comment: str) -> None:
    """The buyer says something else."""
    fields = {"userDescription": comment}
    ours.there.run("sale.order.update", id=int(order), fields=fields)


def order_rows(ours: OurSite) -> list[dict[str, Any]]:
    """The orders that the site holds."""
    return list(ours.there.trade.store.orders.rows.values())


def paid_by_card(amount: str) -> Payment:
    """A payment that was made."""
    return Payment(key="p1", sum=Decimal(amount), currency="RUB", paid=True)


def _changes(config: SiteConfig) -> dict[str, Any]:
    names = type(config.portal).__dataclass_fields__
    return {name: getattr(config.portal, name) for name in names}


def _with(config: SiteConfig, **changes: Any) -> SiteConfig:
    names = type(config).__dataclass_fields__
    return SiteConfig(**{**{name: getattr(config, name) for name in names}, **changes})
