"""An application on a sandbox portal and the stack behind it, without sockets.

Door, queue, worker, tokens and log are the real ones over ports in memory; what the portal sends
goes to the door when a test delivers it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from integrations.bitrix24 import integration
from integrations.bitrix24.client import Bitrix24
from integrations.bitrix24.models import Settings
from local.sandbox.deliveries import Delivery
from local.sandbox.portal import PortalApp, PortalConfig, PortalSandbox
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection, is_connection_id
from mostik.connections.installs import Installs
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.connections.tokens import Tokens
from mostik.errors import Busy
from mostik.http.client import Effects
from mostik.http.trail import Trail
from mostik.inbound.door import Door, dump_door
from mostik.inbound.intake import Arrival, Intake
from mostik.inbound.refusals import Refusals
from mostik.inbound.reply import Reply
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Receipt, Touch, dump
from mostik.jobs.row import JobRow, JobState, from_item
from mostik.jobs.rows import JobRows
from mostik.jobs.wakes import Wakes
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.store import RequestLog
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.errands import Errands
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker, received
from tests.integrations.bitrix24.transport.world import PortalWire
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue

PORTAL = "portal"
DOMAIN = "company.bitrix24.ru"
INSTALL = "install-path-segment-000000"
HANDLER = f"https://door.example/webhooks/{PORTAL}"
INSTALL_URL = f"{HANDLER}/{INSTALL}"
SECRET = "client-secret-of-the-app-0000"
APP = PortalApp(client_secret=SECRET)
ELSEWHERE = "elsewhere"


class Wired(OpenConnections):
    """Opens connections whose network is the sandbox portal."""

    def wire(self, wire: PortalWire) -> None:
        self._wire = wire

    def _make(self, connection: Connection, document: str) -> OpenConnection:
        opened = super()._make(connection, document)
        # The one private name that this suite touches: the network is exchanged below the client.
        opened.api._session.mount("https://", self._wire)
        return opened


@dataclass
class AppWorld:
    """One stack and one portal.

    Attributes:
        app: how the application is registered there.
        used: resources that links use.
        more: further settings of the connection.
        portal_is: further settings of the portal.
    """

    app: PortalApp = APP
    used: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)
    portal_is: dict[str, Any] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    lines: list[str] = field(default_factory=list)
    remaining: float = 900.0
    left: Callable[[], float] | None = None

    def __post_init__(self) -> None:
        config = PortalConfig(domain=DOMAIN, rate_limit=None, clock=self.clock, app=self.app)
        self.there = PortalSandbox(replace(config, **self.portal_is))
        self.wire = PortalWire(self.there)
        self.table, self.log_table = state_table(), log_table()
        self.blobs, self.queue = MemoryBlobs(), MemoryQueue(self.clock)
        self.secrets = MemorySecrets()
        self.book = ConnectionBook(self.table, self.clock)
        settings = {"client_id": self.app.client_id, "domain": DOMAIN, "handler_url": HANDLER}
        self.book.save(Connection(PORTAL, "bitrix24", {**settings, **self.more}))
        self.secrets.documents[f"client/{PORTAL}"] = json.dumps({"client_secret": SECRET})
        door = Door("bitrix24", install=(AcceptedSecret("install", INSTALL),))
        self.secrets.documents[f"door/{PORTAL}"] = dump_door(door)
        self.links = Links(self.table, self.clock)
        for name in self.used:
            link = Link(name, End(PORTAL, name), End(ELSEWHERE, name), creates=frozenset(Side))
            self.links.save(link)
        effects = Effects(self.clock, self.clock.sleep, lambda: 0.5)
        self.connections = Wired(
            self.book,
            self.secrets,
            lambda _name: integration,
            effects,
            tokens=Tokens(self.secrets, self.table, effects),
        )
        self.connections.wire(self.wire)
        self.wakes = Wakes(self.table, self.clock)
        self.errands = Errands(
            table=self.table,
            queue=self.queue,
            book=self.book,
            links=self.links,
            wakes=self.wakes,
            installs=Installs(self.secrets, self.clock),
            clock=self.clock,
        )
        self.log = RequestLog(self.log_table, self.blobs)
        self.entries: list[LogEntry] = []
        self.worker = Worker(
            connections=self.connections,
            execution=Execution(self.connections, self.links, Pairs(self.table), self.errands),
            rows=JobRows(self.table),
            gates=Gates(self.table),
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            blobs=self.blobs,
            log=self.log,
            pool=ThreadPoolExecutor(1),
            clock=self.clock,
            random=lambda: 0.5,
            timeout=90.0,
            emit=self.lines.append,
            last_used=LastUsed(self.table, self.clock),
            read=_nobody,
        )
        self.intake = Intake(
            secrets=self.secrets,
            queue=self.queue,
            divert=_never,
            blobs=self.blobs,
            refusals=Refusals(self.lines.append, self.clock),
            clock=self.clock,
            random_bytes=lambda size: len(self.queue.bodies).to_bytes(size, "big"),
            max_body=1_000_000,
            is_connection_id=is_connection_id,
            deposit=lambda name, document: self.secrets.write(f"deposits/{name}", document),
        )
        self._delivered = 0

    # ── the portal and the door ───────────────────────────────────────────────────────────────

    def install(self) -> dict[str, Any]:
        """A person installs the application on the portal; the door is told."""
        auth = self.there.install_app(INSTALL_URL)
        assert [reply.status for reply in self.deliver()] == [200]
        return auth

    def installed(self) -> AppWorld:
        """The application is installed and all that follows is done."""
        self.install()
        self.work()
        return self

    def deliver(self) -> list[Reply]:
        """Brings everything that the portal has sent since to the door."""
        kept = self.there.deliveries.kept()[self._delivered :]
        self._delivered += len(kept)
        self.clock.advance(10)  # an event is never of the very moment of the one before
        return [self._arrive(one) for one in kept]

    def _arrive(self, delivery: Delivery) -> Reply:
        path = urlsplit(delivery.url).path.split("/")[2:]
        request = InboundRequest(
            method="POST",
            url=delivery.url,
            query="",
            headers={name.lower(): value for name, value in delivery.headers.items()},
            body=delivery.body,
            source_ip="192.0.2.1",
            received_at=int(self.clock()),
            path_token=path[1] if len(path) > 1 else None,
        )
        return self.intake.take(Arrival(path[0], request))

    # ── the worker ────────────────────────────────────────────────────────────────────────────

    def work(self, rounds: int = 10) -> None:
        """Works until the queue is empty."""
        for _ in range(rounds):
            event = self.queue.event(10)
            if not event["Records"]:
                return
            self.queue.settle(event, self._handle(event))

    def _handle(self, event: Any) -> Any:
        return self.worker.handle(received(event), owner="run", remaining=lambda: self.remaining)

    def run(self, errand: str, key: str) -> Any:
        """Runs one errand, and leaves what it asks for in the queue."""
        touch = Touch(PORTAL, errand, key, "event-1", self.clock())
        trail = Trail(
            remaining=self.left or (lambda: self.remaining),
            record_entry=self.entries.append,
            event="event-1",
        )
        return self.errands.run(touch, self.connections.get(PORTAL), trail)

    def asked(self) -> list[str]:
        """What the queue holds, as ``resource/key``; it is empty afterwards."""
        found = []
        while (event := self.queue.event(10))["Records"]:
            for record in event["Records"]:
                content = json.loads(record["body"])
                found.append(f"{content.get('resource', 'receipt')}/{content.get('key', '')}")
            self.queue.settle(event, {"batchItemFailures": []})
        return sorted(found)

    # ── what a test looks at ──────────────────────────────────────────────────────────────────

    @property
    def client(self) -> Bitrix24:
        """Calls the portal as the application."""
        opened = self.connections.get(PORTAL)
        return Bitrix24(
            opened.api.following(Trail(record_entry=self.entries.append)), self.settings
        )

    @property
    def settings(self) -> Settings:
        """The connection's settings as they are now."""
        found = self.connections.get(PORTAL).settings
        assert isinstance(found, Settings)
        return found

    def rows(self, *states: JobState) -> list[JobRow]:
        """Job rows."""
        rows = [from_item(item) for item in self.table.rows("job#")]
        return [row for row in rows if not states or row.state in states]

    @property
    def everything(self) -> str:
        """All that is kept but Secrets Manager: messages, rows, log, lines, blobs."""
        return "".join(
            [
                *self.queue.bodies,
                *(repr(row) for row in self.table.rows()),
                *(repr(row) for row in self.log_table.rows()),
                *self.lines,
                repr(self.entries),
            ]
        )

    def receipt(self) -> Receipt:
        """The only receipt in the queue."""
        (found,) = self.queue.messages
        assert isinstance(found, Receipt)
        return found


def touch(resource: str, key: str, clock: FakeClock) -> str:
    """A message that asks for an errand."""
    return dump(Touch(PORTAL, resource, key, "tick", clock()))


def _never(_receipt: Receipt, _body: str) -> None:
    raise Busy("the queue of these tests takes everything")


def _nobody(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
