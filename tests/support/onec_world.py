"""A stack with a connection to 1C and a shop behind it, in memory: what 1C sends through the real
protocol is imported by the real worker.

``Stack.program()`` is 1C. While it polls an import the clock turns and the worker works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from integrations.onec import integration as onec
from local.sandbox.onec.program import Habits, Program
from local.sandbox.onec.program import Site as Address
from mostik.bootstrap.imports import import_work
from mostik.bootstrap.runs import import_tick, run_tick, run_work
from mostik.commerceml.imports import By, ImportRow, Imports
from mostik.commerceml.starting import Asking, Starter
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.http.client import Effects
from mostik.integration import Integration, Storage
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Touch, dump
from mostik.jobs.row import JobRow, from_item
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick
from mostik.requestlog.store import RequestLog
from mostik.sync.link import Links
from mostik.sync.parked import Parked
from mostik.sync.run import Run, Runs
from mostik.sync.rundesk import RunDesk
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.imagecontent import with_content
from mostik.worker.importplan import ImportPlan, Plans
from mostik.worker.worker import Worker, received
from tests.support import depot
from tests.support.clock import FakeClock
from tests.support.exchange import ADDRESS, LOGIN, PASSWORD, Site
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue
from tests.support.rig import AtOnce, nothing_there

ONEC, SHOP = "onec", depot.NAME
TIMEOUT_SECONDS = 90.0


class Stack:
    """One stack.

    Args:
        settings: of the connection to 1C, beside ``target``.
        target: the integration behind it; by default the shop in memory.

    Attributes:
        shop: the shop in memory.
        site: the exchange.
        remaining: seconds that an invocation has.
        deaths: what ends a worker's process.
    """

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        target: Integration[Any, Any] | None = None,
        target_settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.table = state_table()
        self.log_table = log_table()
        self.blobs = MemoryBlobs()
        self.queue = MemoryQueue(self.clock)
        self.secrets = MemorySecrets()
        self.shop = depot.Depot()
        self.rows = JobRows(self.table)
        self.imports = Imports(self.table, self.clock)
        self.plans = Plans(self.table)
        self.site = Site(clock=self.clock, table=self.table, blobs=self.blobs, queue=self.queue)
        self.site.while_waiting = self.work
        self.target = target or depot.integration(self.shop)
        self.onec = onec
        self._worker: Worker | None = None
        self.set(settings or {})
        book = ConnectionBook(self.table, self.clock)
        book.save(Connection(SHOP, self.target.name, dict(target_settings or {})))
        self.opening: Callable[[OpenConnections], None] = lambda _connections: None
        self.lines: list[str] = []
        self.defects: list[tuple[str, str]] = []
        self.remaining = 80.0
        self._invocations = 0

    def set(self, settings: Mapping[str, Any]) -> None:
        """A person changes the settings of the connection to 1C."""
        book = ConnectionBook(self.table, self.clock)
        book.save(Connection(ONEC, "onec", {"target": SHOP, **_open(settings)}))
        self._worker = None

    def break_reading(self, error: Exception) -> None:
        """Whoever makes records of what 1C brought meets a defect."""

        def broken(_settings: Any, _around: Any) -> Any:
            raise error

        self.onec = replace(onec, bringer=broken)
        self._worker = None

    # ── 1C ────────────────────────────────────────────────────────────────────────────────────

    def program(self, **habits: Any) -> Program:
        """1C, whose retries are off so that a test sees the first failure."""
        told = {"retries": 0, **habits}
        return Program(self.site.http, Address(ADDRESS, LOGIN, PASSWORD), Habits(**told))

    def again(self, session: str, file: str) -> ImportRow:
        """A person has a stored file imported again."""
        starter = Starter(self.site.uploads, self.imports, self.queue, self.clock)
        return starter.file(Asking(ONEC, session, "catalog", by=By.AGAIN), file)

    # ── the stack ─────────────────────────────────────────────────────────────────────────────

    @property
    def desk(self) -> RunDesk:
        """Steers runs, as a person does."""
        return RunDesk(Runs(self.table), Links(self.table, self.clock), self.queue, self.clock)

    @property
    def held(self) -> list[Run]:
        """Runs that wait for a person."""
        return [run for run in Runs(self.table).open() if run.state.value == "held"]

    def worker(self) -> Worker:
        """The worker of a container; the same until ``restart``."""
        if self._worker is None:
            self._worker = self._new_worker()
        return self._worker

    def restart(self) -> None:
        """The next batch meets a cold container."""
        self._worker = None

    def work(self, most: int = 20) -> None:
        """Invocations until the queue shows nothing."""
        for _ in range(most):
            event = self.queue.event(20)
            if not event["Records"]:
                return
            self._invocations += 1
            try:
                answer = self.worker().handle(
                    received(event),
                    owner=f"run-{self._invocations}",
                    remaining=lambda: self.remaining,
                )
            except BaseException:
                self.restart()
                raise
            self.queue.settle(event, answer)

    def tick(self) -> None:
        """One tick."""
        self._invocations += 1
        tick = Tick(
            rows=self.rows,
            gates=Gates(self.table),
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            letters=self.queue.dead,
            clock=self.clock,
            runs=run_tick(self.table, self.rows, self.queue, self.clock),
            imports=import_tick(self.table, self.rows, self.queue, self.clock),
        )
        tick(f"tick-{self._invocations}", lambda: 55.0)

    def settle_down(self, minutes: int = 60) -> None:
        """Lets minutes pass until no import is open, except for those that are held."""
        for _ in range(minutes):
            open_plans = self.plans.open()
            if not open_plans and not len(self.queue):
                return
            self.minute()
            if self.held and all(run in self.held for run in Runs(self.table).open()):
                return
        raise AssertionError(f"after {minutes} minutes: {self.plans.open()}, {self.queue.bodies}")

    def minute(self) -> None:
        """A minute passes."""
        self.tick()
        for _ in range(6):
            self.work()
            self.clock.advance(10)

    # ── what a test looks at ──────────────────────────────────────────────────────────────────

    def rows_of(self, **fields: Any) -> list[ImportRow]:
        """The imports, in the order in which 1C asked for them."""
        found = sorted(self.imports.of(ONEC), key=lambda row: (row.session, row.created_at))
        return [
            row
            for row in found
            if all(getattr(row, name) == value for name, value in fields.items())
        ]

    def row(self, file: str) -> ImportRow:
        """The latest import of a file."""
        return self.rows_of(file=file)[-1]

    def plan(self, row: ImportRow) -> ImportPlan:
        """The plan of an import."""
        plan = self.plans.get(row.connection, row.session, row.id)
        assert plan is not None
        return plan

    def writes(self) -> dict[str, int]:
        """What was written to the shop since this was last asked."""
        found = {name: number for name, number in self.shop.writes.items() if number}
        self.shop.writes.clear()
        return found

    def touch(self, resource: str, key: str) -> None:
        """The shop says that a record of it may have changed."""
        touch = Touch(SHOP, resource, key, "event", self.clock())
        self.queue.send(dump(touch), group=SHOP)
        self.work()

    def jobs(self) -> list[JobRow]:
        """Every job row."""
        return [from_item(item) for item in self.table.rows("job#")]

    def parked(self, resource: str) -> list[tuple[str, str]]:
        """What is not carried over of a resource: keys and verdicts."""
        page = Parked(self.table, Pairs(self.table), self.clock).page(f"{ONEC}-{resource}")
        return sorted((one.key, one.verdict.value) for one in page.records)

    def _new_worker(self) -> Worker:
        both = {"onec": self.onec, self.target.name: self.target}
        connections = OpenConnections(
            ConnectionBook(self.table, self.clock),
            self.secrets,
            both.__getitem__,
            Effects(self.clock, self.clock.sleep, lambda: 0.5),
            storage=lambda name: Storage(name, self.table, self.blobs, self.clock),
        )
        self.opening(connections)
        links = Links(self.table, self.clock)
        pairs = Pairs(self.table)
        return Worker(
            connections=connections,
            execution=Execution(
                connections,
                links,
                pairs,
                runs=run_work(
                    self.table, self.blobs, self.queue, links, self.clock, self._note_defect
                ),
                parked=Parked(self.table, pairs, self.clock),
                imports=import_work(
                    self.table, self.blobs, self.queue, connections, links, self.clock
                ),
                fill=with_content(self.blobs),
            ),
            rows=self.rows,
            gates=Gates(self.table),
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            blobs=self.blobs,
            log=RequestLog(self.log_table, self.blobs),
            pool=AtOnce(),
            clock=self.clock,
            random=lambda: 0.5,
            timeout=TIMEOUT_SECONDS,
            emit=self.lines.append,
            last_used=LastUsed(self.table, self.clock),
            read=nothing_there,
        )

    def _note_defect(self, error: Exception, job: str) -> None:
        self.defects.append((repr(error), job))


def _open(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an empty shop: the first import may create everything."""
    goods = {"creates_percent": 100, **settings.get("goods", {})}
    prices = {"create_types": True, **settings.get("prices", {})}
    return {**settings, "goods": goods, "prices": prices}
