"""``onec orders`` and ``onec give-again``: what became of the orders for 1C."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from local import world
from local.cli.terminal import LOCAL, AsJson, Name, out, speaks_plainly
from mostik.admin.views import iso
from mostik.commerceml.orderdesk import OrderDesk, OrderLine
from mostik.errors import ConfigurationError

Connection = Annotated[str, typer.Option(help="Id of the connection to 1C.")]
_USUAL = "onec"


@speaks_plainly
def orders(
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Numbers, of the shop or of 1C. Without: who waits.")
    ] = None,
    connection: Connection = _USUAL,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show which call took each order, and whether success came; without numbers, what waits."""
    desk = OrderDesk(world.load(name).desk.state, time.time)
    found = desk.numbered(connection, numbers) if numbers else desk.waiting(connection)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("no order waits for 1C")
    else:
        out.print(_table(found))
    if not numbers:
        for handed in desk.handed(connection, most=5):
            said = "success" if handed.taken else "no success yet"
            typer.echo(f"{iso(handed.at)} {handed.session}: {len(handed.given)} orders, {said}")


@speaks_plainly
def give_again(
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Numbers, of the shop or of 1C.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="All that were given since: 2026-11-24 or 2026-11-24T10:00.")
    ] = None,
    connection: Connection = _USUAL,
    name: Name = LOCAL,
) -> None:
    """Give orders to 1C once more, as they stand now."""
    if not numbers and since is None:
        raise ConfigurationError("Say which: numbers, or --since.")
    desk = OrderDesk(world.load(name).desk.state, time.time)
    cards = desk.give_again(connection, numbers or (), None if since is None else moment_of(since))
    for card in cards:
        typer.echo(f"{card.number} waits for 1C")
    typer.echo(f"{len(cards)} orders")


def moment_of(text: str) -> float:
    """Returns a moment as a person writes it, in UTC unless it says otherwise.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no date: write it as 2026-11-24.") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _table(found: Sequence[OrderLine]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("number", "in the shop", "stands", "since", "in 1C", "last call", "success"):
        table.add_column(heading)
    for one in found:
        last = one.calls[0] if one.calls else None
        table.add_row(
            one.number,
            one.shown,
            f"{one.standing.value}: {one.trouble}" if one.trouble else one.standing.value,
            iso(one.since),
            one.number_1c,
            f"{iso(last.at)} {last.session}" if last else "",
            "" if last is None else "yes" if last.confirmed else "no",
        )
    return table
