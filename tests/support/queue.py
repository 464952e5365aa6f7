"""The jobs queue, its dead letters and their gauge in memory, on a clock that a test turns."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mostik.jobs.message import Message, load
from mostik.ports import Clock, DeadLetter, QueueDepth
from tests.support.faults import Faults

VISIBILITY_SECONDS = 541
"""JobsQueue's VisibilityTimeout in the template."""
MOST_RECEIVES = 10
"""JobsQueue's maxReceiveCount in the template."""
_MOST_BYTES = 1_048_576
_MOST_DELAY = 900
_MOST_VISIBILITY = 43_200
_DEAD_VISIBILITY_SECONDS = 30
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_TAKEN = re.compile(r"[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@dataclass
class Held:
    """One message in a queue.

    Attributes:
        id: SQS's own id, never a dedupe key.
        visible_at: unix seconds from which it can be received.
        receives: how often it was received.
        handle: of its last receive; ``None`` before the first.
    """

    id: str
    body: str
    group: str
    sent_at: float
    visible_at: float
    delayed_until: float
    receives: int = 0
    handle: str | None = None

    @property
    def message(self) -> Message:
        """What it says."""
        return load(self.body)


class _Messages(Faults):
    """Messages in the order in which they were sent."""

    def __init__(self, clock: Clock, visibility_timeout: float) -> None:
        super().__init__()
        self._clock = clock
        self._visibility_timeout = visibility_timeout
        self._held: list[Held] = []
        self._number = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def held(self) -> Sequence[Held]:
        """Everything that is in the queue, visible or not."""
        return tuple(self._held)

    @property
    def bodies(self) -> list[str]:
        """The texts of everything that is in the queue."""
        return [held.body for held in self._held]

    @property
    def depth(self) -> QueueDepth:
        """How much of it is visible, in flight and delayed now."""
        now = self._clock()
        delayed = sum(held.delayed_until > now for held in self._held)
        hidden = sum(held.visible_at > now for held in self._held)
        return QueueDepth(len(self._held) - hidden, hidden - delayed, delayed)

    def _take(self, held: Held) -> None:
        held.receives += 1
        held.visible_at = self._clock() + self._visibility_timeout
        held.handle = f"handle-{held.id}-{held.receives}"

    def _drop(self, handle: str) -> None:
        """A handle of an earlier receive deletes nothing, and SQS does not complain."""
        self._held = [held for held in self._held if held.handle != handle]

    def _next_id(self) -> str:
        self._number += 1
        return f"00000000-0000-4000-8000-{self._number:012d}"


class MemoryDeadLetters(_Messages):
    """``DeadLetters`` in memory; only its jobs queue fills it, or ``bury`` in a test."""

    OPERATIONS: ClassVar = ("receive", "delete")

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, _DEAD_VISIBILITY_SECONDS)

    def bury(
        self, body: str, *, receives: int = MOST_RECEIVES, sent_at: float | None = None
    ) -> None:
        """Puts a message in as SQS does when it was received too often."""
        now = self._clock()
        sent = now if sent_at is None else sent_at
        self._held.append(Held(self._next_id(), body, "", sent, now, 0.0, receives))

    def receive(self, limit: int) -> Sequence[DeadLetter]:
        """See ``DeadLetters.receive``."""
        with self._operation("receive"):
            now = self._clock()
            ready = [held for held in self._held if held.visible_at <= now][: min(limit, 10)]
            letters = []
            for held in ready:
                self._take(held)
                handle = held.handle or ""
                letters.append(DeadLetter(handle, held.body, held.receives, held.sent_at))
            return letters

    def delete(self, handle: str) -> None:
        """See ``DeadLetters.delete``."""
        with self._operation("delete"):
            self._drop(handle)


