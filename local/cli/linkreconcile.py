"""``link reconcile``: both sides of a link compared completely, and what differs repaired."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from local import world
from local.cli.linkends import opener
from local.cli.terminal import LOCAL, AsJson, Name, speaks_plainly
from local.desk import Desk
from mostik.sync.comparison import Comparison, Comparisons, Difference
from mostik.sync.judge import Judge
from mostik.sync.link import Side
from mostik.sync.reconcile import ReconcileDesk
from mostik.sync.xref import Pairs

commands = typer.Typer()
_STEP_SECONDS = 60.0


@commands.command()
@speaks_plainly
def reconcile(
    link: Annotated[str, typer.Argument(help="Id of a link.")],
    repair: Annotated[bool, typer.Option("--repair", help="Touch what differs.")] = False,
    go_on: Annotated[str | None, typer.Option(help="Id of a comparison that was begun.")] = None,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Compare both sides completely: how many, what is missing, what differs, and why."""
    desk = _desk(world.load(name).desk)
    done = desk.get(go_on) if go_on is not None else desk.start(link, by=getpass.getuser())
    while not done.is_done:
        done = _step(desk, done)
        listed = f"{done.left.listed} left, {done.right.listed} right"
        typer.echo(f"{done.id}: {done.part.value}, listed {listed}", err=True)
    touched = desk.repair(done.id, by=getpass.getuser()) if repair else None
    if as_json:
        view = {**done.as_view(), "equal": done.is_equal, "touched": touched}
        differences = [asdict(one) for one in _differences(desk, done)]
        typer.echo(json.dumps({**view, "differences": differences}, ensure_ascii=False))
        return
    for side in Side:
        own = done.side(side)
        figures = f"listed {own.listed}, taken {own.taken}"
        pairs = f"paired {own.paired}, unpaired {own.unpaired}"
        typer.echo(f"{side.value:6} {figures}, {pairs}, hash {own.hash}")
    typer.echo(f"agreed {done.agreed}, on one side by the link's rules {done.skipped}")
    for lack, number in done.lacks.items():
        typer.echo(f"{lack.value:14} {number}")
    for one in _differences(desk, done):
        typer.echo(_line(one))
    if touched is not None:
        typer.echo(f"{touched} touched")
    elif done.is_equal:
        typer.echo("both sides say the same")
    else:
        typer.echo(f"touch what differs: link reconcile {link} --go-on {done.id} --repair")


def _step(desk: ReconcileDesk, comparison: Comparison) -> Comparison:
    ends_at = time.monotonic() + _STEP_SECONDS
    return desk.go_on(comparison.id, lambda: ends_at - time.monotonic())


def _differences(desk: ReconcileDesk, comparison: Comparison) -> Iterator[Difference]:
    after: int | None = 0
    while after is not None:
        page, after = desk.differences(comparison.id, after=after)
        yield from page


def _line(one: Difference) -> str:
    fields = f"  {', '.join(one.fields)}" if one.fields else ""
    mends = "" if one.mends else "  (no touch mends it)"
    why = f"  {one.why}" if one.why else ""
    return f"  {one.side.value:5} {one.key:20} {one.lack.value}{fields}{why}{mends}"


def _desk(desk: Desk) -> ReconcileDesk:
    pairs = Pairs(desk.state)
    return ReconcileDesk(
        comparisons=Comparisons(desk.state, desk.blobs),
        links=desk.links,
        pairs=pairs,
        judge=Judge(pairs, desk.parked, desk.rows, time.time),
        queue=desk.queue,
        clock=time.time,
        open_ends=opener(desk),
    )
