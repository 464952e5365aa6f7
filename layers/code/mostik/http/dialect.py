"""What an integration knows about the answers of its API, and the impure things a client needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mostik.http.classify import ErrorTable
from mostik.http.gate import Feedback
from mostik.ports import Clock, Random, Sleep


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an integration knows about the answers of its API.

    Attributes:
        errors: its verdicts, by code or status.
        code_of: finds the vendor's error code and words in a parsed body.
        feedback: what a good answer's body says of the endpoint's own budget.
    """

    errors: ErrorTable
    code_of: Callable[[Any], tuple[str | None, str | None]] = lambda _content: (None, None)
    feedback: Callable[[Any], Feedback | None] = lambda _content: None

    @property
    def parks(self) -> bool:
        """Whether an endpoint of this API may have a limit of its own."""
        return any(verdict.parks_method for verdict in self.errors.values())


@dataclass(frozen=True, slots=True)
class Effects:
    """The impure things a client needs, passed in."""

    clock: Clock
    sleep: Sleep
    random: Random
