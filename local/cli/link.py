"""``link``: links as files. Apply one, show it, match its two bases, approve that."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from local import world
from local.cli.terminal import LOCAL, AsJson, Name, speaks_plainly
from local.desk import Desk
from mostik.admin.views import iso
from mostik.commerce.record import Canonical
from mostik.connections.open import OpenConnections
from mostik.errors import MostikError, Skip
from mostik.http.gate import Lane
from mostik.http.trail import Trail
from mostik.ids import ulid
from mostik.integration import Resource
from mostik.jobs.message import dump
from mostik.jobs.rows import JobRows
from mostik.linkdoc.check import may_be_saved, problems
from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.problem import Problem
from mostik.linkdoc.yamlfile import Loaded
from mostik.linkdoc.yamlfile import dump as as_yaml
from mostik.linkdoc.yamlfile import load as links_in
from mostik.mapping.side import Side
from mostik.matching.approval import Approval, approve, words
from mostik.matching.found import Found
from mostik.matching.sheet import read, written
from mostik.requestlog.recorder import Recorder
from mostik.requestlog.store import RequestLog
from mostik.sync.link import Link
from mostik.sync.linkbook import Applied, LinkBook
from mostik.sync.pairing import found_in, settle
from mostik.sync.parked import touch_of
from mostik.sync.run import Runs
from mostik.sync.terms import Terms, shape_of, terms_of
from mostik.sync.why import Why
from mostik.sync.xref import Pairs

commands = typer.Typer(no_args_is_help=True, help=__doc__)
Key = Annotated[str, typer.Argument(help="Key of a record where it is read.")]
From = Annotated[Side, typer.Option("--from", help="Where it is read.")]
LinkId = Annotated[str, typer.Argument(help="Id of a link.")]
Sheet = Annotated[Path, typer.Argument(help="A CSV file.", dir_okay=False)]
_SECONDS = 600.0


@commands.command()
@speaks_plainly
def apply(
    file: Annotated[Path, typer.Argument(help="A YAML file.", exists=True, dir_okay=False)],
    name: Name = LOCAL,
) -> None:
    """Check the links of a file and store them; one that is wrong stops them all."""
    desk = world.load(name).desk
    found = links_in(file.read_text(encoding="utf-8"))
    with _ends(desk) as open_end:
        faults = [problem for one in found for problem in _problems(one, open_end)]
    for problem in faults:
        typer.echo(f"{'warning' if problem.warning else 'error'}: {problem}", err=True)
    if not may_be_saved(faults):
        raise typer.Exit(1)
    for one in found:
        if one.document is not None:
            _tell(desk, _book(desk).apply(one.document, by=getpass.getuser()))


@commands.command()
@speaks_plainly
def show(link: LinkId, as_json: AsJson = False, name: Name = LOCAL) -> None:
    """Show a link: what it says, whether it may write, and its versions."""
    desk = world.load(name).desk
    book = _book(desk)
    document, versions = book.document(link), book.versions(link)
    standing = desk.links.get(link)
    matched = standing is not None and standing.matched
    said = [{"version": one.id, "at": iso(one.at), "by": one.by} for one in versions]
    if as_json:
        view = {"link": document.as_item(), "matched": matched, "versions": said}
        typer.echo(json.dumps(view, ensure_ascii=False))
        return
    typer.echo(as_yaml(document), nl=False)
    typer.echo(f"# {'may write' if matched else 'writes nothing before it is matched'}")
    for one in said:
        typer.echo(f"# {one['version']} of {one['at']} by {one['by']}")


@commands.command()
@speaks_plainly
def export(link: LinkId, name: Name = LOCAL) -> None:
    """Print a link as one YAML file; applying it changes nothing."""
    typer.echo(as_yaml(_book(world.load(name).desk).document(link)), nl=False)


@commands.command()
@speaks_plainly
def preview(
    link: LinkId,
    key: Key,
    side: From = Side.LEFT,
    name: Name = LOCAL,
) -> None:
    """Say what a record becomes on the other side, field by field; nothing is written."""
    desk = world.load(name).desk
    document = _book(desk).document(link)
    with _ends(desk) as open_end:
        ends = _both(document, open_end)
        record = ends[side].read(key)
        if record is None:
            raise Skip(f"There is no record {key!r} in {document.end(side).connection}.")
        pair = Pairs(desk.state).find(link, side, key)
        present = ends[side.other].read(pair.keys[side.other]) if pair and pair.is_linked else None
    terms = _terms(document, ends)
    mapped = terms.mapper.to(side.other, record, present, terms.occasion)
    for line in (terms.refused(side, record), *map(str, mapped.steps)):
        if line is not None:
            typer.echo(line)
    for problem in mapped.problems:
        typer.echo(f"error: {problem.text}", err=True)
    if mapped.problems:
        raise typer.Exit(1)


@commands.command()
@speaks_plainly
def match(
    link: LinkId,
    sheet: Sheet,
    name: Name = LOCAL,
) -> None:
    """Match two filled bases and write the table as CSV; fill in its column ``decision``."""
    desk = world.load(name).desk
    found = _found(desk, link)
    sheet.write_text("".join(written(found)), encoding="utf-8", newline="")
    for state, number in found.counts.items():
        typer.echo(f"{state.value:12} {number}")


@commands.command("approve")
@speaks_plainly
def approve_(
    link: LinkId,
    sheet: Annotated[Path | None, typer.Argument(help="The CSV file, filled in.")] = None,
    waive: Annotated[bool, typer.Option(help="There is nothing to be matched.")] = False,
    name: Name = LOCAL,
) -> None:
    """Take a sheet's decisions: its pairs are written down, and the link may write."""
    desk = world.load(name).desk
    book = _book(desk)
    book.document(link)
    if sheet is None:
        if not waive:
            raise Skip("Name the sheet that match has written, or say --waive.")
    elif waive:
        raise Skip("A sheet and --waive: only one of them.")
    else:
        _settle(desk, link, sheet)
    book.settle(link)
    typer.echo(f"{link} may write")


