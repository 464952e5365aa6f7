"""Runs the job of an import: reads it into pages, then has the kernel carry the pages over.

It is a job that merges: each time it does what is due and asks for itself again, until nothing is.
Whatever it has done stands in rows, so a worker may die at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from mostik.brought import Content
from mostik.commerce import catalog
from mostik.commerce.record import Canonical
from mostik.commerceml.imports import ImportRow, Imports, State, Step, sentences
from mostik.commerceml.outgoing import Outgoing
from mostik.commerceml.pages import NEWCOMERS, TOLD, Pages, Said
from mostik.commerceml.places import Cursor, Place
from mostik.commerceml.reading import Progress, Reading
from mostik.commerceml.refusal import Refused
from mostik.commerceml.rules import rules_from
from mostik.commerceml.sources import Sources
from mostik.commerceml.uploads import Uploads
from mostik.connections.open import OpenConnection, OpenConnections
from mostik.errors import GiveUp, WhoActs
from mostik.jobs.message import dump
from mostik.jobs.outcome import Changed, Unchanged
from mostik.jobs.runwork import Import
from mostik.ports import Blobs, Clock, JobQueue, RemainingTime, Table
from mostik.sync.bonds import Bonds
from mostik.sync.link import Link, Links, Side
from mostik.sync.run import RunKind
from mostik.sync.verdict import Verdict
from mostik.sync.xref import Pairs
from mostik.worker.importplan import PICTURES, ImportPlan, Lane, LaneState, Plans
from mostik.worker.importruns import ImportRuns
from mostik.worker.importtold import told
from mostik.worker.packages import Packages

_SHORTEST_PAUSE, _LONGEST_PAUSE = 2, 30
_PAIRS_AT_ONCE = 500
_RECORDS_A_SECOND = 500
"""The more there is, the less often is it looked at."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is known where an import is read (``brought.Surroundings``)."""

    place: Place
    connection: str
    pages: Pages
    sources: Sources

    def known(self, resource: str, key: str) -> Canonical | None:
        """See ``Surroundings.known``."""
        return self.pages.last_said(resource, [key]).get(key)

    def knows(self, resource: str, key: str) -> bool:
        """See ``Surroundings.knows``."""
        return self.pages.knows(resource, key)

    def knew(self, resource: str, key: str) -> bool:
        """See ``Surroundings.knew``."""
        return self.pages.knows(resource, key, but=self.place)

    def content(self, path: str) -> Content | None:
        """See ``Surroundings.content``."""
        return self.sources.content(path)


