"""Parked endpoints: a limit of one method closes that method and leaves the rest of the API open.

Bitrix24 blocks a method that has used its working time of ten minutes (``OPERATION_TIME_LIMIT``)
and says in the good answers before that how much is used. Rows ``park#<connection>`` / path tell
every worker.
"""

from __future__ import annotations

from collections.abc import Mapping

from mostik.http.endpoint import Endpoint
from mostik.ports import Clock, Table

CACHE_SECONDS = 5.0
"""How long a worker may not know that another one has parked an endpoint."""
UNKNOWN_SECONDS = 60.0
"""How long an endpoint rests when nothing says how long its limit lasts."""
_KEPT_SECONDS = 86_400


class Parking:
    """Parked endpoints of one connection.

    Args:
        table: the state table.
        connection: its id.
        clock: unix seconds.
    """

    def __init__(self, table: Table, connection: str, clock: Clock) -> None:
        self._table = table
        self._partition = f"park#{connection}"
        self._clock = clock
        self._cache: dict[str, float] = {}
        self._read_at = float("-inf")
        self._resets: dict[str, float] = {}

    def until(self, endpoint: Endpoint) -> float | None:
        """Returns when a parked endpoint may be called again, ``None`` when it is not parked.

        Raises:
            Busy: the rows cannot be read.
        """
        now = self._clock()
        if now - self._read_at >= CACHE_SECONDS:
            self._cache = dict(self.parked())
            self._read_at = now
        moment = self._cache.get(endpoint.path)
        return moment if moment is not None and moment > now else None

    def parked(self) -> Mapping[str, float]:
        """Reads what is parked: path -> unix seconds until when."""
        now = self._clock()
        found: dict[str, float] = {}
        after: str | None = None
        while True:
            page = self._table.query(self._partition, after=after)
            found |= {item["sk"]: float(item["until"]) for item in page.items}
            after = page.after
            if after is None:
                return {path: until for path, until in found.items() if until > now}

    def heard(self, endpoint: Endpoint, resets_at: float) -> None:
        """Remembers when the vendor gives an endpoint's budget back, should it refuse later."""
        self._resets[endpoint.path] = resets_at

    def refused(self, endpoint: Endpoint, retry_after: float | None) -> float:
        """Parks an endpoint that the vendor has refused. Returns until when.

        Until the vendor's last word on it, if that lies ahead; else for what the refusal says.

        Raises:
            Busy: the row cannot be written.
        """
        now = self._clock()
        resets_at = self._resets.get(endpoint.path, 0.0)
        until = resets_at if resets_at > now else now + (retry_after or UNKNOWN_SECONDS)
        self.park(endpoint, until)
        return until

    def park(self, endpoint: Endpoint, until: float) -> None:
        """Parks an endpoint; one that is parked longer stays so.

        Raises:
            Busy: the row cannot be written.
        """
        if until <= max(self._cache.get(endpoint.path, 0.0), self._clock()):
            return
        self._cache[endpoint.path] = until  # ours at once, the other workers' within the cache time
        self._table.put(
            {
                "pk": self._partition,
                "sk": endpoint.path,
                "until": until,
                "expires_at": int(until) + _KEPT_SECONDS,
            }
        )

    def release(self) -> int:
        """Lets every endpoint go, as a person decides. Returns how many were parked."""
        parked = self.parked()
        for path in parked:
            self._table.remove(self._partition, path)
        self._read_at = float("-inf")
        return len(parked)
