"""The connections of a stack, in the state table; their secrets lie in Secrets Manager.

Every change makes a new version. Before a version is replaced it is copied to the connection's
history, under its own number: the copy is the same whoever writes it, so a crash or two people at
once lose none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mostik.connections.connection import Connection, Mode
from mostik.connections.rows import PARTITION, from_item, to_item
from mostik.errors import ConfigurationError
from mostik.ports import Busy, Clock, Item, Table

CACHE_SECONDS = 60.0
"""A changed setting takes effect in every container after so long at the latest."""
_TRIES = 6


class Changed(Exception):
    """Somebody else has changed the connection meanwhile.

    Args:
        standing: as it is now; ``None``: there is none.
    """

    def __init__(self, standing: Connection | None) -> None:
        super().__init__("the connection was changed meanwhile")
        self.standing = standing


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of a connection, newest first, and where to go on."""

    versions: Sequence[Connection]
    after: str | None


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
        """Returns one connection; one that is not remembered may have been made just now.

        Raises:
            ConfigurationError: there is none of this id; lists those that exist.
        """
        found = self._fresh().get(connection_id) or self._just_made(connection_id)
        if found is None:
            known = ", ".join(sorted(self._cache)) or "none yet"
            raise ConfigurationError(
                f"There is no connection {connection_id!r}. Existing: {known}.", gate=connection_id
            )
        return found

    def now(self, connection_id: str) -> Connection | None:
        """Returns a connection as it is at this moment; ``None``: there is none."""
        item = self._table.get(PARTITION, connection_id)
        return from_item(item) if item is not None else None

    def retention_days(self, connection_id: str) -> int | None:
        """Returns for how long a connection's log entries are kept; ``None``: it does not say."""
        found = self._fresh().get(connection_id)
        return found.retention_days if found is not None else None

    def save(self, connection: Connection, *, by: str = "") -> None:
        """Creates or replaces a connection, whatever stands.

        Raises:
            Busy: it is changed by many at once.
        """
        for _ in range(_TRIES):
            standing = self._table.get(PARTITION, connection.id)
            if self._write(connection, standing, by) is not None:
                return
        raise Busy("the connection changes too often to be written now")

    def revise(self, connection: Connection, *, seen: int, by: str) -> Connection:
        """Creates a connection, or replaces the version that somebody has seen.

        Args:
            connection: as it shall be.
            seen: the version that they have seen; 0: none.
            by: who that is.

        Returns:
            The connection with its new version.

        Raises:
            Changed: another version stands.
        """
        standing = self._table.get(PARTITION, connection.id)
        version = int(standing.get("version", 0)) if standing is not None else None
        if (version is None and seen != 0) or (version is not None and version != seen):
            raise Changed(from_item(standing) if standing is not None else None)
        written = self._write(connection, standing, by)
        if written is None:
            raise Changed(self.now(connection.id))
        return written

    def amend(self, connection_id: str, settings: Mapping[str, Any]) -> None:
        """Changes single settings of a connection, over what stands at this moment."""
        self._change(
            connection_id,
            lambda standing: replace(standing, settings={**standing.settings, **settings}),
        )

    def set_mode(self, connection_id: str, mode: Mode, *, by: str = "") -> Connection | None:
        """Changes the mode of a connection, over what stands at this moment; the same mode again
        changes nothing.

        Returns:
            The connection as it is now; ``None``: there is none of this id.
        """
        return self._change(connection_id, lambda standing: replace(standing, mode=mode), by)

    def _change(
        self, connection_id: str, change: Callable[[Connection], Connection], by: str = ""
    ) -> Connection | None:
        for _ in range(_TRIES):
            item = self._table.get(PARTITION, connection_id)
            if item is None:
                return None
            standing = from_item(item)
            changed = change(standing)
            written = standing if changed == standing else self._write(changed, item, by)
            if written is not None:
                return written
        raise Busy("the connection changes too often to be written now")

    def versions(
        self, connection_id: str, *, after: str | None = None, limit: int = 20
    ) -> Versions:
        """Returns earlier versions of a connection, the newest first."""
        page = self._table.query(
            _history(connection_id), newest_first=True, after=after, limit=limit
        )
        return Versions([from_item(item) for item in page.items], page.after)

    def version(self, connection_id: str, number: int) -> Connection | None:
        """Returns one version, the present one too; ``None``: there was none of this number."""
        present = self.now(connection_id)
        if present is not None and present.version == number:
            return present
        item = self._table.get(_history(connection_id), _version_key(number))
        return from_item(item) if item is not None else None

    def _write(self, connection: Connection, standing: Item | None, by: str) -> Connection | None:
        """Writes the next version. Returns it; ``None``: another one stands by now."""
        number = int(standing.get("version", 0)) if standing is not None else 0
        fresh = replace(connection, version=number + 1, changed_by=by, changed_at=self._clock())
        item = to_item(fresh)
        if standing is None:
            done = self._table.insert(item) is None
        else:
            self._table.put(
                {
                    **standing,
                    "pk": _history(connection.id),
                    "sk": _version_key(number),
                    "id": connection.id,
                }
            )
            if "version" in standing:
                done = self._table.replace(item, number).done
            else:  # written by an earlier release
                self._table.put(item)
                done = True
        self._read_at = float("-inf")
        return fresh if done else None

    def _just_made(self, connection_id: str) -> Connection | None:
        found = self.now(connection_id)
        if found is not None:
            self._cache = {**self._cache, connection_id: found}
        return found

    def _fresh(self) -> Mapping[str, Connection]:
        now = self._clock()
        if now - self._read_at >= CACHE_SECONDS:
            found: dict[str, Connection] = {}
            after: str | None = None
            while True:
                page = self._table.query(PARTITION, after=after)
                found |= {item["sk"]: from_item(item) for item in page.items}
                after = page.after
                if after is None:
                    break
            self._cache = found
            self._read_at = now
        return self._cache


def _history(connection_id: str) -> str:
    return f"connection#{connection_id}"


def _version_key(number: int) -> str:
    return f"{number:010d}"
