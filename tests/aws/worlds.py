"""The places where the port contracts are held: memory, moto, the emulator.

Tables are made as template.yaml describes them, so the contracts hold for the template's keys too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from mostik.admin.sqs import SqsGauge
from mostik.dynamodb import DynamoTable
from mostik.jobs.deadletters.sqs import SqsDeadLetters
from mostik.jobs.sqs import SqsJobQueue
from mostik.ports import (
    Blobs,
    Clock,
    DeadLetters,
    JobQueue,
    QueueGauge,
    SecretDocuments,
    Secrets,
    Table,
)
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from tests.project.cloudformation import template
from tests.support.clock import FakeClock
from tests.support.memory import (
    STATE_INDEXES,
    MemoryBlobs,
    MemorySecrets,
    log_table,
    state_table,
)
from tests.support.queue import MemoryGauge, MemoryQueue

_numbers = count()


class SecretStore(Secrets, SecretDocuments, Protocol):
    """Both sides of the secrets."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message as a consumer sees it."""

    body: str
    handle: str
    receives: int
    group: str
    sent_at: float


@dataclass(frozen=True, slots=True)
class Queues:
    """A jobs queue with everything that belongs to it."""

    jobs: JobQueue
    dead_letters: DeadLetters
    gauge: QueueGauge
    receive: Callable[[], Sequence[Received]]
    delete: Callable[[str], None]


class World(Protocol):
    """Makes fresh things behind the ports."""

    name: str

    @property
    def clock(self) -> Clock:
        """The time of the queues."""
        ...

    def state_table(self) -> Table:
        """An empty state table."""
        ...

    def log_table(self) -> Table:
        """An empty table of the request log."""
        ...

    def queues(self, *, visibility: int = 30, most_receives: int = 10) -> Queues:
        """Empty queues."""
        ...

    def blobs(self) -> Blobs:
        """An empty bucket."""
        ...

    def secrets(self) -> SecretStore:
        """No secrets yet."""
        ...

    def pass_time(self, seconds: float) -> None:
        """Lets time pass for the queues."""
        ...


@dataclass
class MemoryWorld:
    """The fakes of tests/support."""

    name: str = "memory"
    clock: FakeClock = field(default_factory=FakeClock)

    def state_table(self) -> Table:
        return state_table()

    def log_table(self) -> Table:
        return log_table()

    def queues(self, *, visibility: int = 30, most_receives: int = 10) -> Queues:
        queue = MemoryQueue(self.clock, visibility_timeout=visibility, most_receives=most_receives)

        def receive() -> Sequence[Received]:
            return [
                Received(held.body, held.handle or "", held.receives, held.group, held.sent_at)
                for held in queue.receive()
            ]

        return Queues(queue, queue.dead, MemoryGauge(queue), receive, queue.delete)

    def blobs(self) -> Blobs:
        return MemoryBlobs()

    def secrets(self) -> SecretStore:
        return MemorySecrets()

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)


@dataclass
class AwsWorld:
    """The adapters over clients of moto or of the emulator."""

    name: str
    clients: Mapping[str, Any]
    clock: Clock = time.time

    def state_table(self) -> DynamoTable:
        return DynamoTable(self.clients["dynamodb"], self.table("StateTable"), STATE_INDEXES)

    def log_table(self) -> DynamoTable:
        return DynamoTable(self.clients["dynamodb"], self.table("RequestLogTable"))

    def table(self, logical_id: str) -> str:
        """Makes a table as the template has it and returns its name."""
        properties = template().properties(logical_id)
        name = f"{logical_id}-{next(_numbers)}"
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        self.clients["dynamodb"].create_table(
            TableName=name, **{key: properties[key] for key in wanted if key in properties}
        )
        return name

    def queues(self, *, visibility: int = 30, most_receives: int = 10) -> Queues:
        sqs = self.clients["sqs"]
        number = next(_numbers)
        dead = sqs.create_queue(
            QueueName=f"dead-{number}", Attributes={"VisibilityTimeout": str(visibility)}
        )["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
        redrive = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": most_receives}
        jobs = sqs.create_queue(
            QueueName=f"jobs-{number}",
            Attributes={
                "VisibilityTimeout": str(visibility),
                "RedrivePolicy": json.dumps(redrive),
            },
        )["QueueUrl"]

        def receive() -> Sequence[Received]:
            answer = sqs.receive_message(
                QueueUrl=jobs, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
            )
            return [_received(message) for message in answer.get("Messages", [])]

        def delete(handle: str) -> None:
            sqs.delete_message(QueueUrl=jobs, ReceiptHandle=handle)

        return Queues(
            SqsJobQueue(sqs, jobs),
            SqsDeadLetters(sqs, dead),
            SqsGauge(sqs, jobs, dead),
            receive,
            delete,
        )

    def blobs(self) -> S3Blobs:
        bucket = f"bodies-{next(_numbers)}"
        self.clients["s3"].create_bucket(Bucket=bucket)
        return S3Blobs(lambda: self.clients["s3"], bucket)

    def secrets(self) -> SecretsManager:
        clock = FakeClock()  # each read below is a minute after the one before
        prefix = f"stack-{next(_numbers)}"

        def later() -> float:
            clock.advance(1_000.0)
            return clock()

        return SecretsManager(lambda: self.clients["secretsmanager"], prefix, later)

    def pass_time(self, seconds: float) -> None:
        time.sleep(seconds + 0.05)


def _received(message: Mapping[str, Any]) -> Received:
    attributes = message["Attributes"]
    return Received(
        message["Body"],
        message["ReceiptHandle"],
        int(attributes["ApproximateReceiveCount"]),
        attributes.get("MessageGroupId", ""),
        int(attributes["SentTimestamp"]) / 1000,
    )
