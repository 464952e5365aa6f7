"""A shop on one side, the sandbox 1C on the other, and between them all that carries orders: the
kernel, the outbox, the exchange, the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from integrations.onec.client import Onec
from integrations.onec.links import links_of
from integrations.onec.orders import OnecOrders, orders_of, words_of
from integrations.onec.settings import Settings
from local.sandbox.onec import program
from local.sandbox.onec.ledger import Ledger
from local.sandbox.onec.program import Exchanged, Habits, Program
from mostik.brought import Storage
from mostik.commerce.order import Order
from mostik.commerceml.client import ExchangeClient
from mostik.commerceml.mapping_orders import order_writer
from mostik.commerceml.models_orders import Document
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.pageform import dumped
from mostik.commerceml.places import Cursor, Place
from mostik.commerceml.reader import Reader
from mostik.errors import MostikError
from mostik.integration import CreateOnce, Misfit, Resource
from mostik.sync.apply import Apply
from mostik.sync.decide import Attempt
from mostik.sync.link import Side, link_of
from mostik.sync.route import Route
from mostik.sync.verdict import Result, Verdict
from mostik.sync.xref import Pairs
from tests.integrations.bitrix24.catalog.world import Job, a_job, just_create
from tests.support.clock import FakeClock
from tests.support.exchange import ADDRESS, LOGIN, PASSWORD, Site

ONEC, SHOP, ELSEWHERE = "onec", "portal", "site"
MOSCOW = ZoneInfo("Europe/Moscow")
LINK = next(
    link_of(bond, ONEC)
    for bond in links_of(Settings(target=SHOP), ONEC)
    if bond.resource == "orders"
)


class Shop(Protocol):
    """The side that orders are born on."""

    def orders(self) -> Resource[Order]:
        """Its orders, as the core sees them."""
        ...

    def place(self, order: Order) -> str:
        """A buyer orders. Returns the order's key here."""
        ...

    def writes(self) -> int:
        """Calls so far that changed something."""
        ...


