"""The whole way: 1C, HTTP, the exchange's function, the worker, and a sandbox portal at its end.

Only the network to the portal is short (no sockets), and the ports are in memory. Time passes while
1C waits for an answer; that is when the worker works and the tick comes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Self

import pytest

from local.sandbox.onec.program import Exported, Habits
from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.portal.catalog.config import CatalogConfig, Inventory
from mostik.bootstrap.orders import paper_by_connection
from mostik.commerce.order import Order
from mostik.commerceml.client_flow import Sendable
from mostik.commerceml.imports import ImportRow
from mostik.commerceml.outgoing import Outgoing
from mostik.sync.parked import Parked
from mostik.sync.xref import Pairs
from mostik.worker.importplan import Plans
from mostik.worker.sessions import session_report
from tests.exchange.files import MAIN, NORTH, RETAIL, WHOLESALE
from tests.exchange.street import Street
from tests.exchange.works import ONEC, Works
from tests.integrations.bitrix24.catalog.world import Job, just_create
from tests.support.clock import FakeClock
from tests.support.exchange import Site

_WRITES = ("add", "update", "modify", "delete", "conduct", "upload")


class Town(Street):
    """A street with a worker and a portal.

    Args:
        monkeypatch: see ``Street``.
        onec: settings of 1C's connection, over the usual ones of this town.
        shop: settings of the portal's connection.
        inventory: whether the portal keeps inventory.
        price_types: of the portal, by their external codes.
        currencies: that the portal knows.

    Attributes:
        portal: at the end of the way.
        works: the worker's side.
        outgoing: orders for 1C.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        onec: Mapping[str, Any] | None = None,
        *,
        shop: Mapping[str, Any] | None = None,
        inventory: Inventory = Inventory.ON,
        price_types: Sequence[str] = (RETAIL, WHOLESALE),
        currencies: Sequence[str] = ("RUB", "USD", "UAH"),
    ) -> None:
        clock = FakeClock()
        config = CatalogConfig(
            inventory=inventory, stores=("Main", "North"), price_types=tuple(price_types)
        )
        self.portal = PortalSandbox(
            PortalConfig(rate_limit=None, clock=clock, catalog=config, currencies=tuple(currencies))
        )
        for number, code in ((1, MAIN), (2, NORTH)):
            self.portal.catalog.stores.rows[number]["xmlId"] = code
        self.shop = dict(shop or {})
        self.works = Works(clock=clock, portal=self.portal, onec=dict(onec or {}), shop=self.shop)
        table = self.works.table
        self.outgoing = Outgoing(table, clock)
        site = Site(
            clock=clock,
            table=table,
            blobs=self.works.blobs,
            queue=self.works.queue,
            outbox=self.outgoing,
        )
        paper_of = paper_by_connection(table, clock)
        site.write_order = lambda order, schema: paper_of(ONEC).order(order, schema)
        site.while_waiting = self.works.go_on
        super().__init__(monkeypatch, site)

    # ── what 1C does ──────────────────────────────────────────────────────────────────────────

    def push(self, *files: tuple[str, bytes], ends: bool = False) -> Exported:
        """1C sends files in one session and has them imported."""
        return self.push_portions([files], ends=ends)

    def push_portions(
        self, portions: Sequence[Sequence[tuple[str, bytes]]], *, ends: bool = False
    ) -> Exported:
        """1C sends portions, each in a session of its own."""
        program = self.onec(Habits(zips=False, retries=0, ends=ends))
        return program.send(
            [[Sendable.of_bytes(name, content) for name, content in files] for files in portions]
        )

    # ── what the shop does ────────────────────────────────────────────────────────────────────

    def orders(self) -> Any:
        """The portal's orders, as the core sees them."""
        return Job(self.portal, self.shop).resource("orders")

    def place(self, order: Order) -> str:
        """A buyer orders, and the portal's event is worked on. Returns the order's key there."""
        key = str(self.orders().create(order, "elsewhere", just_create).key)
        self.touch(key)
        return key

    def change(self, key: str, order: Order) -> None:
        """A person changes an order on the portal, and its event is worked on."""
        self.orders().update(key, order, "elsewhere", just_create)
        self.touch(key)

    def touch(self, key: str) -> None:
        """The portal says that an order may have changed, and that is worked on."""
        self.works.touch("orders", key)
        self.works.work()

    def order(self, key: str) -> Order:
        """An order as the portal has it."""
        found = self.orders().read(key)
        assert isinstance(found, Order)
        return found

    def settle(self, minutes: int = 20) -> Self:
        """Lets minutes pass; new goods wait no longer for offers then."""
        self.works.settle_down(minutes)
        return self

    # ── what became of it ─────────────────────────────────────────────────────────────────────

    def writes(self) -> int:
        """Calls that have changed something on the portal."""
        return sum(
            count
            for method, count in self.portal.calls.items()
            if method.rpartition(".")[2] in _WRITES
        )

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of the portal's catalogue."""
        return list(self.portal.catalog.tables[table])

    def goods(self) -> dict[str, dict[str, Any]]:
        """The portal's goods and variations by their external codes; two of one code fail."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.rows("goods"):
            assert row["xmlId"] not in found, f"twice: {row['xmlId']}"
            found[row["xmlId"]] = row
        return found

    def content(self) -> dict[str, tuple[Any, ...]]:
        """What the portal says of each good, ids and times aside: equal for equal exports."""
        stores = {row["id"]: row["xmlId"] for row in self.rows("stores")}
        kinds = {row["id"]: row["xmlId"] for row in self.rows("price_types")}
        found = {}
        for key, good in self.goods().items():
            own = [row for row in self.rows("prices") if row["productId"] == good["id"]]
            held = [row for row in self.rows("stock") if row["productId"] == good["id"]]
            found[key] = (
                good["name"],
                good["active"],
                sorted((kinds[row["catalogGroupId"]], float(row["price"])) for row in own),
                sorted((stores[row["storeId"]], float(row["amount"])) for row in held),
            )
        return found

    def named(self, name: str) -> list[dict[str, Any]]:
        """Goods of a name."""
        return [row for row in self.rows("goods") if row["name"] == name]

    def price(self, key: str, kind: str = RETAIL) -> float | None:
        """A price of a good."""
        good = self.goods()[key]["id"]
        kinds = {row["id"]: row["xmlId"] for row in self.rows("price_types")}
        found = [
            row["price"]
            for row in self.rows("prices")
            if row["productId"] == good and kinds[row["catalogGroupId"]] == kind
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def stock(self, key: str, warehouse: str = MAIN) -> float:
        """What of a good lies in a warehouse."""
        good = self.goods()[key]["id"]
        stores = {row["id"]: row["xmlId"] for row in self.rows("stores")}
        amounts = [
            float(row["amount"])
            for row in self.rows("stock")
            if row["productId"] == good and stores[row["storeId"]] == warehouse
        ]
        return sum(amounts)

    def last_words(self) -> str:
        """The line behind the word of the last answer to an import."""
        answers = [shown for shown in self.endpoint.seen if "mode=import" in shown.query]
        return answers[-1].lines[1]

    def imports(self) -> list[ImportRow]:
        """What was imported, newest session first."""
        return list(self.site.imports.of("onec"))

    def report(self) -> str:
        """What the reports of all sessions say to the 1C programmer."""
        plans = Plans(self.works.table)
        sessions = dict.fromkeys(row.session for row in self.imports())
        now = self.site.clock()
        return "\n".join(
            session_report(self.site.imports, plans, ONEC, session, now, UTC)
            for session in sessions
        )

    def waiting_for(self, resource: str) -> str:
        """What the records of a resource wait for, as the quarantine shows it to a person."""
        parked = Parked(self.works.table, Pairs(self.works.table), self.site.clock)
        waiting = parked.page(f"{ONEC}-{resource}").records
        return " ".join(word for one in waiting for word in one.waits_for or ())

    def sentences(self) -> str:
        """All that the imports say to the 1C programmer."""
        return "\n".join(error for row in self.imports() for error in row.errors)
