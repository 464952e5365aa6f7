"""Tier 2's stack: the core over its real adapters, botocore and moto, with a wire in every call.

What is exchanged is the two networks and nothing else: botocore's requests are answered by moto,
those of the API clients by the sandbox portal and the sandbox shop in this process (``wire``).
Time is turned by hand; moto's messages are moved along with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from moto.backends import get_backend
from requests.adapters import HTTPAdapter

from local.chaos.wire import HookedClients, Killed, Lane, SandboxAdapter, Wire
from local.sandbox.portal import PortalConfig, PortalSandbox
from local.sandbox.shop import ShopConfig, ShopSandbox
from local.stack.processes import REGION
from mostik.bootstrap.state import STATE_INDEXES
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.connections.tokens import Tokens
from mostik.dynamodb import DynamoTable, from_attributes
from mostik.http.client import Effects
from mostik.http.dynamodb import DynamoSlots
from mostik.jobs.deadletters.sqs import SqsDeadLetters
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.message import Receipt, dump
from mostik.jobs.replay import Replays
from mostik.jobs.row import JobRow, JobState, from_item
from mostik.jobs.rows import JobRows
from mostik.jobs.sqs import SqsJobQueue
from mostik.jobs.tick import Tick
from mostik.registry import integration_named
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.store import RequestLog, whole_entry
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.sync.link import End, Link, Links, Side
from mostik.sync.xref import Pairs
from mostik.worker.execute import Execution
from mostik.worker.worker import Worker, received
from tests.project.cloudformation import template
from tests.support.clock import FakeClock

SHOP, PORTAL = "shop", "portal"
PREFIX = "chaos"
TIMEOUT_SECONDS = 90.0
_SHOP_URL = "https://shop.example/api/v1/"
_MOTO_ACCOUNT = "123456789012"
RESTLESS = frozenset(
    {JobState.QUEUED, JobState.RUNNING, JobState.WAITING, JobState.HELD, JobState.UNKNOWN}
)


@dataclass
class TurnedClock(FakeClock):
    """A clock that takes moto's messages along."""

    turned: Callable[[float], None] = lambda _seconds: None

    def advance(self, seconds: float) -> None:
        """See ``FakeClock.advance``."""
        super().advance(seconds)
        self.turned(seconds)

    def sleep(self, seconds: float) -> None:
        """See ``FakeClock.sleep``."""
        super().sleep(seconds)
        self.turned(seconds)


class WiredConnections(OpenConnections):
    """The real connections over the sandboxes' adapters."""

    adapters: Mapping[str, HTTPAdapter]

    def get(self, connection_id: str) -> OpenConnection:
        """See ``OpenConnections.get``."""
        opened = super().get(connection_id)
        # The one private name: the network is exchanged below the client.
        opened.api._session.mount("https://", self.adapters[connection_id])
        return opened


_numbers = count()


