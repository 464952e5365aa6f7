"""The commands of the exchange with 1C: a sandbox 1C that talks to the stack's own endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from local import world
from local.cli import onec_orders, onec_sessions
from local.cli.terminal import LOCAL, AsJson, Name, out, speaks_plainly
from local.sandbox.onec.catalogue import Catalogue
from local.sandbox.onec.ledger import Ledger
from local.sandbox.onec.paper import Style
from local.sandbox.onec.program import Exported, Habits, Program, Site, from_disk, portions_of
from local.sandbox.onec.wire import Repeating, Wire
from mostik.commerceml.client_reply import SiteRefuses
from mostik.errors import RetryLater

commands = typer.Typer(no_args_is_help=True, help=__doc__)
commands.command("orders")(onec_orders.orders)
commands.command("give-again")(onec_orders.give_again)
commands.command("sessions")(onec_sessions.sessions)
commands.command("report")(onec_sessions.report)
commands.command("import-again")(onec_sessions.import_again)

Files = Annotated[list[Path], typer.Argument(exists=True, help="Files or folders, as 1C has them.")]
Url = Annotated[str | None, typer.Option(help="Another exchange than the stack's.")]
Login = Annotated[str, typer.Option(help="1C's login.")]
Password = Annotated[
    str, typer.Option(help="1C's password.", envvar="ONEC_PASSWORD", show_default=False)
]
Zip = Annotated[bool, typer.Option("--zip/--files", help="Send an archive, if it is welcome.")]
Wait = Annotated[bool, typer.Option(help="Ask for the imports; 1C can be told not to.")]
Twice = Annotated[bool, typer.Option("--twice", help="A proxy sends every fragment twice.")]
Version = Annotated[str | None, typer.Option("--schema", help="CommerceML version to name.")]


@commands.callback()
def _onec() -> None:
    """Exchange with the stack as 1C does."""


@commands.command()
@speaks_plainly
def push(
    files: Files,
    url: Url = None,
    login: Login = world.ONEC_LOGIN,
    password: Password = world.ONEC_PASSWORD,
    zips: Zip = False,
    wait: Wait = True,
    twice: Twice = False,
    schema: Version = None,
    name: Name = LOCAL,
) -> None:
    """Send files in one session and import every document. Exit code 1: the site refused."""
    habits = Habits(zips=zips, waits=wait, schema=schema, retries=0)
    with _program(url, login, password, habits, name, twice=twice) as program:
        found = [
            one
            for path in files
            for one in (
                from_disk(sorted(inner for inner in path.rglob("*") if inner.is_file()), path)
                if path.is_dir()
                else from_disk([path])
            )
        ]
        _tell(program.send([found]))


@commands.command()
@speaks_plainly
def generate(
    products: Annotated[int, typer.Argument(min=1, help="How many goods.")],
    to: Annotated[Path | None, typer.Option(help="Write files there, send nothing.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same goods.")] = 1,
    pictures: Annotated[int, typer.Option(help="Of a good.")] = 0,
    changed: Annotated[int, typer.Option(help="One good in so many is different.")] = 0,
    portion: Annotated[int, typer.Option(min=1, help="Goods in a portion.")] = 500,
    only_changes: Annotated[bool, typer.Option("--changes", help="An export of changes.")] = False,
    ends: Annotated[bool, typer.Option("--end", help="Say that the package is over.")] = False,
    url: Url = None,
    login: Login = world.ONEC_LOGIN,
    password: Password = world.ONEC_PASSWORD,
    zips: Zip = True,
    wait: Wait = True,
    twice: Twice = False,
    schema: Version = None,
    name: Name = LOCAL,
) -> None:
    """Make a catalogue of any size and send it in portions, as 1C does."""
    shop = Catalogue(products, seed=seed, pictures=pictures, changed=changed)
    style = Style()
    if to is not None:
        for files in portions_of(shop, style, portion, only_changes):
            for file in files:
                target = to / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with file.open() as source:
                    target.write_bytes(source.read())
                if target.suffix == ".xml":
                    typer.echo(str(target))
        return
    habits = Habits(portion=portion, zips=zips, waits=wait, schema=schema, ends=ends)
    with _program(url, login, password, habits, name, twice=twice) as program:
        _tell(program.export(shop, style, only_changes=only_changes))


@commands.command("pull-orders")
@speaks_plainly
def pull_orders(
    url: Url = None,
    login: Login = world.ONEC_LOGIN,
    password: Password = world.ONEC_PASSWORD,
    back: Annotated[
        bool, typer.Option("--back", help="Post them, and send them back to the site.")
    ] = False,
    schema: Version = None,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Take the orders that wait for 1C: all of them, or none. Exit code 1: 1C refuses them."""
    ledger = Ledger()
    with _program(url, login, password, Habits(schema=schema), name, ledger=ledger) as program:
        taken = program.take_orders()
        if taken.refusal is not None:
            typer.echo(f"1C refuses the whole answer: {taken.refusal}", err=True)
            raise typer.Exit(1)
        rows = [_order(ledger, number) for number in taken.loaded]
        if as_json:
            typer.echo(json.dumps({"orders": rows}, ensure_ascii=False))
        elif rows:
            out.print(_table(rows))
        else:
            typer.echo("no orders wait for 1C")
        if back:
            for number in taken.loaded:
                ledger.post(number)
            for told in program.send_orders():
                typer.echo(f"{told.word.value} {told.text}")


@contextmanager
def _program(
    url: str | None,
    login: str,
    password: str,
    habits: Habits,
    name: str,
    *,
    twice: bool = False,
    ledger: Ledger | None = None,
) -> Iterator[Program]:
    address = url or f"{world.load(name).stack.api_url}/exchange/onec"
    with Wire() as wire:
        http = Repeating(wire) if twice else wire
        site = Site(address, login, password)
        try:
            yield Program(http, site, habits, ledger=ledger, say=typer.echo)
        except (SiteRefuses, RetryLater) as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(1) from None


def _tell(exported: Exported) -> None:
    fragments = sum(one.fragments for one in exported.portions)
    polls = sum(one.polls for one in exported.portions)
    typer.echo(
        f"{len(exported.portions)} portions, {fragments} fragments, {polls} polls,"
        f" {len(exported.failures)} failures"
    )
    if not exported.whole:
        raise typer.Exit(1)


def _order(ledger: Ledger, number: str) -> dict[str, Any]:
    held = ledger.order(number)
    return {
        "number": number,
        "number_in_1c": held.number,
        "amount": f"{held.order.amount:.2f}",
        "difference": f"{held.difference:.2f}",
        "currency": held.order.currency,
        "lines": len(held.order.lines),
        "status": held.order.attributes.get("Статус заказа", ""),
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table
