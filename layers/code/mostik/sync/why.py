"""Why was this record not written? One answer from all that is stored about it, with times.

Nothing is called: links, gates, pairs, quarantine, jobs and runs say it. Whoever has the record at
hand may ask the filters as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from mostik.commerce.record import Canonical
from mostik.errors import WhoActs
from mostik.jobs.row import JobState
from mostik.jobs.rows import JobRows
from mostik.sync.decision import undecided
from mostik.sync.link import Link, Side
from mostik.sync.parked import Parked
from mostik.sync.pause import link_gate
from mostik.sync.route import UNMATCHED
from mostik.sync.run import Run, Runs, RunState
from mostik.sync.terms import Terms
from mostik.sync.xref import Pair, Pairs, PairState


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is known.

    Attributes:
        source: where it stands: link, filter, gate, pair, echo, quarantine, job or run.
        text: a sentence.
        at: since when, unix seconds; ``None``: it has no time.
        stops: it is why the record is not written now.
    """

    source: str
    text: str
    at: float | None = None
    stops: bool = False


_GUARDS = {
    PairState.UNDECIDED: "Matching has found several that it may be: a person decides.",
    PairState.LEFT_ALONE: "A person has said that it is neither paired nor created.",
}
_STOPPED = (JobState.HELD, JobState.WAITING, JobState.UNKNOWN, JobState.FAILED)


class Shut(Protocol):
    """What keeps calls or jobs back: a line of the gate board."""

    @property
    def name(self) -> str:
        """The connection, ``<connection>:<path>``, ``link/<id>`` or ``run/<id>``."""
        ...

    @property
    def since(self) -> float | None:
        """Since when, unix seconds."""
        ...

    @property
    def until(self) -> float | None:
        """When it may end by itself, unix seconds."""
        ...

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        ...

    @property
    def who(self) -> WhoActs:
        """Who must act."""
        ...


@dataclass(frozen=True, slots=True)
class Why:
    """Answers.

    Attributes:
        pairs: cross-references.
        parked: quarantine and pending records.
        rows: job rows.
        runs: run rows.
        gates: everything that keeps calls or jobs back now.
    """

    pairs: Pairs
    parked: Parked
    rows: JobRows
    runs: Runs
    gates: Callable[[], Iterable[Shut]]

    def __call__(
        self,
        link: Link,
        side: Side,
        key: str,
        record: Canonical | None = None,
        terms: Terms | None = None,
    ) -> Sequence[Reason]:
        """Returns what is known of a record, what stops it first.

        Args:
            link: the link that should carry it.
            side: where it comes from.
            key: its key there.
            record: its present state, for the filters.
            terms: of the link, for the filters.
        """
        pair = self.pairs.find(link.id, side, key)
        found = [
            *_of_link(link, side, record, terms),
            *self._of_gates(link, side),
            *_of_pair(link, side, pair),
            *_of_echo(side, pair, record, terms),
            *self._of_quarantine(link, side, key),
            *self._of_job(link, side, key),
            *self._of_runs(link, side),
        ]
        return sorted(found, key=lambda reason: not reason.stops)

    def _of_gates(self, link: Link, side: Side) -> Iterator[Reason]:
        ends = (link.end(side).connection, link.end(side.other).connection)
        for shut in self.gates():
            whole, _, path = shut.name.partition(":")
            if whole not in ends and shut.name != link_gate(link.id):
                continue
            acts = f"To act: {shut.who.value}."
            if shut.who is WhoActs.SYSTEM:
                acts = "It is tried again by itself."
            if shut.until is not None:
                at = datetime.fromtimestamp(shut.until, UTC).isoformat(timespec="seconds")
                acts = f"It opens at {at}."
            # A method of theirs may or may not be one that this record needs.
            yield Reason("gate", f"{shut.name}: {shut.reason} {acts}", shut.since, stops=not path)

    def _of_quarantine(self, link: Link, side: Side, key: str) -> Iterator[Reason]:
        parked = self.parked.get(link.id, side, key)
        if parked is not None:
            tries = f"{parked.verdict.value}, tried {parked.tries} times"
            yield Reason(
                "quarantine", f"{parked.failure.text} ({tries})", parked.failure.at, stops=True
            )

    def _of_job(self, link: Link, side: Side, key: str) -> Iterator[Reason]:
        end = link.end(side)
        job = self.rows.get(f"{end.connection}/{end.resource}/{key}")
        if job is None:
            return
        failure = job.failure
        text = f"Its job is {job.state.value}."
        if failure is not None:
            text = f"{text} {failure.text}"
        at = failure.at if failure is not None else None
        yield Reason("job", text, at, stops=job.state in _STOPPED)

    def _of_runs(self, link: Link, side: Side) -> Iterator[Reason]:
        for run in self.runs.open():
            if (run.link, run.side) == (link.id, side):
                stops = run.state in (RunState.HELD, RunState.PAUSED)
                yield Reason("run", _said(run), run.moved_at, stops=stops)
        latest = [one for one in self.runs.closed() if (one.link, one.side) == (link.id, side)]
        for run in latest[:1]:
            yield Reason("run", _said(run), run.ended_at)
        watermark = self.runs.mark(link.id, side).watermark
        if watermark is not None:
            yield Reason("run", "Changes up to then were listed.", watermark)


