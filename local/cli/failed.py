"""The commands of failed jobs: which there are and why, and how they are tried again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from local import world
from local.cli.filters import filtered, text_option
from local.cli.tables import jobs_table
from local.cli.terminal import LOCAL, AsJson, Name, out, speaks_plainly
from mostik.admin.failed import failed_count, failed_job, read_failed_filter, replay_run
from mostik.admin.views import iso
from mostik.admin.views import job as job_view
from mostik.errors import ConfigurationError
from mostik.jobs.failed import FailedCount, FailedJobs
from mostik.jobs.replay import ReplayRun, ReplayState

commands = typer.Typer()
_POLL_SECONDS = 2.0
Given = Mapping[str, str]
Job = Annotated[str, typer.Argument(help="Id of a failed job, as 'failed' shows it.")]
ReplayId = Annotated[str, typer.Argument(help="Id of a replay, as 'replay-status' shows it.")]


_FILTERS: Mapping[str, Any] = {
    "connection": text_option(),
    "family": text_option("give_up, retry_later, ..."),
    "who": text_option("Who must act: system, external, admin or developer."),
    "reason": text_option("A part of the reason, or the vendor's code."),
    "resource": text_option("orders, products, ..."),
    "since": text_option("Failed since 2h, 2026-11-24, 2026-11-24T14:05+03:00."),
    "until": text_option(),
    "text": text_option("In the id, the reason or the payload."),
}


@commands.command()
@speaks_plainly
@filtered(_FILTERS)
def failed(
    given: Given,
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = 100,
    after: Annotated[str | None, typer.Option(help="Go on behind this, as shown below.")] = None,
    count: Annotated[bool, typer.Option("--count", help="Only how many, by reason.")] = False,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show failed jobs, the newest first: why, and who must act."""
    jobs = FailedJobs(world.load(name).desk.rows)
    wanted = read_failed_filter(given, time.time())
    if count:
        counted = jobs.count(wanted)
        if as_json:
            typer.echo(json.dumps(failed_count(counted), ensure_ascii=False))
        else:
            _say_count(counted)
        return
    page = jobs.page(wanted, limit=limit, after=after)
    if as_json:
        content = {"jobs": [job_view(row) for row in page.rows], "after": page.after}
        typer.echo(json.dumps(content, ensure_ascii=False))
        return
    if page.rows:
        out.print(jobs_table(page.rows))
    else:
        typer.echo("no such jobs")
    if page.after:
        typer.echo(f"more: --after '{page.after}'")


@commands.command("failed-show")
@speaks_plainly
def failed_show(
    job: Job,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show personal data.")] = False,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show a job: its reason, its first and last attempt, and its whole payload."""
    desk = world.load(name).desk
    row = desk.rows.get(job)
    if row is None:
        raise ConfigurationError(f"There is no job {job!r}.")
    if reveal:
        typer.echo("revealed: in the admin this is audited", err=True)
    detail = failed_job(row, desk.blobs, reveal=reveal)
    if as_json:
        typer.echo(json.dumps(detail, ensure_ascii=False))
        return
    for field, value in detail.items():
        if field != "payload" and value is not None:
            typer.echo(f"{field:16} {value}")
    typer.echo(json.dumps(detail["payload"], ensure_ascii=False, indent=2))


@commands.command()
@speaks_plainly
@filtered(_FILTERS)
def replay(
    given: Given,
    job: Annotated[
        str | None, typer.Argument(help="Id of one failed job; or say which by filters.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else many are only counted.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Show progress until it ends.")] = False,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Try failed jobs again, with a fresh schedule and as things are set up now."""
    desk = world.load(name).desk
    if job is not None:
        if given:
            raise ConfigurationError("Name one job or give filters, not both.")
        desk.replay.one(job)
        typer.echo(f"{job} is queued again")
        return
    if not given:
        raise ConfigurationError(
            "Say which jobs: the id of one, or filters (--connection, --reason, ...);"
            " all of them: --since 366d."
        )
    wanted = read_failed_filter(given, time.time())
    counted = FailedJobs(desk.rows).count(wanted)
    if not yes:
        if as_json:
            typer.echo(json.dumps(failed_count(counted), ensure_ascii=False))
        else:
            _say_count(counted)
            typer.echo("with --yes they are tried again")
        return
    run = desk.replays.start(wanted, matching=counted.jobs, by="command line")
    if follow:
        run = _follow(desk.replays.get, run.id)
    if as_json:
        typer.echo(json.dumps(replay_run(run), ensure_ascii=False))
        return
    _say_run(run)
    if run.state is ReplayState.RUNNING:
        typer.echo(f"the tick goes on with it every minute; see: replay-status {run.id}")


@commands.command("replay-status")
@speaks_plainly
def replay_status(
    replay: Annotated[str | None, typer.Argument(help="Id; without it the last ones.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Show progress until it ends.")] = False,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show how far replays of many jobs are."""
    replays = world.load(name).desk.replays
    if replay is not None:
        found = [_follow(replays.get, replay) if follow else replays.get(replay)]
    else:
        found = list(replays.recent())
    if as_json:
        content = {"replays": [replay_run(run) for run in found]}
        typer.echo(json.dumps(content, ensure_ascii=False))
    elif found:
        out.print(_table(found))
    else:
        typer.echo("there was no replay of many jobs")


@commands.command("replay-cancel")
@speaks_plainly
def replay_cancel(replay: ReplayId, name: Name = LOCAL) -> None:
    """Stop a replay of many jobs; what it has put back to work stays there."""
    _say_run(world.load(name).desk.replays.cancel(replay))


def _follow(read: Callable[[str], ReplayRun], replay: str) -> ReplayRun:
    """Waits until a replay has ended; an interrupt stops the waiting, not the replay."""
    run = read(replay)
    try:
        while run.state is ReplayState.RUNNING:
            typer.echo(f"{run.replayed + run.left} of {run.matching}", err=True)
            time.sleep(_POLL_SECONDS)
            run = read(replay)
    except KeyboardInterrupt:
        typer.echo(f"it goes on; to stop it: replay-cancel {replay}", err=True)
    return run


def _say_count(counted: FailedCount) -> None:
    more = "" if counted.whole else "at least "
    typer.echo(f"{more}{counted.jobs} failed jobs")
    if counted.jobs:
        typer.echo(f"from {iso(counted.oldest)} to {iso(counted.newest)}")
    for group in counted.groups:
        typer.echo(f"{group.jobs:7}  {group.connection}  {group.reason}")


def _say_run(run: ReplayRun) -> None:
    gone = f", {run.left} were not failed any more" if run.left else ""
    typer.echo(
        f"replay {run.id}: {run.state.value}, {run.replayed} of {run.matching} queued again{gone}"
    )


def _table(runs: list[ReplayRun]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("replay", "state", "matching", "replayed", "left", "since UTC", "filter"):
        table.add_column(heading, no_wrap=heading != "filter")
    for run in runs:
        wanted = ", ".join(f"{name} {value}" for name, value in run.wanted.as_item().items())
        table.add_row(
            run.id,
            run.state.value,
            str(run.matching),
            str(run.replayed),
            str(run.left),
            iso(run.started_at) or "",
            wanted,
        )
    return table
