"""Tasks on a virtual clock: one runs at a time, and only a pause lets another one go on.

Each task is a thread that holds the baton between two pauses, so that code under test needs to know
nothing of it, and every run with one seed is the same run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from heapq import heappop, heappush


class Over(BaseException):
    """The simulation has ended: a task goes home, whatever it was doing."""


def _given_away() -> threading.Lock:
    """A baton in somebody else's hand: to acquire it is to wait for it. (A semaphore is slower.)"""
    baton = threading.Lock()
    baton.acquire()
    return baton


class Task:
    """One thread of the simulation.

    Attributes:
        name: for traces.
    """

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        self.name = name
        self.body = body
        self.baton = _given_away()
        self.thread: threading.Thread | None = None


class Simulation:
    """A virtual clock and the tasks on it.

    Attributes:
        now: true unix seconds; what a task's own clock says may differ.
        current: the task that holds the baton.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.current: Task | None = None
        self._queue: list[tuple[float, int, Task]] = []
        self._number = 0
        self._over = False
        self._main = _given_away()
        self._tasks: list[Task] = []
        self._error: BaseException | None = None

    def spawn(self, name: str, body: Callable[[], None]) -> None:
        """Adds a task that begins now."""
        task = Task(name, body)
        task.thread = threading.Thread(target=self._live, args=(task,), name=name, daemon=True)
        self._tasks.append(task)
        task.thread.start()
        self._enqueue(self.now, task)

    def run(self) -> None:
        """Runs until every task has ended.

        Raises:
            BaseException: what a task did not catch.
        """
        self._pass_on()
        self._main.acquire()
        for task in self._tasks:
            if task.thread is not None:
                task.thread.join()
        if self._error is not None:
            raise self._error

    def pause(self, seconds: float) -> None:
        """Lets virtual time pass for the current task; others run meanwhile.

        Raises:
            Over: the simulation has ended meanwhile.
        """
        if self._over:
            raise Over
        task = self.current
        if task is None:
            self.now += seconds
            return
        until = self.now + max(seconds, 0.0)
        if self._queue and self._queue[0][0] <= until:
            self._enqueue(until, task)
            self._pass_on()
            task.baton.acquire()
            if self._over:
                raise Over
            return
        self.now = until  # nobody else has anything to do before

    def stop(self) -> None:
        """Ends the simulation: each task's pause raises ``Over``."""
        self._over = True

    def _live(self, task: Task) -> None:
        task.baton.acquire()
        try:
            if not self._over:
                task.body()
        except Over:
            pass
        except BaseException as error:  # noqa: BLE001 - it is raised where the simulation is run
            self._error = self._error or error
            self._over = True
        self._pass_on()

    def _enqueue(self, at: float, task: Task) -> None:
        self._number += 1
        heappush(self._queue, (at, self._number, task))

    def _pass_on(self) -> None:
        if not self._queue:
            self.current = None
            self._main.release()
            return
        at, _, task = heappop(self._queue)
        self.now = max(self.now, at)
        self.current = task
        task.baton.release()
