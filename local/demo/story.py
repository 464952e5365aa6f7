"""Tells the demo: a fresh stack, the steps, the log as a table, and one JSON line of figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import typer
from rich.console import Console

from local import world
from local.cli.tables import log_table
from local.demo.oddsteps import ODD_STEPS
from local.demo.stage import Stage, StepFailed
from local.demo.steps import STEPS

NAME = "mostik-demo"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the demo came to.

    Attributes:
        accepted: deliveries that the door acknowledged.
        effects: changes that the two sandboxes hold and Mostik made.
        duplicates: records on the portal that carry an external key twice.
        lost: orders without their deal, or a deal that disagrees with its order.
        dead: jobs that are failed at the end.
        dead_seen: jobs that were failed at some time.
        replayed: jobs that a person put back to work.
    """

    accepted: int
    effects: int
    duplicates: int
    lost: int
    dead: int
    dead_seen: int
    replayed: int


def tell(*, keep: bool, console: Console) -> bool:
    """Runs the demo. Returns whether everything was as promised."""

    def say(line: str) -> None:
        typer.echo(line, err=True)

    say("A fresh stack of the real template:")
    running = world.start(NAME, fresh=True, report=lambda line: say(f"  {line}"))
    stage = Stage(running, say)
    good = _told(stage, STEPS)
    figures = _figures(stage)  # of the main job: what follows adds to what the portal holds
    problems = _problems(stage, figures) if good else []
    good = good and _told(stage, ODD_STEPS)
    console.print(log_table(stage.log_entries()))
    for problem in problems:
        say(f"   ✕ {problem}")
    if not keep:
        world.stop(NAME)
    typer.echo(json.dumps(asdict(figures)))
    return good and not problems


def _told(stage: Stage, steps: Sequence[Callable[[Stage], str]]) -> bool:
    """Takes steps and says what was seen. Returns whether all went as promised."""
    try:
        for step in steps:
            stage.say((step.__doc__ or "").strip())
            stage.say(f"   ✓ {step(stage)}")
    except StepFailed as failure:
        stage.say(f"   ✕ {failure}")
        return False
    return True


def _figures(stage: Stage) -> Figures:
    portal = stage.world.portal.get("/_sandbox/state")
    orders = stage.world.shop.get("/_sandbox/state")["orders"]
    keys = Counter(
        (kind, record["originatorId"], record["originId"])
        for kind in ("deals", "contacts")
        for record in portal[kind]
    )
    stages = {"new": "NEW", "packed": "EXECUTING", "shipped": "WON"}
    agreed = sum(
        any(
            deal["originId"] == order["id"]
            and deal["stageId"] == stages[order["status"]]
            and round(float(deal["opportunity"]) * 100) == order["total_kopecks"]
            for deal in portal["deals"]
        )
        for order in orders
    )
    # A buyer creates an order as version 1; every later version is a change that Mostik made.
    changed = sum(order["version"] - 1 for order in orders)
    dead = len(stage.failed_jobs())
    return Figures(
        accepted=stage.acknowledged(),
        effects=len(portal["deals"]) + len(portal["contacts"]) + changed,
        duplicates=sum(count - 1 for count in keys.values()),
        lost=len(orders) - agreed,
        dead=dead,
        dead_seen=len(stage.dead_seen),
        replayed=stage.replayed,
    )


def _problems(stage: Stage, figures: Figures) -> list[str]:
    """What the figures and the sandboxes disagree on."""
    writes = stage.successful_writes()
    checks = {
        f"the log tells of {writes} writes, the sandboxes hold {figures.effects} changes": (
            writes == figures.effects
        ),
        "an external key is on the portal twice": figures.duplicates == 0,
        "an order has no deal that agrees with it": figures.lost == 0,
        "a job is still failed": figures.dead == 0,
        "no job was seen failed": figures.dead_seen >= 1,
        "no job was replayed": figures.replayed >= 1,
        "no event was accepted": figures.accepted >= 1,
    }
    return [problem for problem, holds in checks.items() if not holds]