@dataclass
class PlainShop:
    """A shop that holds whatever an order may say."""

    held: dict[str, Order] = field(default_factory=dict)
    written: int = 0

    def orders(self) -> Resource[Order]:
        """See ``Shop.orders``."""
        return self

    def place(self, order: Order) -> str:
        """See ``Shop.place``."""
        self.held[order.key] = order
        return order.key

    def writes(self) -> int:
        """See ``Shop.writes``."""
        return self.written

    def read(self, key: str) -> Order | None:
        """See ``Resource.read``."""
        return self.held.get(key)

    def find(self, system: str, key: str) -> Order | None:
        """See ``Resource.find``."""
        found = (one for one in self.held.values() if one.external_ids.get(system) == key)
        return next(found, None)

    def create(self, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.create``."""
        raise AssertionError((record, system, once))

    def update(self, key: str, record: Order, system: str, once: CreateOnce) -> Order:
        """See ``Resource.update``: what the record does not know is left alone."""
        del system, once
        self.written += 1
        names = type(record).model_fields.keys() - {"key", "external_ids", "extra", "number"}
        known = {name: getattr(record, name) for name in names}
        news = {name: value for name, value in known.items() if value is not None}
        self.held[key] = self.held[key].model_copy(update=news)
        return self.held[key]

    def from_state(self, content: Mapping[str, Any]) -> Order:
        """See ``Resource.from_state``."""
        raise AssertionError(content)


@dataclass
class PortalShop:
    """A sandbox portal whose orders are deals, or orders of its online store."""

    job: Job

    @classmethod
    def of(cls, **settings: Any) -> PortalShop:
        """A fresh one."""
        given = {"payer_type": 3, "pay_system": 48, "delivery_service": 2, **settings}
        return cls(a_job(settings=given))

    def orders(self) -> Resource[Order]:
        """See ``Shop.orders``."""
        found: Resource[Order] = self.job.resource("orders")
        return found

    def place(self, order: Order) -> str:
        """See ``Shop.place``."""
        return self.orders().create(order, ELSEWHERE, just_create).key

    def writes(self) -> int:
        """See ``Shop.writes``."""
        return self.job.writes()


class World:
    """Everything between a shop and 1C.

    Args:
        shop: where orders are born.
        settings: of the connection to 1C, beside the target.
        habits: of 1C.

    Attributes:
        onec: 1C.
        results: what became of the records that the kernel was given last.
    """

    def __init__(
        self,
        shop: Shop,
        *,
        habits: Habits | None = None,
        ledger: Ledger | None = None,
        **settings: Any,
    ) -> None:
        self.clock = FakeClock()
        self.settings = Settings.model_validate({"target": SHOP, **settings})
        self.shop = shop
        self.site = Site(clock=self.clock)
        self.outgoing = Outgoing(self.site.table, self.clock)
        self.site = Site(
            clock=self.clock,
            table=self.site.table,
            blobs=self.site.blobs,
            outbox=self.outgoing,
        )
        self.site.write_order = self._write_order
        self.pairs = Pairs(self.site.table)
        self.onec = Program(
            self.site.http,
            program.Site(ADDRESS, LOGIN, PASSWORD),
            habits or Habits(),
            ledger=ledger,
        )
        self.imports = 0
        self.asks = 0
        self.listed_at = 0.0

    def _write_order(self, order: Order, schema: str) -> bytes:
        """As the door finds the words anew for each call."""
        words = words_of(self.settings, ONEC, self.outgoing.words(ONEC))
        return order_writer(words)(order, schema)

    @property
    def storage(self) -> Storage:
        """What the connection to 1C works on."""
        return Storage(ONEC, self.site.table, self.site.blobs, self.clock)

    def left(self) -> OnecOrders:
        """1C's orders, as one job sees them."""
        return OnecOrders(Onec.of(self.storage, self.settings), self.settings, ONEC)

    # ── shop → 1C ─────────────────────────────────────────────────────────────────────────────

    def place(self, order: Order) -> str:
        """A buyer orders, and the shop's event is carried."""
        key = self.shop.place(order)
        self.clock.advance(1)
        self.touch(key)
        return key

    def touch(self, key: str) -> Result:
        """The shop says that an order may have changed."""
        record = self.shop.orders().read(key)
        assert record is not None
        [result] = self._carry(Side.RIGHT, [record])
        return result

    def take(self) -> Exchanged:
        """1C takes what waits."""
        self.clock.advance(60)
        return self.onec.take_orders()

    # ── 1C → shop ─────────────────────────────────────────────────────────────────────────────

    def send(self, numbers: Sequence[str] | None = None) -> Sequence[Result]:
        """1C sends its orders, those of some numbers or those that changed, and they are carried
        over. Returns what became of each."""
        content = self.onec.ledger.export(numbers=numbers)
        if content is None:
            return []
        self.onec.ledger.sent()
        return self.hear(content)

    def hear(self, content: bytes) -> Sequence[Result]:
        """A file of 1C is imported."""
        found = self.read(content)
        self.clock.advance(60)
        return self.run(self.keep(found))

    def said(self, numbers: Sequence[str]) -> list[Order]:
        """What 1C's documents of some orders say by themselves."""
        content = self.onec.ledger.export(numbers=numbers)
        return [one for one in self.read(content or b"") if isinstance(one, Order)]

    def read(self, content: bytes) -> list[Order | Misfit]:
        """What a file of 1C says."""
        documents = [one for one in Reader([content]) if isinstance(one, Document)]
        return list(orders_of(documents, self.settings, ONEC))

    def keep(self, found: Sequence[Order | Misfit]) -> str:
        """The import job writes pages. Returns where they begin."""
        self.imports += 1
        client = Onec.of(self.storage, self.settings)
        place = Place.of(f"{self.imports:026d}", self.clock(), f"i{self.imports}")
        client.pages.write(place, "orders", 1, [dumped(one) for one in found])
        client.pages.finish(place, "orders", {one.key: 1 for one in found}, self.clock())
        return str(Cursor(place))

    def run(self, cursor: str) -> Sequence[Result]:
        """A run of the kernel carries pages over."""
        return self.carry_listed(self.listed(cursor))

    def listed(self, cursor: str) -> list[Order]:
        """A run reads a page."""
        page = self.left().page(cursor, None)
        self.listed_at = self.clock()
        return [one for one in page.items if isinstance(one, Order)]

    def carry_listed(self, records: Sequence[Order]) -> Sequence[Result]:
        """A run carries over what it has listed, maybe a while ago."""
        return self._carry(Side.LEFT, records, self.listed_at)

    def _carry(
        self, side: Side, records: Sequence[Order], listed_at: float | None = None
    ) -> Sequence[Result]:
        self.asks += 1
        ends: dict[Side, Resource[Order]] = {Side.LEFT: self.left(), Side.RIGHT: self.shop.orders()}
        route = Route(LINK, side, ends[side], ends[side.other])
        now = self.clock()
        attempt = Attempt(
            job=f"job-{self.asks}",
            ask=f"ask-{self.asks}",
            now=now,
            until=now + 60,
            listed_at=listed_at,
        )
        results = Apply(route, self.pairs, just_create, attempt)(records)
        for one in results:
            if one.error is not None and not isinstance(one.error, MostikError):
                raise one.error
        return results

    # ── what stands ───────────────────────────────────────────────────────────────────────────

    def in_shop(self, key: str) -> Order:
        """An order as the shop has it."""
        found = self.shop.orders().read(key)
        assert found is not None
        return found

    def waiting(self) -> list[str]:
        """Numbers of the orders that wait for 1C."""
        return [card.number for card in self.outgoing.waiting(ONEC)]


WRITTEN = {Verdict.CREATED, Verdict.UPDATED, Verdict.DELETED}


def written(results: Sequence[Result]) -> list[Result]:
    """Those that changed something, or failed."""
    return [one for one in results if one.verdict is None or one.verdict in WRITTEN]


def taken(world: World, order: Order) -> str:
    """An order that 1C has. Returns its number there."""
    world.place(order)
    [number] = world.take().loaded
    return number


def plain(order: Order, **settings: Any) -> tuple[World, str]:
    """A world around a plain shop, and the number of an order that 1C has."""
    world = World(PlainShop(), **settings)
    return world, taken(world, order)


def a_query(world: World) -> ExchangeClient:
    """1C asks for orders and says nothing yet."""
    client = world.site.client("sale")
    client.check_auth()
    world.clock.advance(1)
    client.query()
    return client
