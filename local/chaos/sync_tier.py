"""Tier "sync": two sides of a link are edited at random while everything goes wrong, and must come
to say the same.

A run with one seed: the sides are filled, then edits come on both while the perils of ``STORM``
last and runs are made beside the touches. Then it is quiet; everything comes to its end and a full
run is made each way. What then differs must be a declared conflict, and another full run each way
must write nothing. Each write is judged while it happens: see ``sync_judge``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from local.chaos.odds import QUIET, STORM, Odds
from local.chaos.sync_cards import STATUSES
from local.chaos.sync_world import LINK, SyncWorld
from local.chaos.tier1 import Plan, Run
from mostik.errors import Skip
from mostik.jobs.replay import Replay
from mostik.jobs.row import JobState
from mostik.jobs.rows import JobRows
from mostik.mapping.side import Side
from mostik.sync.link import Links
from mostik.sync.run import Run as SyncRun
from mostik.sync.run import RunKind, Runs, RunState
from mostik.sync.rundesk import RunDesk
from mostik.sync.xref import Pairs

EDITS_A_SECOND = 2.5
FULL_RUN_SECONDS = 2_700.0
"""Between two full runs of one side, which find what is gone."""
_MOST_SECONDS = 43_200.0
_KINDS = {
    "title": 20, "note": 20, "remark": 4, "price": 15, "status": 20, "choose": 4, "create": 5,
    "delete": 4,
}  # fmt: skip
"""What people do, and how often."""
_WORDS = {
    Side.LEFT: tuple(dict.fromkeys(STATUSES.values())),
    Side.RIGHT: tuple(STATUSES),
}


@dataclass(frozen=True, slots=True)
class SyncPlan(Plan):
    """One run.

    Attributes:
        records: that both sides have when it begins.
    """

    odds: Odds = STORM
    records: int = 500

    def __str__(self) -> str:
        return f"sync, seed {self.seed}: 2 x {self.records} records, {self.events} edits"

    def run(self, *, tracing: bool = False) -> Run:
        """See ``Plan.run``."""
        return Convergence(self, tracing=tracing)


class Convergence(Run):
    """Plays one plan."""

    def __init__(self, plan: SyncPlan, *, tracing: bool = False) -> None:
        self.plan: SyncPlan
        super().__init__(plan, tracing=tracing)
        self.sync = cast("SyncWorld", self.world)
        self.desk = RunDesk(
            Runs(self.sync.table),
            Links(self.sync.table, self.sync.true_clock),
            self.sync.queue,
            self.sync.true_clock,
        )
        self._next_full = 0.0
        self._last: tuple[Side, str] | None = None

    def _made_world(self, *, tracing: bool) -> Any:
        return SyncWorld(self.plan.seed, tracing=tracing)

    def _events(self) -> None:
        world, dice = self.sync, self.sync.dice
        for number in range(self.plan.records):
            self._entered(f"c{number}")
        world.sim.pause(1.0)
        for number in range(self.plan.events):
            world.sim.pause(dice.expovariate(EDITS_A_SECOND))
            world.land()
            self._person(number)
            self.emitted += 1
            self._full_run_now_and_then()
            if self.plan.to_the_first and world.ledger.violations:
                world.sim.stop()
                return
        self._calm()
        self._reconcile()
        self._judge()
        world.sim.stop()

    # ── people ─────────────────────────────────────────────────────────────────────────────────

    def _person(self, number: int) -> None:
        world, dice = self.sync, self.sync.dice
        [kind] = dice.choices(tuple(_KINDS), tuple(_KINDS.values()))
        if kind == "create":
            self._entered(f"n{number}")
            return
        side, key = self._somebody()
        if key is None:
            return
        if kind == "delete":
            world.delete(side, key)
            self._last = None
        elif kind == "status":
            world.edit(side, key, kind, dice.choice(_WORDS[side]))
        elif kind == "choose":
            self._choose(side, key)
        elif kind == "price":
            world.edit(side, key, kind, number + 1)
        else:
            world.edit(side, key, kind, f"{kind} {number}")

    def _somebody(self) -> tuple[Side, str | None]:
        """Often the record that was edited last: on the same side, or on the other one."""
        world, dice = self.sync, self.sync.dice
        if self._last is not None and dice.random() < self.plan.odds.burst:
            side, key = self._last
            if key in world.bases[side].records:
                if dice.random() < 0.5:
                    return side, key
                code = world.bases[side].records[key].code
                there = self._twin(side.other, code)
                if there is not None:
                    self._last = side.other, there
                    return side.other, there
        side = dice.choice(tuple(Side))
        keys = world.bases[side].keys
        chosen = dice.choice(keys) if keys else None
        self._last = (side, chosen) if chosen is not None else None
        return side, chosen

    def _choose(self, side: Side, key: str) -> None:
        """A person settles what nobody but a person may settle."""
        world = self.sync
        code = world.bases[side].records[key].code
        there = self._twin(side.other, code)
        if there is not None:
            value = world.bases[side.other].records[there].remark
            if value != world.bases[side].records[key].remark:
                world.edit(side, key, "remark", value)

    def _twin(self, side: Side, code: str) -> str | None:
        return self.sync.bases[side].by_code.get(code)

    def _entered(self, code: str) -> None:
        """A person makes a record."""
        dice = self.sync.dice
        side = dice.choice(tuple(Side))
        said: dict[str, Any] = {name: f"{name} of {code}" for name in ("title", "note", "remark")}
        price = 1_000_000_000 + int(code[1:]) * 2 + (code[0] == "n")
        word = dice.choice(_WORDS[side])
        self.sync.enter(side, code, {**said, "price": price, "status": word})

    # ── runs ───────────────────────────────────────────────────────────────────────────────────

    def _full_run_now_and_then(self) -> None:
        world = self.sync
        if world.sim.now < self._next_full:
            return
        self._next_full = world.sim.now + FULL_RUN_SECONDS / 2
        self._started(world.dice.choice(tuple(Side)))

    def _started(self, side: Side) -> SyncRun | None:
        try:
            return self.desk.start(LINK, RunKind.FULL, side=side, by="the harness")
        except Skip:
            return None

    def _calm(self) -> None:
        self.world.odds = QUIET
        self.world.skew = {}
        self.sync.land(all_of_them=True)

    def _reconcile(self) -> None:
        self._until_quiet()
        self._repeat_what_failed()
        self._until_quiet()
        for side in Side:
            self._made(side)
        self._repeat_what_failed()
        self._until_quiet()

    def _made(self, side: Side) -> SyncRun | None:
        """Makes a full run and waits for its end."""
        world = self.sync
        ends = world.sim.now + _MOST_SECONDS
        run: SyncRun | None = None
        while world.sim.now < ends:
            run = run or self._started(side)
            found = self.desk.runs.get(run.id) if run is not None else None
            if found is not None and not found.is_open:
                if found.state in (RunState.FAILED, RunState.CANCELLED):
                    world.ledger.violated(f"a full run of the {side} is {found.state}: {found}")
                return found
            world.sim.pause(30.0)
        world.ledger.violated(f"a full run of the {side} does not end: {run}")
        return None

    def _repeat_what_failed(self) -> None:
        world = self.world
        replay = Replay(JobRows(world.state), world.queue, world.true_clock)
        for row in self._rows(JobState.FAILED):
            try:
                replay.one(row.id)
            except Skip:
                world.ledger.violated(f"{row.id} had failed and was not replayed")

    # ── how it ends ────────────────────────────────────────────────────────────────────────────

    def _judge(self) -> None:
        world, ledger = self.sync, self.sync.ledger
        for row in self._rows(JobState.FAILED):
            ledger.violated(f"{row.id} failed: {row.failure}")
        self._compare()
        written = [base.writes for base in world.bases.values()]
        made = [len(base.records) for base in world.bases.values()]
        for side in Side:
            self._made(side)
        self._until_quiet()
        if written != [base.writes for base in world.bases.values()]:
            ledger.violated("another full run each way has still written something")
        if made != [len(base.records) for base in world.bases.values()]:
            ledger.violated("another full run each way has still made or deleted something")
        idle = sum(base.idle for base in world.bases.values())
        tally = world.tally
        if idle > 2 * (tally.kills + tally.throttles + tally.faults):
            ledger.violated(f"{idle} writes have changed nothing")
        world.judge.seen["writes"] = sum(base.writes for base in world.bases.values())
        world.judge.seen["idle writes"] = idle
        self.figures = dict(sorted(world.judge.seen.items()))

    def _compare(self) -> None:
        """What differs must be a declared conflict."""
        world, ledger = self.sync, self.sync.ledger
        pairs = Pairs(world.table)
        for code, name in world.judge.differences():
            if not name:
                if not world.judge.may_be_alone(code):
                    ledger.violated(f"{code} is on one side only", code)
                world.judge.seen["edited here, deleted there"] += 1
                continue
            pair = pairs.find(LINK, Side.LEFT, self._twin(Side.LEFT, code) or "")
            declared = pair is not None and name in pair.open
            world.judge.seen["conflicts"] += 1
            if not declared:
                twins = world.judge.twins[code]
                said = {side.value: twin.values[name] for side, twin in twins.items()}
                ledger.violated(f"{code}.{name} differs and nobody says so: {said}", code)
        for code, left in world.bases[Side.LEFT].by_code.items():
            right = self._twin(Side.RIGHT, code)
            if right is None:
                continue
            one, two = (
                base.spelling.said(base.records[key])["status"]
                for base, key in zip(world.bases.values(), (left, right), strict=True)
            )
            if one != two:
                ledger.violated(f"{code} has the status {one} and {two}", code)
