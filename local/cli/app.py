"""The commands. Each does one thing and says in words when it cannot."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

import typer

from local import events, world
from local.cli import api, bitrix, cml, failed, gates, link, log, onec, runs
from local.cli.tables import jobs_table
from local.cli.terminal import AsJson, Name, out, speaks_plainly
from local.scaffold import make_integration
from mostik.admin.views import job as job_view
from mostik.jobs.row import DUE_SHARDS, JobRow

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
app.add_typer(log.commands)
app.add_typer(bitrix.commands, name="bitrix")
app.add_typer(gates.commands)
app.add_typer(api.commands)
app.add_typer(failed.commands)
app.add_typer(cml.commands, name="cml")
app.add_typer(onec.commands, name="onec")
app.add_typer(runs.commands)
app.add_typer(link.commands, name="link")


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
        ("admin sign-in", f"{running.stack.api_url}/admin/login   (vera, oleg or anna)"),
        ("Bitrix24 sandbox", running.portal.webhook_url),
        ("shop sandbox", f"{running.shop.url}/api/v1/"),
        ("odd shop sandbox", f"{running.oddshop.url}/v2/"),
        ("site sandbox", running.site.exchange),
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
