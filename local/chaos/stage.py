"""One stack on a virtual clock: containers, their invocations, and ports where things go wrong.

What a tier adds to it are the systems around, and the worker and the tick over these ports.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from random import Random
from typing import Any

from local.chaos.ledger import Invocation, Ledger
from local.chaos.odds import QUIET, Killed, Odds
from local.chaos.ports import Boundary, ChaosQueue
from local.chaos.simulation import Simulation
from local.chaos.tally import Tally
from mostik.clock import SharedClock
from mostik.connections.book import ConnectionBook
from mostik.errors import Busy
from mostik.requestlog.entry import Direction, LogEntry
from mostik.requestlog.store import RequestLog
from tests.support.clock import STARTS_AT
from tests.support.memory import MemoryBlobs, MemorySecrets, MemoryTable, log_table, state_table
from tests.support.slots import MemorySlots

WORKERS = 4
TIMEOUT_SECONDS = 90.0
TICK_TIMEOUT_SECONDS = 55.0
STATE = ("get", "get_many", "insert", "replace", "put", "remove", "query", "put_many")


class InLine(Executor):
    """Runs what is submitted at once; a killed process goes on with nothing."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See ``Executor.submit``."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class WatchedLog(RequestLog):
    """A log that tells the harness how many entries of external calls it took."""

    def __init__(self, stage: Stage, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._stage = stage

    def write(self, entries: Any) -> int:
        """See ``RequestLog.write``."""
        kept: list[LogEntry] = list(entries)
        out = sum(entry.direction is Direction.OUT for entry in kept)
        lost = super().write(kept)
        run = self._stage.run
        if run is not None:
            # Which of the entries was lost is not said; those of the receipts count last.
            run.lost += min(lost, out)
            run.entries += out - min(lost, out)
        return lost


class Stage:
    """Time, invocations and ports.

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
        self._runs: dict[str, Invocation] = {}
        self._clocks: dict[str, SharedClock] = {}
        self.table: MemoryTable = state_table()
        self.log_table: MemoryTable = log_table()
        self.blobs = MemoryBlobs()
        self.secrets = MemorySecrets()
        self.slots = MemorySlots()
        self.queue = ChaosQueue(self.true_clock, self.dice, self._queue_odds)
        self.book = ConnectionBook(self.table, self.true_clock)
        self.state: Any = Boundary("state", self.table, STATE, self, self.wrote)
        self.log_port: Any = Boundary("log", self.log_table, ("put_many",), self)
        self.blob_port: Any = Boundary("blobs", self.blobs, ("put", "get"), self)
        self.secret_port: Any = Boundary("secrets", self.secrets, ("read", "refresh"), self)
        self.slot_port: Any = Boundary("slots", self.slots, ("take", "fill", "level"), self)
        self.queue_port: Any = Boundary("queue", self.queue, ("send", "return_at"), self)
        self.letter_port: Any = Boundary("dead", self.queue.dead, ("receive", "delete"), self)

    def wrote(self, operation: str, arguments: Any, result: Any) -> None:
        """A call of the state table had its effect."""
        self.ledger.wrote(operation, arguments, result)

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
            self.kill(run, "timeout of the function")

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
        self.maybe_kill(run, f"before {port}.{operation}")
        if self.odds.throttle and self.dice.random() < self.odds.throttle and port != "slots":
            self.tally.throttles += 1
            raise Busy(f"{port} throttles {operation}")

    def after(self, port: str, operation: str) -> None:
        """See ``Perils.after``."""
        run = self.run
        if run is None:
            return
        self.maybe_kill(run, f"after {port}.{operation}")
        if self.odds.lost and self.dice.random() < self.odds.lost and port != "slots":
            self.tally.throttles += 1
            raise Busy(f"the answer of {port}.{operation} is lost")
        self._clocks[run.container].served(self.sim.now)

    def maybe_kill(self, run: Invocation, where: str) -> None:
        """Ends the invocation now and then; every boundary gets its turn."""
        if not self.odds.kill:
            return
        rare = 6.0 / (1 + self.ledger.kills[where])
        if self.dice.random() < self.odds.kill * (1.0 + rare):
            self.kill(run, where)

    def kill(self, run: Invocation, where: str) -> None:
        """Ends the invocation. Raises ``Killed``."""
        self.tally.kills += 1
        self.ledger.kills[where] += 1
        raise Killed(f"{run.owner} {where}")

    def _queue_odds(self) -> Mapping[str, float]:
        odds = self.odds
        return {
            "duplicate": odds.duplicate,
            "reorder": odds.reorder,
            "undeleted": odds.undeleted,
        }

    def line(self, line: str) -> None:
        """Takes a line of the function's log."""
        if "unexpected exception" in line:
            self.ledger.violated(f"a defect: {line}")
