"""The worker's side of the town: worker and tick over ports in memory, between 1C and a portal."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from local.sandbox.portal import PortalSandbox
from mostik.bootstrap.imports import import_work
from mostik.bootstrap.orders import watch
from mostik.bootstrap.runs import import_tick, run_tick, run_work
from mostik.bootstrap.uploads import finaliser
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.installs import Installs
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.http.client import Effects
from mostik.integration import Storage
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Touch, dump
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick
from mostik.jobs.wakes import Wakes
from mostik.registry import integration_named
from mostik.requestlog.store import RequestLog
from mostik.sync.link import Links, link_of
from mostik.sync.parked import Parked
from mostik.sync.xref import Pairs
from mostik.worker.errands import Errands
from mostik.worker.execute import Execution
from mostik.worker.imagecontent import with_content
from mostik.worker.worker import Worker, received
from tests.integrations.bitrix24.transport.world import PortalWire
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue
from tests.support.rig import AtOnce, nothing_there

ONEC, PORTAL = "onec", "portal"
_TICK_SECONDS = 60.0


class Wired(OpenConnections):
    """Opens connections whose network is the sandbox portal."""

    wire: PortalWire

    def _make(self, connection: Connection, document: str) -> OpenConnection:
        opened = super()._make(connection, document)
        if connection.id == PORTAL:
            # The one private name: the network is exchanged below the client.
            opened.api._session.mount("https://", self.wire)
        return opened


@dataclass
class Works:
    """A stack without doors whose connections are 1C and a portal.

    Attributes:
        clock: turned while somebody waits.
        portal: where records go.
        onec: settings of 1C's connection.
        shop: settings of the portal's connection.
        pool: runs the worker's lanes.
        lines: what the worker wrote to its log.
        defects: exceptions that are defects in code, each with its job.
        resting: nobody works, as after a deployment that failed.
    """

    clock: FakeClock
    portal: PortalSandbox
    onec: dict[str, Any] = field(default_factory=dict)
    shop: dict[str, Any] = field(default_factory=dict)
    pool: Executor = field(default_factory=AtOnce)
    lines: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    resting: bool = False

    def __post_init__(self) -> None:
        self.table, self.log_table = state_table(), log_table()
        self.blobs, self.queue = MemoryBlobs(), MemoryQueue(self.clock)
        self.secrets = MemorySecrets()
        self.book = ConnectionBook(self.table, self.clock)
        webhook = f"https://company.bitrix24.ru/rest/1/{self.portal.config.secret}/"
        self.secrets.documents[f"client/{PORTAL}"] = json.dumps({"webhook_url": webhook})
        self.book.save(Connection(PORTAL, "bitrix24", self.shop))
        settings = {"target": PORTAL, **self.onec}
        self.book.save(Connection(ONEC, "onec", settings))
        onec = integration_named(ONEC)
        for bond in onec.bonds(onec.settings.model_validate(settings), ONEC):
            Links(self.table, self.clock).save(link_of(bond, ONEC))
        self.wire = PortalWire(self.portal)
        self._invocations = 0
        self._ticked_at = self.clock()
        self._worker: Worker | None = None

    def worker(self) -> Worker:
        """The worker of a container; the same until ``restart``."""
        if self._worker is None:
            self._worker = self._made()
        return self._worker

    def restart(self) -> None:
        """The next batch meets a cold container."""
        self._worker = None

    def work(self) -> None:
        """Works until no message is visible."""
        for _ in range(10_000):
            if not self.queue.depth.visible:
                return
            self._invocations += 1
            event = self.queue.event()
            try:
                answer = self.worker().handle(
                    received(event), owner=f"run-{self._invocations}", remaining=lambda: 80.0
                )
            except BaseException:
                self.restart()
                raise
            self.queue.settle(event, answer)
        raise AssertionError(f"it never ends: {self.queue.bodies}")

    def touch(self, resource: str, key: str) -> None:
        """The portal says that a record may have changed."""
        self._invocations += 1
        event = f"event-{self._invocations}"
        touch = Touch(PORTAL, resource, key, event, self.clock())
        self.queue.send(dump(touch), group=PORTAL)

    def tick(self) -> None:
        """One tick."""
        self._invocations += 1
        rows = JobRows(self.table)
        self._ticked_at = self.clock()
        Tick(
            rows=rows,
            gates=Gates(self.table),
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            letters=self.queue.dead,
            clock=self.clock,
            wakes=Wakes(self.table, self.clock),
            runs=run_tick(self.table, rows, self.queue, self.clock),
            uploads=finaliser(self.table, self.blobs, self.queue, self.clock).run,
            imports=import_tick(self.table, rows, self.queue, self.clock),
            lateness=watch(self.table, self.clock, self.lines.append).run,
        )(f"tick-{self._invocations}", lambda: 55.0)

    def go_on(self) -> None:
        """What happens while 1C waits: work, and the tick when its minute has come."""
        if self.resting:
            return
        self.work()
        if self.clock() - self._ticked_at >= _TICK_SECONDS:
            self.tick()
            self.work()

    def settle_down(self, minutes: int) -> None:
        """Lets minutes pass; what waits for longer than they last stays."""
        for _ in range(minutes):
            self.clock.advance(_TICK_SECONDS)
            self.tick()
            self.work()

    def _made(self) -> Worker:
        effects = Effects(self.clock, self.clock.sleep, lambda: 0.5)
        connections = Wired(
            ConnectionBook(self.table, self.clock),
            self.secrets,
            integration_named,
            effects,
            storage=lambda connection: Storage(connection, self.table, self.blobs, self.clock),
        )
        connections.wire = self.wire
        links, pairs = Links(self.table, self.clock), Pairs(self.table)
        errands = Errands(
            table=self.table,
            queue=self.queue,
            book=self.book,
            links=links,
            wakes=Wakes(self.table, self.clock),
            installs=Installs(self.secrets, self.clock),
            clock=self.clock,
            connections=connections,
        )
        runs = run_work(self.table, self.blobs, self.queue, links, self.clock, self._defect)
        return Worker(
            connections=connections,
            execution=Execution(
                connections,
                links,
                pairs,
                errands,
                runs,
                Parked(self.table, pairs, self.clock),
                import_work(self.table, self.blobs, self.queue, connections, links, self.clock),
                with_content(self.blobs),
            ),
            rows=JobRows(self.table),
            gates=Gates(self.table),
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            blobs=self.blobs,
            log=RequestLog(self.log_table, self.blobs),
            pool=self.pool,
            clock=self.clock,
            random=lambda: 0.5,
            timeout=90.0,
            emit=self.lines.append,
            last_used=LastUsed(self.table, self.clock),
            read=nothing_there,
        )

    def _defect(self, error: Exception, job: str) -> None:
        self.defects.append(f"{type(error).__name__} in {job}: {error}")
