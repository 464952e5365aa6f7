"""Pauses of a run and of a link: closed gates that only a person opens.

Jobs of a paused run, and of runs of a paused link, are held behind the gate like those behind any
other. A touch goes over every link of its resource, so a paused one does not hold it back: for that
link the record is remembered as pending, and touched again when the link is resumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mostik.errors import Family, Pending, RateLimited, WhoActs
from mostik.jobs.gates import Gates
from mostik.jobs.row import Failure

_LINK, _RUN = "link/", "run/"
_LOOKS_AGAIN_SECONDS = 3_600.0
WAITS_FOR = "link"
"""What a record waits for that a paused link does not carry: this, and the link's name."""


@dataclass(frozen=True, slots=True)
class Pause:
    """What a person has stopped.

    Attributes:
        at: since when, unix seconds.
        text: a sentence that says who.
    """

    at: float
    text: str


def link_gate(link_id: str) -> str:
    """Returns the name of a link's gate. No connection is called so: ids have no slash."""
    return f"{_LINK}{link_id}"


def run_gate(run_id: str) -> str:
    """Returns the name of a run's gate."""
    return f"{_RUN}{run_id}"


@dataclass(frozen=True, slots=True)
class Pauses:
    """Pauses, over the gates.

    Attributes:
        gates: gates.
    """

    gates: Gates

    def stop(self, gate: str, text: str, now: float) -> None:
        """Closes a gate until a person opens it."""
        self.gates.pause(gate, Failure(Family.RATE_LIMITED, text, WhoActs.ADMIN, now))

    def go_on(self, gate: str, now: float) -> bool:
        """Opens a gate; the tick lets go what is held behind it. Returns whether it was shut."""
        standing = self.gates.get(gate)
        if standing is None or standing.passed_at is not None:
            return False
        self.gates.open(standing, now)
        return True

    def of_link(self, link_id: str) -> Pause | None:
        """Returns the pause of a link, if it has one."""
        gate = self.gates.get(link_gate(link_id))
        if gate is None or not gate.is_pause:
            return None
        return Pause(gate.closed_at, gate.why.text)

    def of_links(self) -> Mapping[str, Pause]:
        """Returns all paused links."""
        return {
            gate.name.removeprefix(_LINK): Pause(gate.closed_at, gate.why.text)
            for gate in self.gates.all()
            if gate.name.startswith(_LINK) and gate.is_pause
        }

    def look_after(self, now: float) -> frozenset[str]:
        """Opens gates that a worker has shut because it did not know yet that they are open.

        Returns:
            The links that were resumed lately: records may wait for that.
        """
        resumed: set[str] = set()
        for gate in self.gates.all():
            if gate.is_pause or not gate.name.startswith((_LINK, _RUN)):
                continue
            if gate.passed_at is None:
                self.gates.open(gate, now)
            if gate.name.startswith(_LINK):
                resumed.add(gate.name.removeprefix(_LINK))
        return frozenset(resumed)


def paused_run(run_id: str, by: str | None) -> str:
    """Returns that a run is paused, in a sentence."""
    return f"{by or 'Somebody'} has paused the run {run_id}."


def held_by_run(run_id: str, by: str | None) -> RateLimited:
    """Returns what holds a job of a paused run behind its gate."""
    return _held(run_gate(run_id), paused_run(run_id, by))


def refuse_runs_of(link_id: str, closed: Mapping[str, str]) -> None:
    """Raises what holds a job of a run behind the gate of its link, if that is closed.

    Args:
        link_id: the link.
        closed: gates that are closed, and why.
    """
    gate = link_gate(link_id)
    if gate in closed:
        raise _held(gate, closed[gate])


def refuse_touches_of(link_id: str, closed: Mapping[str, str]) -> None:
    """Raises why a touched record is not carried over a link, if its gate is closed.

    Args:
        link_id: the link.
        closed: gates that are closed, and why.
    """
    gate = link_gate(link_id)
    if gate in closed:
        raise Pending(closed[gate], resource=WAITS_FOR, key=link_id)


def _held(gate: str, text: str) -> RateLimited:
    return RateLimited(
        text, who=WhoActs.ADMIN, retry_after=_LOOKS_AGAIN_SECONDS, gate=gate, pace=None
    )
