"""The commands of runs: start one, look at it, let a held one go on; the quarantine."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from local import world
from local.cli import rundiff
from local.cli.terminal import LOCAL, AsJson, Name, out, speaks_plainly
from local.desk import Desk
from mostik.admin.views import iso
from mostik.errors import Skip
from mostik.jobs.message import dump
from mostik.sync.link import Side
from mostik.sync.parked import ParkedRecord, touch_of
from mostik.sync.progress import Progress, RunBoard
from mostik.sync.run import Run, RunKind

commands = typer.Typer()
commands.add_typer(rundiff.commands)
RunId = Annotated[str, typer.Argument(help="Id of a run.")]
LinkId = Annotated[str, typer.Argument(help="Id of a link.")]


@commands.command()
@speaks_plainly
def sync(
    link: LinkId,
    kind: Annotated[
        RunKind | None,
        typer.Option(help="What the run may do; incremental, or manual where records are named."),
    ] = None,
    side: Annotated[Side, typer.Option("--from", help="Where records come from.")] = Side.LEFT,
    ids: Annotated[
        str | None,
        typer.Option(help="Only these records: keys with commas between, or - to read them."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Of a manual run or backfill: changed since, UTC.")
    ] = None,
    name: Name = LOCAL,
) -> None:
    """Start a run of a link."""
    desk = world.load(name).desk
    moment = since.replace(tzinfo=UTC).timestamp() if since is not None else None
    keys = _keys(ids) if ids is not None else []
    kind = kind or (RunKind.MANUAL if ids is not None else RunKind.INCREMENTAL)
    run = desk.runs.start(link, kind, side=side, by=getpass.getuser(), since=moment, ids=keys)
    typer.echo(run.id)


@commands.command()
@speaks_plainly
def runs(as_json: AsJson = False, name: Name = LOCAL) -> None:
    """Show open runs, and the latest of those that have ended."""
    desk = world.load(name).desk
    board = _board(desk)
    found = [*board.open(), *board.closed()]
    if as_json:
        views = [_view(run, progress) for run, progress in found]
        typer.echo(json.dumps({"runs": views}, ensure_ascii=False))
    elif found:
        out.print(_table(found))
    else:
        typer.echo("no runs yet")


@commands.command("run-show")
@speaks_plainly
def run_show(run_id: RunId, as_json: AsJson = False, name: Name = LOCAL) -> None:
    """Show a run: its figures, why it is held, and some of the records that it is about."""
    desk = world.load(name).desk
    run = _run(desk, run_id)
    view = {**_view(run, _board(desk).of(run)), "records": _samples(desk, run)}
    if as_json:
        typer.echo(json.dumps(view, ensure_ascii=False))
        return
    for what, value in view.items():
        if isinstance(value, dict):
            typer.echo(f"{what}:")
            for inner, number in value.items():
                typer.echo(f"  {inner:12} {number}")
        elif value not in (None, "", []):
            typer.echo(f"{what:14} {value}")


@commands.command("run-approve")
@speaks_plainly
def run_approve(run_id: RunId, name: Name = LOCAL) -> None:
    """Let a held run go on, whatever its brakes say."""
    world.load(name).desk.runs.approve(run_id, by=getpass.getuser())
    typer.echo(f"{run_id} goes on")


@commands.command("run-pause")
@speaks_plainly
def run_pause(run_id: RunId, name: Name = LOCAL) -> None:
    """Stop a run for now; what is in hand is finished, the rest waits."""
    world.load(name).desk.runs.pause(run_id, by=getpass.getuser())
    typer.echo(f"{run_id} is paused")


@commands.command("run-resume")
@speaks_plainly
def run_resume(run_id: RunId, name: Name = LOCAL) -> None:
    """Let a paused run go on from where it is."""
    world.load(name).desk.runs.resume(run_id)
    typer.echo(f"{run_id} goes on")


@commands.command("run-cancel")
@speaks_plainly
def run_cancel(run_id: RunId, name: Name = LOCAL) -> None:
    """End a run; what is in hand is finished, the rest is not begun."""
    world.load(name).desk.runs.cancel(run_id)
    typer.echo(f"{run_id} is cancelled")


@commands.command()
@speaks_plainly
def quarantine(
    link: LinkId,
    retry: Annotated[str | None, typer.Option(help="Key of a record to try again.")] = None,
    drop: Annotated[str | None, typer.Option(help="Key of a record to take out.")] = None,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show records of a link that lie in quarantine or are pending; try one again or drop it."""
    desk = world.load(name).desk
    found = list(_parked(desk, link))
    for key, act in ((retry, _retry), (drop, _drop)):
        if key is not None:
            chosen = [record for record in found if record.key == key]
            if not chosen:
                raise Skip(f"No record {key!r} of {link} lies in quarantine or is pending.")
            for record in chosen:
                act(desk, record)
            return
    if as_json:
        typer.echo(json.dumps({"records": [_parked_view(r) for r in found]}, ensure_ascii=False))
    elif found:
        out.print(_parked_table(found))
    else:
        typer.echo("nothing in quarantine, nothing pending")


