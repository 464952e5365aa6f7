"""When each accepted secret was last used: what tells a person that an old one may go."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from mostik.ports import Clock, Table

EVERY_SECONDS = 3_600.0
"""A use is written at most this often: the answer is wanted to the hour, and every write costs."""


@dataclass(frozen=True, slots=True)
class Use:
    """One accepted secret's last use, to the hour.

    Attributes:
        key_id: the secret's public name in the door document.
        scheme: the scheme that it proved.
        at: unix seconds.
    """

    key_id: str
    scheme: str
    at: float


class LastUsed:
    """Last uses over the state table. The worker writes them: the door has no time for it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._written: dict[tuple[str, str], float] = {}
        self._lock = Lock()

    def note(self, connection: str, key_id: str, scheme: str, at: float) -> None:
        """Remembers that a secret has proved an event; mostly without a write.

        Raises:
            Busy: the table throttles; a later event notes it.
        """
        name = (connection, key_id)
        with self._lock:
            known = self._written.get(name, 0.0)
        if at - known < EVERY_SECONDS:
            return
        standing = self._table.get(_partition(connection), key_id)
        newest = float(standing["at"]) if standing is not None else 0.0
        if at - newest >= EVERY_SECONDS:
            self._table.put(
                {"pk": _partition(connection), "sk": key_id, "scheme": scheme, "at": at}
            )
            newest = at
        with self._lock:
            self._written[name] = newest

    def of(self, connection: str) -> dict[str, Use]:
        """Returns the last use of each secret of a connection, by its public name."""
        page = self._table.query(_partition(connection))
        return {
            item["sk"]: Use(item["sk"], item["scheme"], float(item["at"])) for item in page.items
        }


def _partition(connection: str) -> str:
    return f"lastused#{connection}"
