"""The steps with a shop that differs from our model on purpose: two links, each made with one
command, and told of by no webhook of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from local.demo.stage import Stage
from local.demo.steps import require
from local.stack.places import ROOT
from mostik.mapping.side import Side
from mostik.sync.run import Run, RunKind

CONTACTS, ORDERS = "portal-contacts", "portal-orders"
_STATES = {"EXECUTING": ("ready", "assembling"), "WON": ("courier", "issued"), "NEW": ("new",)}
_QUIET = {"unchanged", "echoed"}
_COMMAND_SECONDS = 120
_RUNS = 3
"""Some of that shop's answers are three seconds old: what one run has missed the next one reads."""


def links_made_ready(stage: Stage) -> str:
    """8. Two links that lie ready, one command each: contacts and deals reach the odd shop."""
    for name in (CONTACTS, ORDERS):
        _command(stage, "link", "ready", name)
    deals = stage.deals()
    took = stage.until("every deal to be an order there", lambda: len(_agreed(stage)) == len(deals))
    _runs_end(stage)
    contacts = stage.world.portal.get("/_sandbox/state")["contacts"]
    require(len(stage.odd("clients")) == len(contacts), "each contact is one client there")
    require(len(stage.odd("orders")) == len(deals), "each deal is one order there")
    return f"{len(contacts)} contacts and {len(deals)} deals are in the odd shop ({took:.0f} s)"


def odd_shop_both_ways(stage: Stage) -> str:
    """9. A moved deal changes the order there; what is changed there no webhook tells: a run finds
    it."""
    deal = next(one for one in stage.deals() if one["stageId"] == "NEW")
    stage.move_deal(deal["id"], "EXECUTING")
    took = stage.until(
        "the order there to be ready", lambda: _order_of(stage, deal)["state"] == "ready"
    )
    stage.until_quiet()
    number = _order_of(stage, deal)["order_no"]
    for state in ("assembling", "courier"):
        change = {"resource": "orders", "id": number, "fields": {"state": state}}
        stage.world.oddshop.post("/_sandbox/edit", change)
    for _ in range(_RUNS):
        _run(stage, ORDERS, RunKind.INCREMENTAL, Side.RIGHT)
        moved = next(one for one in stage.deals() if one["id"] == deal["id"])
        if moved["stageId"] == "WON":
            break
    require(moved["stageId"] == "WON", f"the deal is won, and not {moved['stageId']}")
    return f"deal {deal['id']} made order {number} ready ({took:.1f} s), which made the deal WON"


def odd_shop_is_quiet(stage: Stage) -> str:
    """10. Another full run each way over both links writes nothing."""
    stage.until_quiet()
    before = _both_sides(stage)
    runs = [_run(stage, link, RunKind.FULL, side) for link in (CONTACTS, ORDERS) for side in Side]
    seen = {verdict.value for run in runs if run.totals for verdict in run.totals.counts}
    require(seen <= _QUIET, f"every record is as it was, and not {', '.join(sorted(seen))}")
    require(_both_sides(stage) == before, "nothing changed on either side")
    listed = sum(run.totals.listed for run in runs if run.totals)
    return f"{len(runs)} full runs over {listed} records: nothing was written"


def _agreed(stage: Stage) -> list[dict[str, Any]]:
    """The deals that an order of the odd shop agrees with, to the kopeck."""
    orders = {one["code"]: one for one in stage.odd("orders")}
    return [
        deal
        for deal in stage.deals()
        if (order := orders.get(_number(deal))) is not None
        and order["sum"] == round(float(deal["opportunity"]) * 100)
        and order["state"] in _STATES[deal["stageId"]]
        and order["client"] is not None
    ]


def _order_of(stage: Stage, deal: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in stage.odd("orders") if one["code"] == _number(deal))


def _number(deal: dict[str, Any]) -> str:
    return str(deal["title"]).removeprefix("Заказ ")


def _both_sides(stage: Stage) -> Any:
    portal = stage.world.portal.get("/_sandbox/state")
    return portal["deals"], portal["contacts"], stage.odd("orders"), stage.odd("clients")


def _run(stage: Stage, link: str, kind: RunKind, side: Side) -> Run:
    _runs_end(stage)
    started = stage.desk.runs.start(link, kind, side=side, by="the demo")
    _runs_end(stage)
    found = stage.desk.runs.runs.get(started.id)
    require(found is not None, "the run is still known")
    return found or started


def _runs_end(stage: Stage) -> None:
    stage.until("the runs to end", lambda: not stage.desk.runs.runs.open())


def _command(stage: Stage, *words: str) -> None:
    """A person types ``python -m local …``."""
    done = subprocess.run(
        [sys.executable, "-m", "local", *words, "--name", stage.world.stack.name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )
    require(done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}")


ODD_STEPS: tuple[Callable[[Stage], str], ...] = (
    links_made_ready,
    odd_shop_both_ways,
    odd_shop_is_quiet,
)
