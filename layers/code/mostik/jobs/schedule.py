"""When a job is tried again, and for how long: the schedule, and a deadline that stops while the
job is held."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from mostik.jobs.row import JobRow
from mostik.ports import Random

SCHEDULE_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 7_200, 18_000)
"""Delays after the first, second, ... counted attempt; after the last, every ten hours."""
LAST_DELAY_SECONDS = 36_000
DEADLINE_SECONDS = 7 * 86_400
"""A job that comes to no end fails only after this long."""


def delay_after(attempts: int, *, random: Random, at_least: float | None = None) -> float:
    """Returns the seconds until the next attempt: the schedule, jittered upwards only.

    Args:
        attempts: attempts that counted so far, at least one.
        random: jitter.
        at_least: what the other side asked for (Retry-After); honoured when it is later.
    """
    step = max(attempts, 1) - 1
    base = SCHEDULE_SECONDS[step] if step < len(SCHEDULE_SECONDS) else LAST_DELAY_SECONDS
    return max(base * (1.0 + random() * 0.25), at_least or 0.0)


def attempts_planned(row: JobRow, *, now: float) -> int:
    """Returns how many attempts the schedule has had by now. Each touch of a waiting record tries
    it at once: without this bound, ten of them within a minute would have it wait ten hours."""
    elapsed = now - (row.first_attempt_at if row.first_attempt_at is not None else now)
    return 1 + sum(elapsed >= passed for passed in accumulate(SCHEDULE_SECONDS))


def seconds_left(row: JobRow, *, now: float) -> float:
    """Returns how long a job in our claim may still be tried; not above zero: no longer."""
    started = row.first_attempt_at if row.first_attempt_at is not None else now
    return DEADLINE_SECONDS + row.held_seconds - (now - started)


def went_on(row: JobRow, *, now: float, afresh: bool = False) -> dict[str, Any]:
    """Returns the fields of a new claim that say since when the job is tried.

    Args:
        row: as it stands before.
        now: unix seconds.
        afresh: it starts anew.
    """
    if afresh or row.first_attempt_at is None:
        return {"first_attempt_at": now, "held_seconds": 0.0, "held_at": None}
    held = max(0.0, now - row.held_at) if row.held_at is not None else 0.0
    return {"held_seconds": row.held_seconds + held, "held_at": None}
