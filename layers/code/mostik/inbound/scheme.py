"""The contract of a signature scheme: raw bytes in, a proof or ``WebhookRejected`` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from mostik.inbound.private import Private
from mostik.inbound.request import InboundRequest


@dataclass(frozen=True, slots=True)
class AcceptedSecret:
    """One secret that the door accepts. Several are live at once while one is being rotated.

    Attributes:
        id: a public name ("1", "2026-11"); it travels with the event, the value never does.
        value: the secret, key or ``login:password`` as the scheme wants it.
        not_after: unix seconds after which it is refused; ``None`` is for ever.
    """

    id: str
    value: str = field(repr=False)
    not_after: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """The proof that travels with an event: a later replay never checks the signature again."""

    scheme: str
    key_id: str
    delivery_id: str | None = None


class Scheme(Protocol):
    """A signature scheme: a small value object whose fields are its parameters.

    ``verify`` is pure (the clock is ``request.received_at``), works on raw bytes, compares in
    constant time and fails closed: an empty secret verifies nothing. It raises ``WebhookRejected``
    and nothing else, whatever the request holds.
    """

    @property
    def name(self) -> str:
        """The name in door documents and logs: the vendor's, where the scheme is a preset."""
        ...

    def verify(self, request: InboundRequest, secrets: Sequence[AcceptedSecret]) -> Verified:
        """Proves the request with one of ``secrets``, or raises ``WebhookRejected``."""
        ...


@runtime_checkable
class CarriesCredentials(Protocol):
    """A scheme whose senders put credentials into their events."""

    @property
    def credentials(self) -> Private:
        """Which fields of a request hold them."""
        ...
