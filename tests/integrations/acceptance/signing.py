"""What an integration whose calls show tokens offers to the suite: its token service, played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from local.sandbox.server import Call
from tests.integrations.acceptance.played import Clock
from tests.support.wire import Answering


class Signing(Protocol):
    """The other side of an integration, with the service that gives it tokens.

    Attributes:
        settings: of a connection to it, secrets included.
        resource: a resource that can be read.
        refresh: the refresh token that an installation has brought; ``None``: none is needed.
    """

    settings: Mapping[str, Any]
    resource: str
    refresh: str | None

    @property
    def there(self) -> Answering:
        """What answers both kinds of calls."""
        ...

    def is_token_call(self, call: Call) -> bool:
        """Whether a call asks for a token."""
        ...

    def end(self) -> None:
        """Every token that calls show ends now."""
        ...


Signings = Mapping[str, Callable[[Clock], Signing]]
