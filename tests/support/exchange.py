"""The site's side of the exchange with 1C in memory, whole: the door, its rows, its queue.

``Site.http`` is the port of the 1C client, so 1C's side of the protocol talks to the real server
without a socket. A worker that does the imports is played by ``Site.work``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from mostik.commerce.order import Order
from mostik.commerceml.client import ExchangeClient, Manners
from mostik.commerceml.client_reply import HttpCall, HttpReply
from mostik.commerceml.idle import Finaliser
from mostik.commerceml.imports import ImportRow, Imports, State
from mostik.commerceml.outbox import Handed, Handovers, Offer, Outbox, SaleInfo
from mostik.commerceml.paper import FramedPaper, WriteOrder
from mostik.commerceml.protocol import Answer
from mostik.commerceml.refusal import Refused, Why
from mostik.commerceml.rules import Rules
from mostik.commerceml.server import Exchange
from mostik.commerceml.starting import Starter
from mostik.commerceml.uploads import Uploads
from mostik.connections.connection import is_connection_id
from mostik.inbound.refusals import Refusals
from mostik.inbound.request import InboundRequest
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, MemoryTable, state_table
from tests.support.queue import MemoryQueue

LOGIN, PASSWORD = "onec", "пароль:with-colon"
ADDRESS = "https://api.example/exchange/onec"


def door(login: str = LOGIN, password: str = PASSWORD, scheme: str = "basic") -> str:
    """A door document."""
    secrets = [{"id": "1", "value": f"{login}:{password}"}]
    return json.dumps({"v": 1, "scheme": scheme, "secrets": secrets})


def basic(login: str) -> str:
    """A Basic Authorization header of ``login:password``."""
    return "Basic " + b64encode(login.encode()).decode()


@dataclass
class FakeOutbox:
    """``Outbox`` over a list; an order's mark is its place in it.

    Attributes:
        offers: orders with their marks, oldest first.
        lists: what ``info`` tells.
        taken_marks: marks of what 1C took.
        left: what could not be written.
        pulled: how many offers were drawn: a stream draws no more than it needs.
    """

    offers: list[Offer] = field(default_factory=list)
    lists: SaleInfo = field(default_factory=SaleInfo)
    taken_marks: list[str | None] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    pulled: int = 0

    def add(self, *numbers: str, comment: str = "") -> None:
        """Adds orders of these numbers."""
        for number in numbers:
            mark = f"{len(self.offers) + 1:08d}"
            self.offers.append(Offer(Order(key=number, number=number, comment=comment), mark))

    def orders_for(self, connection: str) -> Iterable[Offer]:  # noqa: ARG002 - one list
        """See ``Outbox.orders_for``."""
        upto = max((mark for mark in self.taken_marks if mark is not None), default="")
        for offer in list(self.offers):
            if offer.mark > upto:
                self.pulled += 1
                yield offer

    def left_out(self, handed: Handed) -> None:
        """See ``Outbox.left_out``."""
        self.left += handed.left_out

    def taken(self, handed: Handed) -> None:
        """See ``Outbox.taken``."""
        self.taken_marks.append(handed.mark)

    def info(self, connection: str) -> SaleInfo:  # noqa: ARG002 - one list
        """See ``Outbox.info``."""
        return self.lists


def write_order(order: Order, schema: str) -> bytes:
    """A document that 1C reads; an order whose comment says ``bad`` is refused."""
    if order.comment == "bad":
        raise Refused(Why.ORDER, f"Заказ {order.number}: нет валюты.")
    currency = "" if order.comment == "poison" else "RUB"
    text = (
        f"<Документ><Ид>{order.key}</Ид><Номер>{order.number}</Номер><Дата>2026-11-24</Дата>"
        f"<ХозОперация>Заказ товара</ХозОперация><Роль>Продавец</Роль><Валюта>{currency}</Валюта>"
        f"<Сумма>100.00</Сумма><Время>10:00:00</Время>"
        f"<Комментарий>{order.comment} {schema}</Комментарий></Документ>\n"
    )
    return text.encode("windows-1251", "xmlcharrefreplace")


class Site:
    """A stack's exchange.

    Args:
        rules: of every connection.
        clock: unix seconds.
        table: the state table, where it is shared with a worker; so are the next two.
        blobs: the bucket.
        queue: the jobs.

    Attributes:
        lines: what was logged.
        calls: query strings of the calls that came through ``http``.
        while_waiting: what others do while a poll is held.
        write_order: writes the orders.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        clock: FakeClock | None = None,
        *,
        table: MemoryTable | None = None,
        blobs: MemoryBlobs | None = None,
        queue: MemoryQueue | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.rules = rules or Rules()
        self.secrets = MemorySecrets({"door/onec": door()})
        # Empty ones are false.
        self.table = state_table() if table is None else table
        self.blobs = MemoryBlobs() if blobs is None else blobs
        self.queue = MemoryQueue(self.clock) if queue is None else queue
        self.outbox = FakeOutbox()
        self.write_order: WriteOrder = write_order
        self.lines: list[str] = []
        self.calls: list[str] = []
        numbers = count(1)
        self.uploads = Uploads(self.table, self.blobs, self.clock)
        self.imports = Imports(self.table, self.clock)
        self.handovers = Handovers(self.table)
        self.exchange = Exchange(
            secrets=self.secrets,
            table=self.table,
            blobs=self.blobs,
            queue=self.queue,
            refusals=Refusals(self.lines.append, self.clock),
            outbox=self.outbox if outbox is None else outbox,
            paper_of=lambda _connection: FramedPaper(self.write_order),
            rules_of=lambda _connection: self.rules,
            clock=self.clock,
            monotonic=self.clock,
            sleep=self.sleep,
            random_bytes=lambda size: next(numbers).to_bytes(size, "big"),
            is_connection_id=is_connection_id,
            emit=self.lines.append,
        )
        self.while_waiting: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        """A poll waits: time passes, and others work meanwhile."""
        self.clock.sleep(seconds)
        self.while_waiting()

    def finaliser(self) -> Finaliser:
        """What the tick runs."""
        return Finaliser(
            table=self.table,
            uploads=self.uploads,
            imports=self.imports,
            starter=Starter(self.uploads, self.imports, self.queue, self.clock),
            blobs=self.blobs,
            rules_of=lambda _connection: self.rules,
            clock=self.clock,
        )

    # ── 1C's calls ────────────────────────────────────────────────────────────────────────────

    def call(
        self,
        query: str = "type=catalog&mode=checkauth",
        *,
        connection: str = "onec",
        login: str | None = f"{LOGIN}:{PASSWORD}",
        cookie: str | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        source_ip: str = "203.0.113.7",
        seconds: float = 25.0,
    ) -> Answer:
        """One call, as 1C makes it."""
        sent = dict(headers or {})
        if login is not None:
            sent["authorization"] = basic(login)
        if cookie is not None:
            sent["cookie"] = cookie
        request = InboundRequest(
            method="POST" if body else "GET",
            url=f"https://api.example/exchange/{connection}?{query}",
            query=query,
            headers=sent,
            body=body,
            source_ip=source_ip,
            received_at=int(self.clock()),
        )
        return self.exchange.answer(connection, request, seconds)

    def http(self, call: HttpCall) -> HttpReply:
        """The port of the 1C client."""
        parts = urlsplit(call.url)
        self.calls.append(parts.query)
        request = InboundRequest(
            method=call.method,
            url=call.url,
            query=parts.query,
            headers={name.lower(): value for name, value in call.headers.items()},
            body=call.body,
            source_ip="203.0.113.7",
            received_at=int(self.clock()),
        )
        answer = self.exchange.answer(parts.path.rpartition("/")[2], request)
        return HttpReply(answer.status, {"content-type": answer.content_type}, answer.body())

    def client(
        self,
        kind: str = "catalog",
        *,
        schema: str | None = None,
        manners: Manners | None = None,
        password: str = PASSWORD,
    ) -> ExchangeClient:
        """1C, before it logs in."""
        return ExchangeClient(
            self.http, ADDRESS, LOGIN, password, kind=kind, schema=schema, manners=manners
        )

    # ── the worker ────────────────────────────────────────────────────────────────────────────

    def asked(self) -> list[ImportRow]:
        """The imports that the queue's messages name, each as it stands."""
        found = []
        for body in self.queue.bodies:
            message: Mapping[str, Any] = json.loads(body)
            row = self.imports.get(message["connection"], message["session"], message["id"])
            assert row is not None
            found.append(row)
        return found

    def work(self, state: State = State.DONE, **fields: Any) -> None:
        """A worker ends every import that the queue names."""
        for row in self.asked():
            self.imports.change(row, state=state, **fields)

    def content_of(self, row: ImportRow) -> bytes:
        """The bytes of an import's file, as its worker would read them."""
        file = next(
            one
            for one in self.uploads.files(row.connection, row.session)
            if one.id == (row.file_id or row.archives[0])
        )
        return b"".join(self.blobs.objects[key] for key in file.keys)


def at_once(site: Site) -> Site:
    """A site whose worker ends an import as soon as 1C waits for it."""
    site.while_waiting = lambda: site.work(done=1, total=1, counts={"created": 1})
    return site
