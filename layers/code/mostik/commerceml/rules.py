"""What a connection's owner may decide about the exchange, and which schema both sides speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

FILE_LIMIT = 3_000_000
"""Bytes of a fragment: with base64 around it, it still fits into Lambda's 6 MB of event."""
MOST_HOLD_SECONDS = 20.0
"""The HTTP API gives up after 30."""
SCHEMAS = ("2.05", "2.06", "2.07", "2.08", "2.09", "2.10")


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of one connection's exchange.

    Attributes:
        sessid_required: a call without ``sessid`` is refused; old modules do not send it.
        zip: 1C may send archives.
        file_limit: bytes of a fragment.
        hold_seconds: for how long a poll of ``import`` is held: 1C asks again without a pause.
        most_orders: orders in one answer to ``query``; the others come with the next.
        most_order_bytes: bytes after which such an answer ends.
        idle_seconds: silence after which files are imported although 1C never asked for it.
    """

    sessid_required: bool = False
    zip: bool = True
    file_limit: int = FILE_LIMIT
    hold_seconds: float = 15.0
    most_orders: int = 500
    most_order_bytes: int = 3_000_000
    idle_seconds: float = 900.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "hold_seconds", min(self.hold_seconds, MOST_HOLD_SECONDS))
        # 0 and less would mean "do not split" to 1C.
        object.__setattr__(self, "file_limit", min(max(self.file_limit, 1_024), FILE_LIMIT))


def rules_from(settings: Mapping[str, Any]) -> Rules:
    """Returns the rules that a connection's settings name (``exchange``); the others are usual."""
    given = settings.get("exchange")
    if not isinstance(given, Mapping):
        return Rules()
    usual = Rules()
    known: dict[str, Any] = {}
    for field in fields(Rules):
        value, kind = given.get(field.name), type(getattr(usual, field.name))
        if isinstance(value, bool) is not (kind is bool):
            continue
        if isinstance(value, int | float) and value >= 0:
            known[field.name] = kind(value)
    return Rules(**known)


def agreed_schema(asked: str) -> str:
    """Returns the newest schema that both sides speak; 1C names the newest that it knows."""
    major, _, minor = asked.strip().partition(".")
    if not (major.isascii() and major.isdigit() and minor.isascii() and minor.isdigit()):
        return SCHEMAS[-1]
    if len(major) > 4 or len(minor) > 4:
        return SCHEMAS[-1]
    theirs = (int(major), int(minor))
    known = [one for one in SCHEMAS if tuple(map(int, one.split("."))) <= theirs]
    return known[-1] if known else SCHEMAS[0]
