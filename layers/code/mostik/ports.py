"""What the core needs from the outside world, in our own words.

Every port has two implementations at least: an adapter (``dynamodb.py``, ``sqs.py``, ``s3.py``,
``secrets.py``) and a fake in tests/support. One contract suite runs over both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mostik.errors import Busy

__all__ = [
    "Blobs",
    "Busy",
    "Clock",
    "DeadLetter",
    "DeadLetters",
    "Item",
    "JobQueue",
    "Page",
    "QueueDepth",
    "QueueGauge",
    "Random",
    "RemainingTime",
    "Replaced",
    "SecretDocuments",
    "SecretWriter",
    "Secrets",
    "Sleep",
    "Slot",
    "Slots",
    "Table",
]  # fmt: skip

Clock = Callable[[], float]
"""Returns unix seconds, UTC."""

Sleep = Callable[[float], None]
"""Waits for seconds."""

Random = Callable[[], float]
"""Returns a number in [0, 1)."""

RemainingTime = Callable[[], float]
"""Returns the seconds that this invocation may still use."""

Item = Mapping[str, Any]
"""A row as the table holds it: str, int, float, bool, bytes, None, lists and maps of them."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a query.

    Attributes:
        items: rows in the order of the sort key.
        after: the sort key to go on from, or ``None`` at the end.
        read_units: what the service counted for reading it (0.5 per 4 KB read eventually
            consistent).
    """

    items: Sequence[Item]
    after: str | None
    read_units: float = 0.0


class Table(Protocol):
    """A table of rows with a partition key ``pk``, a sort key ``sk`` and an optional ``version``.

    Every conditional write answers with the row that stands in the way, so a caller decides again
    without a second read. All methods raise ``Busy`` when the service throttles.
    """

    def get(self, pk: str, sk: str) -> Item | None:
        """Reads one row, strongly consistent."""
        ...

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Item]:
        """Reads many rows by (``pk``, ``sk``), strongly consistent, in no order; those that do not
        exist are left out. Keys given twice are read once."""
        ...

    def insert(self, item: Item) -> Item | None:
        """Writes a row that must not exist. Returns ``None``, or the row that stands."""
        ...

    def replace(self, item: Item, version: int) -> Replaced:
        """Writes a row over the one whose ``version`` is given."""
        ...

    def put(self, item: Item) -> None:
        """Writes a row over whatever stands."""
        ...

    def remove(self, pk: str, sk: str, version: int | None = None) -> Replaced:
        """Deletes a row, when ``version`` is given only if it still has that version."""
        ...

    def query(
        self,
        pk: str,
        *,
        index: str | None = None,
        first: str | None = None,
        last: str | None = None,
        after: str | None = None,
        newest_first: bool = False,
        limit: int = 100,
    ) -> Page:
        """Reads rows of one partition in the order of the sort key.

        Args:
            pk: the partition, of the table or of ``index``.
            index: a secondary index by name.
            first: smallest sort key wanted, inclusive.
            last: greatest sort key wanted, inclusive.
            after: go on behind this sort key (from ``Page.after``).
            newest_first: descending order.
            limit: rows read at the most.
        """
        ...

    def put_many(self, items: Iterable[Item]) -> Sequence[Item]:
        """Writes rows in batches, unconditionally. Returns those that the service did not take."""
        ...


@dataclass(frozen=True, slots=True)
class Slot:
    """The answer to a request for a slot.

    Attributes:
        granted: the slot is ours, from ``wait`` seconds on.
        wait: seconds until the call may be made. Of a refusal: how long it would have been.
    """

    granted: bool
    wait: float


class Slots(Protocol):
    """Shared rate limits: for each key the moment when its bucket is empty again.

    A bucket's level is the seconds until then; it falls by one a second. (GCRA, the generic cell
    rate algorithm: that moment is its theoretical arrival time.) All methods raise ``Busy`` when
    the service throttles.
    """

    def take(
        self, key: str, *, now: float, increment: float, ceiling: float, patience: float = 0.0
    ) -> Slot:
        """Raises the level by ``increment``, unless it would stand above ``ceiling + patience``.

        Above the ceiling a slot lies in the future: its call waits until the level has fallen so
        far. In the common case it is one write, and no two callers get one slot.

        Args:
            key: the bucket.
            now: unix seconds of the caller.
            increment: seconds that one call is worth.
            ceiling: seconds up to which a call may be made at once.
            patience: seconds that the caller would wait.
        """
        ...

    def fill(self, key: str, *, now: float, level: float) -> None:
        """Raises the level to ``level`` seconds; never lowers it."""
        ...

    def level(self, key: str, *, now: float) -> float:
        """Reads the level, in seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Replaced:
    """The answer of a conditional write: done, or the row (if any) that stands instead."""

    done: bool
    standing: Item | None = None


class JobQueue(Protocol):
    """The queue of jobs."""

    def send(self, body: str, *, group: str, delay: int = 0) -> None:
        """Sends one message.

        Args:
            body: the message as text, at most 1 MiB.
            group: fair-queue group: the connection.
            delay: seconds until it becomes visible, at most 900.

        Raises:
            Busy: the queue refused it; nothing was sent.
        """
        ...

    def send_many(self, bodies: Sequence[str], *, group: str) -> None:
        """Sends messages that may come twice and in any order, with few requests.

        Args:
            bodies: as for ``send``.
            group: of all of them.

        Raises:
            Busy: the queue refused some; the others are sent.
        """
        ...

    def return_at(self, receipt_handle: str, seconds: int) -> None:
        """Makes a received message visible again after ``seconds`` instead of its timeout."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message in the dead-letter queue."""

    handle: str
    body: str
    receives: int
    first_sent_at: float


class DeadLetters(Protocol):
    """The dead-letter queue, which only SQS fills."""

    def receive(self, limit: int) -> Sequence[DeadLetter]:
        """Takes up to ``limit`` messages; they come back unless deleted."""
        ...

    def delete(self, handle: str) -> None:
        """Deletes a message that has become a row."""
        ...


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How much is in a queue, approximately."""

    visible: int
    in_flight: int
    delayed: int


class QueueGauge(Protocol):
    """Reads the depth of the queues."""

    def jobs(self) -> QueueDepth:
        """The depth of the jobs queue."""
        ...

    def dead_letters(self) -> QueueDepth:
        """The depth of the dead-letter queue."""
        ...


class Blobs(Protocol):
    """Bodies and uploads that are too big for a message or a row."""

    def put(self, key: str, data: bytes) -> None:
        """Stores an object. Raises ``Busy`` when it was not stored."""
        ...

    def get(self, key: str) -> bytes | None:
        """Returns an object, or ``None`` when it is gone."""
        ...


class Secrets(Protocol):
    """Secret documents by name, cached."""

    def read(self, name: str) -> str | None:
        """Returns the document, or ``None`` when there is none. May be up to 15 minutes old."""
        ...

    def refresh(self, name: str) -> str | None:
        """Reads it again, at most once a minute per name; else like ``read``."""
        ...


class SecretWriter(Protocol):
    """Stores secret documents."""

    def write(self, name: str, document: str) -> None:
        """Creates or replaces a secret document."""
        ...


class SecretDocuments(SecretWriter, Protocol):
    """Secret documents that we write ourselves: no cache stands before them."""

    def load(self, name: str) -> str | None:
        """Returns the document as it is now, or ``None`` when there is none.

        Raises:
            Busy: the service is away; an older copy would not do.
        """
        ...