def _of_link(
    link: Link, side: Side, record: Canonical | None, terms: Terms | None
) -> Iterator[Reason]:
    if not link.matched:
        yield Reason("link", UNMATCHED, stops=True)
    if side.other not in link.updates:
        there = link.end(side.other).connection
        yield Reason("link", f"Nothing goes to {there} over this link.", stops=True)
    refused = terms.refused(side, record) if terms is not None and record is not None else None
    if refused is not None:
        yield Reason("filter", refused, stops=True)


def _of_pair(link: Link, side: Side, pair: Pair | None) -> Iterator[Reason]:
    there = link.end(side.other).connection
    if pair is None or pair.state is PairState.LOOSE:
        creates = side.other in link.creates
        text = f"It has no counterpart in {there}"
        ends = "yet." if creates else "and the link creates none."
        yield Reason("pair", f"{text} {ends}", stops=not creates)
    elif pair.state in _GUARDS:
        yield Reason("pair", _GUARDS[pair.state], pair.at, stops=True)
    elif pair.state is PairState.CREATING:
        yield Reason("pair", f"{pair.job} is creating it in {there}.", pair.at, stops=True)
    else:
        did = f": {pair.did.value}" if pair.did is not None else ""
        other = pair.keys[side.other]
        yield Reason("pair", f"It is {other} in {there}; last agreed then{did}.", pair.at)
        if pair.open:
            yield Reason("pair", undecided(pair.open, pair.decision), pair.at, stops=True)
        if pair.decision is not None and pair.decision.waiting:
            text = f"{pair.decision.by} has decided: the next touch carries it out."
            yield Reason("pair", text, pair.decision.at)


def _of_echo(
    side: Side, pair: Pair | None, record: Canonical | None, terms: Terms | None
) -> Iterator[Reason]:
    """What we have written ourselves is not carried back."""
    if pair is None or pair.wrote is not side:
        return
    if record is None or terms is None:
        yield Reason("echo", "What is here now may be what we have written.", pair.at)
        return
    mark = f"{record.fingerprint(terms.shapes[side].holds)}.{terms.version}"
    if pair.agreed.get(side) == mark:
        yield Reason("echo", "It says what we have written there, and nobody changed it.", pair.at)
    else:
        yield Reason("echo", "It was changed since we have written it.", pair.at)


def _said(run: Run) -> str:
    text = f"The {run.kind.value} run {run.id} is {run.state.value}."
    held = " ".join(run.held_for) if run.state is RunState.HELD else ""
    paused = f"{run.paused_by} has paused it." if run.state is RunState.PAUSED else ""
    failed = run.failure.text if run.failure is not None else ""
    return " ".join(one for one in (text, held, paused, failed, run.note) if one)
