"""Carries what was read over: starts the runs of an import in their order and follows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from mostik.errors import Skip
from mostik.ids import ulid
from mostik.ports import Clock
from mostik.sync.closing import RunTick
from mostik.sync.parked import Parked
from mostik.sync.pause import paused_run
from mostik.sync.results import Results
from mostik.sync.run import Run, RunKind, Runs, RunState
from mostik.sync.rundesk import RunDesk
from mostik.sync.verdict import Totals, Verdict
from mostik.worker.importplan import PICTURES, ImportPlan, Lane, LaneState, Plans
from mostik.worker.importtold import waiting

_MOST_LOOKED_AT = 200
_MOST_NAMED = 5
_STATES: Mapping[RunState, LaneState] = {
    RunState.RUNNING: LaneState.OPEN,
    RunState.HELD: LaneState.HELD,
    RunState.PAUSED: LaneState.HELD,
    RunState.DONE: LaneState.DONE,
    RunState.PARTIAL: LaneState.PARTIAL,
    RunState.FAILED: LaneState.FAILED,
    RunState.CANCELLED: LaneState.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class ImportRuns:
    """Steers the runs of imports.

    Attributes:
        plans: plans.
        desk: starts runs.
        runs: run rows.
        results: what became of their records.
        closing: closes runs whose records are all accounted for.
        parked: records that were not carried over.
        clock: unix seconds.
        new_id: makes run ids.
    """

    plans: Plans
    desk: RunDesk
    runs: Runs
    results: Results
    closing: RunTick
    parked: Parked
    clock: Clock
    new_id: Callable[[float], str] = ulid

    def steer(self, plan: ImportPlan) -> ImportPlan | None:
        """Follows what runs and starts what may run.

        Returns:
            The plan as it stands; ``None``: somebody else steers it, too.

        Raises:
            Busy: AWS refused something; doing it again is harmless.
        """
        followed = plan
        for lane in plan.lanes:
            if lane.state in (LaneState.OPEN, LaneState.HELD):
                followed = followed.with_lane(self._followed(lane))
        standing = self._saved(followed, plan)
        if standing is None:
            return None
        others = self._before(standing)
        for lane in standing.lanes:
            if lane.state is LaneState.WAITING and _may_start(lane, [*standing.lanes, *others]):
                begun = self._begun(standing, lane)
                if begun is None:
                    return None
                standing = begun
        return standing

    def held_up_by(self, plan: ImportPlan) -> tuple[str, ...]:
        """Returns why an import gets no further until a person decides; empty: it does."""
        lanes = [*plan.lanes, *self._before(plan)]
        if any(lane.state is LaneState.OPEN for lane in plan.lanes):
            return ()
        held = [why for lane in lanes if lane.state is LaneState.HELD for why in lane.why]
        links = {lane.link for lane in plan.lanes if lane.state is LaneState.WAITING}
        runs = [run for run in self.runs.open() if run.link in links]
        held += [why for run in runs if run.state is RunState.HELD for why in run.held_for]
        held += [paused_run(r.id, r.paused_by) for r in runs if r.state is RunState.PAUSED]
        return tuple(dict.fromkeys(held))

    def _followed(self, lane: Lane) -> Lane:
        run = self.runs.get(lane.run)
        if run is None:
            return replace(lane, state=LaneState.CANCELLED)
        if run.state is RunState.RUNNING and self.closing.look_after(run):
            run = self.runs.get(lane.run) or run
        totals = run.totals if run.totals is not None else self._so_far(run)
        why = run.held_for if run.state is RunState.HELD else ()
        if run.state is RunState.PAUSED:
            why = (paused_run(run.id, run.paused_by),)
        if run.failure is not None:
            why = (run.failure.text,)
        counts = {verdict.value: number for verdict, number in totals.counts.items() if number}
        state = _state_of(run)
        if run.state is RunState.RUNNING:
            paused = self.runs.pauses.of_link(lane.link)
            if paused is not None:
                state, why = LaneState.HELD, (paused.text,)
        if state in (LaneState.DONE, LaneState.PARTIAL):
            why = self._set_aside(lane) if _is_set_aside(totals) else ()
        return replace(lane, state=state, counts=counts, why=why)

    def _set_aside(self, lane: Lane) -> tuple[str, ...]:
        """Names some of the records that wait or were refused, and for what."""
        page = self.parked.page(lane.link, limit=_MOST_LOOKED_AT)
        own = [one for one in page.records if one.run == lane.run]
        waits = Counter(one.waits_for for one in own if one.waits_for is not None)
        missing = [waiting(*what, times) for what, times in waits.most_common(_MOST_NAMED)]
        refused = [
            f"{one.key}: {one.failure.text}" for one in own if one.verdict is Verdict.QUARANTINED
        ]
        return (*missing, *refused[:_MOST_NAMED])

    def _so_far(self, run: Run) -> Totals:
        pages, chunks = self.results.pages(run.id), self.results.chunks(run.id)
        return Totals.sum([*(row.totals for row in pages), *(row.totals for row in chunks)])

    def _begun(self, plan: ImportPlan, lane: Lane) -> ImportPlan | None:
        """Starts a lane's run; its id stands in the plan before, so that nobody starts another."""
        if not lane.run:
            lane = replace(lane, run=self.new_id(self.clock()))
            noted = self.plans.save(plan.with_lane(lane), self.clock())
            if noted is None:
                return None
            plan = noted
        by = f"import {plan.session}"
        try:
            self.desk.start(lane.link, lane.kind, by=by, cursor=lane.cursor, run_id=lane.run)
        except Skip:
            return plan  # another run of the link is open: this one comes after it
        return self.plans.save(plan.with_lane(replace(lane, state=LaneState.OPEN)), self.clock())

    def _before(self, plan: ImportPlan) -> list[Lane]:
        """What the imports before it in its session still carry over."""
        return [
            lane
            for other in self.plans.open(plan.connection)
            if other.session == plan.session and other.key < plan.key
            for lane in (other.lanes if other.is_read else (_UNREAD,))
        ]

    def _saved(self, changed: ImportPlan, plan: ImportPlan) -> ImportPlan | None:
        return plan if changed == plan else self.plans.save(changed, self.clock())


_UNREAD = Lane("", "", 0, "", RunKind.INCREMENTAL, state=LaneState.OPEN)
"""Nobody knows yet what is in it."""


def _may_start(lane: Lane, beside: Iterable[Lane]) -> bool:
    return not any(
        one.stage < lane.stage
        and not one.state.is_closed
        # What is asleep may be waiting for this very lane; but a picture needs its good.
        and (one.state is not LaneState.ASLEEP or lane.resource == PICTURES)
        for one in beside
    )


def _is_set_aside(totals: Totals) -> bool:
    return bool(totals.count(Verdict.PENDING) or totals.count(Verdict.QUARANTINED))


def _state_of(run: Run) -> LaneState:
    """A run of which every record is bad has failed; to 1C these are records that are set aside."""
    totals = run.totals
    if run.state is RunState.FAILED and totals is not None and totals.add_up:
        set_aside = totals.count(Verdict.QUARANTINED)
        if set_aside and set_aside == totals.listed + totals.gone:
            return LaneState.PARTIAL
    return _STATES[run.state]
