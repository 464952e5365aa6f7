"""What a connection's client remembers from one job to the next: directories that seldom change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast

from mostik.ports import Clock

Value = TypeVar("Value")


class Memory:
    """Values for a while, in this process only. Shared by threads; two may read the same at once.

    Args:
        clock: unix seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[tuple[str, Hashable], tuple[float, Any]] = {}

    def of(self, name: str, key: Hashable, seconds: float, read: Callable[[], Value]) -> Value:
        """Returns what is remembered, or reads it and remembers it.

        Args:
            name: what it is.
            key: which of them.
            seconds: so old it may be.
            read: reads it; what it raises is not remembered.
        """
        with self._lock:
            found = self._kept.get((name, key))
        if found is not None and self._clock() - found[0] < seconds:
            return cast("Value", found[1])
        value = read()
        with self._lock:
            self._kept[name, key] = (self._clock(), value)
        return value

    def forget(self) -> None:
        """Forgets all of it."""
        with self._lock:
            self._kept.clear()
