"""Wires what imports need in the worker: it reads files, so the parser is a weight of the worker
alone."""

from __future__ import annotations

from mostik.bootstrap.runs import run_tick
from mostik.connections.open import OpenConnections
from mostik.jobs.rows import JobRows
from mostik.ports import Blobs, Clock, JobQueue, Table
from mostik.sync.link import Links
from mostik.sync.parked import Parked
from mostik.sync.results import Results
from mostik.sync.run import Runs
from mostik.sync.rundesk import RunDesk
from mostik.sync.xref import Pairs
from mostik.worker.importplan import Plans
from mostik.worker.importruns import ImportRuns
from mostik.worker.imports import ImportWork


def import_work(
    table: Table,
    blobs: Blobs,
    queue: JobQueue,
    connections: OpenConnections,
    links: Links,
    clock: Clock,
) -> ImportWork:
    """Returns what the worker needs to run imports."""
    runs, plans = Runs(table), Plans(table)
    return ImportWork(
        table=table,
        blobs=blobs,
        queue=queue,
        connections=connections,
        links=links,
        plans=plans,
        runs=ImportRuns(
            plans=plans,
            desk=RunDesk(runs, links, queue, clock),
            runs=runs,
            results=Results(table),
            closing=run_tick(table, JobRows(table), queue, clock),
            parked=Parked(table, Pairs(table), clock),
            clock=clock,
        ),
        clock=clock,
    )
