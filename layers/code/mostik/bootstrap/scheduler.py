"""Wires functions/scheduler."""

from __future__ import annotations

import time
from functools import cache

from mostik.bootstrap.alerts import alert_watch
from mostik.bootstrap.aws import client, shared_clock
from mostik.bootstrap.orders import watch
from mostik.bootstrap.runs import import_tick, run_tick
from mostik.bootstrap.state import state_table
from mostik.bootstrap.uploads import finaliser
from mostik.jobs.deadletters.sqs import SqsDeadLetters
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.replay import Replays
from mostik.jobs.rows import JobRows
from mostik.jobs.sqs import SqsJobQueue
from mostik.jobs.tick import Tick
from mostik.jobs.wakes import Wakes
from mostik.s3 import S3Blobs
from mostik.settings import SchedulerSettings
from mostik.telemetry import emit, start_line


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
    blobs = S3Blobs(lambda: client("s3"), settings.blobs_bucket)
    rows, queue = JobRows(table), SqsJobQueue(sqs, settings.jobs_queue_url)
    emit(start_line("scheduler", time.process_time()))
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
        uploads=finaliser(table, blobs, queue, clock).run,
        imports=import_tick(table, rows, queue, clock),
        lateness=watch(table, clock, emit).run,
        alerts=alert_watch(table, rows, clock, settings.alert_topic_arn).run,
    )
