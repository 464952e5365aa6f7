"""``link drift``: what the sides really send, and what is to become of it."""

from __future__ import annotations

import getpass
import json
import time
from dataclasses import asdict
from typing import Annotated

import typer

from local import world
from local.cli.linkends import opener
from local.cli.terminal import LOCAL, AsJson, Name, speaks_plainly
from local.desk import Desk
from mostik.admin.views import iso
from mostik.errors import Skip
from mostik.linkdoc.document import Contract
from mostik.sync.drift import Finding
from mostik.sync.driftdesk import MOST_RECORDS, DriftDesk, DriftReport
from mostik.sync.link import Side
from mostik.sync.linkbook import LinkBook
from mostik.sync.parked import touch_all

commands = typer.Typer()
_SECONDS = 600.0
_FORGET = "forget"


@commands.command()
@speaks_plainly
def drift(
    link: Annotated[str, typer.Argument(help="Id of a link.")],
    say: Annotated[
        list[str] | None,
        typer.Option(help="left:extra.utm=discard; or evolve, freeze, forget. May be repeated."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Rows of each side at the most.")] = MOST_RECORDS,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Read both lists and say what they send that the link does not know; or decide about it."""
    stack = world.load(name).desk
    desk, by = _desk(stack), getpass.getuser()
    if say:
        for side, path, contract in map(_said, say):
            applied = desk.choose(link, side, path, contract, by=by)
            typer.echo(" ".join(applied.changes) or "as it was")
            if applied.remapped:
                touch_all(stack.parked, link, stack.queue, time.time())
        return
    ends_at = time.monotonic() + _SECONDS
    report = desk.look(link, lambda: ends_at - time.monotonic(), by=by, most=most)
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    _show(report)


def _said(text: str) -> tuple[Side, str, Contract | None]:
    side, colon, rest = text.partition(":")
    path, equals, what = rest.rpartition("=")
    words = [*(one.value for one in Contract), _FORGET]
    if not colon or not equals or side not in list(Side) or what not in words:
        raise Skip(f"{text!r}: say left:extra.utm= and one of {', '.join(words)}.")
    return Side(side), path, None if what == _FORGET else Contract(what)


def _show(report: DriftReport) -> None:
    for side, own in report.sides.items():
        rest = "all of them" if own.whole else "there are more"
        discarded = len(own.findings) - len(own.open)
        typer.echo(f"{side.value}: {own.listed} rows read, {rest}; {discarded} fields discarded")
        for one in own.open:
            typer.echo(_line(one))
    offers = sorted({one.offer for own in report.sides.values() for one in own.open if one.offer})
    if offers:
        typer.echo("in the mapping they would stand as:")
        for offer in offers:
            typer.echo(f"  {offer}")


def _line(one: Finding) -> str:
    what = ", ".join(one.kinds or one.values)
    decided = f"  ({one.contract.value})" if one.contract is not None else ""
    since = f"  since {iso(one.first_seen)}"
    said = f"  {what}" if what else ""
    return f"  {one.kind.value:8} {one.path} x {one.records}{said}  {one.text}{decided}{since}"


def _desk(desk: Desk) -> DriftDesk:
    book = LinkBook(desk.links, desk.state, time.time)
    return DriftDesk(desk.links, book, desk.state, time.time, opener(desk))
