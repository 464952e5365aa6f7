"""The life of a job as pure decisions: claim, settle. Clock and randomness are passed in.

::

    message ──claim──▶ RUNNING ──settle──▶ removed / DONE
                          │                 WAITING  (due later, or a delayed message)
                          │                 HELD     (behind a closed gate)
                          │                 UNKNOWN  (look it up when due)
                          │                 FAILED   (a person decides; replay queues it again)
                          └─ lease ends ──▶ claimed again, or UNKNOWN after an unsafe write

One carrier: every job that is not terminal has its message or its row in the due index. A row is
written first, then its message is sent or deleted; a crash between the two repeats work, never
loses it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, assert_never

from mostik.errors import Family, WhoActs
from mostik.jobs.again import RESEND_SECONDS, died_writing, looked_up_later, may_still_land
from mostik.jobs.message import MERGING, StateEvent, Work, dump
from mostik.jobs.outcome import (
    Changed,
    Held,
    Outcome,
    Refused,
    Transient,
    Uncertain,
    Unchanged,
)
from mostik.jobs.row import Failure, JobRow, JobState
from mostik.jobs.schedule import attempts_planned, delay_after, seconds_left, went_on
from mostik.ports import Random

SHORT_DELAY_SECONDS = 60
"""Up to here a delayed message carries the job; beyond, its row in the due index does."""
LEASE_MARGIN_SECONDS = 30
LOOKUP_PAUSE_SECONDS = 30
LOOKUPS_BEFORE_REPEAT = 2
"""A write of unknown outcome is repeated only when it was absent so many times, a pause apart."""
DEDUPE_SECONDS = 35 * 86_400
"""How long a delivery id is remembered."""
CRASHES_BEFORE_FAILED = 3
"""A job that took the worker down so many times in a row is failed instead of tried again."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Write this row and, when the write stands, run the work."""

    row: JobRow
    over: int | None
    """The version to write over; ``None`` inserts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The record is in other hands: write the raised ``asked`` and delete the message."""

    row: JobRow
    over: int


@dataclass(frozen=True, slots=True)
class BackTo:
    """The job runs under a live lease and its message is its carrier: show it again then."""

    at: float


@dataclass(frozen=True, slots=True)
class Parked:
    """The last owner died and the job must not simply run: write this row, delete the message."""

    row: JobRow
    over: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """This delivery was handled before: delete the message."""


ClaimDecision = Claimed | Asked | BackTo | Parked | Duplicate


def decide_claim(
    work: Work,
    standing: JobRow | None,
    *,
    now: float,
    owner: str,
    lease_seconds: float,
    look_up_after: float,
    unsafe: bool,
) -> ClaimDecision:
    """Decides what a worker that holds a message may do with the job.

    Args:
        work: what the message asks for.
        standing: the job's row, if there is one.
        now: unix seconds.
        owner: a name for this invocation.
        lease_seconds: worker timeout + margin.
        look_up_after: seconds after the lease until a lost write is settled on the other side.
        unsafe: the work may write without an idempotency key.
    """
    if standing is None:
        return Claimed(_first_claim(work, now, owner, lease_seconds, unsafe), over=None)
    lives = standing.state is JobState.RUNNING and standing.lease_until > now
    merges = isinstance(work, MERGING)
    if standing.state is JobState.DONE and not merges:
        return Duplicate()
    if lives:
        if merges:
            # Should the owner die, its message may go as a repeat of a delivery that this one has
            # ended. From now on the row carries the job.
            rescued_at = standing.lease_until + LEASE_MARGIN_SECONDS
            return Asked(
                standing.next(asked=standing.asked + 1, due_at=rescued_at), over=standing.version
            )
        return BackTo(standing.lease_until)
    if standing.state in (JobState.HELD, JobState.UNKNOWN):
        # Only the tick releases these; a new touch is remembered, its message goes.
        if merges:
            return Asked(standing.next(asked=standing.asked + 1), over=standing.version)
        return Duplicate()
    crashes = standing.crashes
    if standing.state is JobState.RUNNING:
        crashes += 1
        parked = _after_a_crash(standing, crashes, now, look_up_after)
        if parked is not None:
            return Parked(parked, over=standing.version)
    if may_still_land(standing, now=now):
        later = looked_up_later(standing, now=now)
        return Parked(replace(later, asked=standing.asked + 1), over=standing.version)
    pending = standing.asked > standing.done
    # A failed job that is asked for anew starts anew: its seven days are over, the event's are not.
    afresh = standing.state is JobState.FAILED
    return Claimed(
        standing.next(
            state=JobState.RUNNING,
            asked=standing.asked if pending else standing.asked + 1,
            asked_at=standing.asked_at if pending else work.asked_at,
            taken=standing.asked if pending else standing.asked + 1,
            attempts=1 if afresh else standing.attempts + 1,
            crashes=crashes,
            last_attempt_at=now,
            owner=owner,
            lease_until=now + lease_seconds,
            due_at=None,
            gate=None,
            lookups=0 if died_writing(standing) else standing.lookups,
            writes_unsafely=unsafe,
            **went_on(standing, now=now, afresh=afresh),
        ),
        over=standing.version,
    )


