"""What an integration offers to the acceptance suite: its other side, played.

An integration is in the suite when ``tests/integrations/<name>/played.py`` has a function
``played(clock)`` that returns a ``Played``. Nothing here names one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import pytest

from local.sandbox.server import Sandbox
from mostik.commerce.record import Canonical
from mostik.registry import discovered


class Played(Protocol):
    """The other side of an integration, and how people work in it.

    Attributes:
        settings: of a connection to it, secrets included.
        resource: the resource that is tried.
        listing: the path of the call that lists it, creates it.
        required: a field of its rows without which there is no record.
    """

    settings: Mapping[str, Any]
    resource: str
    listing: str
    required: str

    @property
    def sandbox(self) -> Sandbox:
        """The system; it answers calls."""
        ...

    def make(self, text: str) -> str:
        """A person enters a record that says ``text``. Returns its key."""
        ...

    def edit(self, key: str, text: str) -> None:
        """A person lets a record say something else."""
        ...

    def remove(self, key: str) -> None:
        """A person deletes a record."""
        ...

    def texts(self) -> Mapping[str, str]:
        """What each record says, by key."""
        ...

    def besides(self, key: str) -> Mapping[str, Any]:
        """What a record holds that we know nothing of, and that must stay."""
        ...

    def record(self, key: str, text: str) -> Canonical:
        """A canonical record that says ``text``."""
        ...

    def text_of(self, record: Canonical) -> str:
        """What a canonical record says."""
        ...


Clock = Callable[[], float]


def _module(name: str) -> str:
    return f"tests.integrations.{name}.played"


def _offers(name: str) -> bool:
    return bool(find_spec(f"tests.integrations.{name}") and find_spec(_module(name)))


def play(name: str, clock: Clock) -> Played:
    """Returns the other side of an integration."""
    made: Played = import_module(_module(name)).played(clock)
    return made


OFFERED = [name for name in sorted(discovered()) if _offers(name)]
EVERY_PLAYED = pytest.mark.parametrize("name", OFFERED)
