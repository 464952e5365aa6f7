"""Tier 1: many events through several interleaved workers while everything goes wrong.

A run with one seed: events come in while the perils of ``STORM`` last; then it is quiet, everything
comes to its end, and a person repeats what has failed. After each of both the promises are checked.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from local.chaos.ledger import Invocation
from local.chaos.machine import containers, seeded_ids
from local.chaos.odds import QUIET, STORM, Killed, Odds
from local.chaos.stage import TICK_TIMEOUT_SECONDS, TIMEOUT_SECONDS, WORKERS
from local.chaos.tally import Tally
from local.chaos.things import RESOURCE
from local.chaos.world import SOURCES, TARGET, World
from mostik.errors import Busy, Skip
from mostik.jobs.message import Message, Receipt, Touch, dump
from mostik.jobs.replay import Replay
from mostik.jobs.row import JobRow, JobState, from_item
from mostik.jobs.rows import JobRows
from mostik.jobs.waiting import waiting_row
from mostik.worker.worker import received

BATCH = 20
EVENTS_A_SECOND = 3.0
_IDLE_SECONDS = 15.0
_MOST_SECONDS = 43_200.0
"""A quiet stack comes to its end much earlier: nothing was tried often enough for long delays."""
_MOST_GENERATIONS = 400
_TEXTS = ("A", "B", "C")
RESTLESS = (JobState.QUEUED, JobState.RUNNING, JobState.WAITING, JobState.HELD, JobState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        seed: of everything.
        events: how many come in.
        odds: what they meet.
        to_the_first: end with the first violation.
    """

    seed: int
    events: int
    odds: Odds = STORM
    to_the_first: bool = False

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.events} events"

    def run(self, *, tracing: bool = False) -> Run:
        """Returns what plays it."""
        return Run(self, tracing=tracing)


