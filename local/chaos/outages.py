"""Outages of hours in virtual time: nothing fails, few calls are made for nothing, and everything
is done soon after.

One API is down while events for it and for another one keep coming. Then it is back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from local.chaos.odds import QUIET
from local.chaos.tally import Tally
from local.chaos.tier1 import RESTLESS, Plan, Run
from local.chaos.world import TARGET
from mostik.jobs.message import dump
from mostik.jobs.row import JobState

HOUR = 3_600.0
CALLS_AN_EVENT = 2.0
DRAINED_WITHIN = HOUR
UNHARMED_SECONDS = 120.0
DOWN, WELL = "shop", "site"
"""The sources of the two links; the target of the first is down."""
_BEFORE_SECONDS = 120.0
_WELL_EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage.

    Attributes:
        name: for messages.
        hours: how long it lasts.
        gap: seconds between two events for the side that is down; for the other one they come
            every five seconds at most.
        cold: every invocation meets a new environment.
        records: events are about so many records, over and over.
    """

    name: str
    hours: float
    gap: float
    cold: bool = False
    records: int = 1_000_000

    @property
    def events(self) -> int:
        """Events for the side that is down."""
        return int(self.hours * HOUR / self.gap)


IN_CI = (
    Outage("6 h at 1 event a second", 6.0, 1.0),
    Outage("36 h at 1 event an hour, all environments cold", 36.0, HOUR, cold=True),
)
NIGHTLY = (*IN_CI, Outage("36 h at 10 events a second", 36.0, 0.1, records=20_000))


@dataclass
class _Waits:
    """When a record of the healthy side was asked for and has not been seen over there yet."""

    since: dict[str, tuple[float, str]] = field(default_factory=dict)
    longest: float = 0.0


class OutageRun(Run):
    """Plays one outage."""

    def __init__(self, outage: Outage, seed: int = 1) -> None:
        super().__init__(Plan(seed, outage.events, QUIET))
        self.outage = outage
        self.cold = outage.cold
        self._waits = _Waits()

    def _events(self) -> None:
        world, outage = self.world, self.outage
        for number in range(5):  # both sides are known to work
            self._both(-number - 1)
            world.sim.pause(_BEFORE_SECONDS / 5)
        target = TARGET[DOWN]
        world.down.add(target)
        for number in range(outage.events):
            self._both(number)
            world.sim.pause(outage.gap)
            self._look_at_the_healthy_side()
        world.down.clear()
        back = world.sim.now
        while self._carried() and world.sim.now < back + 2 * DRAINED_WITHIN:
            world.sim.pause(30.0)
        self._judge(world.sim.now - back)
        world.sim.stop()

    def _both(self, number: int) -> None:
        world = self.world
        gap = self.outage.gap
        both = (
            number < 0 or gap >= _WELL_EVERY_SECONDS or number % int(_WELL_EVERY_SECONDS / gap) == 0
        )
        for source in (DOWN, WELL) if both else (DOWN,):
            self.emitted += 1
            key = f"k{number % self.outage.records}"
            text = f"text {number}"
            world.vendors[source].put(key, text)
            world.queue.send(
                dump(self._receipt(source, {"keys": [key]}, number, None)), group=source
            )
            self.hinted.add(f"{source}/{key}")
            if source == WELL and number >= 0:
                self._waits.since[key] = world.sim.now, text

    def _look_at_the_healthy_side(self) -> None:
        world, waits = self.world, self._waits
        vendor = world.vendors[TARGET[WELL]]
        for key, (since, text) in list(waits.since.items())[:50]:
            if vendor.text_for(f"{WELL}/{key}") == text:
                waits.since.pop(key)
                waits.longest = max(waits.longest, world.sim.now - since - self.outage.gap)
            elif world.sim.now - since > UNHARMED_SECONDS + self.outage.gap:
                waits.longest = max(waits.longest, world.sim.now - since - self.outage.gap)

    def _judge(self, drained: float) -> None:
        world, ledger, name = self.world, self.world.ledger, self.outage.name
        failed = self._rows(JobState.FAILED)
        if failed:
            ledger.violated(f"{name}: {len(failed)} jobs failed")
        calls = world.calls_while_down / max(self.outage.events, 1)
        self.figures = {
            "calls_an_event": round(calls, 3),
            "drained_seconds": round(drained),
            "other_side_seconds": round(self._waits.longest),
        }
        if calls > CALLS_AN_EVENT:
            ledger.violated(f"{name}: {calls:.2f} calls an event while the side was down")
        if left := len(self._rows(*RESTLESS)):
            ledger.violated(f"{name}: {left} jobs were not done two hours after it was back")
        elif drained > DRAINED_WITHIN:
            ledger.violated(f"{name}: drained only {drained:.0f} s after it was back")
        if self._waits.longest > UNHARMED_SECONDS:
            ledger.violated(f"{name}: the other side waited {self._waits.longest:.0f} s")
        self._check(finished=True)


def play(outage: Outage, seed: int = 1) -> tuple[Tally, dict[str, float]]:
    """Plays one outage. Returns what was seen, and its figures."""
    run = OutageRun(outage, seed)
    tally = run.play()
    return tally, run.figures


def play_all(outages: Sequence[Outage]) -> tuple[Tally, dict[str, dict[str, float]]]:
    """Plays outages one after the other."""
    total, figures = Tally(), {}
    for outage in outages:
        tally, figures[outage.name] = play(outage)
        total.add(tally)
    return total, figures
