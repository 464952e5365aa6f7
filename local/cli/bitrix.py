"""``bitrix``: look into a portal by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from integrations.bitrix24.discover import discover as discovered
from integrations.bitrix24.limits import limit
from integrations.bitrix24.transport.listing import Listing
from local import world
from local.cli.portal import opened
from local.cli.spending import spenders_in, used_in
from local.cli.terminal import LOCAL, AsJson, Name, out, speaks_plainly
from mostik.admin.views import iso
from mostik.connections.gateboard import GateLine
from mostik.errors import ConfigurationError
from mostik.http.endpoint import Endpoint, Replay
from mostik.jobs.wakes import Wakes
from mostik.requestlog.entry import Direction
from mostik.requestlog.filter import LogFilter

commands = typer.Typer(no_args_is_help=True, help=__doc__)
Portal = Annotated[str | None, typer.Option("--connection", help="Id; needed where several are.")]
Pairs = Annotated[list[str] | None, typer.Argument(help="name=value, or name:=JSON.")]
Method = Annotated[str, typer.Argument(help="A REST method: crm.item.get.")]

_WINDOW_SECONDS = 600.0
_MOST_ENTRIES = 500
_FIELDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "deal": ("crm.item.fields", {"entityTypeId": 2}),
    "contact": ("crm.item.fields", {"entityTypeId": 3}),
    "company": ("crm.item.fields", {"entityTypeId": 4}),
    "order": ("sale.order.getFields", {}),
    "line": ("sale.basketitem.getFields", {}),
    "payment": ("sale.payment.getFields", {}),
    "shipment": ("sale.shipment.getFields", {}),
    "price": ("catalog.price.getFields", {}),
    "store": ("catalog.store.getFields", {}),
    "section": ("catalog.section.getFields", {}),
}


@commands.command()
@speaks_plainly
def call(
    method: Method,
    pairs: Pairs = None,
    writes: Annotated[bool, typer.Option("--writes", help="It may change something.")] = False,
    connection: Portal = None,
    name: Name = LOCAL,
) -> None:
    """Call one method and show its result as JSON."""
    endpoint = Endpoint("POST", method, Replay.UNSAFE if writes else Replay.SAFE)
    if not writes and not _reads(method):
        raise ConfigurationError(f"{method} may change something: say --writes if you mean it.")
    with opened(world.load(name).desk, connection) as portal:
        _print(portal.client.portal.call(endpoint, read_pairs(pairs)))


@commands.command("list")
@speaks_plainly
def list_rows(
    method: Method,
    pairs: Annotated[list[str] | None, typer.Argument(help="Filter: name=value.")] = None,
    rows: Annotated[str, typer.Option(help="Key around the rows; empty: none.")] = "items",
    key: Annotated[str, typer.Option("--id", help="What rows call their id.")] = "id",
    select: Annotated[str, typer.Option(help="Fields, with commas.")] = "",
    fixed: Annotated[str, typer.Option(help="Other parameters, as JSON.")] = "{}",
    most: Annotated[int, typer.Option(help="Rows.")] = 50,
    connection: Portal = None,
    name: Name = LOCAL,
) -> None:
    """Walk through a list by rising id; one JSON line for each row."""
    listing = Listing(
        Endpoint("POST", method, Replay.SAFE), rows or None, key, fixed=json.loads(fixed)
    )
    wanted = tuple(filter(None, select.split(",")))
    shown, cursor = 0, None
    with opened(world.load(name).desk, connection) as portal:
        while shown < most:
            page = portal.client.portal.rows(
                listing, read_pairs(pairs), select=wanted, cursor=cursor
            )
            for row in page.items[: most - shown]:
                typer.echo(json.dumps(row, ensure_ascii=False, default=str))
            shown += len(page.items)
            cursor = page.cursor
            if cursor is None:
                return


@commands.command()
@speaks_plainly
def fields(
    kind: Annotated[str, typer.Argument(help=f"One of: {', '.join(_FIELDS)}.")],
    as_json: AsJson = False,
    connection: Portal = None,
    name: Name = LOCAL,
) -> None:
    """Show the fields that a kind of records has."""
    if kind not in _FIELDS:
        raise ConfigurationError(
            f"There are no fields of {kind!r}. There are: {', '.join(_FIELDS)}"
        )
    method, params = _FIELDS[kind]
    with opened(world.load(name).desk, connection) as portal:
        result = portal.client.portal.call(Endpoint("POST", method, Replay.SAFE), params)
    found = next(iter(result.values())) if len(result) == 1 else result
    if as_json:
        _print(found)
        return
    table = _table("field", "type", "needed", "read only", "title")
    for field, says in found.items():
        said = says if isinstance(says, Mapping) else {}
        marks = ["yes" if said.get(mark) else "" for mark in ("isRequired", "isReadOnly")]
        table.add_row(field, str(said.get("type", "")), *marks, str(said.get("title", "")))
    out.print(table)


@commands.command()
@speaks_plainly
def discover(as_json: AsJson = False, connection: Portal = None, name: Name = LOCAL) -> None:
    """Look what the portal has, and what follows for the settings."""
    with opened(world.load(name).desk, connection) as portal:
        found = discovered(portal.client, portal.settings)
    if as_json:
        _print(asdict(found))
        return
    for fact, value in found.facts.items():
        typer.echo(f"{fact}: {', '.join(value) if isinstance(value, list) else value}")
    table = _table("directory", "values", "")
    for one in found.directories:
        names = ", ".join(entry.name for entry in one.entries[:6])
        table.add_row(one.title, str(len(one.entries)), one.problem or names)
    out.print(table)
    table = _table("setting", "for", "value", "how sure", "why")
    for proposal in found.proposals:
        value = "" if proposal.value is None else str(proposal.value)
        row = (proposal.setting, str(proposal.about), value, proposal.certainty.value, proposal.why)
        table.add_row(*row)
    out.print(table)


@commands.command()
@speaks_plainly
def limits(as_json: AsJson = False, connection: Portal = None, name: Name = LOCAL) -> None:
    """Show the bucket's level, the working time of each method, and who has spent it."""
    desk = world.load(name).desk
    now = time.time()
    with opened(desk, connection) as portal:
        allowed = limit(portal.settings)
        level = portal.slots.level(allowed.key, now=now) * allowed.per_second
        where = portal.connection
    wanted = LogFilter(now - _WINDOW_SECONDS, now, connection=where, direction=Direction.OUT)
    found = desk.log.search(wanted, limit=_MOST_ENTRIES).entries
    whole = [one for one in (desk.log.get(entry.id, where) for entry in found) if one is not None]
    used, spenders = used_in(whole), spenders_in(whole)
    parked = [line for line in desk.gates.lines() if line.name.startswith(f"{where}:")]
    if as_json:
        _print(
            {
                "bucket": {"level": level, "most": allowed.burst, "per_second": allowed.per_second},
                "methods": [asdict(one) for one in used],
                "spenders": [asdict(one) for one in spenders],
                "parked": [asdict(one) for one in parked],
            }
        )
        return
    typer.echo(f"bucket: {level:.0f} of {allowed.burst}, {allowed.per_second:g} a second")
    table = _table("method", "working seconds of 10 min", "given back", "calls", "")
    for one in used:
        resets = iso(one.resets_at) if one.resets_at else ""
        rests = _rest_of(one.method, where, parked)
        table.add_row(one.method, f"{one.operating:.1f}", resets, str(one.calls), rests)
    out.print(table)
    table = _table("who", "calls", "working seconds")
    for who in spenders:
        table.add_row(who.who, str(who.calls), f"{who.seconds:.1f}")
    out.print(table)


