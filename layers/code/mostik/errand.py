"""What receipts are about, and the work of a connection that is about no record.

Part of the contract of an integration; integrations import it from ``integration``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from mostik.discovery import Discovery
from mostik.http.gate import Lane

SettingsT = TypeVar("SettingsT", bound=BaseModel)
ClientT = TypeVar("ClientT")


@dataclass(frozen=True, slots=True)
class Hint:
    """A receipt says that this record may have changed."""

    resource: str
    key: str


@dataclass(frozen=True, slots=True)
class FullState:
    """A receipt carries this record itself, in the external system's own words."""

    resource: str
    key: str
    content: Mapping[str, Any]


Finding = Hint | FullState


@dataclass(frozen=True, slots=True)
class Installation:
    """What a vendor handed over when its application was installed. Nothing of it is proven.

    Attributes:
        at: unix seconds.
        fields: as they came, by name.
    """

    at: float
    fields: Mapping[str, str] = field(repr=False)


class Tools(Protocol):
    """What an errand may do to the stack, beside calling its API."""

    @property
    def connection(self) -> str:
        """Id of the connection."""
        ...

    def now(self) -> float:
        """Unix seconds."""
        ...

    def remaining(self) -> float:
        """Seconds that it may still use."""
        ...

    def touch(self, hints: Iterable[Hint]) -> int:
        """Asks for records to be looked at: when it returns, each has its job. Those that no link
        uses are passed over. Returns how many were asked for.

        Raises:
            Busy: the queue did not take all of them; ask again for all.
        """
        ...

    def uses(self, resource: str) -> bool:
        """Whether a link uses a resource."""
        ...

    def wake(self, errand: str, key: str, every: float | None) -> None:
        """Has an errand run again and again; ``None``: no more.

        Args:
            errand: its name.
            key: what it is about.
            every: seconds between two runs, at least 60.
        """
        ...

    def recall(self, name: str) -> Mapping[str, Any] | None:
        """Returns what was noted under a name."""
        ...

    def note(self, name: str, values: Mapping[str, Any]) -> None:
        """Remembers values for later errands of this connection; no secrets."""
        ...

    def discover(self, connection: str) -> Discovery:
        """Looks what there is on the other side of another connection.

        Raises:
            Skip: that one has nothing that can be looked up.
            MostikError: it could not look.
        """
        ...

    def installation(self) -> Installation | None:
        """Returns what an installation has left here and nobody has taken yet."""
        ...

    def adopt(self, refresh: str) -> Mapping[str, str]:
        """Proves a refresh token at the token service and goes on with the pair that it gives.

        Returns:
            What the token service says of the account.

        Raises:
            ConfigurationError: the token service, or the connection's plan, refuses it.
        """
        ...

    def admit(self, secret: str, parameters: Mapping[str, Any]) -> None:
        """Lets events in that this secret proves, with these parameters of their scheme."""
        ...

    def settle(self, settings: Mapping[str, Any]) -> None:
        """Changes settings of the connection that are no secrets."""
        ...

    def forget_installation(self) -> None:
        """Removes what the installation has left."""
        ...


@dataclass(frozen=True, slots=True)
class Errand(Generic[SettingsT, ClientT]):
    """Work of a connection that is about no record: reading a feed, finishing an installation.

    A hint that names an errand instead of a resource has it run; like a record it is in one hand at
    a time, and a hint meanwhile has it run once more.

    Attributes:
        run: does it, for the hint's key. Returns how much it did.
        lane: how urgent its calls are.
        cures: it runs although the connection's gate is closed, because it may be what opens it.
    """

    run: Callable[[ClientT, SettingsT, Tools, str], int]
    lane: Lane = Lane.EVENT
    cures: bool = False
