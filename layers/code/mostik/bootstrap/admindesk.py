"""Wires what the JSON API of functions/admin works with; built with its first request."""

from __future__ import annotations

import random
import time

from mostik.admin.audit import Audit
from mostik.admin.callsdesk import CallsDesk
from mostik.admin.desk import AdminDesk
from mostik.admin.exchangedesk import ExchangeDesk
from mostik.admin.health import Health
from mostik.admin.linkends import LinkEnds
from mostik.admin.logreplay import LogReplay
from mostik.admin.mappingdesk import MappingDesk
from mostik.admin.matchdesk import MatchDesk
from mostik.admin.once import Once
from mostik.admin.recorddesk import RecordDesk
from mostik.admin.secretdesk import SecretDesk
from mostik.admin.settingsdesk import SettingsDesk
from mostik.admin.transfer import TransferDesk
from mostik.alerts.book import Alerts
from mostik.bootstrap.orders import zone_of
from mostik.connections.book import ConnectionBook
from mostik.connections.gateboard import GateBoard
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.lastused import LastUsed
from mostik.connections.open import OpenConnections
from mostik.connections.tokens import Tokens
from mostik.http.client import Effects
from mostik.integration import Storage
from mostik.jobs.failed import FailedJobs
from mostik.jobs.replay import Replay, Replays
from mostik.jobs.rows import JobRows
from mostik.jobs.wakes import Wakes
from mostik.ports import Blobs, JobQueue, Slots, Table
from mostik.registry import discovered, integration_named
from mostik.requestlog.query import LogReader
from mostik.requestlog.store import RequestLog
from mostik.secrets import SecretsManager
from mostik.sync.comparison import Comparisons
from mostik.sync.conflicts import ConflictDesk
from mostik.sync.content import Contents
from mostik.sync.judge import Judge
from mostik.sync.link import Links
from mostik.sync.linkbook import LinkBook
from mostik.sync.parked import Parked
from mostik.sync.reconcile import ReconcileDesk
from mostik.sync.results import Results
from mostik.sync.run import Runs
from mostik.sync.rundesk import RunDesk
from mostik.sync.rundiff import RunDiffs
from mostik.sync.xref import Pairs
from mostik.telemetry import emit


def admin_desk(
    *,
    table: Table,
    log_table: Table,
    blobs: Blobs,
    secrets: SecretsManager,
    queue: JobQueue,
    slots: Slots,
    health: Health,
    book: ConnectionBook,
    log_days: int,
) -> AdminDesk:
    """Returns the desk of this container.

    Args:
        table: the state table.
        log_table: the request log.
        blobs: big bodies.
        secrets: secret documents.
        queue: the jobs queue.
        slots: the shared limits.
        health: figures.
        book: connections.
        log_days: how long log entries are kept.
    """
    clock = time.time
    effects = Effects(clock, time.sleep, random.random)
    connections = OpenConnections(
        book,
        secrets,
        integration_named,
        effects,
        pool_size=4,
        gate=Gatehouse(table, slots, effects, emit),
        tokens=Tokens(secrets, table, effects),
        storage=lambda connection: Storage(connection, table, blobs, clock),
    )
    request_log = RequestLog(log_table, blobs, log_days, book.retention_days)
    calls = CallsDesk(connections, request_log, clock)
    secret_desk = SecretDesk(secrets, table, clock)
    settings = SettingsDesk(
        book, secret_desk, Wakes(table, clock), integration_named, Links(table, clock)
    )
    rows, links, pairs = JobRows(table), Links(table, clock), Pairs(table)
    parked = Parked(table, pairs, clock)
    link_book, ends = LinkBook(links, table, clock), LinkEnds(calls)

    def log() -> LogReader:
        ids = [connection.id for connection in book.all()]
        return LogReader(log_table, ids, blobs, clock)

    return AdminDesk(
        integrations=discovered(),
        book=book,
        settings=settings,
        secrets=secret_desk,
        calls=calls,
        transfer=TransferDesk(book, settings, secret_desk, calls, integration_named),
        records=RecordDesk(
            links=links, pairs=pairs, parked=parked, rows=rows, queue=queue, calls=calls,
            clock=clock,
        ),
        matching=MatchDesk(
            table=table, blobs=blobs, ends=ends, book=link_book, pairs=pairs, clock=clock
        ),
        mapping=MappingDesk(
            book=link_book, ends=ends, pairs=pairs, parked=parked, queue=queue, clock=clock
        ),
        conflicts=ConflictDesk(links, pairs, queue, clock, ends),
        exchange=ExchangeDesk(table, blobs, queue, book, discovered(), zone_of, clock),
        gates=GateBoard(table, book, clock),
        alerts=Alerts(table),
        health=health,
        rows=rows,
        failed=FailedJobs(rows),
        replay=Replay(rows, queue, clock),
        replays=Replays(table, rows, queue, clock),
        links=links,
        runs=RunDesk(Runs(table), links, queue, clock),
        results=Results(table),
        diffs=RunDiffs(Results(table), Contents(blobs)),
        reconcile=ReconcileDesk(
            comparisons=Comparisons(table, blobs), links=links, pairs=pairs,
            judge=Judge(pairs, parked, rows, clock), queue=queue, clock=clock, open_ends=ends,
        ),
        parked=parked,
        log=log,
        log_replay=lambda: LogReplay(rows, queue, log(), clock),
        blobs=blobs,
        last_used=LastUsed(table, clock),
        audit=Audit(table, clock),
        once=Once(table, clock),
        clock=clock,
    )  # fmt: skip
