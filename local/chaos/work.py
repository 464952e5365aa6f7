"""The parts of tier 1 as tasks for several processes: runs by seed, mutants, outages."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

from local.chaos import outages
from local.chaos.mutants import MUTANTS, Mutant
from local.chaos.outages import Outage
from local.chaos.sync_mutants import SYNC_MUTANTS
from local.chaos.tally import Say, Tally
from local.chaos.tier1 import Plan, halved, play

_SHRUNK_TO = 20
_TRACES = 3


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one task.

    Attributes:
        title: of the task.
        tally: what was done; of a mutant nothing counts.
        caught: of a mutant: whether it was.
        figures: of an outage.
    """

    title: str
    tally: Tally
    caught: bool | None = None
    figures: dict[str, float] = field(default_factory=dict)


Task = Plan | Outage | str
"""A run, an outage, or a mutant by its name."""


def perform(task: Task) -> Told:
    """Performs one task in this process."""
    if isinstance(task, Plan):
        run = task.run()
        return Told(f"{task}", run.play(), figures=run.figures)
    if isinstance(task, Outage):
        tally, figures = outages.play(task)
        return Told(task.name, tally, figures=figures)
    first = caught_by(task)
    return Told(f"mutant: {task} -> {first or 'SURVIVED'}", Tally(), caught=first is not None)


def caught_by(name: str) -> str | None:
    """Returns the first violation that a planted bug leads to, ``None`` when it survives."""
    mutant = named(name)
    for seed in range(1, mutant.seeds + 1):
        with mutant.planted():
            tally = play(mutant.plan(seed))
        if tally.violations:
            return tally.violations[0]
    return None


def named(name: str) -> Mutant:
    """Returns the mutant of a name."""
    return next(mutant for mutant in (*MUTANTS, *SYNC_MUTANTS) if mutant.name == name)


def perform_all(tasks: Sequence[Task], say: Say, *, processes: int) -> Iterator[Told]:
    """Performs tasks, some at the same time; yields what came of them in the order of the tasks."""
    with _pool(processes) as pool:
        for told in pool.map(perform, tasks):
            say(told.title)
            for figure, value in told.figures.items():
                say(f"  {figure} {value}")
            for violation in told.tally.violations:
                say(f"VIOLATION: {violation}")
            yield told


def shrink(plan: Plan) -> tuple[Plan, list[str]]:
    """Does ``shortest`` in a process like that of the run itself."""
    with _pool(1) as pool:
        return pool.submit(shortest, plan).result()


def _pool(processes: int) -> ProcessPoolExecutor:
    # Not forked: whatever a task binds anew stays in its process. And only a new one takes this to
    # heart, which keeps the order of sets, so that a seed says everything.
    os.environ["PYTHONHASHSEED"] = "0"
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context)


def shortest(plan: Plan) -> tuple[Plan, list[str]]:
    """Looks for a smaller plan with a violation by halving events and faults in turn.

    Returns:
        The smallest plan found, and the traces of the records that it broke.
    """
    smallest = replace(plan, to_the_first=True)
    improved = True
    while improved and smallest.events > _SHRUNK_TO:
        improved = False
        for smaller in halved(smallest):
            if play(smaller).violations:
                smallest, improved = smaller, True
                break
    run = smallest.run(tracing=True)
    lines = list(run.play().violations)
    broken = [
        (record, trace)
        for record, trace in run.world.ledger.traces.items()
        if any("VIOLATION" in line for line in trace)
    ]
    for record, trace in broken[:_TRACES]:
        lines += [f"── {record}", *trace]
    return smallest, lines
