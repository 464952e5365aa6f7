"""Job rows as they stand when a worker or a tick finds them."""

from __future__ import annotations

from typing import Any

from mostik.errors import Family, WhoActs
from mostik.jobs.message import StateEvent, Touch, Work, dump
from mostik.jobs.row import Failure, JobRow, JobState
from tests.support.clock import STARTS_AT

NOW = STARTS_AT
TOUCH = Touch("shop", "orders", "1001", "shop:msg_1", NOW - 1)
EVENT = StateEvent("shop:msg_1", "shop", "orders", "1001", {"total": 1}, "shop:msg_1", NOW - 1)
LEASE_SECONDS = 120.0
LOOK_UP_AFTER = 90.0
FAILURE = Failure(Family.RETRY_LATER, "It is down.", WhoActs.SYSTEM, NOW - 10)

_STANDING: dict[JobState, dict[str, Any]] = {
    JobState.QUEUED: {"due_at": NOW + 60, "sent_at": NOW - 1},
    JobState.RUNNING: {"owner": "other", "lease_until": NOW + 30, "taken": 1},
    JobState.WAITING: {"due_at": NOW + 600, "failure": FAILURE},
    JobState.HELD: {"gate": "shop", "failure": FAILURE, "attempts": 0},
    JobState.UNKNOWN: {"due_at": NOW + 90, "lookups": 0, "failure": FAILURE},
    JobState.FAILED: {"failure": FAILURE},
    JobState.DONE: {"done": 1, "payload": "", "expires_at": int(NOW) + 86_400},
}


def row(state: JobState, work: Work = TOUCH, **fields: Any) -> JobRow:
    """A row of ``work`` in a state, with what is usual there."""
    return JobRow(
        **{
            "id": work.id,
            "connection": work.connection,
            "state": state,
            "payload": dump(work),
            "version": 7,
            "asked_at": NOW - 20,
            "attempts": 1,
            "first_attempt_at": NOW - 10,
            "last_attempt_at": NOW - 10,
            **_STANDING[state],
            **fields,
        }
    )
