"""A stack in memory around one integration: its door, its worker, a fake API, a linked mirror.

Everything of the core is real; the ports are those of tests/support, the network is an ApiRouter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any
from urllib.parse import unquote

from mostik.commerce.record import Canonical
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection, is_connection_id
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.errors import Skip
from mostik.http.client import ApiClient, Effects
from mostik.http.endpoint import Endpoint
from mostik.http.result import Answer
from mostik.http.trail import Trail
from mostik.inbound.door import dump_door
from mostik.inbound.intake import Arrival, Intake
from mostik.inbound.refusals import Refusals
from mostik.inbound.reply import Reply
from mostik.inbound.request import InboundRequest
from mostik.inbound.scheme import AcceptedSecret
from mostik.integration import Check, Integration, RecordT, Resource
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Message, Receipt, Touch, dump
from mostik.jobs.row import JobRow, JobState
from mostik.jobs.rows import JobRows
from mostik.jobs.tick import Tick
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.store import RequestLog
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker, received
from tests.integrations import mirror
from tests.integrations.mirror import Mirror
from tests.integrations.subjects import Subject
from tests.support.api_router import ApiRouter
from tests.support.clock import FakeClock
from tests.support.memory import MemoryBlobs, MemorySecrets, log_table, state_table
from tests.support.queue import MemoryQueue
from tests.support.signers import signed

HERE = "here"
"""The connection under test."""
THERE = "there"
"""The connection of the mirror."""
_TIMEOUT = 90.0
_ADMITS_ALL_BODIES = 1_000_000


def nothing_there(url: str) -> bytes:
    """A network without anybody in it."""
    raise OSError(f"nobody answers at {url}")


@dataclass(frozen=True, slots=True)
class Made:
    """One call of an endpoint by the integration under test.

    Attributes:
        endpoint: which, with what it says about repeats.
        route: ``"METHOD path"`` as the fake API names it.
    """

    endpoint: Endpoint
    route: str


class NotingApi(ApiClient):
    """The real client; notes which endpoints it is asked for."""

    def __init__(self, api: ApiClient, made: list[Made]) -> None:
        self.__dict__.update(api.__dict__)
        self._made = made

    def request(self, endpoint: Endpoint, **call: Any) -> Answer:
        """See ``ApiClient.request``."""
        route = f"{endpoint.method} {unquote(endpoint.fill(call.get('path') or {}))}"
        self._made.append(Made(endpoint, route))
        return super().request(endpoint, **call)


def just_create(
    name: str, find: Callable[[], RecordT | None], create: Callable[[], RecordT]
) -> RecordT:
    """``CreateOnce`` of a world with one worker."""
    del name
    found = find()
    return found if found is not None else create()


@dataclass
class World:
    """One stack.

    Attributes:
        subject: the integration under test.
        clock: turned by sleeps and by tests.
        mirror: the other end of the link.
        made: every call that the integration asked its client for.
        lines: what the functions wrote to their logs.
    """

    subject: Subject
    pool: ThreadPoolExecutor
    clock: FakeClock = field(default_factory=FakeClock)
    mirror: Mirror = field(default_factory=Mirror)
    made: list[Made] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        sample = self.subject.sample
        self.table = state_table()
        self.log_table = log_table()
        self.blobs = MemoryBlobs()
        self.queue = MemoryQueue(self.clock)
        self.secrets = MemorySecrets({f"client/{HERE}": json.dumps(self.subject.client_secrets)})
        if self.subject.integration.webhook is not None:
            self.secrets.write(f"door/{HERE}", dump_door(self.subject.door()))
        self.rows = JobRows(self.table)
        self.gates = Gates(self.table)
        self.log = RequestLog(self.log_table, self.blobs)
        book = ConnectionBook(self.table, self.clock)
        book.save(Connection(HERE, self.subject.package, self.subject.public_settings))
        book.save(Connection(THERE, mirror.NAME))
        links = Links(self.table, self.clock)
        links.save(
            Link(
                "link",
                left=End(HERE, sample.resource),
                right=End(THERE, mirror.RESOURCE),
                creates=frozenset(Side),
            )
        )
        self.connections = OpenConnections(
            book, self.secrets, self._integration, Effects(self.clock, self.clock.sleep, _half)
        )
        self.router = ApiRouter(
            self.subject.integration.base_url(self.subject.settings), sample.answers
        )
        # The one private name that this suite touches: the network is exchanged below the client.
        self.opened.api._session.mount("https://", self.router)
        self.worker = Worker(
            connections=self.connections,
            execution=Execution(self.connections, links, Pairs(self.table)),
            rows=self.rows,
            gates=self.gates,
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            blobs=self.blobs,
            log=self.log,
            pool=self.pool,
            clock=self.clock,
            random=_half,
            timeout=_TIMEOUT,
            emit=self.lines.append,
            last_used=LastUsed(self.table, self.clock),
            read=nothing_there,
        )
        self._tick = Tick(
            rows=self.rows,
            gates=self.gates,
            leases=Leases(self.table, self.clock),
            queue=self.queue,
            letters=self.queue.dead,
            clock=self.clock,
        )
        self.intake = Intake(
            secrets=self.secrets,
            queue=self.queue,
            divert=_queue_never_refuses,
            blobs=self.blobs,
            refusals=Refusals(self.lines.append, self.clock),
            clock=self.clock,
            random_bytes=lambda size: len(self.lines).to_bytes(size, "big"),
            max_body=_ADMITS_ALL_BODIES,
            is_connection_id=is_connection_id,
        )

    @property
    def opened(self) -> OpenConnection:
        """The connection under test, open."""
        return self.connections.get(HERE)

    @property
    def entries(self) -> list[LogEntry]:
        """The request log, with bodies."""
        found = (
            self.log.get(item["pk"].removeprefix("log#"), item["sk"])
            for item in self.log_table.rows("log#")
        )
        return [entry for entry in found if entry is not None]

    @property
    def job_rows(self) -> list[JobRow]:
        """Every job that has a row."""
        found = (self.rows.get(item["id"]) for item in self.table.rows("job#"))
        return [row for row in found if row is not None]

    def states(self) -> list[JobState]:
        """The states of every job that has a row."""
        return [row.state for row in self.job_rows]

    def effects(self, reads: frozenset[Endpoint]) -> list[Made]:
        """The calls made so far that were no reads."""
        return [made for made in self.made if made.endpoint not in reads]

    def arrive(self, request: InboundRequest) -> Reply:
        """Lets a request come to the door of the connection under test."""
        return self.intake.take(Arrival(HERE, request, "trace-0001"))

    def send_sample(self, *, delivery: str = "delivery-0001") -> Reply:
        """Lets the sample event come to the door, signed as its sender signs it now."""
        subject, now = self.subject, int(self.clock())
        scheme = subject.door().scheme
        event = replace(subject.event, id=delivery)
        return self.arrive(signed(scheme, event, subject.sample.door_secret, at=now, now=now))

    def touch_mirror(self, key: str) -> None:
        """Says that a record of the mirror may have changed."""
        self.enqueue(Touch(THERE, mirror.RESOURCE, key, event="a-person", asked_at=self.clock()))

    def enqueue(self, message: Message) -> None:
        """Puts work into the queue."""
        self.queue.send(dump(message), group=message.connection)

    def work(self, *, batches: int = 1) -> None:
        """Lets the worker handle what is visible in the queue."""
        for number in range(batches):
            event = self.queue.event()
            answer = self.worker.handle(
                received(event), owner=f"invocation-{number}", remaining=lambda: 80.0
            )
            self.queue.settle(event, answer)

    def tick(self) -> None:
        """Lets the scheduler do its minute's work."""
        self._tick("tick", lambda: 50.0)

    def later(self, seconds: float) -> None:
        """Lets time pass, and the stack do what it does meanwhile."""
        self.clock.advance(seconds)
        self.tick()
        self.work()

    def resource(self) -> Resource[Any]:
        """The sample's resource, bound to a job whose calls are logged."""
        opened = self.opened
        trail = Trail(record_entry=lambda entry: _written(self.log.write([entry])), job="a-job")
        client = opened.integration.client(opened.api.following(trail), opened.settings)
        return opened.integration.resources[self.subject.sample.resource](
            client, opened.settings, HERE
        )

    def record(self) -> Canonical:
        """The sample's record as the fake API holds it."""
        record = self.resource().read(self.subject.sample.key)
        assert isinstance(record, Canonical), "the sample's answers do not hold the sample's key"
        return record

    def _integration(self, name: str) -> Integration[Any, Any]:
        if name == mirror.NAME:
            return self.mirror.integration()
        integration = self.subject.integration
        return replace(
            integration,
            sample=None,  # its secrets are those that the suite looks for
            client=lambda api, settings: integration.client(NotingApi(api, self.made), settings),
        )


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an integration calls, learnt by trying everything that it offers once.

    Attributes:
        reads: endpoints that only look.
        writes: calls that change something, in order.
    """

    reads: frozenset[Endpoint]
    writes: tuple[Made, ...]


def traffic(subject: Subject) -> Traffic:
    """Learns what is a read and what is a write: looking calls reads, the rest are writes."""
    with a_world(subject) as world:
        record = world.record()
        resource = world.resource()
        resource.find("elsewhere", "no-such-key")
        checked(world)
        reads = frozenset(made.endpoint for made in world.made)
        for write in ways_to_write(resource, changed(record)):
            with suppress(Skip):
                write()
        return Traffic(reads, tuple(world.effects(reads)))


def client_of(world: World) -> Any:
    """The client that the core would build."""
    opened = world.opened
    return opened.integration.client(opened.api, opened.settings)


def checked(world: World) -> list[Check]:
    """What the administrator's check says."""
    return list(world.subject.integration.check(client_of(world), world.opened.settings))