@commands.command()
@speaks_plainly
def events(as_json: AsJson = False, connection: Portal = None, name: Name = LOCAL) -> None:
    """Show what events are bound, what waits in the offline queue, and what is woken when."""
    desk = world.load(name).desk
    with opened(desk, connection) as portal:
        where, is_app = portal.connection, portal.settings.is_app
        bound = portal.client.app.bound() if is_app else []
        waiting, total = portal.client.app.waiting() if is_app else ([], 0)
    woken = [one for one in Wakes(desk.state, time.time).all() if one.connection == where]
    if as_json:
        _print(
            {
                "bindings": [one.model_dump() for one in bound],
                "queue": {"total": total, "first": [one.model_dump() for one in waiting]},
                "woken": [asdict(one) for one in woken],
            }
        )
        return
    if not is_app:
        typer.echo("an inbound webhook: its events are outbound webhooks, set up on the portal")
    table = _table("event", "goes to")
    for event in bound:
        table.add_row(event.name, "the offline queue" if event.offline else event.handler)
    out.print(table)
    typer.echo(f"offline queue: {total} entries")
    for entry in waiting[:20]:
        state = "bad" if str(entry.ERROR) == "1" else "taken" if entry.PROCESS_ID else "waits"
        typer.echo(f"  {entry.EVENT_NAME} {entry.fields.get('ID', '?')} ({state})")
    for wake in woken:
        typer.echo(f"{wake.errand}/{wake.key}: every {wake.every:.0f} s, next {iso(wake.next_at)}")


def read_pairs(pairs: list[str] | None) -> dict[str, Any]:
    """Reads ``name=text`` and ``name:=JSON``; a dotted name goes into an object.

    Raises:
        ConfigurationError: one is neither.
    """
    found: dict[str, Any] = {}
    for pair in pairs or []:
        name, mark, text = pair.partition("=")
        if not mark or not name:
            raise ConfigurationError(f"{pair!r} is not name=value.")
        value: Any = text
        if name.endswith(":"):
            name = name.removesuffix(":")
            try:
                value = json.loads(text)
            except ValueError:
                raise ConfigurationError(f"{text!r} is not JSON.") from None
        place = found
        *outer, last = name.split(".")
        for step in outer:
            place = place.setdefault(step, {})
        place[last] = value
    return found


def _reads(method: str) -> bool:
    last = method.lower().rpartition(".")[2]
    plain = {"scope", "methods", "profile", "batch", "events"} - {"batch"}
    return last.startswith(("get", "list", "fields", "is", "info", "status", "find", "admin")) or (
        method.lower() in plain or last in ("current", "time", "download")
    )


def _rest_of(method: str, connection: str, parked: list[GateLine]) -> str:
    for line in parked:
        if line.name == f"{connection}:{method}" and line.until:
            return f"rests until {iso(line.until)}"
    return ""


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    return table


def _print(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2, default=str))
