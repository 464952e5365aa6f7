"""The system under test over ports in memory: containers, their invocations, the APIs around.

Worker, tick, client, gates and log are the classes of ``mostik`` themselves; only the ports, the
network below the HTTP client and the clock are the harness's.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

from local.chaos.stage import TIMEOUT_SECONDS, InLine, Stage, WatchedLog
from local.chaos.things import INTEGRATIONS, LIMIT, RESOURCE
from local.chaos.vendor import MAINTENANCE, NOBODY, Fate, Vendor, VendorCall, Witness
from local.sandbox.portal.limiter import LeakyBucket, RateLimit
from mostik.clock import TOLERANCE_SECONDS
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.http.client import Effects
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker
from tests.support.api_router import says

LINKS = (("shop", "unsafe", "crm", "slow"), ("site", "unsafe", "erp", "keyed"),
         ("feed", "unsafe", "portal", "limited"))  # fmt: skip
"""(source, its integration, target, its integration)."""
SOURCES = tuple(link[0] for link in LINKS)
TARGET = {link[0]: link[2] for link in LINKS}


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


class World(Stage, Witness):
    """One stack and what is around it.

    Args:
        seed: of everything that is not decided by the code under test.
        tracing: keep a trace of every record.
    """

    def __init__(self, seed: int, *, tracing: bool = False) -> None:
        super().__init__(seed, tracing=tracing)
        self.down: set[str] = set()
        self.sick: dict[str, float] = {}
        self.forgiving = False
        self.calls_while_down = 0
        self._callers: deque[tuple[float, float]] = deque(maxlen=100)
        self._overruns: list[float] = []
        self.vendors = {name: self._vendor(name, kind) for name, kind in _connections()}
        self._connect()

    # ── perils of calls ────────────────────────────────────────────────────────────────────────

    def fate(self, connection: str, call: VendorCall) -> Fate:
        """See ``Witness.fate``."""
        run = self.run
        source = connection if connection in SOURCES else None
        record = f"{source}/{call.key}" if source else call.about or ""
        self.ledger.called(run, connection, call.method, record)
        if self.vendors[connection].bucket is not None:
            self._callers.append((self.sim.now, self.clock() - self.sim.now))
        unsafe = call.method == "POST"
        late = self._lands_after(connection) if unsafe else None
        if run is not None:
            if record.partition("/")[2].startswith("deadly") and source and not self.forgiving:
                self.kill(run, "poison")
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
            self.maybe_kill(run, f"after {call.method} {connection}")

    def dies(self, call: VendorCall) -> None:
        """See ``Witness.dies``."""
        run = self.run
        if run is not None:
            self.kill(run, f"during {call.method}")

    def refused_by_limit(self, connection: str) -> None:
        """See ``Witness.refused_by_limit``.

        A shared clock leaves workers up to two seconds apart, and they see slots at other moments:
        as many calls as those that called lately were apart are no violation, one more is.
        """
        now, lately = self.sim.now, LIMIT.burst / LIMIT.per_second
        self._overruns = [at for at in self._overruns if at >= now - lately] + [now]
        errors = [error for at, error in self._callers if at >= now - lately]
        apart = min(max(errors) - min(errors), TOLERANCE_SECONDS) if errors else 0.0
        if len(self._overruns) > apart * LIMIT.per_second:
            self.ledger.violated(f"the limit of {connection} was exceeded")

    # ── composition ────────────────────────────────────────────────────────────────────────────

    def _vendor(self, name: str, kind: str) -> Vendor:
        bucket = None
        if kind == "limited":
            bucket = LeakyBucket(RateLimit(LIMIT.burst, LIMIT.per_second), self.true_clock)
        return Vendor(name, self.true_clock, self, bucket=bucket)

    def _connect(self) -> None:
        links = Links(self.table, self.true_clock)
        for source, _, target, _ in LINKS:
            ends = End(source, RESOURCE), End(target, RESOURCE)
            links.save(Link(source, *ends, creates=frozenset({Side.RIGHT})))
        for name, kind in _connections():
            self.book.save(Connection(name, kind, {"name": name}))
            self.secrets.documents[f"client/{name}"] = json.dumps({"api_key": "key-of-0000"})

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
            gate=Gatehouse(table, self.slot_port, effects, self.line),
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
            emit=self.line,
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


def _connections() -> list[tuple[str, str]]:
    return [pair for source, kind, target, other in LINKS
            for pair in ((source, kind), (target, other))]  # fmt: skip


def _nobody(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
