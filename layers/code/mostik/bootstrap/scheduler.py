"""Wires functions/scheduler."""

from __future__ import annotations

from functools import cache

from mostik.bootstrap.aws import client, shared_clock
from mostik.bootstrap.runs import run_tick
from mostik.bootstrap.state import state_table
from mostik.jobs.deadletters.sqs import SqsDeadLetters
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.replay import Replays
from mostik.jobs.rows import JobRows
from mostik.jobs.sqs import SqsJobQueue
from mostik.jobs.tick import Tick
from mostik.jobs.wakes import Wakes
from mostik.settings import SchedulerSettings


def tick() -> Tick:
    """Returns the tick of this container, for one invocation.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    shared_clock().restart()
    return _tick()


@cache
def _tick() -> Tick:
    settings = SchedulerSettings()
    clock = shared_clock()
    table = state_table(settings.state_table, clock=clock)
    sqs = client("sqs")
    rows, queue = JobRows(table), SqsJobQueue(sqs, settings.jobs_queue_url)
    return Tick(
        rows=rows,
        gates=Gates(table),
        leases=Leases(table, clock),
        queue=queue,
        letters=SqsDeadLetters(sqs, settings.jobs_dead_letter_queue_url),
        clock=clock,
        replays=Replays(table, rows, queue, clock),
        wakes=Wakes(table, clock),
        runs=run_tick(table, rows, queue, clock),
    )
