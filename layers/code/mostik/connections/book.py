"""The connections of a stack, in the state table; their secrets lie in Secrets Manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mostik.connections.connection import Connection, Mode
from mostik.errors import ConfigurationError
from mostik.ports import Clock, Table

_PARTITION = "connections"
CACHE_SECONDS = 60.0
"""A changed setting takes effect in every container after so long at the latest."""


class ConnectionBook:
    """Reads and writes connections; reads come from memory for a minute.

    Args:
        table: the state table.
        clock: unix seconds.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._cache: Mapping[str, Connection] = {}
        self._read_at = float("-inf")

    def all(self) -> Sequence[Connection]:
        """Returns every connection, by id."""
        return list(self._fresh().values())

    def get(self, connection_id: str) -> Connection:
        """Returns one connection.

        Raises:
            ConfigurationError: there is none of this id; lists those that exist.
        """
        found = self._fresh().get(connection_id)
        if found is None:
            known = ", ".join(sorted(self._cache)) or "none yet"
            raise ConfigurationError(
                f"There is no connection {connection_id!r}. Existing: {known}.", gate=connection_id
            )
        return found

    def retention_days(self, connection_id: str) -> int | None:
        """Returns for how long a connection's log entries are kept; ``None``: it does not say."""
        found = self._fresh().get(connection_id)
        return found.retention_days if found is not None else None

    def save(self, connection: Connection) -> None:
        """Creates or replaces a connection."""
        self._table.put(
            {
                "pk": _PARTITION,
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
            }
        )
        self._read_at = float("-inf")

    def amend(self, connection_id: str, settings: Mapping[str, Any]) -> None:
        """Changes single settings of a connection, over what stands at this moment."""
        item = self._table.get(_PARTITION, connection_id)
        if item is not None:
            standing = _from_item(item)
            self.save(replace(standing, settings={**standing.settings, **settings}))

    def _fresh(self) -> Mapping[str, Connection]:
        now = self._clock()
        if now - self._read_at >= CACHE_SECONDS:
            found: dict[str, Connection] = {}
            after: str | None = None
            while True:
                page = self._table.query(_PARTITION, after=after)
                found |= {item["sk"]: _from_item(item) for item in page.items}
                after = page.after
                if after is None:
                    break
            self._cache = found
            self._read_at = now
        return self._cache


def _from_item(item: Mapping[str, Any]) -> Connection:
    return Connection(
        id=item["sk"],
        integration=item["integration"],
        settings=item.get("settings", {}),
        networks=tuple(item.get("networks", ())),
        mode=Mode(item.get("mode", Mode.LIVE)),
        limit_share=float(item.get("limit_share", 1.0)),
        retention_days=item.get("retention_days"),
        mask_fields=tuple(item.get("mask_fields", ())),
        keep_personal=bool(item.get("keep_personal", False)),
        ports=tuple(int(port) for port in item.get("ports", ())),
    )
