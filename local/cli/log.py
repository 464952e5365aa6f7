"""The commands of the request log."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from local import world
from local.cli.filters import filtered, text_option
from local.cli.tables import log_table
from local.cli.terminal import LOCAL, AsJson, Name, out, speaks_plainly
from mostik.admin.logreplay import LogReplay
from mostik.admin.parameters import entry_id, moment, read_filter
from mostik.admin.views import iso, log_detail, log_entry, log_page, masked
from mostik.errors import ConfigurationError
from mostik.requestlog.curl import as_curl
from mostik.requestlog.entry import LogEntry
from mostik.requestlog.erase import Eraser, Subject
from mostik.requestlog.export import exported
from mostik.requestlog.tail import Tail

commands = typer.Typer()
_TAIL_SECONDS = 2.0
_TAIL_BEGINS_SECONDS = 60.0

Id = Annotated[str, typer.Argument(help="Id of an entry, as 'log' shows it.")]
Given = Mapping[str, str]


_FILTERS: Mapping[str, Any] = {
    "status": text_option("503, 5xx, none, ok, error or a family."),
    "family": text_option("retry_later, give_up, ..."),
    "since": text_option("2h, 2026-11-24, 2026-11-24T14:05+03:00; 2d unless said."),
    "until": text_option(),
    "endpoint": text_option("A template, * for anything."),
    "connection": text_option(),
    "method": text_option(),
    "direction": text_option("in or out."),
    "event": text_option("Id of a receipt: its whole story."),
    "run": text_option("Id of a run."),
    "job": text_option(),
    "record": text_option("resource/key."),
    "text": text_option("In the address, the error or a body."),
}


@commands.command()
@speaks_plainly
@filtered(_FILTERS)
def log(
    given: Given,
    newer_than: Annotated[str | None, typer.Option(help="Id of an entry: what came after.")] = None,
    limit: int = 50,
    cursor: str | None = None,
    tail: Annotated[bool, typer.Option("--tail", help="Go on showing what comes in.")] = False,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show the request log, newest first."""
    more = {"newer_than": newer_than, "limit": str(limit), "cursor": cursor}
    wanted, most, after = read_filter(
        {**given, **{key: value for key, value in more.items() if value is not None}}, time.time()
    )
    reader = world.load(name).desk.log
    if tail:
        since = wanted.since if "since" in given else time.time() - _TAIL_BEGINS_SECONDS
        _follow(Tail(reader, replace(wanted, since=since), time.time), as_json)
        return
    page = reader.search(wanted, limit=most, cursor=after)
    if as_json:
        typer.echo(json.dumps(log_page(page), ensure_ascii=False))
        return
    out.print(log_table(page.entries))
    if page.cursor and len(page.entries) < most:
        typer.echo(f"searched back to {iso(page.searched_back_to)}")
    if page.cursor:
        typer.echo(f"more: --cursor {page.cursor}")


@commands.command("log-show")
@speaks_plainly
def log_show(
    entry: Id,
    curl: Annotated[bool, typer.Option("--curl", help="As a command line.")] = False,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show personal data that the connection keeps.")
    ] = False,
    as_json: AsJson = False,
    name: Name = LOCAL,
) -> None:
    """Show one entry with its headers and bodies."""
    found = world.load(name).desk.log.get(entry_id(entry))
    if found is None:
        raise ConfigurationError(f"There is no log entry {entry!r}; it may have expired.")
    if reveal:
        typer.echo("revealed: in the admin this is audited", err=True)
    if curl:
        typer.echo(as_curl(found if reveal else masked(found)))
        return
    detail = log_detail(found, reveal=reveal)
    if as_json:
        typer.echo(json.dumps(detail, ensure_ascii=False))
        return
    _show_sides(detail)


@commands.command("log-export")
@speaks_plainly
@filtered(_FILTERS)
def log_export(
    given: Given,
    bodies: Annotated[bool, typer.Option("--bodies", help="With headers and bodies.")] = False,
    most: Annotated[int | None, typer.Option(help="Stop after so many.")] = None,
    name: Name = LOCAL,
) -> None:
    """Write the log as JSON lines, newest first."""
    wanted, _, _ = read_filter(given, time.time())
    view = log_detail if bodies else log_entry
    for line in exported(world.load(name).desk.log, wanted, view, bodies=bodies, most=most):
        typer.echo(line)


@commands.command("log-replay")
@speaks_plainly
def log_replay(entry: Id, name: Name = LOCAL) -> None:
    """Do again what an entry was about: its failed job, or a fresh look at its records."""
    desk = world.load(name).desk
    for sentence in LogReplay(desk.rows, desk.queue, desk.log, time.time).of(entry_id(entry)):
        typer.echo(sentence)


@commands.command("log-erase")
@speaks_plainly
def log_erase(
    phone: str | None = None,
    email: str | None = None,
    record: Annotated[str | None, typer.Option(help="External key: customers/55.")] = None,
    since: str = "365d",
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it only count.")] = False,
    name: Name = LOCAL,
) -> None:
    """Erase a person from the log: entries about them lose their headers and bodies."""
    desk = world.load(name).desk
    try:
        subject = Subject(phone=phone, email=email, record=record)
    except ValueError as error:
        raise ConfigurationError(f"{error}.") from error
    eraser = Eraser(desk.log_table, desk.blobs, [one.id for one in desk.book.all()])
    now = time.time()
    begin, end = moment(since, now), now + 60
    if not yes:
        count = sum(1 for _ in eraser.find(subject, since=begin, until=end))
        typer.echo(f"{count} entries speak of them; with --yes they are erased")
        return
    typer.echo(f"erased from {eraser.erase(subject, since=begin, until=end)} entries")


def _follow(tail: Tail, as_json: bool) -> None:
    try:
        while True:
            new = tail.poll()
            if new and as_json:
                for entry in new:
                    typer.echo(json.dumps(log_entry(entry), ensure_ascii=False))
            elif new:
                for entry in new:
                    typer.echo(_line(entry))
            time.sleep(_TAIL_SECONDS)
    except KeyboardInterrupt:
        return


def _line(entry: LogEntry) -> str:
    status = str(entry.status) if entry.status is not None else "none"
    return (
        f"{iso(entry.at)}  {entry.connection}  {entry.direction.value:3}  {entry.method}"
        f" {entry.endpoint}  {status}  {entry.duration_ms} ms  {entry.id}  {entry.error or ''}"
    ).rstrip()


def _show_sides(detail: Mapping[str, Any]) -> None:
    for field, value in detail.items():
        if field not in ("request", "response", "curl") and value is not None:
            typer.echo(f"{field:14} {value}")
    for side in ("request", "response"):
        typer.echo(f"\n{side}, {detail[side]['bytes']} bytes")
        for header, value in detail[side]["headers"].items():
            typer.echo(f"  {header}: {value}")
        if detail[side]["body"]:
            typer.echo(f"\n{detail[side]['body']}")
