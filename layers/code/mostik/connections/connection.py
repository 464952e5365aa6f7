"""A connection: one configured instance of an integration, without its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mostik.errors import ConfigurationError

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured instance of an integration.

    Attributes:
        id: ``^[a-z0-9][a-z0-9-]{0,38}$``; part of URLs, secret names and keys.
        integration: name of the integration's folder.
        settings: values of the integration's settings model, without secrets.
        networks: CIDR blocks where this connection may call plain HTTP (an on-premises 1C).
    """

    id: str
    integration: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    networks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_connection_id(self.id):
            raise ConfigurationError(
                f"{self.id!r} cannot be a connection's id: use 1 to 39 of a-z, 0-9 and '-', not"
                " beginning with '-'."
            )


def is_connection_id(text: str) -> bool:
    """Whether a text can be a connection's id; checked before anything else sees it."""
    return _ID.fullmatch(text) is not None
