"""Worker, tick and replay over ports in memory, with two shelves between which a link stands.

Everything of the core is real. The queue is driven as Lambda and SQS drive it: a batch is taken,
handled, and what the worker does not name as failed is deleted; a worker that dies deletes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from mostik.bootstrap.runs import run_tick, run_work
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.http.client import Effects
from mostik.ids import ulid
from mostik.integration import Integration, Storage
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Message, Receipt, Touch, dump
from mostik.jobs.replay import Replay, Replays
from mostik.jobs.row import JobRow, JobState, from_item
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick, TickReport
from mostik.requestlog.store import RequestLog
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.parked import Parked
from mostik.sync.run import Runs
from mostik.sync.rundesk import RunDesk
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker, received
from tests.support.clock import FakeClock
from tests.support.faults import Faults
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue
from tests.support.shelf import NAME, RESOURCE, Shelf, integration

HERE, THERE = "here", "there"
TIMEOUT_SECONDS = 90.0
TICK_SECONDS = 60.0


class AtOnce(Executor):
    """Runs what is submitted at once and in order: a test can count calls."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See ``Executor.submit``."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - a future keeps whatever its work raised
            future.set_exception(error)
        return future


def nothing_there(url: str) -> bytes:
    """A network without anybody in it."""
    raise OSError(f"nobody answers at {url}")


