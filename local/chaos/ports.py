"""Boundaries: every call of a port may be refused, lose its answer, or be its process's last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Protocol

from mostik.ports import Busy
from tests.support.queue import Held, MemoryQueue


class Perils(Protocol):
    """What stands on both sides of a call."""

    def before(self, port: str, operation: str) -> None:
        """Raises ``Busy`` or ``Killed`` instead of the call, or lets time pass."""
        ...

    def after(self, port: str, operation: str) -> None:
        """Raises ``Busy`` or ``Killed`` once the call has had its effect."""
        ...


class Boundary:
    """A port with perils on both sides of each of its operations.

    Args:
        port: its name.
        target: the port itself.
        operations: what is called on it.
        perils: what may happen.
        seen: takes each call that had its effect: operation, arguments, result.
    """

    def __init__(
        self,
        port: str,
        target: Any,
        operations: Sequence[str],
        perils: Perils,
        seen: Callable[[str, Sequence[Any], Any], None] | None = None,
    ) -> None:
        for operation in operations:
            guarded = _guarded(port, operation, getattr(target, operation), perils, seen)
            setattr(self, operation, guarded)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _guarded(
    port: str,
    operation: str,
    method: Callable[..., Any],
    perils: Perils,
    seen: Callable[[str, Sequence[Any], Any], None] | None,
) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        perils.before(port, operation)
        result = method(*arguments, **named)
        if seen is not None:
            seen(operation, arguments, result)
        perils.after(port, operation)
        return result

    def call_many(items: Any) -> Any:
        rows = list(items)
        try:
            return call(rows)
        except Busy:
            return rows  # the adapter says what was not taken

    return call_many if operation == "put_many" else call


class ChaosQueue(MemoryQueue):
    """The queue as SQS may behave: out of order, and now and then a message twice.

    Args:
        clock: true unix seconds.
        dice: of this run.
        odds: duplicate, reorder and undeleted as they are now.

    Attributes:
        doubled: messages that were delivered twice.
        most: the highest receive count so far.
        buried: messages that were received too often.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        dice: Random,
        odds: Callable[[], Mapping[str, float]],
    ) -> None:
        super().__init__(clock)
        self._dice = dice
        self._odds = odds
        self.doubled = 0
        self.most = 0
        self.buried = 0

    def receive(self, limit: int = 10) -> list[Held]:
        """See ``MemoryQueue.receive``."""
        odds = self._odds()
        if len(self._held) > 1 and self._dice.random() < odds["reorder"]:
            reach = min(len(self._held), 4 * limit)
            near = self._held[:reach]
            self._dice.shuffle(near)
            self._held[:reach] = near
        letters = len(self.dead)
        taken = super().receive(limit)
        self.buried += len(self.dead) - letters
        for held in taken:
            self.most = max(self.most, held.receives)
            if self._dice.random() < odds["duplicate"]:
                self.doubled += 1
                at = self._clock() + self._dice.random() * 60.0
                self._held.append(
                    Held(held.id, held.body, held.group, held.sent_at, at, 0.0, held.receives)
                )
        return taken

    def delete(self, handle: str) -> None:
        """See ``MemoryQueue.delete``; the request may get lost on its way."""
        if self._dice.random() >= self._odds()["undeleted"]:
            super().delete(handle)

    def next_visible(self) -> float | None:
        """Returns when the next message can be received, if one will be."""
        return min((held.visible_at for held in self._held), default=None)
