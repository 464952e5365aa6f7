"""Plans a batch: which work runs together, in what order, in how many lanes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mostik.jobs.message import Work


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work and the messages that asked for it.

    Attributes:
        work: what to run.
        messages: ids of the messages that it settles.
        receipt_handle: of the first of them, to show it again later.
        trace: trace id for the log.
        receives: how often the one of them that was received most often was received.
    """

    work: Work
    messages: frozenset[str]
    receipt_handle: str
    trace: str | None = None
    receives: int = 1


ALONE_FROM_RECEIVE = 3
"""From this receive on a message may be one that stops its worker: nothing runs beside it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Lanes run at the same time; the tasks of a lane run one after the other.

    Attributes:
        lanes: what runs first.
        alone: what runs after all of them, one after the other: a task that stops the worker then
            takes no other with it.
    """

    lanes: Sequence[Sequence[Task]] = field(default_factory=list)
    alone: Sequence[Task] = field(default_factory=list)


def merged(tasks: Sequence[Task]) -> Sequence[Task]:
    """Merges tasks of one job: one look serves all touches of a record that asked before it, and a
    delivery that is twice in a batch is one. So a batch never competes with itself for a claim."""
    by_job: dict[str, Task] = {}
    for task in tasks:
        known = by_job.get(task.work.id)
        by_job[task.work.id] = (
            replace(
                known,
                messages=known.messages | task.messages,
                receives=max(known.receives, task.receives),
            )
            if known
            else task
        )
    return list(by_job.values())


def plan(tasks: Sequence[Task], *, threads: int) -> Plan:
    """Spreads tasks over lanes: a connection gets at most half of the threads.

    Args:
        tasks: merged tasks of one batch.
        threads: lanes that may run at the same time.
    """
    by_connection: dict[str, list[Task]] = {}
    alone = [task for task in tasks if task.receives >= ALONE_FROM_RECEIVE]
    for task in tasks:
        if task.receives >= ALONE_FROM_RECEIVE:
            continue
        by_connection.setdefault(task.work.connection, []).append(task)
    share = threads if len(by_connection) == 1 else max(1, threads // 2)
    lanes: list[list[Task]] = []
    for own in by_connection.values():
        count = min(share, len(own))
        lanes += [own[start::count] for start in range(count)]
    return Plan(lanes, alone)


def failures(task_outcomes: Mapping[str, bool]) -> list[dict[str, str]]:
    """Returns SQS' partial batch response: the messages that must be shown again."""
    return [
        {"itemIdentifier": message}
        for message, settled in sorted(task_outcomes.items())
        if not settled
    ]
