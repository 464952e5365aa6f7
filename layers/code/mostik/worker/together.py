"""Hints that run side by side are re-read together: one request for the records of a batch.

A mass change on the other side is thousands of hints, and one call for each would use up its limit.
Each job has claimed its record before it comes here, so what is read is never older than the hint,
and no two workers hold one record. Jobs that run at the same moment wait for each other for the
blink of an eye; a job that is alone does not wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from mostik.commerce.record import Canonical
from mostik.errors import MostikError
from mostik.integration import Bulk, Resource
from mostik.jobs.message import Touch, Work

MOST_TOGETHER = 50
"""Records of one read: what the work of a run takes too."""
WAIT_SECONDS = 0.05
"""So long the first of several jobs waits for the others; a read takes longer."""

_Name = tuple[str, str]


@dataclass
class _Group:
    """Jobs that wait for one read."""

    keys: dict[str, Future[Canonical | None]] = field(default_factory=dict)
    closed: bool = False


class Together:
    """Joins the reads of one batch of messages. Shared by its threads.

    Args:
        wait: seconds.
    """

    def __init__(self, wait: float = WAIT_SECONDS) -> None:
        self._wait = wait
        self._changed = Condition()
        self._coming: dict[_Name, set[str]] = {}
        """Jobs that have begun and not read yet."""
        self._groups: dict[_Name, _Group] = {}

    @contextmanager
    def running(self, work: Work) -> Iterator[None]:
        """Says that a job runs now: others may wait for its read."""
        if not isinstance(work, Touch):
            yield
            return
        with self._changed:
            self._coming.setdefault(_name(work), set()).add(work.id)
        try:
            yield
        finally:
            self._arrived(work)

    def read(self, source: Resource[Any], work: Touch) -> Canonical | None:
        """Reads the record of a job, with those of the jobs beside it where the resource can.

        The call is made, and logged, for one of them.

        Raises:
            MostikError: what reading this record, or all of them, has raised.
        """
        found: Canonical | None
        if not isinstance(source, Bulk):
            found = source.read(work.key)
            return found
        group, leads = self._join(work)
        if leads and not self._company(work, group):
            try:
                found = source.read(work.key)
                group.keys[work.key].set_result(found)
            except BaseException as error:  # noqa: BLE001 - raised by ``result``, in each thread
                group.keys[work.key].set_exception(error)
        elif leads:
            _read(source, group)
        return group.keys[work.key].result()

    def _join(self, work: Touch) -> tuple[_Group, bool]:
        name = _name(work)
        with self._changed:
            group = self._groups.get(name)
            leads = group is None or group.closed
            if group is None or leads:
                group = self._groups[name] = _Group()
            group.keys.setdefault(work.key, Future())
            group.closed = len(group.keys) >= MOST_TOGETHER
            self._coming.get(name, set()).discard(work.id)
            self._changed.notify_all()
            return group, leads

    def _company(self, work: Touch, group: _Group) -> bool:
        """Waits for the jobs that are on their way. Returns whether any came."""
        name = _name(work)
        with self._changed:
            self._changed.wait_for(lambda: group.closed or not self._coming.get(name), self._wait)
            group.closed = True
            return len(group.keys) > 1

    def _arrived(self, work: Touch) -> None:
        with self._changed:
            self._coming.get(_name(work), set()).discard(work.id)
            self._changed.notify_all()


def _read(source: Bulk[Any], group: _Group) -> None:
    try:
        found = source.read_many(list(group.keys))
    except BaseException as error:  # noqa: BLE001 - raised by ``result``, in each thread
        for waiting in group.keys.values():
            waiting.set_exception(error)
        return
    for key, waiting in group.keys.items():
        record = found.get(key)
        if isinstance(record, MostikError):
            waiting.set_exception(record)
        else:
            waiting.set_result(record)


def _name(work: Touch) -> _Name:
    return (work.connection, work.resource)
