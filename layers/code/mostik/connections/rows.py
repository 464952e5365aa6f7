"""How a connection lies in the state table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mostik.connections.connection import Connection, Mode
from mostik.ports import Item

PARTITION = "connections"


def to_item(connection: Connection) -> dict[str, Any]:
    """Returns a connection as its row holds it; what it leaves to others is not in it."""
    item: dict[str, Any] = {
        "pk": PARTITION,
        "sk": connection.id,
        "integration": connection.integration,
        "settings": dict(connection.settings),
        "networks": list(connection.networks),
        "mode": connection.mode.value,
        "limit_share": connection.limit_share,
        "retention_days": connection.retention_days,
        "mask_fields": list(connection.mask_fields),
        "keep_personal": connection.keep_personal,
        "ports": list(connection.ports),
        "version": connection.version,
    }
    optional: dict[str, Any] = {
        "calls_per_second": connection.calls_per_second,
        "schedule": dict(connection.schedule),
        "changed_by": connection.changed_by,
        "changed_at": connection.changed_at,
    }
    return {**item, **{name: value for name, value in optional.items() if value}}


def from_item(item: Item) -> Connection:
    """Reads a row back, of this or an earlier release."""
    schedule: Mapping[str, Any] = item.get("schedule", {})
    return Connection(
        id=item.get("id") or item["sk"],
        integration=item["integration"],
        settings=item.get("settings", {}),
        networks=tuple(item.get("networks", ())),
        mode=Mode(item.get("mode", Mode.LIVE)),
        limit_share=float(item.get("limit_share", 1.0)),
        retention_days=item.get("retention_days"),
        mask_fields=tuple(item.get("mask_fields", ())),
        keep_personal=bool(item.get("keep_personal", False)),
        ports=tuple(int(port) for port in item.get("ports", ())),
        calls_per_second=_number(item, "calls_per_second"),
        schedule={errand: float(seconds) for errand, seconds in schedule.items()},
        version=int(item.get("version", 0)),
        changed_by=item.get("changed_by", ""),
        changed_at=_number(item, "changed_at"),
    )


def _number(item: Item, name: str) -> float | None:
    return float(item[name]) if item.get(name) is not None else None
