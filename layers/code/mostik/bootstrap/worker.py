"""Wires functions/worker."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from mostik.bootstrap.aws import client, shared_clock
from mostik.bootstrap.imports import import_work
from mostik.bootstrap.runs import run_work
from mostik.bootstrap.state import request_log_table, state_table
from mostik.connections.book import ConnectionBook
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.installs import Installs
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.connections.tokens import Tokens
from mostik.http.client import Effects
from mostik.http.dynamodb import DynamoSlots
from mostik.inbound.https_read import https_read
from mostik.integration import Storage
from mostik.jobs.gates import Gates
from mostik.jobs.leases import Leases
from mostik.jobs.rows import JobRows
from mostik.jobs.sqs import SqsJobQueue
from mostik.jobs.wakes import Wakes
from mostik.registry import integration_named
from mostik.requestlog.store import RequestLog
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.settings import WorkerSettings
from mostik.sync.link import Links
from mostik.sync.parked import Parked
from mostik.sync.xref import Pairs
from mostik.telemetry import emit, log_line, metric_line, start_line
from mostik.worker.errands import Errands
from mostik.worker.execute import Execution
from mostik.worker.imagecontent import with_content
from mostik.worker.report import Report
from mostik.worker.worker import THREADS, Worker


def worker() -> Worker:
    """Returns the worker of this container, for one invocation.

    Raises:
        ConfigurationError: an environment variable is missing.
    """
    shared_clock().restart()
    return _worker()


@cache
def _worker() -> Worker:
    settings = WorkerSettings()
    clock = shared_clock()
    table = state_table(settings.state_table, pool=THREADS, clock=clock)
    secrets_client = client("secretsmanager")
    s3_client = client("s3")
    blobs = S3Blobs(lambda: s3_client, settings.blobs_bucket)
    book = ConnectionBook(table, clock)
    effects = Effects(clock, time.sleep, random.random)
    secrets = SecretsManager(lambda: secrets_client, settings.secrets_prefix, clock)
    connections = OpenConnections(
        book,
        secrets,
        integration_named,
        effects,
        pool_size=THREADS,
        gate=Gatehouse(
            table,
            DynamoSlots(client("dynamodb", pool=THREADS), settings.state_table),
            effects,
            emit,
        ),
        tokens=Tokens(secrets, table, effects),
        renamed=_renamed,
        storage=lambda connection: Storage(connection, table, blobs, clock),
    )
    links = Links(table, clock)
    queue = SqsJobQueue(client("sqs", pool=THREADS), settings.jobs_queue_url)
    emit(start_line("worker", time.process_time()))
    return Worker(
        connections=connections,
        execution=Execution(
            connections,
            links,
            Pairs(table),
            Errands(
                table=table,
                queue=queue,
                book=book,
                links=links,
                wakes=Wakes(table, clock),
                installs=Installs(secrets, clock),
                clock=clock,
                connections=connections,
            ),
            run_work(table, blobs, queue, links, clock, _defect),
            Parked(table, Pairs(table), clock),
            import_work(table, blobs, queue, connections, links, clock),
            with_content(blobs),
        ),
        rows=JobRows(table),
        gates=Gates(table),
        leases=Leases(table, clock),
        queue=queue,
        blobs=blobs,
        log=RequestLog(
            request_log_table(settings.request_log_table),
            blobs,
            settings.log_retention_days,
            book.retention_days,
        ),
        last_used=LastUsed(table, clock),
        pool=ThreadPoolExecutor(THREADS, thread_name_prefix="lane"),
        clock=clock,
        random=random.random,
        timeout=float(settings.worker_timeout_seconds),
        emit=emit,
        read=https_read,
    )


def _renamed(connection: str, host: str) -> None:
    """A person must enter the new address: it is found anew by every container."""
    emit(
        metric_line(
            "worker",
            {"ConnectionRenamed": 1},
            now=time.time(),
            fields={"connection": connection, "host": host},
        )
    )


def _defect(error: Exception, job: str) -> None:
    """A record whose handling is defective goes into quarantine; the log says where in the code."""
    Report(lambda text, fields: emit(log_line("ERROR", text, fields))).defect(error, job)
