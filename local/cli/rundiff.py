"""``run-diff``: what a dry run would change."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from local import world
from local.cli.terminal import LOCAL, AsJson, Name, speaks_plainly
from mostik.errors import Skip
from mostik.sync.content import Contents
from mostik.sync.rundiff import RecordDiff, RunDiffs, diff_view
from mostik.sync.verdict import Verdict

commands = typer.Typer()
RunId = Annotated[str, typer.Argument(help="Id of a run.")]


@commands.command("run-diff")
@speaks_plainly
def run_diff(
    run_id: RunId,
    only: Annotated[Verdict | None, typer.Option(help="Only records that come to this.")] = None,
    after: Annotated[str | None, typer.Option(help="Go on where the page before ended.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="Records at the most.")] = 50,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show what a dry run would change: each record, field by field, on which side."""
    desk = world.load(name).desk
    run = desk.runs.runs.get(run_id)
    if run is None:
        raise Skip(f"There is no run {run_id!r}.")
    if not run.is_dry:
        raise Skip(f"The run {run_id} is no dry one: it has written what it had to.")
    diffs = RunDiffs(desk.results, Contents(desk.blobs))
    page = diffs.page(run_id, after=after, limit=limit, verdict=only)
    fields = diffs.fields(run_id)
    if as_json:
        view = {"fields": fields, "records": [diff_view(one) for one in page.records]}
        typer.echo(json.dumps({**view, "after": page.after}, ensure_ascii=False))
        return
    if after is None:
        for field, number in fields.items():
            typer.echo(f"{number:7} x {field}")
    for record in page.records:
        _tell(record)
    if page.expired:
        typer.echo(f"of {page.expired} chunks it is stored no more what would change", err=True)
    if page.after is not None:
        typer.echo(f"more: --after {page.after}")
    elif not page.records and after is None:
        typer.echo("nothing would change" if not run.is_open else "nothing so far")


def _tell(record: RecordDiff) -> None:
    typer.echo(f"{record.key}  {record.verdict.value}  {record.why}".rstrip())
    for one in record.changes:
        typer.echo(
            f"    {one.side.value:5} {one.path}: {_short(one.before)} -> {_short(one.after)}"
        )
    for dispute in record.disputes:
        said = f"left {_short(dispute.left)}, right {_short(dispute.right)}"
        typer.echo(f"    ?     {dispute.path}: {said}")
    if record.more:
        typer.echo(f"    ... and {record.more} fields more")


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
