"""What to do with one record: pure decisions, the same for a touch and for a run.

::

    record + pair ──before_looking──▶ settled (unchanged, echoed, done before)
                        │                 or look at the other side
                        └──after_looking──▶ create / update / write back / agree / settle / wait
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from mostik.commerce.record import Canonical
from mostik.jobs.life import LOOKUPS_BEFORE_REPEAT
from mostik.merge.identity import Systems
from mostik.merge.pointers import pointed
from mostik.sync.decision import undecided, where_gone
from mostik.sync.link import Link, Side
from mostik.sync.verdict import EFFECTS, Verdict
from mostik.sync.xref import Pair, PairState

LONGEST_ATTEMPT_SECONDS = 130.0
"""A pair says when the attempt has begun that wrote it; by then that one has ended, and clocks may
differ by a little."""
STALE_SECONDS = 60.0
"""A record that was listed longer ago is read again before it is created on the other side: if both
sides have deleted it since, it must not come back."""
TRIES_IN_QUARANTINE = 5
"""A record that did not change and failed so often is not tried again by runs; a person does."""
GONE_THERE = "It is gone over there, and nothing of it was changed here since: it stays gone."
EQUAL = "Equal to what both sides last agreed on."


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tries, and what is known of earlier tries.

    Attributes:
        job: the job; two attempts of one job never run at once.
        ask: stays the same until the job's work is finished.
        now: unix seconds.
        until: what this attempt sends has landed by then, whatever happens.
        lookups: how often a write of unknown outcome was looked up in vain; ``None``: there is
            none.
        again: an earlier attempt failed and may have written something: what was agreed before
            says nothing of the other side now.
        listed_at: when a run has read the records; ``None``: they were read just now.
        dry: nothing is written.
        tries: how many attempts of the job counted, this one included.
        named: a person has named these records: both sides are looked at, whatever was agreed.
        closed: gates that are closed, and why.
    """

    job: str = ""
    ask: str = ""
    now: float = 0.0
    until: float = 0.0
    lookups: int | None = None
    again: bool = False
    listed_at: float | None = None
    dry: bool = False
    tries: int = 1
    named: bool = False
    closed: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_stale(self) -> bool:
        """Whether what a run has listed may be gone: long ago, or before a try that failed."""
        if self.listed_at is None:
            return False
        return self.again or self.now - self.listed_at > STALE_SECONDS

    @property
    def of_a_run(self) -> bool:
        """Whether a run tries, with records that it has listed before."""
        return self.listed_at is not None


@dataclass(frozen=True, slots=True)
class Settled:
    """It has its verdict without a call."""

    verdict: Verdict
    why: str = ""


class Next(Enum):
    """What comes next."""

    LOOK = auto()
    """Look at the other side."""
    READ_AGAIN = auto()
    """It was agreed upon after it was listed, or may be gone: read it anew, then look."""
    CREATE = auto()
    UPDATE = auto()
    WRITE_BACK = auto()
    """The other side wins."""
    BOTH = auto()
    """Each side is told what the other one has changed."""
    AGREE = auto()
    """Both say the same: remember that."""
    STILL_ABSENT = auto()
    """A creation of unknown outcome is not there, and it is too early to repeat it."""
    OCCUPIED = auto()
    """Another job is creating it, or writing it."""


def before_looking(side: Side, mark: str, pair: Pair | None, attempt: Attempt) -> Settled | Next:
    """Decides by what is stored.

    Args:
        side: where the record was read.
        mark: its fingerprint.
        pair: its pair.
        attempt: who tries.
    """
    decision = _by_the_pair(side, mark, pair, attempt)
    linked = pair is not None and pair.is_linked
    if decision is Next.LOOK and attempt.is_stale and not linked:
        return Next.READ_AGAIN
    return decision


def _by_the_pair(side: Side, mark: str, pair: Pair | None, attempt: Attempt) -> Settled | Next:
    if pair is None:
        return Next.LOOK
    if pair.state in _GUARDED:
        return _GUARDED[pair.state]
    same = pair.agreed.get(side) == mark
    if pair.parked is not None:
        return _parked(mark, pair, attempt)
    if attempt.of_a_run and pair.ask == attempt.ask and pair.did is not None:
        return Settled(pair.did, "Done by an earlier attempt of this job.")
    decided = pair.decision is not None and bool(pair.decision.waiting)
    gone = where_gone(pair.open)
    if gone is side.other and not decided:
        return Settled(Verdict.CONFLICT, undecided(pair.open, pair.decision))
    untouched = attempt.lookups is None and not attempt.again and not attempt.named
    if same and untouched and not decided and gone is not side:
        if pair.open:
            return Settled(Verdict.CONFLICT, undecided(pair.open, pair.decision))
        return _ECHOED if pair.wrote is side else _UNCHANGED
    if pair.is_linked and is_taken(pair, attempt):
        return Next.OCCUPIED
    since = attempt.listed_at
    if pair.is_linked and since is not None and pair.at >= since - LONGEST_ATTEMPT_SECONDS:
        return Next.READ_AGAIN
    return Next.LOOK


