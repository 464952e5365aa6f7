"""The commands of gates: what keeps calls back, and how a person opens it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from local import world
from local.cli.terminal import LOCAL, AsJson, Name, out, speaks_plainly
from mostik.admin.views import iso
from mostik.connections.gateboard import GateLine

commands = typer.Typer()
Connection = Annotated[str, typer.Argument(help="Id of a connection.")]


@commands.command()
@speaks_plainly
def gates(as_json: AsJson = False, name: Name = LOCAL) -> None:
    """Show what keeps calls and jobs back: pauses, breakers, parked methods, held jobs."""
    lines = world.load(name).desk.gates.lines()
    if as_json:
        typer.echo(json.dumps({"gates": [asdict(line) for line in lines]}, ensure_ascii=False))
    elif lines:
        out.print(_table(lines))
    else:
        typer.echo("every gate is open")


@commands.command("open")
@speaks_plainly
def open_gates(connection: Connection, name: Name = LOCAL) -> None:
    """Open a connection's gates now: its breaker, parked methods and held jobs."""
    opened = world.load(name).desk.gates.open(connection)
    typer.echo(f"{connection}: {', '.join(opened) + ' opened' if opened else 'was open'}")


@commands.command()
@speaks_plainly
def pause(connection: Connection, name: Name = LOCAL) -> None:
    """Stop the calls of a connection; its jobs wait. Workers know within a minute."""
    world.load(name).desk.gates.pause(connection)
    typer.echo(f"{connection} is paused")


@commands.command()
@speaks_plainly
def resume(connection: Connection, name: Name = LOCAL) -> None:
    """Let a paused connection call again. Workers know within a minute."""
    world.load(name).desk.gates.resume(connection)
    typer.echo(f"{connection} is live")


def _table(lines: Sequence[GateLine]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("gate", "what", "since UTC", "until UTC", "held", "reason"):
        table.add_column(heading, no_wrap=heading != "reason")
    for line in lines:
        table.add_row(
            line.name,
            line.what,
            iso(line.since) if line.since else "",
            iso(line.until) if line.until else "",
            str(line.held or ""),
            line.reason,
        )
    return table
