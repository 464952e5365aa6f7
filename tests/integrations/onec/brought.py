"""1C's goods and the orders that it was given, for the acceptance suite."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from integrations.onec import integration as onec
from integrations.onec.orders import words_of
from integrations.onec.settings import Settings
from local.sandbox.onec.ledger import Ledger
from mostik.commerce.money import Money
from mostik.commerce.order import Line, Order, OrderStatus
from mostik.commerceml.client_flow import Sendable, push_orders
from mostik.commerceml.imports import By
from mostik.commerceml.mapping_orders import order_writer
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.starting import Asking, Starter
from mostik.integration import Integration
from mostik.sync.link import Links, link_of
from tests.exchange.files import catalogue, good, guid
from tests.integrations.acceptance.bringing import Alter, BringsAll, as_it_is
from tests.support import depot
from tests.support.exchange import Site
from tests.support.faults import Faults
from tests.support.onec_world import ONEC, SHOP, Stack
from tests.support.shelf import Killed
from tests.unit.onec_orders.world import PlainShop

_FORMED = re.compile(r'ДатаФормирования="([^"]+)"')


class OneC:
    """1C, the exchange and the worker. See ``Brings``."""

    kind = "catalog"

    def __init__(self, target: Integration[Any, Any] | None = None) -> None:
        self.ahead, self.working = 0.0, False
        parts = {"prices": {"enabled": False}, "stock": {"enabled": False}}
        settings = {**parts, "orders": {"enabled": True}}
        self.stack = Stack(settings, target)
        for bond in onec.bonds(Settings.model_validate({"target": SHOP, **settings}), ONEC):
            if bond.there in self.stack.target.resources:
                Links(self.stack.table, self.stack.clock).save(link_of(bond, ONEC))
        self.stack.site.while_waiting = self.work
        self.program = self.stack.program(zips=False)

    def work(self) -> None:
        """The worker works; a process that dies is followed by another, when it is time."""
        self._while_working(self.stack.work)

    def settle(self) -> None:
        """What was brought is worked off."""
        while not self._while_working(self.stack.settle_down):
            self.stack.clock.advance(60)

    def _while_working(self, step: Callable[[], None]) -> bool:
        before, self.working = self.working, True
        try:
            step()
        except Killed:
            return False
        finally:
            self.working = before
        return True

    def ports(self) -> Mapping[str, Faults]:
        """See ``Brings.ports``; 1C's own calls do not die."""
        return {"table": self.stack.table, "blobs": self.stack.blobs, "queue": self.stack.queue}

    def import_first_again(self) -> None:
        """See ``Brings.import_first_again``."""
        first = self.stack.rows_of()[0]
        site = self.stack.site
        starter = Starter(site.uploads, site.imports, self.stack.queue, self.stack.clock)
        starter.file(Asking(ONEC, first.session, self.kind, by=By.AGAIN), first.file)
        self.settle()

    def complaints(self) -> str:
        """See ``Brings.complaints``."""
        return "\n".join(error for row in self.stack.rows_of() for error in row.errors)

    def dated(self, content: bytes) -> bytes:
        """The file, formed when the clock of 1C said so."""
        text = content.decode("utf-8-sig")

        def late(found: re.Match[str]) -> str:
            moment = datetime.fromisoformat(found[1]) + timedelta(seconds=self.ahead)
            return f'ДатаФормирования="{moment.isoformat()}"'

        return _FORMED.sub(late, text).encode()


