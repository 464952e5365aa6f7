"""Faults on order: what every fake of a port can be told to do wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import ClassVar

from mostik.ports import Busy


@dataclass
class _Plan:
    spared: int
    times: int
    effect: bool


class Faults:
    """Base of the fakes: counts calls, takes them one at a time and fails those that it is told to.

    Attributes:
        calls: how often each operation was called, failed ones included.
        before: called with the operation's name before each one; a test may raise in it.
    """

    OPERATIONS: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.before: Callable[[str], None] | None = None
        self._plans: dict[str, list[_Plan]] = {}
        self._lock = RLock()

    def fail_next(
        self, operation: str, times: int = 1, *, after: int = 0, effect: bool = False
    ) -> None:
        """Makes the next calls of an operation ``Busy``; several plans follow one another.

        Args:
            operation: a method of the port.
            times: so many calls in a row.
            after: so many calls pass first.
            effect: the call has its effect and only its answer is lost, which the port rules out
                and a network does not.
        """
        if operation not in self.OPERATIONS:
            known = ", ".join(self.OPERATIONS)
            raise ValueError(
                f"{type(self).__name__} has no operation {operation!r}; it has: {known}"
            )
        self._plans.setdefault(operation, []).append(_Plan(after, times, effect))

    def recover(self) -> None:
        """Forgets every planned fault."""
        self._plans.clear()

    @contextmanager
    def _operation(self, name: str) -> Iterator[None]:
        with self._lock:
            if self.before is not None:
                self.before(name)
            plan = self._due(name)
            if plan is not None and not plan.effect:
                raise Busy(f"{type(self).__name__} was told to refuse {name}")
            yield
            if plan is not None:
                raise Busy(f"{type(self).__name__} was told to lose the answer of {name}")

    def _due(self, name: str) -> _Plan | None:
        self.calls[name] += 1
        plans = self._plans.get(name)
        if not plans:
            return None
        plan = plans[0]
        if plan.spared:
            plan.spared -= 1
            return None
        plan.times -= 1
        if plan.times <= 0:
            plans.pop(0)
        return plan