def is_taken(pair: Pair, attempt: Attempt) -> bool:
    """Whether another job is about to write what it has announced: until that has landed, whatever
    is decided now may be overwritten by it."""
    foreign = pair.intent is not None and pair.job not in ("", attempt.job)
    return foreign and pair.until > attempt.now and not attempt.dry


_ECHOED, _UNCHANGED = Settled(Verdict.ECHOED, EQUAL), Settled(Verdict.UNCHANGED, EQUAL)
_GUARDED: Mapping[PairState, Settled] = {
    PairState.UNDECIDED: Settled(
        Verdict.CONFLICT, "Matching has found several that it may be: a person decides."
    ),
    PairState.LEFT_ALONE: Settled(
        Verdict.SKIPPED, "A person has said that it is neither paired nor created."
    ),
}


def _parked(mark: str, pair: Pair, attempt: Attempt) -> Settled | Next:
    parking = pair.parked
    if not attempt.of_a_run or parking is None or attempt.dry:
        return Next.LOOK
    worn_out = parking.tries >= TRIES_IN_QUARANTINE and parking.mark == mark
    worn_out = worn_out and parking.verdict is Verdict.QUARANTINED and not attempt.named
    if parking.ask == attempt.ask or worn_out:
        return Settled(parking.verdict, "See the quarantine.")
    return Next.LOOK


def after_looking(
    link: Link,
    side: Side,
    record: Canonical,
    pair: Pair | None,
    there: Canonical | None,
    attempt: Attempt,
    of: frozenset[str] | None,
    back: Callable[[Canonical], Canonical] = lambda there: there,
    *,
    edited: bool = True,
) -> Settled | Next:
    """Decides by what the other side says.

    Args:
        link: the link.
        side: where the record was read.
        record: its present state, references filled.
        pair: its pair.
        there: the record on the other side, ``None``: there is none.
        attempt: who tries.
        of: the fields that both sides can hold.
        back: says references of the other side in the keys of this one, where they are known.
        edited: it says something else than what was agreed.
    """
    other = side.other
    system = link.end(other).connection
    if there is None:
        return _absent(link, side, pair, attempt, edited=edited)
    ends = Systems(link.end(side).connection, system)
    said = pointed(record, there, {}, ends) if record.pointers else there
    if not record.differs_from(said, of, system=system):
        return Next.AGREE
    if other not in link.updates:
        return _not_followed(link, side, record, back(said), of)
    linked = pair is not None and pair.is_linked
    both_changed = linked and pair is not None and there.fingerprint(of) != pair.agreed.get(other)
    if both_changed and link.owner is other and other not in link.news:
        return Next.WRITE_BACK
    return Next.UPDATE


def _not_followed(
    link: Link, side: Side, record: Canonical, there: Canonical, of: frozenset[str] | None
) -> Settled | Next:
    """The other side does not follow this one: this one gets back what the other one knows."""
    if not there.differs_from(record, of, system=link.end(side).connection):
        return Next.AGREE
    if link.restores:
        return Next.WRITE_BACK
    why = f"{link.end(side.other).connection} decides about this; what was changed here stays."
    return Settled(Verdict.SKIPPED, why)


def _absent(
    link: Link, side: Side, pair: Pair | None, attempt: Attempt, *, edited: bool
) -> Settled | Next:
    here = link.end(side).connection
    if not edited:
        return Settled(Verdict.SKIPPED, GONE_THERE)
    if side.other not in link.creates:
        return Settled(
            Verdict.SKIPPED,
            f"It exists only in {here}; this link does not create it elsewhere.",
        )
    begun = pair is not None and pair.state is PairState.CREATING
    foreign = begun and pair is not None and pair.job != attempt.job
    if foreign and pair is not None and pair.until > attempt.now and not attempt.dry:
        return Next.OCCUPIED
    lookups = attempt.lookups
    if attempt.of_a_run and not begun:
        lookups = None  # of the records of its chunk this one was never sent
    elif foreign and lookups is None:
        lookups = 0
    if lookups is not None and lookups + 1 < LOOKUPS_BEFORE_REPEAT:
        return Next.STILL_ABSENT
    return Next.CREATE


def is_effect(verdict: Verdict | None) -> bool:
    """Whether a verdict says that something was written."""
    return verdict in EFFECTS
