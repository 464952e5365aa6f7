"""Quick repeats inside one attempt: at most two, at most ten seconds; everything longer is the
job's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.stop import stop_base

from mostik.errors import MostikError, RateLimited, RetryLater, Unknown
from mostik.ports import Clock, Random, Sleep

QUICK_ATTEMPTS = 3
"""The first call and two repeats."""
QUICK_SECONDS = 10.0
LONGEST_QUICK_WAIT = 2.0
FIRST_WAIT = 0.2
LIMIT_WAIT = 1.0
LONGEST_RETRY_AFTER = 86_400.0


def read_retry_after(value: str | None, now: float) -> float | None:
    """Returns the seconds that a Retry-After header asks for, at most a day; junk is ignored."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - now, 0.0), LONGEST_RETRY_AFTER)


def is_gate_of_ours(error: BaseException) -> bool:
    """Whether a call was refused before it was sent."""
    return isinstance(error, RateLimited) and error.status is None


def is_quick(error: BaseException) -> bool:
    """Whether a repeat at once may help and cannot do harm.

    ``RetryLater`` says that there was no effect or that the endpoint is safe to repeat; what the
    other side asks to wait longer for goes to the job. So does what a gate of ours has refused: it
    has waited already. A write under an idempotency key is repeated as it is.
    """
    if is_gate_of_ours(error):
        return False
    if isinstance(error, RetryLater) or (isinstance(error, Unknown) and error.keyed):
        return (error.retry_after or 0.0) <= LONGEST_QUICK_WAIT
    return False


def weightier(earlier: MostikError | None, error: MostikError) -> MostikError:
    """Returns which of two tries of one call says what came of it.

    What an earlier one may have done stays in doubt, whatever a later one came to; and when a gate
    of ours closed in between, it closed because of the earlier one.
    """
    in_doubt = isinstance(earlier, Unknown) and not isinstance(error, Unknown)
    return earlier if earlier is not None and (in_doubt or is_gate_of_ours(error)) else error


def quick_wait(random: Random) -> Callable[[RetryCallState], float]:
    """Returns the wait before a quick repeat: what the other side said, else a short jittered
    backoff."""

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimited):
            return error.retry_after or LIMIT_WAIT * (1.0 + random() * 0.25)
        asked = error.retry_after if isinstance(error, RetryLater | Unknown) else None
        backoff: float = FIRST_WAIT * 2 ** (state.attempt_number - 1) * (0.5 + random())
        return max(asked or 0.0, backoff)

    return wait


class stop_when_late(stop_base):  # noqa: N801 - tenacity names its strategies like functions
    """Stops when the quick budget or the invocation's own time is used up."""

    def __init__(self, clock: Clock, started: float, remaining: Callable[[], float]) -> None:
        self._clock = clock
        self._started = started
        self._remaining = remaining

    def __call__(self, retry_state: RetryCallState) -> bool:
        """Whether to stop."""
        del retry_state  # only time decides
        used = self._clock() - self._started
        return used > QUICK_SECONDS or self._remaining() < QUICK_SECONDS


def quick_retries(
    *,
    clock: Clock,
    sleep: Sleep,
    random: Random,
    remaining: Callable[[], float],
    quick: bool = True,
) -> Retrying:
    """Returns the tenacity controller of one attempt."""
    return Retrying(
        stop=stop_after_attempt(QUICK_ATTEMPTS if quick else 1)
        | stop_when_late(clock, clock(), remaining),
        wait=quick_wait(random),
        retry=retry_if_exception(is_quick),
        sleep=sleep,
        reraise=True,
    )
