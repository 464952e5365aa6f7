"""The system under test over ports in memory: containers, their invocations, the APIs around.

Worker, tick, client, gates and log are the classes of ``mostik`` themselves; only the ports, the
network below the HTTP client and the clock are the harness's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from random import Random
from typing import Any

from local.chaos.ledger import Invocation, Ledger
from local.chaos.odds import QUIET, Killed, Odds
from local.chaos.ports import Boundary, ChaosQueue
from local.chaos.simulation import Simulation
from local.chaos.tally import Tally
from local.chaos.things import INTEGRATIONS, LIMIT, RESOURCE
from local.chaos.vendor import MAINTENANCE, NOBODY, Fate, Vendor, VendorCall, Witness
from local.sandbox.portal.limiter import LeakyBucket, RateLimit
from mostik.clock import SharedClock
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.errors import Busy
from mostik.http.client import Effects
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick
from mostik.requestlog.entry import Direction, LogEntry
from mostik.requestlog.store import RequestLog
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker
from tests.support.api_router import says
from tests.support.clock import STARTS_AT
from tests.support.memory import MemoryBlobs, MemorySecrets, MemoryTable, log_table, state_table
from tests.support.slots import MemorySlots

WORKERS = 4
TIMEOUT_SECONDS = 90.0
TICK_TIMEOUT_SECONDS = 55.0
LINKS = (("shop", "unsafe", "crm", "slow"), ("site", "unsafe", "erp", "keyed"),
         ("feed", "unsafe", "portal", "limited"))  # fmt: skip
"""(source, its integration, target, its integration)."""
SOURCES = tuple(link[0] for link in LINKS)
TARGET = {link[0]: link[2] for link in LINKS}
STATE = ("get", "insert", "replace", "put", "remove", "query", "put_many")


class InLine(Executor):
    """Runs what is submitted at once; a killed process goes on with nothing."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See ``Executor.submit``."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class WatchedLog(RequestLog):
    """A log that tells the harness how many entries of external calls it took."""

    def __init__(self, world: World, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._world = world

    def write(self, entries: Any) -> int:
        """See ``RequestLog.write``."""
        kept: list[LogEntry] = list(entries)
        out = sum(entry.direction is Direction.OUT for entry in kept)
        lost = super().write(kept)
        run = self._world.run
        if run is not None:
            # Which of the entries was lost is not said; those of the receipts count last.
            run.lost += min(lost, out)
            run.entries += out - min(lost, out)
        return lost


class PlayedConnections(OpenConnections):
    """Open connections whose network is the harness."""

    def __init__(self, vendors: Mapping[str, Vendor], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._vendors = vendors

    def _make(self, connection: Connection, document: str) -> OpenConnection:
        opened = super()._make(connection, document)
        # The one private name that the harness touches: the network is exchanged below the client.
        opened.api._session.mount("https://", self._vendors[connection.id])
        return opened


class World(Witness):
    """One stack and what is around it.

    Args:
        seed: of everything that is not decided by the code under test.
        tracing: keep a trace of every record.
    """

    def __init__(self, seed: int, *, tracing: bool = False) -> None:
        self.dice = Random(seed)  # noqa: S311 - a seeded run, no secret
        self.sim = Simulation(STARTS_AT)
        self.odds: Odds = QUIET
        self.tally = Tally()
        self.ledger = Ledger(self.true_clock, tracing)
        self.skew: dict[str, float] = {}
        self.down: set[str] = set()
        self.sick: dict[str, float] = {}
        self.forgiving = False
        self.calls_while_down = 0
        self._runs: dict[str, Invocation] = {}
        self._clocks: dict[str, SharedClock] = {}
        self.table: MemoryTable = state_table()
        self.log_table: MemoryTable = log_table()
        self.blobs = MemoryBlobs()
        self.secrets = MemorySecrets()
        self.slots = MemorySlots()
        self.queue = ChaosQueue(self.true_clock, self.dice, self._queue_odds)
        self.vendors = {name: self._vendor(name, kind) for name, kind in _connections()}
        self.book = ConnectionBook(self.table, self.true_clock)
        self._build()

    # ── time ───────────────────────────────────────────────────────────────────────────────────

    def true_clock(self) -> float:
        """What time it is."""
        return self.sim.now

    def wall(self) -> float:
        """What the machine's clock of the container that runs now says."""
        run = self.run
        return self.sim.now + (self.skew.get(run.container, 0.0) if run is not None else 0.0)

    def clock(self) -> float:
        """What time the container that runs now goes by."""
        run = self.run
        return self._clocks[run.container]() if run is not None else self.sim.now

    def pause(self, seconds: float) -> None:
        """Lets time pass for the current task; Lambda may stop its invocation meanwhile."""
        self.sim.pause(seconds)
        run = self.run
        if run is not None and self.sim.now > run.ends_at:
            self._kill(run, "timeout of the function")

    @property
    def run(self) -> Invocation | None:
        """The invocation that holds the baton."""
        task = self.sim.current
        return self._runs.get(task.name) if task is not None else None

    def container(self) -> str:
        """The container that holds the baton."""
        run = self.run
        return run.container if run is not None else "nobody"

    def begin(self, owner: str, container: str, timeout: float) -> Invocation:
        """Begins an invocation in the current task."""
        run = Invocation(owner, container, self.sim.now + timeout)
        if container not in self._clocks:
            self._clocks[container] = SharedClock(self.wall, self.true_clock)
        self._clocks[container].restart()
        assert self.sim.current is not None  # noqa: S101 - for the type checker
        self._runs[self.sim.current.name] = run
        return run

    def end(self) -> None:
        """Ends the current task's invocation."""
        if self.sim.current is not None:
            self._runs.pop(self.sim.current.name, None)

    def remaining(self) -> float:
        """Seconds that the current invocation may still use."""
        run = self.run
        return run.ends_at - self.sim.now if run is not None else float("inf")

    # ── perils of ports ────────────────────────────────────────────────────────────────────────

    def before(self, port: str, operation: str) -> None:
        """See ``Perils.before``."""
        run = self.run
        if run is None:
            return
        self.pause(0.002 + 0.02 * self.dice.random() ** 4)
        self._maybe_kill(run, f"before {port}.{operation}")
        if self.odds.throttle and self.dice.random() < self.odds.throttle and port != "slots":
            self.tally.throttles += 1
            raise Busy(f"{port} throttles {operation}")

    def after(self, port: str, operation: str) -> None:
        """See ``Perils.after``."""
        run = self.run
        if run is None:
            return
        self._maybe_kill(run, f"after {port}.{operation}")
        if self.odds.lost and self.dice.random() < self.odds.lost and port != "slots":
            self.tally.throttles += 1
            raise Busy(f"the answer of {port}.{operation} is lost")
        self._clocks[run.container].served(self.sim.now)

    def _maybe_kill(self, run: Invocation, where: str) -> None:
        if not self.odds.kill:
            return
        rare = 6.0 / (1 + self.ledger.kills[where])  # every boundary gets its turn
        if self.dice.random() < self.odds.kill * (1.0 + rare):
            self._kill(run, where)

    def _kill(self, run: Invocation, where: str) -> None:
        self.tally.kills += 1
        self.ledger.kills[where] += 1
        raise Killed(f"{run.owner} {where}")

    # ── perils of calls ────────────────────────────────────────────────────────────────────────

    def fate(self, connection: str, call: VendorCall) -> Fate:
        """See ``Witness.fate``."""
        run = self.run
        source = connection if connection in SOURCES else None
        record = f"{source}/{call.key}" if source else call.about or ""
        self.ledger.called(run, connection, call.method, record)
        unsafe = call.method == "POST"
        late = self._lands_after(connection) if unsafe else None
        if run is not None:
            if record.partition("/")[2].startswith("deadly") and source and not self.forgiving:
                self._kill(run, "poison")
            if self.odds.kill and self.dice.random() < self.odds.kill * (20 if unsafe else 4):
                effect = self.dice.random() < 0.7
                return Fate(0.1, effect, lands_after=late, dies=True)
        if connection in self.down:
            self.calls_while_down += 1
            self.tally.faults += 1
            return Fate(refused=NOBODY, effect=False)
        if self.sick.get(record, 0.0) > self.sim.now:
            self.tally.faults += 1
            return Fate(refused=says(self.dice.choice((500, 502, 503))), effect=False)
        takes = 0.03 + 0.3 * self.dice.random() ** 3
        if unsafe and self.odds.doubt and self.dice.random() < self.odds.doubt:
            self.tally.faults += 1
            return Fate(takes, True, lands_after=late, hangs=True)
        if self.odds.api and self.dice.random() < self.odds.api / 2:
            takes += 10.0 * self.dice.random()
        if self.dice.random() >= self.odds.api:
            return Fate(takes)
        self.tally.faults += 1
        return self._fault(unsafe, takes, late)

    def _fault(self, unsafe: bool, takes: float, late: float | None) -> Fate:
        effect = self.dice.random() < 0.5
        kind = self.dice.choice((1, 5, 5, 6)) if unsafe else self.dice.randrange(9)
        seconds = str(self.dice.randrange(1, 30))
        match kind:
            case 0:
                return Fate(refused=NOBODY, effect=False)
            case 1:
                return Fate(takes, effect, refused=says(500 + self.dice.choice((0, 2, 3, 4))))
            case 2:
                return Fate(takes, False, refused=says(429, None, {"Retry-After": seconds}))
            case 3:
                return Fate(takes, False, refused=says(503, None, {"Retry-After": seconds}))
            case 4:
                return Fate(takes, effect, refused=MAINTENANCE)
            case 5:
                return Fate(takes, effect, lands_after=late if unsafe else None, hangs=True)
            case 6:
                return Fate(takes, True, cut=True)
            case 7:
                return Fate(takes, False, refused=says(409))
            case _:
                return Fate(5.0 + 35.0 * self.dice.random())

    def _lands_after(self, connection: str) -> float | None:
        longest = INTEGRATIONS[dict(_connections())[connection]].longest_request_seconds
        share = self.dice.choice((None, 0.02, 0.3, 0.6, 0.7, 0.9, 0.98))
        return None if share is None else share * longest

    def answered(self, connection: str, call: VendorCall) -> None:
        """See ``Witness.answered``."""
        run = self.run
        if run is not None:
            self._maybe_kill(run, f"after {call.method} {connection}")

    def dies(self, call: VendorCall) -> None:
        """See ``Witness.dies``."""
        run = self.run
        if run is not None:
            self._kill(run, f"during {call.method}")

    def refused_by_limit(self, connection: str) -> None:
        """See ``Witness.refused_by_limit``."""
        self.ledger.violated(f"the limit of {connection} was exceeded")

    # ── composition ────────────────────────────────────────────────────────────────────────────

    def _queue_odds(self) -> Mapping[str, float]:
        odds = self.odds
        return {
            "duplicate": odds.duplicate,
            "reorder": odds.reorder,
            "undeleted": odds.undeleted,
        }

    def _vendor(self, name: str, kind: str) -> Vendor:
        bucket = None
        if kind == "limited":
            bucket = LeakyBucket(RateLimit(LIMIT.burst, LIMIT.per_second), self.true_clock)
        return Vendor(name, self.true_clock, self, bucket=bucket)

    def _build(self) -> None:
        links = Links(self.table, self.true_clock)
        for source, _, target, _ in LINKS:
            ends = End(source, RESOURCE), End(target, RESOURCE)
            links.save(Link(source, *ends, creates=frozenset({Side.RIGHT})))
        for name, kind in _connections():
            self.book.save(Connection(name, kind, {"name": name}))
            self.secrets.documents[f"client/{name}"] = json.dumps({"api_key": "key-of-0000"})
        seen = self.ledger.wrote
        self.state: Any = Boundary("state", self.table, STATE, self, seen)
        self.log_port: Any = Boundary("log", self.log_table, ("put_many",), self)
        self.blob_port: Any = Boundary("blobs", self.blobs, ("put", "get"), self)
        self.secret_port: Any = Boundary("secrets", self.secrets, ("read", "refresh"), self)
        self.slot_port: Any = Boundary("slots", self.slots, ("take", "fill", "level"), self)
        self.queue_port: Any = Boundary("queue", self.queue, ("send", "return_at"), self)
        self.letter_port: Any = Boundary("dead", self.queue.dead, ("receive", "delete"), self)

    def worker(self) -> Worker:
        """Returns the worker of a new container."""
        table, clock = self.state, self.clock
        effects = Effects(clock, self.pause, self.dice.random)
        connections = PlayedConnections(
            self.vendors,
            ConnectionBook(table, clock),
            self.secret_port,
            INTEGRATIONS.__getitem__,
            effects,
            gate=Gatehouse(table, self.slot_port, effects, self._line),
        )
        return Worker(
            connections=connections,
            execution=Execution(connections, Links(table, clock), Pairs(table)),
            rows=JobRows(table),
            gates=Gates(table),
            leases=Leases(table, clock),
            queue=self.queue_port,
            blobs=self.blob_port,
            log=WatchedLog(self, self.log_port, self.blob_port),
            last_used=LastUsed(table, clock),
            pool=InLine(),
            clock=clock,
            random=self.dice.random,
            timeout=TIMEOUT_SECONDS,
            emit=self._line,
            read=_nobody,
        )

    def tick(self) -> Tick:
        """Returns the tick of a new container."""
        table, clock = self.state, self.clock
        return Tick(
            rows=JobRows(table),
            gates=Gates(table),
            leases=Leases(table, clock),
            queue=self.queue_port,
            letters=self.letter_port,
            clock=clock,
        )

    def _line(self, line: str) -> None:
        if "unexpected exception" in line:
            self.ledger.violated(f"a defect: {line}")


def _connections() -> list[tuple[str, str]]:
    return [pair for source, kind, target, other in LINKS
            for pair in ((source, kind), (target, other))]  # fmt: skip


def _nobody(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
