"""``onec report`` and ``onec import-again``: what became of what 1C has sent."""

from __future__ import annotations

import time
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from local import world
from local.cli.terminal import LOCAL, Name, speaks_plainly
from local.desk import Desk
from mostik.commerceml.again import Again
from mostik.commerceml.imports import Imports
from mostik.commerceml.uploads import Uploads
from mostik.worker.importplan import Plans
from mostik.worker.sessions import session_report

Session = Annotated[str, typer.Argument(help="Id of a session; see the log or onec sessions.")]
Connection = Annotated[str, typer.Option(help="Id of the connection to 1C.")]
_USUAL = "onec"
_USUAL_ZONE = "Europe/Moscow"


@speaks_plainly
def sessions(
    connection: Connection = _USUAL,
    most: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    name: Name = LOCAL,
) -> None:
    """List the latest sessions with what 1C was told of them, the newest first."""
    desk = world.load(name).desk
    shown: set[str] = set()
    for row in Imports(desk.state, time.time).of(connection):
        if row.session not in shown and len(shown) == most:
            break
        shown.add(row.session)
        typer.echo(f"{row.session} {row.state.value} {row.done}/{row.total} {row.file or row.step}")
    if not shown:
        typer.echo("1C has sent nothing yet")


@speaks_plainly
def report(session: Session, connection: Connection = _USUAL, name: Name = LOCAL) -> None:
    """Tell what became of a session, in words for the 1C programmer."""
    desk = world.load(name).desk
    imports, plans = Imports(desk.state, time.time), Plans(desk.state)
    zone = _zone(desk, connection)
    typer.echo(session_report(imports, plans, connection, session, time.time(), zone))


@speaks_plainly
def import_again(session: Session, connection: Connection = _USUAL, name: Name = LOCAL) -> None:
    """Import the files of a session again; newer sessions keep the last word."""
    desk = world.load(name).desk
    again = Again(
        Imports(desk.state, time.time),
        Uploads(desk.state, desk.blobs, time.time),
        desk.queue,
        time.time,
    )
    for row in again.session(connection, session):
        typer.echo(f"{row.file}: asked for again")


def _zone(desk: Desk, connection: str) -> ZoneInfo:
    return ZoneInfo(str(desk.book.get(connection).settings.get("zone", _USUAL_ZONE)))
