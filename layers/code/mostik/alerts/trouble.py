"""What is wrong now, one trouble for each cause. Pure.

Thirty-seven orders that fail for one reason are one trouble with a count of 37, not 37 alerts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mostik.errors import Family, WhoActs
from mostik.jobs.failed import resource_of
from mostik.jobs.gates import Gate
from mostik.jobs.row import JobRow
from mostik.sync.run import Run, RunState

_MOST_SAMPLES = 5


class Kind(StrEnum):
    """What sort of trouble it is, and where a person looks."""

    FAILED = "failed"
    """Jobs have failed for good."""
    GATE = "gate"
    """A connection does not let calls through before a person acts, or its other side is down."""
    HELD = "held"
    """A brake holds a run."""
    SILENT = "silent"
    """The other side ought to have come."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause, and what it has stopped.

    Attributes:
        kind: see ``Kind``.
        about: the connection, or of a held run its link.
        why: a sentence.
        who: who must act.
        since: unix seconds of the first sign that is known.
        what: the resource that is stopped, where it is one.
        count: so many; 0: it is not counted.
        more: there are more than were counted.
        samples: some of them: keys of records, the id of a run.
    """

    kind: Kind
    about: str
    why: str
    who: WhoActs
    since: float
    what: str = ""
    count: int = 0
    more: bool = False
    samples: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        """Names the cause: the same tomorrow, whatever it has stopped by then."""
        text = "\n".join((self.kind, self.about, self.what, self.why))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def of_failed(rows: Iterable[JobRow], *, whole: bool = True) -> Iterator[Trouble]:
    """Yields one trouble for each connection, resource and reason.

    Args:
        rows: failed jobs.
        whole: these are all.
    """
    found: dict[str, Trouble] = {}
    for row in rows:
        failure = row.failure
        if failure is None:
            continue
        one = Trouble(
            Kind.FAILED,
            row.connection,
            failure.text,
            failure.who,
            failure.at,
            what=resource_of(row) or "",
            count=1,
            more=not whole,
            samples=(row.id,),
        )
        known = found.get(one.cause)
        if known is not None:
            one = replace(
                known,
                since=min(known.since, one.since),
                count=known.count + 1,
                samples=(*known.samples, row.id)[:_MOST_SAMPLES],
            )
        found[one.cause] = one
    yield from found.values()


def of_gates(gates: Iterable[Gate]) -> Iterator[Trouble]:
    """Yields the gates that a person must open, and those behind which the other side is down.

    What a person has paused is no trouble, and a limit opens by itself.
    """
    for gate in gates:
        shut = gate.passed_at is None and not gate.is_pause
        if shut and (gate.why.family is Family.CONFIGURATION or gate.is_down):
            yield Trouble(Kind.GATE, gate.name, gate.why.text, gate.why.who, gate.closed_at)


def of_runs(runs: Iterable[Run]) -> Iterator[Trouble]:
    """Yields the runs that a brake holds."""
    for run in runs:
        if run.state is RunState.HELD:
            yield Trouble(
                Kind.HELD,
                run.link,
                " ".join(run.held_for) or "A brake holds it.",
                WhoActs.ADMIN,
                run.moved_at,
                samples=(run.id,),
            )
