"""Gates: the stored state that lets calls of a connection through, or holds its jobs.

A gate row exists only while there is something to say: it is written when a call is refused. A job
that passes again marks it open, and the tick forgets it when nothing is held behind it any more: a
held job is found through its gate, so the gate outlives the last of them. A missing row is an open
gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mostik.errors import ONE_AT_A_TIME, Family
from mostik.jobs.row import Failure
from mostik.ports import Table

_PARTITION = "gates"

OUTAGE_SECONDS = 600.0
"""So long without a success between failures, and the other side counts as down. Until then each
job keeps to its own schedule: it may be one record that the other side cannot handle."""
SHORTEST_REST_SECONDS = 60.0
LONGEST_REST_SECONDS = 3_000.0
"""A side that is down is tried so often at least: its jobs are done within an hour of it."""

PAUSE_SECONDS = 10 * 365 * 86_400.0
"""A gate that a person has closed opens by a person: it has no time of its own."""
FORGET_SECONDS = 1_200.0
"""An open gate is kept so long: a worker that found it closed may hold its job until its own end
(Lambda's longest run is 900 s), and the index lags by seconds."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that has been closed.

    Attributes:
        name: the connection, or ``<connection>:<path>`` when one endpoint of it is parked.
        reopens_at: unix seconds from which jobs may try it.
        why: the refusal that closed it.
        closed_at: unix seconds since when it has been closed without a success.
        passed_at: unix seconds when a job passed again; ``None`` while none has.
        pace: calls a second that it lets through when it is open; 0: one job at a time tries it;
            ``None``: not known.
    """

    name: str
    reopens_at: float
    why: Failure
    closed_at: float
    passed_at: float | None = None
    pace: float | None = None

    def is_closed(self, now: float) -> bool:
        """Whether jobs must not even try."""
        return self.passed_at is None and now < self.reopens_at

    @property
    def probes(self) -> bool:
        """Whether one job at a time tries it: only a person can really open it, or the other side
        is down."""
        alone = self.why.family is Family.CONFIGURATION or self.pace == ONE_AT_A_TIME
        return self.passed_at is None and alone

    @property
    def is_down(self) -> bool:
        """Whether nothing has passed since the other side went down."""
        lasted = self.why.at - self.closed_at >= OUTAGE_SECONDS
        return self.passed_at is None and self.why.family is Family.RETRY_LATER and lasted

    @property
    def is_pause(self) -> bool:
        """Whether a person has closed it, and only a person opens it."""
        endless = self.reopens_at - self.closed_at > PAUSE_SECONDS / 2
        return self.passed_at is None and endless

    def is_about(self, connection: str) -> bool:
        """Whether it is the gate of a connection or of one of its endpoints."""
        return self.name.partition(":")[0] == connection

    def may_be_forgotten(self, now: float) -> bool:
        """Whether no worker can still be about to hold a job behind it."""
        return now >= (self.passed_at or self.reopens_at) + FORGET_SECONDS


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

    def close(self, name: str, *, until: float, why: Failure, pace: float | None = None) -> None:
        """Closes a gate until a time; a gate that is closed longer already stays so."""
        standing = self.get(name)
        if standing is not None and standing.passed_at is not None:
            standing = None
        if standing is not None and standing.reopens_at >= until:
            return
        since = standing.closed_at if standing is not None else why.at
        self._table.put(_to_item(Gate(name, until, why, since, pace=pace)))

    def pause(self, name: str, why: Failure) -> None:
        """Closes a gate until a person opens it."""
        standing = self.get(name)
        if standing is None or not standing.is_pause:
            self._table.put(_to_item(Gate(name, why.at + PAUSE_SECONDS, why, why.at)))

    def note_outage(self, name: str, why: Failure) -> float | None:
        """Takes in that the other side did not answer, or failed.

        The breaker counts in each process, so with little traffic or cold environments nobody would
        see that a side is down. Here the row remembers since when nothing has passed.

        Returns:
            When the gate is tried again, ``None`` while it is not closed for this.
        """
        now, standing = why.at, self.get(name)
        if standing is None or standing.passed_at is not None:
            self._table.put(_to_item(Gate(name, now, why, now, pace=ONE_AT_A_TIME)))
            return None
        down = now - standing.closed_at
        if down < OUTAGE_SECONDS:
            return None
        rest = min(max(down / 2, SHORTEST_REST_SECONDS), LONGEST_REST_SECONDS)
        until = max(now + rest, standing.reopens_at)
        self._table.put(_to_item(Gate(name, until, why, standing.closed_at, pace=ONE_AT_A_TIME)))
        return until

    def open(self, gate: Gate, now: float) -> None:
        """Marks a gate open, unless it was closed again meanwhile: calls pass, and what is held
        behind it is released."""
        if gate.passed_at is None:
            self._table.replace(_to_item(replace(gate, passed_at=now)), _version(gate))

    def forget(self, gate: Gate) -> None:
        """Removes a gate behind which nothing is held, unless it was closed again meanwhile."""
        self._table.remove(_PARTITION, gate.name, _version(gate))


def _to_item(gate: Gate) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pk": _PARTITION,
        "sk": gate.name,
        "reopens_at": gate.reopens_at,
        "why": gate.why.as_item(),
        "closed_at": gate.closed_at,
        "version": _version(gate),
    }
    if gate.passed_at is not None:
        item["passed_at"] = gate.passed_at
    if gate.pace is not None:
        item["pace"] = gate.pace
    return item


def _version(gate: Gate) -> int:
    """Every closing reopens later than the one before, so its time tells them apart."""
    return int(gate.reopens_at * 1000)


def _from_item(item: Mapping[str, Any]) -> Gate:
    def number(name: str) -> float | None:
        return float(item[name]) if item.get(name) is not None else None

    return Gate(
        name=item["sk"],
        reopens_at=float(item["reopens_at"]),
        why=Failure.from_item(item["why"]),
        closed_at=float(item["closed_at"]),
        passed_at=number("passed_at"),
        pace=number("pace"),
    )
