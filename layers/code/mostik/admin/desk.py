"""Everything that the routes work with; bootstrap and tests put it together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mostik.admin.audit import Audit
from mostik.admin.callsdesk import CallsDesk
from mostik.admin.exchangedesk import ExchangeDesk
from mostik.admin.health import Health
from mostik.admin.logreplay import LogReplay
from mostik.admin.mappingdesk import MappingDesk
from mostik.admin.matchdesk import MatchDesk
from mostik.admin.once import Once
from mostik.admin.recorddesk import RecordDesk
from mostik.admin.secretdesk import SecretDesk
from mostik.admin.settingsdesk import SettingsDesk
from mostik.admin.transfer import TransferDesk
from mostik.alerts.book import Alerts
from mostik.connections.book import ConnectionBook
from mostik.connections.gateboard import GateBoard
from mostik.connections.lastused import LastUsed
from mostik.integration import Integration
from mostik.jobs.failed import FailedJobs
from mostik.jobs.replay import Replay, Replays
from mostik.jobs.rows import JobRows
from mostik.ports import Blobs, Clock
from mostik.requestlog.query import LogReader
from mostik.sync.conflicts import ConflictDesk
from mostik.sync.link import Links
from mostik.sync.parked import Parked
from mostik.sync.reconcile import ReconcileDesk
from mostik.sync.results import Results
from mostik.sync.rundesk import RunDesk
from mostik.sync.rundiff import RunDiffs


@dataclass(frozen=True, slots=True)
class AdminDesk:
    """What a person can look at and do.

    Attributes:
        integrations: by name.
        book: connections.
        settings: checks and saves connections.
        secrets: their secrets.
        calls: asks other sides.
        transfer: takes settings from stage to stage.
        records: finds records and looks at them.
        matching: matches two filled bases.
        mapping: what links say, tried and kept.
        conflicts: what a person must decide.
        exchange: sessions of 1C, files, orders that were taken.
        gates: what keeps calls and jobs back.
        health: figures.
        alerts: what needs a person.
        rows: job rows.
        failed: failed jobs.
        replay: tries one again.
        replays: try many again.
        links: links.
        runs: starts and steers runs.
        results: what runs have come to.
        diffs: what dry runs would change.
        reconcile: compares both sides completely.
        parked: records in quarantine, and pending ones.
        log: makes a reader of the request log.
        log_replay: does again what an entry was about.
        blobs: big bodies.
        last_used: when secrets of doors were used.
        audit: who did what.
        once: actions under an idempotency key.
        clock: unix seconds.
    """

    integrations: Mapping[str, Integration[Any, Any]]
    book: ConnectionBook
    settings: SettingsDesk
    secrets: SecretDesk
    calls: CallsDesk
    transfer: TransferDesk
    records: RecordDesk
    matching: MatchDesk
    mapping: MappingDesk
    conflicts: ConflictDesk
    exchange: ExchangeDesk
    gates: GateBoard
    health: Health
    alerts: Alerts
    rows: JobRows
    failed: FailedJobs
    replay: Replay
    replays: Replays
    links: Links
    runs: RunDesk
    results: Results
    diffs: RunDiffs
    reconcile: ReconcileDesk
    parked: Parked
    log: Callable[[], LogReader]
    log_replay: Callable[[], LogReplay]
    blobs: Blobs
    last_used: LastUsed
    audit: Audit
    once: Once
    clock: Clock
