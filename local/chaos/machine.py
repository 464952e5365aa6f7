"""What Powertools' breaker takes from its process, given to each simulated container by itself.

It reads the machine's clock and counts failures in globals, one set for each process. Here many
containers live in one process, each with a clock and a memory of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from aws_lambda_powertools.utilities.circuit_breaker import base
from aws_lambda_powertools.utilities.circuit_breaker.persistence import base as store

from mostik.ids import ulid

_TIME = "dt"
"""How these modules call ``datetime``."""
_GLOBALS = ("_LOCAL_FAILURES", "_LOCAL_SUCCESSES", "_LAST_OBSERVED_STATE")


@dataclass(frozen=True, slots=True)
class _Moment:
    seconds: float

    def timestamp(self) -> float:
        return self.seconds


class _Clock:
    """Stands where the module says ``dt`` and asks for ``dt.datetime.now()``."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.datetime = self

    def now(self) -> _Moment:
        return _Moment(self._clock())


class _OfContainer(dict[str, Any]):
    """A dict of which every container sees its own part."""

    def __init__(self, container: Callable[[], str]) -> None:
        super().__init__()
        self._container = container

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(self._key(name), default)

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(self._key(name))

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(self._key(name), value)

    def _key(self, name: str) -> str:
        return f"{self._container()}\n{name}"


@contextmanager
def seeded_ids(seed: int) -> Iterator[None]:
    """Has the random part of every ULID follow a seed for the length of a block: the names of runs
    and of what they keep decide in which order things are found."""
    dice = Random(seed)  # noqa: S311 - a seeded run, no secret
    kept = ulid.__defaults__
    ulid.__defaults__ = (dice.randbytes,)
    try:
        yield
    finally:
        ulid.__defaults__ = kept


@contextmanager
def containers(clock: Callable[[], float], container: Callable[[], str]) -> Iterator[None]:
    """Gives Powertools a clock and a memory by container for the length of a block.

    Args:
        clock: unix seconds as the container that runs now sees them.
        container: its name.
    """
    kept = [(base, name, getattr(base, name)) for name in _GLOBALS]
    kept += [(module, _TIME, getattr(module, _TIME)) for module in (base, store)]
    for name in _GLOBALS:
        setattr(base, name, _OfContainer(container))
    for module in (base, store):
        setattr(module, _TIME, _Clock(clock))
    try:
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)
