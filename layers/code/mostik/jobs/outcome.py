"""What one attempt came to, and how an error becomes that."""

from __future__ import annotations

from dataclasses import dataclass

from mostik.errors import (
    CallFailed,
    ConfigurationError,
    Family,
    GiveUp,
    RateLimited,
    RetryLater,
    Skip,
    Unknown,
    WhoActs,
)
from mostik.jobs.row import Failure


@dataclass(frozen=True, slots=True)
class Changed:
    """The other side was changed."""

    effects: int = 1


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing had to be changed (equal, echoed, skipped), and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Transient:
    """It failed without an effect and may succeed later."""

    failure: Failure
    retry_after: float | None = None
    down: str | None = None
    """The gate of a side that did not answer, or failed without saying when to come back."""
    within: float | None = None
    """Seconds after which it is tried again at the latest."""


@dataclass(frozen=True, slots=True)
class Held:
    """A gate is closed: not an attempt."""

    gate: str
    failure: Failure
    reopens_at: float | None
    """Unix seconds when the gate may open by itself."""
    closes: bool = True
    """This outcome closes the gate (else it was found closed)."""
    pace: float | None = None
    """Calls a second that the open gate lets through, where that is known; 0: one job at a
    time."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A write may have happened.

    ``looked_up``: the attempt was a look-up that found nothing, and it is too early to repeat.
    """

    failure: Failure
    looked_up: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It failed for good: a person decides."""

    failure: Failure


Outcome = Changed | Unchanged | Transient | Held | Uncertain | Refused

RATE_LIMIT_SECONDS = 1.0
"""How long a gate closes when a refusal does not say."""
CONFIGURATION_SECONDS = 600.0
"""How often a gate that a person must open is probed with one job."""


class StillAbsent(Exception):
    """A write of unknown outcome was looked up and is not there (yet)."""


def outcome_of(error: Exception, *, gate: str, now: float) -> Outcome:
    """Returns what an exception means for the job.

    Args:
        error: what ended the attempt.
        gate: the gate to close if the error does not name one.
        now: unix seconds.
    """
    match error:
        case Skip():
            return Unchanged(error.text)
        case StillAbsent():
            text = "The write is not on the other side yet; it is looked up once more."
            return Uncertain(Failure(Family.UNKNOWN, text, WhoActs.SYSTEM, now), looked_up=True)
        case ConfigurationError():
            failure = Failure(error.family, error.text, error.who, now, error.code)
            return Held(error.gate or gate, failure, now + CONFIGURATION_SECONDS)
        case RateLimited():
            return Held(
                error.gate or gate,
                _failure(error, now),
                now + (error.retry_after or RATE_LIMIT_SECONDS),
                pace=error.pace,
            )
        case RetryLater():
            no_answer = error.status is None or error.status >= 500
            down = error.gate if error.retry_after is None and no_answer else None
            return Transient(_failure(error, now), error.retry_after, down)
        case Unknown():
            return Uncertain(_failure(error, now))
        case GiveUp():
            return Refused(_failure(error, now))
        case _:
            # A defect of ours or of an integration. Its text may hold data: only its type is kept.
            text = f"Unexpected {type(error).__name__} in the code; see the function's log."
            return Refused(Failure(Family.GIVE_UP, text, WhoActs.DEVELOPER, now))


def _failure(error: CallFailed, now: float) -> Failure:
    return Failure(error.family, error.text, error.who, now, error.code)
