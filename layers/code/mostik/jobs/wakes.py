"""Errands that run again and again: the tick sends their touch when their time has come.

Level-triggered like the rest of the tick: a lost or doubled one does no harm, because a touch that
nobody needs finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mostik.jobs.message import Touch, dump
from mostik.ports import Busy, Clock, JobQueue, RemainingTime, Table

SHORTEST_SECONDS = 60.0
"""The tick comes no more often."""
_PARTITION = "wakes"
_TIME_RESERVE = 5.0
_EVENT = "tick"


@dataclass(frozen=True, slots=True)
class Wake:
    """One errand that is woken.

    Attributes:
        connection: whose.
        errand: its name.
        key: what it is about.
        every: seconds between two runs.
        next_at: unix seconds when it is due.
    """

    connection: str
    errand: str
    key: str
    every: float
    next_at: float

    @property
    def name(self) -> str:
        """Its sort key."""
        return f"{self.connection}/{self.errand}/{self.key}"


class Wakes:
    """The errands that are woken, in the state table.

    Args:
        table: the state table.
        clock: unix seconds.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def all(self) -> Iterator[Wake]:
        """Returns every one of them, by name."""
        after: str | None = None
        while True:
            page = self._table.query(_PARTITION, after=after)
            for item in page.items:
                yield Wake(
                    item["connection"],
                    item["errand"],
                    item["key"],
                    float(item["every"]),
                    float(item["next_at"]),
                )
            after = page.after
            if after is None:
                return

    def set(self, connection: str, errand: str, key: str, every: float | None) -> None:
        """Has an errand woken; ``every=None``: no more. The same again changes nothing."""
        wake = Wake(connection, errand, key, 0.0, 0.0)
        if every is None:
            self._table.remove(_PARTITION, wake.name)
            return
        every = max(every, SHORTEST_SECONDS)
        standing = self._table.get(_PARTITION, wake.name)
        if standing is None or float(standing["every"]) != every:
            self._put(Wake(connection, errand, key, every, self._clock() + every))

    def send_due(self, queue: JobQueue, remaining: RemainingTime) -> int:
        """Sends the touches of those that are due. Returns how many; stops early when the queue is
        busy or the time is short."""
        now = self._clock()
        sent = 0
        for wake in list(self.all()):
            if wake.next_at > now:
                continue
            if remaining() < _TIME_RESERVE:
                break
            touch = Touch(wake.connection, wake.errand, wake.key, _EVENT, now)
            try:
                queue.send(dump(touch), group=wake.connection)
            except Busy:
                break
            # After the message: a crash in between sends it twice, and twice does no harm.
            self._put(Wake(wake.connection, wake.errand, wake.key, wake.every, now + wake.every))
            sent += 1
        return sent

    def _put(self, wake: Wake) -> None:
        row: dict[str, Any] = {
            "pk": _PARTITION,
            "sk": wake.name,
            "connection": wake.connection,
            "errand": wake.errand,
            "key": wake.key,
            "every": wake.every,
            "next_at": wake.next_at,
        }
        self._table.put(row)
