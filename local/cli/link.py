"""``link``: links as files. Apply one, show it, match its two bases, approve that."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from local import readylinks, world
from local.cli import linkconflicts, linkdrift, linkpause, linkreconcile
from local.cli.linkends import OpenEnd, both, opened, sections_of
from local.cli.terminal import LOCAL, AsJson, Name, speaks_plainly
from local.desk import Desk
from mostik.admin.views import iso
from mostik.commerce.record import Canonical
from mostik.errors import MostikError, Skip
from mostik.integration import Resource
from mostik.jobs.rows import JobRows
from mostik.linkdoc.check import may_be_saved, problems
from mostik.linkdoc.document import LinkDocument
from mostik.linkdoc.problem import Problem
from mostik.linkdoc.yamlfile import Loaded
from mostik.linkdoc.yamlfile import dump as as_yaml
from mostik.linkdoc.yamlfile import load as links_in
from mostik.mapping.side import Side
from mostik.matching.approval import Approval, approve, words
from mostik.matching.found import Found, State
from mostik.matching.sheet import read, written
from mostik.sync.link import Link
from mostik.sync.linkbook import Applied, LinkBook
from mostik.sync.pairing import found_in, settle
from mostik.sync.parked import touch_all
from mostik.sync.run import Runs
from mostik.sync.terms import Terms, shape_of, terms_of
from mostik.sync.why import Why
from mostik.sync.xref import Pairs

commands = typer.Typer(no_args_is_help=True, help=__doc__)
commands.add_typer(linkconflicts.commands)
commands.add_typer(linkreconcile.commands)
commands.add_typer(linkdrift.commands)
commands.add_typer(linkpause.commands)
Key = Annotated[str, typer.Argument(help="Key of a record where it is read.")]
From = Annotated[Side, typer.Option("--from", help="Where it is read.")]
LinkId = Annotated[str, typer.Argument(help="Id of a link.")]
Sheet = Annotated[Path, typer.Argument(help="A CSV file.", dir_okay=False)]


@commands.command()
@speaks_plainly
def apply(
    file: Annotated[Path, typer.Argument(help="A YAML file.", exists=True, dir_okay=False)],
    name: Name = LOCAL,
) -> None:
    """Check the links of a file and store them; one that is wrong stops them all."""
    desk = world.load(name).desk
    for applied in _applied(desk, file.read_text(encoding="utf-8")):
        _tell(desk, applied)


@commands.command()
@speaks_plainly
def ready(
    which: Annotated[str, typer.Argument(help=f"One of {', '.join(readylinks.names())}.")],
    name: Name = LOCAL,
) -> None:
    """Set up links that lie ready for the sandboxes: apply them, and match what both sides hold.

    Where one record may be several a person decides, and the link writes nothing before.
    """
    desk = world.load(name).desk
    in_doubt = False
    for applied in _applied(desk, readylinks.text_of(which)):
        _tell(desk, applied)
        if not applied.link.matched and not _matched(desk, applied.link):
            in_doubt = True
    if in_doubt:
        raise typer.Exit(1)


@commands.command()
@speaks_plainly
def remove(link: LinkId, name: Name = LOCAL) -> None:
    """Remove a link that is written down; what it has paired stays, for the case that it comes
    back."""
    desk = world.load(name).desk
    gone = _book(desk).remove(link)
    desk.keep_links_of(gone.left.connection)
    follows = desk.links.get(link) is not None
    typer.echo(f"{link} {'follows from the settings again' if follows else 'is removed'}")


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
    if standing is not None and standing.derived:
        typer.echo(f"# it follows from the settings of {standing.left.connection}")
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
    with opened(desk) as open_end:
        ends = both(document, open_end)
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
    answer = Why(
        Pairs(desk.state), desk.parked, JobRows(desk.state), Runs(desk.state), desk.gates.lines
    )
    terms: Terms | None = None
    record: Canonical | None = None
    if standing.document is not None:
        document = _book(desk).document(link)
        with opened(desk) as open_end:
            ends = both(document, open_end)
            terms = _terms(document, ends)
            with suppress(MostikError):  # a side that does not answer is itself an answer
                record = ends[side].read(key)
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


def _applied(desk: Desk, text: str) -> list[Applied]:
    """Checks the links of a text and stores them; one that is wrong stops them all."""
    found = links_in(text)
    with opened(desk) as open_end:
        faults = [problem for one in found for problem in _problems(one, open_end)]
    for problem in faults:
        typer.echo(f"{'warning' if problem.warning else 'error'}: {problem}", err=True)
    if not may_be_saved(faults):
        raise typer.Exit(1)
    book, who = _book(desk), getpass.getuser()
    return [book.apply(one.document, by=who) for one in found if one.document is not None]


def _matched(desk: Desk, link: Link) -> bool:
    """Matches two bases and approves what was found, unless something is in doubt."""
    found = _found(desk, link.id)
    in_doubt = len(found.of(State.AMBIGUOUS))
    if in_doubt:
        typer.echo(f"{link.id} writes nothing yet: of {in_doubt} records a person decides.")
        return False
    approval = approve(found, {})
    settle(link, approval, Pairs(desk.state), time.time)
    _say(link, approval)
    _book(desk).settle(link.id)
    typer.echo(f"{link.id} may write; the clock makes its first runs within a minute or two")
    return True


def _say(link: Link, approval: Approval) -> None:
    for sentence in words(approval, link.left.connection, link.right.connection):
        typer.echo(sentence)


def _found(desk: Desk, link_id: str) -> Found:
    document = _book(desk).document(link_id)
    with opened(desk) as open_end:
        ends, sections = both(document, open_end), sections_of(document, open_end)
        return found_in(_link(desk, link_id), ends, document.schedule.zone, sections)


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
    if applied.remapped:  # what no mapping could say deserves a try
        touch_all(desk.parked, applied.link.id, desk.queue, time.time())


def _book(desk: Desk) -> LinkBook:
    return LinkBook(desk.links, desk.state, time.time)


def _problems(loaded: Loaded, open_end: OpenEnd) -> list[Problem]:
    if loaded.document is None:
        return list(loaded.problems)
    ends = both(loaded.document, open_end)
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