class MotoStack:
    """One stack, empty, with a shop, a portal and the link between their orders and deals.

    Args:
        clients: of the whole process.
        wire: of this stack.
    """

    def __init__(self, clients: HookedClients, wire: Wire) -> None:
        self.wire = clients.wire = wire
        self._plain, self._hooked = clients.plain, clients.hooked
        self.clock = TurnedClock(turned=self._turned)
        self.portal = PortalSandbox(PortalConfig(clock=self.clock))
        self.shop = ShopSandbox(ShopConfig(clock=self.clock))
        self.seen: Callable[[str], None] = lambda _target: None
        self.unclaimed: list[str] = []
        self.lines: list[str] = []
        self._invocations = 0
        self._worker: Worker | None = None
        self._names = f"chaos-{next(_numbers)}"
        self._state_name = self._table("StateTable")
        self._log_name = self._table("RequestLogTable")
        self._plain["s3"].create_bucket(Bucket=self._names)
        self._dead_url, self._jobs_url = self._queues()
        state = DynamoTable(self._plain["dynamodb"], self._state_name, STATE_INDEXES)
        self._connect(state)
        self.rows = JobRows(state)
        self.blobs = S3Blobs(lambda: self._plain["s3"], self._names)
        self._adapters = {
            SHOP: SandboxAdapter(self.shop, wire, self._called),
            PORTAL: SandboxAdapter(self.portal, wire, self._called),
        }

    # ── what it is made of ─────────────────────────────────────────────────────────────────────

    def _table(self, logical_id: str) -> str:
        properties = template().properties(logical_id)
        name = f"{logical_id}-{self._names}"
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        self._plain["dynamodb"].create_table(
            TableName=name, **{key: properties[key] for key in wanted if key in properties}
        )
        return name

    def _queues(self) -> tuple[str, str]:
        sqs = self._plain["sqs"]
        dead: str = sqs.create_queue(QueueName=f"dead-{self._names}")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        properties = template().properties("JobsQueue")
        redrive = {
            "deadLetterTargetArn": attributes["Attributes"]["QueueArn"],
            "maxReceiveCount": properties["RedrivePolicy"]["maxReceiveCount"],
        }
        jobs: str = sqs.create_queue(
            QueueName=f"jobs-{self._names}",
            Attributes={
                "VisibilityTimeout": str(properties["VisibilityTimeout"]),
                "RedrivePolicy": json.dumps(redrive),
            },
        )["QueueUrl"]
        return dead, jobs

    def _connect(self, state: DynamoTable) -> None:
        from local.connections import shop_settings  # noqa: PLC0415 - it reads the stacks of a machine

        settings = shop_settings("https://shop.example")
        book = ConnectionBook(state, self.clock)
        secrets = self._plain["secretsmanager"]
        hidden = {
            SHOP: {"credential": settings.pop("credential")},
            PORTAL: {"webhook_url": f"https://portal.example/rest/1/{self.portal.config.secret}/"},
        }
        book.save(Connection(SHOP, "http_api", settings))
        book.save(Connection(PORTAL, "bitrix24", {}))
        for name, document in hidden.items():
            secrets.create_secret(Name=f"{PREFIX}/client/{name}", SecretString=json.dumps(document))
        Links(state, self.clock).save(
            Link(
                "orders",
                left=End(SHOP, "orders"),
                right=End(PORTAL, "orders"),
                creates=frozenset({Side.RIGHT}),
            )
        )

    def worker(self) -> Worker:
        """The worker of a container, wired as bootstrap/worker.py does it; the same until one
        dies."""
        if self._worker is not None:
            return self._worker
        clock, dynamodb = self.clock, self._hooked["dynamodb"]
        table = DynamoTable(dynamodb, self._state_name, STATE_INDEXES)
        blobs = S3Blobs(lambda: self._hooked["s3"], self._names)
        secrets = SecretsManager(lambda: self._hooked["secretsmanager"], PREFIX, clock)
        book = ConnectionBook(table, clock)
        effects = Effects(clock, clock.sleep, _half)
        connections = WiredConnections(
            book,
            secrets,
            integration_named,
            effects,
            gate=Gatehouse(
                table, DynamoSlots(dynamodb, self._state_name), effects, self.lines.append
            ),
            tokens=Tokens(secrets, table, effects),
        )
        connections.adapters = self._adapters
        self._worker = Worker(
            connections=connections,
            execution=Execution(connections, Links(table, clock), Pairs(table)),
            rows=JobRows(table),
            gates=Gates(table),
            leases=Leases(table, clock),
            queue=SqsJobQueue(self._hooked["sqs"], self._jobs_url),
            blobs=blobs,
            log=RequestLog(DynamoTable(dynamodb, self._log_name), blobs, 30, book.retention_days),
            last_used=LastUsed(table, clock),
            pool=Lane(),
            clock=clock,
            random=_half,
            timeout=TIMEOUT_SECONDS,
            emit=self.lines.append,
            read=_nobody,
        )
        return self._worker

    # ── what happens ───────────────────────────────────────────────────────────────────────────

    def send(self, receipt: Receipt) -> None:
        """The door's one successful write."""
        self._plain["sqs"].send_message(
            QueueUrl=self._jobs_url, MessageBody=dump(receipt), MessageGroupId=receipt.connection
        )

    def work(self) -> None:
        """One invocation of the worker, as Lambda makes it: what it settled is deleted after it has
        answered, and nothing when it died."""
        records = self._received()
        if not records:
            return
        with self._process() as owner:
            answered = self.worker().handle(
                received({"Records": records}), owner=owner, remaining=lambda: 80.0
            )
            failed = {failure["itemIdentifier"] for failure in answered["batchItemFailures"]}
            for record in records:
                if record["messageId"] not in failed:
                    self._plain["sqs"].delete_message(
                        QueueUrl=self._jobs_url, ReceiptHandle=record["receiptHandle"]
                    )

    def tick(self) -> None:
        """One invocation of the scheduler, wired as bootstrap/scheduler.py does it."""
        table = DynamoTable(self._hooked["dynamodb"], self._state_name, STATE_INDEXES)
        rows, queue = JobRows(table), SqsJobQueue(self._hooked["sqs"], self._jobs_url)
        with self._process() as owner:
            Tick(
                rows=rows,
                gates=Gates(table),
                leases=Leases(table, self.clock),
                queue=queue,
                letters=SqsDeadLetters(self._hooked["sqs"], self._dead_url),
                clock=self.clock,
                replays=Replays(table, rows, queue, self.clock),
            )(owner, lambda: 55.0)

    @contextmanager
    def _process(self) -> Iterator[str]:
        self._invocations += 1
        try:
            yield f"run-{self._invocations}"
        except Killed:
            self.wire.dead = False
            self._worker = None

    def _received(self) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = []
        for _ in range(2):
            found = self._plain["sqs"].receive_message(
                QueueUrl=self._jobs_url,
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
            records += [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                }
                for message in found.get("Messages", [])
            ]
        return records

    # ── what the harness looks at ──────────────────────────────────────────────────────────────

    def jobs(self) -> list[JobRow]:
        """Every job row."""
        return [from_item(item) for item in self._items(self._state_name, "job#")]

    def entries(self) -> list[LogEntry]:
        """Every entry of the request log."""
        return [whole_entry(item, None) for item in self._items(self._log_name, "log#")]

    def carried(self) -> int:
        """How many messages and rows still carry a job."""
        messages = len(self._messages(self._jobs_url)) + len(self._messages(self._dead_url))
        return messages + sum(row.state in RESTLESS for row in self.jobs())

    def depth(self) -> int:
        """How many messages the jobs queue holds."""
        return len(self._messages(self._jobs_url))

    def tick_has_work(self) -> bool:
        """Whether a tick would find something: it costs moto more than all the rest."""
        now = self.clock()
        return bool(self._messages(self._dead_url)) or any(
            row.state is JobState.HELD or (row.due_at is not None and row.due_at <= now)
            for row in self.jobs()
        )

    def moments(self) -> Iterator[float]:
        """Seconds from now until each thing that waits may go on; not above 0: now."""
        from moto.core.utils import unix_time_millis  # noqa: PLC0415 - moto's own clock

        for url in (self._jobs_url, self._dead_url):
            for message in self._messages(url):
                yield (max(message.visible_at, message.delayed_until) - unix_time_millis()) / 1000
        now = self.clock()
        for row in self.jobs():
            if row.state is JobState.HELD:
                yield 60.0
            elif row.state in RESTLESS and row.due_at is not None:
                yield row.due_at - now

    def _called(self, target: str) -> None:
        """No external call without an attempt row that was written before it."""
        if not any(row.state is JobState.RUNNING for row in self.jobs()):
            self.unclaimed.append(target)
        self.seen(target)

    def _items(self, table: str, prefix: str) -> Iterator[dict[str, Any]]:
        # Not by Scan: moto takes longer for one than for the rest of a story.
        for item in _backend("dynamodb").tables[table].all_items():
            row = from_attributes(item.to_json()["Attributes"])
            if row["pk"].startswith(prefix):
                yield row

    def _messages(self, url: str) -> list[Any]:
        return list(_backend("sqs").queues[url.rpartition("/")[2]]._messages)

    def _turned(self, seconds: float) -> None:
        for url in (self._jobs_url, self._dead_url):
            for message in self._messages(url):
                message.visible_at -= seconds * 1000
                message.delayed_until -= seconds * 1000


def _backend(service: str) -> Any:
    backends: Any = get_backend  # it has an overload for each literal name
    return backends(service)[_MOTO_ACCOUNT][REGION]


def _half() -> float:
    return 0.5


def _nobody(url: str) -> bytes:
    raise OSError(f"nobody answers at {url}")