@dataclass(frozen=True, slots=True)
class ImportWork:
    """What imports need.

    Attributes:
        table: the state table.
        blobs: uploads and pages.
        queue: takes the job's next message.
        connections: open connections.
        links: links; those that follow from settings are kept here.
        plans: how far imports are.
        runs: carries pages over.
        clock: unix seconds.
    """

    table: Table
    blobs: Blobs
    queue: JobQueue
    connections: OpenConnections
    links: Links
    plans: Plans
    runs: ImportRuns
    clock: Clock

    def run(
        self, work: Import, opened: OpenConnection, remaining: RemainingTime
    ) -> Changed | Unchanged:
        """Does what is due of an import.

        Raises:
            MostikError: the connection is not set up.
            Busy: AWS refused something; doing it again is harmless.
        """
        row = self._imports.get(work.connection, work.session, work.import_id)
        if row is None:
            return Unchanged("There is no such import.")
        plan = self._plan(row)
        if plan is None:
            return self._again(work, _SHORTEST_PAUSE)
        if not plan.is_open:
            return Unchanged(f"The import is {row.state.value}.")
        if not plan.is_read:
            read = self._read(row, plan, opened, remaining)
            if read is None:
                return self._again(work, 0 if row.step is Step.FILE else _LONGEST_PAUSE)
            plan = read
        steered = self.runs.steer(plan) if plan.is_open else plan
        if steered is None:
            return self._again(work, _SHORTEST_PAUSE)
        self._tell(row, steered)
        if all(lane.state.is_closed for lane in steered.lanes):
            if any(lane.resource == NEWCOMERS for lane in steered.lanes):
                place = Place.of(row.session, row.created_at, row.id)
                Pages(row.connection, self.table, self.blobs).forget(place, NEWCOMERS)
            self.plans.save(replace(steered, is_open=False), self.clock())
            return Changed()
        if steered.is_asleep:
            return Changed()  # the tick wakes it
        records = sum(lane.records for lane in steered.lanes)
        pause = min(max(records // _RECORDS_A_SECOND, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        return self._again(work, pause)

    @property
    def _imports(self) -> Imports:
        return Imports(self.table, self.clock)

    def _again(self, work: Import, delay: int) -> Changed:
        asked = replace(work, asked_at=self.clock())
        self.queue.send(dump(asked), group=work.connection, delay=delay)
        return Changed()

    def _plan(self, row: ImportRow) -> ImportPlan | None:
        """The plan that stands; it is open before anything else is done, so the tick finds it."""
        standing = self.plans.get(row.connection, row.session, row.id)
        if standing is not None:
            return standing
        now = self.clock()
        fresh = ImportPlan(
            row.connection,
            row.session,
            row.id,
            row.created_at,
            opened_at=now,
            moved_at=now,
            is_open=not row.state.is_final,
        )
        return self.plans.save(fresh, now)

    # ── reading ────────────────────────────────────────────────────────────────────────────────

    def _read(
        self, row: ImportRow, plan: ImportPlan, opened: OpenConnection, remaining: RemainingTime
    ) -> ImportPlan | None:
        """Returns the plan with its lanes; ``None``: it is not read to the end yet."""
        linked = self._linked(opened)
        if row.step is not Step.FILE:
            pages = Pages(row.connection, self.table, self.blobs)
            found = Packages(self._imports, self.plans, pages, linked).ended(row, plan)
            return None if found is None else self.plans.save(found, self.clock())
        self._imports.change(row, state=State.READING)
        sources = Sources(Uploads(self.table, self.blobs, self.clock), self.blobs, row)
        reading = self._reading(row, opened, sources)
        try:
            if not reading.go_on(sources.documents(), remaining, partial(self._note, row)):
                return None
        except Refused as refused:
            failed = replace(plan, is_read=True, is_open=False, sentences=(refused.text,))
            self._imports.change(row, state=State.FAILED, errors=failed.sentences)
            return self.plans.save(failed, self.clock())
        self._leave_the_new(reading, linked.get(catalog.PRODUCTS))
        said = reading.keep(self.clock())
        if reading.progress.catalogs:
            outgoing = Outgoing(self.table, self.clock)
            outgoing.goods_are_in(row.connection, reading.progress.catalogs)
        patience = rules_from(opened.connection.settings).idle_seconds
        plan = replace(plan, patience=patience)
        return self.plans.save(_read_plan(plan, reading.progress, said, linked), self.clock())

    def _leave_the_new(self, reading: Reading, link: Link | None) -> None:
        """Takes out those that need not wait: they are on the other side already, or were told of
        before they came."""
        newcomers = reading.newcomers
        if link is None:
            newcomers.clear()
            return
        pairs, keys = Pairs(self.table), list(newcomers)
        for first in range(0, len(keys), _PAIRS_AT_ONCE):
            found = pairs.find_many(link.id, Side.LEFT, keys[first : first + _PAIRS_AT_ONCE])
            for key, pair in found.items():
                if pair.is_linked:
                    del newcomers[key]
        for key in [key for key in newcomers if reading.pages.knows(TOLD, key)]:
            del newcomers[key]

    def _reading(self, row: ImportRow, opened: OpenConnection, sources: Sources) -> Reading:
        bringer = opened.integration.bringer
        if bringer is None:
            raise GiveUp(f"{opened.integration.title} brings nothing.", who=WhoActs.ADMIN)
        pages = Pages(row.connection, self.table, self.blobs)
        progress = Progress.load(self.blobs.get(_progress_blob(row)))
        place = Place.of(row.session, row.created_at, row.id)
        around = Around(place, row.connection, pages, sources)
        return Reading(pages, place, partial(bringer, opened.settings, around), progress)

    def _note(self, row: ImportRow, progress: Progress) -> None:
        self.blobs.put(_progress_blob(row), progress.dump())
        self._imports.change(row, done=progress.records)

    def _linked(self, opened: OpenConnection) -> Mapping[str, Link]:
        """The links that follow from the connection's settings, by its resources, as they are kept;
        those whose other side has no such resource are left out."""
        bonds = Bonds(self.links, lambda name: self.connections.get(name).integration.resources)
        return bonds.keep(opened.connection.id, opened.integration, opened.settings)

    # ── telling ────────────────────────────────────────────────────────────────────────────────

    def _tell(self, row: ImportRow, plan: ImportPlan) -> None:
        """Brings the row that 1C is told of up to date; once it has ended only its counts move."""
        changes = told(plan, self.runs.held_up_by(plan))
        standing = self._imports.get(row.connection, row.session, row.id) or row
        if standing.state.is_final:
            changes.pop("state")
        if any(getattr(standing, name) != value for name, value in changes.items()):
            self._imports.change(standing, **changes)


def _read_plan(
    plan: ImportPlan, progress: Progress, said: Mapping[str, Said], linked: Mapping[str, Link]
) -> ImportPlan:
    lanes: list[Lane] = []
    new = said[NEWCOMERS].records if NEWCOMERS in said else 0
    for resource, found in said.items():
        link = linked.get(resource)
        if link is None or not found.records:
            continue
        if resource == catalog.PRODUCTS and new:
            lanes += _divided(link, found, new)
            continue
        kind = RunKind.BACKFILL if resource == PICTURES else RunKind.INCREMENTAL
        cursor = str(Cursor(found.place))
        lanes.append(Lane(resource, link.id, found.records, cursor, kind))
    return replace(
        plan,
        is_read=True,
        lanes=tuple(sorted(lanes, key=lambda lane: lane.stage)),
        heads=tuple(progress.heads),
        nameless=progress.nameless,
        sentences=sentences(progress.sentences),
        found=progress.found,
        unknown=progress.unknown,
    )


def _divided(link: Link, found: Said, new: int) -> Iterator[Lane]:
    """The goods of a file, the new ones apart: they wait."""
    kind = RunKind.INCREMENTAL
    if found.records > new:
        cursor = str(Cursor(found.place, new=False))
        yield Lane(catalog.PRODUCTS, link.id, found.records - new, cursor, kind)
    cursor = str(Cursor(found.place, new=True))
    waits = {Verdict.PENDING.value: new}
    yield Lane(NEWCOMERS, link.id, new, cursor, kind, state=LaneState.ASLEEP, counts=waits)


def _progress_blob(row: ImportRow) -> str:
    return f"imports/{row.connection}/{row.session}/{row.id}/progress.json"
