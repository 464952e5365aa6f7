"""What an integration whose other side is never called offers to the suite: it brings and takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tests.support.faults import Faults

Alter = Callable[[bytes], bytes]


def as_it_is(content: bytes) -> bytes:
    """Changes nothing."""
    return content


class Brings(Protocol):
    """The other side, the stack that it comes to, and a shop behind that. Records say a number.

    Attributes:
        ahead: seconds by which the other side's clock is ahead of ours.
        working: whether it is the worker that calls a port just now.
    """

    ahead: float
    working: bool

    def make(self, number: int) -> str:
        """The other side has a record more. Returns its key."""
        ...

    def edit(self, key: str, number: int) -> None:
        """A person there lets a record say something else."""
        ...

    def bring(self, alter: Alter = as_it_is) -> None:
        """It brings what has changed, and that is worked off."""
        ...

    def bring_all(self, alter: Alter = as_it_is) -> None:
        """It brings everything, and that is worked off."""
        ...

    def import_first_again(self) -> None:
        """A person has what was brought first imported once more."""
        ...

    def ports(self) -> Mapping[str, Faults]:
        """What can fail under the worker."""
        ...

    def said(self) -> Mapping[str, int]:
        """What each record says there, by key."""
        ...

    def carried_over(self) -> Mapping[str, int]:
        """What each record says in the shop, by its key there."""
        ...

    def writes(self) -> int:
        """How often the shop was written to."""
        ...

    def complaints(self) -> str:
        """What the other side's administrator is told."""
        ...


BringsAll = Mapping[str, Callable[[], Brings]]