class Goods(OneC):
    """Goods, which say a number by their name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, int] = {}
        self.changed: set[str] = set()

    def make(self, number: int) -> str:
        """See ``Brings.make``."""
        key = guid(len(self.names) + 1)
        self.edit(key, number)
        return key

    def edit(self, key: str, number: int) -> None:
        """See ``Brings.edit``."""
        self.names[key] = number
        self.changed.add(key)

    def bring(self, alter: Alter = as_it_is) -> None:
        """See ``Brings.bring``."""
        self._send({key: self.names[key] for key in sorted(self.changed)}, alter)
        self.changed.clear()

    def bring_all(self, alter: Alter = as_it_is) -> None:
        """See ``Brings.bring_all``."""
        self._send(self.names, alter)

    def said(self) -> Mapping[str, int]:
        """See ``Brings.said``."""
        return dict(self.names)

    def carried_over(self) -> Mapping[str, int]:
        """See ``Brings.carried_over``."""
        held = self.stack.shop.records["products"].values()
        return {one.external_ids[ONEC]: int(one.name) for one in held}

    def writes(self) -> int:
        """See ``Brings.writes``."""
        return self.stack.shop.writes["products"]

    def _send(self, names: Mapping[str, int], alter: Alter) -> None:
        self.stack.clock.advance(60)
        rows = [good(key, str(number)) for key, number in names.items()]
        content = alter(self.dated(catalogue(*rows, only_changes=True)))
        self.program.send([[Sendable.of_bytes("import0_1.xml", content)]])
        self.settle()


@dataclass
class Shop(PlainShop):
    """The shop in which orders are born."""

    placed: list[str] = field(default_factory=list)

    def integration(self) -> Integration[Any, Any]:
        """It as an integration."""
        resources: dict[str, Any] = {"orders": lambda _client, _settings, _own: self}
        return replace(depot.integration(depot.Depot()), resources=resources)


class Orders(OneC):
    """Orders of the shop, which say a number by the quantity of their line."""

    kind = "sale"

    def __init__(self) -> None:
        self.shop = Shop()
        super().__init__(self.shop.integration())
        stack = self.stack
        self.outgoing = Outgoing(stack.table, stack.clock)
        stack.site = Site(
            clock=stack.clock,
            table=stack.table,
            blobs=stack.blobs,
            queue=stack.queue,
            outbox=self.outgoing,
        )
        stack.site.while_waiting = self.work
        stack.site.write_order = self._written
        self.program = stack.program(zips=False)

    def make(self, number: int) -> str:
        """See ``Brings.make``: a buyer orders, and 1C takes that."""
        key = f"order-{len(self.shop.held) + 1}"
        line = Line(key="l1", name="Чайник", quantity=Decimal(number), price=Decimal(10))
        order = Order(
            key=key,
            number=key,
            status=OrderStatus.NEW,
            total=Money(amount=Decimal(number * 10), currency="RUB"),
            lines=(line,),
            date=datetime.fromisoformat("2026-11-24T10:00:00+03:00"),
        )
        self.shop.place(order)
        self.stack.touch("orders", key)
        self.stack.clock.advance(60)
        assert self.program.take_orders().loaded
        return key

    def edit(self, key: str, number: int) -> None:
        """See ``Brings.edit``."""
        self.ledger.sell(key, 0, Decimal(number))

    def bring(self, alter: Alter = as_it_is) -> None:
        """See ``Brings.bring``."""
        self._send(self.ledger.export(), alter)
        self.ledger.sent()

    def bring_all(self, alter: Alter = as_it_is) -> None:
        """See ``Brings.bring_all``: what it has only taken, too."""
        numbers = [held.order.number for held in self.ledger.held.values()]
        self._send(self.ledger.export(numbers=numbers), alter)

    def said(self) -> Mapping[str, int]:
        """See ``Brings.said``."""
        held = self.ledger.held.values()
        return {one.order.key: int(one.order.lines[0].quantity) for one in held}

    def carried_over(self) -> Mapping[str, int]:
        """See ``Brings.carried_over``."""
        return {key: int((one.lines or ())[0].quantity) for key, one in self.shop.held.items()}

    def writes(self) -> int:
        """See ``Brings.writes``."""
        return self.shop.written

    @property
    def ledger(self) -> Ledger:
        """1C's base of orders."""
        return self.program.ledger

    def _send(self, content: bytes | None, alter: Alter) -> None:
        assert content is not None
        self.stack.clock.advance(60)
        self._sent = getattr(self, "_sent", 0) + 1
        utf8 = content.decode("windows-1251").replace("windows-1251", "utf-8").encode()
        name = f"orders-{UUID(int=self._sent)}_1.xml"
        list(push_orders(self.program.client("sale"), name, alter(self.dated(utf8)), ask=True))
        self.settle()

    def _written(self, order: Order, schema: str) -> bytes:
        settings = Settings.model_validate({"target": SHOP})
        return order_writer(words_of(settings, ONEC, self.outgoing.words(ONEC)))(order, schema)


BRINGS: BringsAll = {"goods": Goods, "orders": Orders}
