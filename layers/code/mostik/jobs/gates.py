"""Gates: the stored state that lets calls of a connection through, or holds its jobs.

A gate row exists only while there is something to say: it is written when a call is refused and
removed when a job has passed again. A missing row is an open gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mostik.errors import Family
from mostik.jobs.row import Failure
from mostik.ports import Table

_PARTITION = "gates"


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that has been closed.

    Attributes:
        name: the connection.
        reopens_at: unix seconds from which jobs may try it.
        why: the refusal that closed it.
        closed_at: unix seconds since when it has been closed without a success.
    """

    name: str
    reopens_at: float
    why: Failure
    closed_at: float

    def is_closed(self, now: float) -> bool:
        """Whether jobs must not even try."""
        return now < self.reopens_at

    @property
    def probes(self) -> bool:
        """Whether one job at a time tries it, because only a person can really open it."""
        return self.why.family is Family.CONFIGURATION


class Gates:
    """Gates over the state table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, name: str) -> Gate | None:
        """Returns a gate that has something to say."""
        item = self._table.get(_PARTITION, name)
        return _from_item(item) if item is not None else None

    def all(self) -> Sequence[Gate]:
        """Returns every gate that has something to say."""
        gates: list[Gate] = []
        after: str | None = None
        while True:
            page = self._table.query(_PARTITION, after=after)
            gates += [_from_item(item) for item in page.items]
            after = page.after
            if after is None:
                return gates

    def close(self, name: str, *, until: float, why: Failure) -> None:
        """Closes a gate until a time; a gate that is closed longer already stays so."""
        standing = self.get(name)
        closed_at = standing.closed_at if standing else why.at
        if standing and standing.reopens_at >= until:
            return
        self._table.put(
            {
                "pk": _PARTITION,
                "sk": name,
                "reopens_at": until,
                "why": why.as_item(),
                "closed_at": closed_at,
            }
        )

    def open(self, name: str) -> None:
        """Forgets a gate: calls pass."""
        self._table.remove(_PARTITION, name)


def _from_item(item: Mapping[str, Any]) -> Gate:
    why = Failure.from_item(item["why"])
    return Gate(item["sk"], float(item["reopens_at"]), why, float(item["closed_at"]))
