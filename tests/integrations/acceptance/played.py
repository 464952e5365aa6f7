"""What an integration offers to the acceptance suite: its other side, played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from local.sandbox.server import Call, Sandbox
from mostik.commerce.record import Canonical

Clock = Callable[[], float]


class Played(Protocol):
    """The other side of an integration, and how people work in it.

    Attributes:
        settings: of a connection to it, secrets included.
        resource: the resource that is tried.
        many: so many records lie on several pages of a run.
        vital: fields of its rows without which the whole list is nothing to go by: what tells one
            row from the other, and in which order they come.
        required: a field without which a row is no record.
        nonsense: what makes no sense in it; ``None``: that it is not there.
        ahead: seconds by which the system's clock is.
    """

    settings: Mapping[str, Any]
    resource: str
    many: int
    vital: frozenset[str]
    required: str
    nonsense: str | None
    ahead: float

    @property
    def sandbox(self) -> Sandbox:
        """The system; it answers calls."""
        ...

    # ── what a call is for ─────────────────────────────────────────────────────────────────────

    def lists(self, call: Call) -> bool:
        """Whether a call reads a list."""
        ...

    def writes(self, call: Call) -> bool:
        """Whether a call changes something there."""
        ...

    def creates(self, call: Call) -> bool:
        """Whether a call makes a record."""
        ...

    # ── people ─────────────────────────────────────────────────────────────────────────────────

    def make(self, text: str) -> str:
        """A person enters a record that says ``text``. Returns its key."""
        ...

    def edit(self, key: str, text: str) -> None:
        """A person lets a record say something else."""
        ...

    def remove(self, key: str) -> None:
        """A person deletes a record."""
        ...

    # ── what a test looks at ───────────────────────────────────────────────────────────────────

    def texts(self) -> Mapping[str, str]:
        """What each record says, by key."""
        ...

    def besides(self, key: str) -> Mapping[str, Any]:
        """What a record holds that we know nothing of, and that must stay."""
        ...

    def record(self, key: str, text: str) -> Canonical:
        """A canonical record that says ``text``."""
        ...

    def saying(self, record: Canonical, text: str) -> Canonical:
        """The record with another text, and else as it was."""
        ...

    def text_of(self, record: Canonical) -> str:
        """What a canonical record says."""
        ...


class Ahead(Protocol):
    """Whose clock may be ahead of ours."""

    ahead: float


def ahead_of(clock: Clock, played: Ahead) -> Clock:
    """The clock of a system that is ahead of ours by as much as its player says."""
    return lambda: clock() + played.ahead


Plays = Mapping[str, Callable[[Clock], Played]]
