"""``link pause`` and ``link resume``: nothing goes over a link until a person lets it."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from local import world
from local.cli.terminal import LOCAL, Name, speaks_plainly

commands = typer.Typer()
LinkId = Annotated[str, typer.Argument(help="Id of a link.")]


@commands.command()
@speaks_plainly
def pause(link: LinkId, name: Name = LOCAL) -> None:
    """Stop a link: no runs but dry ones; what is touched meanwhile waits and follows later."""
    found = world.load(name).desk.runs.pause_link(link, by=getpass.getuser())
    typer.echo(found.text)


@commands.command()
@speaks_plainly
def resume(link: LinkId, name: Name = LOCAL) -> None:
    """Let a paused link go on; what has waited follows within minutes."""
    world.load(name).desk.runs.resume_link(link)
    typer.echo(f"{link} goes on")