@dataclass
class Rig:
    """One stack without doors.

    Attributes:
        clock: turned by a test.
        here: the shelf of the connection ``here``; its things are carried over to ``there``.
        there: the shelf of the connection ``there``.
        pool: runs the worker's lanes.
        remaining: seconds that every invocation says it has left.
        lines: what the worker wrote to its log.
        defects: exceptions that runs have met in code, each with its job.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    here: Shelf = field(default_factory=Shelf)
    there: Shelf = field(default_factory=Shelf)
    pool: Executor = field(default_factory=AtOnce)
    remaining: float = 80.0
    lines: list[str] = field(default_factory=list)
    defects: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table = state_table()
        self.log_table = log_table()
        self.blobs = MemoryBlobs()
        self.queue = MemoryQueue(self.clock)
        self.secrets = MemorySecrets()
        self.rows = JobRows(self.table)
        self.gates = Gates(self.table)
        self.replays = Replays(self.table, self.rows, self.queue, self.clock)
        self.parked = Parked(self.table, Pairs(self.table), self.clock)
        self.desk = RunDesk(Runs(self.table), Links(self.table, self.clock), self.queue, self.clock)
        self.book = ConnectionBook(self.table, self.clock)
        for name in (HERE, THERE):
            self.connect(name)
        Links(self.table, self.clock).save(
            Link("link", End(HERE, RESOURCE), End(THERE, RESOURCE), creates=frozenset(Side))
        )
        self._invocations = 0
        self._worker: Worker | None = None
        for port in self.ports.values():
            port.calls.clear()  # what a story calls is counted from here

    @property
    def ports(self) -> dict[str, Faults]:
        """Everything that can fail under the worker and the tick."""
        return {
            "state": self.table,
            "log": self.log_table,
            "blobs": self.blobs,
            "queue": self.queue,
            "dead": self.queue.dead,
            "secrets": self.secrets,
        }

    def connect(self, name: str) -> None:
        """Sets a connection up, as it should be."""
        self.book.save(Connection(name, NAME, {"name": name}))
        self.secrets.documents[f"client/{name}"] = json.dumps({"api_key": f"key-of-{name}-0000"})

    def offers(self) -> Integration[Any, Any]:
        """What both connections are of."""
        shelves = {HERE: self.here, THERE: self.there}
        return integration(shelves.__getitem__)

    def named(self, name: str, shelves: Integration[Any, Any]) -> Integration[Any, Any]:
        """The integration of a name; a rig knows one."""
        del name
        return shelves

    def connections(self) -> OpenConnections:
        """What a fresh container opens connections with."""
        found = self.offers()
        return OpenConnections(
            ConnectionBook(self.table, self.clock),
            self.secrets,
            lambda name: self.named(name, found),
            Effects(self.clock, self.clock.sleep, _half),
            storage=lambda name: Storage(name, self.table, self.blobs, self.clock),
        )

    def worker(self) -> Worker:
        """The worker of a container; the same until ``restart``."""
        if self._worker is None:
            connections = self.connections()
            links = Links(self.table, self.clock)
            self._worker = Worker(
                connections=connections,
                execution=Execution(
                    connections,
                    links,
                    Pairs(self.table),
                    runs=run_work(
                        self.table, self.blobs, self.queue, links, self.clock, self.note_defect
                    ),
                    parked=self.parked,
                ),
                rows=self.rows,
                gates=self.gates,
                leases=Leases(self.table, self.clock),
                queue=self.queue,
                blobs=self.blobs,
                log=RequestLog(self.log_table, self.blobs),
                pool=self.pool,
                clock=self.clock,
                random=_half,
                timeout=TIMEOUT_SECONDS,
                emit=self.lines.append,
                last_used=LastUsed(self.table, self.clock),
                read=nothing_there,
            )
        return self._worker

    def restart(self) -> None:
        """The next batch meets a cold container."""
        self._worker = None

    # ── what comes in ──────────────────────────────────────────────────────────────────────────

    def receipt(self, content: Any, *, delivery: str | None = None) -> Receipt:
        """What the door makes of an event that says ``content``."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        now = self.clock()
        return Receipt(
            id=f"{HERE}:{delivery or ulid(now)}",
            connection=HERE,
            received_at=now,
            scheme="hmac",
            key_id="1",
            method="POST",
            url=f"https://api.example/webhooks/{HERE}",
            headers={"content-type": "application/json"},
            body=body,
            delivery_id=delivery,
        )

    def send(self, message: Message, *, delay: int = 0) -> None:
        """Puts a message into the queue, as the door does."""
        self.queue.send(dump(message), group=message.connection, delay=delay)

    def touch(self, key: str) -> Touch:
        """A record of ``here`` may have changed: a message says so."""
        touch = Touch(HERE, RESOURCE, key, f"event-{key}", self.clock())
        self.send(touch)
        return touch

    # ── what happens ───────────────────────────────────────────────────────────────────────────

    def work(self, most: int = 20) -> list[str]:
        """One invocation. Returns the ids of the messages that it wants to be shown again."""
        event = self.queue.event(most)
        if not event["Records"]:
            return []
        self._invocations += 1
        try:
            answer = self.worker().handle(
                received(event), owner=f"run-{self._invocations}", remaining=lambda: self.remaining
            )
        except BaseException:
            self.restart()
            raise
        self.queue.settle(event, answer)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def tick(self, *, remaining: float = 55.0) -> TickReport:
        """One tick."""
        self._invocations += 1
        tick = Tick(
            rows=self.rows,
            gates=self.gates,
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            letters=self.queue.dead,
            clock=self.clock,
            replays=self.replays,
            runs=run_tick(self.table, self.rows, self.queue, self.clock),
        )
        return tick(f"tick-{self._invocations}", lambda: remaining)

    def minute(self) -> None:
        """A tick, every message that can be worked on, and then the minute passes."""
        self.tick()
        for _ in range(20):
            if not self.queue.depth.visible:
                break
            self.work()
        self.clock.advance(TICK_SECONDS)

    def settle_down(self, minutes: int = 60) -> int:
        """Lets minutes pass until nothing waits any more. Returns how many it took."""
        for passed in range(minutes):
            if not self.carried():
                return passed
            self.minute()
        raise AssertionError(
            f"after {minutes} minutes: {self.queue.bodies}, {self.jobs(*_RESTLESS)}"
        )

    def carried(self) -> int:
        """How many messages and rows still carry a job."""
        messages = len(self.queue) + len(self.queue.dead)
        return messages + len(self.jobs(*_RESTLESS))

    def note_defect(self, error: Exception, job: str) -> None:
        """Takes a defect that a run has met."""
        self.defects.append((type(error).__name__, job))

    def replay(self, job_id: str) -> None:
        """A person tries a failed job again."""
        Replay(self.rows, self.queue, self.clock).one(job_id)

    # ── what a test looks at ───────────────────────────────────────────────────────────────────

    def jobs(self, *states: JobState) -> Sequence[JobRow]:
        """Every job row, or those in ``states``."""
        rows = [from_item(item) for item in self.table.rows("job#")]
        return [row for row in rows if not states or row.state in states]

    def job(self, job_id: str) -> JobRow:
        """The row of a job."""
        row = self.rows.get(job_id)
        assert row is not None, f"{job_id} has no row"
        return row

    def said(self, word: str) -> list[dict[str, Any]]:
        """The worker's log lines that hold a word."""
        return [json.loads(line) for line in self.lines if word in line]


_RESTLESS = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING, JobState.HELD, JobState.UNKNOWN)


def _half() -> float:
    return 0.5
