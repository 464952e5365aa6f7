"""Wires what runs need, for the worker and for the scheduler."""

from __future__ import annotations

from mostik.commerceml.imports import Imports
from mostik.jobs.rows import JobRows
from mostik.ports import Blobs, Clock, JobQueue, Table
from mostik.sync.announced import Announced
from mostik.sync.chunk import Chunks, Defect
from mostik.sync.closing import RunTick
from mostik.sync.content import Contents
from mostik.sync.link import Links
from mostik.sync.listing import Listing
from mostik.sync.parked import Parked
from mostik.sync.results import Results
from mostik.sync.run import Runs
from mostik.sync.rundesk import RunDesk
from mostik.sync.schedule import Schedules
from mostik.sync.xref import Pairs
from mostik.telemetry import emit
from mostik.worker.importplan import Plans
from mostik.worker.importtick import ImportTick
from mostik.worker.runs import RunWork


def run_work(
    table: Table, blobs: Blobs, queue: JobQueue, links: Links, clock: Clock, defect: Defect
) -> RunWork:
    """Returns what the worker needs to run the work of runs.

    Args:
        table: the state table.
        blobs: keeps the records of chunks.
        queue: takes chunks.
        links: links.
        clock: unix seconds.
        defect: takes an exception that is a defect in code, and the job.
    """
    runs, results, pairs = Runs(table), Results(table), Pairs(table)
    parked, contents = Parked(table, pairs, clock), Contents(blobs)
    return RunWork(
        runs=runs,
        listing=Listing(runs, results, pairs, contents, parked, queue, clock),
        chunks=Chunks(
            results,
            pairs,
            parked,
            contents,
            clock,
            defect,
            announced=Announced(JobRows(table), parked),
        ),
        links=links,
    )


def import_tick(table: Table, rows: JobRows, queue: JobQueue, clock: Clock) -> ImportTick:
    """Returns the tick's part in imports."""
    return ImportTick(
        plans=Plans(table), imports=Imports(table, clock), rows=rows, queue=queue, clock=clock
    )


def run_tick(table: Table, rows: JobRows, queue: JobQueue, clock: Clock) -> RunTick:
    """Returns the tick's part in runs."""
    runs, links = Runs(table), Links(table, clock)
    return RunTick(
        runs=runs,
        results=Results(table),
        links=links,
        rows=rows,
        parked=Parked(table, Pairs(table), clock),
        queue=queue,
        clock=clock,
        schedules=Schedules(RunDesk(runs, links, queue, clock), links, table, clock, emit),
    )
