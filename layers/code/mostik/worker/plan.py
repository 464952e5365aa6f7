"""Plans a batch: which work runs together, in what order, in how many lanes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mostik.jobs.message import Touch, Work


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work and the messages that asked for it.

    Attributes:
        work: what to run.
        messages: ids of the messages that it settles.
        receipt_handle: of the first of them, to show it again later.
        trace: trace id for the log.
    """

    work: Work
    messages: frozenset[str]
    receipt_handle: str
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Lanes run at the same time; the tasks of a lane run one after the other."""

    lanes: Sequence[Sequence[Task]] = field(default_factory=list)


def merged(tasks: Sequence[Task]) -> Sequence[Task]:
    """Merges touches of one record: one look serves all that asked before it."""
    by_record: dict[str, Task] = {}
    kept: list[Task] = []
    for task in tasks:
        if not isinstance(task.work, Touch):
            kept.append(task)
            continue
        known = by_record.get(task.work.id)
        by_record[task.work.id] = (
            replace(known, messages=known.messages | task.messages) if known else task
        )
    return [*by_record.values(), *kept]


def plan(tasks: Sequence[Task], *, threads: int) -> Plan:
    """Spreads tasks over lanes: a connection gets at most half of the threads.

    Args:
        tasks: merged tasks of one batch.
        threads: lanes that may run at the same time.
    """
    by_connection: dict[str, list[Task]] = {}
    for task in tasks:
        by_connection.setdefault(task.work.connection, []).append(task)
    share = threads if len(by_connection) == 1 else max(1, threads // 2)
    lanes: list[list[Task]] = []
    for own in by_connection.values():
        count = min(share, len(own))
        lanes += [own[start::count] for start in range(count)]
    return Plan(lanes)


def failures(task_outcomes: Mapping[str, bool]) -> list[dict[str, str]]:
    """Returns SQS' partial batch response: the messages that must be shown again."""
    return [
        {"itemIdentifier": message}
        for message, settled in sorted(task_outcomes.items())
        if not settled
    ]