@commands.command()
@speaks_plainly
def why(
    link: LinkId,
    key: Key,
    side: From = Side.LEFT,
    name: Name = LOCAL,
) -> None:
    """Say why a record was not written: what stops it first, with times."""
    desk = world.load(name).desk
    standing = _link(desk, link)
    answer = Why(Pairs(desk.state), desk.parked, JobRows(desk.state), Runs(desk.state))
    terms: Terms | None = None
    record: Canonical | None = None
    if standing.document is not None:
        document = _book(desk).document(link)
        with _ends(desk) as open_end:
            ends = _both(document, open_end)
            terms, record = _terms(document, ends), ends[side].read(key)
    for reason in answer(standing, side, key, record, terms):
        since = iso(reason.at) if reason.at is not None else ""
        typer.echo(f"{'!' if reason.stops else ' '} {reason.source:10} {since:24} {reason.text}")


def _settle(desk: Desk, link_id: str, sheet: Path) -> None:
    found = _found(desk, link_id)
    decided = read(sheet.read_bytes(), found)
    approval = approve(found, decided.decisions)
    faults = [*decided.faults, *approval.faults]
    for fault in faults:
        typer.echo(f"error: {fault}", err=True)
    if faults:
        raise typer.Exit(1)
    link = _link(desk, link_id)
    settle(link, approval, Pairs(desk.state), time.time)
    _say(link, approval)


def _say(link: Link, approval: Approval) -> None:
    for sentence in words(approval, link.left.connection, link.right.connection):
        typer.echo(sentence)


def _found(desk: Desk, link_id: str) -> Found:
    document = _book(desk).document(link_id)
    with _ends(desk) as open_end:
        return found_in(_link(desk, link_id), _both(document, open_end), document.schedule.zone)


def _link(desk: Desk, link_id: str) -> Link:
    link = desk.links.get(link_id)
    if link is None:
        raise Skip(f"There is no link {link_id!r}.")
    return link


def _tell(desk: Desk, applied: Applied) -> None:
    typer.echo(
        f"{applied.link.id} {applied.link.version}: {' '.join(applied.changes) or 'as it was'}"
    )
    if not applied.link.matched:
        typer.echo(f"Next: link match {applied.link.id} FILE.csv, or link approve --waive.")
    if applied.remapped:
        after: str | None = None
        while True:  # what no mapping could say deserves a try
            page = desk.parked.page(applied.link.id, after=after)
            for record in page.records:
                desk.queue.send(dump(touch_of(record, time.time())), group=record.connection)
            after = page.after
            if after is None:
                break


def _book(desk: Desk) -> LinkBook:
    return LinkBook(desk.links, desk.state, time.time)


def _problems(loaded: Loaded, open_end: _Open) -> list[Problem]:
    if loaded.document is None:
        return list(loaded.problems)
    ends = _both(loaded.document, open_end)
    terms = _terms(loaded.document, ends)
    left, right = terms.shapes[Side.LEFT], terms.shapes[Side.RIGHT]
    return list(problems(loaded.document, left, right, loaded.lines))


def _terms(document: LinkDocument, ends: Mapping[Side, Resource[Any]]) -> Terms:
    left, right = (
        shape_of(
            f"{document.end(side).resource} of {document.end(side).connection}",
            ends[side],
            ends[side.other],
        )
        for side in (Side.LEFT, Side.RIGHT)
    )
    return terms_of(document, left, right, bulk=False)


class _Open:
    """Opens resources of a stack's connections."""

    def __init__(self, connections: OpenConnections, trail: Trail) -> None:
        self._connections = connections
        self._trail = trail

    def __call__(self, connection: str, resource: str) -> Resource[Any]:
        """Returns a resource.

        Raises:
            Skip: the connection has no such resource.
        """
        found = self._connections.get(connection)
        make = found.integration.resources.get(resource)
        if make is None:
            known = ", ".join(sorted(found.integration.resources)) or "none"
            raise Skip(f"{connection} has no resource {resource!r}. It has: {known}.")
        opened: Resource[Any] = make(found.client(self._trail), found.settings, connection)
        return opened


def _both(document: LinkDocument, open_end: _Open) -> dict[Side, Resource[Any]]:
    ends = {side: document.end(side) for side in Side}
    return {side: open_end(end.connection, end.resource) for side, end in ends.items()}


@contextmanager
def _ends(desk: Desk) -> Iterator[_Open]:
    """Opens connections for the command; its calls stand in the log."""
    connections = desk.connections()
    recorder, ends_at = Recorder(), time.monotonic() + _SECONDS
    trail = Trail(
        record_entry=recorder.add,
        lane=Lane.MANUAL,
        job=f"cli#{ulid(time.time())}",
        remaining=lambda: ends_at - time.monotonic(),
    )
    try:
        yield _Open(connections, trail)
    except MostikError as error:
        raise Skip(str(error)) from error
    finally:
        RequestLog(desk.log_table, desk.blobs).write(recorder.take())
