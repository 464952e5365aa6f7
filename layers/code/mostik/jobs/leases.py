"""Short exclusive rights under a name: the tick, the creation of one external object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mostik.ports import Clock, Table

_SORT_KEY = "lease"


class LeaseTaken(Exception):
    """Somebody else holds the lease.

    Attributes:
        until: unix seconds when it ends at the latest.
    """

    def __init__(self, name: str, until: float) -> None:
        super().__init__(f"the lease {name!r} is taken")
        self.until = until


class Leases:
    """Leases over a ``Table``. A holder that dies blocks the name until the lease ends, on purpose:
    what it started may still be under way on the other side."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    @contextmanager
    def hold(self, name: str, owner: str, seconds: float) -> Iterator[None]:
        """Holds ``name`` for at most ``seconds``; released at the end of the block.

        Raises:
            LeaseTaken: somebody else holds it.
        """
        version = self._take(name, owner, seconds)
        yield
        # Not in a `finally`: after an error the outcome may be unknown, so the lease runs out.
        self._table.remove(_partition(name), _SORT_KEY, version)

    def _take(self, name: str, owner: str, seconds: float) -> int:
        now = self._clock()
        version = int(now * 1000)
        item = {
            "pk": _partition(name),
            "sk": _SORT_KEY,
            "owner": owner,
            "until": now + seconds,
            "version": version,
            "expires_at": int(now + seconds + 86_400),
        }
        standing = self._table.insert(item)
        if standing is None:
            return version
        if float(standing["until"]) > now:
            raise LeaseTaken(name, float(standing["until"]))
        version = max(version, int(standing["version"]) + 1)
        answer = self._table.replace({**item, "version": version}, int(standing["version"]))
        if not answer.done:
            until = float(answer.standing["until"]) if answer.standing else now
            raise LeaseTaken(name, until)
        return version


def _partition(name: str) -> str:
    return f"lease#{name}"
