"""The commands. Each does one thing and says in words when it cannot."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import requests
import typer
from rich.console import Console

from local import events, world
from local.cli.tables import jobs_table, log_table
from local.scaffold import ScaffoldError, make_integration
from local.stack.errors import LocalStackError
from mostik.admin.parameters import read_filter
from mostik.admin.views import job as job_view
from mostik.admin.views import log_page
from mostik.errors import ConfigurationError, Skip
from mostik.jobs.row import DUE_SHARDS, JobRow
from mostik.ports import Busy

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
out = Console(width=None if sys.stdout.isatty() else 160)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Name = Annotated[str, typer.Option(help="Name of the local stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON line instead of a table.")]


def speaks_plainly(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Turns an error that a person can mend into one line and exit code 1."""

    @wraps(command)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except (LocalStackError, ConfigurationError, Skip, ScaffoldError, Busy) as error:
            typer.echo(f"error: {error}", err=True)
        except requests.ConnectionError:
            typer.echo("error: the stack does not answer; start it with 'make run'", err=True)
        raise typer.Exit(1)

    return wrapped


def _say(line: str) -> None:
    typer.echo(f"  {line}", err=True)


@app.command()
@speaks_plainly
def up(name: Name = "mostik-local", fresh: bool = False) -> None:
    """Start everything on this machine and print the addresses."""
    running = world.start(name, fresh=fresh, stocked=True, report=_say)
    password = running.desk.admin_password()
    for what, address in (
        ("webhooks", running.webhook_url("{connection}")),
        ("1C exchange", f"{running.stack.api_url}/exchange/onec"),
        ("admin", f"{running.stack.api_url}/admin/health   (admin / {password})"),
        ("Bitrix24 sandbox", running.portal.webhook_url),
        ("shop sandbox", f"{running.shop.url}/api/v1/"),
        ("AWS emulator", running.stack.endpoint_url),
    ):
        typer.echo(f"{what:17} {address}")
    typer.echo("Try: .venv/bin/python -m local send webhook-order-created; stop: ... local down")


@app.command()
@speaks_plainly
def down(name: Name = "mostik-local") -> None:
    """Stop everything and keep its state."""
    typer.echo("stopped" if world.stop(name) else "nothing ran")


@app.command()
@speaks_plainly
def demo(keep: Annotated[bool, typer.Option(help="Leave it running.")] = False) -> None:
    """Run the main job end to end on a fresh stack; the last line is JSON."""
    from local.demo.story import tell  # noqa: PLC0415 - the other commands start faster without it

    raise typer.Exit(0 if tell(keep=keep, console=out) else 1)


@app.command()
@speaks_plainly
def send(
    event: Annotated[str, typer.Argument(help="Name of a file in events/, without .json.")],
    name: Name = "mostik-local",
) -> None:
    """Send a sample event: signed for now, over HTTP or by invoking the function."""
    status, text = events.send(event, world.load(name).desk)
    typer.echo(f"{status} {text}")
    if status >= 400:
        raise typer.Exit(1)


@app.command()
@speaks_plainly
def log(
    status: Annotated[str | None, typer.Option(help="503, 5xx, none, ok or error.")] = None,
    since: Annotated[str, typer.Option(help="2h, 2026-11-24, 2026-11-24T14:05+03:00.")] = "2d",
    until: str | None = None,
    endpoint: Annotated[str | None, typer.Option(help="A template, * for anything.")] = None,
    connection: str | None = None,
    method: str | None = None,
    direction: Annotated[str | None, typer.Option(help="in or out.")] = None,
    event: Annotated[str | None, typer.Option(help="Id of a receipt: its whole story.")] = None,
    job: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    as_json: AsJson = False,
    name: Name = "mostik-local",
) -> None:
    """Show the request log, newest first."""
    given = {
        "status": status, "since": since, "until": until, "endpoint": endpoint,
        "connection": connection, "method": method, "direction": direction, "event": event,
        "job": job, "limit": str(limit), "cursor": cursor,
    }  # fmt: skip
    wanted, most, after = read_filter(
        {key: value for key, value in given.items() if value is not None}, time.time()
    )
    page = world.load(name).desk.log.search(wanted, limit=most, cursor=after)
    if as_json:
        typer.echo(json.dumps(log_page(page), ensure_ascii=False))
        return
    out.print(log_table(page.entries))
    if page.cursor:
        typer.echo(f"more: --cursor {page.cursor}")


@app.command()
@speaks_plainly
def jobs(as_json: AsJson = False, name: Name = "mostik-local") -> None:
    """Show what waits: the queue's depth, and jobs that wait, are held, unknown or failed."""
    desk = world.load(name).desk
    rows: list[JobRow] = []
    far = time.time() + 366 * 86_400
    for shard in range(DUE_SHARDS):
        rows += desk.rows.due(shard, until=far, limit=100).rows
    figures = desk.health.read()
    for gate in figures["closed_gates"]:
        rows += desk.rows.held(gate["connection"], limit=100).rows
    rows += desk.rows.failed(limit=100).rows
    _show({**figures, "jobs": [job_view(row) for row in rows]}, rows, as_json)


@app.command()
@speaks_plainly
def failed(as_json: AsJson = False, name: Name = "mostik-local") -> None:
    """Show failed jobs: why, and who must act."""
    rows = world.load(name).desk.rows.failed(limit=100).rows
    _show({"jobs": [job_view(row) for row in rows]}, rows, as_json)


@app.command()
@speaks_plainly
def replay(
    job: Annotated[str, typer.Argument(help="Id of a failed job, as 'failed' shows it.")],
    name: Name = "mostik-local",
) -> None:
    """Try a failed job again, with a fresh schedule."""
    world.load(name).desk.replay.one(job)
    typer.echo(f"{job} is queued again")


@app.command()
@speaks_plainly
def integration(name: Annotated[str, typer.Argument(help="a-z, 0-9 and _.")]) -> None:
    """Make the folder of a new integration from the template."""
    for path in make_integration(name):
        typer.echo(path)
    typer.echo("Next: describe the API in models.py and client.py, then")
    typer.echo("  make test TESTS=tests/integrations")


def _show(content: dict[str, Any], rows: list[JobRow] | Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(content, ensure_ascii=False))
        return
    queue = content.get("queue")
    if queue:
        typer.echo(
            f"pending {queue['pending']}, running {queue['running']}, delayed {queue['delayed']},"
            f" dead letters {queue['dead_letters']}"
        )
    if rows:
        out.print(jobs_table(rows))
    else:
        typer.echo("no such jobs")