def _retry(desk: Desk, record: ParkedRecord) -> None:
    touch = touch_of(record, desk.runs.clock())
    desk.queue.send(dump(touch), group=record.connection)
    typer.echo(f"{record.key} is tried again")


def _drop(desk: Desk, record: ParkedRecord) -> None:
    desk.parked.drop(record)
    typer.echo(f"{record.key} is taken out")


def _parked(desk: Desk, link: str) -> Iterable[ParkedRecord]:
    after: str | None = None
    while True:
        page = desk.parked.page(link, after=after)
        yield from page.records
        after = page.after
        if after is None:
            return


def _run(desk: Desk, run_id: str) -> Run:
    run = desk.runs.runs.get(run_id)
    if run is None:
        raise Skip(f"There is no run {run_id!r}.")
    return run


def _board(desk: Desk) -> RunBoard:
    return RunBoard(desk.runs.runs, desk.results, desk.runs.clock)


def _keys(ids: str) -> list[str]:
    text = sys.stdin.read() if ids == "-" else ids
    keys = [key.strip() for key in text.replace("\n", ",").split(",") if key.strip()]
    if not keys:
        raise Skip("No record is named: write keys with commas between.")
    return keys


def _samples(desk: Desk, run: Run) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    samples = [row.samples for row in desk.results.pages(run.id)]
    samples += [row.samples for row in desk.results.chunks(run.id)]
    for some in samples:
        for about, keys in some.items():
            found.setdefault(about, []).extend(keys)
    return {about: ", ".join(keys[:20]) for about, keys in found.items()}


def _view(run: Run, progress: Progress) -> dict[str, Any]:
    return {
        "id": run.id,
        "link": run.link,
        "from": run.side.value,
        "kind": run.kind.value,
        "state": run.state.value,
        "stage": run.stage.value if run.is_open else None,
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at) if run.ended_at is not None else None,
        "by": run.by,
        "held_for": " ".join(run.held_for),
        "approved_by": run.approved_by,
        "paused_by": run.paused_by,
        "note": run.note,
        "named": run.ids or None,
        "progress": _said(progress) if run.is_open else None,
        "ends_at": iso(progress.ends_at) if progress.ends_at is not None else None,
        "reason": run.failure.text if run.failure is not None else None,
        "who": run.failure.who.value if run.failure is not None else None,
        "figures": progress.totals.as_item(),
    }


def _said(progress: Progress) -> str:
    share = f" ({progress.share:.0%})" if progress.share is not None else ""
    return f"{progress.done} of {progress.planned}{share}"


def _parked_view(record: ParkedRecord) -> dict[str, Any]:
    return {
        "key": record.key,
        "from": record.connection,
        "resource": record.resource,
        "state": record.verdict.value,
        "tries": record.tries,
        "reason": record.failure.text,
        "who": record.failure.who.value,
        "since": iso(record.failure.at),
        "waits_for": "/".join(record.waits_for) if record.waits_for is not None else None,
    }


def _table(found: Iterable[tuple[Run, Progress]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    headings = ("run", "link", "kind", "state", "started UTC", "listed", "done", "ends UTC")
    for heading in (*headings, "what came of them"):
        table.add_column(heading, no_wrap=True)
    for run, progress in found:
        totals, ends = progress.totals, progress.ends_at
        table.add_row(
            run.id,
            f"{run.link} ({run.side.value})",
            run.kind.value,
            run.state.value,
            iso(run.started_at),
            str(totals.listed),
            _said(progress) if run.is_open else "",
            iso(ends) if ends is not None else "",
            ", ".join(f"{number} {verdict.value}" for verdict, number in totals.counts.items()),
        )
    return table


def _parked_table(found: Iterable[ParkedRecord]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("record", "from", "state", "tries", "reason", "who must act"):
        table.add_column(heading, no_wrap=heading != "reason")
    for record in found:
        table.add_row(
            f"{record.resource}/{record.key}",
            record.connection,
            record.verdict.value,
            str(record.tries),
            record.failure.text,
            record.failure.who.value,
        )
    return table