def ways_to_write(resource: Resource[Any], record: Canonical) -> list[Callable[[], object]]:
    """Everything that a resource offers to make the other side say what ``record`` says."""
    return [
        partial(resource.create, record, "elsewhere", just_create),
        partial(resource.update, record.key, record, "elsewhere", just_create),
    ]


def changed(record: Canonical) -> Canonical:
    """The record with one of its texts changed, so that it has to be carried over."""
    skipped = {*type(record).meta, *type(record).references}
    for name, declared in type(record).model_fields.items():
        if declared.annotation in (str, str | None) and name not in skipped:
            return record.model_copy(update={name: f"{getattr(record, name) or ''}!"})
    raise AssertionError(f"changed() knows no text in {type(record).__name__}: teach it one")


@contextmanager
def a_world(subject: Subject) -> Iterator[World]:
    """A stack; nothing of it is left running."""
    yield World(subject, _pool())


@cache
def _pool() -> ThreadPoolExecutor:
    """The threads of every stack: a worker returns only after those that it used have ended."""
    return ThreadPoolExecutor(2, thread_name_prefix="lane")


def an_accepted(secret: str, *, not_after: int | None = None) -> AcceptedSecret:
    """A secret of a door."""
    return AcceptedSecret("1", secret, not_after)


def _queue_never_refuses(receipt: Receipt, payload: str) -> None:
    raise AssertionError(f"{receipt.id} ({len(payload)} characters) was diverted")


def _half() -> float:
    return 0.5


def _written(lost: int) -> None:
    assert lost == 0
