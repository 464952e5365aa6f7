"""``link conflicts``, ``link conflict``, ``link decide``: what a person must decide."""

from __future__ import annotations

import getpass
import json
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from local import world
from local.cli.linkends import opener
from local.cli.terminal import LOCAL, AsJson, Name, speaks_plainly
from local.desk import Desk
from mostik.admin.views import iso
from mostik.errors import Skip
from mostik.sync.conflicts import (
    Chosen,
    ConflictDesk,
    ConflictItem,
    ConflictKind,
    ConflictView,
)
from mostik.sync.link import Side
from mostik.sync.xref import Pairs

commands = typer.Typer()
Key = Annotated[str, typer.Argument(help="Key of a record, as the list names it.")]
From = Annotated[Side, typer.Option("--from", help="Whose key it is.")]
LinkId = Annotated[str, typer.Argument(help="Id of a link.")]
_SECONDS = 600.0
_PAGE = 100


@commands.command()
@speaks_plainly
def conflicts(link: LinkId, as_json: AsJson = False, name: Name = LOCAL) -> None:
    """List what a person must decide: fields, records that are gone, matches."""
    desk = _desk(world.load(name).desk)
    after: str | None = None
    number = 0
    while True:
        page = desk.page(link, after=after, limit=_PAGE)
        number += len(page.items)
        for item in page.items:
            typer.echo(json.dumps(asdict(item), ensure_ascii=False) if as_json else _line(item))
        after = page.after
        if after is None:
            break
    if not number and not as_json:
        typer.echo("nothing is open")


@commands.command()
@speaks_plainly
def conflict(
    link: LinkId,
    key: Key,
    side: From = Side.LEFT,
    reveal: Annotated[bool, typer.Option(help="Show personal data.")] = False,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show what both sides say now where a person must decide."""
    view = _desk(world.load(name).desk).look(link, side, key, _time_left, reveal=reveal)
    if as_json:
        typer.echo(json.dumps(asdict(view), ensure_ascii=False))
        return
    _show(view)


@commands.command()
@speaks_plainly
def decide(
    link: LinkId,
    key: Key,
    field: Annotated[
        list[str] | None, typer.Option(help="A field and the side whose value stays: total=left.")
    ] = None,
    every: Annotated[
        Side | None, typer.Option("--all", help="The side whose values stay, all of them.")
    ] = None,
    pair: Annotated[
        str | None, typer.Option(help="Of a match: it is this one of the other side.")
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Of a match: the other side does not have it.")
    ] = False,
    leave: Annotated[
        bool, typer.Option("--leave", help="Of a match: neither paired nor created.")
    ] = False,
    side: From = Side.LEFT,
    name: Name = LOCAL,
) -> None:
    """Decide: field by field, everything at once, or which record a match is."""
    desk, by = _desk(world.load(name).desk), getpass.getuser()
    ways = [bool(field), every is not None, pair is not None, create, leave]
    if sum(ways) != 1:
        raise Skip("Say one of --field, --all, --pair, --create and --leave.")
    if pair is not None:
        desk.pair(link, side, key, pair, by=by)
    elif create:
        desk.make(link, side, key, by=by)
    elif leave:
        desk.leave(link, side, key)
    else:
        view = desk.look(link, side, key, _time_left)
        if view.problem:
            raise Skip(view.problem)
        wanted = {one.path: every for one in view.disputes} if every else _sides(field or [])
        marks = {one.path: one.mark for one in view.disputes}
        choices = {
            path: Chosen(stays, marks.get(path, "")) for path, stays in wanted.items() if stays
        }
        item = desk.decide(link, side, key, choices, by=by)
        for path, stays in item.decided.items():
            typer.echo(f"{path}: the {stays.value} side's value stays")
    typer.echo(f"{key} is touched: see link why {link} {key}" if not leave else "left alone")


def _sides(fields: list[str]) -> dict[str, Side]:
    found: dict[str, Side] = {}
    for one in fields:
        path, equals, side = one.rpartition("=")
        if not equals or side not in [known.value for known in Side]:
            raise Skip(f"{one!r}: say a field and a side, as in total=left.")
        found[path] = Side(side)
    return found


def _line(item: ConflictItem) -> str:
    what = ", ".join(item.paths) if item.paths else "which record is it?"
    decided = ", ".join(f"{path}={side.value}" for path, side in item.decided.items())
    told = f"  decided by {item.decided_by}: {decided}" if decided else ""
    if item.outrun:
        told = f"  {item.decided_by} has decided about {', '.join(item.outrun)}, outrun since"
    return f"{item.side.value:5} {item.key:20} {item.kind.value:7} {iso(item.since)}  {what}{told}"


def _show(view: ConflictView) -> None:
    item = view.item
    typer.echo(_line(item))
    if view.problem:
        typer.echo(f"error: {view.problem}", err=True)
        raise typer.Exit(1)
    if item.kind is ConflictKind.MATCH:
        for candidate in view.candidates:
            typer.echo(f"  it may be {candidate}")
        return
    for dispute in view.disputes:
        typer.echo(f"  {dispute.path}")
        for side, value in ((Side.LEFT, dispute.left), (Side.RIGHT, dispute.right)):
            mark = "*" if dispute.choice is side else " "
            typer.echo(f"  {mark} {side.value:5} {_short(value)}")
    if not view.disputes:
        typer.echo("  both sides say the same by now: the next touch closes it")


def _short(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _time_left() -> float:
    return _SECONDS


def _desk(desk: Desk) -> ConflictDesk:
    return ConflictDesk(desk.links, Pairs(desk.state), desk.queue, time.time, opener(desk))