class MemoryQueue(_Messages):
    """``JobQueue`` in memory, and the side of it that Lambda and SQS work.

    Args:
        clock: unix seconds.
        visibility_timeout: seconds for which a received message is hidden.
        most_receives: a message that would be received once more goes to ``dead``.

    Attributes:
        dead: the dead-letter queue.
    """

    OPERATIONS: ClassVar = ("send", "return_at", "receive", "delete")

    def __init__(
        self,
        clock: Clock,
        *,
        visibility_timeout: float = VISIBILITY_SECONDS,
        most_receives: int = MOST_RECEIVES,
    ) -> None:
        super().__init__(clock, visibility_timeout)
        self._most_receives = most_receives
        self.dead = MemoryDeadLetters(clock)

    def send(self, body: str, *, group: str, delay: int = 0) -> None:
        """See ``JobQueue.send``.

        Raises:
            ValueError: what SQS would never take; a mistake of the caller, not a busy service.
        """
        if not body or _TAKEN.fullmatch(body) is None:
            raise ValueError(f"SQS takes no such characters: {body[:80]!r}")
        if len(body.encode()) > _MOST_BYTES:
            raise ValueError(f"a message of {len(body.encode())} bytes; {_MOST_BYTES} is the most")
        if not 0 <= delay <= _MOST_DELAY:
            raise ValueError(f"a delay of {delay} s; {_MOST_DELAY} is the most")
        if not group:
            raise ValueError("a fair queue's message needs a group")
        with self._operation("send"):
            now = self._clock()
            at = now + delay
            self._held.append(Held(self._next_id(), body, group, now, at, at))

    def send_many(self, bodies: Sequence[str], *, group: str) -> None:
        """See ``JobQueue.send_many``; each message may be refused on its own."""
        for body in bodies:
            self.send(body, group=group)

    def return_at(self, receipt_handle: str, seconds: int) -> None:
        """See ``JobQueue.return_at``."""
        if not 0 <= seconds <= _MOST_VISIBILITY:
            raise ValueError(f"visible in {seconds} s; {_MOST_VISIBILITY} is the most")
        with self._operation("return_at"):
            now = self._clock()
            for held in self._held:
                if held.handle == receipt_handle and held.visible_at > now:
                    held.visible_at = now + seconds

    @property
    def messages(self) -> list[Message]:
        """What everything in the queue says."""
        return [held.message for held in self._held]

    def receive(self, limit: int = 10) -> list[Held]:
        """Takes up to ``limit`` messages, as SQS does: hidden until deleted or the timeout ends."""
        with self._operation("receive"):
            taken: list[Held] = []
            now = self._clock()
            for held in [held for held in self._held if held.visible_at <= now]:
                if len(taken) == limit:
                    break
                if held.receives >= self._most_receives:
                    self._held.remove(held)
                    self.dead.bury(held.body, receives=held.receives, sent_at=held.sent_at)
                    continue
                self._take(held)
                taken.append(held)
            return taken

    def delete(self, handle: str) -> None:
        """Deletes a received message."""
        with self._operation("delete"):
            self._drop(handle)

    def event(self, limit: int = 20) -> dict[str, Any]:
        """Takes up to ``limit`` messages as the event with which Lambda calls the worker."""
        return {"Records": [record_of(held) for held in self.receive(limit)]}

    def settle(self, event: Mapping[str, Any], answer: Mapping[str, Any] | None) -> None:
        """Does what Lambda does with the worker's answer: deletes all but the failed messages.

        Args:
            event: what the worker was called with.
            answer: what it returned (``batchItemFailures``); ``None``: it died, nothing is deleted.
        """
        if answer is None:
            return
        failed: Collection[str] = {
            failure["itemIdentifier"] for failure in answer.get("batchItemFailures", [])
        }
        for record in event["Records"]:
            if record["messageId"] not in failed:
                self.delete(record["receiptHandle"])


class MemoryGauge(Faults):
    """``QueueGauge`` of a queue in memory and its dead letters."""

    OPERATIONS: ClassVar = ("jobs", "dead_letters")

    def __init__(self, queue: MemoryQueue) -> None:
        super().__init__()
        self._queue = queue

    def jobs(self) -> QueueDepth:
        """See ``QueueGauge.jobs``."""
        with self._operation("jobs"):
            return self._queue.depth

    def dead_letters(self) -> QueueDepth:
        """See ``QueueGauge.dead_letters``."""
        with self._operation("dead_letters"):
            return self._queue.dead.depth


def record_of(held: Held) -> dict[str, Any]:
    """One record of the event with which Lambda hands over a received message."""
    sent = str(int(held.sent_at * 1000))
    return {
        "messageId": held.id,
        "receiptHandle": held.handle,
        "body": held.body,
        "attributes": {
            "ApproximateReceiveCount": str(held.receives),
            "SentTimestamp": sent,
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": sent,
            "MessageGroupId": held.group,
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(held.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:jobs",
        "awsRegion": "us-east-1",
    }
