"""A connection: one configured instance of an integration, without its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mostik.errors import ConfigurationError

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
_MOST_DAYS = 365


class Mode(StrEnum):
    """Whether a connection's API may be called."""

    LIVE = "live"
    DRY = "dry"
    """It is read and compared, and nothing is written to it: jobs say what they would write."""
    PAUSED = "paused"
    """A person has stopped its calls: its jobs are held until it is resumed."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured instance of an integration.

    Attributes:
        id: ``^[a-z0-9][a-z0-9-]{0,38}$``; part of URLs, secret names and keys.
        integration: name of the integration's folder.
        settings: values of the integration's settings model, without secrets.
        networks: CIDR blocks of the company's own where this connection may call, on any port and
            over plain HTTP too (an on-premises 1C); elsewhere only public addresses over TLS.
        mode: live, dry or paused.
        limit_share: the part of the vendor's limit that is ours, above 0 and at most 1: less than 1
            where other applications call the same portal.
        retention_days: after so many days its log entries expire; ``None``: as the stack's do.
        mask_fields: further fields that the log masks, by name.
        keep_personal: the log keeps phones, e-mail addresses, names and addresses; a person must
            ask to see them.
        ports: further ports of public addresses, beside 443.
        calls_per_second: our own limit, below the vendor's; ``None``: the vendor's alone.
        schedule: seconds between two runs of an errand that is woken, by its name; others run as
            often as the integration says.
        version: grows with every change; 0: not stored yet, or by an earlier release.
        changed_by: who has made this version.
        changed_at: when, unix seconds.
    """

    id: str
    integration: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    mode: Mode = Mode.LIVE
    limit_share: float = 1.0
    retention_days: int | None = None
    mask_fields: tuple[str, ...] = ()
    keep_personal: bool = False
    ports: tuple[int, ...] = ()
    calls_per_second: float | None = None
    schedule: Mapping[str, float] = field(default_factory=dict)
    version: int = field(default=0, compare=False)
    changed_by: str = field(default="", compare=False)
    changed_at: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not is_connection_id(self.id):
            raise ConfigurationError(
                f"{self.id!r} cannot be a connection's id: use 1 to 39 of a-z, 0-9 and '-', not"
                " beginning with '-'."
            )
        if not 0 < self.limit_share <= 1:
            raise ConfigurationError(
                f"The share of the vendor's limit must be above 0 and at most 1, not"
                f" {self.limit_share}.",
                gate=self.id,
            )
        if self.retention_days is not None and not 1 <= self.retention_days <= _MOST_DAYS:
            raise ConfigurationError(
                f"Log entries are kept for 1 to {_MOST_DAYS} days, not {self.retention_days}.",
                gate=self.id,
            )
        if self.calls_per_second is not None and self.calls_per_second <= 0:
            raise ConfigurationError(
                "Our own limit must let through at least something.", gate=self.id
            )


def is_connection_id(text: str) -> bool:
    """Whether a text can be a connection's id; checked before anything else sees it."""
    return _ID.fullmatch(text) is not None
