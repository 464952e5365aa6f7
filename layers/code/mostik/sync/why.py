"""Why was this record not written? One answer from all that is stored about it, with times.

Nothing is called: links, pairs, quarantine, jobs and runs say it. Whoever has the record at hand
may ask the filters as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mostik.commerce.record import Canonical
from mostik.jobs.row import JobState
from mostik.jobs.rows import JobRows
from mostik.sync.decide import undecided
from mostik.sync.link import Link, Side
from mostik.sync.parked import Parked
from mostik.sync.route import UNMATCHED
from mostik.sync.run import Run, Runs, RunState
from mostik.sync.terms import Terms
from mostik.sync.xref import Pair, Pairs, PairState


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is known.

    Attributes:
        source: where it stands: link, filter, pair, quarantine, job or run.
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


@dataclass(frozen=True, slots=True)
class Why:
    """Answers.

    Attributes:
        pairs: cross-references.
        parked: quarantine and pending records.
        rows: job rows.
        runs: run rows.
    """

    pairs: Pairs
    parked: Parked
    rows: JobRows
    runs: Runs

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
        found = [
            *_of_link(link, side, record, terms),
            *_of_pair(link, side, self.pairs.find(link.id, side, key)),
            *self._of_quarantine(link, side, key),
            *self._of_job(link, side, key),
            *self._of_runs(link, side),
        ]
        return sorted(found, key=lambda reason: not reason.stops)

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
                yield Reason("run", _said(run), run.moved_at, stops=run.state is RunState.HELD)
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
        if pair.wrote is side:
            yield Reason("pair", "What is here now may be what we have written (an echo).", pair.at)
        if pair.open:
            yield Reason("pair", undecided(pair.open), pair.at, stops=True)


def _said(run: Run) -> str:
    text = f"The {run.kind.value} run {run.id} is {run.state.value}."
    held = " ".join(run.held_for) if run.state is RunState.HELD else ""
    failed = run.failure.text if run.failure is not None else ""
    return " ".join(one for one in (text, held, failed) if one)