def _after_a_crash(row: JobRow, crashes: int, now: float, look_up_after: float) -> JobRow | None:
    """What becomes of a job whose owner died, unless it may simply be claimed again."""
    ended = row.next(crashes=crashes, asked=row.asked + 1, owner=None, lease_until=0.0)
    if crashes >= CRASHES_BEFORE_FAILED:
        return replace(
            ended,
            state=JobState.FAILED,
            due_at=None,
            failure=Failure(
                family=Family.GIVE_UP,
                text=f"It stopped the worker {crashes} times in a row and never ended.",
                who=WhoActs.DEVELOPER,
                at=now,
            ),
        )
    if row.writes_unsafely:
        # Also when it died while looking up: from the second absence on it may have been a create.
        return replace(
            ended,
            state=JobState.UNKNOWN,
            lookups=0,
            due_at=max(row.lease_until, now) + look_up_after,  # a clock may have jumped
            failure=Failure(
                family=Family.UNKNOWN,
                text="The worker stopped during a write. It is looked up before it is repeated.",
                who=WhoActs.SYSTEM,
                at=now,
            ),
        )
    return None


def _first_claim(work: Work, now: float, owner: str, lease_seconds: float, unsafe: bool) -> JobRow:
    return JobRow(
        id=work.id,
        connection=work.connection,
        state=JobState.RUNNING,
        payload=dump(work),
        version=int(now * 1000),
        asked_at=work.asked_at,
        taken=1,
        attempts=1,
        first_attempt_at=now,
        last_attempt_at=now,
        owner=owner,
        lease_until=now + lease_seconds,
        writes_unsafely=unsafe,
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ends.

    Attributes:
        row: the row to write over ``over``; ``None`` removes it.
        over: the version that the claim wrote (or that stands since a touch raised ``asked``).
        send: send the job's message again after the row is written.
        delay: seconds until that message becomes visible.
    """

    row: JobRow | None
    over: int
    send: bool = False
    delay: int = 0


def settle(
    work: Work, row: JobRow, outcome: Outcome, *, now: float, random: Random, look_up_after: float
) -> Settlement:
    """Decides what becomes of a claimed job.

    Args:
        work: what was run.
        row: the row as it stands now, in our claim (``asked`` may have been raised meanwhile).
        outcome: what the attempt came to.
        now: unix seconds.
        random: jitter.
        look_up_after: the vendor's longest request + margin: how long a lost write may still land.
    """
    over = row.version
    free: dict[str, Any] = {
        "owner": None,
        "lease_until": 0.0,
        "writes_unsafely": False,
        "crashes": 0,
    }
    if isinstance(outcome, Transient | Uncertain) and seconds_left(row, now=now) <= 0:
        return Settlement(_failed(row, _too_late(outcome.failure, now), free), over)
    match outcome:
        case Changed() | Unchanged():
            return _finished(work, row, now, over, free)
        case Transient():
            return _postponed(row, outcome, now, random, over, free)
        case Held():
            held = row.next(
                state=JobState.HELD,
                gate=outcome.gate,
                failure=outcome.failure,
                attempts=row.attempts - 1,
                # Without a counted attempt the seven days have not begun.
                first_attempt_at=row.first_attempt_at if row.attempts > 1 else None,
                held_at=now,
                due_at=None,
                **free,
            )
            return Settlement(held, over)
        case Uncertain():
            absent = outcome.looked_up
            lookups = (row.lookups or 0) + 1 if absent else 0
            wait = LOOKUP_PAUSE_SECONDS if absent else look_up_after
            unknown = row.next(
                state=JobState.UNKNOWN,
                lookups=lookups,
                failure=outcome.failure,
                due_at=now + wait,
                **free,
            )
            return Settlement(unknown, over)
        case Refused():
            return Settlement(_failed(row, outcome.failure, free), over)
        case _:
            assert_never(outcome)


def _finished(work: Work, row: JobRow, now: float, over: int, free: dict[str, Any]) -> Settlement:
    if isinstance(work, StateEvent):
        done = row.next(
            state=JobState.DONE,
            done=row.taken,
            payload="",
            failure=None,
            lookups=None,
            due_at=None,
            expires_at=int(now + DEDUPE_SECONDS),
            **free,
        )
        return Settlement(done, over)
    if row.asked > row.taken:
        again = row.next(
            state=JobState.QUEUED,
            done=row.taken,
            failure=None,
            lookups=None,
            attempts=0,
            first_attempt_at=None,
            due_at=now + RESEND_SECONDS,
            sent_at=now,
            **free,
        )
        return Settlement(again, over, send=True)
    return Settlement(None, over)


def _postponed(
    row: JobRow, outcome: Transient, now: float, random: Random, over: int, free: dict[str, Any]
) -> Settlement:
    attempts = min(row.attempts, attempts_planned(row, now=now))
    delay = delay_after(attempts, random=random, at_least=outcome.retry_after)
    # The last try is at the deadline.
    delay = min(delay, outcome.within or delay, seconds_left(row, now=now))
    short = delay <= SHORT_DELAY_SECONDS
    waiting = row.next(
        state=JobState.WAITING,
        failure=outcome.failure,
        due_at=None if short else now + delay,
        sent_at=now if short else None,
        **free,
    )
    return Settlement(waiting, over, send=short, delay=int(delay) + 1 if short else 0)


def _too_late(last: Failure, now: float) -> Failure:
    return replace(last, text=f"Gave up after 7 days. Last error: {last.text}", at=now)


def _failed(row: JobRow, failure: Failure, free: dict[str, Any]) -> JobRow:
    return row.next(state=JobState.FAILED, failure=failure, due_at=None, **free)


def due_again(row: JobRow, *, now: float, resend_after: float) -> JobRow | None:
    """The tick's decision on a due row: the row to write before its message is sent, or ``None``.

    Args:
        row: a row from the due index (waiting, unknown, queued; running, when it was asked for
            again meanwhile) or from behind an open gate (held).
        now: unix seconds.
        resend_after: a sent row is not sent again for so many seconds.
    """
    if row.state is JobState.RUNNING and row.lease_until <= now:
        # Its owner died. Whoever takes the message finds that out, so the claim is left as it is.
        return row.next(due_at=now + resend_after, sent_at=now)
    if row.state not in (JobState.WAITING, JobState.UNKNOWN, JobState.QUEUED, JobState.HELD):
        return None
    return row.next(
        state=JobState.QUEUED, due_at=now + resend_after, sent_at=now, gate=None, owner=None
    )