class Run:
    """Plays one plan."""

    def __init__(self, plan: Plan, *, tracing: bool = False) -> None:
        self.plan = plan
        self.world: World = self._made_world(tracing=tracing)
        self.keys = max(20, plan.events // 2)
        self._again: str | None = None
        self.hinted: set[str] = set()
        self.emitted = 0
        self.cold = False
        self.figures: dict[str, float] = {}
        self.states: dict[str, str] = {}
        self._numbers = 0
        self._replayed: list[str] = []

    def _made_world(self, *, tracing: bool) -> Any:
        return World(self.plan.seed, tracing=tracing)

    def play(self) -> Tally:
        """Runs the plan to its end. Returns what was done and seen."""
        world = self.world
        world.odds = self.plan.odds
        with containers(world.clock, world.container), ExitStack() as stack:
            stack.enter_context(seeded_ids(self.plan.seed))
            stack.callback(world.sim.stop)
            for number in range(WORKERS):
                world.sim.spawn(f"worker-{number}", lambda n=number: self._work(n))  # type: ignore[misc]  # mypy takes no default of a lambda
            world.sim.spawn("tick", self._tick)
            world.sim.spawn("clocks", self._jump)
            world.sim.spawn("events", self._events)
            world.sim.run()
        tally = world.tally
        tally.events = self.emitted
        tally.duplicates += world.queue.doubled
        tally.violations = [f"seed {self.plan.seed}: {text}" for text in world.ledger.violations]
        return tally

    # ── what comes in ──────────────────────────────────────────────────────────────────────────

    def _events(self) -> None:
        world, dice = self.world, self.world.dice
        for number in range(self.plan.events):
            world.sim.pause(dice.expovariate(EVENTS_A_SECOND * (0.5 if self._again else 1.0)))
            self._event(number)
            self.emitted += 1
            if self.plan.to_the_first and world.ledger.violations:
                world.sim.stop()
                return
        self._calm()
        self._until_quiet()
        self._check(finished=False)
        if not world.ledger.violations:
            self._repeat_what_failed()
            self._until_quiet()
            self._check(finished=True)
        world.sim.stop()

    def _event(self, number: int) -> None:
        world, dice, odds = self.world, self.world.dice, self.world.odds
        source, key = self._record_to_change()
        delivery = f"d{number}" if dice.random() < 0.5 else None
        trouble = dice.random()
        if trouble < odds.poison or (odds.poison and number % 500 == 50):
            key = f"deadly-{number}"
        elif trouble < odds.poison + odds.trouble / 2:
            self._send(self._receipt(source, {"keys": [""]}, number, delivery))
            return
        if dice.random() < 0.1:
            key = f"s{number}"
            self.states[f"{source}/{key}"] = f"state {number}"
            content = {"states": [{"key": key, "text": f"state {number}"}]}
            receipt = self._receipt(source, content, number, f"d{number}")
            world.ledger.know(receipt.id, f"{source}/{key}")
        else:
            text = dice.choice(_TEXTS) if dice.random() < 0.5 else f"text {number}"
            if odds.poison + odds.trouble / 2 <= trouble < odds.poison + odds.trouble:
                text = f"refused {number}"
            world.vendors[source].put(key, text)
            self.hinted.add(f"{source}/{key}")
            world.ledger.trace(f"{source}/{key}", f"says {text}, event {number}")
            if dice.random() < 0.2:
                self._send(Touch(source, RESOURCE, key, f"e{number}", world.sim.now))
                return
            receipt = self._receipt(source, {"keys": [key]}, number, delivery)
        if dice.random() < 0.05:
            world.blobs.objects[f"bodies/{receipt.id}"] = receipt.body or b""
            receipt = receipt.in_blob(f"bodies/{receipt.id}")
        self._send(receipt)
        if receipt.delivery_id is not None and dice.random() < odds.duplicate:
            world.tally.duplicates += 1
            self._send(receipt)

    def _record_to_change(self) -> tuple[str, str]:
        dice, odds = self.world.dice, self.world.odds
        record = self._again or f"{dice.choice(SOURCES)}/k{dice.randrange(self.keys)}"
        self._again = record if dice.random() < odds.burst else None
        if dice.random() < odds.sick:
            self.world.sick[record] = self.world.sim.now + 1_200.0 * dice.random()
        source, _, key = record.partition("/")
        return source, key

    def _receipt(self, source: str, content: object, number: int, delivery: str | None) -> Receipt:
        return Receipt(
            id=f"{source}:{delivery or f'u{number}'}",
            connection=source,
            received_at=self.world.sim.now,
            scheme="hmac",
            key_id="1",
            method="POST",
            url=f"https://api.example/webhooks/{source}",
            headers={"content-type": "application/json"},
            body=json.dumps(content).encode(),
            delivery_id=delivery,
        )

    def _send(self, message: Message) -> None:
        """As the door does it: into the queue, or as a waiting row when the queue refuses."""
        world = self.world
        body = dump(message)
        if isinstance(message, Receipt) and world.dice.random() < world.odds.throttle:
            world.tally.throttles += 1
            JobRows(world.state).write(waiting_row(message, body, now=world.sim.now), None)
            return
        world.queue.send(body, group=message.connection)

    # ── what works ─────────────────────────────────────────────────────────────────────────────

    def _work(self, number: int) -> None:
        world = self.world
        generation = 0
        worker = None
        world.sim.pause(world.dice.random())
        while True:
            event = world.queue.event(BATCH)
            if not event["Records"]:
                world.sim.pause(self._idle())
                continue
            container = f"worker-{number}.{generation}"
            run = self._begin(container, TIMEOUT_SECONDS)
            try:
                worker = worker or world.worker()
                answer = worker.handle(received(event), owner=run.owner, remaining=world.remaining)
            except Killed as death:
                world.ledger.trace_all(run, str(death))
                generation += 1
                worker = None
                world.skew.pop(container, None)
            else:
                world.ledger.ended(run)
                world.queue.settle(event, answer)
            finally:
                world.end()
            if self.cold:
                generation += 1
                worker = None
            world.sim.pause(0.01)

    def _idle(self) -> float:
        """Lambda polls all the time; here only when there may be something."""
        world = self.world
        if self.emitted < self.plan.events:
            return 0.2 + world.dice.random()
        upcoming = world.queue.next_visible()
        until = _IDLE_SECONDS if upcoming is None else upcoming - world.sim.now
        return min(max(until, 0.0), _IDLE_SECONDS) + world.dice.random()

    def _tick(self) -> None:
        world = self.world
        while True:
            world.sim.pause(60.0)
            run = self._begin("tick", TICK_TIMEOUT_SECONDS)
            try:
                world.tick()(run.owner, world.remaining)
            except (Killed, Busy):
                pass  # the next one does it
            finally:
                world.end()
            world.ledger.check_deadlines()

    def _begin(self, container: str, timeout: float) -> Invocation:
        self._numbers += 1
        return self.world.begin(f"run-{self._numbers}", container, timeout)

    def _jump(self) -> None:
        world, dice = self.world, self.world.dice
        while True:
            world.sim.pause((world.odds.jump or 600.0) * (0.5 + dice.random()))
            if not world.odds.jump:
                continue
            world.skew = {
                f"worker-{number}.{generation}": dice.uniform(-8.0, 8.0)
                for number in range(WORKERS)
                for generation in range(_MOST_GENERATIONS)
            }
            hour = dice.choice((-3_600.0, 3_600.0))
            who = dice.choice(("tick", *range(WORKERS), "all"))
            for name in ("tick", *world.skew):
                if who in ("all", name) or name.startswith(f"worker-{who}."):
                    world.skew[name] = hour
            world.sim.pause(60.0 + 600.0 * dice.random())
            world.skew = {}

    # ── how it ends ────────────────────────────────────────────────────────────────────────────

    def _calm(self) -> None:
        self.world.odds = QUIET
        self.world.skew = {}
        self.world.sick = {}
        for vendor in self.world.vendors.values():
            vendor.land()

    def _until_quiet(self) -> None:
        world = self.world
        ends = world.sim.now + _MOST_SECONDS
        while self._carried():
            if world.sim.now > ends:
                rows = [f"{row.id} {row.state}" for row in self._rows(*RESTLESS)][:5]
                world.ledger.violated(f"it does not come to an end: {rows}, {len(world.queue)}")
                return
            world.sim.pause(300.0)

    def _carried(self) -> int:
        queue = self.world.queue
        return len(queue) + len(queue.dead) + self.world.ledger.count(*RESTLESS)

    def _rows(self, *states: JobState) -> list[JobRow]:
        rows = [from_item(item) for item in self.world.table.rows("job#")]
        return [row for row in rows if row.state in states]

    def _repeat_what_failed(self) -> None:
        world = self.world
        for source in SOURCES:  # what was wrong with the records is put right first
            things = world.vendors[source].things
            for thing in things.values():
                thing["text"] = thing["text"].replace("refused", "mended")
        world.forgiving = True
        replay = Replay(JobRows(world.state), world.queue, world.true_clock)
        for row in self._rows(JobState.FAILED):
            self._replayed.append(row.id)
            try:
                replay.one(row.id)
            except Skip:
                world.ledger.violated(f"{row.id} had failed and was not replayed")

    def _check(self, *, finished: bool) -> None:
        world, ledger = self.world, self.world.ledger
        failed = {row.id: row for row in self._rows(JobState.FAILED)}
        for vendor in world.vendors.values():
            vendor.land(all_of_them=True)
        for record in sorted(self.hinted | set(self.states)):
            source, _, key = record.partition("/")
            job = f"{source}/{RESOURCE}/{key}"
            is_state = record in self.states
            wanted = self.states.get(record) or world.vendors[source].things[key]["text"]
            said = world.vendors[TARGET[source]].text_for(record)
            seen = job in failed or (is_state and f"{source}:d{key[1:]}" in failed)
            if said != wanted and not (seen and not finished):
                ledger.violated(f"{record} says {wanted!r} and over there {said!r}", record)
        if world.queue.buried:
            ledger.violated(f"{world.queue.buried} messages were received too often")
        for name, vendor in world.vendors.items():
            for record, times in vendor.created.items():
                if times > 1:
                    ledger.violated(f"{record} was created {times} times in {name}", record)
        for row in failed.values():
            text = row.failure.text if row.failure else ""
            if finished and "key that is empty" not in text:
                ledger.violated(f"{row.id} failed: {text}")
            if not finished and not self._may_fail(row):
                ledger.violated(f"{row.id} failed: {text}", self._record(row))

    @staticmethod
    def _record(row: JobRow) -> str:
        return row.id.replace(f"/{RESOURCE}/", "/")

    @staticmethod
    def _may_fail(row: JobRow) -> bool:
        text = row.failure.text if row.failure else ""
        return (
            "deadly" in row.id
            or "deadly" in row.payload
            or "key that is empty" in text
            or "refuses the data" in text
        )


def play(plan: Plan, *, tracing: bool = False) -> Tally:
    """Plays one plan."""
    return plan.run(tracing=tracing).play()


def halved(plan: Plan) -> list[Plan]:
    """Returns smaller plans in which the same may happen."""
    return [replace(plan, events=plan.events // 2), replace(plan, odds=plan.odds.scaled(0.5))]
